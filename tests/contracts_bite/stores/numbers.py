"""Faults in drawing numbers."""

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore, SnapshotTrap, books_of

from billcore.clients import NumberSeries
from billcore.invoices.invoice import Invoice
from billcore.memory.books import Books
from billcore.memory.records import Invoices
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork


class CountsFromZero(BrokenStore):
    bites = "test_a_series_counts_from_one"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def next_number(self, series: NumberSeries) -> str:
            super().next_number(series)
            return series.number(self._transaction.shelf().numbers[series.prefix] - 1)


class LeavesGaps(BrokenStore):
    """A database sequence, which no rollback takes back."""

    bites = "test_a_number_that_was_not_committed_is_drawn_again"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        return _Sequence(transaction, self)


class _Sequence(MemoryUnitOfWork):
    def __init__(self, transaction: Transaction, store: BrokenStore) -> None:
        super().__init__(transaction)
        self._store = store

    def next_number(self, series: NumberSeries) -> str:
        number = super().next_number(series)
        drawn = self._transaction.shelf().numbers[series.prefix]
        self._store.published(self.firm_id).numbers[series.prefix] = drawn
        return number


class CountsAllSeriesTogether(BrokenStore):
    bites = "test_every_series_and_every_firm_count_for_themselves"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def next_number(self, series: NumberSeries) -> str:
            one_for_all = super().next_number(NumberSeries("*", series.digits))
            return series.prefix + one_for_all.removeprefix("*")


class CountsEachWidthForItself(BrokenStore):
    bites = "test_a_series_with_more_digits_counts_on"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def next_number(self, series: NumberSeries) -> str:
            width = f"{series.digits}:"
            return super().next_number(evolve(series, prefix=width + series.prefix)).removeprefix(width)


class DrawsTheSameNumberTwice(SnapshotTrap):
    """SELECT max(number) + 1."""

    bites = "test_numbers_drawn_at_the_same_time_have_no_gap_and_no_double"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        books_of(unit).shelf(unit.firm_id).numbers = dict(before.shelf(unit.firm_id).numbers)


class _InvoicesOfAnyNumber(Invoices):
    def _require_unique(self, record: Invoice) -> None:
        pass


class PutsANumberOnTwoInvoices(BrokenStore):
    bites = "test_a_number_is_on_one_invoice_of_the_firm"
    repository = _InvoicesOfAnyNumber
