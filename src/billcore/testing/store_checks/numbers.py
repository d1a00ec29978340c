"""Numbers of documents: one after the other, without gaps and without doubles, whoever draws them."""

from typing import Final

import pytest
from attrs import evolve

from billcore.clients import NumberSeries
from billcore.errors import AlreadyExists
from billcore.ids import FirmId, InvoiceId
from billcore.invoices import sending
from billcore.ports.store import Store
from billcore.testing import builders
from billcore.testing.builders import BY, later
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.kinds import CENT
from billcore.testing.store_checks.shape import THREADS, StoreChecks, at_once, opened

SERIES: Final = NumberSeries("INV-")
ROUNDS: Final = 6
"""How many numbers each thread draws; every third is not committed."""


class NumberChecks(StoreChecks):
    """Gapless series."""

    @check
    def test_a_series_counts_from_one(self, store: Store) -> None:
        """Keep a counter row for each firm and series, from 1, and format the count by series.number()."""
        books = opened(store)

        with store.begin(books.id) as work:
            drawn = [work.next_number(SERIES) for _ in range(3)]
            work.commit()

        assert drawn == ["INV-0001", "INV-0002", "INV-0003"]
        assert _drawn(store, books.id) == "INV-0004"

    @check
    def test_a_number_that_was_not_committed_is_drawn_again(self, store: Store) -> None:
        """Count in the transaction itself: a database sequence leaves a gap at every rollback."""
        books = opened(store)
        _drawn(store, books.id)

        with store.begin(books.id) as work:
            given_up = work.next_number(SERIES)

        assert _drawn(store, books.id) == given_up

    @check
    def test_every_series_and_every_firm_count_for_themselves(self, store: Store) -> None:
        """Key the counter by firm and prefix."""
        acme, other = opened(store), opened(store, "other")
        first = _drawn(store, acme.id)
        _drawn(store, acme.id)

        assert _drawn(store, acme.id, NumberSeries("CN-")) == first.replace("INV-", "CN-")
        assert _drawn(store, other.id) == first

    @check
    def test_a_series_with_more_digits_counts_on(self, store: Store) -> None:
        """Leave the digits out of the counter's key: they are how a number is printed."""
        books = opened(store)

        counts = [_count(_drawn(store, books.id, evolve(SERIES, digits=digits))) for digits in (4, 6, 4)]

        assert counts == [counts[0], counts[0] + 1, counts[0] + 2]

    @check
    def test_numbers_drawn_at_the_same_time_have_no_gap_and_no_double(self, store: Store) -> None:
        """Lock the counter row until commit: UPDATE … SET last = last + 1 first, then read it."""
        self.needs_threads()
        books = opened(store)
        with store.begin(books.id) as work:
            first = _count(work.next_number(SERIES))
        if _count(_drawn(store, books.id)) != first:
            not_judged("a rollback leaves a gap")

        def draw(_: int) -> list[int]:
            return [_draw_or_give_up(store, books.id, is_kept=count % 3 < 2) for count in range(ROUNDS)]

        kept = sorted(count for counts in at_once(draw) for count in counts if count)

        assert kept == list(range(first + 1, first + 1 + THREADS * ROUNDS * 2 // 3))

    @check
    def test_a_number_is_on_one_invoice_of_the_firm(self, store: Store) -> None:
        """Make (firm, number) unique for invoices and for credit notes: an import brings numbers of its own."""
        acme, other = opened(store), opened(store, "other")
        draft = builders.a_draft(acme.firm, acme.client, "invoice-1")
        with store.begin(acme.id) as work:
            added = work.invoices.add(draft)
            work.commit()
        issued, _ = sending.issue(added, firm=acme.firm, client=acme.client, number="INV-0000", at=later(1), by=BY)
        note, _ = builders.a_credit_note(acme.invoice, CENT, "note-1", number=acme.credit_note.number)

        with store.begin(acme.id) as work, pytest.raises(AlreadyExists):
            work.invoices.add(evolve(issued, id=InvoiceId("invoice-2")))
        with store.begin(acme.id) as work, pytest.raises(AlreadyExists):
            work.invoices.save(issued)
        with store.begin(acme.id) as work, pytest.raises(AlreadyExists):
            work.credit_notes.add(note)
        assert other.invoice.number == acme.invoice.number


def _drawn(store: Store, firm_id: FirmId, series: NumberSeries = SERIES) -> str:
    with store.begin(firm_id) as work:
        number = work.next_number(series)
        work.commit()
    return number


def _draw_or_give_up(store: Store, firm_id: FirmId, *, is_kept: bool) -> int:
    """The count that was drawn, and 0 where it was given up."""
    with store.begin(firm_id) as work:
        count = _count(work.next_number(SERIES))
        if is_kept:
            work.commit()
    return count if is_kept else 0


def _count(number: str) -> int:
    return int(number.removeprefix(SERIES.prefix))
