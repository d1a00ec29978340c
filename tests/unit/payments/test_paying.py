"""Money comes in: recorded by hand at once, or asked of a gateway and then pending, completed, failed or canceled."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.unit.invoices.voided import a_void_invoice
from tests.unit.payments.pure_books import DECLINED, PureBooks, in_state, usd

from billcore.actors import Contact, Staff, System
from billcore.errors import (
    BadDate,
    BadMoney,
    BadText,
    CurrencyMismatch,
    InvalidTransition,
    MethodNotAllowed,
    NotPayable,
    OnHold,
    Overpayment,
    PaymentInFlight,
    ReasonRequired,
)
from billcore.events import Part
from billcore.ids import ClientId, InvoiceId, MethodId, OperationId, PaymentId
from billcore.invoices import adjusting
from billcore.invoices.invoice import Invoice
from billcore.methods import Method
from billcore.payments import paying
from billcore.payments.payment import Payment, PaymentState
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy
from billcore.reasons import Initiator
from billcore.testing.builders import BY, a_client, a_draft, a_firm, an_issued_invoice
from billcore.testing.clock import START

ONE, TWO = InvoiceId("invoice-1"), InvoiceId("invoice-2")
WAITING = [PaymentState.CREATED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING]


def recorded(
    invoice: Invoice,
    minor: int = 40_00,
    *,
    policy: Policy = STANDARD,
    method: Method = Method.CHECK,
    received_on: date | None = None,
    reference: str | None = None,
    notes: str = "",
) -> Payment:
    firm = a_firm(policy=policy)
    payment, _ = paying.record(
        PaymentId("payment-1"),
        firm=firm,
        client=a_client(firm),
        amount=usd(minor),
        allocations=[(invoice, usd(minor))],
        method=method,
        received_on=received_on,
        reference=reference,
        notes=notes,
        at=START,
        by=BY,
    )
    return payment


def an_invoice(policy: Policy = STANDARD) -> Invoice:
    firm = a_firm(policy=policy)
    return an_issued_invoice(firm, a_client(firm))


# ── By hand ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_money_recorded_by_hand_is_there_at_once() -> None:
    books = PureBooks()

    payment = books.record(40_00)

    assert payment.state is PaymentState.COMPLETED
    assert payment.is_manual
    assert (payment.applied, payment.unapplied) == (usd(40_00), usd(0))
    assert books.invoice().balance == usd(60_00)


def test_one_payment_pays_several_invoices_and_the_rest_is_credit() -> None:
    books = PureBooks()

    payment = books.record(250_00, {"invoice-1": 100_00, "invoice-2": 30_00})

    assert payment.applications == (Part(ONE, usd(100_00)), Part(TWO, usd(30_00)))
    assert payment.unapplied == usd(120_00)
    assert [invoice.balance for invoice in books.invoices.values()] == [usd(0), usd(70_00)]


@pytest.mark.rule("S1.10")
def test_money_was_received_today_unless_said_otherwise_and_never_tomorrow() -> None:
    yesterday = START.date() - timedelta(days=1)

    assert recorded(an_invoice()).received_on == START.date()
    assert recorded(an_invoice(), received_on=yesterday).received_on == yesterday
    with pytest.raises(BadDate, match="after today"):
        recorded(an_invoice(), received_on=START.date() + timedelta(days=1))


@pytest.mark.parametrize("method", Method)
def test_a_firm_records_the_methods_of_its_policy_by_hand(method: Method) -> None:
    for policy in (PRO_FIRM, PRACTICE):
        if method in policy.manual_methods:
            assert recorded(an_invoice(policy), policy=policy, method=method).method is method
        else:
            with pytest.raises(MethodNotAllowed, match="charge it through a gateway"):
                recorded(an_invoice(policy), policy=policy, method=method)


def test_a_reference_is_given_where_the_policy_asks_for_one() -> None:
    strict = evolve(STANDARD, reference_required_for=frozenset({Method.CHECK}))

    for missing in (None, "", "  "):
        with pytest.raises(ReasonRequired):
            recorded(an_invoice(strict), policy=strict, reference=missing)
    assert recorded(an_invoice(strict), policy=strict, reference="4521").reference == "4521"


def test_reference_and_notes_are_text_that_can_be_stored() -> None:
    for reference in ("x" * 201, "\x00"):
        with pytest.raises(BadText):
            recorded(an_invoice(), reference=reference)
    for notes in ("x" * 5001, "\ud800"):
        with pytest.raises(BadText):
            recorded(an_invoice(), notes=notes)


@pytest.mark.parametrize("minor", [0, -1])
def test_a_payment_is_above_zero(minor: int) -> None:
    with pytest.raises(BadMoney, match="above zero"):
        recorded(an_invoice(), minor)


def test_an_invoice_takes_no_more_than_its_balance() -> None:
    with pytest.raises(Overpayment, match=r"only 100\.00 USD is left"):
        recorded(an_invoice(), 100_01)


def test_neither_a_draft_nor_a_void_invoice_takes_money() -> None:
    firm = a_firm()
    for invoice in (a_draft(firm, a_client(firm)), a_void_invoice(firm, a_client(firm))):
        with pytest.raises(NotPayable):
            recorded(invoice)


def test_a_payment_is_in_one_currency_and_of_one_client() -> None:
    firm = a_firm()
    euros = an_issued_invoice(firm, a_client(firm, currency="EUR"))
    anothers = an_issued_invoice(firm, a_client(firm, "client-2"))

    with pytest.raises(CurrencyMismatch):
        recorded(euros)
    with pytest.raises(NotPayable, match="another client"):
        recorded(anothers)


def test_allocations_are_parts_of_the_payment_each_named_once() -> None:
    books = PureBooks()

    with pytest.raises(BadMoney, match=r"asked to apply 50\.00 USD of a payment of 40\.00 USD"):
        books.record(40_00, {"invoice-1": 20_00, "invoice-2": 30_00})
    with pytest.raises(BadMoney, match="above zero"):
        books.record(40_00, {"invoice-1": 0})
    with pytest.raises(NotPayable, match="named twice"):
        paying.record(
            PaymentId("payment-1"),
            firm=books.firm,
            client=books.client,
            amount=usd(40_00),
            allocations=[(books.invoice(), usd(10_00))] * 2,
            method=Method.CHECK,
            at=START,
            by=BY,
        )


# ── Through a gateway ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.22")
def test_the_amount_is_reserved_before_the_gateway_is_asked() -> None:
    books = PureBooks()

    payment = books.initiate(40_00)

    assert payment.is_waiting
    assert (books.invoice().in_flight, books.invoice().balance, books.invoice().owed) == (
        usd(40_00),
        usd(60_00),
        usd(100_00),
    )


def test_whoever_comes_second_for_the_same_money_is_refused() -> None:
    books = PureBooks()
    books.initiate(60_00)

    with pytest.raises(PaymentInFlight, match=r"60\.00 USD of the 100\.00 USD owed is waiting"):
        books.initiate(41_00)
    with pytest.raises(Overpayment):
        books.initiate(100_01)


def started(initiator: Initiator, by: Staff | Contact | System, policy: Policy, *, hold: bool = False) -> Payment:
    """A saved card is charged."""
    invoice = an_invoice(policy)
    if hold:
        invoice, _ = adjusting.hold(invoice, reason="a dispute", at=START, by=BY)
    firm = a_firm(policy=policy)
    payment, _ = paying.initiate(
        PaymentId("payment-1"),
        firm=firm,
        client=a_client(firm),
        amount=usd(1),
        allocations=[(invoice, usd(1))],
        method=Method.CARD,
        method_id=MethodId("method-1"),
        gateway="fake",
        initiator=initiator,
        operation_id=OperationId("operation-1"),
        at=START,
        by=by,
    )
    return payment


@pytest.mark.rule("S1.17")
@pytest.mark.parametrize("initiator", Initiator)
def test_staff_charge_no_saved_card_where_the_policy_keeps_it_from_them_whatever_they_call_it(
    initiator: Initiator,
) -> None:
    with pytest.raises(MethodNotAllowed, match="not staff"):
        started(initiator, BY, PRO_FIRM)
    assert started(initiator, BY, STANDARD).initiator is initiator
    assert started(
        Initiator.CLIENT, Contact("priya", "Priya Patel", ClientId("client-1"), impersonated_by=BY), PRO_FIRM
    ).is_waiting


@pytest.mark.parametrize("initiator", Initiator)
def test_auto_pay_and_back_fill_keep_off_an_invoice_on_hold(initiator: Initiator) -> None:
    if initiator in (Initiator.AUTOPAY, Initiator.BACKFILL):
        with pytest.raises(OnHold):
            started(initiator, System("auto-pay"), STANDARD, hold=True)
    else:
        assert started(initiator, BY, STANDARD, hold=True).is_waiting


@pytest.mark.parametrize("state", WAITING)
def test_a_waiting_payment_completes_and_what_was_reserved_is_paid(state: PaymentState) -> None:
    books, payment = in_state(state)

    completed = books.complete(payment)

    assert completed.state is PaymentState.COMPLETED
    assert completed.action_url is None
    assert (books.invoice().paid, books.invoice().in_flight) == (usd(100_00), usd(0))


@pytest.mark.rule("S1.24")
@pytest.mark.parametrize("state", WAITING)
def test_a_payment_that_fails_or_is_canceled_restores_the_balance(state: PaymentState) -> None:
    for end in ("fail", "cancel"):
        books, payment = in_state(state)
        if end == "fail":
            ended, event = paying.fail(payment, DECLINED, at=START, by=BY)
            books.book(event)
        else:
            ended, canceled = paying.cancel(payment, reason="", at=START, by=BY)
            books.book(canceled)

        assert ended.applications == ()
        assert (books.invoice().balance, books.invoice().in_flight) == (usd(100_00), usd(0))


@pytest.mark.parametrize("state", [PaymentState.FAILED, PaymentState.CANCELED])
def test_money_that_comes_late_goes_where_it_was_meant_as_far_as_it_fits(state: PaymentState) -> None:
    books, payment = in_state(state)
    books.record(70_00, payment_id="payment-2")

    completed = books.complete(payment)

    assert completed.applications == (Part(ONE, usd(30_00)),)
    assert completed.unapplied == usd(70_00)
    assert completed.failure is None
    assert books.invoice().balance.is_zero


@pytest.mark.parametrize(
    "state", [PaymentState.COMPLETED, PaymentState.DISPUTED, PaymentState.CHARGED_BACK, PaymentState.RETURNED]
)
def test_money_comes_once(state: PaymentState) -> None:
    books, payment = in_state(state)

    with pytest.raises(InvalidTransition, match="was completed before"):
        books.complete(payment)


def test_late_money_for_a_void_invoice_is_the_clients_credit() -> None:
    books, payment = in_state(PaymentState.FAILED)
    books.invoices[ONE] = a_void_invoice(books.firm, books.client)

    assert books.complete(payment).unapplied == usd(100_00)


# ── Reviews ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_review_is_asked_for_once_and_answered_with_evidence() -> None:
    _, payment = in_state(PaymentState.PENDING)

    waiting, _ = paying.require_review(payment, "the gateway says 90.00 USD", at=START, by=BY)
    settled, event = paying.review(waiting, evidence="bank statement of 5 May", at=START, by=BY)

    assert waiting.needs_review
    assert not settled.needs_review
    assert event.evidence == "bank statement of 5 May"
    with pytest.raises(InvalidTransition, match="waits for a review already"):
        paying.require_review(waiting, "again", at=START, by=BY)
    with pytest.raises(ReasonRequired):
        paying.review(waiting, evidence=" ", at=START, by=BY)
    with pytest.raises(InvalidTransition, match="does not wait"):
        paying.review(settled, evidence="again", at=START, by=BY)


def test_the_gateway_verbs_are_not_for_money_recorded_by_hand() -> None:
    payment = PureBooks().record(40_00)

    with pytest.raises(InvalidTransition):
        paying.pend(payment, at=START, by=BY)
    with pytest.raises(InvalidTransition):
        paying.fail(payment, DECLINED, at=START, by=BY)


def test_an_amount_that_is_no_money_is_refused() -> None:
    with pytest.raises(BadMoney, match="must be Money, not str"):
        paying.record(
            PaymentId("payment-1"),
            firm=a_firm(),
            client=a_client(a_firm()),
            amount="40.00",  # type: ignore[arg-type]
            allocations=[],
            method=Method.CHECK,
            at=START,
            by=BY,
        )
