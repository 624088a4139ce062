"""Several processes may open a cache at once that does not exist yet, or that still has its former name."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from xlforge.cache import Cache
from xlforge.requests.request import Request

REQUESTS = [Request("openai", "model", "r1", (("user", f"{number}?"),)) for number in range(30)]
KEYS = [request.key for request in REQUESTS]
KILLED = """
import os
from tests.cache.test_opening import REQUESTS
from xlforge.cache import Cache
from xlforge.requests.response import Response
cache = Cache("sqlite:///.xlforge/store.sqlite")
for request in REQUESTS:
    cache.put([(request, Response("yes", "stop", 1, 1))]).result()
os._exit(9)
"""
OPENED = """
import sys
from tests.cache.test_opening import KEYS
from xlforge.cache import Cache
from xlforge.config.environment import execution
from xlforge.config.execution import Execution
sys.stdin.read()
with Cache(execution(Execution()).cache) as cache:
    print(len(cache.get_many(KEYS)))
"""


def test_a_new_cache_is_opened_by_many_at_once(tmp_path: Path) -> None:
    """SQLite does not wait for a lock to switch its journal, whatever its time-out: some of these would be refused."""
    faults: list[Exception] = []
    for number in range(20):
        together = threading.Barrier(6)

        def open_one(
            url: str = f"sqlite:///{tmp_path}/{number}.sqlite", together: threading.Barrier = together
        ) -> None:
            together.wait()
            try:
                Cache(url).close()
            except Exception as error:
                faults.append(error)

        threads = [threading.Thread(target=open_one) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not faults, faults[0]


@pytest.fixture
def former(tmp_path: Path) -> Path:
    """The state folder of a project whose build was killed: `store.sqlite`, and responses that are only in its log."""
    (tmp_path / ".xlforge").mkdir()
    python(tmp_path, KILLED).wait(60)
    assert (tmp_path / ".xlforge" / "store.sqlite-wal").stat().st_size > 10_000
    return tmp_path / ".xlforge"


def python(folder: Path, code: str) -> subprocess.Popen[str]:
    env = os.environ | {"PYTHONPATH": str(Path.cwd())}
    return subprocess.Popen(
        [sys.executable, "-c", code], cwd=folder, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


def opened(folder: Path, processes: int) -> list[str]:
    """What processes that start together find in the default cache of a project."""
    children = [python(folder, OPENED) for _ in range(processes)]
    for child in children:
        assert child.stdin is not None
        child.stdin.close()
        child.stdin = None
    return [child.communicate(timeout=60)[0].strip() for child in children]


def test_the_file_with_the_former_name_is_renamed_once_by_many_at_once(former: Path) -> None:
    assert opened(former.parent, 4) == ["30"] * 4
    assert sorted(path.name for path in former.iterdir() if path.is_file()) == ["cache.lock", "cache.sqlite"]


def test_a_renaming_that_was_interrupted_is_finished(former: Path) -> None:
    (former / "store.sqlite-wal").rename(former / "cache.sqlite-wal")
    assert opened(former.parent, 2) == ["30", "30"]


def test_a_cache_that_has_its_new_name_is_not_replaced(former: Path) -> None:
    Cache(f"sqlite:///{former}/cache.sqlite").close()
    assert opened(former.parent, 1) == ["0"]
    assert (former / "store.sqlite").exists()
