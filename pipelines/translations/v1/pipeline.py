"""translations v1: `candidates` translations of each answer, by the translators in turn."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from xlforge.core.asking import WHOLE_STAGE, Ask, Each, Row, plain_text
from xlforge.core.languages import language
from xlforge.core.spine import Build
from xlforge.engines.roles import llm

PROMPTS = Path(__file__).parent / "prompts"


def candidate_id(answer: str, code: str, number: int) -> str:
    """The id of one candidate: derived from its answer's."""
    return f"{answer}/{code}/{number}"


class Candidates(Each):
    """An answer becomes as many rows as it is to have candidates, each with its translator."""

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


class Translate(Ask):
    """language_name, response → translation, logprob; only of the candidates that fall to this translator."""

    translator: str

    def takes(self, row: Row) -> bool:
        return bool(row["translator"] == self.translator)

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        logprob = None if input["logprob"] is None else min(0.0, input["logprob"] / max(1, input["tokens_out"]))
        return {"translation": plain_text(output or ""), "logprob": logprob}


def pipeline(build: Build, rows: list[Row]) -> Pipeline:
    """id, response → candidates × (translation, logprob) into the build's language."""
    params, translators = build.params, build.everything["translators"]
    with Pipeline("translations") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> Candidates(
            folder=str(build.folder),
            reads=["id", "response"],
            adds=["answer_id", "language", "language_name", "candidate", "translator"],
            code=build.item,
            number=params.candidates,
            translators=list(params.models),
        )
        for name in dict.fromkeys(params.models):
            step = step >> Translate(
                folder=str(build.folder),
                stage="translations",
                version="v1",
                prompt=PROMPTS / f"{translators[name].prompts}.jinja2",
                columns={"language": "language_name"},
                adds=["translation", "logprob"],
                tries=params.tries,
                candidate="candidate",
                translator=name,
                llm=llm(build, "translator", params.sampling, model=translators[name], logprobs=True),
            )
    return made
