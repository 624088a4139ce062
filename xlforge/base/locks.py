"""The kernel's locks on files: they end with their holder, however it ends, and show who is alive without a process id."""

import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path

_LOOK_EVERY = 0.1


class Lock:
    """A lock on a file, made where there is none. shared: held by many at once, and by nobody alone meanwhile."""

    def __init__(self, path: Path, *, shared: bool = False) -> None:
        self._path, self._how = path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX
        self._file: int | None = None

    def __enter__(self) -> "Lock":
        """Waits for the lock, unless it is held already."""
        if self._file is None:
            self.wait()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def take(self) -> bool:
        """Whether the lock is now ours, without waiting for it."""
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(file, self._how | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return False
        self._file = file
        return True

    def wait(self, seconds: float | None = None, busy: Callable[[], None] = lambda: None) -> bool:
        """Takes the lock as soon as it is free; False where it was not within so many seconds. busy: called at each look."""
        until = None if seconds is None else time.monotonic() + seconds
        while not self.take():
            if until is not None and time.monotonic() > until:
                return False
            busy()
            time.sleep(_LOOK_EVERY)
        return True

    def release(self) -> None:
        """Gives it up; nothing where it was not held."""
        if self._file is not None:
            os.close(self._file)
        self._file = None
