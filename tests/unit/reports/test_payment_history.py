"""The payments and refunds of one invoice, a row each."""

import pytest
from tests.office import Office
from tests.unit.payments.pure_books import PureBooks, in_state, usd
from tests.unit.reports.happened import recorded

from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import PaymentState, RefundState
from billcore.reasons import RefundReason
from billcore.reports.payment_history import RowStatus, payment_history
from billcore.testing.builders import BY
from billcore.testing.clock import START

STANDING = {
    PaymentState.CREATED: RowStatus.PENDING,
    PaymentState.REQUIRES_ACTION: RowStatus.PENDING,
    PaymentState.PENDING: RowStatus.PENDING,
    PaymentState.COMPLETED: RowStatus.COMPLETED,
    PaymentState.FAILED: RowStatus.FAILED,
    PaymentState.CANCELED: RowStatus.CANCELED,
    PaymentState.RETURNED: RowStatus.RETURNED,
    PaymentState.DISPUTED: RowStatus.DISPUTED,
    PaymentState.CHARGED_BACK: RowStatus.CHARGED_BACK,
}


@pytest.mark.parametrize("state", PaymentState)
def test_a_payment_stands_as_a_person_would_say(state: PaymentState) -> None:
    books, payment = in_state(state)

    [row] = payment_history([payment], [], recorded(*books.happened), books.invoice().id)

    assert row.status is STANDING[state]
    assert (row.amount, row.method, row.by) == (usd(100_00), Method.CARD, BY.name)
    assert (row.created_at, row.completed_at) == (START, payment.completed_at)


@pytest.mark.parametrize(
    ("minor", "payments_status"), [(30_00, RowStatus.PARTIALLY_REFUNDED), (100_00, RowStatus.REFUNDED)]
)
def test_a_refund_is_a_row_below_zero_and_its_payment_says_how_far(minor: int, payments_status: RowStatus) -> None:
    books = PureBooks()
    refund, payment = books.refund(books.charged(), minor)

    row, given_back = payment_history([payment], [refund], recorded(*books.happened), books.invoice().id)

    assert row.status is payments_status
    assert (given_back.amount, given_back.here, given_back.status) == (usd(-minor), usd(-minor), RowStatus.COMPLETED)
    assert (given_back.refund_id, given_back.reason) == (refund.id, RefundReason.DUPLICATE)


def test_a_refund_that_is_not_there_yet_has_taken_nothing_off() -> None:
    books = PureBooks()
    refund, payment = books.request_refund(books.charged(), 30_00)

    row, waiting = payment_history([payment], [refund], recorded(*books.happened), books.invoice().id)

    assert refund.state is RefundState.REQUESTED
    assert row.status is RowStatus.COMPLETED
    assert (waiting.amount, waiting.here, waiting.status) == (usd(-30_00), usd(0), RowStatus.PENDING)


def test_a_row_says_what_of_a_payment_is_on_this_invoice() -> None:
    books = PureBooks()
    payment = books.record(250_00, {"invoice-1": 100_00, "invoice-2": 30_00})

    [row] = payment_history([payment], [], recorded(*books.happened), books.invoice("invoice-2").id)

    assert (row.amount, row.here) == (usd(250_00), usd(30_00))


def test_the_reference_is_the_checks_number_or_the_gateways_own_id() -> None:
    office = Office.open()
    invoice = office.sent(office.client())
    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK, reference="4521")
    online = office.charged(invoice)
    assert online.ref is not None

    rows = office.desk.payments.history(invoice.id)

    assert {row.reference for row in rows} == {"4521", online.ref.id}


def test_the_rows_of_an_invoice_add_up_to_what_is_paid_on_it() -> None:
    office = Office.open()
    invoice = office.sent(office.client())
    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK)
    office.charged(invoice, token="card_declined")
    online = office.charged(invoice)
    office.desk.refunds.issue(online.id, "25.00")

    rows = office.desk.payments.history(invoice.id)

    paid = Money.sum((row.here for row in rows if row.refund_id is None), "USD")
    assert paid == office.invoice(invoice).paid == usd(75_00)
