"""`make bench`: every speed benchmark, one after the other, each in a process of its own.

python -m bench [NAME …]
"""

from __future__ import annotations

import argparse
import subprocess
import sys

NAMES = ("startup", "endpoint", "transformers", "noop", "diff", "cache")

if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[[], *NAMES], help=", ".join(NAMES))
    failed = False
    for name in parser.parse_args().names or NAMES:
        print(f"\n== {name}", flush=True)
        failed |= bool(subprocess.run([sys.executable, "-W", "ignore", "-m", f"bench.{name}"], check=False).returncode)
    sys.exit(failed)
