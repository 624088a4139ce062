"""alembic runs this for every migration: on the connection that `upgrade` was given, in its transaction."""

from alembic import context

context.configure(connection=context.config.attributes["connection"], transactional_ddl=False)
context.run_migrations()
