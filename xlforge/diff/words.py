"""Changed texts, word by word: what stayed, what was removed, what was added."""

import difflib
import re
from typing import Any, Literal

Part = tuple[Literal["same", "removed", "added"], str]
# A script without spaces between words is compared by character.
_TOKENS = re.compile(
    r"\s+|[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]|[^\W_]+|.", re.DOTALL
)
_LONG = 4000
_AROUND = 40


def differences(before: str, after: str) -> list[Part]:
    """The parts of both texts in order; the removed and same ones make up the first, the added and same ones the second."""
    old, new = _TOKENS.findall(before), _TOKENS.findall(after)
    matcher = difflib.SequenceMatcher(None, old, new, autojunk=len(old) + len(new) > _LONG)
    parts: list[Part] = []
    removed = added = ""
    for _, a, b, c, d in matcher.get_opcodes():
        was, now = "".join(old[a:b]), "".join(new[c:d])
        # A blank between two changed words changes with them, or each word would stand alone.
        if was != now or ((removed or added) and was.isspace() and b < len(old)):
            removed, added = removed + was, added + now
            continue
        parts += _changed(removed, added)
        parts.append(("same", was))
        removed = added = ""
    return parts + _changed(removed, added)


def _changed(removed: str, added: str) -> list[Part]:
    parts: list[Part] = [("removed", removed), ("added", added)]
    return [part for part in parts if part[1]]


def shortened(parts: list[Part], around: int = _AROUND) -> list[Part]:
    """The same parts, with what stayed cut down to the words around a difference."""
    out: list[Part] = []
    for number, (kind, text) in enumerate(parts):
        if kind == "same" and len(text) > 2 * around + 1:
            head = text[:around] if number else ""
            tail = text[-around:] if number + 1 < len(parts) else ""
            out.append((kind, f"{head}…{tail}"))
        else:
            out.append((kind, text))
    return out


def as_text(value: Any, digits: int = 15) -> str:
    """A column's value as one text: a line for each turn of a conversation and each entry of a list.

    Args:
        digits: of a float.
    """
    if isinstance(value, list):
        return "\n".join(as_text(part, digits) for part in value)
    if isinstance(value, dict) and "content" in value:
        return f"{value['role']}: {value['content']}"
    if isinstance(value, dict):
        return ", ".join(f"{name} {as_text(part, digits)}" for name, part in value.items() if part is not None)
    return "" if value is None else f"{value:.{digits}g}" if isinstance(value, float) else str(value)
