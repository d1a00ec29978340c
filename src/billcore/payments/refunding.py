"""Money goes back: requested, pending, succeeded, and sometimes failed after all.

The fee stays with the processor (S1.43).
"""

from collections.abc import Mapping
from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import BadMoney, CurrencyMismatch, InvalidTransition, NotRefundable, OverRefund
from billcore.events import RefundCanceled, RefundFailed, RefundPending, RefundRequested, RefundSucceeded
from billcore.evolving import evolve
from billcore.ids import CreditNoteId, GatewayRef, InvoiceId, OperationId, RefundId
from billcore.invoices.crediting import credit_for_refund
from billcore.invoices.invoice import Invoice
from billcore.money import Money
from billcore.payments.applying import at_most, fitting, less, merge, taken_from
from billcore.payments.payment import LEGAL_REFUND_MOVES, Payment, PaymentState, Refund, RefundState
from billcore.reasons import RefundReason
from billcore.texts import text


def request(
    refund_id: RefundId,
    payment: Payment,
    amount: Money,
    invoices: Mapping[InvoiceId, Invoice],
    *,
    reason: RefundReason,
    note: str = "",
    is_external: bool,
    operation_id: OperationId | None = None,
    at: datetime,
    by: Actor,
) -> tuple[Refund, Payment, RefundRequested]:
    """Reserve *amount* of the payment for a refund (S1.30-S1.33); two at once can never be more than was captured.

    Refuses with NotRefundable what is not completed or is disputed, and where the policy refunds paid invoices only
    (C19); with OverRefund more than what is left.
    """
    if payment.state is not PaymentState.COMPLETED:
        raise NotRefundable(f"cannot refund a payment that is {payment.state.value}; only a completed one")
    if payment.needs_review:
        raise NotRefundable("cannot refund a payment that waits for a review; resolve it first")
    if not isinstance(reason, RefundReason):
        raise NotRefundable(f"the reason must be one of RefundReason, not {type(reason).__name__}")
    if amount.currency != payment.amount.currency:
        raise CurrencyMismatch(f"the payment is in {payment.amount.currency}, asked to refund {amount}")
    if not payment.refundable.is_positive:
        raise OverRefund("nothing of this payment is left to refund")
    if not amount.is_positive:
        raise BadMoney(f"asked to refund {amount}; the amount must be above zero")
    if amount > payment.refundable:
        raise OverRefund(f"asked to refund {amount}, only {payment.refundable} of this payment is left")
    # Only the invoices that the money would leave: client credit is given back whatever its old invoice owes.
    parts, _ = taken_from(payment, payment.refund_reserved + amount)
    for invoice in (invoices[part.invoice_id] for part in parts):
        if invoice.policy.refund_requires_paid_invoice and invoice.owed.is_positive:
            raise NotRefundable(f"this firm refunds paid invoices only, and {invoice.owed} of {invoice.number} is owed")
    refund, reserved = reserve(
        refund_id, payment, amount, reason=reason, note=note, is_external=is_external, operation_id=operation_id, at=at
    )
    return (
        refund,
        reserved,
        RefundRequested(
            firm_id=payment.firm_id,
            refund_id=refund_id,
            payment_id=payment.id,
            amount=amount,
            invoice_ids=payment.invoice_ids,
            reason=reason,
            at=at,
            by=by,
        ),
    )


def reserve(
    refund_id: RefundId,
    payment: Payment,
    amount: Money,
    *,
    reason: RefundReason,
    note: str = "",
    is_external: bool = False,
    is_foreign: bool = False,
    operation_id: OperationId | None = None,
    ref: GatewayRef | None = None,
    at: datetime,
) -> tuple[Refund, Payment]:
    """A refund with its amount reserved, unquestioned: for ``request``, and for what was done in a dashboard."""
    refund = Refund(
        id=refund_id,
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=amount,
        reason=reason,
        note=text(note, "note", longest=5000),
        state=RefundState.REQUESTED,
        is_external=is_external,
        is_foreign=is_foreign,
        unapplied=Money.zero(amount.currency),
        operation_id=operation_id,
        ref=ref,
        requested_at=instant(at, "at"),
    )
    return refund, evolve(payment, refund_reserved=payment.refund_reserved + amount)


def pend(refund: Refund, payment: Payment, *, at: datetime, by: Actor) -> tuple[Refund, Payment, RefundPending]:
    """The gateway has it; the amount stays reserved and the invoice stays paid until it succeeds."""
    pending = _moved(refund, RefundState.PENDING)
    return (
        pending,
        payment,
        RefundPending(
            firm_id=refund.firm_id,
            refund_id=refund.id,
            payment_id=payment.id,
            amount=refund.amount,
            invoice_ids=payment.invoice_ids,
            at=instant(at, "at"),
            by=by,
        ),
    )


