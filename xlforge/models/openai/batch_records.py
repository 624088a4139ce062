"""Records of hosted batches that are submitted and not yet collected, in `.xlforge/batches` of the main checkout.

`NAME.json` is the record, `NAME.jsonl` the canonical requests, so that responses can be cached even if the build no longer needs them.
The process that works on a batch holds `NAME.lock`, which the kernel releases when the process ends.
"""

import hashlib
import uuid
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, fields
from pathlib import Path

import orjson

from xlforge.base.files import write_json
from xlforge.base.locks import Lock
from xlforge.base.project import state
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request


@dataclass
class BatchRecord:
    """One batch.

    Args:
        name: of its files.
        endpoint: a hash of the endpoint's address.
        file: the endpoint's name for the uploaded requests, once it is known.
        batch: the endpoint's name for the batch, once it is known.
        period: of the budget that holds a reservation for it.
        unit: of that budget.
        reserved: how much.
        done: requests that were finished when it was last looked at.
        requests: by key.
    """

    name: str
    endpoint: str
    file: str | None = None
    batch: str | None = None
    period: str | None = None
    unit: str = ""
    reserved: float = 0.0
    done: int = 0
    requests: dict[str, Request] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.lock = _lock(self.path)

    @property
    def path(self) -> Path:
        return folder() / f"{self.name}.json"

    def save(self) -> None:
        """Writes the record, whole or not at all."""
        write_json({each.name: getattr(self, each.name) for each in fields(self) if each.name != "requests"}, self.path)

    def remove(self) -> None:
        """Deletes the record and releases its lock."""
        for suffix in (".json", ".jsonl", ".fetched", ".lock"):
            self.path.with_suffix(suffix).unlink(missing_ok=True)
        self.lock.release()


def folder() -> Path:
    """The folder of the records."""
    batches = state() / "batches"
    batches.mkdir(exist_ok=True)
    return batches


def create(url: str, requests: Sequence[Request]) -> BatchRecord:
    """A new record, locked by this process, and not saved."""
    record = BatchRecord(uuid.uuid4().hex, _hash(url), requests={request.key: request for request in requests})
    record.lock.take()
    record.path.with_suffix(".jsonl").write_bytes(b"".join(request.canonical + b"\n" for request in requests))
    return record


def resumed(url: str) -> Iterator[tuple[BatchRecord, bool]]:
    """The records of an endpoint, oldest first, each with whether this process now holds its lock."""
    for path in _paths():
        lock = _lock(path)
        held = lock.take()
        record = _read(path)  # after the lock: nobody else changes it now
        if record is not None and record.endpoint == _hash(url):
            record.lock = lock
            yield record, held
            continue
        if held and record is None:
            path.with_suffix(".lock").unlink(missing_ok=True)
        lock.release()


def refuse_live(url: str, requests: Sequence[Request]) -> None:
    """EngineError where any of the requests is in a batch: sent one by one, it would be paid for twice."""
    keys = {request.key for request in requests}
    for record in filter(None, map(_read, _paths())):
        shared = len(keys & record.requests.keys())
        if shared and record.endpoint == _hash(url):
            raise EngineError(
                f"{shared} of {len(keys)} responses are in a hosted batch that was submitted before: set execution.mode to batch "
                f"to collect them, or remove .xlforge/batches/{record.name}.json to pay for them again"
            )


def _paths() -> list[Path]:
    """The records' files, oldest first. Other builds create and remove records meanwhile."""
    ages = {}
    for path in folder().glob("*.json"):
        with suppress(FileNotFoundError):
            ages[path] = path.stat().st_mtime
    return sorted(ages, key=lambda path: ages[path])


def _read(path: Path) -> BatchRecord | None:
    """The record in a file; None where it was removed meanwhile."""
    try:
        record = BatchRecord(**orjson.loads(path.read_bytes()))
        lines = path.with_suffix(".jsonl").read_bytes().splitlines()
    except FileNotFoundError:
        return None
    record.requests = {hashlib.sha256(line).hexdigest(): Request.parse(line) for line in lines}
    return record


def _lock(path: Path) -> Lock:
    return Lock(path.with_suffix(".lock"))


def _hash(url: str) -> str:
    return hashlib.sha256(url.encode()).hexdigest()[:16]
