"""Events: in the transaction of what they tell, in order, and kept for the subscriber until it has them."""

from collections.abc import Sequence
from typing import Final

from attrs import evolve

from billcore.events import Event
from billcore.ids import InvoiceId, PaymentId
from billcore.methods import Method
from billcore.payments import paying
from billcore.ports.store import Store, Undelivered
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.store_checks.shape import THREADS, Opened, StoreChecks, at_once, opened

ROUNDS: Final = 4
"""How many events each thread appends to the same stream."""


class OutboxChecks(StoreChecks):
    """Timeline and outbox."""

    @check
    def test_events_come_back_whole_and_in_order(self, store: Store) -> None:
        """Give each event the next position as it is appended, and order every list of events by position."""
        books = opened(store)
        events = [builders.an_event(books.firm, reason=f"event {count}", at=later(-count)) for count in range(5)]
        with store.begin(books.id) as work:
            work.events.append(events[:3])
            work.events.append(events[3:])
            work.commit()

        with store.read(books.id) as work:
            recorded = list(work.events.all())
        assert [each.event for each in recorded] == events
        assert [each.position for each in recorded] == sorted({each.position for each in recorded})

    @check
    def test_events_of_a_unit_that_was_not_committed_never_happened(self, store: Store) -> None:
        """Append to timeline and outbox in the transaction of the change, never in one of their own."""
        books = opened(store)

        with store.begin(books.id) as work:
            work.events.append([builders.an_event(books.firm)])

        with store.read(books.id) as work:
            assert list(work.events.all()) == []
        assert list(store.undelivered(limit=10)) == []

    @check
    def test_the_timeline_of_an_invoice_has_every_event_about_it(self, store: Store) -> None:
        """List an event under each id of events.invoices_of(event): a payment is in the timelines of its invoices."""
        books = opened(store)
        payments = [_recorded(books, number) for number in (1, 2)]
        with store.begin(books.id) as work:
            work.events.append([builders.an_event(books.firm, "invoice-1"), *payments])
            work.events.append([builders.an_event(books.firm, "invoice-2")])
            work.commit()

        with store.read(books.id) as work:
            first = [each.event for each in work.events.about_invoice(InvoiceId("invoice-1"))]
            second = [each.event for each in work.events.about_invoice(InvoiceId("invoice-2"))]
            nobody = list(work.events.about_invoice(InvoiceId("nobody")))
        assert first == [builders.an_event(books.firm, "invoice-1"), payments[0]]
        assert second == [payments[1], builders.an_event(books.firm, "invoice-2")]
        assert nobody == []

    @check
    def test_positions_in_a_stream_follow_the_order_of_commits(self, store: Store) -> None:
        """Draw the position when the stream's record is locked already: a number drawn earlier is out of order."""
        self.needs_threads()
        books = opened(store)

        def change(_: int) -> None:
            for _ in range(ROUNDS):
                with store.begin(books.id) as work:
                    client = work.clients.get(books.client.id)
                    work.clients.save(evolve(client, notes=f"{client.notes}."))
                    work.events.append([builders.an_event(books.firm, reason=f"{client.notes}.")])
                    work.commit()

        with on_the_way():
            at_once(change)

        waiting = sorted(store.undelivered(limit=1000), key=lambda each: each.recorded.position)
        told = [each.recorded.event for each in waiting]
        happened = [builders.an_event(books.firm, reason="." * (count + 1)) for count in range(THREADS * ROUNDS)]
        if len(told) != len(happened) or any(event not in told for event in happened):
            not_judged("an update or an event was lost")
        assert told == happened

    @check
    def test_what_is_committed_waits_for_the_subscriber(self, store: Store) -> None:
        """Keep every event of every firm as undelivered, with its firm and with the stream of events.stream(event)."""
        acme, other = opened(store), opened(store, "other")
        for books in (acme, other):
            _append(store, books, "invoice-1")
        _append(store, acme, "invoice-2")

        waiting = store.undelivered(limit=10)

        assert {(each.firm_id, each.stream, each.recorded.event) for each in waiting} == {
            (acme.id, "invoice-1", builders.an_event(acme.firm, "invoice-1")),
            (other.id, "invoice-1", builders.an_event(other.firm, "invoice-1")),
            (acme.id, "invoice-2", builders.an_event(acme.firm, "invoice-2")),
        }

    @check
    def test_undelivered_events_are_given_in_order_of_position(self, store: Store) -> None:
        """Order by position before the limit is applied, so that the oldest are never left behind."""
        acme, other = opened(store), opened(store, "other")
        for books in (other, acme, other, acme):
            _append(store, books, "invoice-1")

        positions = _positions(store.undelivered(limit=10))

        assert len(positions) == 4
        assert positions == sorted(positions)
        assert _positions(store.undelivered(limit=2)) == positions[:2]

    @check
    def test_what_was_delivered_waits_no_longer(self, store: Store) -> None:
        """Mark exactly these positions; again, or for one that is unknown, is no error."""
        books = opened(store)
        for count in range(4):
            _append(store, books, f"invoice-{count}")
        positions = _positions(store.undelivered(limit=10))

        store.delivered(iter(positions[1:3]))
        store.delivered([positions[1], 10**9])
        store.delivered([])

        assert _positions(store.undelivered(limit=10)) == [positions[0], positions[3]]

    @check
    def test_what_was_delivered_stays_in_the_timeline(self, store: Store) -> None:
        """Delete the mark and not the event: the books are verified from all events."""
        books = opened(store)
        _append(store, books, "invoice-1")

        store.delivered(_positions(store.undelivered(limit=10)))

        with store.read(books.id) as work:
            assert len(list(work.events.all())) == 1
            assert len(work.events.about_invoice(InvoiceId("invoice-1"))) == 1


def _positions(waiting: Sequence[Undelivered]) -> list[int]:
    return [each.recorded.position for each in waiting]


def _append(store: Store, books: Opened, invoice_id: str) -> None:
    with store.begin(books.id) as work:
        work.events.append([builders.an_event(books.firm, invoice_id)])
        work.commit()


def _recorded(books: Opened, number: int) -> Event:
    """The event of a payment on the invoice of that number."""
    invoice = builders.an_issued_invoice(books.firm, books.client, f"invoice-{number}")
    _, event = paying.record(
        PaymentId(f"payment-{number}"),
        firm=books.firm,
        client=books.client,
        amount=invoice.balance,
        allocations=[(invoice, invoice.balance)],
        method=Method.CHECK,
        at=later(number),
        by=builders.BY,
    )
    return event
