"""One reader for each kind of source: JSONL, parquet, a folder of text files, a dataset of the Hugging Face hub."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.seeds.v1.schema import Source
from pipelines.seeds.v1.sources import Raw, kind, row
from xlforge.base.errors import BuildError

_SUFFIX = {"jsonl": ".jsonl", "parquet": ".parquet", "text": ".txt"}
_BOM = b"\xef\xbb\xbf"


def files(source: Source) -> list[Path]:
    """The files of a source of kind jsonl, parquet or text, in order of name; BuildError if there are none."""
    path, suffix = Path(source.path or ""), _SUFFIX[source.kind]
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise BuildError(f"seeds.source.path: {path} is not there; give a {suffix} file or a folder of them")
    found = sorted(file for file in path.rglob(f"*{suffix}") if file.is_file())
    if not found:
        raise BuildError(
            f"seeds.source.path: {path} holds no {suffix} file, but kind is {source.kind}: mend kind or path"
        )
    return found


def jsonl(source: Source) -> Iterator[Raw]:
    """One passage a line; blank lines are none."""
    for file in files(source):
        name, stem = _names(file, source)
        with _reading(file), file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    yield _line(line.removeprefix(_BOM).rstrip(b"\r\n"), source, f"{stem}-{number:07d}", name)


def _line(line: bytes, source: Source, place: str, name: str) -> Raw:
    try:
        columns = _json(line)
    except (ValueError, RecursionError) as error:
        return Raw(place, name, None, line.decode("utf-8", "backslashreplace"), f"the line is no JSON: {error}"[:200])
    if not isinstance(columns, dict):
        return Raw(place, name, None, line.decode(), f"the line is {kind(columns)}, not an object")
    return row(columns, source, place, name)


def _json(line: bytes) -> Any:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return json.loads(line)  # slower; takes lone surrogates, which crawls do hold


def parquet(source: Source) -> Iterator[Raw]:
    """One passage a row. Every file's columns are checked before the first row is read."""
    found = files(source)
    for file in found:
        with _reading(file):
            _check_columns(pq.read_schema(file), source, file)
    for file in found:
        name, stem = _names(file, source)
        number = 0
        with _reading(file), pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as table:
            for batch in table.iter_batches(1000, columns=[column for column in (source.text, source.id) if column]):
                for columns in batch.to_pylist():
                    number += 1
                    yield row(columns, source, f"{stem}-{number:07d}", name)


def _check_columns(schema: pa.Schema, source: Source, file: Path) -> None:
    for key, column in (("text", source.text), ("id", source.id)):
        if column is not None and column not in schema.names:
            raise BuildError(f"seeds.source.{key}: {file} has no column {column!r}; it has {', '.join(schema.names)}")
    has = schema.field(source.text).type
    has = has.value_type if pa.types.is_dictionary(has) else has
    if not (pa.types.is_string(has) or pa.types.is_large_string(has) or pa.types.is_string_view(has)):
        raise BuildError(
            f"seeds.source.text: column {source.text!r} of {file} is {has}, but passages are text: name another"
        )


def texts(source: Source) -> Iterator[Raw]:
    """One passage a file, under the file's name as its id."""
    for file in files(source):
        name, stem = _names(file, source)
        with _reading(file):
            data = file.read_bytes().removeprefix(_BOM)
        try:
            yield Raw(stem, name, stem, data.decode())
        except UnicodeDecodeError as error:
            yield Raw(
                stem, name, stem, data.decode("utf-8", "backslashreplace"), f"the file is no UTF-8: {error}"[:200]
            )


def hub(source: Source) -> Iterator[Raw]:
    """One passage a row of a dataset, streamed: nothing but what is read is fetched."""
    import datasets  # slow to import, and only this kind needs it

    name = source.name or ""
    if not Path(name).exists() and not source.revision:
        raise BuildError(
            f"seeds.source.revision: {name} may change, and a build must be able to read it again: give a commit of it"
        )
    label = ":".join(part for part in (name, source.config, source.split) if part)
    try:
        stream = datasets.load_dataset(
            name, source.config, split=source.split, streaming=True, revision=source.revision
        )
        for number, columns in enumerate(stream, 1):
            yield row(columns, source, f"{label}-{number:07d}", label)
    except Exception as error:  # datasets and the hub's client raise dozens of kinds
        raise BuildError(
            f"seeds.source: the dataset {label} cannot be read: {type(error).__name__}: {error}. "
            "Check name, config, split and revision, and the way to the hub (HF_HUB_OFFLINE, HF_TOKEN, a proxy)"
        ) from error


READERS: dict[str, Callable[[Source], Iterator[Raw]]] = {"jsonl": jsonl, "parquet": parquet, "text": texts, "hub": hub}


def _names(file: Path, source: Source) -> tuple[str, str]:
    """What a file is called in rows, and in ids: from the named folder down, so that no machine's path gets into data."""
    root = Path(source.path or "")
    if not root.is_dir():
        return file.name, file.stem
    within = file.relative_to(root)
    return within.as_posix(), within.with_suffix("").as_posix()


@contextmanager
def _reading(file: Path) -> Iterator[None]:
    """Turns what reading a file can raise into a BuildError that names it."""
    try:
        yield
    except (OSError, pa.ArrowException) as error:
        raise BuildError(
            f"seeds.source: {file} cannot be read: {error}. Mend it, or check seeds.source.kind"
        ) from error
