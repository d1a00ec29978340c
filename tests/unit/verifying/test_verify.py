"""``billing.verify``: sound books have no discrepancy, and each corruption that is put into them is named."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, Office

from billcore import Money, PaymentState, RefundReason
from billcore.events import Part, PaymentCompleted
from billcore.ids import ChargeId, InvoiceId, RefundId
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.payments.operation import Operation, OperationState
from billcore.payments.payment import Payment, Refund, RefundStanding, RefundState
from billcore.policy import STANDARD, RefundEffect
from billcore.ports.store import UnitOfWork

Corruption = Callable[[UnitOfWork], object]


def busy_office() -> Office:
    """A firm to which most things have happened: paid, part paid, in flight, refunded, credited, disputed, voided."""
    office = Office.open(evolve(STANDARD, refund_effect=RefundEffect.CLOSE))
    desk, client = office.desk, office.client()
    charge = desk.charges.add(client.id, "Advice", quantity="2", unit_price="50.00")
    billed = desk.invoices.send(desk.invoices.draft(client.id, charges=[charge.id]).id)
    paid = office.charged(billed)
    desk.refunds.issue(paid.id, "30.00", reason=RefundReason.DUPLICATE)
    office.charged(office.sent(client, "80.00"), "50.00", token="card_pending")
    contested = office.charged(office.sent(client, "60.00"))
    assert contested.ref is not None
    office.gateway.open_dispute(contested.ref)
    office.hear()
    desk.adjustments.write_off(office.sent(client, "40.00").id, "15.00", reason="bad debt")
    desk.adjustments.credit(office.sent(client, "25.00").id, "5.00", reason="late")
    desk.invoices.void(office.sent(client, "99.00").id, reason="wrong client")
    desk.charges.add(client.id, "Not billed yet", unit_price="10.00")
    return office


def corrupt(office: Office, corruption: Corruption) -> None:
    with office.store.begin(office.desk.invoices.firm_id) as work:
        corruption(work)
        work.commit()


def invoice_where(work: UnitOfWork, claim: Callable[[Invoice], bool]) -> Invoice:
    return next(invoice for invoice in work.invoices.all() if claim(invoice))


def payment_where(work: UnitOfWork, claim: Callable[[Payment], bool]) -> Payment:
    return next(payment for payment in work.payments.all() if claim(payment))


def with_sum(name: str, cents: int) -> Corruption:
    def change(work: UnitOfWork) -> Invoice:
        invoice = invoice_where(work, lambda one: one.is_open and one.paid.is_positive)
        return work.invoices.save(evolve(invoice, sums=evolve(invoice.sums, **{name: Money(cents, "USD")})))

    return change


def with_gross(work: UnitOfWork) -> Invoice:
    invoice = invoice_where(work, lambda one: one.is_open)
    return work.invoices.save(evolve(invoice, totals=evolve(invoice.totals, gross_minor=1)))


def with_number(number: str) -> Corruption:
    def change(work: UnitOfWork) -> Invoice:
        invoice = invoice_where(work, lambda one: one.number == "INV-0002")
        assert invoice.issue is not None
        return work.invoices.save(evolve(invoice, issue=evolve(invoice.issue, number=number)))

    return change


def without_a_refund(work: UnitOfWork) -> Refund:
    refund = next(one for one in work.refunds.all() if one.state is RefundState.SUCCEEDED)
    return work.refunds.save(evolve(refund, state=RefundState.FAILED))


def with_refunded(work: UnitOfWork) -> Payment:
    payment = payment_where(work, lambda one: one.refunded.is_positive)
    return work.payments.save(evolve(payment, refunded=payment.amount))


def with_reserved_refund(work: UnitOfWork) -> Payment:
    payment = payment_where(work, lambda one: one.state is PaymentState.COMPLETED)
    return work.payments.save(evolve(payment, refund_reserved=Money(1, "USD")))


def with_one_refund_too_many(work: UnitOfWork) -> Refund:
    refund = next(one for one in work.refunds.all() if one.state is RefundState.SUCCEEDED)
    payment = work.payments.get(refund.payment_id)
    return work.refunds.add(evolve(refund, id=RefundId("ref_again"), amount=payment.amount, version=0))


def with_moved_application(work: UnitOfWork) -> Payment:
    payment = payment_where(work, lambda one: bool(one.applications) and one.state is PaymentState.COMPLETED)
    void = invoice_where(work, lambda one: one.is_void)
    return work.payments.save(evolve(payment, applications=(Part(void.id, payment.applied),)))


def with_too_much_applied(work: UnitOfWork) -> Payment:
    payment = payment_where(work, lambda one: one.state is PaymentState.COMPLETED)
    on: InvoiceId = payment.invoice_ids[0]
    return work.payments.save(evolve(payment, applications=(Part(on, payment.amount + Money(1, "USD")),)))


def with_a_done_operation(work: UnitOfWork) -> Operation:
    payment = payment_where(work, lambda one: one.state is PaymentState.PENDING)
    assert payment.operation_id is not None
    return work.operations.save(evolve(work.operations.get(payment.operation_id), state=OperationState.REJECTED))


def with_an_event_twice(work: UnitOfWork) -> None:
    again = [one.event for one in work.events.all() if isinstance(one.event, PaymentCompleted)]
    work.events.append(again[:1])


def with_another_fee(work: UnitOfWork) -> Payment:
    payment = payment_where(work, lambda one: one.fee is not None)
    return work.payments.save(evolve(payment, fee=None))


def with_a_lost_credit_note(work: UnitOfWork) -> CreditNote:
    note = next(iter(work.credit_notes.all()))
    return work.credit_notes.save(evolve(note, amount=note.amount + Money(1, "USD")))


def with_a_renumbered_credit_note(work: UnitOfWork) -> CreditNote:
    note = next(iter(work.credit_notes.all()))
    return work.credit_notes.save(evolve(note, number="CN-0009"))


def with_an_open_charge(work: UnitOfWork) -> object:
    charge = next(one for one in work.charges.all() if one.invoice_id is not None)
    return work.charges.save(evolve(charge, invoice_id=None, billed_at=None))


def with_a_charge_elsewhere(work: UnitOfWork) -> object:
    charge = next(one for one in work.charges.all() if one.invoice_id is None)
    invoice = invoice_where(work, lambda one: one.is_open)
    return work.charges.save(evolve(charge, invoice_id=invoice.id, billed_at=invoice.drafted_at))


def with_an_unbilled_charge(work: UnitOfWork) -> object:
    charge = next(one for one in work.charges.all() if one.invoice_id is not None)
    return work.charges.save(evolve(charge, billed_at=None))


def with_a_charge_on_two(work: UnitOfWork) -> object:
    charge = next(one for one in work.charges.all() if one.invoice_id is not None)
    other = invoice_where(work, lambda one: one.is_open and not one.content.charge_ids)
    line = evolve(other.lines[0], charge_ids=(ChargeId(charge.id),))
    return work.invoices.save(evolve(other, content=evolve(other.content, lines=(line,))))


CORRUPTIONS: dict[str, tuple[str, Corruption]] = {
    "the paid sum of an invoice": ("settlement", with_sum("paid", 1)),
    "the paid sum, against the payments": ("applications", with_sum("paid", 1)),
    "the sum in flight": ("reservations", with_sum("in_flight", 1)),
    "the refunded sum": ("settlement", with_sum("refunded", 1)),
    "a sum below zero": ("range", with_sum("written_off", -1)),
    "more paid than the total": ("range", with_sum("paid", 999_999)),
    "the totals of an issued invoice": ("totals", with_gross),
    "a number that is missing": ("numbers", with_number("INV-0099")),
    "a number without a count": ("numbers", with_number("INV-")),
    "a refund that is forgotten": ("refunds", without_a_refund),
    "a refunded amount that no refund made": ("refunds", with_refunded),
    "a reservation for no refund": ("reservations", with_reserved_refund),
    "more refunded by us than was paid": ("applications", with_one_refund_too_many),
    "money on a void invoice": ("applications", with_moved_application),
    "more applied than was paid": ("applications", with_too_much_applied),
    "a payment that waits for a finished operation": ("operations", with_a_done_operation),
    "a payment that came twice": ("completions", with_an_event_twice),
    "a receivable that the journal does not have": ("journal", with_an_event_twice),
    "a fee that only the journal knows": ("journal", with_another_fee),
    "a credit note of another amount": ("credit_notes", with_a_lost_credit_note),
    "a gap in the credit notes": ("numbers", with_a_renumbered_credit_note),
    "a billed charge that is open": ("charges", with_an_open_charge),
    "a charge on an invoice that does not bill it": ("charges", with_a_charge_elsewhere),
    "a charge on an issued invoice that is not billed": ("charges", with_an_unbilled_charge),
    "a charge on two invoices": ("charges", with_a_charge_on_two),
}


def test_sound_books_have_no_discrepancy() -> None:
    office = busy_office()

    assert office.billing.verify(FIRM) == ()


@pytest.mark.parametrize("name", CORRUPTIONS)
def test_a_corruption_is_named(name: str) -> None:
    check, corruption = CORRUPTIONS[name]
    office = busy_office()

    corrupt(office, corruption)

    assert check in {discrepancy.check for discrepancy in office.billing.verify(FIRM)}


def test_a_discrepancy_tells_both_figures_and_no_clients_data() -> None:
    office = busy_office()
    corrupt(office, with_sum("paid", 1))

    [found] = [one for one in office.billing.verify(FIRM) if one.check == "settlement"]

    assert found.message == "paid: stored 0.01 USD, derived 70.00 USD"
    assert "Patel" not in repr(office.billing.verify(FIRM))


def test_books_stay_sound_when_everything_late_has_happened() -> None:
    office = busy_office()
    for payment in office.gateway.books().payments:
        for dispute in payment.disputes:
            office.gateway.lose_dispute(dispute.ref)
    office.clock.advance(timedelta(days=10))
    office.hear()
    office.billing.recover(min_age=timedelta(0))

    assert office.billing.verify(FIRM) == ()


def test_money_that_two_hands_gave_back_is_owed_by_the_client_and_contradicts_nothing() -> None:
    office = Office.open()
    payment = office.charged(office.sent(office.client()))
    assert payment.ref is not None
    office.desk.refunds.issue(payment.id, "70.00", through_gateway=False)

    office.gateway.refund_in_dashboard(payment.ref)
    office.hear()

    payment = office.desk.payments.get(payment.id)
    assert (str(payment.refunded), str(payment.overdrawn)) == ("170.00 USD", "70.00 USD")
    assert payment.refund_standing is RefundStanding.REFUNDED
    assert not payment.refundable.is_positive
    assert office.billing.verify(FIRM) == ()


def test_a_payment_below_zero_that_only_one_hand_gave_back_is_named() -> None:
    office = busy_office()

    def overdraw(work: UnitOfWork) -> object:
        refund = next(one for one in work.refunds.all() if one.state is RefundState.SUCCEEDED)
        payment = work.payments.get(refund.payment_id)
        return work.payments.save(evolve(payment, refunded=payment.amount + payment.amount))

    corrupt(office, overdraw)

    assert "below zero" in " ".join(one.message for one in office.billing.verify(FIRM))
