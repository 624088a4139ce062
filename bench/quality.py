"""Measures the quality checks on human translations and on corrupted copies of them; writes docs/quality.md.

    python -m bench.quality [--data ../shared/data] [--fit]

The data are the 12-way news translations of NTREX and the Wikipedia paragraphs of XQuAD; they are third-party and not part of
the project. Documents are split in two by a hash of their name. `--fit` prints the figures of the development half, which
are the `rendering` of each file in xlforge/languages.
"""

from __future__ import annotations

import argparse
import hashlib
import itertools
import json
import math
import random
import re
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from xlforge.checks.integrity import problems
from xlforge.checks.language import share
from xlforge.checks.names import folded, long_words, names, stem
from xlforge.checks.sentences import sentences, size
from xlforge.languages.registry import language

ROOT = Path(__file__).parent.parent
MARK = "<!-- From here on written by bench/quality.py -->"
MIN_SHARE = 0.8
CODES = ["de", "pt", "zh", "hi", "hu", "lt", "ga", "mt", "fr", "fi", "tr"]
"""The languages of the data, in the order of the tables; the choice of a wrong language depends on it."""
Row = dict[str, str]
Faults = Callable[[str, str, str], list[str]]


@dataclass(frozen=True)
class Unit:
    """Consecutive rows of one document: one is a sentence, three to five are a paragraph."""

    rows: tuple[Row, ...]
    lines: bool = False
    """Whether each sentence stands on a line of its own."""

    def text(self, code: str, without: int | None = None) -> str:
        kept = [row[code] for number, row in enumerate(self.rows) if number != without]
        return ("\n" if self.lines else "" if code == "zh" else " ").join(kept)

    def draw(self, purpose: str) -> random.Random:
        """A generator that is the same for the same text and purpose, on any machine."""
        return random.Random(hashlib.sha256(f"{purpose}\n{self.text('en')}".encode()).digest())


def faults(source: str, target: str, code: str) -> list[str]:
    """The reasons of every check, language identification among them."""
    return [problem.reason for problem in problems(source, target, code)] + (
        ["wrong_language"] if share(target, code) < MIN_SHARE else []
    )


def wrong_language(unit: Unit, code: str) -> str:
    return unit.text(unit.draw("language" + code).choice([other for other in CODES if other != code]))


def copy(unit: Unit, code: str) -> str:
    return unit.text("en")


