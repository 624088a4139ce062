"""A digest of every response, so that one which was altered or damaged is found; and the name of the model that a server gave.

A response that is already cached gets the digest of what it is now: `xlforge cache verify` cannot know what it was before.
"""

import sqlalchemy as sa
from alembic import op

from xlforge.cache.tables import digest

revision = "0005"
down_revision = "0004"

_PAGE = 5000
_READ = "SELECT key, text, finish_reason, tokens_in, tokens_out, logprob FROM responses WHERE key > :last ORDER BY key LIMIT :page"


def upgrade() -> None:
    op.add_column("responses", sa.Column("served", sa.Text))
    op.add_column("responses", sa.Column("digest", sa.String(64), nullable=False, server_default=""))
    connection, last = op.get_bind(), ""
    while rows := connection.execute(sa.text(_READ), {"last": last, "page": _PAGE}).all():
        digests = [{"of": row.key, "digest": digest({**row._mapping, "served": None})} for row in rows]
        connection.execute(sa.text("UPDATE responses SET digest = :digest WHERE key = :of"), digests)
        last = rows[-1].key
