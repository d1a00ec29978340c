"""The sums of money on an invoice: a fold of what happened to payments and refunds.

``settle`` is the only place that moves ``paid``, ``in_flight``, ``refunded``, ``credited``, ``written_off`` and
``late_fees``.
Folding all events of an invoice from its issue gives its sums again, which is how the books are verified.
"""

from billcore.events import (
    AutopayStopped,
    CreditReversed,
    DisputeLost,
    Event,
    InvoiceCredited,
    InvoiceWrittenOff,
    LateFeeAssessed,
    LateFeeWaived,
    Part,
    PaymentApplied,
    PaymentCanceled,
    PaymentCompleted,
    PaymentFailed,
    PaymentInitiated,
    PaymentRecorded,
    PaymentReturned,
    PaymentUnapplied,
    RefundFailed,
    RefundSucceeded,
    WriteOffReversed,
)
from billcore.evolving import evolve
from billcore.invoices.invoice import Hold, Invoice, LateFee, with_sums
from billcore.reasons import Initiator


def settle(invoice: Invoice, event: Event) -> Invoice:
    """The invoice after the money of *event*; an event that moves none of it returns the invoice itself."""
    match event:
        case PaymentRecorded(parts=parts) | PaymentApplied(parts=parts):
            return _paid(invoice, _on(invoice, parts))
        case PaymentInitiated(parts=parts):
            return with_sums(invoice, in_flight=_on(invoice, parts))
        case PaymentCompleted(parts=parts, released=released):
            return _paid(with_sums(invoice, in_flight=-_on(invoice, released)), _on(invoice, parts))
        case PaymentFailed(released=released, initiator=initiator):
            restored = with_sums(invoice, in_flight=-_on(invoice, released))
            return _autopay_failed(restored, event, initiator) if _on(invoice, released) else restored
        case PaymentCanceled(released=released):
            return with_sums(invoice, in_flight=-_on(invoice, released))
        case PaymentReturned(parts=parts, initiator=initiator) | DisputeLost(parts=parts, initiator=initiator):
            taken = _on(invoice, parts)
            return _autopay_failed(with_sums(invoice, paid=-taken), event, initiator) if taken else invoice
        case PaymentUnapplied(parts=parts):
            return with_sums(invoice, paid=-_on(invoice, parts))
        case RefundSucceeded(parts=parts, holds=holds, refund_id=refund_id):
            given = _on(invoice, parts)
            refunded = with_sums(invoice, paid=-given, refunded=given)
            if invoice.id in holds and invoice.hold is None:
                hold = Hold(reason="a refund reopened this invoice", at=event.at, refund_id=refund_id)
                return evolve(refunded, hold=hold)
            return refunded
        case RefundFailed(parts=parts, undone=undone, had_succeeded=True, refund_id=refund_id):
            restored = with_sums(invoice, paid=_on(invoice, parts), refunded=-_on(invoice, undone))
            is_its_hold = invoice.hold is not None and invoice.hold.refund_id == refund_id
            # What another refund gave back would be collected again at once.
            lifts = is_its_hold and restored.sums.refunded.is_zero
            return evolve(restored, hold=None) if lifts else restored
        case InvoiceCredited(amount=amount, tax=tax, refund_id=refund_id):
            for_refunds = 0 if refund_id is None else amount.minor
            return with_sums(invoice, credited=amount.minor, credited_tax=tax.minor, credited_for_refunds=for_refunds)
        case CreditReversed(amount=amount, tax=tax):
            # Only what a refund wrote is ever canceled.
            return with_sums(
                invoice, credited=-amount.minor, credited_tax=-tax.minor, credited_for_refunds=-amount.minor
            )
        case InvoiceWrittenOff(amount=amount):
            return with_sums(invoice, written_off=amount.minor)
        case WriteOffReversed(amount=amount):
            return with_sums(invoice, written_off=-amount.minor)
        case LateFeeAssessed(rule=rule, step=step, amount=amount, on=on):
            fee = LateFee(rule=rule, step=step, amount=amount, on=on)
            return evolve(with_sums(invoice, late_fees=amount.minor), late_fees=(*invoice.late_fees, fee))
        case LateFeeWaived(rule=rule, step=step, amount=amount, at=at):
            fees = tuple(
                evolve(fee, waived_at=at) if (fee.rule, fee.step) == (rule, step) else fee for fee in invoice.late_fees
            )
            return evolve(with_sums(invoice, late_fees=-amount.minor), late_fees=fees)
        case AutopayStopped(at=at):
            return evolve(invoice, autopay_failed_at=at)
        case _:
            return invoice


def _on(invoice: Invoice, parts: tuple[Part, ...]) -> int:
    return sum(part.amount.minor for part in parts if part.invoice_id == invoice.id)


def _paid(invoice: Invoice, minor: int) -> Invoice:
    # Money that came after all clears a failed auto-pay (C21).
    paid = with_sums(invoice, paid=minor)
    return evolve(paid, autopay_failed_at=None) if minor else paid


def _autopay_failed(invoice: Invoice, event: Event, initiator: Initiator) -> Invoice:
    return evolve(invoice, autopay_failed_at=event.at) if initiator is Initiator.AUTOPAY else invoice
