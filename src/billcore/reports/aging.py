"""How old the receivables are: what each client owes, by days since the due date or the date of issue (S3.29, C24)."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta
from enum import Enum
from itertools import pairwise
from operator import itemgetter

from attrs import frozen

from billcore.errors import BadPolicy
from billcore.events import Event
from billcore.ids import ClientId, InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.journal import owed_by_invoice
from billcore.money import Money


class AgingBasis(Enum):
    """From which date the age of an invoice counts."""

    DUE_DATE = "due_date"
    ISSUE_DATE = "issue_date"


@frozen(kw_only=True)
class AgingBuckets:
    """Where one bucket ends and the next begins, in days of age; each edge belongs to the younger bucket.

    (0, 30, 60, 90) makes 0–30, 31–60, 61–90 and 90+, which is 91 days and more. What is not past its date yet is in the
    first bucket, or with ``separate_current`` in one of its own: current, 1–30, 31–60, 61–90 and 90+. Edges that do not
    start at 0 or do not rise are refused with BadPolicy.
    """

    edges: tuple[int, ...] = (0, 30, 60, 90)
    basis: AgingBasis = AgingBasis.DUE_DATE
    separate_current: bool = False

    def __attrs_post_init__(self) -> None:
        if type(self.edges) is not tuple or any(type(edge) is not int for edge in self.edges):
            raise BadPolicy("aging edges must be a tuple of whole days, such as (0, 30, 60, 90)")
        if len(self.edges) < 2 or self.edges[0] != 0 or any(low >= high for low, high in pairwise(self.edges)):
            raise BadPolicy(f"aging edges must start at 0 and rise, such as (0, 30, 60, 90), asked for {self.edges}")

    @property
    def labels(self) -> tuple[str, ...]:
        """The buckets' names, the youngest first."""
        spans = [f"{low + 1}–{high}" for low, high in pairwise(self.edges)]
        if self.separate_current:
            return ("current", *spans, f"{self.edges[-1]}+")
        return (f"0–{self.edges[1]}", *spans[1:], f"{self.edges[-1]}+")

    def place(self, age: int) -> int:
        """The index of the bucket for an age in days, which is below zero before the date."""
        return bisect_left(self._ends, age)

    def begins(self, on: date) -> tuple[date, ...]:
        """The first day of each bucket but the oldest, which has none, as seen on *on*; the youngest first."""
        return tuple(on - timedelta(days=min(end, (on - date.min).days)) for end in self._ends)

    @property
    def _ends(self) -> tuple[int, ...]:
        """The greatest age in each bucket but the oldest."""
        return self.edges if self.separate_current else self.edges[1:]


STANDARD_BUCKETS = AgingBuckets()
"""0–30, 31–60, 61–90, 90+ days past the due date."""


@frozen(kw_only=True)
class AgingRow:
    """What is owed in one currency, by bucket: of one client, or of all where ``client_id`` is None."""

    client_id: ClientId | None
    amounts: tuple[Money, ...]

    @property
    def total(self) -> Money:
        """What is owed in all buckets."""
        return Money.sum(self.amounts, self.amounts[0].currency)


@frozen(kw_only=True)
class Aging:
    """The report: a row per client and currency that owes something, and a total per currency."""

    on: date
    labels: tuple[str, ...]
    rows: tuple[AgingRow, ...]
    totals: tuple[AgingRow, ...]


def aging(
    invoices: Iterable[Invoice], on: date, buckets: AgingBuckets = STANDARD_BUCKETS, *, later: Iterable[Event] = ()
) -> Aging:
    """The receivables by age at the end of the firm's day *on*.

    It adds up ``owed``, as the journal's receivable does: money still in flight is not there yet. The invoices are as
    they are now; *later* are the events whose business date is after *on*, and what they did is undone. With all of
    them the totals are what the trial balance of that day says is receivable.
    """
    undone: dict[InvoiceId, int] = {}
    for event in later:
        for part in owed_by_invoice(event):
            undone[part.invoice_id] = undone.get(part.invoice_id, 0) + part.amount.minor
    owing = Owing(on, buckets)
    owing.add_all(_owed(invoices, on, buckets, undone))
    return owing.aging()


def _owed(
    invoices: Iterable[Invoice], on: date, buckets: AgingBuckets, undone: Mapping[InvoiceId, int]
) -> Iterator[tuple[ClientId, str, int, int]]:
    for invoice in invoices:
        if invoice.issue is not None and (invoice.issue.on <= on or invoice.id in undone):
            owed = invoice.owed.minor - undone.get(invoice.id, 0)
            if owed:
                since = invoice.issue.due_on if buckets.basis is AgingBasis.DUE_DATE else invoice.issue.on
                yield invoice.client_id, invoice.currency, buckets.place((on - since).days), owed


class Owing:
    """What is owed on a day, put into its buckets one sum at a time."""

    def __init__(self, on: date, buckets: AgingBuckets) -> None:
        self._on = on
        self._buckets = buckets
        self._clients: dict[tuple[ClientId, str], list[int]] = {}

    def add_all(self, owed: Iterable[tuple[ClientId, str, int, int]]) -> None:
        """Each of a client, a currency, the index of a bucket, and how much on one invoice or several."""
        nothing = [0] * len(self._buckets.labels)
        for client_id, currency, place, minor in owed:
            minors = self._clients.get((client_id, currency))
            if minors is None:
                minors = self._clients[client_id, currency] = nothing.copy()
            minors[place] += minor

    def aging(self) -> Aging:
        """The report."""
        return report(self._on, self._buckets, ((*key, minors) for key, minors in self._clients.items()))


def report(on: date, buckets: AgingBuckets, owed: Iterable[tuple[ClientId, str, Sequence[int]]]) -> Aging:
    """The report of what each client owes in each currency, once: how much in every bucket."""
    rows = sorted(owed, key=itemgetter(0, 1))
    piles: dict[str, list[Sequence[int]]] = {}
    for _, currency, minors in rows:
        piles.setdefault(currency, []).append(minors)
    return Aging(
        on=on,
        labels=buckets.labels,
        rows=tuple(_row(client_id, currency, minors) for client_id, currency, minors in rows),
        totals=tuple(
            _row(None, currency, [sum(pile) for pile in zip(*piles[currency], strict=True)])
            for currency in sorted(piles)
        ),
    )


def _row(client_id: ClientId | None, currency: str, minors: Sequence[int]) -> AgingRow:
    return AgingRow(client_id=client_id, amounts=Money.each(minors, currency))
