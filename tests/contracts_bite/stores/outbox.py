"""Faults in the timeline and the outbox."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from time import sleep

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore, books_of

from billcore.events import Event, stream
from billcore.ids import FirmId, InvoiceId
from billcore.memory.records import Events
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.ports.store import Undelivered
from billcore.recorded import RecordedEvent


class _EventsByMoment(Events):
    def all(self) -> Iterable[RecordedEvent]:
        return sorted(super().all(), key=lambda recorded: recorded.event.at)


class OrdersEventsByTheClock(BrokenStore):
    bites = "test_events_come_back_whole_and_in_order"
    repository = _EventsByMoment


class PublishesBeforeCommit(BrokenStore):
    """A message queue beside the database."""

    bites = "test_events_of_a_unit_that_was_not_committed_never_happened"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = super()._unit_of_work(transaction)
        unit.events = _EventsInAQueue(transaction, self)
        return unit


class _EventsInAQueue(Events):
    def __init__(self, transaction: Transaction, store: BrokenStore) -> None:
        super().__init__(transaction)
        self._store = store

    def append(self, events: Iterable[Event]) -> None:
        super().append(events)
        self._store._books.undelivered.update(self._transaction.books().undelivered)


class _EventsOfOneStream(Events):
    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]:
        return [recorded for recorded in self.all() if stream(recorded.event) == invoice_id]


class KeepsPaymentsOutOfTheTimeline(BrokenStore):
    bites = "test_the_timeline_of_an_invoice_has_every_event_about_it"
    repository = _EventsOfOneStream


class DrawsPositionsBeforeTheLock(BrokenStore):
    """A sequence: who drew first need not commit first."""

    bites = "test_positions_in_a_stream_follow_the_order_of_commits"
    is_a_race = True

    def __init__(self) -> None:
        super().__init__()
        self._blocks = count(1)

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        block = next(self._blocks)
        sleep(0.003 * (block % 2))
        with super().begin(firm_id) as unit:
            books_of(unit).last_position = 1000 * block
            yield unit


class TellsTheFirmForTheStream(BrokenStore):
    bites = "test_what_is_committed_waits_for_the_subscriber"

    def undelivered(self, *, limit: int) -> Sequence[Undelivered]:
        return [evolve(waiting, stream=waiting.firm_id) for waiting in super().undelivered(limit=limit)]


class GivesFirmAfterFirm(BrokenStore):
    bites = "test_undelivered_events_are_given_in_order_of_position"

    def undelivered(self, *, limit: int) -> Sequence[Undelivered]:
        return sorted(super().undelivered(limit=1000), key=lambda waiting: waiting.firm_id)[:limit]


class MarksEverythingUpToTheLast(BrokenStore):
    """A consumer's offset for a batch, as if its positions were delivered without a gap."""

    bites = "test_what_was_delivered_waits_no_longer"

    def delivered(self, positions: Iterable[int]) -> None:
        batch = list(positions)
        before = [position for position in self._books.undelivered if position <= max(batch)] if len(batch) > 1 else []
        super().delivered([*batch, *before])


class DeletesWhatWasDelivered(BrokenStore):
    bites = "test_what_was_delivered_stays_in_the_timeline"

    def delivered(self, positions: Iterable[int]) -> None:
        gone = set(positions)
        super().delivered(gone)
        for shelf in self._books.shelves.values():
            shelf.events = [recorded for recorded in shelf.events if recorded.position not in gone]
