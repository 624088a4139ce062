"""Tables that pair with the source: the questions in another language, or prompts that request a language in words of their own.

Their rows pair with the source's by id, where both tables have a column for it, and by position where not.
"""

import re

from pipelines.benchmark.v1 import tables
from pipelines.benchmark.v1.schema import CROSSLINGUAL, SAME_LANGUAGE, Params, Table
from pipelines.benchmark.v1.tables import Raw
from xlforge.base.errors import BuildError
from xlforge.base.rows import Row, writable
from xlforge.languages.registry import Language, language

_WORD = re.compile(r"\w+")
_MIN_SHARED = 0.5
"""Share of a question's words that a prompt with a request must have, to be about the same question."""


def paired(prompts: list[Row], params: Params, size: int) -> list[Row]:
    """The prompts with `questions` and `requests` by code, where the sets need them.

    Args:
        prompts: those to deliver.
        params: of the stage.
        size: rows of the source.

    Raises:
        BuildError: a table does not fit the source, or a language has no questions.
    """
    pairing = _Pairing(prompts, params, size)
    languages = [language(code) for code in params.languages]
    out = [{**prompt, "requests": None} for prompt in prompts]
    if CROSSLINGUAL in params.sets and (table := params.requested):
        texts = {to.code: pairing.requests(table, to) for to in languages}
        out = [{**prompt, "requests": _of(prompt, texts)} for prompt in out]
    if SAME_LANGUAGE in params.sets:
        texts = {to.code: pairing.questions(params.translated, to) for to in languages}
        out = [{**prompt, "questions": _of(prompt, texts)} for prompt in out]
    return out


def _of(prompt: Row, texts: dict[str, dict[int, str]]) -> dict[str, str]:
    """A prompt's texts by code."""
    return {code: found[prompt["number"]] for code, found in texts.items() if prompt["number"] in found}


class _Pairing:
    """The texts of other tables, by number of the prompt."""

    def __init__(self, prompts: list[Row], params: Params, size: int) -> None:
        self.prompts, self.source, self.size = prompts, params.source, size

    def questions(self, table: Table | None, to: Language) -> dict[int, str]:
        """The questions in a language."""
        if table:
            return self._texts("translated", SAME_LANGUAGE, table, to)
        known = {prompt["number"]: prompt["questions"].get(to.code) for prompt in self.prompts}
        if not any(known.values()):
            raise BuildError(
                f"set {SAME_LANGUAGE}, language {to.name}: no prompt has its question in {to.name}. Give them, in a "
                f"column of the source (benchmark.source.questions is {self.source.questions!r}) or in a table under "
                f"benchmark.translated; {_or_leave_out(SAME_LANGUAGE, to)}"
            )
        return {number: text for number, text in known.items() if text}

    def requests(self, table: Table, to: Language) -> dict[int, str]:
        """The prompts that request a language."""
        found = self._texts("requested", CROSSLINGUAL, table, to)
        for prompt in self.prompts:
            number = prompt["number"]
            if number in found and not _is_about(found[number], prompt["text"]):
                raise BuildError(
                    f"benchmark.requested: what pairs with row {number + 1} of the source is another question in {to.name}: "
                    "the two tables are not in one order. Give the column `id` of both, or set benchmark.requested to null "
                    "to use this project's requests"
                )
        return found

    def _texts(self, name: str, of_set: str, table: Table, to: Language) -> dict[int, str]:
        key, where = f"benchmark.{name}", f"set {of_set}, language {to.name}"
        remedy = f"Correct {key}; {_or_leave_out(of_set, to)}"
        try:
            raws = tables.read(table, self.source, key, to)
        except BuildError as error:
            raise BuildError(f"{where}: {error}. {remedy}") from error
        if not raws:
            raise BuildError(f"{where}: {key} has no row in it. {remedy}")
        if table.id and self.source.id:
            texts = _by_id(raws, table, f"{where}: {key}")
            return {prompt["number"]: texts[prompt["given"]] for prompt in self.prompts if prompt["given"] in texts}
        if len(raws) != self.size:
            raise BuildError(
                f"{where}: {key} has {len(raws)} rows and the source {self.size}, and rows pair by position where the "
                f"tables have no ids: give benchmark.source.id and {key}.id. {remedy}"
            )
        return {prompt["number"]: text for prompt in self.prompts if (text := _text(raws[prompt["number"]], table))}


def _or_leave_out(of_set: str, to: Language) -> str:
    return f"or take {to.code} out of benchmark.languages, or {of_set} out of benchmark.sets"


def _is_about(prompt: str, question: str) -> bool:
    words = set(_WORD.findall(question.lower()))
    return len(words & set(_WORD.findall(prompt.lower()))) >= _MIN_SHARED * len(words)


def _by_id(raws: list[Raw], table: Table, where: str) -> dict[str | None, str]:
    texts: dict[str | None, str] = {}
    for raw in raws:
        given = str(raw.columns.get(table.id or ""))
        if given in texts:
            raise BuildError(f"{where} has the id {given!r} twice: ids must be unique")
        texts[given] = _text(raw, table)
    return {given: text for given, text in texts.items() if text}


def _text(raw: Raw, table: Table) -> str:
    """The row's text, or an empty one."""
    value = raw.columns.get(table.instruction)
    return writable(value) if isinstance(value, str) and value.strip() else ""
