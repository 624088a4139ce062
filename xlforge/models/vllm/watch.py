"""The process that owns a server: it starts it, ends it when nobody has asked it for a while, and takes it along when it is ended.

It belongs to no build: whoever needed the server first started it, in a session of its own, and may be gone. Run as
`python -m xlforge.models.vllm.watch FOLDER KEY MODEL IDLE COMMAND…`, in the server's environment.
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from xlforge.models.vllm.place import Place, Running

_LOOK_EVERY = 0.5
_PATIENCE = 10.0
_PR_SET_PDEATHSIG = 1


def main(folder: str, key: str, model: str, idle: str, *command: str) -> int:
    """Owns one server to its end; the server's exit status, 0 where it was ended."""
    place, told = Place(Path(folder), key), False
    owner = place.owner()
    if not owner.wait(_PATIENCE):
        return 1

    def tell(*_: object) -> None:
        nonlocal told
        told = True

    signal.signal(signal.SIGTERM, tell)
    place.forget()
    port = _free_port()
    home = place.folder.parent.parent
    try:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=home, stdin=subprocess.DEVNULL, process_group=0,
            preexec_fn=_bound_to_owner(),  # noqa: PLW1509  (the owner has no other thread)
        )  # fmt: skip
    except OSError as error:
        print(f"{command[0]} cannot be started from {home}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    place.write(Running(model, os.getpid(), server.pid, port, time.time(), float(idle)))
    use, last = place.use(shared=False), time.monotonic()
    while server.poll() is None and not told:
        time.sleep(min(_LOOK_EVERY, float(idle) / 4))
        if not use.take():
            last = time.monotonic()
        elif time.monotonic() - last < float(idle):
            use.release()
        else:  # and nobody comes in while it ends
            break
    status = server.poll()
    _end(server)
    place.forget()
    if status is not None:
        print(f"the server ended by itself, with status {status}", file=sys.stderr, flush=True)
    return status or 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _bound_to_owner() -> Callable[[], None]:
    """What a child does first: ask the kernel to be ended when its owner is killed outright."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None
    owner = os.getpid()

    def bind() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != owner:
                os._exit(1)

    return bind


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and all it started."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
