"""The store's versions, one file each under `versions/`, run by alembic in the process that opens the store.

A new one: the next file there, the same change in `tables.py`, its number as `NEWEST` in `database.py`, and a test from a file
of the version before.
"""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return config


def known() -> set[str]:
    """The versions that there are."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(connection: sa.Connection, found: str | None) -> None:
    """To the newest version, inside the connection's transaction. found: what `answers` is at; None for an empty database.

    One at a time in a process: alembic's `op` is the whole process's.
    """
    config = _config()
    config.attributes["connection"] = connection
    if found == "0001":
        command.stamp(config, "0001")
    command.upgrade(config, "head")
