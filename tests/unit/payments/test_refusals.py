"""What a refused payment or refund says, whole: what was asked, what is allowed, and what to do."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from tests.unit.payments.pure_books import DECLINED, PureBooks, in_state, reviewed, usd

from billcore.actors import System
from billcore.errors import (
    BadDate,
    BadMoney,
    BadText,
    BillcoreError,
    CurrencyMismatch,
    InvalidTransition,
    MethodNotAllowed,
    NotRefundable,
    OnHold,
    OverRefund,
    ReasonRequired,
)
from billcore.ids import MethodId, OperationId, PaymentId, RefundId
from billcore.invoices import adjusting
from billcore.methods import Method
from billcore.money import Money
from billcore.payments import paying, refunding
from billcore.payments.operation import OperationState, move, submit
from billcore.payments.payment import PaymentState, RefundState
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy
from billcore.reasons import Initiator, RefundReason
from billcore.testing.builders import BY, a_client, a_firm, an_issued_invoice, an_operation
from billcore.testing.clock import START

Act = Callable[[], object]


def refusal(act: Act) -> tuple[type[BillcoreError], str]:
    with pytest.raises(BillcoreError) as refused:
        act()
    return type(refused.value), str(refused.value)


def record(
    amount: Money,
    *,
    policy: Policy = STANDARD,
    currency: str = "USD",
    allocated: Money | None = None,
    method: Method = Method.CHECK,
    received_on: date | None = None,
    reference: str | None = None,
    notes: str = "",
    at: datetime = START,
) -> None:
    firm = a_firm(policy=policy)
    invoice = an_issued_invoice(firm, a_client(firm, currency=currency))
    paying.record(
        PaymentId("payment-1"),
        firm=firm,
        client=a_client(firm),
        amount=amount,
        allocations=[(invoice, allocated or amount)],
        method=method,
        received_on=received_on,
        reference=reference,
        notes=notes,
        at=at,
        by=BY,
    )


def charge_a_saved_card(policy: Policy, initiator: Initiator) -> None:
    firm = a_firm(policy=policy)
    invoice, _ = adjusting.hold(an_issued_invoice(firm, a_client(firm)), reason="a dispute", at=START, by=BY)
    paying.initiate(
        PaymentId("payment-1"),
        firm=firm,
        client=a_client(firm),
        amount=usd(1),
        allocations=[(invoice, usd(1))],
        method=Method.CARD,
        gateway="fake",
        initiator=initiator,
        method_id=MethodId("method-1"),
        operation_id=OperationId("operation-1"),
        at=START,
        by=System("auto-pay") if initiator is Initiator.AUTOPAY else BY,
    )


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amount_is_refused_with_the_amounts_in_question() -> None:
    assert refusal(lambda: record(usd(0))) == (BadMoney, "asked to pay 0.00 USD; the amount must be above zero")
    assert refusal(lambda: record(usd(40_00), allocated=usd(40_01))) == (
        BadMoney,
        "asked to apply 40.01 USD of a payment of 40.00 USD",
    )
    assert refusal(lambda: record(usd(1), currency="EUR")) == (
        CurrencyMismatch,
        "the payment is in USD, the invoice in EUR",
    )
    assert refusal(lambda: record("1.00")) == (BadMoney, "the amount must be Money, not str")  # type: ignore[arg-type]


def test_a_day_to_come_is_refused_with_today() -> None:
    assert refusal(lambda: record(usd(1), received_on=date(2026, 5, 5))) == (
        BadDate,
        "money cannot have been received on 2026-05-05, which is after today, 2026-05-04",
    )
    assert refusal(lambda: record(usd(1), received_on=START)) == (
        BadDate,
        "date received must be a date like date(2026, 6, 30), not datetime",
    )


def test_a_method_is_refused_with_those_that_the_firm_takes() -> None:
    assert refusal(lambda: record(usd(1), policy=PRO_FIRM, method=Method.CARD)) == (
        MethodNotAllowed,
        "card cannot be recorded by hand at this firm, only cash, check, other, wire; charge it through a gateway",
    )
    assert refusal(lambda: record(usd(1), method="check")) == (  # type: ignore[arg-type]
        MethodNotAllowed,
        "method must be one of Method, not str",
    )
    strict = evolve(STANDARD, reference_required_for=frozenset({Method.CHECK}))
    assert refusal(lambda: record(usd(1), policy=strict)) == (
        ReasonRequired,
        "this firm's policy requires a reference for check, such as the check's number",
    )
    assert refusal(lambda: charge_a_saved_card(PRO_FIRM, Initiator.STAFF)) == (
        MethodNotAllowed,
        "this firm's policy lets clients and auto-pay charge saved methods, not staff",
    )


def test_auto_pay_is_told_which_invoice_is_on_hold() -> None:
    assert refusal(lambda: charge_a_saved_card(STANDARD, Initiator.AUTOPAY)) == (
        OnHold,
        "collection of invoice 'invoice-1' is on hold; release the hold first",
    )


def test_a_payment_that_cannot_move_there_says_where_it_can() -> None:
    books, completed = in_state(PaymentState.COMPLETED)
    _, returned = in_state(PaymentState.RETURNED)

    assert refusal(lambda: paying.pend(completed, at=START, by=BY)) == (
        InvalidTransition,
        "a payment cannot go from completed to pending; allowed: disputed, returned",
    )
    assert refusal(lambda: paying.fail(returned, DECLINED, at=START, by=BY)) == (
        InvalidTransition,
        "a payment cannot go from returned to failed; allowed: none",
    )
    assert refusal(lambda: books.complete(completed)) == (
        InvalidTransition,
        "a payment that is completed was completed before; its money came once",
    )


def test_money_by_hand_has_no_gateway_whatever_a_record_says_of_its_state() -> None:
    waiting = evolve(PureBooks().record(40_00), state=PaymentState.PENDING)

    assert refusal(lambda: paying.fail(waiting, DECLINED, at=START, by=BY)) == (
        InvalidTransition,
        "a payment recorded by hand has no gateway to wait for",
    )


def test_a_review_is_refused_where_there_is_one_or_none_and_without_evidence() -> None:
    _, payment = in_state(PaymentState.PENDING)

    assert refusal(lambda: paying.require_review(reviewed(payment), "again", at=START, by=BY)) == (
        InvalidTransition,
        "the payment waits for a review already",
    )
    assert refusal(lambda: paying.review(payment, evidence="a letter", at=START, by=BY)) == (
        InvalidTransition,
        "the payment does not wait for a review",
    )
    assert refusal(lambda: paying.review(reviewed(payment), evidence=" ", at=START, by=BY)) == (
        ReasonRequired,
        "say how you know: the gateway's id, a bank statement, who confirmed it",
    )


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_that_cannot_be_refunded_says_why() -> None:
    books, payment = in_state(PaymentState.COMPLETED)
    _, waiting = in_state(PaymentState.PENDING)
    refunded = evolve(payment, refunded=usd(100_00))

    assert refusal(lambda: books.request_refund(waiting, 1)) == (
        NotRefundable,
        "cannot refund a payment that is pending; only a completed one",
    )
    assert refusal(lambda: books.request_refund(reviewed(payment), 1)) == (
        NotRefundable,
        "cannot refund a payment that waits for a review; resolve it first",
    )
    assert refusal(lambda: books.request_refund(refunded, 1)) == (
        OverRefund,
        "nothing of this payment is left to refund",
    )


def test_a_refund_is_refused_with_the_amounts_in_question() -> None:
    books, payment = in_state(PaymentState.COMPLETED)
    practice = PureBooks(PRACTICE)
    part = practice.record(40_00)

    def request(amount: Money, reason: object = RefundReason.OTHER) -> None:
        refunding.request(
            RefundId("refund-1"),
            payment,
            amount,
            books.invoices,
            reason=reason,  # type: ignore[arg-type]
            is_external=False,
            at=START,
            by=BY,
        )

    assert refusal(lambda: request(usd(1), "other")) == (
        NotRefundable,
        "the reason must be one of RefundReason, not str",
    )
    assert refusal(lambda: request(Money(1, "EUR"))) == (
        CurrencyMismatch,
        "the payment is in USD, asked to refund 0.01 EUR",
    )
    assert refusal(lambda: request(usd(0))) == (BadMoney, "asked to refund 0.00 USD; the amount must be above zero")
    assert refusal(lambda: request(usd(100_01))) == (
        OverRefund,
        "asked to refund 100.01 USD, only 100.00 USD of this payment is left",
    )
    assert refusal(lambda: practice.request_refund(part, 1)) == (
        NotRefundable,
        "this firm refunds paid invoices only, and 60.00 USD of INV-0001 is owed",
    )


def test_a_refund_that_cannot_move_there_says_where_it_can() -> None:
    books, payment = in_state(PaymentState.COMPLETED)
    refund, payment = books.request_refund(payment, 1)
    pending, _, _ = refunding.pend(refund, payment, at=START, by=BY)

    assert refusal(lambda: refunding.pend(pending, payment, at=START, by=BY)) == (
        InvalidTransition,
        "a refund cannot go from pending to pending; allowed: canceled, failed, succeeded",
    )
    assert refusal(lambda: books.succeed(evolve(refund, state=RefundState.FAILED), payment)) == (
        InvalidTransition,
        "a refund cannot go from failed to succeeded; allowed: none",
    )


# ── Operations ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_operation_that_cannot_move_there_says_where_it_can() -> None:
    unknown = evolve(an_operation(a_firm()), state=OperationState.UNKNOWN)
    succeeded = evolve(an_operation(a_firm()), state=OperationState.SUCCEEDED)

    assert refusal(lambda: move(unknown, OperationState.RESERVED, at=START)) == (
        InvalidTransition,
        "operation operation-1 cannot go from unknown to reserved; "
        "allowed: pending, rejected, submitting, succeeded, unknown",
    )
    assert refusal(lambda: move(succeeded, OperationState.REJECTED, at=START)) == (
        InvalidTransition,
        "operation operation-1 cannot go from succeeded to rejected; allowed: none",
    )


# ── What every verb refuses ──────────────────────────────────────────────────────────────────────────────────────────


def verbs() -> dict[str, Callable[[datetime], object]]:
    """Each verb on something that it is for, at a moment to be given."""
    books, created = in_state(PaymentState.CREATED)
    refunds, completed = in_state(PaymentState.COMPLETED)
    refund, refunding_payment = refunds.request_refund(completed, 1)
    operation = an_operation(a_firm())
    return {
        "record": lambda at: record(usd(1), at=at),
        "record of an earlier day": lambda at: record(usd(1), received_on=date(2026, 5, 1), at=at),
        "initiate": lambda at: PureBooks().initiate(at=at),
        "pend": lambda at: paying.pend(created, at=at, by=BY),
        "require action": lambda at: paying.require_action(created, None, at=at, by=BY),
        "complete": lambda at: paying.complete(created, books.invoices, at=at, by=BY),
        "fail": lambda at: paying.fail(created, DECLINED, at=at, by=BY),
        "cancel": lambda at: paying.cancel(created, reason="", at=at, by=BY),
        "require review": lambda at: paying.require_review(created, "", at=at, by=BY),
        "review": lambda at: paying.review(reviewed(created), evidence="a letter", at=at, by=BY),
        "request refund": lambda at: refunding.request(
            RefundId("refund-2"),
            completed,
            usd(1),
            refunds.invoices,
            reason=RefundReason.OTHER,
            is_external=False,
            at=at,
            by=BY,
        ),
        "pend refund": lambda at: refunding.pend(refund, refunding_payment, at=at, by=BY),
        "succeed": lambda at: refunding.succeed(refund, refunding_payment, refunds.invoices, at=at, by=BY),
        "fail refund": lambda at: refunding.fail(
            refund, refunding_payment, refunds.invoices, code="closed", at=at, by=BY
        ),
        "cancel refund": lambda at: refunding.cancel(refund, refunding_payment, reason="", at=at, by=BY),
        "move": lambda at: move(operation, OperationState.PENDING, at=at),
        "submit": lambda at: submit(operation, at=at, until=START + timedelta(minutes=3)),
    }


@pytest.mark.parametrize("verb", verbs())
def test_a_moment_without_a_timezone_is_refused(verb: str) -> None:
    assert refusal(lambda: verbs()[verb](START.replace(tzinfo=None))) == (
        BadDate,
        "at must know its timezone; a naive moment means a different instant on every machine",
    )


def texts() -> dict[str, tuple[int, Callable[[str], object]]]:
    """What people and gateways write, by the name that a refusal gives it, and how long it may be."""
    _, created = in_state(PaymentState.CREATED)
    refunds, completed = in_state(PaymentState.COMPLETED)
    refund, payment = refunds.request_refund(completed, 1)
    return {
        "reference": (200, lambda text: record(usd(1), reference=text)),
        "notes": (5000, lambda text: record(usd(1), notes=text)),
        "reason": (1000, lambda text: paying.cancel(created, reason=text, at=START, by=BY)),
        "reason for a review": (200, lambda text: paying.require_review(created, text, at=START, by=BY)),
        "evidence": (2000, lambda text: paying.review(reviewed(created), evidence=text, at=START, by=BY)),
        "note": (
            5000,
            lambda text: refunding.reserve(
                RefundId("refund-2"), payment, usd(1), reason=RefundReason.OTHER, note=text, at=START
            ),
        ),
        "failure code": (
            100,
            lambda text: refunding.fail(refund, payment, refunds.invoices, code=text, at=START, by=BY),
        ),
        "reason for a canceled refund": (
            1000,
            lambda text: refunding.cancel(refund, payment, reason=text, at=START, by=BY),
        ),
    }


@pytest.mark.parametrize("name", texts())
def test_a_text_is_as_long_as_its_column_and_no_longer(name: str) -> None:
    longest, write = texts()[name]

    write("x" * longest)

    what = name.partition(" for ")[0]
    assert refusal(lambda: write("x" * (longest + 1))) == (
        BadText,
        f"{what} has {longest + 1} characters, at most {longest} are allowed",
    )
