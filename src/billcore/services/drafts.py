"""The charges on an invoice's lines: claimed by its draft, billed by its issue, released when they leave it."""

from collections.abc import Iterable
from datetime import datetime

from billcore.charges import charging
from billcore.events import InvoiceEdited
from billcore.ids import ChargeId
from billcore.invoices.invoice import Invoice
from billcore.ports.store import UnitOfWork


def claim(work: UnitOfWork, invoice: Invoice, charge_ids: Iterable[ChargeId]) -> None:
    """Put open charges on the draft; ChargeNotOpen for one that is on another."""
    for charge in work.charges.get_all(charge_ids):
        work.charges.save(charging.claim(charge, invoice.id, invoice.client_id))


def bill(work: UnitOfWork, charge_ids: Iterable[ChargeId], *, at: datetime) -> None:
    """The draft that has them is issued."""
    for charge in work.charges.get_all(charge_ids):
        work.charges.save(charging.bill(charge, at=at))


def release(work: UnitOfWork, charge_ids: Iterable[ChargeId]) -> None:
    """They left their invoice and are open again."""
    for charge in work.charges.get_all(charge_ids):
        work.charges.save(charging.release(charge))


def save_edited(work: UnitOfWork, invoice: Invoice, event: InvoiceEdited) -> Invoice:
    """Save an edited draft with what the edit did to its charges; the caller commits."""
    release(work, event.released)
    claim(work, invoice, event.claimed)
    invoice = work.invoices.save(invoice)
    work.events.append([event])
    return invoice
