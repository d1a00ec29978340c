"""Every step of a refund, whole: the records that it leaves and the event that tells of it, field by field."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.unit.payments.pure_books import PureBooks, usd

from billcore.actors import Processor
from billcore.events import Part, RefundCanceled, RefundFailed, RefundPending, RefundRequested, RefundSucceeded
from billcore.ids import CreditNoteId, FirmId, InvoiceId, OperationId, PaymentId, RefundId
from billcore.payments import refunding
from billcore.payments.payment import Payment, Refund, RefundState
from billcore.reasons import RefundReason
from billcore.testing.builders import BY, a_ref
from billcore.testing.clock import START

FIRM, PAYMENT, REFUND, INVOICE = FirmId("acme"), PaymentId("payment-1"), RefundId("refund-1"), InvoiceId("invoice-1")
NOON = START + timedelta(days=1, hours=3)
GATEWAY = Processor("fake")
# Of what is refunded below, 20.00 is on the invoice and 40.00 the client's credit.
TAKEN = (Part(INVOICE, usd(20_00)),)


def an_overpayment(books: PureBooks, *, by_hand: bool) -> Payment:
    """100.00, of which 60.00 is on an invoice."""
    onto = {"invoice-1": 60_00}
    return books.record(100_00, onto) if by_hand else books.charged(100_00, onto)


def requested(books: PureBooks, payment: Payment) -> tuple[Refund, Payment, RefundRequested]:
    return refunding.request(
        REFUND,
        payment,
        usd(60_00),
        books.invoices,
        reason=RefundReason.DUPLICATE,
        note="paid twice",
        is_external=payment.is_manual,
        operation_id=OperationId("operation-2"),
        at=NOON,
        by=BY,
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_requested_refund_keeps_what_was_said_of_it(by_hand: bool) -> None:
    books = PureBooks()
    payment = an_overpayment(books, by_hand=by_hand)

    refund, reserved, event = requested(books, payment)

    assert refund == Refund(
        id=REFUND,
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(60_00),
        reason=RefundReason.DUPLICATE,
        note="paid twice",
        state=RefundState.REQUESTED,
        is_external=by_hand,
        unapplied=usd(0),
        operation_id=OperationId("operation-2"),
        requested_at=NOON,
    )
    assert reserved == evolve(payment, refund_reserved=usd(60_00))
    assert event == RefundRequested(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        reason=RefundReason.DUPLICATE,
        at=NOON,
        by=BY,
    )


def test_a_refund_of_which_nothing_more_is_said_is_ours_and_through_the_gateway() -> None:
    books = PureBooks()
    payment = books.charged()

    refund, _ = refunding.reserve(REFUND, payment, usd(1), reason=RefundReason.OTHER, at=NOON)
    asked, _, _ = refunding.request(
        REFUND, payment, usd(1), books.invoices, reason=RefundReason.OTHER, is_external=False, at=NOON, by=BY
    )

    assert (refund.note, refund.is_external, refund.is_foreign) == ("", False, False)
    assert asked == refund


def test_a_refund_made_in_the_gateways_dashboard_is_taken_in_with_its_reference() -> None:
    refund, _ = refunding.reserve(
        REFUND,
        PureBooks().charged(),
        usd(1),
        reason=RefundReason.OTHER,
        is_external=True,
        is_foreign=True,
        ref=a_ref("re_1"),
        at=NOON,
    )

    assert (refund.is_external, refund.is_foreign, refund.ref) == (True, True, a_ref("re_1"))


def test_a_pending_refund_leaves_its_payment_as_it_is() -> None:
    books = PureBooks()
    refund, payment, _ = requested(books, an_overpayment(books, by_hand=False))

    pending, same, event = refunding.pend(refund, payment, at=NOON, by=GATEWAY)

    assert (pending, same) == (evolve(refund, state=RefundState.PENDING), payment)
    assert event == RefundPending(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        at=NOON,
        by=GATEWAY,
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_refund_that_succeeded_tells_from_where_it_was_taken(by_hand: bool) -> None:
    books = PureBooks()
    refund, payment, _ = requested(books, an_overpayment(books, by_hand=by_hand))

    succeeded, refunded, event = refunding.succeed(refund, payment, books.invoices, at=NOON, by=GATEWAY)

    assert succeeded == evolve(
        refund, state=RefundState.SUCCEEDED, parts=TAKEN, unapplied=usd(40_00), succeeded_at=NOON
    )
    assert refunded == evolve(
        payment, applications=(Part(INVOICE, usd(40_00)),), refunded=usd(60_00), refund_reserved=usd(0)
    )
    assert event == RefundSucceeded(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        reason=RefundReason.DUPLICATE,
        is_external=by_hand,
        is_manual=by_hand,
        parts=TAKEN,
        unapplied=usd(40_00),
        holds=(INVOICE,),
        at=NOON,
        by=GATEWAY,
    )


@pytest.mark.parametrize("by_hand", [True, False])
def test_a_refund_that_comes_back_undoes_what_it_took(by_hand: bool) -> None:
    books = PureBooks()
    before = an_overpayment(books, by_hand=by_hand)
    refund, payment, _ = requested(books, before)
    refund, payment, event = refunding.succeed(refund, payment, books.invoices, at=START, by=GATEWAY)
    books.book(event)

    failed, restored, bounced = refunding.fail(refund, payment, books.invoices, code="closed", at=NOON, by=GATEWAY)

    assert failed == evolve(refund, state=RefundState.FAILED, failure_code="closed", parts=(), unapplied=usd(0))
    assert restored == before
    assert bounced == RefundFailed(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        code="closed",
        had_succeeded=True,
        is_external=by_hand,
        is_manual=by_hand,
        undone=TAKEN,
        parts=TAKEN,
        unapplied=usd(40_00),
        at=NOON,
        by=GATEWAY,
    )


def test_a_refund_that_never_left_has_nothing_to_undo() -> None:
    books = PureBooks()
    before = an_overpayment(books, by_hand=False)
    refund, payment, _ = requested(books, before)

    failed, restored, event = refunding.fail(refund, payment, books.invoices, code="closed", at=NOON, by=GATEWAY)

    assert failed == evolve(refund, state=RefundState.FAILED, failure_code="closed")
    assert restored == before
    assert event == RefundFailed(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        code="closed",
        had_succeeded=False,
        is_external=False,
        is_manual=False,
        unapplied=usd(0),
        at=NOON,
        by=GATEWAY,
    )


def test_a_canceled_refund_tells_why() -> None:
    books = PureBooks()
    before = an_overpayment(books, by_hand=False)
    refund, payment, _ = requested(books, before)

    canceled, released, event = refunding.cancel(refund, payment, reason="a mistake", at=NOON, by=BY)

    assert (canceled, released) == (evolve(refund, state=RefundState.CANCELED), before)
    assert event == RefundCanceled(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(60_00),
        invoice_ids=(INVOICE,),
        reason="a mistake",
        at=NOON,
        by=BY,
    )


def test_a_refund_keeps_every_credit_note_that_it_wrote() -> None:
    books = PureBooks()
    refund, _ = books.refund(books.charged(), 1)

    noted = refunding.with_credit_note(refunding.with_credit_note(refund, CreditNoteId("C1")), CreditNoteId("C2"))

    assert noted == evolve(refund, credit_note_ids=(CreditNoteId("C1"), CreditNoteId("C2")))
