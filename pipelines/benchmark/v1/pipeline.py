"""benchmark v1: each prompt of the source, in every set and language.

No model is called. The stage reads the prompts (`prompts.read`), and each of them is one row of the pipeline.
"""

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.benchmark.v1.schema import CROSSLINGUAL, ENGLISH, SAME_LANGUAGE, Params
from xlforge.base.rows import Row, reject
from xlforge.languages.phrasings import with_request
from xlforge.languages.registry import language
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE
from xlforge.steps.map_step import MapStep


class PutInSets(MapStep):
    """A prompt → a row for each of its sets and languages; where there is no text to send, the row is rejected as `no_prompt`."""

    sets: list[str]
    languages: list[str]

    def work(self, row: Row) -> list[Row]:
        return [_row(row, name, code) for name, code in places(row, self.sets, self.languages)]


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Prompts → rows to deliver."""
    params = context.params
    with Pipeline("benchmark") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        load >> PutInSets(
            reads=["text", "requests", "questions"],
            adds=["prompt_id", "set", "instruction", "prompt", "instruction_en"],
            sets=list(params.sets),
            languages=list(params.languages),
        )
    return made


def places(prompt: Row, sets: list[str], languages: list[str]) -> list[tuple[str, str]]:
    """The sets and languages that a prompt belongs to; one that already requests a language is in that one alone."""
    codes: dict[str, list[str]] = {CROSSLINGUAL: languages, ENGLISH: ["en"], SAME_LANGUAGE: languages}
    return [(name, code) for name in sets for code in ([prompt["language"]] if prompt["language"] else codes[name])]


def expected(params: Params, prompts: list[Row]) -> list[str]:
    """The ids of the rows that the prompts must give."""
    return [
        row_id(prompt["id"], name, code)
        for prompt in prompts
        for name, code in places(prompt, list(params.sets), list(params.languages))
    ]


def row_id(prompt_id: str, name: str, code: str) -> str:
    """The id of a prompt in a set and a language: `pocket-prompt-001-1c2b7f90/crosslingual/de`."""
    return f"{prompt_id}/{name}/{code}"


def _row(prompt: Row, name: str, code: str) -> Row:
    instruction, sent = _texts(prompt, name, code)
    lacking = f"the table of this set has no text for this prompt in {language(code).name}"
    return {
        "id": row_id(prompt["id"], name, code),
        "prompt_id": prompt["id"],
        "set": name,
        "language": code,
        "part": prompt["part"],
        "instruction": instruction,
        "prompt": sent,
        "instruction_en": None if prompt["language"] else prompt["text"],
        "passage": prompt["passage"],
        "truth": prompt["truth"].get(code),
        "slots": _slots(prompt["slots"]),
        "provenance": [],
        "reject": None if sent else reject("no_prompt", lacking, prompt["text"]),
    }


def _texts(prompt: Row, name: str, code: str) -> tuple[str | None, str | None]:
    """The question without a request for a language, and what the model is sent."""
    text = prompt["text"]
    if name == SAME_LANGUAGE:
        question = prompt["questions"].get(code)
        return question, question
    if name == ENGLISH or prompt["language"]:
        return text, text
    if prompt["requests"] is not None:
        return text, prompt["requests"].get(code)
    return text, with_request(text, language(code).name, row_id(prompt["id"], name, code))


def _slots(slots: dict[str, dict[str, str]] | None) -> list[Row] | None:
    if slots is None:
        return None
    return [
        {"slot": slot, "phrases": [{"language": code, "phrase": phrase} for code, phrase in sorted(phrases.items())]}
        for slot, phrases in slots.items()
    ]
