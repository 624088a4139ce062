"""The reviewed list of prompts that have no sensible answer in another language.

A prompt is named by its fingerprint, so that the list works for a local file and for the hub alike, and copies nobody's text.
"""

import hashlib
import unicodedata
from collections.abc import Collection
from pathlib import Path

import orjson
from pydantic import Field

from pipelines.benchmark.v1.schema import Exclusions
from xlforge.base.errors import BuildError
from xlforge.config.blocks import Block, checked

_DIGITS = 16


class Exclusion(Block):
    """A line of the list.

    prompt: its fingerprint. reason: a category in snake_case. why: in words, for reviewers of the list.
    """

    prompt: str = Field(pattern=rf"^[0-9a-f]{{{_DIGITS}}}$")
    reason: str = Field(pattern=r"^[a-z]+(_[a-z]+)*$")
    why: str = Field(pattern=r"\S")


def fingerprint(text: str) -> str:
    """16 hexadecimal digits of a prompt's SHA-256, the same for every encoding of its white space and accents."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.sha256(plain.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]


def read(exclusions: Exclusions) -> dict[str, Exclusion]:
    """Fingerprint to exclusion; none if the list is not applied. Raises BuildError, which names an invalid line."""
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
            entry = _entry(line, f"line {number} of {path}")
            if entry.prompt in found:
                raise BuildError(f"line {number} of {path} names {entry.prompt} a second time: remove one of the two")
            found[entry.prompt] = entry
    return found


def _entry(line: bytes, where: str) -> Exclusion:
    try:
        entry, faults = checked(Exclusion, orjson.loads(line), "")
    except orjson.JSONDecodeError as error:
        raise BuildError(f"{where} is not valid JSON: {error}") from error
    if faults:
        raise BuildError(f"{where}: {'; '.join(faults)}")
    assert isinstance(entry, Exclusion)
    return entry


def require_all(excluded: Collection[str], present: Collection[str], path: str, where: str) -> None:
    """Raises BuildError if the list names a prompt that the source does not have."""
    unknown = sorted(set(excluded) - set(present))
    if unknown:
        raise BuildError(
            f"{path} excludes {len(unknown)} prompts that are not in {where} ({', '.join(unknown[:3])}…): it was written for "
            "another source, or a prompt has changed. Set benchmark.exclusions.apply to false, name the source's own list, "
            "or review the lines"
        )
