"""One server as `.xlforge/engines` of the main checkout knows it.

`KEY.json` says where it runs, `KEY.log` holds what it said, `KEY.adapters` which adapters it was given. Two locks say the rest: `KEY.owner`
is held by the process that owns the server, for as long as it lives; `KEY.use` is shared by those who ask it, so that whoever
gets it alone may end the server and disturbs nobody. A client that is killed lets go of it in that moment.
"""

from __future__ import annotations

import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from xlforge.base.locks import Lock

LONGEST_END = 30.0
"""Seconds within which an owner that was told to end its server has done so."""


@dataclass(frozen=True)
class Running:
    """A server that was started. owner, server: process ids; since: the time of its start, in seconds since 1970; idle: seconds
    without use after which it ends."""

    model: str
    owner: int
    server: int
    port: int
    since: float
    idle: float

    @property
    def url(self) -> str:
        """Its base URL, on loopback."""
        return f"http://127.0.0.1:{self.port}/v1"


class Place:
    """What is known of one server, by its key."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.log = folder / f"{key}.log"
        self.adapters = folder / f"{key}.adapters"
        self._record = folder / f"{key}.json"
        self._owner = folder / f"{key}.owner"

    def owner(self) -> Lock:
        """Held by the process that owns the server."""
        return Lock(self._owner)

    def use(self, *, shared: bool) -> Lock:
        """Shared by those who ask the server; held alone by who ends it."""
        return Lock(self.folder / f"{self.key}.use", shared=shared)

    def running(self) -> Running | None:
        """The server, if it is owned; it may still be starting."""
        look = Lock(self._owner, shared=True)
        if look.take():
            look.release()
            return None
        try:
            return Running(**orjson.loads(self._record.read_bytes()))
        except (FileNotFoundError, orjson.JSONDecodeError):
            return None

    def write(self, running: Running) -> None:
        """Says where the server runs."""
        part = self._record.with_suffix(".part")
        part.write_bytes(orjson.dumps(asdict(running)))
        part.replace(self._record)

    def forget(self) -> None:
        """Of a server that has ended only its log is kept."""
        for path in (self._record, self.adapters):
            path.unlink(missing_ok=True)

    def ready(self) -> bool:
        """Whether it was found healthy after its start."""
        return self.adapters.exists()

    def loaded(self) -> dict[str, str]:
        """The digests of the adapters that it was given, by name."""
        return dict(orjson.loads(self.adapters.read_bytes())) if self.ready() else {}

    def end(self) -> None:
        """Has its owner end it, and returns when it has. Hold `use` alone, or disturb those who ask."""
        running, owner = self.running(), self.owner()
        if running is None:
            return
        os.kill(running.owner, signal.SIGTERM)
        if not owner.wait(LONGEST_END):
            for process in (running.owner, running.server):
                os.kill(process, signal.SIGKILL)
            owner.wait()
        self.forget()
        owner.release()

    def said(self, lines: int) -> list[str]:
        """The last lines of its log."""
        try:
            words = self.log.read_bytes()[-64_000:].decode("utf-8", "replace")
        except FileNotFoundError:
            return []
        return [line[:400] for line in words.splitlines() if line.strip()][-lines:]


def places(folder: Path) -> list[Place]:
    """All that have a record, running or not."""
    return [Place(folder, path.stem) for path in sorted(folder.glob("*.json"))]
