"""How much lies in each of the four piles that a firm works through (S0.7-S0.11)."""

from collections.abc import Iterable
from datetime import date

from attrs import frozen

from billcore.invoices import status
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.money import Money
from billcore.reports.totals import per_currency


@frozen(kw_only=True)
class Tile:
    """One queue: how many invoices, and what can still be paid on them, per currency. Drafts owe nothing."""

    queue: Queue
    count: int
    open_balance: tuple[Money, ...]


def queues(invoices: Iterable[Invoice], on: date) -> tuple[Tile, ...]:
    """The four tiles on the firm's day *on*, in the order of ``Queue``.

    Drafts, Awaiting and Overdue are apart from each other; what is in Failed is in Awaiting or Overdue as well.
    """
    piles: dict[Queue, list[Money]] = {queue: [] for queue in Queue}
    for invoice in invoices:
        for queue in status.queues(invoice, on):
            piles[queue].append(invoice.balance)
    return tuple(
        Tile(
            queue=queue,
            count=len(balances),
            open_balance=() if queue is Queue.DRAFTS else per_currency(balances),
        )
        for queue, balances in piles.items()
    )
