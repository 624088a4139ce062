"""What a build or a period spent of its budget."""

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
        # Before this migration, budgets created the table themselves.
        if_not_exists=True,
    )
