"""Which answers a stage's run needed, so that what no revision needs can be told.

A run is known by what it made: dvc.lock of every revision names the MD5 of each stage's rows.parquet. It holds the digests of all
requests whose answers it took, 32 bytes each, whether bought or found.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import sqlalchemy as sa

from xlforge.cache.database import Database
from xlforge.cache.tables import RUNS, insert

DIGEST = 32


@dataclass(frozen=True)
class Run:
    """run: its own key. stage: as dvc names it, `selection@de`. rows: MD5 of its rows.parquet. keys: digests of its requests."""

    run: str
    stage: str
    rows: str
    keys: frozenset[bytes]
    finished_at: float


def remember(database: Database, stage: str, rows: str, keys: Iterable[str]) -> None:
    """Note a run, or that it was made again."""
    digests = b"".join(sorted({bytes.fromhex(key) for key in keys}))
    run = hashlib.sha256(b"\0".join((stage.encode(), rows.encode(), digests))).hexdigest()

    def work(connection: sa.Connection) -> None:
        row = insert(database.dialect, RUNS).values(
            run=run, stage=stage, rows=rows, keys=digests, finished_at=database.clock(connection)
        )
        connection.execute(
            row.on_conflict_do_update(index_elements=["run"], set_={"finished_at": row.excluded.finished_at})
        )

    database.do(work)


def all_runs(connection: sa.Connection) -> Iterator[Run]:
    """Every run that is remembered."""
    for run, stage, rows, keys, finished_at in connection.execute(sa.select(RUNS).order_by(RUNS.c.run)):
        digests = frozenset(keys[start : start + DIGEST] for start in range(0, len(keys), DIGEST))
        yield Run(run, stage, rows, digests, finished_at)
