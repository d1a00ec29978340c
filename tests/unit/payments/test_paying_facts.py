"""Every step of a payment, whole: the record that it leaves and the event that tells of it, field by field."""

from datetime import date, timedelta

from attrs import evolve
from tests.unit.payments.pure_books import DECLINED, PureBooks, in_state, usd

from billcore.actors import Contact, Processor
from billcore.events import (
    Part,
    PaymentActionRequired,
    PaymentCanceled,
    PaymentCompleted,
    PaymentFailed,
    PaymentInitiated,
    PaymentPending,
    PaymentRecorded,
    PaymentReviewed,
    PaymentReviewRequired,
)
from billcore.ids import ClientId, FirmId, InvoiceId, MethodId, OperationId, PaymentId
from billcore.methods import Method
from billcore.payments import paying
from billcore.payments.payment import Payment, PaymentState
from billcore.reasons import Initiator
from billcore.testing.builders import BY
from billcore.testing.clock import START

FIRM, CLIENT, PAYMENT, INVOICE = FirmId("acme"), ClientId("client-1"), PaymentId("payment-1"), InvoiceId("invoice-1")
RECEIVED_ON = date(2026, 5, 2)
NOON = START + timedelta(days=1, hours=3)
GATEWAY = Processor("fake")
PRIYA = Contact("priya", "Priya Patel", ClientId("client-1"))
WHOLE = (Part(INVOICE, usd(100_00)),)


def test_a_payment_by_hand_keeps_what_was_said_of_it() -> None:
    books = PureBooks()

    payment, event = paying.record(
        PAYMENT,
        firm=books.firm,
        client=books.client,
        amount=usd(50_00),
        allocations=[(books.invoice(), usd(40_00))],
        method=Method.CHECK,
        received_on=RECEIVED_ON,
        reference="4521",
        notes="came by mail",
        at=NOON,
        by=BY,
    )

    parts = (Part(INVOICE, usd(40_00)),)
    assert payment == Payment(
        id=PAYMENT,
        firm_id=FIRM,
        client_id=CLIENT,
        method=Method.CHECK,
        amount=usd(50_00),
        state=PaymentState.COMPLETED,
        intended=parts,
        applications=parts,
        refunded=usd(0),
        refund_reserved=usd(0),
        taken_back=usd(0),
        received_on=RECEIVED_ON,
        reference="4521",
        notes="came by mail",
        created_at=NOON,
        completed_at=NOON,
    )
    assert event == PaymentRecorded(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(50_00),
        invoice_ids=(INVOICE,),
        client_id=CLIENT,
        method=Method.CHECK,
        parts=parts,
        reference="4521",
        at=NOON,
        on=RECEIVED_ON,
        by=BY,
    )


def test_a_payment_by_hand_of_which_nothing_more_is_said_has_neither_reference_nor_notes() -> None:
    payment = PureBooks().record(40_00)

    assert (payment.reference, payment.notes) == (None, "")


def test_a_charge_keeps_who_asked_for_it_and_how_it_will_be_sent() -> None:
    books = PureBooks()

    payment, event = paying.initiate(
        PAYMENT,
        firm=books.firm,
        client=books.client,
        amount=usd(100_00),
        allocations=[(books.invoice(), usd(100_00))],
        method=Method.ACH,
        gateway="fake",
        initiator=Initiator.CLIENT,
        method_id=MethodId("method-1"),
        operation_id=OperationId("operation-1"),
        at=NOON,
        by=PRIYA,
    )

    assert payment == Payment(
        id=PAYMENT,
        firm_id=FIRM,
        client_id=CLIENT,
        method=Method.ACH,
        amount=usd(100_00),
        state=PaymentState.CREATED,
        intended=WHOLE,
        applications=WHOLE,
        refunded=usd(0),
        refund_reserved=usd(0),
        taken_back=usd(0),
        initiator=Initiator.CLIENT,
        method_id=MethodId("method-1"),
        operation_id=OperationId("operation-1"),
        gateway="fake",
        received_on=NOON.date(),
        created_at=NOON,
    )
    assert event == PaymentInitiated(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        client_id=CLIENT,
        method=Method.ACH,
        initiator=Initiator.CLIENT,
        parts=WHOLE,
        at=NOON,
        by=PRIYA,
    )


