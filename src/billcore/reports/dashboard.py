"""What is open, at a glance: the four tiles of a firm, or of one client, and the total of the open invoices (S4.2)."""

from collections.abc import Iterable
from datetime import date

from attrs import frozen

from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.money import Money
from billcore.reports.queues import Tile, queues
from billcore.reports.totals import per_currency


@frozen(kw_only=True)
class Dashboard:
    """The tiles, and of all invoices on which something can be paid: how many, and how much per currency."""

    on: date
    tiles: tuple[Tile, ...]

    def tile(self, queue: Queue) -> Tile:
        """The tile of that queue."""
        return next(tile for tile in self.tiles if tile.queue is queue)

    @property
    def open_count(self) -> int:
        """Awaiting and Overdue are apart, and together they are all that is open."""
        return self.tile(Queue.AWAITING).count + self.tile(Queue.OVERDUE).count

    @property
    def open_balance(self) -> tuple[Money, ...]:
        """What can still be paid, per currency."""
        return per_currency((*self.tile(Queue.AWAITING).open_balance, *self.tile(Queue.OVERDUE).open_balance))


def dashboard(invoices: Iterable[Invoice], on: date) -> Dashboard:
    """The dashboard on the firm's day *on* of all invoices of a firm, or of those that one client may see."""
    return Dashboard(on=on, tiles=queues(invoices, on))
