"""Faults in units of work."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime

from tests.contracts_bite.stores.broken import BrokenStore, books_of

from billcore.ids import FirmId
from billcore.memory import MemoryStore
from billcore.memory.books import Books, Shelf
from billcore.memory.records import Events
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import Store
from billcore.recorded import RecordedEvent

# ── Whole or not at all ──────────────────────────────────────────────────────────────────────────────────────────────


class ReadsFromAReplica(BrokenStore):
    """The replica lags behind: its payments come later."""

    bites = "test_what_is_committed_is_there_for_everybody"

    def second_handle(self) -> Store:
        return _Replica(self)


class _Replica(MemoryStore):
    def __init__(self, primary: MemoryStore) -> None:
        super().__init__()
        self._primary = primary

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with self._primary.begin(firm_id) as unit:
            yield unit

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        self._books = self._primary._books.copy()
        shelf = self._books.shelves[firm_id] = self._books.shelf(firm_id).copy()
        shelf.payments = {}
        with super().read(firm_id) as unit:
            yield unit


class KeepsChargesAnyway(BrokenStore):
    """Writes one table in a connection of its own, with autocommit."""

    bites = "test_records_not_committed_are_as_before"

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().begin(firm_id) as unit:
            yield unit
            self.published(firm_id).charges = books_of(unit).shelf(firm_id).charges


class CommitsInFinally(BrokenStore):
    bites = "test_an_error_in_the_block_undoes_it_and_comes_through"

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().begin(firm_id) as unit:
            try:
                yield unit
            except ZeroDivisionError:
                self._publish(books_of(unit))
                raise


# ── Sight ────────────────────────────────────────────────────────────────────────────────────────────────────────────


class AsksTheDatabaseBesideTheTransaction(BrokenStore):
    bites = "test_a_unit_of_work_sees_its_own_changes"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = super()._unit_of_work(transaction)
        unit.events = _CommittedEvents(transaction, self.published(transaction.firm_id))
        return unit


class _CommittedEvents(Events):
    def __init__(self, transaction: Transaction, committed: Shelf) -> None:
        super().__init__(transaction)
        self._committed = committed

    def all(self) -> Iterable[RecordedEvent]:
        return tuple(self._committed.events) if self._transaction.books() else ()


class ReadsWhatIsNotCommitted(BrokenStore):
    bites = "test_a_reader_neither_waits_for_a_writer_nor_sees_its_changes"

    def __init__(self) -> None:
        super().__init__()
        self._written: Books | None = None

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().begin(firm_id) as unit:
            self._written = books_of(unit)
            try:
                yield unit
            finally:
                self._written = None

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().read(firm_id) as unit:
            unit._transaction._books = self._written or self._books
            yield unit


class ReadsAsItGoes(BrokenStore):
    """READ COMMITTED: each query of a reading unit sees another moment."""

    bites = "test_a_reading_unit_sees_one_moment"

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().read(firm_id) as unit:
            yield super()._unit_of_work(_Live(self, unit._transaction))


class _Live(Transaction):
    def __init__(self, store: BrokenStore, begun: Transaction) -> None:
        super().__init__(begun.firm_id, begun.books(), publish=None)
        self._store, self._begun = store, begun

    def books(self) -> Books:
        return self._store._books if self._begun.books() else self._books


# ── One per thread ───────────────────────────────────────────────────────────────────────────────────────────────────


class LetsReadersNest(BrokenStore):
    bites = "test_a_unit_of_work_inside_another_is_refused"

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        was_inside, self._thread.is_inside = self._thread.is_inside, False
        try:
            with super().read(firm_id) as unit:
                yield unit
        finally:
            self._thread.is_inside = was_inside


class AsksTheLock(BrokenStore):
    """Nobody who only reads holds it."""

    bites = "test_a_store_knows_whether_this_thread_has_a_unit_of_work"

    @property
    def is_in_unit_of_work(self) -> bool:
        return self._writing.locked()


class CountsTheUnitsOfAllThreads(BrokenStore):
    bites = "test_another_thread_has_units_of_work_of_its_own"

    def __init__(self) -> None:
        super().__init__()
        self._open = 0

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with super().read(firm_id) as unit:
            self._open += 1
            try:
                yield unit
            finally:
                self._open -= 1

    @property
    def is_in_unit_of_work(self) -> bool:
        return super().is_in_unit_of_work or self._open > 0


class PutsOffAnywhere(BrokenStore):
    bites = "test_parking_and_delivering_are_refused_inside_a_unit_of_work"

    def put_off_parked(self, event: GatewayEvent, *, until: datetime) -> None:
        if not self.is_in_unit_of_work:
            super().put_off_parked(event, until=until)


class LooksInAUnitOfItsOwn(BrokenStore):
    bites = "test_what_is_looked_up_across_firms_is_told_inside_a_unit_of_work"

    def was_heard(self, event: GatewayEvent) -> bool:
        with self._thread.inside("look for an event"):
            return super().was_heard(event)


# ── Over when it is over ─────────────────────────────────────────────────────────────────────────────────────────────


class GoesOnAfterCommit(BrokenStore):
    bites = "test_a_unit_of_work_is_over_after_its_commit"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def commit(self) -> None:
            self._transaction._require_writing()(self._transaction.changing_books())


class LeavesReadersOpen(BrokenStore):
    bites = "test_a_unit_of_work_is_over_after_its_block"

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        with self._thread.inside("begin a reading unit of work"):
            yield self._unit_of_work(Transaction(firm_id, self._books, publish=None))


class HearsWhileReading(BrokenStore):
    """And nobody commits it."""

    bites = "test_a_reading_unit_refuses_every_change"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def hear(self, event: GatewayEvent) -> bool:
            is_reading = self._transaction.books() is not None and self._transaction._publish is None
            return True if is_reading else super().hear(event)
