"""`dvc repro` with nothing to do, of everything and of the dataset alone, beside bare DVC projects with as many stages of one file each.

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


def seconds(cwd: Path, *targets: str) -> float:
    """Of one no-op repro."""
    start = time.perf_counter()
    dvc("repro", "--quiet", *targets, cwd=cwd)
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


def compare(told: str, *targets: str) -> None:
    """Time this checkout and a bare project in turn, and tell."""
    here = Path.cwd()
    stages = len(dvc("repro", "--dry", "--force", *targets, cwd=here).split("Running stage")) - 1
    with tempfile.TemporaryDirectory() as folder:
        bare(stages, Path(folder))
        pairs = [(seconds(here, *targets), seconds(Path(folder))) for _ in range(TIMES)]
    ours, least = (min(each) for each in zip(*pairs, strict=True))
    rows = [("no-op dvc repro", "seconds"), ("this project", ours), ("bare DVC", least), ("ratio", ours / least)]
    table(f"{told}: {stages} stages, best of {TIMES}", rows)


def main() -> None:
    if "up to date" not in dvc("status", cwd=Path.cwd()):
        sys.exit("the checkout is not built, so there is no no-op to time: make repro")
    compare("everything")
    compare("the dataset build", "dataset")


if __name__ == "__main__":
    main()
