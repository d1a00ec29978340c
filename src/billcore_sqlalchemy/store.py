"""The store in a SQL database: the host's own SQLite, PostgreSQL or MariaDB, and if it wants, its own transaction."""

import threading
import weakref
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Final, Self

from sqlalchemy import URL, Connection, Engine

from billcore.errors import UnitOfWorkMisuse
from billcore.ids import FirmId, GatewayRef, OperationId, PaymentId
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import DueOperation, ParkedEvent, Undelivered
from billcore_sqlalchemy import across, claims, inbox
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for
from billcore_sqlalchemy.failures import translated
from billcore_sqlalchemy.policies import KnownPolicies
from billcore_sqlalchemy.session import Session, require_key
from billcore_sqlalchemy.tables import TABLES, Tables
from billcore_sqlalchemy.transactions import HostTransaction, OpenTransaction, OwnTransactions
from billcore_sqlalchemy.unit_of_work import SqlUnitOfWork

_NO_FIRM: Final = FirmId("")


class SqlStore:
    """Books in a SQL database, for any number of firms, threads and processes.

    A unit of work is one transaction on one connection of *engine*; records are locked when they are got, on SQLite the
    whole database. Once the database has refused a statement its unit of work is over: every further use of it is
    UnitOfWorkMisuse, so that nobody commits what is left. An engine that would lose updates is refused with
    UnsafeDatabase. The tables are the host's to create: by the migrations that come with billcore, or by its own.
    """

    def __init__(self, engine: Engine, *, tables: Tables = TABLES) -> None:
        self._begin(OwnTransactions(engine, tables.firms), tables)

    @classmethod
    def open(cls, url: str | URL) -> Self:
        """The store at that address, with its tables created or brought up to date: for scripts and small programs."""
        engine = engine_for(url)
        bring_up_to_date(engine)
        store = cls(engine)
        # Whoever opened it only has the store: its connections go with it, or at the program's end.
        weakref.finalize(store, engine.dispose)
        return store

    @classmethod
    def within(cls, connection: Connection, *, tables: Tables = TABLES) -> Self:
        """A store that takes part in the transaction which the host has open, and never commits it.

        For one connection, so for one thread. Between its units of work the host's transaction is still open, so desks
        refuse to call a gateway with it: what they tell the gateway must be committed first.
        """
        store = cls.__new__(cls)
        store._begin(HostTransaction(connection, tables.firms), tables)
        return store

    def _begin(self, transactions: OwnTransactions | HostTransaction, tables: Tables) -> None:
        self._transactions = transactions
        self._tables = tables
        self._known = KnownPolicies()
        self._thread = _Thread()

    # ── Units of work ────────────────────────────────────────────────────────────────────────────────────────────────

    def begin(self, firm_id: FirmId) -> AbstractContextManager[SqlUnitOfWork]:
        """A writing unit of work."""
        require_key(firm_id, "firm id")
        return self._unit_of_work(firm_id, is_writing=True)

    def read(self, firm_id: FirmId) -> AbstractContextManager[SqlUnitOfWork]:
        """A reading unit of work: it sees one moment of the books."""
        require_key(firm_id, "firm id")
        return self._unit_of_work(firm_id, is_writing=False)

    @contextmanager
    def _unit_of_work(self, firm_id: FirmId, *, is_writing: bool) -> Iterator[SqlUnitOfWork]:
        begun = self._transactions.writing if is_writing else self._transactions.reading
        self._thread.enter("begin a unit of work" if is_writing else "begin a reading unit of work")
        try:
            with begun() as transaction:
                session = self._thread.session = Session(transaction, firm_id, is_writing=is_writing)
                # What the host may still undo is known to be there in this unit of work only.
                known = KnownPolicies() if self._transactions.is_always_open else self._known
                try:
                    yield SqlUnitOfWork(session, self._tables, known, transaction)
                finally:
                    self._thread.session = None
                    session.end()
        finally:
            self._thread.leave()

    @property
    def is_in_unit_of_work(self) -> bool:
        return self._thread.is_inside or self._transactions.is_always_open

    # ── Across firms ─────────────────────────────────────────────────────────────────────────────────────────────────

    def firms(self) -> Sequence[FirmId]:
        with self._looking() as session:
            return across.firms(session, self._tables)

    def operations_in_doubt(self, *, before: datetime, limit: int) -> Sequence[tuple[FirmId, OperationId]]:
        with self._looking() as session:
            return across.operations_in_doubt(session, self._tables, before=before, limit=limit)

    def find_payment(self, ref: GatewayRef) -> tuple[FirmId, PaymentId] | None:
        with self._looking() as session:
            return across.find_payment(session, self._tables, ref)

    def find_operation(self, ref: GatewayRef) -> tuple[FirmId, OperationId] | None:
        with self._looking() as session:
            return across.find_operation(session, self._tables, ref)

    # ── Gateways' events that wait ───────────────────────────────────────────────────────────────────────────────────

    def was_heard(self, event: GatewayEvent) -> bool:
        with self._looking() as session:
            return inbox.was_heard(session, self._tables.inbox, event)

    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        with self._changing("park an event") as session:
            return inbox.park(session, self._tables.inbox, event, at=at)

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        with self._looking() as session:
            return inbox.parked(session, self._tables.inbox, limit=limit)

    # ── The outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

    def undelivered(self, *, limit: int) -> Sequence[Undelivered]:
        with self._looking() as session:
            return across.undelivered(session, self._tables, limit=limit)

    def delivered(self, positions: Iterable[int]) -> None:
        with self._changing("mark events as delivered") as session:
            across.delivered(session, self._tables, positions)

    # ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        with self._changing("claim operations") as session:
            return claims.operations(
                session, self._tables.operations, created_before=created_before, at=at, until=until, limit=limit
            )

    def put_off_operation(self, firm_id: FirmId, operation_id: OperationId, *, until: datetime) -> None:
        with self._changing("put an operation off") as session:
            claims.put_off_operation(session, self._tables.operations, firm_id, operation_id, until=until)

    def claim_parked(self, *, at: datetime, until: datetime, limit: int) -> Sequence[ParkedEvent]:
        with self._changing("claim parked events") as session:
            return claims.parked(session, self._tables.inbox, at=at, until=until, limit=limit)

    def put_off_parked(self, event: GatewayEvent, *, until: datetime) -> None:
        with self._changing("put an event off") as session:
            claims.put_off_parked(session, self._tables.inbox, event, until=until)

    def let_go(self, event: GatewayEvent) -> None:
        with self._changing("let an event go") as session:
            claims.let_go(session, self._tables.inbox, event)

    def claim_undelivered(self, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
        with self._changing("claim events") as session:
            return claims.undelivered(session, self._tables, at=at, until=until, limit=limit)

    def put_off_stream(self, firm_id: FirmId, stream: str, *, until: datetime | None) -> None:
        with self._changing("put a stream off") as session:
            claims.put_off_stream(session, self._tables.deliveries, firm_id, stream, until=until)

    @contextmanager
    def _looking(self) -> Iterator[Session]:
        """A session of no firm, to look; inside a unit of work, the unit's own."""
        if self._thread.session is not None:
            yield self._thread.session
        else:
            with self._transactions.reading() as transaction:
                yield from self._session(transaction, is_writing=False)

    @contextmanager
    def _changing(self, what: str) -> Iterator[Session]:
        """A session of no firm, to change; committed at the end of the block."""
        self._thread.enter(what)
        try:
            with self._transactions.writing() as transaction:
                yield from self._session(transaction, is_writing=True)
                with translated():
                    transaction.commit()
        finally:
            self._thread.leave()

    def _session(self, transaction: OpenTransaction, *, is_writing: bool) -> Iterator[Session]:
        session = Session(transaction, _NO_FIRM, is_writing=is_writing)
        try:
            yield session
        finally:
            session.end()


class _Thread(threading.local):
    """The unit of work that this thread has open."""

    is_inside = False
    session: Session | None = None

    def enter(self, what: str) -> None:
        """Alone until ``leave``: one thread has one unit of work at a time."""
        if self.is_inside:
            raise UnitOfWorkMisuse(
                f"asked to {what} inside another unit of work of this thread; leave its block first, "
                f"or do both in the one that is open"
            )
        self.is_inside = True

    def leave(self) -> None:
        self.is_inside = False
