"""Faults in the reports."""

from datetime import date, timedelta

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.memory.answers import Answers
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.reports.aging import Aging, AgingBuckets, aging
from billcore.reports.dashboard import Dashboard
from billcore.reports.statement import Statement, statement
from billcore.reports.takings import Takings, takings
from billcore.reports.trial_balance import TrialBalance


class _DashboardOfAll(Answers):
    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        return super().dashboard(on)


class ShowsAClientEverything(BrokenStore):
    bites = "test_queues_and_dashboards_say_what_the_domain_says"
    repository = _DashboardOfAll


class _AgingAsItIsNow(Answers):
    def aging(self, on: date, buckets: AgingBuckets) -> Aging:
        return aging(self._transaction.shelf().invoices.values(), on, buckets)


class AgesWhatIsOwedNow(BrokenStore):
    """At the end of last month it was owed, though it is paid today."""

    bites = "test_aging_is_as_of_its_day"
    repository = _AgingAsItIsNow


class _TakingsByTheClock(Answers):
    def takings(self, period: Period) -> Takings:
        events = self._transaction.shelf().events
        return takings([evolve(each, event=evolve(each.event, on=each.event.at.date())) for each in events], period)


class CountsWhenItWasWritten(BrokenStore):
    """A cheque that came in May and was typed in June."""

    bites = "test_takings_count_by_business_date_and_by_order"
    repository = _TakingsByTheClock


class _StatementWithOpenItemsOfToday(Answers):
    def statement(self, client_id: ClientId, period: Period) -> Statement:
        shelf = self._transaction.shelf()
        until_its_end = [recorded for recorded in shelf.events if recorded.event.on < period.end]
        return statement(client_id, until_its_end, shelf.invoices.values(), period)


class ListsWhatIsOpenToday(BrokenStore):
    """The items do not add up to the balance at which the statement closes."""

    bites = "test_a_statement_has_one_client_and_closes_at_what_was_open_then"
    repository = _StatementWithOpenItemsOfToday


class _TrialBalanceOfTheMorning(Answers):
    def trial_balance(self, on: date) -> TrialBalance:
        return evolve(super().trial_balance(on - timedelta(days=1)), on=on)


class LeavesTheDayItselfOut(BrokenStore):
    bites = "test_the_trial_balance_is_that_of_the_events"
    repository = _TrialBalanceOfTheMorning


class AsksAReplica(BrokenStore):
    """What is not committed has not arrived there."""

    bites = "test_answers_are_of_one_firm_and_of_this_moment"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = super()._unit_of_work(transaction)
        unit.answers = Answers(Transaction(transaction.firm_id, self._books, publish=None))
        return unit
