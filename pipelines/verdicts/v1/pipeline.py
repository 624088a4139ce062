"""verdicts v1: an LLM judges each pair in both orders, and grades each answer where that is asked for.

What keeps a win rate from being lifted by a bad judge, or by an answer that speaks to it:
- Both orders are asked; where they name different winners the pair is a tie. A judge that always says A makes every pair one.
- What is no letter is asked for again, then set aside with the words, never guessed. A judge that answers garbage judges nothing.
- An answer that says nothing or appeals to the judge is not shown to it: it loses (`pairs.forfeited`). The rest is shown fenced, with every
  delimiter in it defused.
- A win is checked with a control question: the winner's answer is put, in both orders, under another question beside the
  reference's answer to that one. An answer preferred even there was not preferred for answering, in whatever words it asked
  for it: the win becomes a loss. Only wins are checked, so the control can lower a win rate and never lift it.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from pydantic import ValidationError

from pipelines.verdicts.v1.schema import DIMENSIONS, Grades, Params
from xlforge.base.rows import Row
from xlforge.evaluation.judging.orders import LETTERS, preference, read_letter, settle
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.parsing import ParseError

PROMPTS = Path(__file__).parent / "prompts"
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)
_DRAWN = ("preference", "first_order", "second_order", "agreed", "settled_by")


class Compare(LLMStep):
    """question, language_name, answer, other → preference for `answer`, as read in each order and settled; then the control."""

    control: bool = True

    @property
    def inputs(self) -> list[str]:
        return ["question", "language_name", "answer", "other", "control_question", "control_answer"]

    @property
    def outputs(self) -> list[str]:
        return [*_DRAWN, "provenance"]

    def format_input(self, input: Row) -> list[dict[str, str]]:
        answers = (input["answer"], input["other"])
        shown = answers if input["shown_first"] else answers[::-1]
        return super().format_input({**input, "answer_a": shown[0], "answer_b": shown[1]})

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        letter = read_letter(output or "")
        if letter is None:
            raise ParseError("unreadable_verdict", f"no single letter {' or '.join(LETTERS)}")
        of_a = preference(letter, input["logprob"])
        return {"read": of_a if input["shown_first"] else 1 - of_a}

    def call_all(self, inputs: list[Row]) -> list[Row]:
        out = self._settled(inputs)
        won = [number for number, row in enumerate(out) if self.control and _to_check(row)]
        asked = [
            {**out[number], "question": out[number]["control_question"], "other": out[number]["control_answer"]}
            for number in won
        ]
        for number, checked in zip(won, self._settled(asked), strict=True):
            out[number] = _controlled(out[number], checked)
        return out

    def _settled(self, pairs: list[Row]) -> list[Row]:
        """The pairs after both orders, which are asked together."""
        asked = [{**pair, "shown_first": shown} for pair in pairs for shown in (True, False)]
        read = iter(super().call_all(asked))
        return [_settle(pair, first, second) for pair, first, second in zip(pairs, read, read, strict=True)]


def _settle(pair: Row, first: Row, second: Row) -> Row:
    """A pair with its verdict, or set aside with what could not be read in either order."""
    calls = [*first["provenance"], *second["provenance"][len(pair["provenance"]) :]]
    for order, row in (("the model's answer first", first), ("the model's answer second", second)):
        if row["reject"]:
            mark = row["reject"]
            return {**pair, "reject": {**mark, "detail": f"{order}: {mark['detail']}"}, "provenance": calls}
    verdict = settle(first["read"], second["read"])
    drawn = (verdict.preference, first["read"], second["read"], verdict.agreed, "judge")
    return {**pair, **dict(zip(_DRAWN, drawn, strict=True)), "provenance": calls}


def _to_check(row: Row) -> bool:
    return not row["reject"] and row["preference"] > 0.5 and row["control_question"] is not None


def _controlled(won: Row, checked: Row) -> Row:
    """A win after its control question, to which the answer was written by nobody."""
    won = {**won, "provenance": checked["provenance"]}
    if checked["reject"]:
        return {**won, "reject": {**checked["reject"], "detail": f"control question, {checked['reject']['detail']}"}}
    return {**won, "preference": 0.0, "settled_by": "control"} if checked["preference"] > 0.5 else won


class GradeAnswer(LLMStep):
    """question, language_name, answer → the four grades."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        words = (output or "").strip()
        fenced = _FENCE.match(words)
        try:
            grades = Grades.model_validate_json(fenced.group(1) if fenced else words)
        except (ValidationError, UnicodeEncodeError) as error:
            raise ParseError("unreadable_grades", str(error).splitlines()[0]) from error
        return {name: getattr(grades, name).grade for name in DIMENSIONS}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Pairs → verdicts; or, where the rows are single answers (they have no `other`), answers → grades."""
    params, size = context.params, context.config.judge.prompts
    common: dict[str, Any] = {"tries": params.tries, "columns": {"language": "language_name"}}
    with Pipeline("verdicts") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        if "other" in rows[0]:
            choices = LETTERS if params.logprobs else ()
            load >> Compare(
                prompt=PROMPTS / f"pairwise.{size}.jinja2",
                adds=list(_DRAWN),
                control=params.control,
                llm=context.llm("judge", params.sampling, logprobs=params.logprobs, choices=choices),
                **common,
            )
        else:
            load >> GradeAnswer(
                prompt=PROMPTS / f"grade.{size}.jinja2",
                adds=list(DIMENSIONS),
                response_schema=Grades.model_json_schema(),
                llm=context.llm("judge", params.grading),
                **common,
            )
    return made
