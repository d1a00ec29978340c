"""Money goes back: requested, pending, succeeded, and sometimes failed after all."""

import pytest
from attrs import evolve
from tests.unit.invoices.voided import a_void_invoice
from tests.unit.payments.pure_books import PureBooks, in_state, reviewed, usd

from billcore.errors import BadMoney, BadText, CurrencyMismatch, InvalidTransition, NotRefundable, OverRefund
from billcore.events import Part
from billcore.ids import InvoiceId, RefundId
from billcore.money import Money
from billcore.payments import applying, refunding
from billcore.payments.payment import Payment, PaymentState, RefundStanding, RefundState
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy, RefundEffect
from billcore.reasons import RefundReason
from billcore.testing.builders import BY
from billcore.testing.clock import START

ONE, TWO = InvoiceId("invoice-1"), InvoiceId("invoice-2")


def test_a_refund_reserves_its_amount_before_any_money_moves() -> None:
    books = PureBooks()

    refund, payment = books.request_refund(books.charged(), 60_00)

    assert refund.state is RefundState.REQUESTED
    assert (payment.refund_reserved, payment.refunded, payment.refundable) == (usd(60_00), usd(0), usd(40_00))
    assert books.invoice().paid == usd(100_00)


def test_two_refunds_at_once_never_give_back_more_than_came() -> None:
    books = PureBooks()
    _, payment = books.request_refund(books.charged(), 60_00)

    with pytest.raises(OverRefund, match=r"only 40\.00 USD of this payment is left"):
        books.request_refund(payment, 40_01, "refund-2")


def test_a_refund_that_succeeds_raises_the_balance_by_it() -> None:
    books = PureBooks()

    refund, payment = books.refund(books.charged(), 60_00)

    assert (refund.state, refund.parts) == (RefundState.SUCCEEDED, (Part(ONE, usd(60_00)),))
    assert (payment.refunded, payment.refund_reserved) == (usd(60_00), usd(0))
    assert payment.refund_standing is RefundStanding.PARTIALLY_REFUNDED
    assert (books.invoice().balance, books.invoice().sums.refunded) == (usd(60_00), usd(60_00))


def test_the_clients_credit_is_given_back_before_any_invoice_is_touched() -> None:
    books = PureBooks()
    payment = books.record(150_00, {"invoice-1": 60_00, "invoice-2": 50_00})

    refund, _ = books.refund(payment, 70_00)

    assert (refund.unapplied, refund.parts) == (usd(40_00), (Part(TWO, usd(30_00)),))
    assert books.invoice(TWO).balance == usd(80_00)
    assert books.invoice(ONE).balance == usd(40_00)


@pytest.mark.parametrize("before", ["requested", "pending"])
def test_a_refund_that_fails_or_is_canceled_can_be_made_again(before: str) -> None:
    for end in ("fail", "cancel"):
        books = PureBooks()
        refund, payment = books.request_refund(books.charged(), 100_00)
        if before == "pending":
            refund, payment, _ = refunding.pend(refund, payment, at=START, by=BY)

        if end == "fail":
            ended, payment, _ = refunding.fail(refund, payment, books.invoices, code="closed", at=START, by=BY)
        else:
            ended, payment, _ = refunding.cancel(refund, payment, reason="a mistake", at=START, by=BY)

        assert not ended.is_live
        assert payment.refundable == usd(100_00)
        assert books.invoice().paid == usd(100_00)


def test_a_refund_that_comes_back_after_it_succeeded_pays_the_invoice_again() -> None:
    books = PureBooks()
    refund, payment = books.refund(books.charged(), 60_00)

    failed, payment, event = refunding.fail(refund, payment, books.invoices, code="closed", at=START, by=BY)
    books.book(event)

    assert (failed.state, failed.parts, failed.failure_code) == (RefundState.FAILED, (), "closed")
    assert (payment.refunded, payment.applied) == (usd(0), usd(100_00))
    assert (books.invoice().paid, books.invoice().sums.refunded) == (usd(100_00), usd(0))
    assert books.invoice().hold is None


def test_what_comes_back_and_fits_no_more_is_the_clients_credit() -> None:
    books = PureBooks()
    refund, payment = books.refund(books.charged(), 60_00)
    books.record(50_00, payment_id="payment-2")

    _, payment, event = refunding.fail(refund, payment, books.invoices, code="closed", at=START, by=BY)
    books.book(event)

    assert (event.parts, event.unapplied) == ((Part(ONE, usd(10_00)),), usd(50_00))
    assert payment.unapplied == usd(50_00)
    assert books.invoice().balance.is_zero


def test_what_comes_back_for_a_void_invoice_is_the_clients_credit() -> None:
    books = PureBooks()
    refund, payment = books.refund(books.charged(), 100_00)
    books.invoices[ONE] = a_void_invoice(books.firm, books.client)

    _, payment, _ = refunding.fail(refund, payment, books.invoices, code="closed", at=START, by=BY)

    assert payment.unapplied == usd(100_00)


