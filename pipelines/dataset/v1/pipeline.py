"""dataset v1: pairs and their chosen translations become conversational training examples.

English instruction + a request for the language → answer in that language; and the English pair itself, which has no request.
"""

from __future__ import annotations

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.dataset.v1.schema import Params
from xlforge.base.rows import Row, reject
from xlforge.languages.phrasings import with_request
from xlforge.languages.registry import language
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE
from xlforge.steps.map_step import MapStep


class RejectRepeats(MapStep):
    """Rejects a question that an earlier pair of the same language has in the same words."""

    def map_all(self, inputs: list[Row]) -> list[Row]:
        first: dict[tuple[str, str], str] = {}
        return [self._marked(row, first.setdefault((row["language"], row["instruction"]), row["id"])) for row in inputs]

    def _marked(self, row: Row, first: str) -> Row:
        if first == row["id"]:
            return row
        return {**row, "reject": reject("duplicate_instruction", f"as {first}", row["instruction"])}


class MakeExample(MapStep):
    """instruction, answer, language → prompt, completion."""

    def work(self, row: Row) -> Row:
        prompt = row["instruction"]
        if row["language"] != "en":
            prompt = with_request(prompt, language(row["language"]).name, row["id"])
        turn = {"role": "user", "content": prompt}
        return {**row, "prompt": [turn], "completion": [{"role": "assistant", "content": row["answer"]}]}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, seed_id, language, instruction, answer, … → training examples."""
    with Pipeline("dataset") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        repeats = RejectRepeats(reads=["id", "language", "instruction"])
        example = MakeExample(reads=["answer"], adds=["prompt", "completion"])
        load >> repeats >> example
    return made
