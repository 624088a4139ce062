"""verdicts v1: an LLM judges each pair in both orders, and grades each answer if `grades` is set.

A bad judge, or an answer that addresses the judge, must not raise a win rate:
- Both orders are judged. Where they name different winners the pair is a tie, so a judge that always says A makes every pair a tie.
- A response that is not a letter is sampled again, then rejected with its text, never guessed.
- An empty answer is not judged: it loses (`pairs.forfeited`). The others stand in tags, and every delimiter in them is replaced.
- A win is checked with a control question. The winner's answer is compared, in both orders, with the reference's answer to another
  question, under that other question. An answer that wins even there did not win because it answers the question: the win becomes a
  loss. Only wins are checked, so the control can lower a win rate and never raise it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.verdicts.v1.schema import Params
from xlforge.base.rows import Row
from xlforge.evaluation.judging.orders import LETTERS, preference, read_letter, settle
from xlforge.steps.context import Context
from xlforge.steps.grades import DIMENSIONS, grades_schema, read_grades
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.parsing import ParseError

PROMPTS = Path(__file__).parent / "prompts"
_VERDICT = ("preference", "first_order", "second_order", "agreed", "settled_by")


class Compare(LLMStep):
    """question, language_name, answer, other → the preference for `answer` from both orders; then the control question."""

    control: bool = True

    @property
    def inputs(self) -> list[str]:
        return ["question", "language_name", "answer", "other", "control_question", "control_answer"]

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
        out = self._both_orders(inputs)
        won = [number for number, row in enumerate(out) if self.control and _to_check(row)]
        controls = [
            {**out[number], "question": out[number]["control_question"], "other": out[number]["control_answer"]}
            for number in won
        ]
        for number, checked in zip(won, self._both_orders(controls), strict=True):
            out[number] = _controlled(out[number], checked)
        return out

    def _both_orders(self, pairs: list[Row]) -> list[Row]:
        """The pairs with their verdicts; both orders of all pairs are one batch of calls."""
        orders = [{**pair, "shown_first": shown} for pair in pairs for shown in (True, False)]
        read = iter(super().call_all(orders))
        return [_settle(pair, first, second) for pair, first, second in zip(pairs, read, read, strict=True)]


def _settle(pair: Row, first: Row, second: Row) -> Row:
    """A pair with its verdict and the calls of both orders, or rejected with the text that could not be read."""
    calls = [*first["provenance"], *second["provenance"][len(pair["provenance"]) :]]
    for order, row in (("the model's answer first", first), ("the model's answer second", second)):
        if row["reject"]:
            mark = row["reject"]
            return {**pair, "reject": {**mark, "detail": f"{order}: {mark['detail']}"}, "provenance": calls}
    verdict = settle(first["read"], second["read"])
    values = (verdict.preference, first["read"], second["read"], verdict.agreed, "judge")
    return {**pair, **dict(zip(_VERDICT, values, strict=True)), "provenance": calls}


def _to_check(row: Row) -> bool:
    return not row["reject"] and row["preference"] > 0.5 and row["control_question"] is not None


def _controlled(won: Row, checked: Row) -> Row:
    """A win after its control question."""
    won = {**won, "provenance": checked["provenance"]}
    if checked["reject"]:
        return {**won, "reject": {**checked["reject"], "detail": f"control question, {checked['reject']['detail']}"}}
    return {**won, "preference": 0.0, "settled_by": "control"} if checked["preference"] > 0.5 else won


class GradeAnswer(LLMStep):
    """question, language_name, answer → the four grades; an empty answer has them already."""

    def takes(self, row: Row) -> bool:
        return not row["fault"]

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {name: grade.grade for name, grade in read_grades(output or "").items()}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Pairs → verdicts; or single answers, which have no `other`, → grades."""
    params, size = context.params, context.config.judge.prompts
    common: dict[str, Any] = {"tries": params.tries, "columns": {"language": "language_name"}}
    with Pipeline("verdicts") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        if rows and "other" not in rows[0]:
            load >> GradeAnswer(
                prompt=PROMPTS / f"grade.{size}.jinja2",
                adds=list(DIMENSIONS),
                response_schema=grades_schema("answer"),
                llm=context.llm("judge", params.grading),
                **common,
            )
        else:
            counted = LETTERS if params.logprobs else ()
            load >> Compare(
                prompt=PROMPTS / f"pairwise.{size}.jinja2",
                adds=list(_VERDICT),
                control=params.control,
                choices=LETTERS,
                llm=context.llm("judge", params.sampling, logprobs=params.logprobs, choices=counted),
                **common,
            )
    return made
