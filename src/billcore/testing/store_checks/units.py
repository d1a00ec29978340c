"""Units of work: whole or not at all, one per thread, over when they are over."""

from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from typing import Final

import pytest
from attrs import evolve

from billcore.errors import NotFound, UnitOfWorkMisuse
from billcore.ports.store import Request, Store, UnitOfWork
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check
from billcore.testing.store_checks.kinds import KINDS
from billcore.testing.store_checks.shape import Opened, StoreChecks, add_client, elsewhere, opened

SOON: Final = 5.0
"""Seconds in which a thread that need not wait is certainly done."""


class UnitChecks(StoreChecks):
    """Commit, rollback, sight, nesting and end."""

    # ── Whole or not at all ──────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_what_is_committed_is_there_for_everybody(self, store: Store, second_store: Store) -> None:
        """Let commit() make everything durable before it returns, on the same books that every other handle reads."""
        books = opened(store)

        with second_store.read(books.id) as work:
            assert work.firm() == books.firm
            assert work.clients.get(books.client.id) == books.client
            assert work.invoices.get(books.invoice.id) == books.invoice
            assert work.payments.get(books.payment.id) == books.payment

    @check
    def test_records_not_committed_are_as_before(self, store: Store) -> None:
        """Roll the transaction back when the block is left without commit."""
        books = opened(store)
        before = _records(store, books)

        with store.begin(books.id) as work:
            _change_everything(work, books)

        assert _records(store, books) == before

    @check
    def test_an_error_in_the_block_undoes_it_and_comes_through(self, store: Store) -> None:
        """Roll back on every exception, never commit in a finally, and raise the exception again as it is."""
        books = opened(store)

        with pytest.raises(ZeroDivisionError):
            _fail_after_adding(store, books, "client-1")

        assert not _is_there(store, books, "client-1")
        add_client(store, books.firm, "client-2")

    # ── Sight ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_unit_of_work_sees_its_own_changes(self, store: Store) -> None:
        """Read through the transaction that writes, and flush what is buffered before a query."""
        books = opened(store)

        with store.begin(books.id) as work:
            added = work.clients.add(builders.a_client(books.firm, "client-1"))
            saved = work.clients.save(evolve(books.client, notes="changed"))
            work.events.append([builders.an_event(books.firm)])

            assert list(work.clients.all()) == [saved, added]
            assert work.clients.get(saved.id) == saved
            assert [recorded.event for recorded in work.events.all()] == [builders.an_event(books.firm)]

    @check
    def test_a_reader_neither_waits_for_a_writer_nor_sees_its_changes(self, store: Store, second_store: Store) -> None:
        """Read what was last committed, without locks: READ COMMITTED or better on servers, WAL on SQLite."""
        self.needs_threads()
        books = opened(store)

        with store.begin(books.id) as work:
            saved = work.clients.save(evolve(work.clients.get(books.client.id), notes="changed"))
            seen = elsewhere(lambda: _client_notes(second_store, books), within=SOON)
            work.commit()

        assert seen == ""
        assert _client_notes(second_store, books) == saved.notes

    @check
    def test_a_reading_unit_sees_one_moment(self, store: Store, second_store: Store) -> None:
        """Begin it at REPEATABLE READ or SERIALIZABLE, so that its second query sees the books of its first."""
        self.needs_threads()
        books = opened(store)

        with store.read(books.id) as work:
            before = list(work.clients.all())
            elsewhere(lambda: add_client(second_store, books.firm, "client-1"), within=SOON)

            assert list(work.clients.all()) == before

    # ── One per thread ───────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_unit_of_work_inside_another_is_refused(self, store: Store) -> None:
        """Keep for each thread whether a unit is open, and raise UnitOfWorkMisuse in begin() and read() if one is."""
        books = opened(store)
        openings: tuple[Callable[[], AbstractContextManager[UnitOfWork]], ...] = (
            lambda: store.begin(books.id),
            lambda: store.read(books.id),
            lambda: store.begin(builders.a_firm("other").id),
        )

        for outer in openings:
            for inner in openings:
                with outer(), pytest.raises(UnitOfWorkMisuse), inner():
                    pass

        add_client(store, books.firm, "client-1")

    @check
    def test_a_store_knows_whether_this_thread_has_a_unit_of_work(self, store: Store) -> None:
        """Set is_in_unit_of_work when the block is entered and clear it when it is left, also by an error."""
        books = opened(store)
        before = store.is_in_unit_of_work

        with store.begin(books.id):
            in_writing = store.is_in_unit_of_work
        with store.read(books.id):
            in_reading = store.is_in_unit_of_work
        with suppress(ZeroDivisionError), store.begin(books.id):
            raise ZeroDivisionError

        assert (before, in_writing, in_reading, store.is_in_unit_of_work) == (False, True, True, False)

    @check
    def test_another_thread_has_units_of_work_of_its_own(self, store: Store) -> None:
        """Keep the open unit in a threading.local or a ContextVar, not on the store."""
        self.needs_threads()
        books = opened(store)

        with store.read(books.id):
            assert elsewhere(lambda: store.is_in_unit_of_work, within=SOON) is False
            assert elsewhere(lambda: _client_notes(store, books), within=SOON) == ""

    @check
    def test_parking_and_delivering_are_refused_inside_a_unit_of_work(self, store: Store) -> None:
        """Refuse them with UnitOfWorkMisuse: they commit on their own and would wait for the unit around them."""
        books = opened(store)
        event = builders.a_gateway_event()

        for opening in (store.begin, store.read):
            with opening(books.id):
                with pytest.raises(UnitOfWorkMisuse):
                    store.park(event, at=later(0))
                with pytest.raises(UnitOfWorkMisuse):
                    store.put_off_parked(event, until=later(0))
                with pytest.raises(UnitOfWorkMisuse):
                    store.delivered([1])

    @check
    def test_what_is_looked_up_across_firms_is_told_inside_a_unit_of_work(self, store: Store) -> None:
        """Look in the unit's own transaction, or beside it: never refuse, and never wait for the unit around it."""
        books = opened(store)
        event = builders.a_gateway_event()
        with store.begin(books.id) as work:
            work.hear(event)
            work.commit()

        for opening in (store.begin, store.read):
            with opening(books.id):
                assert store.was_heard(event)
                assert store.find_operation(builders.a_ref("of nobody")) is None
                assert store.find_payment(builders.a_ref("of nobody")) is None

    # ── Over when it is over ─────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_unit_of_work_is_over_after_its_commit(self, store: Store) -> None:
        """Refuse every use after commit() with UnitOfWorkMisuse, also of a repository that was taken before."""
        books = opened(store)

        with store.begin(books.id) as work:
            work.clients.add(builders.a_client(books.firm, "client-1"))
            uses = _uses(work, books)
            work.commit()

            _refuse_all(uses)
        assert not _is_there(store, books, "client-2")

    @check
    def test_a_unit_of_work_is_over_after_its_block(self, store: Store) -> None:
        """Mark the unit as over when its block is left, and refuse every use with UnitOfWorkMisuse from then on."""
        books = opened(store)

        for opening in (store.begin, store.read):
            with opening(books.id) as work:
                uses = _uses(work, books)

            _refuse_all(uses)

    @check
    def test_a_reading_unit_refuses_every_change(self, store: Store) -> None:
        """Raise UnitOfWorkMisuse for every change in a unit begun by read(), whose changes nobody would commit."""
        books = opened(store)
        before = _records(store, books)

        with store.read(books.id) as work:
            _refuse_all(_changes(work, books))

        assert _records(store, books) == before


