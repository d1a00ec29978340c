"""What a firm asks of its books as a whole: questions that a store answers without reading every record.

The answer is what the function of that name in ``billcore.reports`` says of all records and events of the firm; the
store in memory calls just that, and another store may add up however it likes.
"""

from datetime import date
from typing import Protocol

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.reports.aging import Aging, AgingBuckets
from billcore.reports.dashboard import Dashboard
from billcore.reports.queues import Tile
from billcore.reports.statement import Statement
from billcore.reports.takings import Takings
from billcore.reports.trial_balance import TrialBalance


class Answers(Protocol):
    """The reports of one firm, as of this unit of work: what was saved and appended in it counts."""

    def queues(self, on: date) -> tuple[Tile, ...]:
        """The four tiles of the firm."""

    def dashboard(self, on: date, client_id: ClientId | None = None) -> Dashboard:
        """The tiles of the firm, or of one client; of a client that is unknown, tiles with nothing in them."""

    def aging(self, on: date, buckets: AgingBuckets) -> Aging:
        """The receivables by age at the end of that day, also of one long past: what came later is undone."""

    def takings(self, period: Period) -> Takings:
        """What came in during the period and what is left of it."""

    def statement(self, client_id: ClientId, period: Period) -> Statement:
        """The account of a client over the period; of one that is unknown, one with nothing in it."""

    def trial_balance(self, on: date) -> TrialBalance:
        """Every account's balance at the end of that day."""
