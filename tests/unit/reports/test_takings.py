"""Takings of a period: what came in, what went out again, and what processors kept."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports.happened import (
    completed,
    dispute_lost,
    dispute_opened,
    dispute_won,
    extra_fee,
    fee_assessed,
    fee_of,
    initiated,
    issued,
    recorded,
    recorded_by_hand,
    refund_failed,
    refunded,
    returned,
    usd,
)

from billcore import events
from billcore.dates import Period
from billcore.fees import FeeBasis, FeeKind
from billcore.ids import PaymentId
from billcore.journal import Account, postings
from billcore.methods import Method
from billcore.money import Money
from billcore.reports.takings import CurrencyTakings, Takings, takings
from billcore.reports.totals import per_currency

MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
JUNE = Period(date(2026, 6, 1), date(2026, 7, 1))
IN_APRIL, IN_MAY, IN_JUNE = date(2026, 4, 30), date(2026, 5, 31), date(2026, 6, 1)
SECOND = PaymentId("P2")


def of(period: Period, *happened: events.Event) -> Takings:
    return takings(recorded(*happened), period)


def dollars(period: Period, *happened: events.Event) -> CurrencyTakings:
    (only,) = of(period, *happened).currencies
    return only


def test_gross_is_told_by_method_and_currency() -> None:
    seen = of(
        MAY,
        completed(usd(100_00), on=IN_MAY),
        completed(usd(50_00), payment_id=SECOND, on=IN_MAY),
        recorded_by_hand(Money(30_00, "EUR"), method=Method.CASH, on=IN_MAY),
        recorded_by_hand(usd(20_00), method=Method.CASH, on=IN_MAY),
    )

    assert [(row.method, row.count, row.gross) for row in seen.methods] == [
        (Method.CASH, 1, Money(30_00, "EUR")),
        (Method.CASH, 1, usd(20_00)),
        (Method.CARD, 2, usd(150_00)),
    ]
    assert [row.gross for row in seen.currencies] == [Money(30_00, "EUR"), usd(170_00)]


def test_only_what_counts_within_the_period_is_in_it() -> None:
    seen = of(
        MAY,
        recorded_by_hand(usd(1), on=IN_APRIL),
        recorded_by_hand(usd(10), on=MAY.start),
        recorded_by_hand(usd(100), on=IN_MAY),
        recorded_by_hand(usd(1000), on=MAY.end),
    )

    assert [(row.count, row.gross) for row in seen.methods] == [(2, usd(110))]


def test_a_payment_dated_back_counts_in_the_month_in_which_it_was_received() -> None:
    payment = evolve(recorded_by_hand(usd(100_00), on=IN_JUNE), on=IN_MAY)

    assert dollars(MAY, payment).gross == usd(100_00)
    assert of(JUNE, payment).currencies == ()


def test_money_that_was_only_asked_for_is_not_taken() -> None:
    assert of(MAY, issued(usd(100_00), on=IN_MAY), initiated(usd(100_00), on=IN_MAY)).currencies == ()


@pytest.mark.rule("S1.43")
def test_a_card_payment_refunded_in_full_nets_its_fee_below_zero() -> None:
    seen = dollars(
        MAY,
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(fee_of(usd(3_20)), on=IN_MAY),
        refunded(usd(100_00), on=IN_MAY),
    )

    assert (seen.gross, seen.refunded, seen.fees, seen.net) == (usd(100_00), usd(100_00), usd(3_20), usd(-3_20))
    assert seen.fees_lost_on_refunds == usd(3_20)


def test_partial_refunds_lose_shares_of_the_fee_that_add_up_to_it() -> None:
    paid = (completed(usd(100_00), on=IN_APRIL), fee_assessed(fee_of(usd(1_00)), on=IN_APRIL))
    thirds = (refunded(usd(33_33), on=IN_MAY), refunded(usd(33_33), on=IN_JUNE), refunded(usd(33_34), on=IN_JUNE))

    assert dollars(MAY, *paid, *thirds).fees_lost_on_refunds == usd(33)
    assert dollars(JUNE, *paid, *thirds).fees_lost_on_refunds == usd(67)


def test_a_fee_lost_on_a_refund_is_not_deducted_a_second_time() -> None:
    seen = dollars(
        JUNE,
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(fee_of(usd(3_20)), on=IN_MAY),
        refunded(usd(100_00), on=IN_JUNE),
    )

    assert (seen.fees, seen.fees_lost_on_refunds, seen.net) == (usd(0), usd(3_20), usd(-100_00))


def test_a_fee_that_becomes_known_after_the_refund_is_lost_when_it_is_known() -> None:
    happened = (
        completed(usd(100_00), on=IN_MAY),
        refunded(usd(50_00), on=IN_MAY),
        fee_assessed(fee_of(usd(3_20)), on=IN_JUNE),
    )

    assert dollars(MAY, *happened).fees_lost_on_refunds == usd(0)
    assert dollars(JUNE, *happened).fees_lost_on_refunds == usd(1_60)


def test_what_the_processor_gives_back_for_a_refund_is_not_lost_and_what_it_asks_for_one_is() -> None:
    refund = (
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(fee_of(usd(3_20)), on=IN_MAY),
        refunded(usd(100_00), on=IN_MAY),
    )

    generous = dollars(MAY, *refund, extra_fee(FeeKind.REFUND, usd(-2_90), on=IN_MAY))
    greedy = dollars(MAY, *refund, extra_fee(FeeKind.REFUND, usd(15), on=IN_MAY))

    assert (generous.fees, generous.fees_lost_on_refunds) == (usd(30), usd(30))
    assert (greedy.fees, greedy.fees_lost_on_refunds) == (usd(3_35), usd(3_35))


def test_a_dispute_fee_is_a_fee_but_not_lost_on_a_refund() -> None:
    seen = dollars(MAY, completed(usd(100_00), on=IN_MAY), extra_fee(FeeKind.DISPUTE, usd(15_00), on=IN_MAY))

    assert (seen.fees, seen.fees_lost_on_refunds) == (usd(15_00), usd(0))


def test_a_refund_that_came_back_undoes_itself_and_its_lost_fee() -> None:
    seen = dollars(
        MAY,
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(fee_of(usd(3_20)), on=IN_MAY),
        refunded(usd(100_00), on=IN_MAY),
        refund_failed(usd(100_00), on=IN_MAY),
    )

    assert (seen.refunded, seen.fees_lost_on_refunds, seen.net) == (usd(0), usd(0), usd(96_80))


def test_a_refund_that_never_succeeded_changes_nothing() -> None:
    seen = dollars(MAY, completed(usd(100_00), on=IN_MAY), refund_failed(usd(100_00), had_succeeded=False, on=IN_MAY))

    assert (seen.refunded, seen.net) == (usd(0), usd(100_00))


def test_what_banks_take_back_lowers_the_net() -> None:
    seen = dollars(
        MAY,
        completed(usd(100_00), on=IN_MAY),
        completed(usd(50_00), payment_id=SECOND, on=IN_MAY),
        returned(usd(50_00), payment_id=SECOND, on=IN_MAY),
        dispute_opened(usd(100_00), on=IN_MAY),
        dispute_lost(usd(100_00), on=IN_MAY),
    )

    assert (seen.gross, seen.taken_back, seen.net) == (usd(150_00), usd(150_00), usd(0))


def test_a_dispute_takes_nothing_before_it_is_lost() -> None:
    paid = completed(usd(100_00), on=IN_MAY)

    assert dollars(MAY, paid, dispute_opened(usd(100_00), on=IN_MAY)).net == usd(100_00)
    assert dollars(MAY, paid, dispute_won(usd(100_00), on=IN_MAY)).net == usd(100_00)


def test_the_actual_fee_replaces_the_expected_one() -> None:
    expected = fee_of(usd(3_20), FeeBasis.ESTIMATED)
    happened = (
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(expected, on=IN_MAY),
        fee_assessed(fee_of(usd(3_50)), replaces=expected, on=IN_JUNE),
    )

    assert dollars(MAY, *happened).fees == usd(3_20)
    assert dollars(JUNE, *happened).fees == usd(30)


@pytest.mark.rule("S1.40")
def test_a_fee_that_is_unknown_is_counted_and_never_taken_for_zero() -> None:
    unknown = (completed(usd(100_00), on=IN_MAY), fee_assessed(fee_of(usd(3_20)), on=IN_JUNE))
    free = (
        completed(usd(50_00), payment_id=SECOND, on=IN_MAY),
        fee_assessed(fee_of(usd(0)), payment_id=SECOND, on=IN_MAY),
    )
    by_hand = recorded_by_hand(usd(20_00), payment_id=PaymentId("P3"), on=IN_MAY)

    assert of(MAY, *unknown, *free, by_hand).unknown_fees == 1
    assert of(JUNE, *unknown, *free, by_hand).unknown_fees == 0


def test_a_refund_of_a_payment_with_an_unknown_fee_counts_in_the_refund_s_period_too() -> None:
    happened = (completed(usd(100_00), on=IN_MAY), refunded(usd(40_00), on=IN_JUNE))

    assert of(JUNE, *happened).unknown_fees == 1


def test_a_fee_in_another_settlement_currency_is_a_row_of_its_own() -> None:
    seen = of(
        MAY,
        completed(Money(100_00, "EUR"), on=IN_MAY),
        fee_assessed(fee_of(usd(3_50)), on=IN_MAY),
        refunded(Money(50_00, "EUR"), on=IN_MAY),
    )

    assert [(row.net, row.fees_lost_on_refunds) for row in seen.currencies] == [
        (Money(50_00, "EUR"), Money(0, "EUR")),
        (usd(-3_50), usd(1_75)),
    ]


def test_an_estimate_in_another_currency_than_the_actual_fee_is_undone_in_its_own() -> None:
    expected = fee_of(usd(3_20), FeeBasis.ESTIMATED)
    seen = of(
        MAY,
        completed(usd(100_00), on=IN_MAY),
        fee_assessed(expected, on=IN_MAY),
        refunded(usd(100_00), on=IN_MAY),
        fee_assessed(fee_of(Money(2_95, "EUR")), replaces=expected, on=IN_MAY),
    )

    assert [(row.fees, row.fees_lost_on_refunds) for row in seen.currencies] == [
        (Money(2_95, "EUR"), Money(2_95, "EUR")),
        (usd(0), usd(0)),
    ]


# ── Two roads ────────────────────────────────────────────────────────────────────────────────────────────────────────

MONEY_AT_HAND = frozenset({Account.CASH, Account.CLEARING, Account.DISPUTED})
days = st.integers(0, 60).map(lambda n: date(2026, 4, 15) + timedelta(days=n))


@st.composite
def lives(draw: st.DrawFn) -> list[events.Event]:
    """Payments and what became of each: a fee, refunds, bounces, bank returns, in any order and on any days."""
    happened: list[events.Event] = []
    for n in range(draw(st.integers(0, 4))):
        payment_id = PaymentId(f"P{n}")
        amount = Money(draw(st.integers(1, 500_00)), draw(st.sampled_from(["USD", "EUR"])))
        if draw(st.booleans()):
            happened.append(recorded_by_hand(amount, payment_id=payment_id, on=draw(days)))
            continue
        part = Money(draw(st.integers(1, amount.minor)), amount.currency)
        fee = fee_of(Money(draw(st.integers(0, 9_99)), draw(st.sampled_from(["USD", "EUR"]))))
        assessed = fee_assessed(fee, payment_id=payment_id, on=draw(days))
        refund = refunded(part, payment_id=payment_id, on=draw(days))
        bounce = evolve(refund_failed(part, on=draw(days)), payment_id=payment_id)
        gone = returned(amount, payment_id=payment_id, on=draw(days))
        happened.append(completed(amount, payment_id=payment_id, on=draw(days)))
        happened += draw(
            st.sampled_from(
                [[], [assessed], [refund, assessed], [assessed, refund, bounce], [refund, bounce, assessed], [gone]]
            )
        )
    return happened


@given(lives())
def test_the_net_is_what_the_journal_moved_on_the_accounts_that_hold_money(happened: list[events.Event]) -> None:
    seen = of(MAY, *happened)

    moved = [
        posting.amount
        for event in happened
        if MAY.start <= event.on < MAY.end
        for posting in postings(event)
        if posting.account in MONEY_AT_HAND
    ]
    for row in seen.currencies:
        in_currency = [amount for amount in moved if amount.currency == row.net.currency]
        assert Money.sum(in_currency, row.net.currency) == row.net
    for amount in per_currency(moved):
        assert amount.is_zero or amount.currency in {row.net.currency for row in seen.currencies}


@given(lives())
def test_two_periods_side_by_side_add_up_to_the_period_of_both(happened: list[events.Event]) -> None:
    both = Period(MAY.start, JUNE.end)

    may, june, whole = of(MAY, *happened), of(JUNE, *happened), of(both, *happened)

    for row in whole.currencies:
        parts = [part for part in (*may.currencies, *june.currencies) if part.net.currency == row.net.currency]
        for name in ("gross", "refunded", "taken_back", "fees", "fees_lost_on_refunds", "net"):
            assert Money.sum((getattr(part, name) for part in parts), row.net.currency) == getattr(row, name), name
