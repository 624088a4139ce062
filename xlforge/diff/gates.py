"""Bars on metrics: each of `gates` in params.yaml, held against what data/**/metrics.json says, here and in another revision."""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any, Literal

import orjson

from xlforge.base.errors import BuildError
from xlforge.config.params import Gate

DATA = Path("data")
SHARE = "reject_share"
"""A figure of every stage with rows and rejects: the rejects' share of both."""


@dataclass(frozen=True)
class Told:
    """What one gate says of one figure.

    metric: its name, items spelt out. bar: in words. before: the figure in the other revision. verdict: `missing` fails too; `new` is a
    figure that the other revision has not, so that there is no drop. detail: what else is to be known.
    """

    gate: str
    metric: str
    value: float | None
    bar: str
    verdict: Literal["passed", "failed", "missing", "new"]
    before: float | None = None
    detail: str = ""

    @property
    def fails(self) -> bool:
        return self.verdict in ("failed", "missing")


def held(gates: dict[str, Gate], against: str) -> list[Told]:
    """Every gate on every figure that it names. Raises BuildError where `against` is no revision and a gate wants one."""
    if any(gate.drop is not None for gate in gates.values()):
        _verify(against)
    return [told for name, gate in gates.items() for told in _held(name, gate, against)]


def _held(name: str, gate: Gate, against: str) -> Iterator[Told]:
    stages, _, key = gate.metric.partition(":")
    files = {_stage(path): path for path in sorted(DATA.glob("**/metrics.json"))}
    found = {stage: path for stage, path in files.items() if fnmatchcase(stage, stages)}
    if not found:
        detail = (
            f"{_path(stages)} is missing: `dvc repro` makes it; if the stage is gone, mend gates.{name} in params.yaml"
        )
        yield Told(name, gate.metric, None, _bars(gate), "missing", detail=detail)
    for stage, path in found.items():
        metric, figures = f"{stage}:{key}", _read(path.read_bytes())
        value, margin = _figure(figures, key)
        if value is None:
            if "*" in stages and key == SHARE:
                continue  # a stage without rows of its own has no rejects either
            detail = f"{path} has no number there: mend gates.{name} in params.yaml"
            yield Told(name, metric, None, _bars(gate), "missing", detail=detail)
            continue
        if gate.least is not None:
            yield Told(name, metric, value, f"at least {gate.least:g}", _verdict(value >= gate.least))
        if gate.most is not None:
            yield Told(name, metric, value, f"at most {gate.most:g}", _verdict(value <= gate.most))
        if gate.drop is not None:
            yield _dropped(Told(name, metric, value, _bars(gate, "drop"), "new"), gate.drop, margin, path, against)


def _dropped(told: Told, bar: float, margin: float, path: Path, against: str) -> Told:
    """A drop counts by what of it is beyond chance: the lower end of its 95 % interval, from those of both figures."""
    assert told.value is not None
    then = _git("show", f"{against}:./{path.as_posix()}")
    before, other = _figure(_read(then), told.metric.partition(":")[2]) if then is not None else (None, 0.0)
    if before is None:
        return Told(told.gate, told.metric, told.value, told.bar, "new", detail=f"{against} has no such figure")
    drop, width = before - told.value, math.hypot(margin, other)
    detail = f"{drop:.4g} down, give or take {width:.4g}" if drop > 0 else "no drop"
    return Told(told.gate, told.metric, told.value, told.bar, _verdict(drop - width <= bar), before, detail)


def _figure(figures: Any, key: str) -> tuple[float | None, float]:
    """A figure by its dotted name, and half the width of the interval beside it: its neighbours `low` and `high`, if there are any."""
    *parents, last = key.split(".")
    for part in parents:
        figures = figures.get(part) if isinstance(figures, dict) else None
    if not isinstance(figures, dict):
        return None, 0.0
    if key == SHARE and isinstance(rejects := figures.get("rejects"), int):
        return rejects / max(rejects + int(figures.get("rows", 0)), 1), 0.0
    value = figures.get(last)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None, 0.0
    low, high = figures.get("low"), figures.get("high")
    if last in ("low", "high") or not isinstance(low, int | float) or not isinstance(high, int | float):
        return float(value), 0.0
    return float(value), (high - low) / 2 if low <= value <= high else 0.0


def _read(text: bytes) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BuildError(f"a metrics.json is no JSON: {error}; `dvc repro` makes it anew") from error


def _bars(gate: Gate, only: str | None = None) -> str:
    words = {"least": "at least {:g}", "most": "at most {:g}", "drop": "no more than {:g} down"}
    return ", ".join(
        text.format(bar)
        for name, text in words.items()
        if (bar := getattr(gate, name)) is not None and only in (None, name)
    )


def _verdict(passed: bool) -> Literal["passed", "failed"]:
    return "passed" if passed else "failed"


def _stage(path: Path) -> str:
    return "@".join(path.parent.relative_to(DATA).parts)


def _path(stage: str) -> Path:
    return DATA / stage.replace("@", "/") / "metrics.json"


def _verify(revision: str) -> None:
    if _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") is None:
        raise BuildError(
            f"git knows no revision {revision!r}: name a commit, branch or tag with --against, and fetch it first"
        )


def _git(*words: str) -> bytes | None:
    done = subprocess.run(["git", *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None
