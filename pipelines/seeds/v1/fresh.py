"""`build` in a process of its own.

A step runs in a process that distilabel forked, where the thread pools of polars may be dead, and a process that the kernel ends for want
of memory would hang the pipeline for ever. A process started fresh has neither fault: its end is noticed, and it ends with
its parent, whose end closes the pipe that it listens on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import Any

from xlforge.core.errors import BuildError

_ROOT = Path(__file__).parents[3]


def build(params: dict[str, Any], out: Path) -> dict[str, Any]:
    """What `build.build` returns. BuildError with its message, or with a traceback where the fault is the program's."""
    path = os.pathsep.join(part for part in (str(_ROOT), os.environ.get("PYTHONPATH", "")) if part)
    command = [sys.executable, "-m", "pipelines.seeds.v1.fresh"]
    environment = os.environ | {"PYTHONPATH": path}
    with subprocess.Popen(
        command, bufsize=0, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
    ) as process:
        assert process.stdin and process.stdout
        with suppress(BrokenPipeError):  # it ended at once; below, the lack of an answer says so
            process.stdin.write(json.dumps({"params": params, "out": str(out)}).encode() + b"\n")
        said = process.stdout.read()
    if not said:
        raise BuildError(
            f"seeds: the process that reads the source ended with code {process.returncode} and no word; "
            "-9 means that it was killed, by hand or for want of memory: give it more, or read less with seeds.source.take"
        )
    answer: dict[str, Any] = json.loads(said)
    if "error" in answer:
        raise BuildError(answer["error"])
    return answer


def main() -> None:
    """Reads one job from standard input, writes one answer to standard output; what else is printed goes to standard error."""
    answer = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    job = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        from pipelines.seeds.v1.build import build
        from pipelines.seeds.v1.schema import Params

        made = build(Params.model_validate(job["params"]), Path(job["out"]))
    except BuildError as error:
        made = {"error": str(error)}
    except Exception:
        made = {"error": f"this is a fault of the seeds stage, please report it:\n{traceback.format_exc()}"}
    json.dump(made, answer)
    answer.close()


def _end_with_parent() -> None:
    while os.read(0, 1):
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
