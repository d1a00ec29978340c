"""Voiding: an invoice issued in error is taken back.

It keeps its number, stays listed, and can never take money again.
"""

from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import InvoiceHasPayments, PaymentInFlight
from billcore.events import InvoiceVoided
from billcore.evolving import evolve
from billcore.invoices.guards import require_open, required_reason
from billcore.invoices.invoice import Invoice, Voiding
from billcore.kinds import of_kind
from billcore.policy import VoidedLines


def void(
    invoice: Invoice,
    *,
    reason: str = "",
    lines: VoidedLines | None = None,
    at: datetime,
    by: Actor,
) -> tuple[Invoice, InvoiceVoided]:
    """Take an issued invoice back (S0.20, S1.19, S2.10, S3.30-S3.34); a draft is deleted instead.

    Refuses with ReasonRequired where the policy asks why, with InvoiceHasPayments while money is on it, and with
    PaymentInFlight while a gateway may still bring money for it. *lines* overrides what the policy does with its
    charges (C1).
    """
    require_open(invoice, "void")
    if lines is not None:
        of_kind(lines, VoidedLines, "lines")
    reason = required_reason(reason, is_required=invoice.policy.void_reason_required)
    if invoice.paid.is_positive:
        raise InvoiceHasPayments(f"cannot void: {invoice.paid} is paid on it; refund or unapply it first")
    if invoice.in_flight.is_positive:
        raise PaymentInFlight(
            f"cannot void: {invoice.in_flight} is waiting on a gateway; wait for it, or cancel it first",
            invoice_id=invoice.id,
            lacking=invoice.in_flight.minor,
        )
    returns = (lines or invoice.policy.voided_lines) is VoidedLines.RETURN_TO_UNBILLED
    event = InvoiceVoided(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        reason=reason,
        net=invoice.totals.net - (invoice.sums.credited - invoice.sums.credited_tax),
        tax=invoice.totals.tax - invoice.sums.credited_tax,
        late_fees=invoice.sums.late_fees,
        owed=invoice.owed,
        written_off=invoice.sums.written_off,
        released=invoice.content.charge_ids if returns else (),
        at=instant(at, "at"),
        by=by,
    )
    return evolve(invoice, voiding=Voiding(reason=reason, at=at), hold=None), event