def test_a_challenge_is_at_its_address_until_the_gateway_has_the_payment() -> None:
    _, created = in_state(PaymentState.CREATED)

    waiting, asked = paying.require_action(created, "https://fake.example/act", at=NOON, by=GATEWAY)
    pending, told = paying.pend(waiting, at=NOON, by=GATEWAY)

    assert waiting == evolve(created, state=PaymentState.REQUIRES_ACTION, action_url="https://fake.example/act")
    assert asked == PaymentActionRequired(
        firm_id=FIRM, payment_id=PAYMENT, amount=usd(100_00), invoice_ids=(INVOICE,), at=NOON, by=GATEWAY
    )
    assert pending == evolve(created, state=PaymentState.PENDING)
    assert told == PaymentPending(
        firm_id=FIRM, payment_id=PAYMENT, amount=usd(100_00), invoice_ids=(INVOICE,), at=NOON, by=GATEWAY
    )


def test_a_completed_payment_was_received_when_the_gateway_had_it() -> None:
    books, waiting = in_state(PaymentState.REQUIRES_ACTION)

    completed, event = paying.complete(waiting, books.invoices, at=NOON, by=GATEWAY)

    assert completed == evolve(
        waiting, state=PaymentState.COMPLETED, completed_at=NOON, received_on=NOON.date(), action_url=None
    )
    assert event == PaymentCompleted(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        method=Method.CARD,
        initiator=Initiator.CLIENT,
        released=WHOLE,
        parts=WHOLE,
        at=NOON,
        by=GATEWAY,
    )


def test_a_late_completion_releases_nothing_a_second_time() -> None:
    books, failed = in_state(PaymentState.FAILED)
    books.record(70_00, payment_id="payment-2")

    completed, event = paying.complete(failed, books.invoices, at=NOON, by=GATEWAY)

    assert completed == evolve(
        failed,
        state=PaymentState.COMPLETED,
        applications=(Part(INVOICE, usd(30_00)),),
        completed_at=NOON,
        received_on=NOON.date(),
        failure=None,
    )
    assert (event.released, event.parts) == ((), (Part(INVOICE, usd(30_00)),))


def test_a_failed_payment_keeps_why_and_lets_go_of_its_invoices() -> None:
    _, waiting = in_state(PaymentState.REQUIRES_ACTION)

    failed, event = paying.fail(waiting, DECLINED, at=NOON, by=GATEWAY)

    assert failed == evolve(waiting, state=PaymentState.FAILED, applications=(), failure=DECLINED, action_url=None)
    assert event == PaymentFailed(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        initiator=Initiator.CLIENT,
        failure=DECLINED,
        released=WHOLE,
        at=NOON,
        by=GATEWAY,
    )


def test_a_canceled_payment_tells_why_and_lets_go_of_its_invoices() -> None:
    _, waiting = in_state(PaymentState.REQUIRES_ACTION)

    canceled, event = paying.cancel(waiting, reason="changed their mind", at=NOON, by=BY)

    assert canceled == evolve(waiting, state=PaymentState.CANCELED, applications=(), action_url=None)
    assert event == PaymentCanceled(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        initiator=Initiator.CLIENT,
        reason="changed their mind",
        released=WHOLE,
        at=NOON,
        by=BY,
    )


def test_a_review_changes_nothing_but_that_it_is_asked_for_and_answered() -> None:
    _, pending = in_state(PaymentState.PENDING)

    waiting, asked = paying.require_review(pending, "the gateway says 90.00 USD", at=NOON, by=GATEWAY)
    settled, answered = paying.review(waiting, evidence="bank statement of 5 May", at=NOON, by=BY)

    assert waiting == evolve(pending, needs_review=True)
    assert asked == PaymentReviewRequired(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        reason="the gateway says 90.00 USD",
        at=NOON,
        by=GATEWAY,
    )
    assert settled == pending
    assert answered == PaymentReviewed(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        evidence="bank statement of 5 May",
        at=NOON,
        by=BY,
    )
