"""Plain names for tables and columns. Which responses a build needed is no longer recorded."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.drop_table("runs")
    op.drop_index("ix_claims_buyer", "claims")
    for statement in (
        "answers RENAME TO responses",
        "responses RENAME COLUMN words TO text",
        "responses RENAME COLUMN bought_at TO created_at",
        "buyers RENAME TO clients",
        "clients RENAME COLUMN buyer TO client",
        "claims RENAME COLUMN buyer TO client",
    ):
        op.execute(f"ALTER TABLE {statement}")
    op.create_index("ix_claims_client", "claims", ["client"])
