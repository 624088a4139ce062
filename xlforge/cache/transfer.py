"""Answers carried from store to store, as parquet: in one file, or in a folder of shards that are named by their content.

A folder only ever gains shards: an export adds what the folder lacks, so that folders are merged by copying, two exports of the same
answers are the same bytes (with one version of pyarrow), and dvc stores and sends only what is new. No clock is in them. What
is imported may come from anybody: every key must be the hash of its request, every shard must have the hash it is named by.
"""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import sqlalchemy as sa

from xlforge.cache.cache import Cache, storable
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.tables import ANSWERS, insert
from xlforge.requests.response import Response

SHARD = 50_000
"""Answers in one shard."""

_PAGE = 5000
_SCHEMA = pa.schema(
    [
        pa.field("key", pa.string(), nullable=False),
        pa.field("request", pa.string(), nullable=False),
        pa.field("words", pa.binary(), nullable=False),
        pa.field("finish_reason", pa.string(), nullable=False),
        pa.field("tokens_in", pa.int32(), nullable=False),
        pa.field("tokens_out", pa.int32(), nullable=False),
        pa.field("logprob", pa.float64()),
    ]
)
_HASH = re.compile(r"[0-9a-f]{64}")


@dataclass
class Imported:
    """added: answers the store had not. known: those it had. differing: of these, those with other words, which stay as they were."""

    added: int = 0
    known: int = 0
    differing: int = 0


def export(store: Cache, target: Path) -> int:
    """Write what the store holds and `target` lacks: a file where it ends in .parquet, else a folder of shards; how many answers.

    A file is replaced, and holds config.
    """
    if target.suffix == ".parquet":
        target.parent.mkdir(parents=True, exist_ok=True)
        return _write(target.parent, _rows(store, frozenset()), lambda _: target.name)
    target.mkdir(parents=True, exist_ok=True)
    held = frozenset(
        key for path in _shards(target) for key in _open(path).read(columns=["key"]).column("key").to_pylist()
    )
    count, rows = 0, _rows(store, held)
    while written := _write(target, _up_to(rows, SHARD), lambda digest: f"{digest}.parquet"):
        count += written
    return count


def import_(store: Cache, source: Path) -> Imported:
    """Take in a file or every shard of a folder. Raises CacheError at the first row that cannot be right; rows before it stay."""
    found = Imported()
    paths = _shards(source) if source.is_dir() else [source]
    if not paths:
        raise CacheError(f"{source} holds no *.parquet: name a file or a folder that `xlforge cache export` wrote")
    for path in paths:
        if _HASH.fullmatch(path.stem) and _hash(path) != path.stem:
            raise CacheError(f"{path} is damaged: its content does not have the hash in its name; fetch it again")
        for rows in _open(path).iter_batches(_PAGE):
            _take(store, path, rows.to_pylist(), found)
    return found


def _take(store: Cache, path: Path, rows: list[dict[str, object]], found: Imported) -> None:
    made = {str(row["key"]): _record(path, row) for row in rows}
    held = store.get_many(made)
    for key, answer in held.items():
        found.differing += answer.text.encode("utf-8", "surrogatepass") != made[key]["words"]
    new = [made[key] for key in sorted(made.keys() - held.keys())]
    command = insert(store.database.dialect, ANSWERS).on_conflict_do_nothing()

    def work(connection: sa.Connection) -> None:
        now = store.database.clock(connection)
        if new:
            connection.execute(command, [row | {"bought_at": now} for row in new])

    store.database.do(work)
    found.added += len(new)
    found.known += len(held)


def _record(path: Path, row: dict[str, object]) -> dict[str, object]:
    """A row of `answers`, from one that may be anybody's."""
    key, asked = row["key"], row["request"]
    if not isinstance(asked, str) or hashlib.sha256(asked.encode()).hexdigest() != key:
        raise CacheError(
            f"{path}: {key} is not the hash of its request; the file was not written by `xlforge cache export`"
        )
    try:
        request = orjson.loads(asked)
        words = bytes(row["words"])  # type: ignore[call-overload]
        answer = storable(
            Response(
                words.decode("utf-8", "surrogatepass"),
                row["finish_reason"],  # type: ignore[arg-type]
                row["tokens_in"],  # type: ignore[arg-type]
                row["tokens_out"],  # type: ignore[arg-type]
                row["logprob"],  # type: ignore[arg-type]
            )
        )
        return {
            "key": key,
            "model": request["model"],
            "revision": request["revision"],
            "request": zlib.compress(asked.encode(), 1),
            "words": words,
            "finish_reason": answer.finish_reason,
            "tokens_in": answer.tokens_in,
            "tokens_out": answer.tokens_out,
            "logprob": answer.logprob,
        }
    except (TypeError, KeyError, ValueError) as error:
        raise CacheError(
            f"{path}: {key} is no answer ({error}); the file was not written by `xlforge cache export`"
        ) from None


def _rows(store: Cache, but: frozenset[str]) -> Iterator[dict[str, object]]:
    """The store's answers by key, without some."""
    columns = [ANSWERS.c[name] for name in _SCHEMA.names]
    last = ""
    while True:
        query = sa.select(*columns).where(ANSWERS.c.key > last).order_by(ANSWERS.c.key).limit(_PAGE)
        page = store.database.rows(query)
        if not page:
            return
        last = page[-1].key
        for row in page:
            if row.key not in but:
                yield row._asdict() | {"request": zlib.decompress(row.request).decode()}


def _up_to(rows: Iterator[dict[str, object]], most: int) -> Iterator[dict[str, object]]:
    for _, row in zip(range(most), rows, strict=False):
        yield row


def _write(folder: Path, rows: Iterable[dict[str, object]], name: Callable[[str], str]) -> int:
    """Write rows into a folder, whole or not at all, under what `name` says of the file's SHA-256; how many there were."""
    count = 0
    handle, part = tempfile.mkstemp(prefix=".part-", dir=folder)
    os.close(handle)
    try:
        with pq.ParquetWriter(
            part, _SCHEMA, compression="zstd", use_dictionary=False, write_statistics=False
        ) as writer:
            for chunk in chunks(rows, _PAGE):
                writer.write_batch(pa.RecordBatch.from_pylist(chunk, schema=_SCHEMA))
                count += len(chunk)
        Path(part).chmod(0o644)
        if count:
            Path(part).replace(folder / name(_hash(Path(part))))
    finally:
        Path(part).unlink(missing_ok=True)
    return count


def _shards(folder: Path) -> list[Path]:
    return sorted(folder.glob("*.parquet"))


def _open(path: Path) -> pq.ParquetFile:
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise CacheError(f"{path} cannot be read: {error}; name a file that `xlforge cache export` wrote") from None
    if not file.schema_arrow.equals(_SCHEMA):
        raise CacheError(f"{path} has other columns than an export: name a file that `xlforge cache export` wrote")
    return file


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
