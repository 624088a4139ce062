"""The build's gates, the ones that `xlforge check` holds: what does not pass is not published."""

from __future__ import annotations

import subprocess
from collections.abc import Collection, Mapping

from xlforge.base.errors import BuildError
from xlforge.config.params import Gate
from xlforge.diff.gates import Told, held


def passed(gates: Mapping[str, Gate], stages: Collection[str], commit: str) -> None:
    """BuildError where a gate fails. A figure that is missing fails what comes from its stage alone.

    stages: what the publication comes from. commit: the build's; drops are measured from the one before it.
    """
    before = f"{commit}^"
    known = subprocess.run(["git", "rev-parse", "--verify", "--quiet", before], capture_output=True, check=False)
    told = held(dict(gates), before if known.returncode == 0 else commit)
    wrong = [each for each in told if each.verdict == "failed" or (each.fails and _stage(each) in stages)]
    if wrong:
        raise BuildError(
            f"{len(wrong)} gate{'s' * (len(wrong) > 1)} of params.yaml fail{'s' * (len(wrong) == 1)}: "
            + "; ".join(_said(each) for each in wrong)
            + ". Mend the build, or move the bar in a commit that says why (`xlforge check` shows all gates)"
        )


def _stage(told: Told) -> str:
    return told.metric.partition(":")[0].partition("@")[0]


def _said(told: Told) -> str:
    value = "missing" if told.value is None else f"{told.value:.4g}"
    return f"{told.gate}: {told.metric} is {value}, bar: {told.bar}"