# ── Holds (C5) ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("policy", "minor", "is_held"),
    [
        (PRO_FIRM, 100_00, True),
        (PRO_FIRM, 1, True),
        (PRACTICE, 100_00, False),
        (PRACTICE, 1, True),
        (evolve(STANDARD, refund_effect=RefundEffect.CLOSE), 1, False),
        (evolve(STANDARD, hold_after_refund=False), 100_00, False),
    ],
)
def test_collection_rests_where_the_client_would_be_asked_again(policy: Policy, minor: int, is_held: bool) -> None:
    books = PureBooks(policy)

    books.refund(books.charged(), minor)

    assert (books.invoice().hold is not None) is is_held


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("state", [state for state in PaymentState if state is not PaymentState.COMPLETED])
def test_only_a_completed_payment_is_refunded(state: PaymentState) -> None:
    books, payment = in_state(state)

    with pytest.raises(NotRefundable, match=f"a payment that is {state.value}"):
        books.request_refund(payment, 1)


def test_a_payment_that_waits_for_a_review_is_not_refunded() -> None:
    books, payment = in_state(PaymentState.COMPLETED)

    with pytest.raises(NotRefundable, match="review"):
        books.request_refund(reviewed(payment), 1)


def test_nothing_is_left_of_a_payment_that_was_refunded_in_full() -> None:
    books = PureBooks()
    _, payment = books.refund(books.charged(), 100_00)

    assert payment.refund_standing is RefundStanding.REFUNDED
    for minor in (0, 1):
        with pytest.raises(OverRefund, match="nothing of this payment is left"):
            books.request_refund(payment, minor, "refund-2")


@pytest.mark.parametrize("amount", [Money(0, "USD"), Money(-1, "USD")])
def test_a_refund_is_above_zero(amount: Money) -> None:
    books = PureBooks()

    with pytest.raises(BadMoney, match="above zero"):
        books.request_refund(books.charged(), amount.minor)


def _request(books: PureBooks, payment: Payment, amount: Money, reason: object, note: str) -> None:
    refunding.request(
        RefundId("refund-1"),
        payment,
        amount,
        books.invoices,
        reason=reason,  # type: ignore[arg-type]
        note=note,
        is_external=False,
        at=START,
        by=BY,
    )


def test_a_refund_is_in_the_payments_currency_for_a_known_reason_with_a_storable_note() -> None:
    books = PureBooks()
    payment = books.charged()

    with pytest.raises(CurrencyMismatch):
        _request(books, payment, Money(1, "EUR"), RefundReason.OTHER, "")
    with pytest.raises(NotRefundable, match="not str"):
        _request(books, payment, usd(1), "other", "")
    with pytest.raises(BadText):
        _request(books, payment, usd(1), RefundReason.OTHER, "x" * 5001)


@pytest.mark.rule("S3.35")
def test_where_only_paid_invoices_are_refunded_an_unpaid_one_is_not() -> None:
    books = PureBooks(PRACTICE)
    part = books.record(40_00)

    with pytest.raises(NotRefundable, match=r"60\.00 USD of INV-0001 is owed"):
        books.request_refund(part, 40_00)
    books.record(60_00, payment_id="payment-2")
    assert books.request_refund(part, 40_00)[0].state is RefundState.REQUESTED


def test_client_credit_is_given_back_whatever_the_invoice_it_was_taken_off_owes() -> None:
    books = PureBooks(PRACTICE)
    payment = books.record(100_00)
    payment, event = applying.unapply(payment, ONE, usd(100_00), at=START, by=BY)
    books.book(event)

    refund, _ = books.refund(payment, 100_00)

    assert (refund.unapplied, refund.parts) == (usd(100_00), ())


def test_a_second_refund_counts_what_the_first_will_take_of_the_credit() -> None:
    books = PureBooks(PRACTICE)
    payment = books.record(150_00, {"invoice-1": 90_00})
    _, payment = books.request_refund(payment, 60_00)

    with pytest.raises(NotRefundable, match="is owed"):
        books.request_refund(payment, 1, "refund-2")


@pytest.mark.parametrize("state", [RefundState.FAILED, RefundState.CANCELED])
def test_a_refund_that_ended_moves_no_more(state: RefundState) -> None:
    books = PureBooks()
    refund, payment = books.request_refund(books.charged(), 1)
    ended = evolve(refund, state=state)

    with pytest.raises(InvalidTransition, match="allowed: none"):
        refunding.pend(ended, payment, at=START, by=BY)
    with pytest.raises(InvalidTransition):
        books.succeed(ended, payment)
    with pytest.raises(InvalidTransition):
        refunding.fail(ended, payment, books.invoices, code="closed", at=START, by=BY)
    with pytest.raises(InvalidTransition):
        refunding.cancel(ended, payment, reason="", at=START, by=BY)
