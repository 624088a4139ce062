"""The reviewed list of prompts that have no sensible answer in another language.

A prompt is named by its fingerprint, so that the list holds for a local file and for the hub alike, and copies no one's text.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import orjson

from pipelines.benchmark.v1.schema import Exclusions
from xlforge.base.errors import BuildError

_DIGITS = 16
_FIELDS = {"prompt": rf"[0-9a-f]{{{_DIGITS}}}", "reason": r"[a-z]+(_[a-z]+)*", "why": r"(?s).*\S.*"}


@dataclass(frozen=True)
class Exclusion:
    """reason: a category in snake_case. why: in words, for who reviews the list."""

    reason: str
    why: str


def fingerprint(text: str) -> str:
    """16 hexadecimal digits of a prompt's SHA-256, the same however its white space and accents are encoded."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]


def read(exclusions: Exclusions) -> dict[str, Exclusion]:
    """Fingerprint to exclusion, of the list; none if it is not to be applied. BuildError names a line that cannot be used."""
    path = Path(exclusions.path)
    if not exclusions.apply:
        return {}
    try:
        lines = path.read_bytes().splitlines()
    except OSError as error:
        raise BuildError(
            f"benchmark.exclusions.path: {path} cannot be read: {error.strerror}; name the list, or set "
            "benchmark.exclusions.apply to false"
        ) from error
    found: dict[str, Exclusion] = {}
    for number, line in enumerate(lines, 1):
        if line.strip():
            prompt, exclusion = _entry(line, f"line {number} of {path}")
            if prompt in found:
                raise BuildError(f"line {number} of {path} names {prompt} a second time: take one of the two out")
            found[prompt] = exclusion
    return found


def _entry(line: bytes, where: str) -> tuple[str, Exclusion]:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise BuildError(f"{where} is no JSON: {error}") from error
    if not isinstance(entry, dict) or set(entry) != set(_FIELDS):
        raise BuildError(f"{where} must be an object with the keys {', '.join(_FIELDS)}, and no others")
    for name, rule in _FIELDS.items():
        if not isinstance(entry[name], str) or not re.fullmatch(rule, entry[name]):
            raise BuildError(
                f"{where}: {name} is {entry[name]!r}; wanted are {_DIGITS} hexadecimal digits of the prompt's fingerprint, a "
                "reason in snake_case, and why in words"
            )
    return entry["prompt"], Exclusion(entry["reason"], entry["why"])


def require_all(excluded: Collection[str], present: Collection[str], path: str, where: str) -> None:
    """BuildError if the list names a prompt that the source does not have."""
    strange = sorted(set(excluded) - set(present))
    if strange:
        raise BuildError(
            f"{path} excludes {len(strange)} prompts that are not in {where} ({', '.join(strange[:3])}…): it was made for "
            "another source, or a prompt has changed. Set benchmark.exclusions.apply to false, name the source's own list, "
            "or review the lines"
        )
