"""The tables of the cache, as the newest migration leaves them.

A text is stored as bytes: models generate NUL and lone surrogates, which databases refuse in text columns.
"""

import hashlib
from collections.abc import Mapping
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
    sa.Column("served", sa.Text),
    sa.Column("digest", sa.String(64), nullable=False, server_default=""),
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

RESPONSE = ("key", "text", "finish_reason", "tokens_in", "tokens_out", "logprob", "served")
"""The columns of a response, as `get_many` reads them and its digest covers them."""

INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
"""The INSERT of each supported database, which has ON CONFLICT."""


def digest(values: Mapping[str, Any]) -> str:
    """SHA-256 of a response, as hexadecimal digits. The key is part of it, so that swapped responses are found."""
    rest = repr([values[name] for name in RESPONSE if name != "text"])
    return hashlib.sha256(rest.encode("utf-8", "surrogatepass") + b"\0" + values["text"]).hexdigest()
