"""How many wrapped human translations are stripped or rejected, and how many clean ones: of NTREX and XQuAD, in every language there.

Texts are single sentences, paragraphs of three to five, and Wikipedia paragraphs. The checks are those of the stages `translations` and
`selection`. `EVERY=1 python -m pytest -m slow -s` takes all texts, in four minutes, and shows the figures of docs/quality.md.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from bench.quality import CODES, Unit, paragraphs, read
from tests.checks.added.wrappings import WRAPPINGS, Text
from xlforge.checks.added import translations
from xlforge.checks.integrity import problems
from xlforge.steps.parsing import ParseError

PROMPT = Path("pipelines/translations/v1/prompts/full.jinja2")
KINDS = ("sentence", "paragraph", "Wikipedia")
WRAPPED_EACH = 4
"""Wrappings of each text; the texts take turns."""


@dataclass(frozen=True)
class Case:
    kind: str
    code: str
    source: str
    target: str


def cases(shared: Path, step: int) -> Iterator[Case]:
    """Every human translation of every `step`-th text."""
    rows = read(shared / "ntrex" / "parallel.jsonl")
    for kind, units in (("sentence", [Unit((row,)) for row in rows]), ("paragraph", list(paragraphs(rows)))):
        for unit in units[::step]:
            for code in CODES:
                yield Case(kind, code, unit.text("en"), unit.text(code).strip())
    for line in (shared / "xquad" / "passages.jsonl").read_text(encoding="utf-8").splitlines()[::step]:
        row = json.loads(line)
        for code in ("de", "hi", "zh", "tr"):
            yield Case("Wikipedia", code, row["en"], row[code].strip("\ufeff \n"))


def outcome(case: Case, reply: str) -> str:
    """What the two stages do with a reply: `kept` as it is, `stripped` to the translation, `altered`, or the reason of a reject."""
    try:
        found = translations.read(reply, case.source, case.code, PROMPT)
    except ParseError as error:
        return error.reason
    if any(problem.reason == "added_text" for problem in problems(case.source, found.text, case.code)):
        return "added_text"
    if found.text != case.target:
        return "altered"
    return "stripped" if found.stripped else "kept"


def measured(shared: Path, step: int) -> tuple[dict[str, Counter[str]], dict[str, Counter[str]], Counter[str]]:
    """Of clean and of wrapped texts, the outcomes by kind of text; and the wrappings that were missed."""
    found = list(cases(shared, step))
    clean: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    wrapped: dict[str, Counter[str]] = {kind: Counter() for kind in KINDS}
    missed: Counter[str] = Counter()
    before: dict[tuple[str, str], str] = {(case.kind, case.code): case.target for case in found}
    names = list(WRAPPINGS)
    for number, case in enumerate(found):
        clean[case.kind][outcome(case, case.target)] += 1
        other, before[case.kind, case.code] = before[case.kind, case.code], case.target
        for turn in range(WRAPPED_EACH):
            name = names[(number * WRAPPED_EACH + turn + number // len(names)) % len(names)]
            reply = WRAPPINGS[name](Text(case.target, case.source, case.code, other))
            result = outcome(case, reply)
            wrapped[case.kind][result] += 1
            if result in ("kept", "altered"):
                missed[name] += 1
    return clean, wrapped, missed


def report(counts: dict[str, Counter[str]], wrong: tuple[str, ...]) -> dict[str, float]:
    """The share of wrong outcomes of each kind of text, and of all."""
    whole = {**counts, "all": sum(counts.values(), Counter[str]())}
    return {kind: sum(each[name] for name in wrong) / max(1, each.total()) for kind, each in whole.items()}


def check(shared: Path, step: int) -> None:
    clean, wrapped, missed = measured(shared, step)
    false = report(
        {kind: Counter({"kept": each["kept"], "wrong": each.total() - each["kept"]}) for kind, each in clean.items()},
        ("wrong",),
    )
    through = report(wrapped, ("kept", "altered"))
    print(f"\nclean {clean}\nfalse {false}\nwrapped {wrapped}\nthrough {through}\n{missed.most_common(12)}")
    assert through["all"] <= 0.03, missed.most_common(12)
    assert false["all"] <= 0.005, clean


def test_a_sample_of_wrapped_translations_is_found_and_of_clean_ones_left_alone(shared: Path) -> None:
    check(shared, 20)


@pytest.mark.slow
def test_wrapped_translations_are_found_and_clean_ones_left_alone(shared: Path) -> None:
    check(shared, int(os.environ.get("EVERY", "5")))


def test_a_clean_text_that_is_altered_counts_as_wrong() -> None:
    case = Case("sentence", "de", "The mill is closed.", "Die Mühle ist geschlossen.")
    assert outcome(case, case.target) == "kept"
    assert outcome(replace(case, target=f"„{case.target}“"), f"„{case.target}“") == "altered"
