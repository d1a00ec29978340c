"""What a gateway's word changes in our books: one step at a time, until both agree.

An observation is the whole state of a payment, so it does not matter how often, how late or in which order
observations come: each step is taken only forward, and the last state is the same. A dispute, a refund or a fee in it
waits until the payment itself is completed, which the same observation says first.
"""

from collections.abc import Mapping
from datetime import datetime

from billcore.actors import Actor
from billcore.events import Event, PaymentCanceled
from billcore.evolving import evolve
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.money import Money
from billcore.payments import disputing, fee_keeping, paying, refunding
from billcore.payments.instruction import CancelCommand, ChargeCommand
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
)
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, PaymentState, Refund, RefundState
from billcore.reasons import Failure, Retry

Invoices = Mapping[InvoiceId, Invoice]
Step = tuple[Payment, Event]

_DECIDED = (DisputeStatus.WON, DisputeStatus.LOST)


def advance(
    payment: Payment,
    seen: PaymentSnapshot,
    invoices: Invoices,
    *,
    canceled: CancelCommand | None = None,
    at: datetime,
    by: Actor,
) -> Step | None:
    """The next thing that *seen* tells of the payment's status and fee, and *payment* does not know; None if nothing.

    An amount that differs from ours is never booked: the payment goes to a review instead. Where *seen* says that the
    payment was canceled, *canceled* is how we asked for it, and says who and why.
    """
    if seen.amount != payment.amount:
        if payment.needs_review:
            return None
        return paying.require_review(payment, f"the gateway says {seen.amount}", at=at, by=by)
    return _status(payment, seen, invoices, canceled, at=at, by=by) or _fee(payment, seen, at=at, by=by)


def advance_contest(payment: Payment, seen: PaymentSnapshot, *, at: datetime, by: Actor) -> Step | None:
    """The next thing that *seen* tells of disputes and bank returns; None if nothing.

    Asked after the refunds of the same observation, as they mostly happen; a bank takes what it takes whatever was
    refunded.
    """
    if seen.amount != payment.amount or payment.completed_at is None:
        return None
    return _disputes(payment, seen, at=at, by=by) or _return(payment, seen, at=at, by=by)


def is_another(payment: Payment, operation: Operation | None, seen: PaymentSnapshot) -> bool:
    """Whether *seen* is another object of the gateway's than the one that was asked for the money.

    What was prepared and not answered is prepared once more, and ids of ours can be copied at the gateway; what becomes
    of such an object says nothing of the payment. A hosted page may make a new object for each try, until one of them
    completes.
    """
    if operation is not None and isinstance(operation.command, ChargeCommand):
        known = operation.ref or payment.ref
    else:
        known = None if payment.completed_at is None else payment.ref
    return known is not None and known != seen.ref


def judged(operation: Operation | None, seen: PaymentSnapshot) -> PaymentSnapshot:
    """What we had canceled at the gateway has failed, for the reason why we gave it up; nobody canceled the payment."""
    if operation is None or operation.verdict is None:
        return seen
    if seen.status is not PaymentStatus.CANCELED or seen.failure is not None:
        return seen
    return evolve(seen, failure=operation.verdict)


def doubt(payment: Payment, seen: PaymentSnapshot, *, at: datetime, by: Actor) -> Step | None:
    """Money on another object than ours is never booked: a person must look, once; None where no money moves there."""
    if seen.status not in (PaymentStatus.PENDING, PaymentStatus.SUCCEEDED) or payment.needs_review:
        return None
    return paying.require_review(payment, f"the gateway also has {seen.ref.id}", at=at, by=by)


def contradiction(payment: Payment, refunds: Mapping[str, Refund], seen: PaymentSnapshot) -> str | None:
    """What our books say is over and *seen* denies; None where *seen* may be an earlier or a later state of the same.

    Money that came is never said to have failed, nor is a refund that failed said to have succeeded after all, nor a
    dispute decided one way and then the other.
    """
    if payment.ref != seen.ref:
        return None
    if payment.completed_at is not None and seen.status in (PaymentStatus.FAILED, PaymentStatus.CANCELED):
        return f"completed in our books, {seen.status.value} at the gateway"
    for told in seen.refunds:
        refund = refund_of(refunds, told)
        if told.status is RefundStatus.SUCCEEDED and refund is not None and not refund.is_live:
            return f"refund {told.ref.id} {refund.state.value} in our books, succeeded at the gateway"
    decided = {dispute.ref: dispute.status for dispute in payment.disputes if dispute.status in _DECIDED}
    for contest in seen.disputes:
        ours = decided.get(contest.ref, contest.status)
        if contest.status in _DECIDED and contest.status is not ours:
            return f"dispute {contest.ref.id} {ours.value} in our books, {contest.status.value} at the gateway"
    return None


def _status(
    payment: Payment,
    seen: PaymentSnapshot,
    invoices: Invoices,
    canceled: CancelCommand | None,
    *,
    at: datetime,
    by: Actor,
) -> Step | None:
    match seen.status, payment.state:
        case PaymentStatus.SUCCEEDED, (
            PaymentState.CREATED
            | PaymentState.REQUIRES_ACTION
            | PaymentState.PENDING
            | PaymentState.FAILED
            | PaymentState.CANCELED
        ):
            return paying.complete(payment, invoices, at=at, by=by)
        case PaymentStatus.PENDING, PaymentState.CREATED | PaymentState.REQUIRES_ACTION:
            return paying.pend(payment, at=at, by=by)
        case PaymentStatus.REQUIRES_ACTION, PaymentState.CREATED:
            return paying.require_action(payment, seen.action_url, at=at, by=by)
        case PaymentStatus.FAILED | PaymentStatus.CANCELED, (
            PaymentState.CREATED | PaymentState.REQUIRES_ACTION | PaymentState.PENDING
        ):
            if seen.status is PaymentStatus.CANCELED and seen.failure is None:
                return cancel_as_asked(payment, canceled, or_else="canceled at the gateway", at=at, by=by)
            failure = seen.failure or Failure(code="failed", retry=Retry.NEW_METHOD)
            return paying.fail(payment, failure, at=at, by=by)
        case _:
            return None


