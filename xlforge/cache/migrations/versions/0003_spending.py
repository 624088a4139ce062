"""What a build or a period spent of its budget."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "spending",
        sa.Column("period", sa.String(200), primary_key=True),
        sa.Column("unit", sa.String(10), primary_key=True),
        sa.Column("amount", sa.Double, nullable=False),
        # Budgets made this table for themselves before there was this migration.
        if_not_exists=True,
    )
