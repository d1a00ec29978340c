"""The reports desk: one question per method, answered from the books as they are."""

from datetime import date

from attrs import frozen

from billcore.dates import Period, day
from billcore.ids import ClientId
from billcore.kinds import of_kind
from billcore.permissions import Permission
from billcore.ports.store import UnitOfWork
from billcore.reports.aging import STANDARD_BUCKETS, Aging, AgingBuckets
from billcore.reports.dashboard import Dashboard
from billcore.reports.queues import Tile
from billcore.reports.statement import Statement
from billcore.reports.takings import Takings
from billcore.reports.trial_balance import TrialBalance
from billcore.reports.unbilled import Unbilled, unbilled
from billcore.services.house import Desk, listed


@frozen(kw_only=True)
class ReportsDesk(Desk):
    """What a firm asks of its books; every day is the firm's own, today where none is given."""

    def queues(self, *, on: date | None = None) -> tuple[Tile, ...]:
        """The four queues with counts and open balances (S0.6-S0.11)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.answers.queues(self._day(on, work))

    def aging(self, *, on: date | None = None, buckets: AgingBuckets = STANDARD_BUCKETS) -> Aging:
        """Receivables by age at the end of the day, also of a day long past (S3.29)."""
        self.require(Permission.VIEW)
        of_kind(buckets, AgingBuckets, "buckets")
        with self.read() as work:
            return work.answers.aging(self._day(on, work), buckets)

    def takings(self, period: Period) -> Takings:
        """What came in and what is left of it (S1.43)."""
        self.require(Permission.VIEW)
        of_kind(period, Period, "period")
        with self.read() as work:
            work.firm()
            return work.answers.takings(period)

    def trial_balance(self, *, on: date | None = None) -> TrialBalance:
        """Every account's balance; debits equal credits."""
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.answers.trial_balance(self._day(on, work))

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        """One client's account over a period: opening, movements, closing, open items (S3.40)."""
        self.require(Permission.VIEW)
        of_kind(period, Period, "period")
        with self.read() as work:
            work.clients.get(client_id)
            return work.answers.statement(client_id, period)

    def dashboard(self, client_id: ClientId | None = None, *, on: date | None = None) -> Dashboard:
        """The tiles of the firm, or of one client (S4.2)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            if client_id is not None:
                work.clients.get(client_id)
            return work.answers.dashboard(self._day(on, work), client_id)

    def unbilled(self) -> Unbilled:
        """Work that is not on an invoice yet, by client, with counts and totals (S3.5)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            charges = listed(work, work.charges.unbilled())
            clients = work.clients.peek_all({charge.client_id for charge in charges})
            return unbilled(charges, {client.id: client for client in clients})

    def _day(self, on: date | None, work: UnitOfWork) -> date:
        # Of a firm that is not open there is nothing to report, not even zeros.
        today = self.house.now_at(work.firm()).date()
        return today if on is None else day(on, "on")
