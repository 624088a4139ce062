"""One reader for each kind of source: JSONL, parquet, a folder of text files, a dataset of the Hugging Face hub.

A source that cannot be read at all (no such file, no such column, nothing in it) is an error before anything is written. A single row
that cannot be read (a broken line, a number instead of text) gets a fault, and becomes a reject.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.seeds.v1.schema import Source
from xlforge.base.errors import BuildError

_SUFFIX = {"jsonl": ".jsonl", "parquet": ".parquet", "text": ".txt"}
CHUNK_ROWS = 20_000
CHUNK_CHARS = 16_000_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Raw:
    """One row as the source has it.

    Args:
        place: file and position; ids come from it if none is given.
        source: the file or dataset.
        given: its id, if it has one.
        text: the passage; where there is a fault, the whole row.
        fault: why it is not a passage.
    """

    place: str
    source: str
    given: str | None
    text: str
    fault: str | None = None


def jsonl(source: Source) -> Iterator[Raw]:
    """One passage a line; blank lines are none."""
    for file, name, stem in _files(source):
        with _reading(file), file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _line(line.removeprefix(_BOM).rstrip(b"\r\n"), source, f"{stem}-{number:07d}", name)


def _line(line: bytes, source: Source, place: str, name: str) -> Raw:
    try:
        columns, fault = _json(line), ""
    except (ValueError, RecursionError) as error:
        columns, fault = None, f"the line is not valid JSON: {error}"[:200]
    if not isinstance(columns, dict):
        fault = fault or f"the line is {_kind(columns)}, not an object"
        return Raw(place, name, None, line.decode("utf-8", "backslashreplace"), fault)
    return _row(columns, source, place, name)


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)  # slower; accepts lone surrogates, which crawls contain


def parquet(source: Source) -> Iterator[Raw]:
    """One passage a row. Every file's columns are checked before the first row is read."""
    files = list(_files(source))
    for file, _, _ in files:
        with _reading(file):
            names = pq.read_schema(file).names
        for key, column in (("text", source.text), ("id", source.id)):
            if column is not None and column not in names:
                raise BuildError(f"seeds.source.{key}: {file} has no column {column!r}; it has {', '.join(names)}")
    for file, name, stem in files:
        with _reading(file), pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as table:
            batches = table.iter_batches(1000, columns=[column for column in (source.text, source.id) if column])
            rows = chain.from_iterable(batch.to_pylist() for batch in batches)
            for number, columns in enumerate(rows, 1):
                yield _row(columns, source, f"{stem}-{number:07d}", name)


def texts(source: Source) -> Iterator[Raw]:
    """One passage a file, under the file's name as its id."""
    for file, name, stem in _files(source):
        with _reading(file):
            data = file.read_bytes().removeprefix(_BOM)
        try:
            yield Raw(stem, name, stem, data.decode())
        except UnicodeDecodeError as error:
            fault = f"the file is not valid UTF-8: {error}"[:200]
            yield Raw(stem, name, stem, data.decode("utf-8", "backslashreplace"), fault)


def hub(source: Source) -> Iterator[Raw]:
    """One passage a row of a dataset, streamed: only what is read is fetched."""
    import datasets  # slow to import, and only this kind needs it

    name = source.name or ""
    if not Path(name).exists() and not source.revision:
        raise BuildError(f"seeds.source.revision: {name} can change, and a build must be repeatable: give a commit")
    label = ":".join(part for part in (name, source.config, source.split) if part)
    try:
        options = {"split": source.split, "revision": source.revision}
        for number, columns in enumerate(datasets.load_dataset(name, source.config, streaming=True, **options), 1):
            yield _row(columns, source, f"{label}-{number:07d}", label)
    except Exception as error:  # datasets and the hub's client raise dozens of kinds
        raise BuildError(
            f"seeds.source: the dataset {label} cannot be read: {type(error).__name__}: {error}. "
            "Check name, config, split and revision, and the connection to the hub (HF_HUB_OFFLINE, HF_TOKEN, a proxy)"
        ) from error


READERS: dict[str, Callable[[Source], Iterator[Raw]]] = {"jsonl": jsonl, "parquet": parquet, "text": texts, "hub": hub}


def opened(source: Source) -> Iterator[list[Raw]]:
    """The rows in chunks. The first chunk is read at once: BuildError if that fails, or if none of its rows is a passage."""
    chunks = _chunks(islice(READERS[source.kind](source), source.take))
    first = next(chunks, None)
    where = source.name or source.path
    if first is None:
        raise BuildError(f"seeds.source: {where} holds no rows: name a source of kind {source.kind} with passages")
    if all(row.fault for row in first):
        raise BuildError(
            f"seeds.source: none of the first {len(first)} rows of {where} is a passage; the first: {first[0].fault}. "
            "Check kind, text and id under seeds.source in params.yaml"
        )
    return chain([first], chunks)


def _chunks(rows: Iterable[Raw]) -> Iterator[list[Raw]]:
    chunk: list[Raw] = []
    chars = 0
    for row in rows:
        chunk.append(row)
        chars += len(row.text)
        if len(chunk) >= CHUNK_ROWS or chars >= CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
    if chunk:
        yield chunk


def _row(columns: dict[str, Any], source: Source, place: str, name: str) -> Raw:
    """A row that has columns: its text and id, or what is wrong with them. Null is an empty text, or no id."""
    text, given, fault = columns.get(source.text), columns.get(source.id) if source.id else None, None
    if given is not None and (isinstance(given, bool) or not isinstance(given, str | int)):
        fault, given = f"the id under {source.id!r} is {_kind(given)}, neither text nor a whole number", None
    if source.text not in columns:
        known = ", ".join(map(str, columns)).encode("utf-8", "backslashreplace").decode()
        fault = f"no field {source.text!r}; it has {known or 'none'}"[:200]
    elif not isinstance(text, str | None):
        fault = f"{source.text!r} is {_kind(text)}, not text"
    if fault:
        text = json.dumps(columns, ensure_ascii=False, default=str)
    return Raw(place, name, None if given in (None, "") else str(given), text or "", fault)


def _kind(value: Any) -> str:
    """What a value is, in JSON's words."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null" if value is None else type(value).__name__)


def _files(source: Source) -> Iterator[tuple[Path, str, str]]:
    """The files in order of name, each with what rows and ids call it: from the named folder down, without the machine's path."""
    path, suffix = Path(source.path or ""), _SUFFIX[source.kind]
    if path.is_file():
        yield path, path.name, path.stem
        return
    if not path.is_dir():
        raise BuildError(f"seeds.source.path: {path} does not exist; give a {suffix} file or a folder of them")
    found = sorted(file for file in path.rglob(f"*{suffix}") if file.is_file())
    if not found:
        raise BuildError(f"seeds.source.path: {path} holds no {suffix} file, but kind is {source.kind}: correct one")
    for file in found:
        relative = file.relative_to(path)
        yield file, relative.as_posix(), relative.with_suffix("").as_posix()


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Turns what reading a file can raise into a BuildError that names it."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise BuildError(f"seeds.source: {file} cannot be read: {error}. Fix it, or check seeds.source.kind") from error
