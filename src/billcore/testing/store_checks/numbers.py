"""Numbers of documents: one after the other, without gaps and without doubles, whoever draws them."""

from typing import Final

from attrs import evolve

from billcore.clients import NumberSeries
from billcore.ids import FirmId
from billcore.ports.store import Store
from billcore.testing.contract import check, not_judged
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
        assert _drawn(store, books.id, SERIES) == "INV-0004"

    @check
    def test_a_number_that_was_not_committed_is_drawn_again(self, store: Store) -> None:
        """Count in the transaction itself: a database sequence leaves a gap at every rollback."""
        books = opened(store)
        _drawn(store, books.id, SERIES)

        _draw(store, books.id, is_kept=False)

        assert _drawn(store, books.id, SERIES) == "INV-0002"

    @check
    def test_every_series_and_every_firm_count_for_themselves(self, store: Store) -> None:
        """Key the counter by firm and prefix."""
        acme, other = opened(store), opened(store, "other")

        drawn = [
            _drawn(store, firm_id, series)
            for firm_id in (acme.id, other.id)
            for series in (SERIES, NumberSeries("CN-"), SERIES)
        ]

        assert drawn == ["INV-0001", "CN-0001", "INV-0002"] * 2

    @check
    def test_a_series_with_more_digits_counts_on(self, store: Store) -> None:
        """Leave the digits out of the counter's key: they are how a number is printed."""
        books = opened(store)
        _drawn(store, books.id, SERIES)

        assert _drawn(store, books.id, evolve(SERIES, digits=6)) == "INV-000002"

    @check
    def test_numbers_drawn_at_the_same_time_have_no_gap_and_no_double(self, store: Store) -> None:
        """Lock the counter row until commit: UPDATE … SET last = last + 1 first, then read it."""
        self.needs_threads()
        books = opened(store)

        _draw(store, books.id, is_kept=False)
        if _drawn(store, books.id, SERIES) != SERIES.number(1):
            not_judged("a rollback leaves a gap")

        def draw(_: int) -> list[str]:
            return [number for count in range(ROUNDS) if (number := _draw(store, books.id, is_kept=count % 3 < 2))]

        drawn = sorted(number for numbers in at_once(draw) for number in numbers)

        assert drawn == [SERIES.number(count + 2) for count in range(THREADS * ROUNDS * 2 // 3)]


def _draw(store: Store, firm_id: FirmId, *, is_kept: bool) -> str | None:
    with store.begin(firm_id) as work:
        number = work.next_number(SERIES)
        if is_kept:
            work.commit()
    return number if is_kept else None


def _drawn(store: Store, firm_id: FirmId, series: NumberSeries) -> str:
    with store.begin(firm_id) as work:
        number = work.next_number(series)
        work.commit()
    return number
