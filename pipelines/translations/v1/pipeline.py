"""translations v1: `candidates` translations of each answer, by the translators in turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.translations.v1.schema import Params
from xlforge.base.rows import Row
from xlforge.languages.registry import language
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.parsing import plain_text

PROMPTS = Path(__file__).parent / "prompts"


def candidate_id(answer: str, code: str, number: int) -> str:
    """The id of one candidate, derived from the id of its answer."""
    return f"{answer}/{code}/{number}"


class Candidates(MapStep):
    """An answer becomes one row a candidate, each with its translator."""

    code: str
    number: int
    translators: list[str]

    def work(self, row: Row) -> list[Row]:
        return [
            {
                "id": candidate_id(row["id"], self.code, number),
                "answer_id": row["id"],
                "language": self.code,
                "language_name": language(self.code).name,
                "candidate": number,
                "translator": self.translators[number % len(self.translators)],
                "response": row["response"],
                "reject": None,
            }
            for number in range(self.number)
        ]


class Translate(LLMStep):
    """language_name, response → translation, logprob, for the candidates of this translator."""

    translator: str

    def takes(self, row: Row) -> bool:
        return bool(row["translator"] == self.translator)

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        logprob = None if input["logprob"] is None else min(0.0, input["logprob"] / max(1, input["tokens_out"]))
        return {"translation": plain_text(output or ""), "logprob": logprob}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, response → candidates × (translation, logprob) into the stage's language."""
    params, translators = context.params, context.config.translators
    with Pipeline("translations") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> Candidates(
            reads=["id", "response"],
            adds=["answer_id", "language", "language_name", "candidate", "translator"],
            code=context.language,
            number=params.candidates,
            translators=list(params.models),
        )
        for name in dict.fromkeys(params.models):
            step = step >> Translate(
                prompt=PROMPTS / f"{translators[name].prompts}.jinja2",
                columns={"language": "language_name"},
                adds=["translation", "logprob"],
                tries=params.tries,
                candidate="candidate",
                translator=name,
                llm=context.llm("translator", params.sampling, model=translators[name], logprobs=True),
            )
    return made
