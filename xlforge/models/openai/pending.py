"""Hosted batches that were handed in and not yet collected, as they lie in `.xlforge/batches` of the main checkout.

`<name>.json` says where the batch is, `<name>.jsonl` what it asks: one canonical request a line, so that its answers can be kept
even where the build has moved on. Who works on one holds `<name>.lock`; the kernel lets go of it when a build is killed.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, fields
from pathlib import Path

import filelock
import orjson

from xlforge.base.project import state
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request, Sampling


@dataclass
class Pending:
    """One batch. endpoint: a hash of its address. file, batch: the endpoint's names for what was uploaded and for the batch, once
    known. period, unit, reserved: what of which budget is set aside for it. done: requests answered, as last told."""

    name: str
    endpoint: str
    file: str | None = None
    batch: str | None = None
    period: str | None = None
    unit: str = ""
    reserved: float = 0.0
    requests: dict[str, Request] = field(default_factory=dict)
    done: int = 0

    def __post_init__(self) -> None:
        self._lock = filelock.FileLock(self.path.with_suffix(".lock"))

    @property
    def path(self) -> Path:
        return folder() / f"{self.name}.json"

    def hold(self) -> bool:
        """Whether this process may work on it."""
        try:
            self._lock.acquire(timeout=0)
        except filelock.Timeout:
            return False
        return True

    def let_go(self) -> None:
        """Others may work on it."""
        self._lock.release()

    def save(self) -> None:
        """Writes down where it stands, wholly or not at all."""
        said = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "requests"}
        half = self.path.with_suffix(".half")
        half.write_bytes(orjson.dumps(said))
        half.replace(self.path)

    def remove(self) -> None:
        """Forgets it."""
        for suffix in (".json", ".jsonl", ".upload", ".fetched", ".lock"):
            self.path.with_suffix(suffix).unlink(missing_ok=True)
        self.let_go()


def folder() -> Path:
    """Where they lie."""
    place = state() / "batches"
    place.mkdir(exist_ok=True)
    return place


def mark(url: str) -> str:
    """An endpoint, without its address."""
    return hashlib.sha256(url.encode()).hexdigest()[:16]


def create(endpoint: str, requests: Sequence[Request]) -> Pending:
    """A new one, held by this process, not yet written down as handed in."""
    made = Pending(uuid.uuid4().hex, endpoint, requests={request.key: request for request in requests})
    made.hold()
    made.path.with_suffix(".jsonl").write_bytes(b"".join(request.canonical + b"\n" for request in requests))
    return made


def found(endpoint: str) -> list[Pending]:
    """Those of an endpoint, oldest first; held by nobody as yet."""
    paths = sorted(folder().glob("*.json"), key=lambda path: path.stat().st_mtime)
    said = [orjson.loads(path.read_bytes()) for path in paths]
    every = [Pending(**each) for each in said if each["endpoint"] == endpoint]
    for each in every:
        lines = each.path.with_suffix(".jsonl").read_bytes().splitlines()
        each.requests = {hashlib.sha256(line).hexdigest(): former(line) for line in lines}
    return every


def refuse(endpoint: str, requests: Sequence[Request]) -> None:
    """EngineError where any of the requests was handed in: asked one by one, it would be bought twice."""
    keys = {request.key for request in requests}
    for each in found(endpoint):
        if wanted := len(keys & each.requests.keys()):
            raise EngineError(
                f"{wanted} of {len(keys)} answers are in a hosted batch that was handed in before: set execution.mode to batch to "
                f"collect them, or remove .xlforge/batches/{each.name}.json to buy them again"
            )


def former(canonical: bytes) -> Request:
    """The request of a canonical JSON (see `Request.canonical`)."""
    said = orjson.loads(canonical)
    words = [(role, _text(content)) for role, content in said.pop("messages")]
    sampling, choices = Sampling(**said.pop("sampling")), tuple(said.pop("choices", ()))
    return Request(messages=tuple(words), sampling=sampling, choices=choices, **said)


def _text(content: str | list[str]) -> str:
    """Text with lone surrogates is spelt out in a list of its own."""
    return content if isinstance(content, str) else content[0].encode("ascii").decode("unicode_escape")
