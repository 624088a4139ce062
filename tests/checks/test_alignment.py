"""Sentences are counted, and a translation that lacks one is distinguished from one that joins two."""

from __future__ import annotations

import pytest

from xlforge.checks.alignment import align
from xlforge.checks.sentences import sentences, size

SOURCE = [
    "The old bridge at Karlow was built by monks in the winter of 1712.",
    "Every April the river rises and carries trees against its pillars.",
    "Nobody remembers who planted the garden.",
    "Today about 300 visitors a day cross it on their way to the market.",
]
TARGET = [
    "Die alte Brücke in Karlow wurde im Winter des Jahres 1712 von Mönchen gebaut.",
    "Jeden April steigt der Fluss und treibt Bäume gegen ihre Pfeiler.",
    "Niemand weiß noch, wer den Garten anlegte.",
    "Heute überqueren sie auf dem Weg zum Markt täglich etwa 300 Besucher.",
]


@pytest.mark.parametrize(
    ("code", "text", "count"),
    [
        ("en", "Dr. Smith met Mr. J. Doe at 3 p.m. on St. Mary's Rd. They spoke.", 2),
        ("de", "Am 30. September kam er. Es regnete.", 2),
        ("de", "Es kostet 3 Mio. Euro. Das ist viel.", 2),
        ("en", "It costs 3 Mio. Euro came later.", 2),
        ("lt", "Atvyko 2018 m. šaltą dieną. Lijo.", 2),
        ("en", '"Why?" she asked. "Because."', 2),
        ("zh", "他走了。“为什么？”她问。没人知道！", 4),
        ("de", "他走了。“为什么？”她问。没人知道！", 4),
        ("hi", "यह एक पुल है। यह पुराना है।", 2),
        ("am", "ወንዙ ረጅም ነው። ድልድዩ አሮጌ ነው።", 2),
        ("hy", "Գետը երկար է։ Կամուրջը հին է։", 2),
        ("ar", "هل الجسر قديم؟ نعم. بناه الرهبان.", 3),
        ("my", "တံတားသည် ဟောင်းသည်။ မြစ်သည် ရှည်သည်။", 2),
        ("el", "Πού είναι η γέφυρα; Είναι εκεί.", 2),
        ("ru", "Длина реки 5 км. она холодная.", 1),
        ("en", "One line\nanother line\n\n- a third", 3),
        ("en", "No end", 1),
        ("en", "...", 0),
    ],
)
def test_sentences_are_counted(code: str, text: str, count: int) -> None:
    assert len(sentences(text, code)) == count


def test_sizes_count_no_white_space_and_weigh_chinese() -> None:
    assert size(" a b\n") == 2
    assert size("桥") == 3


def test_a_whole_translation_is_paired_and_lacks_nothing() -> None:
    aligned = align(" ".join(SOURCE), " ".join(TARGET), "de")
    assert aligned
    assert aligned.pairs == tuple(zip(SOURCE, TARGET, strict=True))
    assert aligned.evidence < -3


def test_a_language_that_marks_no_sentence_is_not_aligned() -> None:
    assert align(" ".join(SOURCE), "สะพานเก่ามาก", "th") is None
    assert align(" ".join(SOURCE), "ຂົວເກົ່າຫຼາຍ", "lo") is not None, (
        "a language without a file is as far as it can be read"
    )


@pytest.mark.parametrize("gone", range(4))
def test_a_dropped_sentence_is_found_and_named(gone: int) -> None:
    left = " ".join(text for number, text in enumerate(TARGET) if number != gone)
    aligned = align(" ".join(SOURCE), left, "de")
    assert aligned
    assert aligned.evidence > 1
    assert aligned.dropped == (SOURCE[gone],)


def test_joined_sentences_are_not_dropped_ones() -> None:
    joined = f"{TARGET[0][:-1]}, und jeden April steigt der Fluss und treibt Bäume gegen ihre Pfeiler. "
    aligned = align(" ".join(SOURCE), joined + " ".join(TARGET[2:]), "de")
    assert aligned
    assert aligned.evidence < -1
    assert aligned.pairs[0][0] == " ".join(SOURCE[:2])


def test_what_has_no_sentence_or_is_too_long_is_not_aligned() -> None:
    assert align("", "Ein Satz.", "de") is None
    assert align("A sentence. " * 10_000, "Ein Satz. " * 10_000, "de") is None


@pytest.mark.parametrize(
    ("left", "evidence"),
    [(TARGET, -7.234347543891401), (TARGET[:2] + TARGET[3:], 7.033509415368652), (TARGET[1:], 15.360621701008554)],
    ids=["whole", "third dropped", "first dropped"],
)
def test_evidence_stays_as_it_was(left: list[str], evidence: float) -> None:
    """Rows near a threshold change with the figures."""
    aligned = align(" ".join(SOURCE), " ".join(left), "de")
    assert aligned and aligned.evidence == pytest.approx(evidence, abs=1e-9)
