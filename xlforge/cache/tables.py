"""The tables of the cache, as the newest migration leaves them.

A text is stored as bytes: models generate NUL and lone surrogates, which databases refuse in text columns.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

TABLES = sa.MetaData()
RESPONSES = sa.Table(
    "responses",
    TABLES,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("revision", sa.Text),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("text", sa.LargeBinary, nullable=False),
    sa.Column("finish_reason", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.Integer, nullable=False),
    sa.Column("tokens_out", sa.Integer, nullable=False),
    sa.Column("logprob", sa.Double),
    sa.Column("created_at", sa.Double, nullable=False),
)
CLIENTS = sa.Table(
    "clients",
    TABLES,
    sa.Column("client", sa.String(128), primary_key=True),
    sa.Column("until", sa.Double, nullable=False),
)
CLAIMS = sa.Table(
    "claims",
    TABLES,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("client", sa.String(128), nullable=False, index=True),
)
SPENDING = sa.Table(
    "spending",
    TABLES,
    sa.Column("period", sa.String(200), primary_key=True),
    sa.Column("unit", sa.String(10), primary_key=True),
    sa.Column("amount", sa.Double, nullable=False),
)

INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The INSERT of each supported database, which has ON CONFLICT."""


def among(dialect: str, column: sa.Column[str]) -> sa.ColumnElement[bool]:
    """`column` is in the list that is bound to `keys`: one parameter for any number of keys."""
    if dialect == "postgresql":
        return column == sa.any_(sa.bindparam("keys", type_=postgresql.ARRAY(sa.Text)))
    return column.in_(sa.select(sa.func.json_each(sa.bindparam("keys", type_=sa.JSON)).table_valued("value").c.value))
