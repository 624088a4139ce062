"""A server for as long as it is used: the one that runs, or a new one, for which others are ended where they do not fit together.

One start at a time on a machine, and a server that makes room is ended only when no build uses it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx2

from xlforge.base.locks import Lock
from xlforge.base.project import state
from xlforge.base.redact import redactor, secret_values
from xlforge.config.execution import Servers
from xlforge.models.engine import EngineError
from xlforge.models.vllm.server_files import Running, ServerFiles, all_servers
from xlforge.models.vllm.server_spec import ServerSpec

_POLL, _REPORT = 0.2, 5.0
_LAST, _SEARCHED, _CAUSES = 15, 500, 3
"""Lines of a log in a message: the last ones, and of those before them the last that name an error."""
_NOTICED = 3.0
"""Seconds until a supervisor has noticed that its server is gone."""


def folder() -> Path:
    """`.xlforge/engines` of the main checkout."""
    engines = state() / "engines"
    engines.mkdir(exist_ok=True)
    return engines


@contextmanager
def running_server(spec: ServerSpec, servers: Servers) -> Iterator[Running]:
    """A server that is ready for a model and its adapter, and does not end meanwhile. Raises EngineError where there can be none."""
    files = ServerFiles(folder(), spec.key)
    with files.use(shared=True) as use:
        running = files.running()
        if running is None or not _serves(running, spec):
            use.release()  # a process that starts servers may be waiting for it
            running = _prepare(files, spec, servers, use)
        yield running


def failure(spec: ServerSpec) -> str | None:
    """The error message for a server that is gone; None for one that lives, however slow."""
    files = ServerFiles(folder(), spec.key)
    until = time.monotonic() + _NOTICED
    while (running := files.running()) and not _healthy(running):
        if time.monotonic() > until:
            return None
        time.sleep(_POLL)
    return None if running else _failed(files, spec, "has ended")


def _serves(running: Running, spec: ServerSpec) -> bool:
    return running.ready and (spec.adapter is None or running.adapters.get(spec.adapter.name) == spec.adapter.digest)


def _prepare(files: ServerFiles, spec: ServerSpec, servers: Servers, use: Lock) -> Running:
    """Gets the server ready, alone on this machine, and takes `use`."""
    start = Lock(folder() / "lock")
    start.wait(busy=_reporter(f"{spec.model}: waiting for another start of a server"))
    with start:
        _make_room(files, spec, servers)
        use.wait()
        if files.running() is None:
            _start(files, spec, servers)
        return _load_adapter(files, spec, _until_ready(files, spec, servers))


def _make_room(files: ServerFiles, spec: ServerSpec, servers: Servers) -> None:
    """Ends the servers that do not fit; also this one where an adapter has changed, since it caches what the old one computed."""
    for other, running in all_servers(files.folder):
        stays = servers.together
        if other.key == files.key:
            adapter = spec.adapter
            stays = adapter is None or running.adapters.get(adapter.name, adapter.digest) == adapter.digest
        if stays:
            continue
        use = other.use(shared=False)
        use.wait(busy=_reporter(f"{spec.model}: waiting until {running.model} is no longer in use"))
        print(f"{running.model}: its server is ended to make room for {spec.model}", file=sys.stderr, flush=True)
        other.end()
        use.release()


def _start(files: ServerFiles, spec: ServerSpec, servers: Servers) -> None:
    """Starts the supervisor of a new server."""
    files.remove()
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("XLFORGE_", "HF_DATASETS_"))}
    supervisor = [sys.executable, "-m", "xlforge.models.vllm.supervisor"]
    with files.log.open("wb") as log:
        process = subprocess.Popen(
            [*supervisor, str(files.folder), files.key, spec.model, str(servers.idle), *spec.command],
            env=inherited | spec.environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    while files.running() is None:
        if process.poll() is not None:
            raise EngineError(_failed(files, spec, "did not start"))
        time.sleep(_POLL)


def _until_ready(files: ServerFiles, spec: ServerSpec, servers: Servers) -> Running:
    """Waits for a server that was just started, by this process or by one that was killed meanwhile."""
    begun, report = time.monotonic(), _reporter(f"{spec.model}: its server is starting", files)
    while True:
        running = files.running()
        if running is None:
            raise EngineError(_failed(files, spec, "did not start"))
        if running.ready:
            return running
        if _healthy(running):
            seconds = time.monotonic() - begun
            print(f"{spec.model}: its server is ready after {seconds:.0f} s", file=sys.stderr, flush=True)
            return files.update(running, adapters={})
        if time.monotonic() - begun > servers.start:
            message = _failed(files, spec, f"was not ready after {servers.start:.0f} s")
            files.end()
            raise EngineError(message)
        report()
        time.sleep(_POLL)


def _healthy(running: Running) -> bool:
    try:
        return httpx2.get(f"{running.url.removesuffix('/v1')}/health", timeout=5, trust_env=False).is_success
    except httpx2.HTTPError:
        return False


def _load_adapter(files: ServerFiles, spec: ServerSpec, running: Running) -> Running:
    adapter = spec.adapter
    if adapter is None or adapter.name in running.adapters:
        return running
    wanted = {"lora_name": adapter.name, "lora_path": str(adapter.folder)}
    try:
        reply = httpx2.post(f"{running.url}/load_lora_adapter", json=wanted, timeout=120, trust_env=False)
    except httpx2.HTTPError:
        raise EngineError(failure(spec) or f"the connection to the server of {spec.model} is lost: run again") from None
    if reply.is_success:
        return files.update(running, adapters=running.adapters | {adapter.name: adapter.digest})
    message = f"HTTP {reply.status_code}, {' '.join(reply.text.split())[:300]}"
    raise EngineError(f"the server of {spec.model} does not take the adapter {adapter.name}: {message}")


def _failed(files: ServerFiles, spec: ServerSpec, what: str) -> str:
    """The message for a server that failed, with the last lines of its log."""
    lines = files.last_lines(_LAST)
    lines = [line for line in files.last_lines(_SEARCHED) if "Error:" in line and line not in lines][-_CAUSES:] + lines
    redact = redactor(secret_values({**os.environ, **spec.environment}))
    log = "\n".join(f"  | {redact(line)}" for line in lines) or "  (no output)"
    return (
        f"the server of {spec.model} {what}; the last lines of {files.log}:\n{log}\n"
        "see `execution.servers` in params.yaml (XLFORGE_SERVERS_COMMAND, XLFORGE_SERVERS_ARGUMENTS), or set "
        "XLFORGE_ENDPOINT to a server that runs"
    )


def _reporter(what: str, files: ServerFiles | None = None) -> Callable[[], None]:
    """A function that reports what is waited for, at most every five seconds, and the last line of a server's log."""
    begun = time.monotonic()
    reported = begun - _REPORT

    def report() -> None:
        nonlocal reported
        now = time.monotonic()
        if now - reported >= _REPORT:
            reported = now
            last = "".join(f": {line[:100]}" for line in (files.last_lines(1) if files else []))
            print(f"{what}, {now - begun:.0f} s{last}", file=sys.stderr, flush=True)

    return report
