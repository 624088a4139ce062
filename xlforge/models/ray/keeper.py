"""A process that ends what is left of a stage's own Ray when the stage has ended, killed or not, and removes Ray's folder.

Ray's servers and workers end with the stage by themselves, but its agents would look for them for minutes. Each of these processes has
a log open in the folder, which identifies it.
"""

import atexit
import os
import shutil
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import psutil


def start(folder: Path) -> None:
    """Starts the process. It waits until this one ends, which closes its input and waits for it."""
    process = subprocess.Popen(
        [sys.executable, "-m", "xlforge.models.ray.keeper", str(folder)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    atexit.register(process.communicate)


def main(folder: str) -> None:
    """Waits for the end of its input, which comes with the end of the stage."""
    spared = {os.getpid(), os.getppid()}
    sys.stdin.buffer.read()
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.pid not in spared and any(file.path.startswith(folder) for file in process.open_files()):
                process.kill()
    shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(sys.argv[1])
