"""What is left of a reply when its wrappers are removed, one layer after the other."""

from collections.abc import Callable
from dataclasses import dataclass

from xlforge.checks.added import marks

_LAYERS = 12
"""Wrappers and remarks in each other that are stripped at most."""


@dataclass(frozen=True)
class Reading:
    """text: what is left. stripped: the names of what was removed, from outside in."""

    text: str
    stripped: tuple[str, ...] = ()


Layer = tuple[str, str]
"""The name of what was removed, and what is left."""


def unwrapped(reply: str, given: str, layer: Callable[[str], Layer | None]) -> Reading:
    """A reply without tokens at its ends, escape sequences, and what `layer` finds, until it finds nothing.

    Args:
        reply: the response's text.
        given: what the model was given; what it has is not added.
        layer: the outermost wrapper of a text, or None.
    """
    text, names = marks.bare(reply, given)
    for _ in range(_LAYERS):
        found = layer(text)
        if found is None or found[1].strip() == text:
            break
        names, text = [*names, found[0]], found[1].strip()
    return Reading(text, tuple(names))
