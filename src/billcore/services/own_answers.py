"""The reports as a contact of one client finds them: of what is the client's, by the domain's own functions."""

from collections.abc import Iterable, Sequence
from datetime import date

from billcore.dates import Period
from billcore.events import Event
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.ports.store import Events, Invoices, UnitOfWork
from billcore.reports.aging import Aging, AgingBuckets, aging
from billcore.reports.dashboard import Dashboard, dashboard
from billcore.reports.queues import Tile, queues
from billcore.reports.statement import Statement
from billcore.reports.takings import Takings, takings
from billcore.reports.trial_balance import TrialBalance, trial_balance


class OwnAnswers:
    """Answers from one client's *invoices* and *events*; *work* is the firm's own unit of work.

    The invoices are few. To find its events among the firm's, all of those are read: takings and the trial balance
    are slow for a contact, and no portal's page.
    """

    def __init__(self, work: UnitOfWork, client_id: ClientId, invoices: Invoices, events: Events) -> None:
        self._work, self._client_id, self._invoices, self._events = work, client_id, invoices, events

    def queues(self, on: date) -> tuple[Tile, ...]:
        return queues(self._invoices.all(), on)

    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        return dashboard(self._invoices.all() if client_id in (None, self._client_id) else (), on)

    def aging(self, on: date, buckets: AgingBuckets) -> Aging:
        invoices = list(self._invoices.all())
        return aging(invoices, on, buckets, later=self._later(invoices, on))

    def takings(self, period: Period) -> Takings:
        return takings(self._events.all(), period)

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        if client_id != self._client_id:
            return Statement(client_id=client_id, period=period, currencies=())
        return self._work.answers.statement(client_id, period)

    def trial_balance(self, on: date) -> TrialBalance:
        return trial_balance(self._events.all(), on)

    def _later(self, invoices: Sequence[Invoice], on: date) -> Iterable[Event]:
        """What came after that day, asked of the client's invoices: a portal's page is not to read the whole firm."""
        told = (recorded for invoice in invoices for recorded in self._events.about_invoice(invoice.id))
        # A payment on two of the invoices is told of both.
        return {recorded.position: recorded.event for recorded in told if recorded.event.on > on}.values()
