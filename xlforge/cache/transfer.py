"""Export and import of responses as parquet: one file, or a folder of shards that are named by the hash of their content.

A shard is never changed. An export adds what the folder lacks, so folders are merged by copying, two exports of the same responses
are the same bytes (with one version of pyarrow), and dvc stores and sends only what is new. An export holds no time stamps. An import
trusts nobody: every key must be the hash of its request, and every shard must have the hash in its name.
"""

import hashlib
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from xlforge.cache.cache import Cache, row
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.maintenance import Damage, read
from xlforge.requests.response import Response

SHARD = 50_000
"""Responses in one shard."""

_PAGE = 5000
_FIELDS = {
    "key": pa.string(),
    "request": pa.string(),
    "text": pa.binary(),
    "finish_reason": pa.string(),
    "tokens_in": pa.int32(),
    "tokens_out": pa.int32(),
    "logprob": pa.float64(),
    "served": pa.string(),
}
_SCHEMA = pa.schema([pa.field(name, kind, nullable=name in ("logprob", "served")) for name, kind in _FIELDS.items()])
_BEFORE_0005 = pa.schema([field for field in _SCHEMA if field.name != "served"])
_BEFORE_0004 = pa.schema([field.with_name("words") if field.name == "text" else field for field in _BEFORE_0005])
"""The columns of an export by an xlforge before this version of the cache."""
_HASH = re.compile(r"[0-9a-f]{64}")
_REMEDY = "name a file or a folder that `xlforge cache export` wrote"


@dataclass
class Imported:
    """Counts of responses. added: new here. known: cached here before. differing: known ones whose text differs; they stay."""

    added: int = 0
    known: int = 0
    differing: int = 0


def export(cache: Cache, target: Path, damaged: list[Damage] | None = None) -> int:
    """Writes responses to parquet.

    Args:
        cache: where they are read from.
        target: a file, where it ends in .parquet: it is replaced and holds every response. Or a folder of shards: it gains what it
            lacks.
        damaged: gains what is not whole.

    Returns:
        How many responses were written. Damaged ones are not.
    """
    if target.suffix == ".parquet":
        target.parent.mkdir(parents=True, exist_ok=True)
        return _write(target.parent, _rows(cache, frozenset(), damaged), lambda _: target.name)
    target.mkdir(parents=True, exist_ok=True)
    shards = [_open(path).read(columns=["key"])["key"] for path in target.glob("*.parquet")]
    held = frozenset(key for shard in shards for key in shard.to_pylist())
    count, rows = 0, _rows(cache, held, damaged)
    while written := _write(target, islice(rows, SHARD), lambda digest: f"{digest}.parquet"):
        count += written
    return count


def import_(cache: Cache, source: Path) -> Imported:
    """Adds the responses of an exported file, or of every shard of a folder.

    Raises:
        CacheError: at the first row that is invalid; the rows before it stay.
    """
    found = Imported()
    paths = sorted(source.glob("*.parquet")) if source.is_dir() else [source]
    if not paths:
        raise CacheError(f"{source} holds no *.parquet: {_REMEDY}")
    for path in paths:
        if _HASH.fullmatch(path.stem) and _hash(path) != path.stem:
            raise CacheError(f"{path} is damaged: its content does not have the hash in its name; fetch it again")
        for batch in _open(path).iter_batches(_PAGE):
            _add(cache, path, batch.rename_columns(_SCHEMA.names[: batch.num_columns]), found)
    return found


def _add(cache: Cache, path: Path, batch: pa.RecordBatch, found: Imported) -> None:
    try:
        new = {each["key"]: _row(**each) for each in batch.to_pylist()}
    except (TypeError, KeyError, ValueError) as error:
        raise CacheError(f"{path} holds an invalid response ({error}): {_REMEDY}") from None
    held = cache.get_many(new)
    for key, response in held.items():
        found.differing += response.text.encode("utf-8", "surrogatepass") != new[key]["text"]
    cache.insert_rows(new[key] for key in new.keys() - held.keys())
    found.added += len(new) - len(held)
    found.known += len(held)


def _row(key: str, request: str, text: bytes, **rest: Any) -> dict[str, Any]:
    """A row of the cache's table, from a row of a file that anybody may have written. Raises ValueError and the like."""
    if hashlib.sha256(request.encode()).hexdigest() != key:
        raise ValueError(f"{key} is not the hash of its request")
    content = orjson.loads(request)
    response = Response(text.decode("utf-8", "surrogatepass"), **rest)
    return row(key, content["model"], content["revision"], request.encode(), response)


def _rows(cache: Cache, held: frozenset[str], damaged: list[Damage] | None) -> Iterator[dict[str, Any]]:
    """The cache's responses in the order of their keys, without those that are held."""
    for each in read(cache):
        if isinstance(each, Damage):
            (damaged if damaged is not None else []).append(each)
        elif each.key not in held:
            values = {name: getattr(each, name) for name in _FIELDS}
            yield values | {"request": zlib.decompress(each.request).decode()}


def _write(folder: Path, rows: Iterable[dict[str, Any]], name: Callable[[str], str]) -> int:
    """Writes rows to a file in a folder, whole or not at all; how many. name: makes the file's name from its SHA-256."""
    count = 0
    with tempfile.TemporaryDirectory(prefix=".part-", dir=folder) as temporary:
        part = Path(temporary, "shard")
        with pq.ParquetWriter(part, _SCHEMA, compression="zstd", use_dictionary=False, write_statistics=False) as file:
            for chunk in chunks(rows, _PAGE):
                file.write_batch(pa.RecordBatch.from_pylist(chunk, schema=_SCHEMA))
                count += len(chunk)
        if count:
            part.replace(folder / name(_hash(part)))
    return count


def _open(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise CacheError(f"{path} cannot be read: {error}; {_REMEDY}") from None
    if file.schema_arrow not in (_SCHEMA, _BEFORE_0005, _BEFORE_0004):
        raise CacheError(f"{path} has other columns than an export: {_REMEDY}")
    return file


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
