"""How the build grows on one machine: time, memory and calls over many rows, and whether any of it is more than linear.

    python -m bench.scale                          # everything, as `make bench-scale` does: over an hour
    python -m bench.scale seeds [ROWS …]           # passages through the stage `seeds`; 10,000, 100,000 and a million
    python -m bench.scale store [ROWS …]           # rows bought, served and validated; 10,000, 100,000, 200,000 and a million
    python -m bench.scale build [SEEDS …]          # the dataset in the paper's eight languages; of 1,000 and 8,000 seeds

Processor time is told beside time on the clock, which other work on the machine stretches. Memory is the most that all processes had
at once. A part fails where memory passes 4 GB, or time grows by more than the power 1.3 of the rows over the last tenfold or so.
"""

from __future__ import annotations

import argparse
import math
import subprocess
import sys
from collections.abc import Sequence

SIZES = {
    "seeds": (10_000, 100_000, 1_000_000),
    "store": (10_000, 100_000, 200_000, 1_000_000),
    "build": (1_000, 8_000),
}
MEMORY, POWER = 4.0, 1.3


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The power of the rows by which time grows between the last two sizes: 1 is linear, 2 quadratic."""
    return math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])


def verdict(sizes: Sequence[int], seconds: Sequence[float], gigabytes: Sequence[float]) -> str | None:
    """What is wrong, if anything is."""
    if max(gigabytes) > MEMORY:
        return f"{max(gigabytes):.1f} GB are more than {MEMORY}"
    if len(sizes) > 1 and (power := growth(sizes, seconds)) > POWER:
        return f"time grew with the power {power:.2f} of the rows, which is more than {POWER}"
    return None


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=SIZES)
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--languages", nargs="+", metavar="CODE", help="of the build, instead of the paper's eight")
    asked = parser.parse_args()
    if asked.part is None:
        parts = [subprocess.run([sys.executable, "-m", "bench.scale", part], check=False).returncode for part in SIZES]
        sys.exit(any(parts))
    from bench import scale_build, scale_seeds, scale_store

    sizes = sorted(asked.sizes) or SIZES[asked.part]
    if asked.part == "build":
        sys.exit(scale_build.run(sizes, asked.languages))
    sys.exit({"seeds": scale_seeds, "store": scale_store}[asked.part].run(sizes))


if __name__ == "__main__":
    main()
