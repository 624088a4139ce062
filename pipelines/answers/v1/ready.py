"""Answers that are there already, in a file: those of a reference model whose answers are published.

JSON lines or a JSON list. A record is matched by `id` (the benchmark row's); else by `prompt`, or AlpacaEval's `instruction`, and
`language` and `set` where it has them. Its text is under `answer`, `output`, `completion` or `response`. A record without a language
matches only what was sent to the model word for word: the same English question is asked for in several languages.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from pathlib import Path
from typing import Any

from pipelines.answers.v1.words import writable_text
from xlforge.base.errors import BuildError
from xlforge.base.rows import reject
from xlforge.evaluation.files import read
from xlforge.languages.registry import LANGUAGES, language

Row = dict[str, Any]
TEXTS = ("answer", "output", "completion", "response")
_ALWAYS = ("prompt", "instruction")


def check(path: Path, revision: str | None) -> None:
    """BuildError unless the file is the one that params.yaml means."""
    if not path.is_file():
        raise BuildError(f"{path} is not there: `models` in params.yaml names it as a file of ready answers")
    found = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    if found != revision:
        raise BuildError(
            f"{path} is {found}, but params.yaml says revision {revision}: if this is the file you mean, write "
            f"`revision: {found}` beside `file: {path}` in params.yaml"
        )


def answers(path: Path, rows: list[Row], name: str, revision: str | None) -> list[Row]:
    """The benchmark rows with the file's answers; those without one are set aside as `not_in_file`.

    Raises BuildError for a record that cannot be read, and where two records answer one row differently.
    """
    check(path, revision)
    found = _index(path)
    made_by = {"stage": "answers", "version": "v1", "model": f"{path.name}@{revision}", "prompt": "file"}
    out = []
    for row in rows:
        texts = _matching(row, found)
        if len(texts) > 1:
            raise BuildError(
                f"{path} answers {row['id']} in {len(texts)} ways: give each record the benchmark row's `id`, or `prompt` and "
                "`language`, or leave one of them out"
            )
        kept = {key: row[key] for key in ("id", "prompt_id", "set", "language", "provenance")}
        if not texts:
            told = "no record has its id, or its prompt and language"
            out.append({**kept, "reject": reject("not_in_file", told, row["prompt"])})
            continue
        made = {"answer": texts.pop(), "finish": "file", "model": name, "reject": None}
        out.append({**kept, **made, "provenance": [*row["provenance"], made_by]})
    return out


def _index(path: Path) -> dict[tuple[str, str | None, str | None], set[str]]:
    """(id or words, language, set) to texts; language and set are None where a record has none."""
    found: dict[tuple[str, str | None, str | None], set[str]] = defaultdict(set)
    for number, record in enumerate(read(path, ()), 1):
        text = next((record[key] for key in TEXTS if isinstance(record.get(key), str)), None)
        words = [record[key] for key in ("id", *_ALWAYS) if isinstance(record.get(key), str)]
        if text is None or not words:
            raise BuildError(
                f"{path}, row {number}: it needs `id`, `prompt` or `instruction`, and the text as {', '.join(TEXTS)}; "
                f"it has {', '.join(map(str, record)) or 'nothing'}"
            )
        code = _code(path, number, record.get("language"))
        words = words[:1] if isinstance(record.get("id"), str) else words
        for asked in words:
            found[asked, code, record.get("set")].add(writable_text(text))
    return found


def _code(path: Path, number: int, named: Any) -> str | None:
    if named is None:
        return None
    by_name = {row.split: row.code for row in LANGUAGES.values()}
    try:
        return by_name.get(str(named).lower()) or language(str(named)).code
    except ValueError as error:
        raise BuildError(f"{path}, row {number}: {error}") from error


def _matching(row: Row, found: dict[tuple[str, str | None, str | None], set[str]]) -> set[str]:
    """The texts of the nearest records: by id, by what was sent, by the question in its language."""
    exact, loose = (row["id"], row["prompt"]), (row["instruction"],)
    for words, codes in ((exact, (row["language"], None)), (loose, (row["language"],))):
        for word in words:
            texts = {
                text for code in codes for name in (row["set"], None) for text in found.get((word, code, name), ())
            }
            if texts:
                return texts
    return set()
