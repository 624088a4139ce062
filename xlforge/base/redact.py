"""Secrets taken out of text that others wrote: servers quote what they were sent, and logs hold environments."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from urllib.parse import quote

_HEAD = 12
"""Characters by which a secret that was cut off is known; with fewer, ordinary words would be taken for one."""
_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSW|CREDENTIAL", re.IGNORECASE)
_SHORTEST = 6


def redactor(secrets: Iterable[str | None]) -> Callable[[str], str]:
    """A function that writes `…` for each secret: plain, percent-encoded, JSON-escaped or in base64, with white space in it, or cut off.

    Give it the whole text and cut the result, or a cut secret may be too short to be found.

    Args:
        secrets: keys, passwords, addresses; `user:password` for what a Basic credential holds.
    """
    every = {spelling for secret in secrets if secret and secret.strip() for spelling in _spellings(secret)}
    longest_first = sorted(every, key=len, reverse=True)
    patterns = [r"\s*".join(re.escape(letter) for letter in each if not letter.isspace()) for each in longest_first]
    patterns += [re.escape(each[:_HEAD]) + r"[^\s\"'<>]*" for each in longest_first if len(each) > _HEAD]
    found = re.compile("|".join(patterns) or r"(?!)", re.IGNORECASE)
    return lambda text: found.sub("…", text)


def secret_values(environment: Mapping[str, str]) -> list[str]:
    """The values of the variables whose name says that they are secret."""
    return [value for name, value in environment.items() if _NAME.search(name) and len(value) >= _SHORTEST]


def _spellings(secret: str) -> Iterator[str]:
    yield secret
    yield quote(secret, errors="replace")
    yield quote(secret, safe="", errors="replace")
    yield json.dumps(secret)[1:-1]
    yield json.dumps(secret, ensure_ascii=False)[1:-1]
    yield base64.b64encode(secret.encode("utf-8", "replace")).decode().rstrip("=")
