"""Claims: a build claims requests before it sends them, so that two builds on one cache never generate the same response.

A claim belongs to a client: one open cache in one process. A client that was killed blocks nobody. On its own machine other
clients see that its process is gone; elsewhere its claims expire when its heartbeat stops. Claims save money and do not protect
data: where one is lost, a response is generated twice and the cache keeps the first one.
"""

import os
import platform
import uuid
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import psutil
import sqlalchemy as sa

from xlforge.cache.database import CacheError, Database
from xlforge.cache.tables import CLAIMS, CLIENTS, INSERT

HEARTBEAT, EXPIRY = 10.0, 40.0
"""Seconds between two heartbeats, and from the last heartbeat until a client's claims expire."""


class Claims:
    """The requests that one open cache has claimed."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert = INSERT[database.dialect]
        self._client = "|".join((_machine(), str(os.getpid()), str(_started(os.getpid())), uuid.uuid4().hex[:8]))
        self._closed = Event()
        self._thread: Thread | None = None

    def take(self, keys: Iterable[str]) -> set[str]:
        """Claims what nobody else has; all claims that are held now."""
        rows = [{"key": key, "client": self._client} for key in sorted(keys)]
        self._database.do(self._register)
        if self._thread is None:
            self._thread = Thread(target=self._heartbeats, name="cache-claims", daemon=True)
            self._thread.start()
        self._database.do(self._remove_dead)

        def work(connection: sa.Connection) -> set[str]:
            if rows:
                connection.execute(self._insert(CLAIMS).on_conflict_do_nothing(), rows)
            return set(connection.scalars(sa.select(CLAIMS.c.key).where(CLAIMS.c.client == self._client)))

        return self._database.do(work)

    def release(self) -> None:
        """Gives up every claim. Where the database cannot be reached, the claims expire."""
        if self._thread is not None:
            with suppress(CacheError):
                self._database.do(lambda connection: _remove(connection, [self._client]), patience=1.0)

    def close(self) -> None:
        """Gives up every claim and ends the thread."""
        self.release()
        if self._thread is not None:
            self._closed.set()
            self._thread.join()
            self._thread = None

    def _heartbeats(self) -> None:
        while not self._closed.wait(HEARTBEAT):
            with suppress(CacheError):
                self._database.do(self._register, patience=1.0)

    def _register(self, connection: sa.Connection) -> None:
        until = self._database.clock(connection) + EXPIRY
        row = self._insert(CLIENTS).values(client=self._client, until=until)
        connection.execute(row.on_conflict_do_update(index_elements=["client"], set_={"until": until}))

    def _remove_dead(self, connection: sa.Connection) -> None:
        now = self._database.clock(connection)
        dead = [client for client, until in connection.execute(sa.select(CLIENTS)) if until < now or _is_gone(client)]
        if dead:
            _remove(connection, dead)


def _remove(connection: sa.Connection, clients: list[str]) -> None:
    connection.execute(sa.delete(CLAIMS).where(CLAIMS.c.client.in_(clients)))
    connection.execute(sa.delete(CLIENTS).where(CLIENTS.c.client.in_(clients)))


def _machine() -> str:
    """The same for all processes that see each other's process ids, and different elsewhere. Does not reveal the host name."""
    with suppress(OSError):
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        return f"{boot}-{Path('/proc/self/ns/pid').stat().st_ino}"
    return uuid.uuid5(uuid.NAMESPACE_DNS, platform.node()).hex


def _started(pid: int) -> int:
    return int(psutil.Process(pid).create_time())


def _is_gone(client: str) -> bool:
    """Whether a client was a process of this machine that has ended."""
    machine, pid, started, _ = client.split("|")
    if machine != _machine():
        return False
    with suppress(psutil.Error):
        return abs(_started(int(pid)) - int(started)) > 2
    return True
