"""The versions of the cache's tables, one file each under `versions/`. alembic runs them in the process that opens the cache.

A new version takes four things: the next file there, the same change in `tables.py`, its number as `NEWEST` in `database.py`, and a
test that starts from a file of the version before.
"""

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
    """All versions."""
    return {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(connection: sa.Connection, found: str | None) -> None:
    """Upgrades to the newest version, in the connection's transaction. One thread at a time: alembic's `op` is global.

    Args:
        connection: to the database.
        found: the version of its tables; None for an empty database.
    """
    config = _config()
    config.attributes["connection"] = connection
    if found == "0001":
        command.stamp(config, "0001")
    command.upgrade(config, "head")
