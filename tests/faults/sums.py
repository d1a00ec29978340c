"""What passed through a gateway, summed up on two roads: the bank's books and ours must agree to the cent."""

from collections.abc import Iterable

from attrs import frozen

from billcore.billing import FrontDesk
from billcore.fees import FeeBasis
from billcore.ids import InvoiceId
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import Payment


@frozen(kw_only=True)
class Sums:
    """What passed through a gateway, in cents: taken, given back, its fees, and what all of it comes to."""

    collected: int
    refunded: int
    fees: int
    net: int


def sums_of(desk: FrontDesk, invoices: Iterable[InvoiceId]) -> Sums:
    """The same from our books: what was recorded by hand is not the gateway's business."""
    by_id = {payment.id: payment for each in invoices for payment in desk.payments.of_invoice(each)}
    payments = [payment for payment in by_id.values() if not payment.is_manual]
    collected = sum(payment.amount.minor for payment in payments if payment.completed_at is not None)
    refunds = [refund for payment in payments for refund in desk.refunds.of_payment(payment.id)]
    refunded = sum(refund.amount.minor for refund in refunds if refund.is_live and not refund.is_external)
    fees = sum(_fees_of(payment) for payment in payments)
    held = sum(_held_of(payment) for payment in payments)
    return Sums(collected=collected, refunded=refunded, fees=fees, net=collected - refunded - fees - held)


def _fees_of(payment: Payment) -> int:
    known = payment.fee is not None and payment.fee.basis is FeeBasis.ACTUAL
    processing = sum(line.amount.minor for line in payment.fee.lines) if known and payment.fee else 0
    return processing + sum(extra.line.amount.minor for extra in payment.extra_fees)


def _held_of(payment: Payment) -> int:
    """What banks took back, and what they hold until a dispute is decided."""
    contested = (dispute.amount.minor for dispute in payment.disputes if dispute.status is DisputeStatus.OPEN)
    return payment.taken_back.minor + sum(contested)
