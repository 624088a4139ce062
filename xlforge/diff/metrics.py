"""Metrics of two builds, figure by figure; where a figure has an interval, a change is separated from noise.

The interval of a difference is made from both figures' own by the square-and-add method (Newcombe 1998; Zou and Donner 2008), which
takes the two builds as independent. They mostly share their prompts, so the interval is wide rather than narrow: what it calls
a change is one, and what it calls noise may be settled by more prompts.
"""

import math
from collections.abc import Iterator
from typing import Any, TypeGuard

Entry = dict[str, Any]
FIGURES = ("win_rate", "difference")
"""Figures whose interval is given by `low` and `high` next to them; they have none where there are too few prompts."""
_BOUNDS = ("low", "high")
_ABSENT = object()


def compared(before: Any, after: Any) -> list[Entry]:
    """Every figure that differs: figure (its dotted name), before, after, change, low, high and `is`.

    is: beyond, the difference's 95 % interval, low to high, does not hold 0; noise, it does; too few, a side has too few prompts for an
    interval; exact, the figure is one without; new or gone. The bounds themselves are not listed as figures of their own.
    """
    old, new = dict(figures(before or {})), dict(figures(after or {}))
    sides = {key: (old.get(key, _ABSENT), new.get(key, _ABSENT)) for key in sorted(old.keys() | new.keys())}
    return [{"figure": key, **_difference(key, was, now)} for key, (was, now) in sides.items() if was != now]


def figures(tree: Any, place: str = "", *, bounds: bool = False) -> Iterator[tuple[str, tuple[Any, Any, Any]]]:
    """Dotted keys, each with its value and the interval it has, if any. bounds: whether an interval's ends are figures too."""
    if not isinstance(tree, dict):
        yield place, (tree, None, None)
        return
    figure = next((name for name in FIGURES if name in tree and all(bound in tree for bound in _BOUNDS)), None)
    for name, value in tree.items():
        key = f"{place}.{name}" if place else str(name)
        if name == figure:
            yield key, (value, tree["low"], tree["high"])
        elif bounds or not (figure and name in _BOUNDS):
            yield from figures(value, key, bounds=bounds)


def is_number(value: Any) -> TypeGuard[float]:
    """Whether a figure is a number, and not one of JSON's truth values."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def has_interval(key: str) -> bool:
    """Whether a figure, by its dotted name, is one with an interval."""
    return key.rpartition(".")[2] in FIGURES


def _difference(key: str, was: Any, now: Any) -> Entry:
    if was is _ABSENT:
        return {"before": None, "after": now[0], "is": "new"}
    if now is _ABSENT:
        return {"before": was[0], "after": None, "is": "gone"}
    found: Entry = {"before": was[0], "after": now[0], "is": "exact"}
    if not (is_number(was[0]) and is_number(now[0])):
        return found
    found["change"] = round(now[0] - was[0], 6)
    if None not in (*was, *now):
        low = found["change"] - math.hypot(now[0] - now[1], was[2] - was[0])
        high = found["change"] + math.hypot(now[2] - now[0], was[0] - was[1])
        found |= {"low": round(low, 4), "high": round(high, 4), "is": "noise" if low <= 0 <= high else "beyond"}
    elif has_interval(key):
        found["is"] = "too few"
    return found
