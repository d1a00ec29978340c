"""What Alembic runs for ``migrations.upgrade``: the revisions, on the connection that was handed in."""

from alembic import context

from billcore_sqlalchemy.migrations import VERSION_TABLE
from billcore_sqlalchemy.tables import metadata

context.configure(
    connection=context.config.attributes["connection"], target_metadata=metadata, version_table=VERSION_TABLE
)
with context.begin_transaction():
    context.run_migrations()
