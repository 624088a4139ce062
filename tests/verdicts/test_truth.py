"""An answer has a fact where its phrase is in it as whole words, in scripts with and without spaces."""

from __future__ import annotations

import pytest

from xlforge.evaluation.judging.by_truth import better
from xlforge.evaluation.judging.truth import facts


@pytest.mark.parametrize(
    ("answer", "phrase", "held"),
    [
        ("Sie wurde 1834 gebaut.", "1834", 1.0),
        ("Sie wurde 18345 gebaut.", "1834", 0.0),
        ("这座塔建于1834年。", "1834", 1.0),
        ("这座塔建于18345年。", "1834", 0.0),
        ("这座塔建于一八三四年。", "一八三四年", 1.0),
        ("Der Holzturm steht dort.", "Holz", 0.0),
        ("यह 1834 में बना।", "1834", 1.0),
    ],
)
def test_a_fact_counts_where_its_phrase_is_in_the_answer_as_whole_words(answer: str, phrase: str, held: float) -> None:
    assert facts(answer, [{"phrases": [{"language": "xx", "phrase": phrase}]}], "xx") == held


def test_without_facts_there_is_no_share() -> None:
    assert facts("Ja.", [], "de") is None
    assert facts("Ja.", [{"phrases": [{"language": "hu", "phrase": "igen"}]}], "de") is None


TRUTH = "Der Turm ist 40 Meter hoch und steht am Fluss."
SLOTS = [
    {"phrases": [{"language": "de", "phrase": "40 Meter"}, {"language": "en", "phrase": "40 metres"}]},
    {"phrases": [{"language": "de", "phrase": "am Fluss"}, {"language": "en", "phrase": "by the river"}]},
]
ENGLISH = "The tower is 40 metres high and stands by the river."


@pytest.mark.parametrize(
    ("answer", "other", "expected"),
    [
        (TRUTH, "Der Turm ist 40 Meter hoch und steht auf einem Hügel.", (1.0, "facts")),
        ("Der Turm steht am Fluss. Er ist 40 Meter hoch.", TRUTH, (0.5, "facts")),  # the order does not count
        ("Der Turm ist ein Turm und steht auf einem Hügel.", ENGLISH, (1.0, "language")),
        (ENGLISH, "A torony 40 méter magas, és a folyó mellett áll.", (1.0, "facts")),  # neither in German
        ("", TRUTH, (0.0, "language")),
    ],
)
def test_language_decides_before_facts(answer: str, other: str, expected: tuple[float, str]) -> None:
    prompt = {"language": "de", "truth": TRUTH, "slots": SLOTS}
    assert better(answer, other, prompt, 0.5) == expected
    assert better(other, answer, prompt, 0.5) == (1 - expected[0], expected[1])


def test_a_truth_without_facts_is_compared_by_chrf_and_no_truth_decides_nothing() -> None:
    prompt = {"language": "de", "truth": TRUTH, "slots": None}
    assert better(TRUTH, "Der Turm steht irgendwo in der Stadt.", prompt, 0.5) == (1.0, "chrf")
    assert better(TRUTH, TRUTH, prompt, 0.5) == (0.5, "chrf")
    assert better(TRUTH, ENGLISH, {**prompt, "truth": None}, 0.5) == (None, None)
