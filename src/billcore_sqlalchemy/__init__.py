"""billcore's books in SQLite, PostgreSQL or MariaDB: in the host's own engine, transaction and migrations."""

from billcore.errors import MissingExtra

try:
    import sqlalchemy as _sqlalchemy  # noqa: F401
except ModuleNotFoundError as _missing:
    raise MissingExtra("billcore_sqlalchemy needs SQLAlchemy: pip install 'billcore[sqlalchemy]'") from _missing

from billcore_sqlalchemy.sqlite import configure_sqlite, sqlite_engine
from billcore_sqlalchemy.store import SqlStore
from billcore_sqlalchemy.tables import TABLES, Tables, build_tables, metadata

__all__ = ["TABLES", "SqlStore", "Tables", "build_tables", "configure_sqlite", "metadata", "sqlite_engine"]
