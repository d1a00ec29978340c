"""Credit notes: numbered documents that lower an issued invoice, in net and tax that add up to the invoice's own."""

from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import BadMoney, CurrencyMismatch, InvalidTransition, OverCredit, PaymentInFlight
from billcore.events import CreditReversed, InvoiceCredited
from billcore.evolving import evolve
from billcore.ids import CreditNoteId, RefundId
from billcore.invoices.guards import require_open
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.money import Money, cumulative_share
from billcore.policy import RefundEffect
from billcore.texts import text


def credit(
    invoice: Invoice,
    amount: Money,
    *,
    credit_note_id: CreditNoteId,
    number: str,
    reason: str,
    refund_id: RefundId | None = None,
    at: datetime,
    by: Actor,
) -> tuple[CreditNote, InvoiceCredited]:
    """Lower what *invoice* asks for by *amount*, at most its balance; more is OverCredit, refund or unapply first.

    Tax is split cumulatively: the taxes of any number of credit notes for the whole invoice add up to its tax exactly.
    A late fee is waived, not credited, and asking for more than was invoiced is OverCredit; only the credit note of a
    refund covers fees that were paid.
    """
    require_open(invoice, "credit")
    reason = text(reason, "reason", longest=1000)
    require_lowerable(invoice, amount, "credit")
    if refund_id is None and amount > creditable(invoice):
        raise OverCredit(
            f"asked to credit {amount}, only {creditable(invoice)} of what was invoiced is left; waive the late fees"
        )
    net, tax = _split(invoice, amount)
    note = CreditNote(
        id=credit_note_id,
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        number=number,
        amount=amount,
        net=net,
        tax=tax,
        reason=reason,
        issued_at=instant(at, "at"),
        issued_on=at.date(),
    )
    return note, InvoiceCredited(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        credit_note_id=credit_note_id,
        number=number,
        amount=amount,
        net=net,
        tax=tax,
        reason=reason,
        refund_id=refund_id,
        at=at,
        by=by,
    )


def reverse_credit(note: CreditNote, *, at: datetime, by: Actor) -> tuple[CreditNote, CreditReversed]:
    """Cancel a credit note whose refund failed; it keeps its number, and the invoice asks for the amount again."""
    if note.canceled_at is not None:
        raise InvalidTransition(f"credit note {note.number} is canceled already")
    canceled = evolve(note, canceled_at=instant(at, "at"))
    return canceled, CreditReversed(
        firm_id=note.firm_id,
        invoice_id=note.invoice_id,
        credit_note_id=note.id,
        amount=note.amount,
        net=note.net,
        tax=note.tax,
        at=at,
        by=by,
    )


def credit_for_refund(invoice: Invoice, refunded: Money) -> Money:
    """How much of a refund off this invoice is credited at once, so that nobody is asked to pay it again (C4).

    Asked before the refund is settled. REOPEN credits nothing; CLOSE credits what is refunded; the third way credits
    all that refunds have reopened, once nothing paid is left (S3.36).
    """
    match invoice.policy.refund_effect:
        case RefundEffect.REOPEN:
            return Money.zero(invoice.currency)
        case RefundEffect.CLOSE:
            return refunded
        case RefundEffect.REOPEN_PARTIAL_CLOSE_FULL:
            if invoice.paid > refunded:
                return Money.zero(invoice.currency)
            # Credit notes for other causes lowered what was asked before, and close nothing that a refund reopens.
            reopened = invoice.sums.refunded + refunded - invoice.sums.credited_for_refunds
            return max(Money.zero(invoice.currency), min(reopened, invoice.balance + refunded))


def creditable(invoice: Invoice) -> Money:
    """What a credit note can be for: the balance, as far as it was invoiced and not added by late fees."""
    left = max(Money.zero(invoice.currency), invoice.gross - invoice.sums.credited)
    return min(invoice.balance, left)


def require_lowerable(invoice: Invoice, amount: Money, verb: str) -> None:
    """Refuse an amount that is not above zero, not in the invoice's currency, or above the balance.

    Above the balance is PaymentInFlight where the rest waits on a gateway, else OverCredit.
    """
    if amount.currency != invoice.currency:
        raise CurrencyMismatch(f"the invoice is in {invoice.currency}, asked to {verb} {amount}")
    is_too_much = amount > invoice.balance or not invoice.balance.is_positive
    if is_too_much and invoice.in_flight.is_positive and amount <= invoice.owed:
        raise PaymentInFlight(
            f"asked to {verb} {amount}, only {invoice.balance} is left while {invoice.in_flight} is waiting on a "
            f"gateway; wait for it, or cancel it first",
            invoice_id=invoice.id,
            lacking=(amount - invoice.balance).minor,
        )
    if not invoice.balance.is_positive:
        raise OverCredit(f"nothing is left to {verb} on this invoice")
    if not amount.is_positive:
        raise BadMoney(f"asked to {verb} {amount}; the amount must be above zero")
    if amount > invoice.balance:
        raise OverCredit(f"asked to {verb} {amount}, only {invoice.balance} is left; refund or unapply payments first")


def _split(invoice: Invoice, amount: Money) -> tuple[Money, Money]:
    """The net and the tax of the next *amount* credited: tax on all that is credited then, less what was before.

    Counted from the whole each time, it stays exact whatever was credited, or reversed, in between. Beyond the gross is
    what was paid in late fees, which bear no tax.
    """
    credited = min(invoice.sums.credited.minor + amount.minor, invoice.gross.minor)
    tax_of_all = cumulative_share(invoice.totals.tax.minor, 0, credited, of=invoice.gross.minor)
    tax = Money(tax_of_all, invoice.currency) - invoice.sums.credited_tax
    return amount - tax, tax
