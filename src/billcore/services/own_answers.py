"""The reports as a contact of one client finds them: of what is the client's, by the domain's own functions."""

from datetime import date

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.ports.store import Events, Invoices, UnitOfWork
from billcore.reports.aging import Aging, AgingBuckets, aging
from billcore.reports.dashboard import Dashboard, dashboard
from billcore.reports.queues import Tile, queues
from billcore.reports.statement import Statement
from billcore.reports.takings import Takings, takings
from billcore.reports.trial_balance import TrialBalance, trial_balance


class OwnAnswers:
    """Answers from one client's *invoices* and *events*, which are few; *work* is the firm's own unit of work."""

    def __init__(self, work: UnitOfWork, client_id: ClientId, invoices: Invoices, events: Events) -> None:
        self._work, self._client_id, self._invoices, self._events = work, client_id, invoices, events

    def queues(self, on: date) -> tuple[Tile, ...]:
        return queues(self._invoices.all(), on)

    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        return dashboard(self._invoices.all() if client_id in (None, self._client_id) else (), on)

    def aging(self, on: date, buckets: AgingBuckets) -> Aging:
        later = (recorded.event for recorded in self._events.all() if recorded.event.on > on)
        return aging(self._invoices.all(), on, buckets, later=later)

    def takings(self, period: Period) -> Takings:
        return takings(self._events.all(), period)

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        if client_id != self._client_id:
            return Statement(client_id=client_id, period=period, currencies=())
        return self._work.answers.statement(client_id, period)

    def trial_balance(self, on: date) -> TrialBalance:
        return trial_balance(self._events.all(), on)
