"""The first version: responses, and a table with the version number."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table("store_version", sa.Column("version", sa.Integer, primary_key=True))
    op.execute("INSERT INTO store_version VALUES (1)")
    op.create_table(
        "answers",
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
