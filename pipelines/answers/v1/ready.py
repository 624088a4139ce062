"""Ready answers from a file: those of a reference model whose answers are published.

The file is JSON lines or a JSON list. A record has its text under `answer`, `output`, `completion` or `response`. It belongs to a
benchmark row by `id`; else by `prompt`, or AlpacaEval's `instruction`, with `language` and `set` if it has them. A record without a
language belongs only to the row whose whole prompt it has, because several languages share one English question.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from pipelines.answers.v1.text import writable_text
from xlforge.base.errors import BuildError
from xlforge.base.rows import Row, reject
from xlforge.evaluation.files import read
from xlforge.languages.registry import LANGUAGES, language

TEXTS = ("answer", "output", "completion", "response")
KEPT = ("id", "prompt_id", "set", "language", "provenance")

Index = dict[tuple[str, str | None, str | None], set[str]]
"""(id or prompt, language, set) to texts; language and set are None where a record has none."""


def check(path: Path, revision: str | None) -> None:
    """BuildError unless the file is the one that params.yaml names."""
    if not path.is_file():
        raise BuildError(f"{path} does not exist: `models` in params.yaml names it as a file of ready answers")
    found = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    if found != revision:
        raise BuildError(
            f"{path} is {found}, but params.yaml says revision {revision}: if this is the right file, write "
            f"`revision: {found}` next to `file: {path}` in params.yaml"
        )


def answers(path: Path, rows: list[Row], name: str, revision: str | None) -> list[Row]:
    """The benchmark rows with the file's answers; a row without one is rejected as `not_in_file`.

    Raises:
        BuildError: a record is invalid, or two records answer one row differently.
    """
    check(path, revision)
    found = _index(path)
    call = {"stage": "answers", "version": "v1", "model": f"{path.name}@{revision}", "prompt": "file"}
    out = []
    for row in rows:
        texts = _matching(row, found)
        if len(texts) > 1:
            raise BuildError(
                f"{path} answers {row['id']} in {len(texts)} ways: give each record the benchmark row's `id`, or `prompt` and "
                "`language`, or remove all but one"
            )
        kept = {key: row[key] for key in KEPT} | {"model": name, "finish": "file", "reject": None}
        if texts:
            out.append({**kept, "answer": texts.pop(), "provenance": [*row["provenance"], call]})
        else:
            detail = "no record has its id, or its prompt and language"
            out.append({**kept, "reject": reject("not_in_file", detail, row["prompt"])})
    return out


def _index(path: Path) -> Index:
    found: Index = defaultdict(set)
    for number, record in enumerate(read(path, ()), 1):
        text = next((record[key] for key in TEXTS if isinstance(record.get(key), str)), None)
        names = [record[key] for key in ("id", "prompt", "instruction") if isinstance(record.get(key), str)]
        if text is None or not names:
            raise BuildError(
                f"{path}, row {number}: it needs `id`, `prompt` or `instruction`, and the text as {', '.join(TEXTS)}; "
                f"it has {', '.join(map(str, record)) or 'nothing'}"
            )
        code = _code(path, number, record.get("language"))
        for each in names[:1] if isinstance(record.get("id"), str) else names:
            found[each, code, record.get("set")].add(writable_text(text))
    return found


def _code(path: Path, number: int, named: Any) -> str | None:
    if named is None:
        return None
    by_name = {row.split: row.code for row in LANGUAGES.values()}
    try:
        return by_name.get(str(named).lower()) or language(str(named)).code
    except ValueError as error:
        raise BuildError(f"{path}, row {number}: {error}") from error


def _matching(row: Row, found: Index) -> set[str]:
    """The texts of the best records: by id, by the whole prompt, by the question in the row's language."""
    code = row["language"]
    for name, codes in ((row["id"], (code, None)), (row["prompt"], (code, None)), (row["instruction"], (code,))):
        sets = (row["set"], None)
        if texts := {text for each in codes for of in sets for text in found.get((name, each, of), ())}:
            return texts
    return set()
