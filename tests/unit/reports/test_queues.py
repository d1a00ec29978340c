"""The four tiles, and the dashboard that adds them up."""

from collections.abc import Mapping
from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports.happened import JANE, noon, usd
from tests.unit.reports.invoices import DUE_ON, a_draft, an_invoice

from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue, has
from billcore.invoices.voiding import void
from billcore.money import Money
from billcore.policy import Status
from billcore.reports.dashboard import dashboard
from billcore.reports.queues import Tile, queues

BEFORE_DUE, AFTER_DUE = DUE_ON, date(2026, 5, 2)


def by_queue(invoices: list[Invoice], on: date) -> Mapping[Queue, Tile]:
    return {tile.queue: tile for tile in queues(invoices, on)}


def failed(invoice: Invoice) -> Invoice:
    return evolve(invoice, autopay_failed_at=noon(DUE_ON))


@pytest.mark.rule("S0.6")
def test_there_are_always_four_tiles_in_one_order_even_of_nothing() -> None:
    tiles = queues([], BEFORE_DUE)

    assert [(tile.queue, tile.count, tile.open_balance) for tile in tiles] == [
        (Queue.DRAFTS, 0, ()),
        (Queue.AWAITING, 0, ()),
        (Queue.OVERDUE, 0, ()),
        (Queue.FAILED, 0, ()),
    ]


@pytest.mark.rule("S0.7")
def test_drafts_are_counted_and_owe_nothing() -> None:
    tile = by_queue([a_draft(usd(100_00)), a_draft(usd(50_00))], AFTER_DUE)[Queue.DRAFTS]

    assert (tile.count, tile.open_balance) == (2, ())


@pytest.mark.rule("S0.8", "S0.9", "S0.11")
def test_an_invoice_moves_from_awaiting_to_overdue_the_day_after_its_due_date() -> None:
    invoices = [an_invoice(usd(100_00), paid=40_00), an_invoice(usd(10_00))]

    before, after = by_queue(invoices, BEFORE_DUE), by_queue(invoices, AFTER_DUE)

    assert before[Queue.AWAITING] == Tile(queue=Queue.AWAITING, count=2, open_balance=(usd(70_00),))
    assert before[Queue.OVERDUE].count == 0
    assert after[Queue.AWAITING].count == 0
    assert after[Queue.OVERDUE] == Tile(queue=Queue.OVERDUE, count=2, open_balance=(usd(70_00),))


@pytest.mark.rule("S0.11", "S1.22")
def test_money_in_flight_is_no_longer_open() -> None:
    tile = by_queue([an_invoice(usd(100_00), in_flight=60_00)], BEFORE_DUE)[Queue.AWAITING]

    assert tile.open_balance == (usd(40_00),)


def test_paid_and_void_invoices_are_in_no_queue() -> None:
    paid = an_invoice(usd(100_00), paid=100_00)
    voided, _ = void(an_invoice(usd(100_00)), reason="wrong client", at=noon(DUE_ON), by=JANE)

    assert sum(tile.count for tile in queues([paid, voided], AFTER_DUE)) == 0


@pytest.mark.rule("S0.10")
def test_a_failed_auto_pay_is_counted_on_its_own_tile_and_on_the_one_it_lies_in() -> None:
    tiles = by_queue([failed(an_invoice(usd(100_00))), an_invoice(usd(10_00))], AFTER_DUE)

    assert tiles[Queue.FAILED] == Tile(queue=Queue.FAILED, count=1, open_balance=(usd(100_00),))
    assert tiles[Queue.OVERDUE].count == 2


@pytest.mark.rule("S0.11")
def test_each_currency_is_added_up_on_its_own() -> None:
    invoices = [an_invoice(usd(100_00)), an_invoice(Money(30_00, "EUR")), an_invoice(Money(5_00, "EUR"))]

    tile = by_queue(invoices, BEFORE_DUE)[Queue.AWAITING]

    assert tile == Tile(queue=Queue.AWAITING, count=3, open_balance=(Money(35_00, "EUR"), usd(100_00)))


@pytest.mark.rule("S1.28")
def test_a_part_paid_invoice_past_its_due_date_is_partially_paid_and_overdue() -> None:
    invoice = an_invoice(usd(100_00), paid=40_00)

    assert has(invoice, Status.PARTIALLY_PAID, AFTER_DUE)
    assert by_queue([invoice], AFTER_DUE)[Queue.OVERDUE].count == 1


@pytest.mark.rule("S1.27")
def test_a_part_paid_invoice_before_its_due_date_is_awaiting() -> None:
    assert by_queue([an_invoice(usd(100_00), paid=40_00)], BEFORE_DUE)[Queue.AWAITING].count == 1


# ── Dashboard ────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S4.2")
def test_the_dashboard_totals_open_invoices_whether_overdue_or_not() -> None:
    late, early = an_invoice(usd(100_00), paid=40_00), an_invoice(usd(10_00), due_on=date(2026, 6, 1))
    euros = failed(an_invoice(Money(7_00, "EUR")))

    seen = dashboard([late, early, euros, a_draft(usd(1_00)), an_invoice(usd(5_00), paid=5_00)], AFTER_DUE)

    assert seen.open_count == 3
    assert seen.open_balance == (Money(7_00, "EUR"), usd(70_00))
    assert seen.tile(Queue.DRAFTS).count == 1


sums = st.tuples(st.integers(0, 50_00), st.integers(0, 50_00), st.sampled_from(["USD", "EUR"]), st.integers(-3, 3))


@given(st.lists(sums, max_size=8))
def test_the_open_balance_is_the_sum_of_the_balances_of_all_issued_invoices(
    drawn: list[tuple[int, int, str, int]],
) -> None:
    invoices = [
        an_invoice(Money(100_00, currency), paid=paid, in_flight=in_flight, due_on=date(2026, 5, 4 + days))
        for paid, in_flight, currency, days in drawn
    ]

    seen = dashboard(invoices, date(2026, 5, 4))

    for amount in seen.open_balance:
        balances = [invoice.balance for invoice in invoices if invoice.currency == amount.currency]
        assert Money.sum(balances, amount.currency) == amount
    assert seen.open_count == sum(invoice.balance.is_positive for invoice in invoices)
