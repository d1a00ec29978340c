"""How old the receivables are: what each client owes, by days since the due date or the date of issue (S3.29, C24)."""

from bisect import bisect_left
from collections.abc import Iterable
from datetime import date
from enum import Enum
from itertools import pairwise

from attrs import frozen

from billcore.errors import BadPolicy
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice, Issue
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
        place = bisect_left(self.edges, age)
        return place if self.separate_current else max(place - 1, 0)


STANDARD_BUCKETS = AgingBuckets()
"""0–30, 31–60, 61–90, 90+ days past the due date."""


@frozen(kw_only=True)
class AgingRow:
    """What is owed in one currency, by bucket: of one client, or of all where ``client_id`` is None."""

    client_id: ClientId | None
    amounts: tuple[Money, ...]
    total: Money


@frozen(kw_only=True)
class Aging:
    """The report: a row per client and currency that owes something, and a total per currency."""

    on: date
    labels: tuple[str, ...]
    rows: tuple[AgingRow, ...]
    totals: tuple[AgingRow, ...]


def aging(invoices: Iterable[Invoice], on: date, buckets: AgingBuckets = STANDARD_BUCKETS) -> Aging:
    """The receivables by age on the firm's day *on*.

    It adds up ``owed``, as the journal's receivable does: money still in flight is not there yet. The ages, and which
    invoices were issued, are those of *on*; the sums are those that the invoices carry now, so a payment since counts.
    """
    clients: dict[tuple[ClientId, str], list[int]] = {}
    for invoice in invoices:
        if invoice.issue is None or invoice.issue.on > on or invoice.owed.is_zero:
            continue
        minors = clients.setdefault((invoice.client_id, invoice.currency), [0] * len(buckets.labels))
        minors[buckets.place(_age(invoice.issue, on, buckets.basis))] += invoice.owed.minor
    totals: dict[str, list[int]] = {}
    for (_, currency), minors in clients.items():
        totals[currency] = [sum(pair) for pair in zip(totals.get(currency, [0] * len(minors)), minors, strict=True)]
    return Aging(
        on=on,
        labels=buckets.labels,
        rows=tuple(_row(client_id, currency, clients[client_id, currency]) for client_id, currency in sorted(clients)),
        totals=tuple(_row(None, currency, totals[currency]) for currency in sorted(totals)),
    )


def _age(issue: Issue, on: date, basis: AgingBasis) -> int:
    since = issue.due_on if basis is AgingBasis.DUE_DATE else issue.on
    return (on - since).days


def _row(client_id: ClientId | None, currency: str, minors: list[int]) -> AgingRow:
    return AgingRow(
        client_id=client_id,
        amounts=tuple(Money(minor, currency) for minor in minors),
        total=Money(sum(minors), currency),
    )
