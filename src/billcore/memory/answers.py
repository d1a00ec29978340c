"""The reports of one firm, by the domain's own functions over the whole shelf: what other stores are held to."""

from datetime import date

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.memory.transaction import Transaction
from billcore.reports.aging import Aging, AgingBuckets, aging
from billcore.reports.dashboard import Dashboard, dashboard
from billcore.reports.queues import Tile, queues
from billcore.reports.statement import Statement, statement
from billcore.reports.takings import Takings, takings
from billcore.reports.trial_balance import TrialBalance, trial_balance


class Answers:
    """Every record is read for every answer."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def queues(self, on: date) -> tuple[Tile, ...]:
        return queues(self._transaction.shelf().invoices.values(), on)

    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        invoices = self._transaction.shelf().invoices.values()
        return dashboard((invoice for invoice in invoices if client_id in (None, invoice.client_id)), on)

    def aging(self, on: date, buckets: AgingBuckets) -> Aging:
        shelf = self._transaction.shelf()
        later = (record.event for record in shelf.events if record.event.on > on)
        return aging(shelf.invoices.values(), on, buckets, later=later)

    def takings(self, period: Period) -> Takings:
        return takings(self._transaction.shelf().events, period)

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        shelf = self._transaction.shelf()
        return statement(client_id, shelf.events, shelf.invoices.values(), period)

    def trial_balance(self, on: date) -> TrialBalance:
        return trial_balance(self._transaction.shelf().events, on)
