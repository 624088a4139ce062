"""A store in each kind of database."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.postgres import Postgres


@pytest.fixture
def file_url(tmp_path: Path) -> str:
    """A store in a file that is not there yet."""
    return f"sqlite:///{tmp_path}/deep/cache.sqlite"


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest) -> str:
    """A store that is not there yet, in a file and on a server."""
    if request.param == "sqlite":
        return str(request.getfixturevalue("file_url"))
    server: Postgres = request.getfixturevalue("postgres")
    return server.database()
