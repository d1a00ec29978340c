"""Claims: due work is handed to one worker at a time, what fails makes way for the rest, and nothing is forgotten."""

from collections import Counter
from datetime import datetime

from billcore.events import stream
from billcore.payments.operation import OperationState, move, submit
from billcore.ports.store import DueOperation, Store
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check
from billcore.testing.store_checks.shape import THREADS, Opened, StoreChecks, at_once, opened

NOW, SOON, LATE = later(100), later(110), later(200)


class ClaimChecks(StoreChecks):
    """Operations in doubt, parked events, and the outbox."""

    # ── Operations ───────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_an_operation_is_claimed_once_until_its_claim_runs_out(self, store: Store) -> None:
        """Move its turn in the transaction that hands it out, and count the try; a worker that dies gives it back."""
        _waiting(store, opened(store), 3)

        claims = [_operations(store, at=NOW, until=SOON, limit=3) for _ in range(3)]
        again = _operations(store, at=SOON, until=LATE, limit=10)

        assert [len(claim) for claim in claims] == [3, 1, 0]
        assert Counter(due.tries for claim in claims for due in claim) == {0: 4}
        assert Counter(due.tries for due in again) == {1: 4}

    @check
    def test_workers_that_claim_at_the_same_time_share_the_operations(self, store: Store) -> None:
        """Lock the rows and leave out what is locked: FOR UPDATE SKIP LOCKED, BEGIN IMMEDIATE on SQLite."""
        self.needs_threads()
        _waiting(store, opened(store), 4 * THREADS - 1)

        def claim(_: int) -> list[DueOperation]:
            return [due for _ in range(8) for due in _operations(store, at=NOW, until=LATE, limit=1)]

        claimed = Counter(due.operation_id for worker in at_once(claim) for due in worker)

        assert len(claimed) == 4 * THREADS
        assert max(claimed.values()) == 1, "one operation was given to two workers"

    @check
    def test_the_longest_waiting_operation_is_claimed_first(self, store: Store) -> None:
        """Order by turn before the limit: what was put off makes way for what was not tried yet."""
        books = opened(store)
        _waiting(store, books, 3)
        _operations(store, at=later(1), until=later(20), limit=1)
        (first,) = _operations(store, at=later(5), until=later(10), limit=1)

        order = [due.operation_id for due in _operations(store, at=NOW, until=LATE, limit=10)]

        assert order == [*(f"waiting-{n}" for n in (2, 3)), first.operation_id, books.operation.id]

    @check
    def test_an_operation_that_was_put_off_waits_for_its_turn(self, store: Store) -> None:
        """Set its turn to that moment, sooner or later than the claim's own; a save of the record leaves it alone."""
        books = opened(store)
        store.put_off_operation(books.id, books.operation.id, until=SOON)
        with store.begin(books.id) as work:
            work.operations.save(work.operations.get(books.operation.id))
            work.commit()

        before = _operations(store, at=NOW, until=LATE, limit=10)
        in_its_turn = _operations(store, at=SOON, until=LATE, limit=10)

        assert ([*before], [due.operation_id for due in in_its_turn]) == ([], [books.operation.id])

    @check
    def test_only_operations_in_doubt_are_claimed(self, store: Store) -> None:
        """Leave out what is done, what is younger than `created_before`, and what is leased beyond `at`."""
        books = opened(store)
        one = builders.an_operation(books.firm, "one", at=later(1))
        with store.begin(books.id) as work:
            work.operations.add(submit(one, at=later(2), until=SOON))
            for operation_id, state in (("done", OperationState.SUCCEEDED), ("open", OperationState.UNKNOWN)):
                operation = builders.an_operation(books.firm, operation_id, at=later(1))
                work.operations.add(move(operation, state, at=later(2)))
            work.operations.add(builders.an_operation(books.firm, "young", at=later(60)))
            work.commit()

        claimed = store.claim_operations(created_before=later(60), at=NOW, until=LATE, limit=10)

        assert {due.operation_id for due in claimed} == {books.operation.id, "open"}

    # ── Parked events ────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_parked_event_is_claimed_in_turn_put_off_and_let_go(self, store: Store) -> None:
        """Hand it out once until its claim runs out or its new turn comes; once let go it may be parked again."""
        events = [builders.a_gateway_event(f"evt_{number}") for number in range(3)]
        for minute, event in enumerate(events):
            store.park(event, at=later(minute))

        claims = [store.claim_parked(at=NOW, until=SOON, limit=2) for _ in range(3)]
        store.put_off_parked(events[0], until=LATE)
        store.let_go(events[1])
        again = store.claim_parked(at=SOON, until=LATE, limit=10)

        assert [[kept.event for kept in claim] for claim in claims] == [events[:2], events[2:], []]
        assert [(kept.event, kept.tries) for kept in again] == [(events[2], 1)]
        assert store.park(events[1], at=LATE)

    # ── The outbox ───────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_stream_is_claimed_whole_and_in_order_by_one_worker(self, store: Store) -> None:
        """Claim streams and not events: two workers that share one would tell its events out of order."""
        books = opened(store)
        _append(store, books, "a", "b", "a", "c", "b", "a")

        first = store.claim_undelivered(at=NOW, until=SOON, limit=2)
        second = store.claim_undelivered(at=NOW, until=SOON, limit=2)

        assert [each.stream for each in first] == ["a", "b", "a", "b", "a"]
        assert [each.stream for each in second] == ["c"]
        assert [each.recorded.position for each in first] == sorted(each.recorded.position for each in first)

    @check
    def test_a_stream_that_was_put_off_keeps_no_other_waiting(self, store: Store) -> None:
        """Leave out streams whose turn has not come before the limit is applied, and count how often they came."""
        books = opened(store)
        _append(store, books, "a", "b", "c", "d")
        store.put_off_stream(books.id, "a", until=SOON)
        store.put_off_stream(books.id, "b", until=SOON)
        claimed = store.claim_undelivered(at=NOW, until=SOON, limit=2)
        for each in claimed:
            store.delivered([each.recorded.position])
            store.put_off_stream(each.firm_id, each.stream, until=None)
        _append(store, books, "c")

        again = store.claim_undelivered(at=SOON, until=LATE, limit=10)
        once_more = store.claim_undelivered(at=LATE, until=later(300), limit=10)

        assert [each.stream for each in claimed] == ["c", "d"]
        assert [(each.stream, each.tries) for each in again] == [("a", 0), ("b", 0), ("c", 0)]
        assert [(each.stream, each.tries) for each in once_more] == [("a", 1), ("b", 1), ("c", 1)]

    @check
    def test_workers_that_claim_streams_at_the_same_time_share_them(self, store: Store) -> None:
        """Win a stream by its own row, which one of them can lock, and read its events only then."""
        self.needs_threads()
        books = opened(store)
        streams = [f"stream-{number}" for number in range(24)]
        _append(store, books, *streams)

        def claim(_: int) -> list[int]:
            return [
                each.recorded.position
                for _ in range(8)
                for each in store.claim_undelivered(at=NOW, until=LATE, limit=2)
            ]

        claimed = Counter(position for worker in at_once(claim) for position in worker)

        assert len(claimed) == len(streams)
        assert max(claimed.values()) == 1, "one event was given to two workers"


def _operations(store: Store, *, at: datetime, until: datetime, limit: int) -> "list[DueOperation]":
    return list(store.claim_operations(created_before=NOW, at=at, until=until, limit=limit))


def _waiting(store: Store, books: Opened, count: int) -> None:
    """So many more operations in doubt, younger than the one that is there, by a minute each."""
    with store.begin(books.id) as work:
        for number in range(1, count + 1):
            work.operations.add(builders.an_operation(books.firm, f"waiting-{number}", at=later(number)))
        work.commit()


def _append(store: Store, books: Opened, *streams: str) -> None:
    """An event in each of these streams, in this order."""
    events = [builders.an_event(books.firm, invoice_id) for invoice_id in streams]
    assert [stream(event) for event in events] == [*streams]
    with store.begin(books.id) as work:
        work.events.append(events)
        work.commit()
