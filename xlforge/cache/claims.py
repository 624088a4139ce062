"""What is being bought: a build claims requests before it asks for them, so that two builds on one store never buy the same.

Claims belong to a buyer, one store that is open in one process. A buyer that is killed holds up nobody: on its own machine it is
seen to be gone, elsewhere its claims lapse when it has not been heard of for a while. Claims save money and guard no
data: where one is lost, an answer is bought twice and the first one is kept.
"""

from __future__ import annotations

import os
import platform
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import sqlalchemy as sa

from xlforge.cache.database import Database
from xlforge.cache.tables import BUYERS, CLAIMS, insert

BEAT, LAPSE = 10.0, 40.0
"""Seconds between two signs of life, and without one until a buyer's claims are anybody's."""


class Claims:
    """The requests that one open store has claimed. May raise SQLAlchemyError."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._name = "|".join((_machine(), str(os.getpid()), str(_started(os.getpid())), uuid.uuid4().hex[:8]))
        self._over = Event()
        self._alive: Thread | None = None

    def take(self, keys: Iterable[str]) -> set[str]:
        """Claim what nobody else has; the claims held now."""
        rows = [{"key": key, "buyer": self._name} for key in sorted(keys)]
        self._database.do(self._sign)
        if self._alive is None:
            self._alive = Thread(target=self._beat, name="store-claims", daemon=True)
            self._alive.start()
        self._database.do(self._bury)
        claim = insert(self._database.dialect, CLAIMS).on_conflict_do_nothing()

        def work(connection: sa.Connection) -> set[str]:
            if rows:
                connection.execute(claim, rows)
            return set(connection.scalars(sa.select(CLAIMS.c.key).where(CLAIMS.c.buyer == self._name)))

        return self._database.do(work)

    def release(self) -> None:
        """Give up every claim; one that cannot be given up lapses."""
        if self._alive is not None:
            with suppress(sa.exc.SQLAlchemyError):
                self._database.do(lambda connection: self._forget(connection, [self._name]), patience=1.0)

    def close(self) -> None:
        """Release, and end the thread."""
        self.release()
        if self._alive is not None:
            self._over.set()
            self._alive.join()
            self._alive = None

    def _beat(self) -> None:
        while not self._over.wait(BEAT):
            with suppress(sa.exc.SQLAlchemyError):
                self._database.do(self._sign, patience=1.0)

    def _sign(self, connection: sa.Connection) -> None:
        row = insert(self._database.dialect, BUYERS).values(
            buyer=self._name, until=self._database.clock(connection) + LAPSE
        )
        connection.execute(row.on_conflict_do_update(index_elements=["buyer"], set_={"until": row.excluded.until}))

    def _bury(self, connection: sa.Connection) -> None:
        """Give up the claims of buyers that are gone."""
        now = self._database.clock(connection)
        gone = [name for name, until in connection.execute(sa.select(BUYERS)) if until < now or _gone(name)]
        if gone:
            self._forget(connection, gone)

    @staticmethod
    def _forget(connection: sa.Connection, names: list[str]) -> None:
        connection.execute(sa.delete(CLAIMS).where(CLAIMS.c.buyer.in_(names)))
        connection.execute(sa.delete(BUYERS).where(BUYERS.c.buyer.in_(names)))


def _machine() -> str:
    """What all processes that see each other have in common, and no others; not the machine's name."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    except OSError:
        return uuid.uuid5(uuid.NAMESPACE_DNS, platform.node()).hex


def _started(pid: int) -> int:
    return int(psutil.Process(pid).create_time())


def _gone(name: str) -> bool:
    """Whether a buyer was a process of this machine that is no more."""
    machine, pid, started, _ = name.split("|")
    if machine != _machine():
        return False
    try:
        return abs(_started(int(pid)) - int(started)) > 2
    except psutil.Error:
        return True
