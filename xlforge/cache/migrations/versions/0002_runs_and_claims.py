"""Which responses a build needed, and which build is generating a response."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    # From here on alembic keeps the version. The old table makes an xlforge before alembic refuse the database.
    op.execute("UPDATE store_version SET version = 2")
    op.create_table(
        "runs",
        sa.Column("run", sa.String(64), primary_key=True),
        sa.Column("stage", sa.Text, nullable=False),
        sa.Column("rows", sa.String(32), nullable=False),
        sa.Column("keys", sa.LargeBinary, nullable=False),
        sa.Column("finished_at", sa.Double, nullable=False),
    )
    op.create_table(
        "buyers",
        sa.Column("buyer", sa.String(128), primary_key=True),
        sa.Column("until", sa.Double, nullable=False),
    )
    op.create_table(
        "claims",
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("buyer", sa.String(128), nullable=False),
    )
    op.create_index("ix_claims_buyer", "claims", ["buyer"])
