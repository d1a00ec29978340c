"""Where a unit of work's transaction comes from: our own on an engine, or a part of the host's on its connection."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final, Protocol

from attrs import frozen
from sqlalchemy import Connection, Engine, NestedTransaction, Table, Transaction, false
from sqlalchemy.exc import StatementError

from billcore.errors import UnitOfWorkMisuse, UnsafeDatabase
from billcore_sqlalchemy import sqlite
from billcore_sqlalchemy.failures import in_our_words, translated

_LEVEL: Final = "READ COMMITTED"


class OwnTransactions:
    """A transaction of our own on a connection of the engine.

    Writers lock the rows they read, so they need READ COMMITTED: under a stricter level MariaDB would lock the row and
    then hand out what it was before. Readers see one moment. On SQLite a writer holds the whole database.
    """

    is_always_open: Final = False

    def __init__(self, engine: Engine, some_table: Table) -> None:
        self._engine = engine
        self._reading = engine.execution_options(**{sqlite.READING: True})
        self._some_table = some_table
        self._level: str | None = None
        self._begins_with_the_lock = engine.dialect.name == "sqlite" and sqlite.is_configured(engine)
        if engine.dialect.name == "sqlite":
            with self.reading():
                pass

    def writing(self) -> AbstractContextManager[Transaction]:
        return self._begun(self._engine, is_writing=True)

    def reading(self) -> AbstractContextManager[Transaction]:
        return self._begun(self._reading, is_writing=False)

    @contextmanager
    def _begun(self, engine: Engine, *, is_writing: bool) -> Iterator[Transaction]:
        with engine.connect() as connection:
            try:
                transaction = connection.begin()
            except StatementError as error:
                raise in_our_words(error) from None
            # Whatever was not committed is undone when the connection goes back to its pool.
            self._prepare(connection, is_writing=is_writing)
            yield transaction

    def _prepare(self, connection: Connection, *, is_writing: bool) -> None:
        if connection.dialect.name == "sqlite":
            sqlite.require_transactions(connection)
            if is_writing and not self._begins_with_the_lock:
                take_the_lock(connection, self._some_table)
            return
        if self._level is None:
            self._level = connection.get_isolation_level()
            if self._level == "AUTOCOMMIT":
                raise UnsafeDatabase("this engine commits every statement by itself; create it without AUTOCOMMIT")
        if is_writing and self._level == _LEVEL:
            return
        level = _LEVEL if is_writing else "REPEATABLE READ, READ ONLY"
        connection.exec_driver_sql(f"SET TRANSACTION ISOLATION LEVEL {level}")
        if connection.dialect.name in ("mysql", "mariadb"):
            # There it is said of the next transaction, which must be this one and not the connection's next user's.
            connection.exec_driver_sql("START TRANSACTION")


class HostTransaction:
    """A part of the transaction that the host has open: a savepoint, so that a unit that fails undoes its own part.

    It never commits. The isolation level is the host's; the version that every save compares holds under each.
    """

    is_always_open: Final = True

    def __init__(self, connection: Connection, some_table: Table) -> None:
        self._connection = connection
        self._some_table = some_table

    @contextmanager
    def writing(self) -> Iterator["Part"]:
        if self._connection.closed:
            raise UnitOfWorkMisuse("this connection of the host's is closed; make a store within one that is open")
        around = self._connection.get_nested_transaction()
        with translated():
            part = Part(self._connection.begin_nested(), around)
        try:
            if self._connection.dialect.name == "sqlite":
                sqlite.require_transactions(self._connection)
                take_the_lock(self._connection, self._some_table)
            yield part
        finally:
            if part.is_active:
                part.rollback()

    @contextmanager
    def reading(self) -> Iterator["Part"]:
        with self.writing() as part:
            yield part


class OpenTransaction(Protocol):
    """What a unit of work needs of a transaction: its connection, whether it is still open, and its end."""

    @property
    def connection(self) -> Connection: ...
    @property
    def is_active(self) -> bool: ...
    def commit(self) -> None: ...
    def rollback(self) -> None: ...


@frozen
class Part:
    """Our savepoint in the host's transaction. It is over when the host has ended what is *around* it.

    The database and SQLAlchemy would take statements after that, and they would be the host's.
    """

    savepoint: NestedTransaction
    around: NestedTransaction | None

    @property
    def connection(self) -> Connection:
        return self.savepoint.connection

    @property
    def is_active(self) -> bool:
        return self.savepoint.is_active and (self.around is None or self.around.is_active)

    def commit(self) -> None:
        self.savepoint.commit()

    def rollback(self) -> None:
        self.savepoint.rollback()


def take_the_lock(connection: Connection, some_table: Table) -> None:
    """Become SQLite's one writer now, before anything is read: a write that changes nothing does it."""
    with translated():
        connection.execute(some_table.update().where(false()).values(version=some_table.c.version))
