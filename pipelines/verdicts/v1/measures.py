"""What is known of one answer by itself: its language, its facts, and whether it speaks to its judge."""

from __future__ import annotations

from typing import Any

from pipelines.verdicts.v1.pairs import KEPT, fault
from pipelines.verdicts.v1.schema import DIMENSIONS
from xlforge.checks.language import is_language
from xlforge.evaluation.judging.appeals import appeal
from xlforge.evaluation.judging.truth import chrf, facts
from xlforge.evaluation.pass_rates import line_pass, word_pass
from xlforge.languages.registry import language

Row = dict[str, Any]
LOWEST = 1


def measured(prompt: Row, answer: Row) -> Row:
    """One row of `answers.parquet`, without grades."""
    text, code, slots = answer["answer"], prompt["language"], prompt["slots"]
    return {
        "id": prompt["id"],
        **{key: prompt[key] for key in KEPT},
        "length": len(text),
        "finish": answer["finish"],
        "line_pass": line_pass(text, code),
        "word_pass": word_pass(text, code),
        "right_language": bool(text) and is_language(text, code),
        "chrf": None if prompt["truth"] is None else chrf(text, prompt["truth"]),
        "facts": facts(text, slots),
        "facts_asked": facts(text, slots, code),
        "appeal": appeal(text, prompt["prompt"]),
    }


def to_grade(prompt: Row, answer: Row) -> Row:
    """An answer as the judge is shown it."""
    return {
        "id": f"{prompt['id']}/grades",
        "prompt_row": prompt["id"],
        "question": prompt["prompt"],
        "language_name": language(prompt["language"]).name,
        "answer": answer["answer"],
        "fault": fault(answer["answer"], prompt["prompt"]),
        **dict.fromkeys(DIMENSIONS),
        "provenance": answer["provenance"],
        "reject": None,
    }


def lowest(row: Row) -> Row:
    """An answer that is silent or an appeal gets the lowest grades unseen: else it would be left out of their mean."""
    return {**row, **dict.fromkeys(DIMENSIONS, LOWEST)}
