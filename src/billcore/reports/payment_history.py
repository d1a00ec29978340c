"""The payments and refunds of one invoice, a row each: the record that a firm looks at (S1.2, S1.36, S1.44, S3.37)."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import Enum
from typing import assert_never

from attrs import field, frozen

from billcore import events
from billcore.actors import Actor, actor_label
from billcore.events import Part
from billcore.fees import Fee
from billcore.ids import InvoiceId, PaymentId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import Payment, PaymentState, Refund, RefundStanding, RefundState
from billcore.reasons import RefundReason
from billcore.recorded import RecordedEvent


class RowStatus(Enum):
    """How a row stands; of a payment that was given back in part or in full, that."""

    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"
    RETURNED = "returned"


@frozen(kw_only=True)
class HistoryRow:
    """A payment, or with ``refund_id`` a refund of it, whose amounts are negative.

    ``amount`` is all of it, ``here`` what of it is on this invoice now, or was taken off it. ``reference`` is the
    check's number, or the gateway's own id of the payment (S3.26). ``fee`` None is unknown, or none for money by hand.
    """

    payment_id: PaymentId
    refund_id: RefundId | None = None
    amount: Money
    here: Money
    method: Method
    status: RowStatus
    by: str = field(repr=False)
    received_on: date
    created_at: datetime
    completed_at: datetime | None
    reference: str | None = field(default=None, repr=False)
    fee: Fee | None = None
    reason: RefundReason | None = None


def payment_history(
    payments: Iterable[Payment], refunds: Iterable[Refund], recorded: Iterable[RecordedEvent], invoice_id: InvoiceId
) -> tuple[HistoryRow, ...]:
    """The rows of *invoice_id*, oldest first, from its payments, their refunds and the invoice's recorded events."""
    known = {payment.id: payment for payment in payments}
    actors = _actors(recorded)
    rows = [_payment_row(payment, actors, invoice_id) for payment in known.values()]
    rows += [_refund_row(refund, known[refund.payment_id], actors, invoice_id) for refund in refunds]
    return tuple(sorted(rows, key=lambda row: row.created_at))


def _actors(recorded: Iterable[RecordedEvent]) -> Mapping[str, Actor]:
    """Who began each payment and refund, by its id."""
    actors: dict[str, Actor] = {}
    for record in recorded:
        match event := record.event:
            case events.PaymentRecorded() | events.PaymentInitiated():
                actors.setdefault(event.payment_id, event.by)
            case events.RefundRequested() | events.RefundPending() | events.RefundSucceeded():
                actors.setdefault(event.refund_id, event.by)
    return actors


def _payment_row(payment: Payment, actors: Mapping[str, Actor], invoice_id: InvoiceId) -> HistoryRow:
    return HistoryRow(
        payment_id=payment.id,
        amount=payment.amount,
        here=_on(payment.applications, invoice_id, payment.amount.currency),
        method=payment.method,
        status=_payment_status(payment),
        by=_label(actors.get(payment.id)),
        received_on=payment.received_on,
        created_at=payment.created_at,
        completed_at=payment.completed_at,
        reference=payment.reference if payment.ref is None else payment.ref.id,
        fee=payment.fee,
    )


def _refund_row(refund: Refund, payment: Payment, actors: Mapping[str, Actor], invoice_id: InvoiceId) -> HistoryRow:
    return HistoryRow(
        payment_id=payment.id,
        refund_id=refund.id,
        amount=-refund.amount,
        here=-_on(refund.parts, invoice_id, refund.amount.currency),
        method=payment.method,
        status=_refund_status(refund.state),
        by=_label(actors.get(refund.id)),
        received_on=(refund.succeeded_at or refund.requested_at).date(),
        created_at=refund.requested_at,
        completed_at=refund.succeeded_at,
        reference=None if refund.ref is None else refund.ref.id,
        reason=refund.reason,
    )


def _payment_status(payment: Payment) -> RowStatus:
    match payment.state:
        case PaymentState.CREATED | PaymentState.REQUIRES_ACTION | PaymentState.PENDING:
            return RowStatus.PENDING
        case PaymentState.COMPLETED:
            return _REFUNDED[payment.refund_standing]
        case PaymentState.FAILED:
            return RowStatus.FAILED
        case PaymentState.CANCELED:
            return RowStatus.CANCELED
        case PaymentState.DISPUTED:
            return RowStatus.DISPUTED
        case PaymentState.CHARGED_BACK:
            return RowStatus.CHARGED_BACK
        case PaymentState.RETURNED:
            return RowStatus.RETURNED
        case _:
            assert_never(payment.state)


_REFUNDED = {
    RefundStanding.NONE: RowStatus.COMPLETED,
    RefundStanding.PARTIALLY_REFUNDED: RowStatus.PARTIALLY_REFUNDED,
    RefundStanding.REFUNDED: RowStatus.REFUNDED,
}


def _refund_status(state: RefundState) -> RowStatus:
    match state:
        case RefundState.REQUESTED | RefundState.PENDING:
            return RowStatus.PENDING
        case RefundState.SUCCEEDED:
            return RowStatus.COMPLETED
        case RefundState.FAILED:
            return RowStatus.FAILED
        case RefundState.CANCELED:
            return RowStatus.CANCELED
        case _:
            assert_never(state)


def _label(actor: Actor | None) -> str:
    return "" if actor is None else actor_label(actor)


def _on(parts: Iterable[Part], invoice_id: InvoiceId, currency: str) -> Money:
    return Money.sum((part.amount for part in parts if part.invoice_id == invoice_id), currency)
