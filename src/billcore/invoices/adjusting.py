"""What staff decide about an issued invoice besides its content: write-offs, and holds on collection."""

from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import BadMoney, InvalidTransition, OverCredit
from billcore.events import HoldPlaced, HoldReleased, InvoiceWrittenOff, WriteOffReversed
from billcore.evolving import evolve
from billcore.invoices.crediting import require_lowerable
from billcore.invoices.guards import require_open, required_reason
from billcore.invoices.invoice import Hold, Invoice
from billcore.invoices.settling import settle
from billcore.money import Money


def write_off(
    invoice: Invoice, amount: Money, *, reason: str, at: datetime, by: Actor
) -> tuple[Invoice, InvoiceWrittenOff]:
    """Give up on *amount*, at most the balance (S1.19, C14): a bad debt, unlike a void, which says it never was."""
    require_open(invoice, "write off")
    reason = required_reason(reason, is_required=invoice.policy.void_reason_required)
    require_lowerable(invoice, amount, "write off")
    event = InvoiceWrittenOff(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        amount=amount,
        reason=reason,
        at=instant(at, "at"),
        by=by,
    )
    return settle(invoice, event), event


def reverse_write_off(
    invoice: Invoice, amount: Money, *, reason: str = "", at: datetime, by: Actor
) -> tuple[Invoice, WriteOffReversed]:
    """Ask again for *amount* of what was written off, for the client pays after all."""
    require_open(invoice, "reverse a write-off of")
    if invoice.sums.written_off.is_zero:
        raise OverCredit("nothing is written off on this invoice")
    if not amount.is_positive:
        raise BadMoney(f"asked to reverse {amount}; the amount must be above zero")
    if amount > invoice.sums.written_off:
        raise OverCredit(f"asked to reverse {amount}, only {invoice.sums.written_off} is written off")
    event = WriteOffReversed(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        amount=amount,
        reason=required_reason(reason, is_required=False),
        at=instant(at, "at"),
        by=by,
    )
    return settle(invoice, event), event


def hold(invoice: Invoice, *, reason: str, at: datetime, by: Actor) -> tuple[Invoice, HoldPlaced]:
    """Let collection rest: no auto-pay, no late fee, no reminder (C5). The client can still pay."""
    require_open(invoice, "hold")
    if invoice.hold is not None:
        raise InvalidTransition("collection is on hold already; release it first to give another reason")
    held = evolve(invoice, hold=Hold(reason=required_reason(reason, is_required=True), at=instant(at, "at")))
    return held, HoldPlaced(firm_id=invoice.firm_id, invoice_id=invoice.id, reason=reason, at=at, by=by)


def release_hold(invoice: Invoice, *, at: datetime, by: Actor) -> tuple[Invoice, HoldReleased]:
    """Collection goes on; the late fees that fell while it rested are let go."""
    require_open(invoice, "release")
    if invoice.hold is None:
        raise InvalidTransition("collection is not on hold")
    released = evolve(invoice, hold=None, held_until=instant(at, "at").date())
    return released, HoldReleased(firm_id=invoice.firm_id, invoice_id=invoice.id, at=at, by=by)
