"""responses v3: the steps of v2; the rounds have a sampling of their own."""

from __future__ import annotations

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.responses.v1.pipeline import PROMPTS
from pipelines.responses.v2.pipeline import WriteAnswer, WriteQuestion, _all_generated
from pipelines.responses.v3.schema import Params
from xlforge.base.rows import Row
from xlforge.config.models import Sampling
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction, and response where it is given → response, stripped, and after a round another instruction."""
    params, size = context.params, context.config.teacher.prompts
    question, answer = PROMPTS / f"question.{size}.jinja2", PROMPTS / f"answer.{size}.jinja2"
    refining = params.refining or params.sampling

    def write(column: str, sampling: Sampling) -> WriteAnswer:
        llm, adds = context.llm("teacher", sampling), ["response", "stripped"]
        return WriteAnswer(prompt=answer, columns={"text": column}, adds=adds, tries=params.tries, llm=llm)

    with Pipeline("responses") as made:
        cleared = [{"response": None, **row, "stripped": [], "rewritten": _all_generated(row)} for row in rows]
        step = LoadDataFromDicts(data=cleared, batch_size=WHOLE_STAGE) >> write("passage", params.sampling)
        for _ in range(params.rounds):
            llm, adds = context.llm("teacher", refining), ["instruction", "stripped"]
            asked = WriteQuestion(prompt=question, adds=adds, tries=params.tries, llm=llm)
            step = step >> asked >> write("response", refining)
    return made
