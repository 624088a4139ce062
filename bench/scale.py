"""How the build grows on one machine: time, memory and calls over many rows, and whether any of it is more than linear.

    python -m bench.scale                          # config, as `make bench-scale` does: over an hour
    python -m bench.scale seeds [ROWS …]           # passages through the stage `seeds`; 10,000, 100,000 and a million
    python -m bench.scale cache [ROWS …]           # rows generated, cached and validated; 10,000, 100,000, 200,000 and a million
    python -m bench.scale build [SEEDS …]          # the dataset in the paper's eight languages; of 1,000 and 8,000 seeds

Processor time is told beside time on the clock, which other work on the machine stretches. Memory is the most that all processes had
at once. A part fails where memory passes 4 GB, or time grows by more than the power 1.3 of the rows over the last tenfold or so.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from bench import scale_build, scale_cache, scale_seeds

SIZES = {
    "seeds": (10_000, 100_000, 1_000_000),
    "cache": (10_000, 100_000, 200_000, 1_000_000),
    "build": (1_000, 8_000),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="?", choices=SIZES)
    parser.add_argument("sizes", nargs="*", type=int)
    parser.add_argument("--languages", nargs="+", metavar="CODE", help="of the build, instead of the paper's eight")
    given = parser.parse_args()
    if given.part is None:
        parts = [subprocess.run([sys.executable, "-m", "bench.scale", part], check=False).returncode for part in SIZES]
        sys.exit(any(parts))
    sizes = sorted(given.sizes) or SIZES[given.part]
    if given.part == "build":
        sys.exit(scale_build.run(sizes, given.languages))
    sys.exit({"seeds": scale_seeds, "cache": scale_cache}[given.part].run(sizes))


if __name__ == "__main__":
    main()