def succeed(
    refund: Refund, payment: Payment, invoices: Mapping[InvoiceId, Invoice], *, at: datetime, by: Actor
) -> tuple[Refund, Payment, RefundSucceeded]:
    """Given back: off the client's credit first, then off the invoices, whose balance rises by it (S1.36, S1.37)."""
    succeeded = _moved(refund, RefundState.SUCCEEDED)
    parts, unapplied = taken_from(payment, refund.amount)
    refunded = evolve(
        payment,
        applications=less(payment.applications, parts),
        refunded=payment.refunded + refund.amount,
        refund_reserved=payment.refund_reserved - refund.amount,
    )
    # Collection rests where the client would be asked again for what was just given back (C5).
    holds = tuple(
        part.invoice_id
        for part in parts
        if (invoice := invoices[part.invoice_id]).policy.hold_after_refund
        and credit_for_refund(invoice, part.amount) < part.amount
    )
    succeeded = evolve(succeeded, parts=parts, unapplied=unapplied, succeeded_at=instant(at, "at"))
    return (
        succeeded,
        refunded,
        RefundSucceeded(
            firm_id=refund.firm_id,
            refund_id=refund.id,
            payment_id=payment.id,
            amount=refund.amount,
            invoice_ids=payment.invoice_ids,
            reason=refund.reason,
            is_external=refund.is_external,
            is_manual=payment.is_manual,
            parts=parts,
            unapplied=unapplied,
            holds=holds,
            at=at,
            by=by,
        ),
    )


def fail(
    refund: Refund,
    payment: Payment,
    invoices: Mapping[InvoiceId, Invoice],
    *,
    code: str,
    at: datetime,
    by: Actor,
) -> tuple[Refund, Payment, RefundFailed]:
    """It did not arrive. After a success the money is ours again: back onto its invoices as far as they can take it."""
    failed = evolve(_moved(refund, RefundState.FAILED), failure_code=text(code, "failure code", longest=100))
    had_succeeded = refund.state is RefundState.SUCCEEDED
    zero = Money.zero(refund.amount.currency)
    if had_succeeded:
        # What a bank took besides, and the client owes, is made good first.
        free = min(refund.amount, max(zero, payment.unapplied + refund.amount))
        parts = fitting(at_most(free, refund.parts), invoices)
        unapplied = refund.amount - Money.sum((part.amount for part in parts), refund.amount.currency)
        restored = evolve(
            payment,
            refunded=payment.refunded - refund.amount,
            applications=merge(payment.applications, parts),
        )
    else:
        parts, unapplied = (), zero
        restored = evolve(payment, refund_reserved=payment.refund_reserved - refund.amount)
    failed = evolve(failed, parts=(), unapplied=zero)
    return (
        failed,
        restored,
        RefundFailed(
            firm_id=refund.firm_id,
            refund_id=refund.id,
            payment_id=payment.id,
            amount=refund.amount,
            invoice_ids=payment.invoice_ids,
            code=code,
            had_succeeded=had_succeeded,
            is_external=refund.is_external,
            is_manual=payment.is_manual,
            undone=refund.parts,
            parts=parts,
            unapplied=unapplied,
            at=instant(at, "at"),
            by=by,
        ),
    )


def cancel(
    refund: Refund, payment: Payment, *, reason: str, at: datetime, by: Actor
) -> tuple[Refund, Payment, RefundCanceled]:
    """Given up before any money moved; the amount can be refunded again."""
    canceled = _moved(refund, RefundState.CANCELED)
    released = evolve(payment, refund_reserved=payment.refund_reserved - refund.amount)
    return (
        canceled,
        released,
        RefundCanceled(
            firm_id=refund.firm_id,
            refund_id=refund.id,
            payment_id=payment.id,
            amount=refund.amount,
            invoice_ids=payment.invoice_ids,
            reason=text(reason, "reason", longest=1000),
            at=instant(at, "at"),
            by=by,
        ),
    )


def with_credit_note(refund: Refund, credit_note_id: CreditNoteId) -> Refund:
    """The refund with a credit note that it wrote, to be canceled should the refund fail."""
    return evolve(refund, credit_note_ids=(*refund.credit_note_ids, credit_note_id))


def _moved(refund: Refund, to: RefundState) -> Refund:
    if to not in LEGAL_REFUND_MOVES[refund.state]:
        allowed = ", ".join(sorted(state.value for state in LEGAL_REFUND_MOVES[refund.state])) or "none"
        raise InvalidTransition(f"a refund cannot go from {refund.state.value} to {to.value}; allowed: {allowed}")
    return evolve(refund, state=to)
