"""SQLite opened so that it neither loses updates nor waits in vain: BEGIN IMMEDIATE to write, WAL to read beside it.

Python's own transactions begin too late: two programs read the same row, both write, and one update is lost without an
error.
"""

from typing import Final, Protocol, cast

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from billcore.errors import UnsafeDatabase
from billcore_sqlalchemy.ready import Ready, carry_out

READING: Final = "billcore_reading"
"""The execution option of a connection that will only read: it waits for nobody and nobody for it."""

PRAGMAS: Final = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA busy_timeout = 10000",
    "PRAGMA foreign_keys = ON",
    # What was committed survives a power cut: a gateway is called only once the intent is on the disk.
    "PRAGMA synchronous = FULL",
)
_BEGIN: Final = Ready.of_text("BEGIN")
_BEGIN_IMMEDIATE: Final = Ready.of_text("BEGIN IMMEDIATE")
_LEGACY: Final = -1
"""``sqlite3.LEGACY_TRANSACTION_CONTROL``, which Python 3.11 has no name for."""


class _Driver(Protocol):
    """What ``sqlite3.Connection`` and its asynchronous wrappers have."""

    isolation_level: str | None

    @property
    def in_transaction(self) -> bool: ...


def sqlite_engine(url: str | URL) -> Engine:
    """An engine for a SQLite file, or for ``sqlite://`` in memory, that billcore and the host can share."""
    address = make_url(url)
    if address.database in (None, "", ":memory:"):
        # The database lives in its one connection; threads take turns.
        engine = create_engine(
            address,
            poolclass=QueuePool,
            pool_size=1,
            max_overflow=0,
            connect_args={"check_same_thread": False},
            hide_parameters=True,
        )
    else:
        engine = create_engine(address, hide_parameters=True)
    configure_sqlite(engine)
    return engine


def configure_sqlite(engine: Engine) -> None:
    """Make a host's own engine safe, before its first connection: its transactions then begin IMMEDIATE.

    A connection with the execution option ``billcore_reading=True`` begins DEFERRED.
    """
    if not event.contains(engine, "begin", _begin):
        event.listen(engine, "connect", _connect)
        event.listen(engine, "begin", _begin)


def is_configured(engine: Engine) -> bool:
    """Whether the engine's transactions begin as ours do."""
    return event.contains(engine, "begin", _begin)


def require_transactions(connection: Connection) -> None:
    """UnsafeDatabase for a connection whose driver begins transactions by itself, or on which none has begun."""
    driver = cast(_Driver, connection.connection.dbapi_connection)
    is_left_to_us = driver.isolation_level is None and getattr(driver, "autocommit", _LEGACY) == _LEGACY
    if not is_left_to_us or not driver.in_transaction:
        raise UnsafeDatabase(
            "this SQLite engine loses updates, for Python begins its transactions after the first read; open it with "
            "SqlStore.open(url) or sqlite_engine(url), or call configure_sqlite(engine) before its first connection"
        )


def _connect(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cast(_Driver, connection).isolation_level = None
    cursor = connection.cursor()
    for pragma in PRAGMAS:
        cursor.execute(pragma)
    cursor.close()


def _begin(connection: Connection) -> None:
    is_reading = connection.get_execution_options().get(READING, False)
    carry_out(connection, _BEGIN if is_reading else _BEGIN_IMMEDIATE, {}, lambda cursor: None)