def half(unit: Unit, code: str) -> str | None:
    text = unit.text(code)
    if code == "zh":
        return text[: len(text) // 2]
    return " ".join(text.split()[: len(text.split()) // 2])


def half_seen(unit: Unit, code: str) -> str | None:
    """As `half`, where it is visible: the source ends in a sentence mark, as headlines do not."""
    return half(unit, code) if re.search(r"[.!?…][\"'”’»)\]]*\s*$", unit.text("en")) else None


def changed_number(unit: Unit, code: str) -> str | None:
    """One digit of one number replaced by another; None for a text without digits."""
    text, draw = unit.text(code), unit.draw("number" + code)
    found = list(re.finditer(r"\d+", text))
    if not found:
        return None
    number = draw.choice(found)
    at = number.start() + draw.randrange(len(number.group()))
    low = 1 if at == number.start() and len(number.group()) > 1 else 0
    digit = draw.choice([value for value in range(low, 10) if value != int(text[at])])
    return f"{text[:at]}{digit}{text[at + 1 :]}"


def dropped(unit: Unit, code: str) -> str | None:
    return unit.text(code, without=_victim(unit, code)) if len(unit.rows) > 1 else None


def dropped_seen(unit: Unit, code: str) -> str | None:
    """As `dropped`, where it is visible: the sentence ends in a sentence mark, starts after one, and is not an aside."""
    if len(unit.rows) < 2:
        return None
    victim = _victim(unit, code)
    lost = unit.rows[victim]["en"].strip()
    whole = lost in sentences(unit.text("en"))
    return dropped(unit, code) if whole and size(lost) >= 0.15 * size(unit.text("en")) else None


def _victim(unit: Unit, code: str) -> int:
    return unit.draw("drop" + code).randrange(len(unit.rows))


SPOILT: dict[str, Callable[[Unit, str], str | None]] = {
    "wrong language": wrong_language,
    "untranslated copy": copy,
    "half a text": half,
    "half a text, seen": half_seen,
    "changed number": changed_number,
    "dropped sentence": dropped,
    "dropped sentence, seen": dropped_seen,
}


def is_development(document: str) -> bool:
    return hashlib.sha256(document.encode()).digest()[0] % 2 == 0


def read(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def paragraphs(rows: Iterable[Row]) -> Iterator[Unit]:
    """Each document cut into paragraphs of 3, 4 or 5 sentences."""
    for document, group in itertools.groupby(rows, key=lambda row: row["document"]):
        draw, rest = random.Random(hashlib.sha256(document.encode()).digest()), list(group)
        while len(rest) >= 3:
            length = draw.choice((3, 4, 5))
            yield Unit(tuple(rest[:length]))
            rest = rest[length:]


@dataclass(frozen=True)
class Measured:
    """passed: human translations without a fault, and of how many. caught, preferred: by corruption."""

    passed: tuple[int, int]
    reasons: Counter[str]
    caught: dict[str, tuple[int, int]]
    preferred: dict[str, tuple[int, int, int]]


def measure(units: list[Unit], code: str) -> Measured:
    good = [faults(unit.text("en"), unit.text(code), code) for unit in units]
    caught, preferred = {}, {}
    for name, spoil in SPOILT.items():
        pairs = [
            (human, faults(unit.text("en"), text, code))
            for unit, human in zip(units, good, strict=True)
            if (text := spoil(unit, code)) is not None and text != unit.text(code)
        ]
        if pairs:
            caught[name] = (sum(bool(spoilt) for _, spoilt in pairs), len(pairs))
            preferred[name] = (
                sum(len(human) < len(spoilt) for human, spoilt in pairs),
                sum(len(human) == len(spoilt) for human, spoilt in pairs),
                len(pairs),
            )
    return Measured((sum(not found for found in good), len(good)), Counter(itertools.chain(*good)), caught, preferred)


def fit(rows: list[Row]) -> Iterator[str]:
    """The `rendering` of each language, from single sentences."""
    for code in CODES:
        sizes = [(size(row["en"]), size(row[code])) for row in rows if size(row["en"]) >= 20]
        logs = [(ours, math.log(theirs / ours)) for ours, theirs in sizes]
        mean = sum(ours * log for ours, log in logs) / sum(ours for ours, _ in logs)
        variance = sum(((log - mean) ** 2 - 0.05**2) * ours for ours, log in logs) / len(logs)
        kept: dict[str, list[bool]] = {"word": [], "name": []}
        for row in rows:
            known, text = {word for name in names(row["en"]) for word in name.split()}, folded(row[code])
            for word in long_words(row["en"]):
                if word in known or word[0].islower():
                    kept["name" if word in known else "word"].append(stem(word) in text)
        shares = {name: sum(found) / len(found) for name, found in kept.items()}
        figures = f"{mean:.2f}, {variance:.1f}, word={shares['word']:.3f}, name={shares['name']:.2f}"
        yield f"{code}: rendering=Rendering({figures}),"


HALVES = {"development": True, "held out": False}
KINDS = ("sentence", "paragraph")
Line = tuple[str, list[str]]


def tables(rows: list[Row], passages: list[Row]) -> Iterator[str]:
    """The page's tables, one string each."""
    found: dict[tuple[str, str, str], Measured] = {}
    for (half_name, wanted), code in itertools.product(HALVES.items(), CODES):
        part = [row for row in rows if is_development(row["document"]) is wanted]
        found[code, half_name, "sentence"] = measure([Unit((row,)) for row in part], code)
        found[code, half_name, "paragraph"] = measure(list(paragraphs(part)), code)
        print(f"{code}, {half_name}: measured", flush=True)
    yield _passes(found)
    yield from (_catches(found, kind) for kind in KINDS)
    yield _on_lines(rows)
    yield _preferences(found)
    yield _reasons(found)
    yield _passages(passages)


def _passes(found: dict[tuple[str, str, str], Measured]) -> str:
    cells = list(itertools.product(KINDS, HALVES))
    body = [(_name(code), [_share(*found[code, name, kind].passed) for kind, name in cells]) for code in CODES]
    body.append(("of how many", [str(found["de", name, kind].passed[1]) for kind, name in cells]))
    return _table("Human translations without a fault", [f"{kind}s, {name}" for kind, name in cells], body)


def _catches(found: dict[tuple[str, str, str], Measured], kind: str) -> str:
    kinds = [name for name in SPOILT if name in found["de", "held out", kind].caught]
    body = [
        (
            _name(code),
            [" / ".join(_share(*found[code, name, kind].caught[spoilt]) for name in HALVES) for spoilt in kinds],
        )
        for code in CODES
    ]
    counts = [" / ".join(str(found["de", name, kind].caught[spoilt][1]) for name in HALVES) for spoilt in kinds]
    body.append(("of how many (German)", counts))
    return _table(f"Spoilt {kind}s that are caught, development / held out", kinds, body)


def _on_lines(rows: list[Row]) -> str:
    body = []
    units = [Unit(unit.rows, lines=True) for unit in paragraphs(rows)]
    for code in CODES:
        whole = [faults(unit.text("en"), unit.text(code), code) for unit in units]
        spoilt = [faults(unit.text("en"), dropped(unit, code) or "", code) for unit in units]
        cells = [_share(whole.count([]), len(units)), _share(len(units) - spoilt.count([]), len(units))]
        body.append((_name(code), cells))
    title = f"The {len(units)} paragraphs of both halves with each sentence on a line of its own"
    return _table(title, ["human without a fault", "any dropped sentence caught"], body)


def _preferences(found: dict[tuple[str, str, str], Measured]) -> str:
    body = []
    for spoilt in SPOILT:
        cells = []
        for kind in KINDS:
            counts = [
                measured.preferred[spoilt]
                for (_, _, of), measured in found.items()
                if of == kind and spoilt in measured.preferred
            ]
            better, tied, every = (sum(count[place] for count in counts) for place in range(3))
            cells += [_share(better, every), _share(tied, every), _share(every - better - tied, every)]
        body.append((spoilt, cells))
    columns = [f"{kind}s: {what}" for kind in KINDS for what in ("human preferred", "tied", "spoilt preferred")]
    return _table("Which of the two has fewer faults, all languages and both halves", columns, body)


def _reasons(found: dict[tuple[str, str, str], Measured]) -> str:
    counts: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    totals: Counter[str] = Counter()
    for (_, _, kind), measured in found.items():
        counts[kind].update(measured.reasons)
        totals[kind] += measured.passed[1]
    every = sorted(set().union(*counts.values()), key=lambda reason: -counts["sentence"][reason])
    body = [(reason, [str(counts[kind][reason]) for kind in KINDS]) for reason in every]
    columns = [f"in {totals[kind]} {kind}s" for kind in KINDS]
    return _table("Faults found in human translations, all languages and both halves", columns, body)


def _passages(passages: list[Row]) -> str:
    body = []
    for code in [code for code in CODES if code in passages[0]]:
        found = [faults(row["en"], row[code], code) for row in passages]
        what = Counter(itertools.chain(*found))
        listed = ", ".join(f"{reason} {count}" for reason, count in what.most_common())
        body.append((_name(code), [_share(found.count([]), len(found)), listed]))
    title = f"XQuAD: {len(passages)} Wikipedia paragraphs and their human translations"
    return _table(title, ["without a fault", "faults"], body)


def _name(code: str) -> str:
    return language(code).name


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.1f} %" if whole else "–"


def _table(title: str, columns: list[str], body: Iterable[Line]) -> str:
    lines = [["", *columns], ["---"] * (len(columns) + 1), *([name, *cells] for name, cells in body)]
    return f"**{title}**\n\n" + "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--fit", action="store_true", help="print the figures of the development half only")
    args = parser.parse_args()
    rows = read(args.data / "ntrex" / "parallel.jsonl")
    if args.fit:
        print("\n".join(fit([row for row in rows if is_development(row["document"])])))
        return
    page = ROOT / "docs" / "quality.md"
    head, mark, _ = page.read_text(encoding="utf-8").partition(MARK)
    if not mark:
        raise SystemExit(f"{page} has no line {MARK!r}, after which the figures go: restore it")
    start = time.perf_counter()
    figures = "\n\n".join(tables(rows, read(args.data / "xquad" / "passages.jsonl")))
    page.write_text(f"{head}{MARK}\n\n{figures}\n", encoding="utf-8")
    print(f"{page.relative_to(ROOT)} written in {time.perf_counter() - start:.0f} s; {speed(rows)}")


def speed(rows: list[Row]) -> str:
    """How fast the checks are on one core, on sentences."""
    figures = []
    for name, work in (("language identification", share), ("integrity", problems)):
        start = time.perf_counter()
        for row in rows:
            work(*((row["de"], "de") if work is share else (row["en"], row["de"], "de")))
        figures.append(f"{name} {len(rows) / (time.perf_counter() - start):.0f} sentences a second")
    return ", ".join(figures)


if __name__ == "__main__":
    main()
