"""`dvc repro` with nothing to do, beside a bare DVC project with as many stages of one file each.

    python -m bench.noop

The checkout has to be built (`make repro`), or there is no no-op to time.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from bench.common import table

TIMES = 7


def dvc(*words: str, cwd: Path) -> str:
    """What a dvc command prints; CalledProcessError if it fails."""
    return subprocess.run(
        [sys.executable, "-m", "dvc", *words], cwd=cwd, check=True, capture_output=True, text=True
    ).stdout


def seconds(cwd: Path) -> float:
    """Of one no-op repro."""
    start = time.perf_counter()
    dvc("repro", "--quiet", cwd=cwd)
    return time.perf_counter() - start


def bare(stages: int, folder: Path) -> None:
    """A built project that consists of nothing but stages."""
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    dvc("init", "--quiet", cwd=folder)
    told = ["stages:"]
    for number in range(stages):
        (folder / f"in{number}").write_text(str(number))
        told.append(
            f"  s{number}:\n    cmd: cp in{number} out{number}\n    deps: [in{number}]\n    outs: [out{number}]"
        )
    (folder / "dvc.yaml").write_text("\n".join(told))
    dvc("repro", "--quiet", cwd=folder)


def main() -> None:
    here = Path.cwd()
    stages = len(dvc("stage", "list", "--name-only", cwd=here).split())
    if "up to date" not in dvc("status", cwd=here):
        sys.exit("the checkout is not built, so there is no no-op to time: make repro")
    with tempfile.TemporaryDirectory() as folder:
        bare(stages, Path(folder))
        pairs = [(seconds(here), seconds(Path(folder))) for _ in range(TIMES)]
    ours, least = (min(each) for each in zip(*pairs, strict=True))
    rows = [("no-op dvc repro", "seconds"), ("this project", ours), ("bare DVC", least), ("ratio", ours / least)]
    table(f"{stages} stages, best of {TIMES}", rows)


if __name__ == "__main__":
    main()
