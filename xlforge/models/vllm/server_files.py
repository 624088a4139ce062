"""One server's state in `.xlforge/engines` of the main checkout.

`KEY.json` is its record and `KEY.log` its output. The process that owns the server holds `KEY.owner` as long as it lives. Clients share
`KEY.use`, so whoever holds it alone may end the server without disturbing anyone. The kernel releases both when a process ends.
"""

import os
import signal
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import orjson

from xlforge.base.files import write_json
from xlforge.base.locks import Lock

_LONGEST_END = 30.0
_TAIL = 64_000


@dataclass(frozen=True)
class Running:
    """A server that was started.

    Args:
        model: as params.yaml names it.
        owner: process id of its supervisor.
        server: process id.
        port: on loopback.
        since: seconds since 1970.
        idle: seconds without use after which it ends.
        ready: whether it was healthy.
        adapters: digests of those that it has loaded, by name.
    """

    model: str
    owner: int
    server: int
    port: int
    since: float
    idle: float
    ready: bool = False
    adapters: dict[str, str] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Its base URL."""
        return f"http://127.0.0.1:{self.port}/v1"


class ServerFiles:
    """The files of one server, by its key."""

    def __init__(self, folder: Path, key: str) -> None:
        self.folder, self.key = folder, key
        self.log = folder / f"{key}.log"
        self._record = folder / f"{key}.json"

    def owner(self, *, shared: bool = False) -> Lock:
        """Held by the process that owns the server."""
        return Lock(self.folder / f"{self.key}.owner", shared=shared)

    def use(self, *, shared: bool) -> Lock:
        """Shared by clients; held alone by the process that ends the server."""
        return Lock(self.folder / f"{self.key}.use", shared=shared)

    def running(self) -> Running | None:
        """The server, if it has an owner; it may still be starting."""
        probe = self.owner(shared=True)
        if probe.take():
            probe.release()
            return None
        with suppress(FileNotFoundError):
            return Running(**orjson.loads(self._record.read_bytes()))
        return None

    def write(self, running: Running) -> None:
        """Writes the record."""
        write_json(asdict(running), self._record)

    def update(self, running: Running, adapters: dict[str, str]) -> Running:
        """Records that the server is ready, with these adapters."""
        changed = replace(running, ready=True, adapters=adapters)
        self.write(changed)
        return changed

    def remove(self) -> None:
        """Removes the record; the log stays."""
        self._record.unlink(missing_ok=True)

    def end(self) -> None:
        """Ends the server, and returns when it has ended. Hold `use` alone, or clients are disturbed."""
        running, owner = self.running(), self.owner()
        if running is None:
            return
        _kill(running.owner, signal.SIGTERM)
        if not owner.wait(_LONGEST_END):
            _kill(running.owner, signal.SIGKILL)
            _kill(running.server, signal.SIGKILL)
            owner.wait()
        self.remove()
        owner.release()

    def last_lines(self, count: int) -> list[str]:
        """The last lines of the log."""
        text = self.log.read_bytes()[-_TAIL:].decode("utf-8", "replace") if self.log.exists() else ""
        return [line[:400] for line in text.splitlines() if line.strip()][-count:]


def all_servers(folder: Path) -> list[tuple[ServerFiles, Running]]:
    """Those that run, with their files."""
    files = [ServerFiles(folder, path.stem) for path in sorted(folder.glob("*.json"))]
    return [(each, running) for each in files if (running := each.running())]


def _kill(process: int, number: signal.Signals) -> None:
    """Sends a signal to a process that may have ended by itself."""
    with suppress(ProcessLookupError):
        os.kill(process, number)
