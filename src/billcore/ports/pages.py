"""Which invoices a list shows, and one page of it."""

from datetime import date

from attrs import field, frozen

from billcore.dates import day
from billcore.errors import BadNumber
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.kinds import each_of_kind, of_kind
from billcore.policy import Status
from billcore.texts import optional_text, text


@frozen(kw_only=True)
class InvoiceFilter:
    """Which invoices a list shows: every given condition must hold; an empty one allows all (S0.23, S0.24, S0.26).

    ``on`` is the firm's day for which statuses and queues are asked. ``search`` finds a part of the client's name or
    the beginning of a number, whatever the case. ``after`` is the cursor of the page before; anything else is BadText.
    ``limit`` is from 1 to 1000, or BadNumber.
    """

    on: date
    statuses: frozenset[Status] = frozenset()
    queue: Queue | None = None
    client_id: ClientId | None = None
    search: str = field(default="", repr=False)
    after: str | None = None
    limit: int = 50

    def __attrs_post_init__(self) -> None:
        day(self.on, "on")
        each_of_kind(tuple(self.statuses), Status, "statuses")
        if self.queue is not None:
            of_kind(self.queue, Queue, "queue")
        optional_text(self.client_id, "client id", longest=500)
        text(self.search, "search", longest=200)
        optional_text(self.after, "after", longest=500)
        if type(self.limit) is not int or not 1 <= self.limit <= 1000:
            raise BadNumber(f"a page shows 1 to 1000 invoices, asked for {self.limit!r}")


@frozen(kw_only=True)
class InvoicePage:
    """One page, newest draft first; ``matching`` of ``total`` is the "X of Y" of a filtered list (S0.13)."""

    invoices: tuple[Invoice, ...]
    next: str | None
    matching: int
    total: int
