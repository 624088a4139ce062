"""A server for as long as it is asked: the one that runs, or a new one, with room made for it first.

One start at a time on a machine, and where servers do not fit `together` the others are ended before, each when nobody asks it any more.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import orjson

from xlforge.base.locks import Lock
from xlforge.base.project import state
from xlforge.config.execution import Servers
from xlforge.models.engine import EngineError
from xlforge.models.vllm.place import Place, Running, places
from xlforge.models.vllm.plan import Plan

_LOOK_EVERY, _SAY_EVERY = 0.2, 5.0
_LINES, _FAR, _CAUSES = 15, 500, 3
"""Lines of a log that are shown: its last, and of so many before them the last that name an error."""
_NOTICED = 3.0
"""Seconds within which a server's owner has seen that it is gone."""
_SECRET = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def engines() -> Path:
    """Where servers are written down: `.xlforge/engines` of the main checkout."""
    folder = state() / "engines"
    folder.mkdir(exist_ok=True)
    return folder


@contextmanager
def leased(plan: Plan, servers: Servers) -> Iterator[Running]:
    """A server that is ready for a plan's model and adapter; it does not end meanwhile. Raises EngineError where it cannot be had."""
    place = Place(engines(), plan.key)
    use = place.use(shared=True)
    use.wait()
    try:
        running = place.running()
        if running is None or not _serves(place, plan):
            use.release()  # whoever starts servers may be waiting for it
            with _alone(plan):
                _make_room(place, plan, servers)
                use.wait()
                running = place.running() or _started(place, plan, servers)
                _until_healthy(place, plan, servers)
                _load_adapter(place, plan, running)
        yield running
    finally:
        use.release()


def trouble(plan: Plan) -> str | None:
    """What became of a plan's server, if it is gone: its last words, and the remedy. None for one that lives, however slow."""
    place = Place(engines(), plan.key)
    until = time.monotonic() + _NOTICED
    while (running := place.running()) and not _healthy(running):
        if time.monotonic() > until:
            return None
        time.sleep(_LOOK_EVERY)
    return None if running else _told(place, plan, "has ended")


def _serves(place: Place, plan: Plan) -> bool:
    if not place.ready():
        return False
    return plan.adapter is None or place.loaded().get(plan.adapter.name) == plan.adapter.digest


@contextmanager
def _alone(plan: Plan) -> Iterator[None]:
    lock, waiting = Lock(engines() / "lock"), _Waiting(f"{plan.model}: waiting for another start of a server")
    lock.wait(busy=waiting.say)
    try:
        yield
    finally:
        lock.release()


def _make_room(place: Place, plan: Plan, servers: Servers) -> None:
    """Ends what must go before this server: the others where they do not fit beside it, and itself where an adapter that it was
    given has changed, since what it has computed with the old one would be served on."""
    stale = plan.adapter and place.loaded().get(plan.adapter.name, plan.adapter.digest) != plan.adapter.digest
    for other in places(engines()):
        running = other.running()
        if running is None or (other.key == place.key and not stale) or (other.key != place.key and servers.together):
            continue
        use = other.use(shared=False)
        use.wait(busy=_Waiting(f"{plan.model}: waiting until {running.model} is no longer asked").say)
        print(f"{running.model}: its server is ended to make room for {plan.model}", file=sys.stderr, flush=True)
        other.end()
        use.release()


def _started(place: Place, plan: Plan, servers: Servers) -> Running:
    """A new server, which may not answer yet."""
    place.forget()
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("XLFORGE_", "HF_DATASETS_"))}
    owner = [sys.executable, "-m", "xlforge.models.vllm.watch"]
    with place.log.open("wb") as log:
        process = subprocess.Popen(
            [*owner, str(place.folder), place.key, plan.model, str(servers.idle), *plan.command],
            env=kept | plan.environment, start_new_session=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    while (running := place.running()) is None:
        if process.poll() is not None:
            raise EngineError(_told(place, plan, "did not start"))
        time.sleep(_LOOK_EVERY)
    return running


def _until_healthy(place: Place, plan: Plan, servers: Servers) -> None:
    """Waits for a server that has just been started, by us or by one who was killed meanwhile."""
    begun, waiting = time.monotonic(), _Waiting(f"{plan.model}: its server is starting", place)
    while not place.ready():
        running = place.running()
        if running is None:
            raise EngineError(_told(place, plan, "did not start"))
        if time.monotonic() - begun > servers.start:
            told = _told(place, plan, f"was not ready within {servers.start:.0f} s")
            place.end()
            raise EngineError(told)
        if _healthy(running):
            place.adapters.write_bytes(b"{}")
            waiting.done(f"{plan.model}: its server is ready")
        else:
            waiting.say()
            time.sleep(_LOOK_EVERY)


def _healthy(running: Running) -> bool:
    try:
        with _DIRECT.open(running.url.removesuffix("/v1") + "/health", timeout=5) as reply:
            return bool(reply.status == 200)
    except OSError:
        return False


def _load_adapter(place: Place, plan: Plan, running: Running) -> None:
    adapter = plan.adapter
    if adapter is None or adapter.name in place.loaded():
        return
    body = orjson.dumps({"lora_name": adapter.name, "lora_path": str(adapter.folder)})
    request = urllib.request.Request(
        f"{running.url}/load_lora_adapter", data=body, headers={"Content-Type": "application/json"}
    )
    try:
        with _DIRECT.open(request, timeout=120):
            place.adapters.write_bytes(orjson.dumps(place.loaded() | {adapter.name: adapter.digest}))
    except urllib.error.HTTPError as error:
        words = " ".join(error.read(2000).decode("utf-8", "replace").split())[:300]
        raise EngineError(
            f"the server of {plan.model} does not take the adapter {adapter.name}: HTTP {error.code}, {words}"
        ) from None
    except OSError:
        raise EngineError(trouble(plan) or f"the server of {plan.model} is lost: run again") from None


def _told(place: Place, plan: Plan, what: str) -> str:
    lines = place.said(_LINES)
    lines = [line for line in place.said(_FAR) if "Error:" in line and line not in lines][-_CAUSES:] + lines
    for name, value in {**os.environ, **plan.environment}.items():
        if len(value) > 5 and any(word in name.upper() for word in _SECRET):
            lines = [line.replace(value, "…") for line in lines]
    said = "\n".join(f"  | {line}" for line in lines) or "  (it said nothing)"
    return (
        f"the server of {plan.model} {what}; its last lines, of {place.log}:\n{said}\n"
        "see `execution.servers` in params.yaml (XLFORGE_SERVERS_COMMAND, XLFORGE_SERVERS_ARGUMENTS), or set "
        "XLFORGE_ENDPOINT to a server that runs"
    )


class _Waiting:
    """Says now and then what is waited for, and the last words of a server's log."""

    def __init__(self, what: str, place: Place | None = None) -> None:
        self._what, self._place = what, place
        self._begun = time.monotonic()
        self._said = self._begun - _SAY_EVERY

    def say(self) -> None:
        """A line, unless there was one just now."""
        now = time.monotonic()
        if now - self._said < _SAY_EVERY:
            return
        self._said = now
        words = self._place.said(1) if self._place else []
        last = f": {words[0][:100]}" if words else ""
        print(f"{self._what}, {now - self._begun:.0f} s{last}", file=sys.stderr, flush=True)

    def done(self, what: str) -> None:
        """The last line."""
        print(f"{what} after {time.monotonic() - self._begun:.0f} s", file=sys.stderr, flush=True)
