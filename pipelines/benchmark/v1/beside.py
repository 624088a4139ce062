"""Tables beside the source: the questions in another language, or prompts that ask for one in words of their own.

Their rows pair with the source's by id, where both tables have a column for it, and by position otherwise.
"""

from __future__ import annotations

import re

from pipelines.benchmark.v1 import tables
from pipelines.benchmark.v1.prompts import Prompt
from pipelines.benchmark.v1.schema import CROSSLINGUAL, SAME_LANGUAGE, Params, Table
from pipelines.benchmark.v1.tables import Raw
from xlforge.base.errors import BuildError
from xlforge.base.rows import writable
from xlforge.languages.registry import Language

_WORD = re.compile(r"\w+")
_SHARED = 0.5
_SET_OF = {"requested": CROSSLINGUAL, "translated": SAME_LANGUAGE}


class Beside:
    """What the tables `translated` and `requested` say of the prompts. size: rows of the source."""

    def __init__(self, params: Params, prompts: list[Prompt], size: int) -> None:
        self.params, self.prompts, self.size = params, prompts, size

    def questions(self, language: Language) -> dict[int, str]:
        """Number of a prompt to its question in the language; BuildError if no prompt has one."""
        if self.params.translated:
            return self._paired("translated", self.params.translated, language)
        code = language.code
        found = {prompt.number: prompt.questions[code] for prompt in self.prompts if code in prompt.questions}
        if not found:
            raise BuildError(
                f"set {SAME_LANGUAGE}, language {language.name}: no prompt has its question in {language.name}. Give them, in a "
                f"column of the source (benchmark.source.questions is {self.params.source.questions!r}) or in a table under "
                f"benchmark.translated; {_otherwise(SAME_LANGUAGE, code)}"
            )
        return found

    def requests(self, language: Language) -> dict[int, str]:
        """Number of a prompt to the words that ask it for the language, of the table `requested`.

        BuildError if the table has none for the language, or if its rows are not the source's with something added.
        """
        assert self.params.requested
        found = self._paired("requested", self.params.requested, language)
        for prompt in self.prompts:
            if prompt.number in found and not _holds(found[prompt.number], prompt.text):
                raise BuildError(
                    f"benchmark.requested: what pairs with row {prompt.number + 1} of the source asks something else in "
                    f"{language.name}: the two tables are not in one order. Give the column `id` of both, or set "
                    "benchmark.requested to null to ask in this project's words"
                )
        return found

    def _paired(self, name: str, table: Table, language: Language) -> dict[int, str]:
        key, told = f"benchmark.{name}", f"set {_SET_OF[name]}, language {language.name}"
        remedy = f"Mend {key}; {_otherwise(_SET_OF[name], language.code)}"
        try:
            raws = tables.read(table, self.params.source, key, language)
        except BuildError as error:
            raise BuildError(f"{told}: {error}. {remedy}") from error
        if not raws:
            raise BuildError(f"{told}: {key} has no row in it. {remedy}")
        if table.id and self.params.source.id:
            texts = _by_id(raws, table, f"{told}: {key}")
            return {prompt.number: texts[prompt.given] for prompt in self.prompts if prompt.given in texts}
        if len(raws) != self.size:
            raise BuildError(
                f"{told}: {key} has {len(raws)} rows and the source {self.size}, and rows pair by position where the tables "
                f"have no ids: give benchmark.source.id and {key}.id. {remedy}"
            )
        return {prompt.number: text for prompt in self.prompts if (text := _text(raws[prompt.number], table))}


def _otherwise(of_set: str, code: str) -> str:
    return f"or take {code} out of benchmark.languages, or {of_set} out of benchmark.sets"


def _holds(prompt: str, instruction: str) -> bool:
    words = set(_WORD.findall(instruction.lower()))
    return len(words & set(_WORD.findall(prompt.lower()))) >= _SHARED * len(words)


def _by_id(raws: list[Raw], table: Table, told: str) -> dict[str | None, str]:
    texts: dict[str | None, str] = {}
    for raw in raws:
        given = str(raw.columns.get(table.id or ""))
        if given in texts:
            raise BuildError(f"{told} has the id {given!r} twice: ids tell rows apart")
        texts[given] = _text(raw, table)
    return {given: text for given, text in texts.items() if text}


def _text(raw: Raw, table: Table) -> str:
    """The row's text, or nothing where it holds none."""
    value = raw.columns.get(table.instruction)
    return writable(value) if isinstance(value, str) and value.strip() else ""
