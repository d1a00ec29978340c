"""Each payment against its refunds, its operation and its events."""

from collections.abc import Iterator

from billcore.events import PaymentCompleted, PaymentRecorded
from billcore.money import Money
from billcore.payments.payment import Payment, Refund, RefundState
from billcore.verifying.books import Books, Discrepancy, differ


def check_payments(books: Books) -> Iterator[Discrepancy]:
    """All that can be said of one payment at a time."""
    for payment in books.payments:
        yield from _sums(books, payment)
        yield from _places(books, payment)
        yield from _operation(books, payment)
    yield from _completions(books)


def _sums(books: Books, payment: Payment) -> Iterator[Discrepancy]:
    refunds, currency = books.refunds_by_payment[payment.id], payment.amount.currency
    refunded = Money.sum((refund.amount for refund in refunds if refund.state is RefundState.SUCCEEDED), currency)
    waiting = (RefundState.REQUESTED, RefundState.PENDING)
    reserved = Money.sum((refund.amount for refund in refunds if refund.state in waiting), currency)
    yield from differ("refunds", payment.id, "refunded", payment.refunded, refunded)
    yield from differ("reservations", payment.id, "reserved for refunds", payment.refund_reserved, reserved)
    if payment.applied > payment.amount:
        yield _over(payment, "applied", payment.applied)
    # Two hands can give the same money back, ours and the gateway's own dashboard; neither gives more than there was.
    ours = Money.sum((refund.amount for refund in refunds if refund.is_live and not refund.is_foreign), currency)
    theirs = Money.sum((refund.amount for refund in refunds if _left_the_gateway(refund)), currency)
    for given in (ours, theirs):
        if given > payment.amount:
            yield _over(payment, "refunded", given)
    is_given_twice = payment.taken_back.is_positive or any(refund.is_foreign for refund in refunds)
    if payment.overdrawn.is_positive and not is_given_twice:
        message = f"{payment.unapplied} is unapplied, below zero"
        yield Discrepancy(check="applications", subject=payment.id, message=message)


def _left_the_gateway(refund: Refund) -> bool:
    return refund.state is RefundState.SUCCEEDED and not refund.is_external


def _over(payment: Payment, what: str, amount: Money) -> Discrepancy:
    message = f"{amount} is {what} of a payment of {payment.amount}"
    return Discrepancy(check="applications", subject=payment.id, message=message)


def _places(books: Books, payment: Payment) -> Iterator[Discrepancy]:
    for part in payment.applications:
        invoice = books.invoice_by_id.get(part.invoice_id)
        if invoice is None or not invoice.is_open:
            message = f"{part.amount} is applied to an invoice that is not open"
            yield Discrepancy(check="applications", subject=payment.id, message=message)
        if not part.amount.is_positive:
            message = f"an application of {part.amount}"
            yield Discrepancy(check="applications", subject=payment.id, message=message)


def _operation(books: Books, payment: Payment) -> Iterator[Discrepancy]:
    """A payment waits exactly as long as its operation is not done."""
    if payment.operation_id is None:
        if payment.is_waiting:
            yield Discrepancy(
                check="operations", subject=payment.id, message="it waits, and nothing was asked of a gateway"
            )
        return
    operation = books.operation_by_id.get(payment.operation_id)
    if operation is None:
        yield Discrepancy(check="operations", subject=payment.id, message="its operation is missing")
    elif operation.is_done and payment.is_waiting:
        message = f"it waits, and its operation has {operation.state.value}"
        yield Discrepancy(check="operations", subject=payment.id, message=message)


def _completions(books: Books) -> Iterator[Discrepancy]:
    """The money of one payment came once."""
    came: dict[str, int] = {}
    for recorded in books.recorded:
        if isinstance(recorded.event, PaymentRecorded | PaymentCompleted):
            came[recorded.event.payment_id] = came.get(recorded.event.payment_id, 0) + 1
    for payment in books.payments:
        derived = came.get(payment.id, 0)
        yield from differ("completions", payment.id, "times it came", int(payment.completed_at is not None), derived)