def _changes(work: UnitOfWork, books: Opened) -> list[Callable[[], object]]:
    """Every way to change something in a unit of work."""
    adds = [lambda kind=kind: kind.add(work, books, f"new {kind.name}") for kind in KINDS]
    saves = [lambda kind=kind: kind.get(work, kind.known).save(work) for kind in KINDS]
    return [
        *adds,
        *saves,
        lambda: work.save_firm(evolve(books.firm, timezone="Asia/Tokyo")),
        lambda: work.add_firm(books.firm),
        lambda: work.invoices.remove(books.draft),
        lambda: work.requests.add(Request(request_id="request-1", fingerprint="f", result_id="r")),
        lambda: work.events.append([builders.an_event(books.firm)]),
        lambda: work.next_number(books.firm.invoice_series),
        lambda: work.hear(builders.a_gateway_event()),
        work.commit,
    ]


def _uses(work: UnitOfWork, books: Opened) -> list[Callable[[], object]]:
    """Changes and questions, through repositories that are taken now."""
    clients, events, invoices = work.clients, work.events, work.invoices
    return [
        work.firm,
        lambda: clients.get(books.client.id),
        lambda: clients.peek(books.client.id),
        lambda: list(clients.all()),
        lambda: list(invoices.all()),
        lambda: list(events.all()),
        lambda: clients.add(builders.a_client(books.firm, "client-2")),
        lambda: events.append([builders.an_event(books.firm)]),
        lambda: work.requests.find("request-1"),
        lambda: work.next_number(books.firm.invoice_series),
        lambda: work.hear(builders.a_gateway_event()),
        work.commit,
    ]


def _refuse_all(uses: list[Callable[[], object]]) -> None:
    for use in uses:
        with pytest.raises(UnitOfWorkMisuse):
            use()


def _change_everything(work: UnitOfWork, books: Opened) -> None:
    work.save_firm(evolve(work.firm(), timezone="Asia/Tokyo"))
    for kind in KINDS:
        if kind.name != "invoice":
            kind.get(work, kind.known).save(work)
        kind.add(work, books, f"new {kind.name}")
    work.invoices.remove(work.invoices.get(books.draft.id))


def _fail_after_adding(store: Store, books: Opened, client_id: str) -> None:
    with store.begin(books.id) as work:
        work.clients.add(builders.a_client(books.firm, client_id))
        raise ZeroDivisionError


def _records(store: Store, books: Opened) -> list[object]:
    """Every record of the firm, and what is not there."""
    with store.read(books.id) as work:
        found: list[object] = [work.firm()]
        for kind in KINDS:
            for record_id in (kind.known, f"new {kind.name}"):
                try:
                    found.append(kind.get(work, record_id).record)
                except NotFound:
                    found.append(None)
    return found


def _is_there(store: Store, books: Opened, client_id: str) -> bool:
    with store.read(books.id) as work:
        return any(client.id == client_id for client in work.clients.all())


def _client_notes(store: Store, books: Opened) -> str:
    with store.read(books.id) as work:
        return work.clients.get(books.client.id).notes
