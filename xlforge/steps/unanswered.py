"""Requests that a server did not answer: not a fault of the row, so the stage ends unfinished and the next build sends them again.

What failed in the last run of a stage is in `.xlforge/unanswered/<stage>.json`, with the number of builds in which it did. `xlforge plan`
lists it. Only `execution.give_up` turns such a row into a reject, after as many builds as it gives.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from xlforge.base.errors import BuildError
from xlforge.base.files import write_json
from xlforge.base.project import state

NO_RESPONSE = "no_response"
"""The reject reason of a row that `execution.give_up` gave up."""
_SHOWN = 20


class Unfinished(BuildError):
    """A stage has done what it could, and a server left some of its requests without a response."""


@dataclass
class Failure:
    """A request without a response.

    Args:
        row: its row's id.
        reason: why there was none.
        builds: in how many builds in a row.
    """

    row: str
    reason: str
    builds: int = 1


class Unanswered:
    """The requests of one stage that got no response, by key.

    Args:
        stage: as dvc names it.
        give_up: after how many builds a row is rejected; None for never.
    """

    def __init__(self, stage: str, give_up: int | None = None) -> None:
        self._stage, self._give_up = stage, give_up
        self._before = read(stage)
        self._failed: dict[str, Failure] = {}

    def add(self, key: str, row: str, reason: str) -> bool:
        """Counts a failure; whether the row is to be given up."""
        before = self._before.get(key)
        failure = self._failed.setdefault(key, Failure(row, reason, 1 + (before.builds if before else 0)))
        return self._given_up(failure)

    def save(self) -> None:
        """Records the failures, in place of those of the run before."""
        path = _path(self._stage)
        if self._failed:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_json({key: asdict(failure) for key, failure in sorted(self._failed.items())}, path)
        else:
            path.unlink(missing_ok=True)

    def check(self) -> None:
        """Raises Unfinished if there are requests that the next build must send again."""
        if left := [failure for failure in self._failed.values() if not self._given_up(failure)]:
            reasons = ", ".join(
                f"{count} × {reason}" for reason, count in Counter(f.reason for f in left).most_common()
            )
            raise Unfinished(
                f"{len(left)} requests got no response ({reasons}), first for row {left[0].row}. Every response that came is in the "
                "cache: run `dvc repro` again to send these alone. For a row on which the server fails in every build, see "
                "execution.give_up"
            )

    def _given_up(self, failure: Failure) -> bool:
        return self._give_up is not None and failure.builds >= self._give_up


def read(stage: str) -> dict[str, Failure]:
    """What failed in the last run of a stage, by key."""
    try:
        content = orjson.loads(_path(stage).read_bytes())
        return {key: Failure(**fields) for key, fields in content.items()}
    except FileNotFoundError:
        return {}


def described(stage: str) -> str:
    """The rows that got no response in the last run of a stage, in one line; empty for none."""
    if not (failed := list(read(stage).values())):
        return ""
    shown = [f"{each.row} ({each.reason}, builds: {each.builds})" for each in failed[:_SHOWN]]
    more = f" and {len(failed) - _SHOWN} more" if len(failed) > _SHOWN else ""
    return f"no response in the last run for {', '.join(shown)}{more}"


def _path(stage: str) -> Path:
    return state() / "unanswered" / f"{stage}.json"