def cancel_as_asked(
    payment: Payment, canceled: CancelCommand | None, *, or_else: str, at: datetime, by: Actor
) -> tuple[Payment, PaymentCanceled]:
    """Canceled, as whoever asked for it said; where nobody of ours did, *or_else* is what is known."""
    if canceled is None or canceled.by is None:
        return paying.cancel(payment, reason=or_else, at=at, by=by)
    return paying.cancel(payment, reason=canceled.reason, at=at, by=canceled.by)


def _fee(payment: Payment, seen: PaymentSnapshot, *, at: datetime, by: Actor) -> Step | None:
    if payment.completed_at is None or seen.settlement is None:
        return None
    if payment.fee is not None and payment.fee.basis is FeeBasis.ACTUAL:
        return None
    # What is settled without a deduction is known to be free (S1.40); unknown is a settlement of None.
    free = FeeLine(FeeKind.PROCESSING, Money.zero(seen.settlement.gross.currency))
    return fee_keeping.assess(payment, Fee(lines=seen.settlement.fees or (free,), basis=FeeBasis.ACTUAL), at=at, by=by)


def _disputes(payment: Payment, seen: PaymentSnapshot, *, at: datetime, by: Actor) -> Step | None:
    for dispute in seen.disputes:
        step = _dispute(payment, dispute, at=at, by=by)
        if step is not None:
            return step
    return None


def _dispute(payment: Payment, seen: DisputeSnapshot, *, at: datetime, by: Actor) -> Step | None:
    known = next((dispute for dispute in payment.disputes if dispute.ref == seen.ref), None)
    is_inquiry = seen.status in (DisputeStatus.INQUIRY, DisputeStatus.CLOSED)
    match None if known is None else known.status, seen.status:
        case None, DisputeStatus.INQUIRY | DisputeStatus.CLOSED:
            return disputing.open_inquiry(payment, seen.ref, seen.amount, reason=seen.reason, at=at, by=by)
        case DisputeStatus.INQUIRY, DisputeStatus.CLOSED:
            return disputing.close_inquiry(payment, seen.ref, at=at, by=by)
        case None | DisputeStatus.INQUIRY | DisputeStatus.CLOSED, _ if not is_inquiry:
            return disputing.open_dispute(payment, seen.ref, seen.amount, reason=seen.reason, at=at, by=by)
        case DisputeStatus.OPEN, DisputeStatus.WON:
            return disputing.win_dispute(payment, seen.ref, at=at, by=by)
        case DisputeStatus.OPEN, DisputeStatus.LOST:
            return disputing.lose_dispute(payment, seen.ref, at=at, by=by)
        case _:
            pass
    if seen.fee is None or seen.fee.is_zero:
        return None
    return _extra(payment, seen.ref.id, FeeLine(FeeKind.DISPUTE, seen.fee), at=at, by=by)


def _return(payment: Payment, seen: PaymentSnapshot, *, at: datetime, by: Actor) -> Step | None:
    if seen.returned is None:
        return None
    if payment.state is not PaymentState.RETURNED:
        return disputing.take_back(payment, seen.returned.code, at=at, by=by)
    if seen.returned.fee is None or seen.returned.fee.is_zero:
        return None
    return _extra(payment, seen.ref.id, FeeLine(FeeKind.RETURN, seen.returned.fee), at=at, by=by)


def _extra(payment: Payment, source: str, line: FeeLine, *, at: datetime, by: Actor) -> Step | None:
    if fee_keeping.has_extra(payment, source, line):
        return None
    return fee_keeping.charge_extra(payment, source, line, at=at, by=by)


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

RefundStep = tuple[Refund, Payment, Event]


def advance_refund(
    refund: Refund, payment: Payment, seen: RefundSnapshot, invoices: Invoices, *, at: datetime, by: Actor
) -> RefundStep | None:
    """The next thing that *seen* tells about *refund*; None when there is nothing left to learn."""
    match seen.status, refund.state:
        case RefundStatus.PENDING, RefundState.REQUESTED:
            return refunding.pend(refund, payment, at=at, by=by)
        case RefundStatus.SUCCEEDED, RefundState.REQUESTED | RefundState.PENDING:
            return refunding.succeed(refund, payment, invoices, at=at, by=by)
        case RefundStatus.FAILED, RefundState.REQUESTED | RefundState.PENDING | RefundState.SUCCEEDED:
            code = seen.failure_code or "failed"
            return refunding.fail(refund, payment, invoices, code=code, at=at, by=by)
        case RefundStatus.CANCELED, RefundState.REQUESTED | RefundState.PENDING:
            return refunding.cancel(refund, payment, reason="canceled at the gateway", at=at, by=by)
        case _:
            pass
    if refund.state is not RefundState.SUCCEEDED or seen.fee_returned is None or seen.fee_returned.is_zero:
        return None
    step = _extra(payment, seen.ref.id, FeeLine(FeeKind.REFUND, -seen.fee_returned), at=at, by=by)
    return None if step is None else (refund, *step)


def refund_of(refunds: Mapping[str, Refund], seen: RefundSnapshot) -> Refund | None:
    """Ours for the gateway's refund: by the gateway's own reference first, then by our id in it.

    None for a foreign one.
    """
    for refund in refunds.values():
        if refund.ref == seen.ref:
            return refund
    return None if seen.refund_id is None else refunds.get(seen.refund_id)
