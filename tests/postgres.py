"""A Postgres of the tests' own: on loopback, in a temporary folder, of a user who is not root, gone when it is left.

with Postgres() as server:
    Store(server.database())           # a store of its own
    server.restart()
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from pathlib import Path
from typing import Any

import sqlalchemy as sa

_USERS = ("postgres", "nobody")


class Absent(Exception):
    """There is no Postgres here, or no way to run it."""


def binaries() -> Path:
    """The folder of `initdb` and `postgres`."""
    found = shutil.which("initdb")
    places = [*([Path(found).resolve().parent] if found else []), *sorted(Path("/usr/lib/postgresql").glob("*/bin"))]
    for place in places:
        if (place / "initdb").exists() and (place / "postgres").exists():
            return place
    raise Absent("no Postgres server is installed: apt-get install postgresql")


class Postgres:
    """The server. Raises Absent where it cannot be had."""

    def __init__(self) -> None:
        self.bin = binaries()
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Postgres:
        self.folder = Path(tempfile.mkdtemp(prefix="xlforge-postgres-"))
        self.owner = _owner(self.folder)
        data = str(self.folder / "data")
        self._run("initdb", "-D", data, "-A", "trust", "-U", "xlforge", "-E", "UTF8", "--no-sync")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGQUIT)
        shutil.rmtree(self.folder, ignore_errors=True)

    def start(self) -> None:
        """Start it and wait until it answers."""
        options = {
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": "",
            "fsync": "off",
            "port": str(self.port),
        }
        words = [word for name, value in options.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                [self.bin / "postgres", "-D", self.folder / "data", *words], stdout=log, stderr=log, **self.owner
            )
        end = time.monotonic() + 60
        while True:
            try:
                with sa.create_engine(self.url("postgres")).connect():
                    return
            except sa.exc.OperationalError:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise Absent((self.folder / "log").read_text()[-500:]) from None
                time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """End it: SIGINT cuts its connections first, SIGQUIT is a crash."""
        if self.process is not None:
            self.process.send_signal(how)
            self.process.wait(60)
            self.process = None

    def restart(self, how: signal.Signals = signal.SIGINT, away: float = 1.0) -> None:
        """Away for so many seconds."""
        self.stop(how)
        time.sleep(away)
        self.start()

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://xlforge@127.0.0.1:{self.port}/{database}"

    def database(self) -> str:
        """The URL of a place that is empty: a schema of its own, which is made a hundred times faster than a database."""
        name = f"store_{uuid.uuid4().hex[:12]}"
        engine = sa.create_engine(self.url("postgres"), isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {name}")
        engine.dispose()
        return self.url("postgres") + f"?options=-csearch_path%3D{name}"

    def _run(self, name: str, *words: str) -> None:
        done = subprocess.run([self.bin / name, *words], capture_output=True, text=True, check=False, **self.owner)
        if done.returncode:
            raise Absent(f"{name}: {done.stderr[-500:]}")


def _owner(folder: Path) -> dict[str, Any]:
    """Whom the server runs as, for subprocess: Postgres refuses root."""
    if os.geteuid() != 0:
        return {"cwd": folder}
    for name in _USERS:
        try:
            user = pwd.getpwnam(name)
        except KeyError:
            continue
        os.chown(folder, user.pw_uid, user.pw_gid)
        return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": [], "cwd": folder}
    raise Absent(f"Postgres does not run as root, and there is no user {' or '.join(_USERS)}")
