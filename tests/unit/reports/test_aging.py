"""Receivables by age: where each day falls, and that nothing is lost between the buckets."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports.happened import JANE, noon, usd
from tests.unit.reports.invoices import DUE_ON, a_draft, an_invoice, client

from billcore.errors import BadPolicy
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.invoices.voiding import void
from billcore.money import Money
from billcore.reports.aging import STANDARD_BUCKETS, Aging, AgingBasis, AgingBuckets, aging

WITH_CURRENT = AgingBuckets(separate_current=True)


def days_after(days: int) -> date:
    return DUE_ON + timedelta(days=days)


def bucket_of(age: int, buckets: AgingBuckets = STANDARD_BUCKETS) -> str:
    """The label of the bucket that holds an invoice due so many days ago."""
    report = aging([an_invoice(usd(100_00))], days_after(age), buckets)
    (row,) = report.rows
    return next(label for label, amount in zip(report.labels, row.amounts, strict=True) if amount == usd(100_00))


@pytest.mark.rule("S3.29")
@pytest.mark.parametrize(
    ("age", "bucket"),
    [
        (-20, "0–30"),
        (-1, "0–30"),
        (0, "0–30"),
        (30, "0–30"),
        (31, "31–60"),
        (60, "31–60"),
        (61, "61–90"),
        (90, "61–90"),
        (91, "90+"),
        (4000, "90+"),
    ],
)
def test_an_edge_belongs_to_the_younger_bucket_so_90_plus_begins_at_91(age: int, bucket: str) -> None:
    assert bucket_of(age) == bucket


@pytest.mark.parametrize(
    ("age", "bucket"), [(-20, "current"), (0, "current"), (1, "1–30"), (30, "1–30"), (31, "31–60"), (91, "90+")]
)
def test_what_is_not_past_due_can_have_a_bucket_of_its_own(age: int, bucket: str) -> None:
    assert bucket_of(age, WITH_CURRENT) == bucket


@pytest.mark.rule("S3.29")
def test_the_standard_buckets_are_named_as_accountants_name_them() -> None:
    assert AgingBuckets().labels == ("0–30", "31–60", "61–90", "90+")
    assert WITH_CURRENT.labels == ("current", "1–30", "31–60", "61–90", "90+")
    assert AgingBuckets(edges=(0, 14)).labels == ("0–14", "14+")


def test_ages_can_count_from_the_date_of_issue() -> None:
    invoice = an_invoice(usd(100_00), issued_on=date(2026, 4, 1), due_on=date(2026, 5, 1))

    report = aging([invoice], date(2026, 5, 2), AgingBuckets(basis=AgingBasis.ISSUE_DATE))

    assert report.rows[0].amounts == (usd(0), usd(100_00), usd(0), usd(0))


@pytest.mark.rule("S3.29")
def test_each_client_has_a_row_per_currency_and_each_currency_a_total() -> None:
    patel, reyes = client(), client(ClientId("reyes"), "Ana Reyes")
    invoices = [
        an_invoice(usd(100_00), of=reyes),
        an_invoice(usd(40_00), of=patel, paid=10_00),
        an_invoice(usd(5_00), of=patel, due_on=date(2026, 6, 30)),
        an_invoice(Money(9_00, "EUR"), of=client(currency="EUR")),
    ]

    report = aging(invoices, days_after(45))

    assert [(row.client_id, row.amounts, row.total) for row in report.rows] == [
        ("patel", (Money(0, "EUR"), Money(9_00, "EUR"), Money(0, "EUR"), Money(0, "EUR")), Money(9_00, "EUR")),
        ("patel", (usd(5_00), usd(30_00), usd(0), usd(0)), usd(35_00)),
        ("reyes", (usd(0), usd(100_00), usd(0), usd(0)), usd(100_00)),
    ]
    assert [(row.client_id, row.amounts, row.total) for row in report.totals] == [
        (None, (Money(0, "EUR"), Money(9_00, "EUR"), Money(0, "EUR"), Money(0, "EUR")), Money(9_00, "EUR")),
        (None, (usd(5_00), usd(130_00), usd(0), usd(0)), usd(135_00)),
    ]


def test_money_still_in_flight_is_receivable() -> None:
    report = aging([an_invoice(usd(100_00), in_flight=100_00)], DUE_ON)

    assert report.totals[0].total == usd(100_00)


def test_drafts_void_and_paid_invoices_have_no_age() -> None:
    voided, _ = void(an_invoice(usd(10_00)), reason="wrong client", at=noon(DUE_ON), by=JANE)

    report = aging([a_draft(usd(10_00)), voided, an_invoice(usd(10_00), paid=10_00)], DUE_ON)

    assert report == Aging(on=DUE_ON, labels=AgingBuckets().labels, rows=(), totals=())


def test_an_invoice_of_a_later_day_is_not_in_the_report_of_an_earlier_one() -> None:
    invoice = an_invoice(usd(10_00), issued_on=date(2026, 4, 1))

    assert aging([invoice], date(2026, 3, 31)).rows == ()
    assert aging([invoice], date(2026, 4, 1)).totals[0].total == usd(10_00)


@pytest.mark.parametrize("edges", [(), (0,), (30, 60), (0, 30, 30), (0, 60, 30), (-1, 30)])
def test_edges_that_do_not_start_at_zero_and_rise_are_refused(edges: tuple[int, ...]) -> None:
    with pytest.raises(BadPolicy, match="start at 0 and rise"):
        AgingBuckets(edges=edges)


@pytest.mark.parametrize("edges", [[0, 30], (0, 30.0), (0, True), ("0", "30")])
def test_edges_that_are_not_whole_days_are_refused(edges: tuple[int, ...]) -> None:
    with pytest.raises(BadPolicy, match="whole days"):
        AgingBuckets(edges=edges)


ages = st.tuples(st.integers(1, 99_00), st.integers(-200, 200), st.sampled_from(["USD", "EUR"]))
any_buckets = st.builds(
    AgingBuckets,
    edges=st.sets(st.integers(1, 150), min_size=1, max_size=5).map(lambda days: (0, *sorted(days))),
    basis=st.sampled_from(AgingBasis),
    separate_current=st.booleans(),
)


@given(st.lists(ages, max_size=8), any_buckets)
def test_whatever_the_buckets_the_totals_are_what_all_invoices_owe(
    drawn: list[tuple[int, int, str]], buckets: AgingBuckets
) -> None:
    invoices: list[Invoice] = [
        an_invoice(Money(100_00, currency), paid=paid, due_on=DUE_ON + timedelta(days=age), issued_on=date(2025, 1, 1))
        for paid, age, currency in drawn
    ]

    report = aging(invoices, DUE_ON, buckets)

    for row in report.totals:
        owed = [invoice.owed for invoice in invoices if invoice.currency == row.total.currency]
        assert Money.sum(row.amounts, row.total.currency) == row.total == Money.sum(owed, row.total.currency)
    assert {row.total.currency for row in report.totals} == {invoice.currency for invoice in invoices}


@given(
    on=st.dates(),
    since=st.dates(),
    edges=st.sets(st.integers(1, 100_000), min_size=1, max_size=5),
    separate_current=st.booleans(),
)
def test_the_day_on_which_a_bucket_begins_and_the_age_at_which_it_ends_are_one_rule(
    on: date, since: date, edges: set[int], separate_current: bool
) -> None:
    buckets = AgingBuckets(edges=(0, *sorted(edges)), separate_current=separate_current)

    assert sum(since < begin for begin in buckets.begins(on)) == buckets.place((on - since).days)
