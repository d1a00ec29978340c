"""What each event does to the books, and that the books balance whatever happens."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.reports.any_event import EVERY_EVENT, any_of
from tests.unit.reports.happened import (
    FIRM,
    INVOICE,
    JANE,
    PAYMENT,
    completed,
    credited,
    dispute_lost,
    dispute_opened,
    dispute_won,
    extra_fee,
    fee_assessed,
    fee_of,
    initiated,
    issued,
    noon,
    on_invoice,
    recorded,
    recorded_by_hand,
    refund_failed,
    refunded,
    returned,
    usd,
)

from billcore import events
from billcore.errors import HouseRule
from billcore.fees import FeeBasis, FeeKind
from billcore.ids import CreditNoteId, InvoiceId
from billcore.journal import Account, Posting, balances, entries, owed_by_invoice, postings, split_by_invoice
from billcore.money import Money

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 1)


def posted(event: events.Event) -> dict[Account, Money]:
    """The postings of an event of one currency, by account."""
    return {posting.account: posting.amount for posting in postings(event)}


def standing(*happened: events.Event) -> dict[Account, Money]:
    """The balances of books in one currency, by account, without those of zero."""
    return {
        balance.account: balance.amount
        for balance in balances(entries(recorded(*happened)))
        if not balance.amount.is_zero
    }


# ── Whose part it is ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_an_event_of_one_invoice_moves_is_all_of_that_invoice() -> None:
    assert split_by_invoice(issued(usd(100_00)), usd(100_00)) == on_invoice(usd(100_00))


def test_an_event_that_moves_what_is_owed_must_say_on_which_invoice() -> None:
    with pytest.raises(HouseRule, match="FeeAssessed moves what is owed"):
        split_by_invoice(fee_assessed(fee_of(usd(3_20))), usd(3_20))


# ── Invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_issued_invoice_is_receivable_earned_and_taxed() -> None:
    event = issued(net=usd(100_00), tax=usd(20_00))

    assert posted(event) == {
        Account.RECEIVABLE: usd(120_00),
        Account.REVENUE: usd(-100_00),
        Account.TAX_PAYABLE: usd(-20_00),
    }


def test_a_void_takes_back_what_is_left_of_the_invoice_its_late_fees_and_its_write_off() -> None:
    # 120.00 was issued, 12.00 credited, 5.00 added for being late, 8.00 written off, and 105.00 is owed.
    event = events.InvoiceVoided(
        firm_id=FIRM,
        invoice_id=INVOICE,
        reason="wrong client",
        net=usd(90_00),
        tax=usd(18_00),
        late_fees=usd(5_00),
        owed=usd(105_00),
        written_off=usd(8_00),
        at=noon(MAY),
        by=JANE,
    )

    assert posted(event) == {
        Account.REVENUE: usd(90_00),
        Account.TAX_PAYABLE: usd(18_00),
        Account.LATE_FEES: usd(5_00),
        Account.RECEIVABLE: usd(-105_00),
        Account.WRITE_OFFS: usd(-8_00),
    }


def test_a_late_fee_is_owed_and_earned_and_a_waiver_undoes_it() -> None:
    assessed = events.LateFeeAssessed(
        firm_id=FIRM, invoice_id=INVOICE, rule="late_fee", step=1, amount=usd(5_00), reason="", at=noon(MAY), by=JANE
    )
    waived = events.LateFeeWaived(
        firm_id=FIRM, invoice_id=INVOICE, rule="late_fee", step=1, amount=usd(5_00), reason="", at=noon(MAY), by=JANE
    )

    assert posted(assessed) == {Account.RECEIVABLE: usd(5_00), Account.LATE_FEES: usd(-5_00)}
    assert posted(waived) == {Account.RECEIVABLE: usd(-5_00), Account.LATE_FEES: usd(5_00)}


def test_a_write_off_moves_the_debt_from_receivable_and_its_reversal_moves_it_back() -> None:
    written_off = events.InvoiceWrittenOff(
        firm_id=FIRM, invoice_id=INVOICE, amount=usd(8_00), reason="insolvent", at=noon(MAY), by=JANE
    )
    reversed_ = events.WriteOffReversed(
        firm_id=FIRM, invoice_id=INVOICE, amount=usd(8_00), reason="", at=noon(MAY), by=JANE
    )

    assert posted(written_off) == {Account.WRITE_OFFS: usd(8_00), Account.RECEIVABLE: usd(-8_00)}
    assert posted(reversed_) == {Account.WRITE_OFFS: usd(-8_00), Account.RECEIVABLE: usd(8_00)}


def test_a_credit_note_lowers_revenue_tax_and_receivable_and_its_reversal_restores_them() -> None:
    credit = credited(usd(12_00), tax=usd(2_00))
    reversal = events.CreditReversed(
        firm_id=FIRM,
        invoice_id=INVOICE,
        credit_note_id=CreditNoteId("C1"),
        amount=usd(12_00),
        net=usd(10_00),
        tax=usd(2_00),
        at=noon(MAY),
        by=JANE,
    )

    assert posted(credit) == {
        Account.REVENUE: usd(10_00),
        Account.TAX_PAYABLE: usd(2_00),
        Account.RECEIVABLE: usd(-12_00),
    }
    assert posted(reversal) == {account: -amount for account, amount in posted(credit).items()}


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_money_received_by_hand_is_cash_and_what_no_invoice_takes_is_client_credit() -> None:
    event = recorded_by_hand(usd(200_00), on_invoice(usd(150_00)))

    assert posted(event) == {
        Account.CASH: usd(200_00),
        Account.RECEIVABLE: usd(-150_00),
        Account.CLIENT_CREDIT: usd(-50_00),
    }


def test_money_at_a_gateway_is_in_clearing_and_what_no_invoice_takes_is_client_credit() -> None:
    event = completed(usd(200_00), on_invoice(usd(150_00)))

    assert posted(event) == {
        Account.CLEARING: usd(200_00),
        Account.RECEIVABLE: usd(-150_00),
        Account.CLIENT_CREDIT: usd(-50_00),
    }


def test_a_payment_that_has_not_come_leaves_the_books_alone() -> None:
    assert postings(initiated(usd(100_00))) == ()


def test_one_payment_on_several_invoices_is_one_posting_of_receivable() -> None:
    parts = (*on_invoice(usd(60_00)), *on_invoice(usd(40_00), InvoiceId("I2")))

    event = recorded_by_hand(usd(100_00), parts)

    assert posted(event) == {Account.CASH: usd(100_00), Account.RECEIVABLE: usd(-100_00)}


def test_client_credit_that_is_applied_lowers_receivable_and_comes_back_when_it_is_unapplied() -> None:
    applied = events.PaymentApplied(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(50_00),
        invoice_ids=(INVOICE,),
        parts=on_invoice(usd(50_00)),
        at=noon(MAY),
        by=JANE,
    )
    unapplied = events.PaymentUnapplied(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(50_00),
        invoice_ids=(INVOICE,),
        parts=on_invoice(usd(50_00)),
        at=noon(MAY),
        by=JANE,
    )

    assert posted(applied) == {Account.CLIENT_CREDIT: usd(50_00), Account.RECEIVABLE: usd(-50_00)}
    assert posted(unapplied) == {Account.CLIENT_CREDIT: usd(-50_00), Account.RECEIVABLE: usd(50_00)}


def test_a_bank_return_is_owed_again_and_leaves_clearing() -> None:
    event = returned(usd(200_00), on_invoice(usd(150_00)))

    assert posted(event) == {
        Account.RECEIVABLE: usd(150_00),
        Account.CLIENT_CREDIT: usd(50_00),
        Account.CLEARING: usd(-200_00),
    }


def test_a_dispute_is_held_apart_until_it_is_decided() -> None:
    paid = (issued(usd(100_00)), completed(usd(100_00)))

    opened = standing(*paid, dispute_opened(usd(100_00)))
    won = standing(*paid, dispute_opened(usd(100_00)), dispute_won(usd(100_00)))
    lost = standing(*paid, dispute_opened(usd(100_00)), dispute_lost(usd(100_00)))

    assert opened == {Account.DISPUTED: usd(100_00), Account.REVENUE: usd(-100_00)}
    assert won == {Account.CLEARING: usd(100_00), Account.REVENUE: usd(-100_00)}
    assert lost == {Account.RECEIVABLE: usd(100_00), Account.REVENUE: usd(-100_00)}


# ── Fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.42")
def test_a_fee_comes_out_of_clearing_and_never_touches_what_the_client_owes() -> None:
    event = fee_assessed(fee_of(usd(3_20)))

    assert posted(event) == {Account.FEES: usd(3_20), Account.CLEARING: usd(-3_20)}


def test_the_actual_fee_moves_only_its_difference_to_the_estimate() -> None:
    event = fee_assessed(fee_of(usd(3_25)), replaces=fee_of(usd(3_20), FeeBasis.ESTIMATED))

    assert posted(event) == {Account.FEES: usd(5), Account.CLEARING: usd(-5)}


def test_an_estimate_that_was_right_moves_nothing() -> None:
    assert postings(fee_assessed(fee_of(usd(3_20)), replaces=fee_of(usd(3_20), FeeBasis.ESTIMATED))) == ()


def test_a_fee_settled_in_another_currency_than_its_estimate_moves_each_in_its_own() -> None:
    event = fee_assessed(fee_of(Money(2_95, "EUR")), replaces=fee_of(usd(3_20), FeeBasis.ESTIMATED))

    assert postings(event) == (
        Posting(Account.CLEARING, Money(-2_95, "EUR")),
        Posting(Account.CLEARING, usd(3_20)),
        Posting(Account.FEES, Money(2_95, "EUR")),
        Posting(Account.FEES, usd(-3_20)),
    )


def test_a_dispute_fee_is_kept_and_one_given_back_is_its_reverse() -> None:
    assert posted(extra_fee(FeeKind.DISPUTE, usd(15_00))) == {Account.FEES: usd(15_00), Account.CLEARING: usd(-15_00)}
    assert posted(extra_fee(FeeKind.DISPUTE, usd(-15_00))) == {Account.FEES: usd(-15_00), Account.CLEARING: usd(15_00)}


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refund_of_a_card_leaves_clearing_and_is_owed_again_or_leaves_client_credit() -> None:
    event = refunded(usd(200_00), on_invoice(usd(150_00)))

    assert posted(event) == {
        Account.RECEIVABLE: usd(150_00),
        Account.CLIENT_CREDIT: usd(50_00),
        Account.CLEARING: usd(-200_00),
    }


@pytest.mark.rule("S1.35")
@pytest.mark.parametrize(("is_manual", "is_external"), [(True, False), (False, True), (True, True)])
def test_a_refund_that_the_firm_settles_itself_comes_out_of_cash(is_manual: bool, is_external: bool) -> None:
    event = refunded(usd(40_00), is_manual=is_manual, is_external=is_external)

    assert posted(event) == {Account.RECEIVABLE: usd(40_00), Account.CASH: usd(-40_00)}


def test_a_refund_that_failed_after_it_succeeded_brings_the_money_back() -> None:
    event = refund_failed(usd(200_00), on_invoice(usd(150_00)))

    assert posted(event) == {
        Account.CLEARING: usd(200_00),
        Account.RECEIVABLE: usd(-150_00),
        Account.CLIENT_CREDIT: usd(-50_00),
    }


def test_a_manual_refund_that_bounced_comes_back_to_cash() -> None:
    event = evolve(refund_failed(usd(40_00)), is_manual=True)

    assert posted(event) == {Account.CASH: usd(40_00), Account.RECEIVABLE: usd(-40_00)}


def test_a_refund_that_never_succeeded_leaves_the_books_alone() -> None:
    assert postings(refund_failed(usd(40_00), had_succeeded=False)) == ()


@pytest.mark.rule("S1.43")
def test_a_card_payment_refunded_in_full_costs_the_firm_its_fee() -> None:
    happened = (issued(usd(100_00)), completed(usd(100_00)), fee_assessed(fee_of(usd(3_20))), refunded(usd(100_00)))

    books = standing(*happened)

    assert books == {
        Account.CLEARING: usd(-3_20),
        Account.FEES: usd(3_20),
        Account.RECEIVABLE: usd(100_00),
        Account.REVENUE: usd(-100_00),
    }


# ── The journal as a whole ───────────────────────────────────────────────────────────────────────────────────────────


def test_an_entry_stands_on_the_business_date_of_its_event_and_keeps_its_position() -> None:
    back_dated = evolve(recorded_by_hand(usd(100_00), on=JUNE), on=MAY)

    (entry,) = entries(recorded(initiated(usd(5_00)), back_dated))

    assert (entry.position, entry.on) == (2, MAY)


def test_balances_are_kept_per_currency_and_stay_listed_at_zero() -> None:
    euros = Money(30_00, "EUR")
    happened = recorded(recorded_by_hand(usd(10_00)), refunded(usd(10_00), is_manual=True), recorded_by_hand(euros))

    books = [(balance.account, balance.amount) for balance in balances(entries(happened))]

    assert books == [
        (Account.CASH, euros),
        (Account.CASH, usd(0)),
        (Account.RECEIVABLE, -euros),
        (Account.RECEIVABLE, usd(0)),
    ]


# ── Every event ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_no_event_is_an_error_and_not_an_entry_of_nothing() -> None:
    with pytest.raises(AssertionError, match="'a surprise'"):
        postings("a surprise")  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", EVERY_EVENT)
@settings(max_examples=20)
@given(data=st.data())
def test_the_postings_of_every_event_add_up_to_zero_in_each_currency(
    kind: type[events.Event], data: st.DataObject
) -> None:
    made = postings(data.draw(any_of(kind)))

    for currency in {posting.amount.currency for posting in made}:
        of_currency = [posting.amount for posting in made if posting.amount.currency == currency]
        assert Money.sum(of_currency, currency).is_zero
    assert not any(posting.amount.is_zero for posting in made)
    assert len({(posting.account, posting.amount.currency) for posting in made}) == len(made)


@pytest.mark.parametrize("kind", EVERY_EVENT)
@settings(max_examples=20)
@given(data=st.data())
def test_what_is_receivable_is_kept_by_invoice_and_adds_up_to_the_posting(
    kind: type[events.Event], data: st.DataObject
) -> None:
    event = data.draw(any_of(kind))

    parts = owed_by_invoice(event)

    posted = [posting.amount for posting in postings(event) if posting.account is Account.RECEIVABLE]
    assert sum(part.amount.minor for part in parts) == sum(amount.minor for amount in posted)
    assert len({part.invoice_id for part in parts}) == len(parts)
    assert not any(part.amount.is_zero for part in parts)
