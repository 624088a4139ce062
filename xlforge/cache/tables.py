"""The store's tables, as the newest migration leaves them.

Words are bytes, since models send NUL and lone surrogates, which databases refuse in text.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

TABLES = sa.MetaData()
ANSWERS = sa.Table(
    "answers",
    TABLES,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("revision", sa.Text),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("finish_reason", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.Integer, nullable=False),
    sa.Column("tokens_out", sa.Integer, nullable=False),
    sa.Column("logprob", sa.Double),
    sa.Column("bought_at", sa.Double, nullable=False),
)
RUNS = sa.Table(
    "runs",
    TABLES,
    sa.Column("run", sa.String(64), primary_key=True),
    sa.Column("stage", sa.Text, nullable=False),
    sa.Column("rows", sa.String(32), nullable=False),
    sa.Column("keys", sa.LargeBinary, nullable=False),
    sa.Column("finished_at", sa.Double, nullable=False),
)
BUYERS = sa.Table(
    "buyers",
    TABLES,
    sa.Column("buyer", sa.String(128), primary_key=True),
    sa.Column("until", sa.Double, nullable=False),
)
CLAIMS = sa.Table(
    "claims",
    TABLES,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("buyer", sa.String(128), nullable=False, index=True),
)
SPENDING = sa.Table(
    "spending",
    TABLES,
    sa.Column("period", sa.String(200), primary_key=True),
    sa.Column("unit", sa.String(10), primary_key=True),
    sa.Column("amount", sa.Double, nullable=False),
)

_INSERT: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
BACKENDS = frozenset(_INSERT)


def insert(dialect: str, table: sa.Table) -> Any:
    """The dialect's INSERT, which knows what to do on conflict."""
    return _INSERT[dialect](table)


def among(dialect: str, column: sa.Column[str]) -> sa.ColumnElement[bool]:
    """`column` is one of the parameter that `keys_of` makes: one parameter, however many keys."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam("keys", type_=postgresql.ARRAY(sa.Text)))
    return column.in_(sa.select(sa.func.json_each(sa.bindparam("keys", type_=sa.JSON)).table_valued("value").c.value))
