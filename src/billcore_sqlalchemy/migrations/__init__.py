"""The schema over time: Alembic revisions under the branch label ``billcore``, to run beside the host's own or alone.

A host lists them beside its own: ``version_locations = %(here)s/versions billcore_sqlalchemy:migrations/versions`` with
``path_separator = space``, and migrates with ``alembic upgrade heads``. They are for tables named billcore_*: a host
that builds them with another prefix or schema lets Alembic write the revisions from its own metadata.
"""

from typing import Final

from sqlalchemy import Connection, column, inspect, select, table

HEAD: Final = "billcore_0004"
"""The newest revision."""

VERSION_TABLE: Final = "billcore_alembic_version"
"""Where ``upgrade`` notes the revision, apart from the host's own."""


def upgrade(connection: Connection) -> None:
    """Bring the tables up to this release of billcore, in the transaction of *connection*; nothing to do is quick."""
    if current(connection) == HEAD:
        return
    # Alembic is slow to import, and most programs that open a store find it up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "billcore_sqlalchemy:migrations")
    config.attributes["connection"] = connection
    command.upgrade(config, "billcore@head")


def current(connection: Connection) -> str | None:
    """The revision that ``upgrade`` brought the tables to; None where it never ran."""
    if not inspect(connection).has_table(VERSION_TABLE):
        return None
    revision: str | None = connection.scalar(select(column("version_num")).select_from(table(VERSION_TABLE)))
    return revision
