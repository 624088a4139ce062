"""translations v2: the prompts of v1, and `text`; what a translator added is stripped, or the candidate is sampled again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.translations.v1.pipeline import PROMPTS, Candidates, candidate_id
from pipelines.translations.v1.pipeline import Translate as TranslateV1
from pipelines.translations.v2.schema import Params
from xlforge.base.rows import Row
from xlforge.checks.added.translations import read
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE
from xlforge.steps.parsing import plain_text

__all__ = ["candidate_id", "pipeline"]

TEXT = Path(__file__).parent / "prompts" / "text.jinja2"
"""The text alone, for translation systems."""


class Translate(TranslateV1):
    """language_name, response → translation, stripped, logprob, for the candidates of this translator.

    turns: the number of translators. A translation system's own candidates are counted, since each is the next likeliest.
    """

    turns: int

    def _request(self, row: Row, attempt: int) -> tuple[str, list[Any]]:
        counted = self.llm.spec.engine == "seq2seq"
        return super()._request({**row, "candidate": row["candidate"] // self.turns} if counted else row, attempt)

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        found = read(output or "", input["response"], input["language"], self.prompt)
        made = super().format_output(plain_text(found.text), input)
        # Rounded, since the last bits differ between processors.
        logprob = None if made["logprob"] is None else round(made["logprob"], 3)
        return {**made, "logprob": logprob, "stripped": list(found.stripped)}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, response → candidates × (translation, stripped, logprob) into the stage's language."""
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
                prompt=TEXT if translators[name].prompts == "text" else PROMPTS / f"{translators[name].prompts}.jinja2",
                columns={"language": "language_name"},
                adds=["translation", "stripped", "logprob"],
                tries=params.tries,
                candidate="candidate",
                translator=name,
                turns=len(params.models),
                llm=context.llm("translator", params.sampling, model=translators[name], logprobs=params.logprobs),
            )
    return made
