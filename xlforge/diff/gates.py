"""Limits on metrics: each of `gates` in params.yaml, checked against data/**/metrics.json, here and in another revision."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal

import orjson

from xlforge.base.errors import BuildError
from xlforge.base.git import git_or_none
from xlforge.config.current import outdated
from xlforge.config.gates import Gate
from xlforge.diff.metrics import figures, has_interval, is_number

DATA = Path("data")
SHARE = "reject_share"
"""A figure of every stage with rows and rejects: the rejects' share of both."""
LIMITS = ("min", "max", "max_drop")


@dataclass(frozen=True)
class Result:
    """What one gate finds for one figure.

    Args:
        gate: its name in params.yaml.
        metric: the figure's name, with the item that a `*` stands for.
        value: the figure.
        limit: in words.
        verdict: `missing` fails too; `new` is a figure that the other revision does not have, so there is no drop.
        before: the figure in the other revision.
        detail: more about the verdict, such as the remedy.
    """

    gate: str
    metric: str
    value: float | None
    limit: str
    verdict: Literal["passed", "failed", "missing", "new"]
    before: float | None = None
    detail: str = ""

    @property
    def fails(self) -> bool:
        return self.verdict in ("failed", "missing")


def check(gates: dict[str, Gate], against: str) -> list[Result]:
    """Every gate on every figure that it names.

    Raises:
        BuildError: `against` is not a revision, and a gate needs one.
    """
    if any(gate.max_drop is not None for gate in gates.values()):
        _verify(against)
    old = outdated()
    return [result for name, gate in gates.items() for result in _check(name, gate, against, old)]


def _check(name: str, gate: Gate, against: str, old: dict[str, str]) -> Iterator[Result]:
    stages, _, key = gate.metric.partition(":")
    limits = ", ".join(f"{each} {limit:g}" for each in LIMITS if (limit := getattr(gate, each)) is not None)
    missing = Result(name, gate.metric, None, limits, "missing")
    files = {"@".join(path.parent.relative_to(DATA).parts): path for path in sorted(DATA.glob("**/metrics.json"))}
    found = {stage: path for stage, path in files.items() if fnmatchcase(stage, stages)}
    if not found:
        path = DATA / stages.replace("@", "/") / "metrics.json"
        hint = f"`dvc repro` writes it; if the stage was removed, fix gates.{name} in params.yaml"
        yield replace(missing, detail=f"{path} is missing: {hint}")
    for stage, path in found.items():
        if stage in old:
            hint = f"its figures are outdated ({old[stage]}): `dvc repro {stage}` builds them again"
            yield replace(missing, metric=f"{stage}:{key}", detail=hint)
            continue
        value, margin = _figure(path.read_text(encoding="utf-8"), key)
        result = replace(missing, metric=f"{stage}:{key}", value=value)
        if value is not None:
            yield from _results(result, gate, margin, path, against)
        elif "*" not in stages or key != SHARE:  # a stage without rows has no rejects
            yield replace(result, detail=f"{path} has no number there: fix gates.{name} in params.yaml")


def _results(result: Result, gate: Gate, margin: float | None, path: Path, against: str) -> Iterator[Result]:
    """The figure against each limit of a gate."""
    value = result.value or 0.0
    if gate.min is not None:
        yield replace(result, limit=f"min {gate.min:g}", verdict=_verdict(value >= gate.min))
    if gate.max is not None:
        yield replace(result, limit=f"max {gate.max:g}", verdict=_verdict(value <= gate.max))
    if gate.max_drop is not None:
        then = git_or_none("show", f"{against}:./{path.as_posix()}")
        before, other = _figure(then, result.metric.partition(":")[2]) if then is not None else (None, None)
        result = replace(result, limit=f"max_drop {gate.max_drop:g}", before=before)
        if before is None:
            yield replace(result, verdict="new", detail=f"{against} has no such figure")
            return
        # Only what is beyond chance counts: the lower end of the drop's 95 % interval, made from those of both figures.
        drop, width = before - value, math.hypot(margin or 0.0, other or 0.0)
        few = has_interval(result.metric) and None in (margin, other)
        how_sure = "too few prompts for an interval" if few else f"± {width:.4g}"
        detail = f"{drop:.4g} down, {how_sure}" if drop > 0 else "no drop"
        yield replace(result, verdict=_verdict(drop - width <= gate.max_drop), detail=detail)


def _figure(text: str, key: str) -> tuple[float | None, float | None]:
    """A figure by its dotted name, and half the width of its interval: of its neighbours `low` and `high`; None without them."""
    try:
        tree = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise BuildError(f"a metrics.json is not valid JSON: {error}; `dvc repro` writes it again") from error
    if key == SHARE and "rejects" in tree:
        return tree["rejects"] / max(tree["rejects"] + tree.get("rows", 0), 1), None
    values = {name: found for name, (found, *_) in figures(tree, bounds=True)}
    place, _, last = key.rpartition(".")
    value, low, high = (values.get(f"{place}.{name}".lstrip(".")) for name in (last, "low", "high"))
    if not is_number(value):
        return None, None
    if last in ("low", "high") or not (is_number(low) and is_number(high) and low <= value <= high):
        return float(value), None
    return float(value), (high - low) / 2


def _verdict(passed: bool) -> Literal["passed", "failed"]:
    return "passed" if passed else "failed"


def _verify(revision: str) -> None:
    if git_or_none("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}") is None:
        raise BuildError(f"git knows no revision {revision!r}: fetch it, or name another with --against")
