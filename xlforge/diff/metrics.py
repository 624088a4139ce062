"""Metrics of two builds, figure by figure; one that carries an interval is told apart from noise.

The interval of a difference is made from both figures' own by the square-and-add method (Newcombe 1998; Zou and Donner 2008), which
takes the two builds as independent. They mostly share their prompts, so it is wide rather than narrow: what it calls
a change is one, and what it calls noise may be settled by more prompts.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

Told = dict[str, Any]
FIGURES = ("win_rate", "difference")
"""Figures that `low` and `high` beside them are the interval of."""
_BOUNDS = ("low", "high")
_ABSENT = object()


def compared(before: Any, after: Any) -> list[Told]:
    """Every figure that is not the same: key (dotted), before, after, change, low, high and `is`: beyond, noise, exact, new or gone.

    beyond: the difference's 95 % interval, low to high, does not hold 0; noise: it does; exact: the figure has no interval. The bounds
    themselves are not told as figures of their own.
    """
    old, new = dict(_figures(before or {})), dict(_figures(after or {}))
    out = []
    for key in sorted(old.keys() | new.keys()):
        was, now = old.get(key, _ABSENT), new.get(key, _ABSENT)
        if was == now:
            continue
        out.append({"key": key, **_difference(was, now)})
    return out


def _figures(tree: Any, place: str = "") -> Iterator[tuple[str, tuple[Any, Any, Any]]]:
    """Dotted keys, each with its value and the interval it has, if any."""
    if not isinstance(tree, dict):
        yield place, (tree, None, None)
        return
    figure = next((name for name in FIGURES if name in tree and all(bound in tree for bound in _BOUNDS)), None)
    for name, value in tree.items():
        key = f"{place}.{name}" if place else str(name)
        if name == figure:
            yield key, (value, tree["low"], tree["high"])
        elif not (figure and name in _BOUNDS):
            yield from _figures(value, key)


def _difference(was: Any, now: Any) -> Told:
    if was is _ABSENT or now is _ABSENT:
        value = (now if was is _ABSENT else was)[0]
        kind: Literal["new", "gone"] = "new" if was is _ABSENT else "gone"
        return {"before": None if was is _ABSENT else value, "after": value if was is _ABSENT else None, "is": kind}
    told: Told = {"before": was[0], "after": now[0], "is": "exact"}
    if not all(isinstance(value, int | float) and not isinstance(value, bool) for value in (was[0], now[0])):
        return told
    told["change"] = round(now[0] - was[0], 6)
    if None not in (*was, *now):
        low = told["change"] - math.hypot(now[0] - now[1], was[2] - was[0])
        high = told["change"] + math.hypot(now[2] - now[0], was[0] - was[1])
        told |= {"low": round(low, 4), "high": round(high, 4), "is": "noise" if low <= 0 <= high else "beyond"}
    return told
