"""The process that owns a server: it starts it, and ends it when it has been idle for long or when it is ended itself.

It belongs to no build: the first build that needed the server started it, in a session of its own, and may have ended. Run as
`python -m xlforge.models.vllm.supervisor FOLDER KEY MODEL IDLE COMMAND…`, in the server's environment.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import suppress
from functools import partial
from pathlib import Path

from xlforge.base.guard import end_with_parent
from xlforge.models.vllm.server_files import Running, ServerFiles

_POLL = 0.5
_PATIENCE = 10.0


def main(folder: str, key: str, model: str, idle: str, *command: str) -> int:
    """Owns one server until it ends. Returns its exit status, 0 where it was ended."""
    files, signals = ServerFiles(Path(folder), key), list[int]()
    owner = files.owner()
    if not owner.wait(_PATIENCE):
        return 1
    signal.signal(signal.SIGTERM, lambda number, _: signals.append(number))
    files.remove()
    port = _free_port()
    home = files.folder.parent.parent
    try:
        server = subprocess.Popen(
            [*command, "--host", "127.0.0.1", "--port", str(port)],
            cwd=home, stdin=subprocess.DEVNULL, process_group=0,
            preexec_fn=partial(end_with_parent, signal.SIGTERM),  # noqa: PLW1509  (the owner has no other thread)
        )  # fmt: skip
    except OSError as error:
        print(f"{command[0]} cannot be started from {home}: {error.strerror}", file=sys.stderr, flush=True)
        return 127
    files.write(Running(model, os.getpid(), server.pid, port, time.time(), float(idle)))
    _wait_until_idle(files, server, float(idle), signals)
    status = server.poll()
    _end(server)
    files.remove()
    if status is not None:
        print(f"the server ended by itself, with status {status}", file=sys.stderr, flush=True)
    return status or 0


def _wait_until_idle(files: ServerFiles, server: subprocess.Popen[bytes], idle: float, signals: list[int]) -> None:
    """Returns when the server has ended, was idle for long, or is to be ended."""
    use, last = files.use(shared=False), time.monotonic()
    while server.poll() is None and not signals:
        time.sleep(min(_POLL, idle / 4))
        if not use.take():
            last = time.monotonic()
        elif time.monotonic() - last < idle:
            use.release()
        else:  # the lock stays held, so no client begins while the server ends
            break


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _end(server: subprocess.Popen[bytes]) -> None:
    """Ends the server and all that it started."""
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGTERM)
    with suppress(subprocess.TimeoutExpired):
        server.wait(_PATIENCE)
    with suppress(ProcessLookupError):
        os.killpg(server.pid, signal.SIGKILL)
    server.wait()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
