"""dvc's own commands, run as a user runs them."""

from __future__ import annotations

import subprocess
import sys

from xlforge.base.errors import BuildError


def run_dvc(*words: str) -> str:
    """What a dvc command prints. Raises BuildError with what it says."""
    done = subprocess.run([sys.executable, "-m", "dvc", *words], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"dvc {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
