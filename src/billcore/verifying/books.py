"""All of a firm's books at one moment, and what a check says of them."""

from collections import defaultdict
from functools import cached_property

from attrs import define, frozen

from billcore.charges.charge import Charge
from billcore.events import Part, invoices_of
from billcore.ids import InvoiceId, OperationId, PaymentId
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.money import Money
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.recorded import RecordedEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule


@frozen(kw_only=True)
class Discrepancy:
    """Two roads that should meet and do not.

    ``check`` is stable; ``subject`` is the id it is about, never a client's data.
    """

    check: str
    subject: str
    message: str


@define(kw_only=True, slots=False, eq=False)
class Books:
    """Everything a firm has, read in one consistent unit of work."""

    invoices: tuple[Invoice, ...]
    credit_notes: tuple[CreditNote, ...]
    charges: tuple[Charge, ...]
    payments: tuple[Payment, ...]
    refunds: tuple[Refund, ...]
    operations: tuple[Operation, ...]
    schedules: tuple[Schedule, ...]
    occurrences: tuple[Occurrence, ...]
    recorded: tuple[RecordedEvent, ...]

    @cached_property
    def invoice_by_id(self) -> dict[InvoiceId, Invoice]:
        return {invoice.id: invoice for invoice in self.invoices}

    @cached_property
    def operation_by_id(self) -> dict[OperationId, Operation]:
        return {operation.id: operation for operation in self.operations}

    @cached_property
    def refunds_by_payment(self) -> dict[PaymentId, list[Refund]]:
        grouped: dict[PaymentId, list[Refund]] = defaultdict(list)
        for refund in self.refunds:
            grouped[refund.payment_id].append(refund)
        return grouped

    @cached_property
    def events_by_invoice(self) -> dict[InvoiceId, list[RecordedEvent]]:
        grouped: dict[InvoiceId, list[RecordedEvent]] = defaultdict(list)
        for recorded in self.recorded:
            for invoice_id in invoices_of(recorded.event):
                grouped[invoice_id].append(recorded)
        return grouped

    @cached_property
    def notes_by_invoice(self) -> dict[InvoiceId, list[CreditNote]]:
        grouped: dict[InvoiceId, list[CreditNote]] = defaultdict(list)
        for note in self.credit_notes:
            grouped[note.invoice_id].append(note)
        return grouped

    @cached_property
    def parts_by_invoice(self) -> dict[InvoiceId, list[tuple[Payment, Part]]]:
        grouped: dict[InvoiceId, list[tuple[Payment, Part]]] = defaultdict(list)
        for payment in self.payments:
            for part in payment.applications:
                grouped[part.invoice_id].append((payment, part))
        return grouped


def differ(check: str, subject: str, what: str, stored: object, derived: object) -> list[Discrepancy]:
    """A discrepancy where the two are not the same, else nothing."""
    if stored == derived:
        return []
    return [
        Discrepancy(check=check, subject=subject, message=f"{what}: stored {_shown(stored)}, derived {_shown(derived)}")
    ]


def _shown(value: object) -> str:
    return str(value) if isinstance(value, Money | int | str) else type(value).__name__
