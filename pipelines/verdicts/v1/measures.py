"""What is measured of one answer alone: its language and its facts; and the rows that a judge grades."""

from __future__ import annotations

from pipelines.verdicts.v1.pairs import KEPT, fault
from xlforge.base.rows import Row
from xlforge.checks.language import is_language
from xlforge.evaluation.judging.truth import chrf, facts
from xlforge.evaluation.pass_rates import line_pass, word_pass
from xlforge.languages.registry import language
from xlforge.steps.grades import DIMENSIONS

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
        "facts_in_language": facts(text, slots, code),
    }


def to_grade(prompt: Row, answer: Row) -> Row:
    """An answer as the judge gets it; an empty one already has the lowest grades, because a rejected row would be in no mean."""
    silent = fault(answer["answer"])
    return {
        "id": f"{prompt['id']}/grades",
        "prompt_row": prompt["id"],
        "question": prompt["prompt"],
        "language_name": language(prompt["language"]).name,
        "answer": answer["answer"],
        "fault": silent,
        **dict.fromkeys(DIMENSIONS, LOWEST if silent else None),
        "provenance": answer["provenance"],
        "reject": None,
    }
