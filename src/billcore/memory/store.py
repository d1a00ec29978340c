"""The store: one lock for whoever writes, a snapshot for whoever reads, and books that are replaced whole."""

import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from billcore.dates import instant
from billcore.errors import UnitOfWorkMisuse
from billcore.ids import FirmId, GatewayRef, OperationId, PaymentId
from billcore.memory import claims
from billcore.memory.books import Books, EventKey
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import DueOperation, ParkedEvent, Undelivered


class MemoryStore:
    """Books in memory, for any number of firms and threads of one process; gone when the process ends.

    A writing unit of work holds the lock from its begin to its end: writers of all firms wait for one another, and what
    one of them has read cannot change under it. A reading unit waits for nobody: it sees the books as they were last
    committed when it began.
    """

    def __init__(self) -> None:
        self._books = Books()
        self._writing = threading.Lock()
        self._thread = _Thread()

    # ── Units of work ────────────────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        """A writing unit of work; it waits for the one that is open in another thread."""
        with self._thread.inside("begin a unit of work"), self._writing:
            books = self._books.copy()
            books.shelves[firm_id] = books.shelf(firm_id).copy()
            transaction = Transaction(firm_id, books, publish=self._publish)
            try:
                yield self._unit_of_work(transaction)
            finally:
                transaction.end()

    @contextmanager
    def read(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        """A reading unit of work."""
        with self._thread.inside("begin a reading unit of work"):
            transaction = Transaction(firm_id, self._books, publish=None)
            try:
                yield self._unit_of_work(transaction)
            finally:
                transaction.end()

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        return MemoryUnitOfWork(transaction)

    def _publish(self, books: Books) -> None:
        self._books = books

    @property
    def is_in_unit_of_work(self) -> bool:
        return self._thread.is_inside

    # ── Across firms ─────────────────────────────────────────────────────────────────────────────────────────────────

    def firms(self) -> Sequence[FirmId]:
        return sorted(firm_id for firm_id, shelf in self._books.shelves.items() if shelf.firm is not None)

    def operations_in_doubt(self, *, before: datetime, limit: int) -> Sequence[tuple[FirmId, OperationId]]:
        waiting = [
            operation
            for shelf in self._books.shelves.values()
            for operation in shelf.operations.values()
            if not operation.is_done
            and operation.created_at < before
            and (operation.leased_until is None or operation.leased_until <= before)
        ]
        waiting.sort(key=lambda operation: (operation.created_at, operation.id))
        return [(operation.firm_id, operation.id) for operation in waiting[:limit]]

    def find_payment(self, ref: GatewayRef) -> tuple[FirmId, PaymentId] | None:
        for shelf in self._books.shelves.values():
            for payment in shelf.payments.values():
                if payment.ref == ref:
                    return payment.firm_id, payment.id
        return None

    def find_operation(self, ref: GatewayRef) -> tuple[FirmId, OperationId] | None:
        theirs = [
            operation
            for shelf in self._books.shelves.values()
            for operation in shelf.operations.values()
            if operation.ref == ref
        ]
        if not theirs:
            return None
        oldest = min(theirs, key=lambda operation: (operation.created_at, operation.id))
        return oldest.firm_id, oldest.id

    # ── Gateways' events that wait ───────────────────────────────────────────────────────────────────────────────────

    def was_heard(self, event: GatewayEvent) -> bool:
        return EventKey.of(event) in self._books.heard

    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        key = EventKey.of(event)
        parked = ParkedEvent(event=event, heard_at=instant(at, "at"))
        with self._changed("park an event") as books:
            if key in books.heard or key in books.parked:
                return False
            books.parked[key] = parked
            return True

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        waiting = sorted(self._books.parked.values(), key=lambda parked: (parked.tries, parked.heard_at))
        return waiting[:limit]

    # ── The outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

    def undelivered(self, *, limit: int) -> Sequence[Undelivered]:
        return sorted(self._books.undelivered.values(), key=lambda waiting: waiting.recorded.position)[:limit]

    def delivered(self, positions: Iterable[int]) -> None:
        with self._changed("mark events as delivered") as books:
            for position in positions:
                books.undelivered.pop(position, None)

    # ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        with self._changed("claim operations") as books:
            return claims.operations(books, created_before=created_before, at=at, until=until, limit=limit)

    def put_off_operation(self, firm_id: FirmId, operation_id: OperationId, *, until: datetime) -> None:
        with self._changed("put an operation off") as books:
            claims.put_off(books.operation_turns, (firm_id, operation_id), until=until)

    def claim_parked(self, *, at: datetime, until: datetime, limit: int) -> Sequence[ParkedEvent]:
        with self._changed("claim parked events") as books:
            return claims.parked(books, at=at, until=until, limit=limit)

    def put_off_parked(self, event: GatewayEvent, *, until: datetime) -> None:
        with self._changed("put an event off") as books:
            if (key := EventKey.of(event)) in books.parked:
                claims.put_off(books.event_turns, key, until=until)

    def let_go(self, event: GatewayEvent) -> None:
        with self._changed("let an event go") as books:
            claims.let_go(books, EventKey.of(event))

    def claim_undelivered(self, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
        with self._changed("claim events") as books:
            return claims.undelivered(books, at=at, until=until, limit=limit)

    def put_off_stream(self, firm_id: FirmId, stream: str, *, until: datetime | None) -> None:
        with self._changed("put a stream off") as books:
            if until is None:
                books.stream_turns.pop((firm_id, stream), None)
            else:
                claims.put_off(books.stream_turns, (firm_id, stream), until=until)

    @contextmanager
    def _changed(self, what: str) -> Iterator[Books]:
        """A copy of the books that replaces them at the end of the block."""
        with self._thread.inside(what), self._writing:
            books = self._books.copy()
            yield books
            self._publish(books)


class _Thread(threading.local):
    """Whether this thread has a unit of work open."""

    is_inside = False

    @contextmanager
    def inside(self, what: str) -> Iterator[None]:
        if self.is_inside:
            raise UnitOfWorkMisuse(
                f"asked to {what} inside another unit of work of this thread; leave its block first, "
                f"or do both in the one that is open"
            )
        self.is_inside = True
        try:
            yield
        finally:
            self.is_inside = False
