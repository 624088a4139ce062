"""A cache in each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import Postgres


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """A cache in a file that does not exist yet."""
    return f"sqlite:///{tmp_path}/deep/cache.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """A cache that does not exist yet, in a file and on a server."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file_url"))
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()
