"""Faults in what a run asks: batches, and what workers share out."""

from collections.abc import Iterable, Sequence
from datetime import date

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore, SnapshotTrap, books_of

from billcore.clients import Client, NumberSeries
from billcore.errors import AlreadyExists, StaleWrite
from billcore.ids import ClientId, InvoiceId, ScheduleId
from billcore.invoices.invoice import Invoice
from billcore.memory.books import Books
from billcore.memory.records import Clients, Invoices, Occurrences, Schedules
from billcore.memory.unit import MemoryUnitOfWork
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule


class _SchedulesWithTheFieldsOfTheFirst(Schedules):
    def save_all(self, records: Sequence[Schedule]) -> None:
        super().save_all([evolve(record, title=self.get(record.id).title) for record in records])


class WritesTheFieldsThatTheFirstRecordChanged(BrokenStore):
    """One UPDATE for all, made of what differs in the first."""

    bites = "test_many_records_are_added_and_saved_as_one_by_one"
    repository = _SchedulesWithTheFieldsOfTheFirst


class _OccurrencesIgnored(Occurrences):
    def add_all(self, records: Sequence[Occurrence]) -> None:
        for record in records:
            try:
                self.add(record)
            except AlreadyExists:
                continue


class IgnoresWhatIsThere(BrokenStore):
    """INSERT OR IGNORE."""

    bites = "test_many_records_are_not_added_where_one_is_there"
    repository = _OccurrencesIgnored


class _SchedulesWhoseRowsAreNotCounted(Schedules):
    def save_all(self, records: Sequence[Schedule]) -> None:
        for record in records:
            try:
                self.save(record)
            except StaleWrite:
                continue


class CountsNoRows(BrokenStore):
    bites = "test_many_records_are_not_saved_where_one_was_changed"
    repository = _SchedulesWhoseRowsAreNotCounted


class DrawsManyNumbersAndCountsOne(BrokenStore):
    bites = "test_many_numbers_are_the_next_ones"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def next_numbers(self, series: NumberSeries, count: int) -> Sequence[str]:
            if not count:
                return []
            self.next_number(series)
            first = self._transaction.shelf().numbers[series.prefix]
            return [series.number(first + more) for more in range(count)]


class _ClientsAsAsked(Clients):
    def peek_all(self, client_ids: Iterable[ClientId]) -> Sequence[Client]:
        clients = self._transaction.shelf().clients
        return [clients[client_id] for client_id in client_ids if client_id in clients]


class GivesAClientTwice(BrokenStore):
    bites = "test_clients_are_peeked_together"
    repository = _ClientsAsAsked


class _SchedulesById(Schedules):
    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        return sorted(super().due(on, limit=10**6), key=lambda schedule: schedule.id)[:limit]


class OrdersWhatIsDueById(BrokenStore):
    bites = "test_the_schedules_that_waited_longest_are_due_first"
    repository = _SchedulesById


class _SchedulesOfBefore(Schedules):
    before: dict[str, Schedule] | None = None

    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        if self.before is None:
            return super().due(on, limit=limit)
        return [each for each in self.before.values() if each.look_on is not None and each.look_on <= on][:limit]

    def save_all(self, records: Sequence[Schedule]) -> None:
        if self.before is None:
            return super().save_all(records)
        return super().save_all([evolve(record, version=self.get(record.id).version) for record in records])


class GivesWhatIsDueToTwoWorkers(SnapshotTrap):
    """Looks before it has the lock."""

    bites = "test_workers_share_out_what_is_due"
    repository = _SchedulesOfBefore

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        assert isinstance(unit.schedules, _SchedulesOfBefore)
        if before is not self._books:
            unit.schedules.before = before.shelf(unit.firm_id).schedules
        assert books_of(unit) is not before


class _InvoicesOverdueByBalance(Invoices):
    def newly_overdue(self, on: date, *, limit: int) -> Sequence[Invoice]:
        found = super().newly_overdue(on, limit=10**6)
        return [invoice for invoice in found if invoice.balance.is_positive][:limit]


class AsksTheBalanceWhateverThePolicy(BrokenStore):
    bites = "test_an_overdue_invoice_is_new_until_it_is_noted"
    repository = _InvoicesOverdueByBalance


class _InvoicesToCollectById(Invoices):
    def to_collect(self, on: date, *, limit: int) -> Sequence[Invoice]:
        return sorted(super().to_collect(on, limit=10**6), key=lambda invoice: invoice.id)[:limit]


class CollectsInOrderOfId(BrokenStore):
    bites = "test_what_waits_for_auto_pay_is_found_by_its_day"
    repository = _InvoicesToCollectById


class _InvoicesToAssessOnce(Invoices):
    def to_assess(self, on: date, *, limit: int, after: Invoice | None = None) -> Sequence[Invoice]:
        return [each for each in super().to_assess(on, limit=limit, after=after) if not each.late_fees]


class FindsTheFirstFeeOfAnInvoiceOnly(BrokenStore):
    """Its column is written when the invoice is issued, and cleared with the first fee."""

    bites = "test_what_bears_a_late_fee_is_found_by_its_day"
    repository = _InvoicesToAssessOnce


class _OccurrencesById(Occurrences):
    def of_schedule(self, schedule_id: ScheduleId) -> Sequence[Occurrence]:
        return sorted(super().of_schedule(schedule_id), key=lambda occurrence: occurrence.id)

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Occurrence]:
        return sorted(super().of_invoice(invoice_id), key=lambda occurrence: occurrence.id)


class OrdersOccurrencesAsText(BrokenStore):
    bites = "test_occurrences_are_in_order_of_their_index"
    repository = _OccurrencesById
