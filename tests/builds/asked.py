"""What a build asked, holds and made, so that what was asked twice can be told. Requests are told apart by their bodies, keys sorted."""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from contextlib import closing
from typing import Any, NamedTuple

import orjson

from tests.project import Project
from tests.replies import Replies
from tests.server import Server
from xlforge.models.openai.bodies import body
from xlforge.requests.request import Request


def asked(server: Server) -> list[bytes]:
    """The bodies that a server was sent, in order of arrival."""
    return [_sorted(each) for each in server.requests()]


def held(project: Project) -> set[bytes]:
    """The bodies of all requests whose answers are in the project's own store."""
    path = project.folder / ".xlforge" / "cache.sqlite"
    if not path.exists():
        return set()
    with closing(sqlite3.connect(path, timeout=60)) as store:
        if not store.execute("SELECT 1 FROM sqlite_master WHERE name = 'responses'").fetchone():
            return set()
        kept = store.execute("SELECT request FROM responses").fetchall()
    return {_sorted(orjson.loads(body(Request.parse(zlib.decompress(request))))) for (request,) in kept}


def _sorted(sent: dict[str, Any]) -> bytes:
    return orjson.dumps(sent, option=orjson.OPT_SORT_KEYS)


def outs(project: Project) -> dict[str, Any]:
    """What each stage made."""
    return {stage: entry["outs"] for stage, entry in project.lock().items()}


class Clean(NamedTuple):
    """A project that is not built, to be copied; and what a build of it made that nothing befell."""

    project: Project
    outs: dict[str, Any]


class Remembering(Replies):
    """The answers of a server that is killed and started anew: the way back from a translation is in the file $REPLIES."""

    def __init__(self) -> None:
        super().__init__()
        self._sources = _Lines(os.environ["REPLIES"])


class _Lines(dict[str, str]):
    """A dict whose entries are lines of a file too, and are there again when it is opened anew."""

    def __init__(self, path: str) -> None:
        super().__init__()
        self._file = open(path, "a+", encoding="utf-8", buffering=1)  # noqa: SIM115
        self._file.seek(0)
        for line in self._file:
            self.update([json.loads(line)])

    def __setitem__(self, key: str, value: str) -> None:
        super().__setitem__(key, value)
        self._file.write(json.dumps([key, value]) + "\n")
