"""The database behind the cache's URL: opens it, upgrades its tables, and retries while its server is away."""

import random
import re
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa

from xlforge.base.errors import BuildError
from xlforge.cache.tables import INSERT

NEWEST = "0005"
"""The newest migration."""

_BUSY = 120.0
_AT_OPENING, _LATER = 10.0, 120.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_TRANSIENT_STATES = ("08", "40", "53300", "57P")
_TRANSIENT = re.compile(
    "refused|starting up|shutting down|not yet accepting|recovery|closed|terminat|reset by peer|timeout|broken pipe",
    re.IGNORECASE,
)
"""In the messages of a server that is away: psycopg gives no SQLSTATE where it could not connect."""
_KEEPALIVE = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
_LOCK_NUMBER = 0x786C666F
_MIGRATING = Lock()

T = TypeVar("T")
Row = sa.Row[*tuple[Any, ...]]


class CacheError(BuildError):
    """The cache cannot be opened, read or written. The message gives the cause and the remedy."""


class Database:
    """A database with the tables of the newest version. Raises CacheError where it cannot be opened."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.dialect = self.engine.dialect.name
        self._patience = _AT_OPENING
        try:
            if self.do(_version) != NEWEST:
                with _MIGRATING:
                    self.do(self._migrate)
                self.engine.dispose()
        except CacheError as error:
            self.engine.dispose()
            raise CacheError(f"{error}. Or set XLFORGE_CACHE to another database URL") from error.__cause__
        self._patience = _LATER

    def __str__(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    def do(self, work: Callable[[sa.Connection], T], patience: float | None = None) -> T:
        """Runs `work` in one transaction, again and again while the server is away.

        `work` may run twice: where the acknowledgement of a commit was lost, the second run finds what the first one wrote.

        Args:
            work: what to do with the connection.
            patience: seconds until it gives up; two minutes by default.

        Raises:
            CacheError: the database fails.
        """
        until, wait = time.monotonic() + (self._patience if patience is None else patience), _FIRST_WAIT
        while True:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except sa.exc.SQLAlchemyError as error:
                if not self._is_transient(error) or time.monotonic() + wait > until:
                    # The database's own message, without the statement and its parameters.
                    cause = str(getattr(error, "orig", None) or error).strip()
                    raise CacheError(f"the cache {self} does not work: {cause}; fix this and run again") from error
            time.sleep(wait * random.uniform(0.5, 1))
            wait = min(2 * wait, _LONGEST_WAIT)

    def rows(self, query: sa.Executable, parameters: dict[str, Any] | None = None) -> Sequence[Row]:
        """All rows of a query."""
        return self.do(lambda connection: connection.execute(query, parameters).all())

    def clock(self, connection: sa.Connection) -> float:
        """Seconds since the epoch, by one clock that all users of the cache share."""
        if self.dialect == "postgresql":
            return float(connection.scalar(sa.select(sa.func.extract("epoch", sa.func.clock_timestamp()))) or 0)
        return time.time()

    def _is_transient(self, error: sa.exc.SQLAlchemyError) -> bool:
        """Whether the server is away for a while. SQLite does its own waiting."""
        if self.dialect != "postgresql" or not isinstance(error, sa.exc.DBAPIError):
            return False
        state = getattr(error.orig, "sqlstate", None)
        if state:
            return str(state).startswith(_TRANSIENT_STATES)
        return error.connection_invalidated or bool(_TRANSIENT.search(str(error.orig)))

    def _migrate(self, connection: sa.Connection) -> None:
        """Upgrades to the newest version. One process does it; the others wait for the lock and find it done."""
        if self.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = _version(connection)
        if found == NEWEST:
            return
        from xlforge.cache.migrations import known, upgrade  # only here: alembic takes long to import

        if found is not None and found not in known():
            raise CacheError(f"the cache {self} has version {found}; the newest known is {NEWEST}: use a newer xlforge")
        upgrade(connection, found)


def _version(connection: sa.Connection) -> str | None:
    """The migration that the tables are at, `0001` where they are older than alembic's own table; None without tables."""
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
    if "store_version" not in tables:
        return None
    first = connection.scalars(sa.text("SELECT version FROM store_version")).all()
    return "0001" if list(first) == [1] else ", ".join(map(str, first))


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise CacheError("XLFORGE_CACHE must be sqlite:///path or postgresql+psycopg://host/name") from error
    name = parsed.get_backend_name()
    if name not in INSERT:
        raise CacheError(f"the cache cannot use {name}: set XLFORGE_CACHE to a sqlite: or postgresql: URL")
    return _postgres(parsed) if name == "postgresql" else _sqlite(parsed)


def _postgres(url: sa.URL) -> sa.Engine:
    url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
    options = {name: value for name, value in _KEEPALIVE.items() if name not in url.query}
    try:
        return sa.create_engine(url, pool_pre_ping=True, connect_args=options)
    except ImportError as error:
        raise CacheError(f"a cache on Postgres needs a driver ({error}): pip install 'xlforge[postgres]'") from error


def _sqlite(url: sa.URL) -> sa.Engine:
    if url.database and url.database != ":memory:":
        try:
            Path(url.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(f"the cache's folder cannot be created: {error}; set XLFORGE_CACHE to another") from error
    engine = sa.create_engine(url, connect_args={"timeout": _BUSY})
    sa.event.listen(engine, "connect", _use_wal)
    return engine


def _use_wal(connection: Any, _record: Any) -> None:
    """Readers do not wait for the writer, and commits do not wait for the disk: only a power cut loses the last ones."""
    connection.execute("PRAGMA synchronous = NORMAL")
    until = time.monotonic() + _BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # Where several processes open a new file, SQLite refuses all but one at once, whatever the time-out.
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def chunks(values: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """Lists of at most `size` values."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk
