"""One page of the books: the invoices of a command, locked in order, settled by each event, and saved once."""

from collections.abc import Iterable

from billcore.errors import NotFound
from billcore.events import Event, invoices_of
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.invoices.settling import settle
from billcore.kinds import each_of_kind
from billcore.payments.applying import require_none_awaiting
from billcore.ports.store import UnitOfWork


class Page:
    """Collects events and what they do to invoices; ``close`` writes all of it into the unit of work."""

    def __init__(self, work: UnitOfWork, invoice_ids: Iterable[InvoiceId] = ()) -> None:
        self._work = work
        self._events: list[Event] = []
        self._changed: set[InvoiceId] = set()
        self.invoices: dict[InvoiceId, Invoice] = {}
        self.open(invoice_ids)

    def open(self, invoice_ids: Iterable[InvoiceId]) -> None:
        """Lock more invoices, in order of id, so that two commands never wait for each other."""
        for invoice_id in sorted(set(each_of_kind(list(invoice_ids), str, "invoice ids")) - self.invoices.keys()):
            self.invoices[invoice_id] = self._work.invoices.get(invoice_id)

    def replace(self, invoice: Invoice) -> None:
        """A verb of the invoice's own changed it."""
        if invoice.id not in self.invoices:
            raise NotFound(f"invoice {invoice.id!r} is not on this page")
        self.invoices[invoice.id] = invoice
        self._changed.add(invoice.id)

    def enter(self, event: Event) -> None:
        """Book an event: every invoice on the page that it concerns is settled by it."""
        self._events.append(event)
        for invoice_id in invoices_of(event):
            invoice = self.invoices.get(invoice_id)
            if invoice is None:
                continue
            settled = settle(invoice, event)
            if settled is not invoice:
                self.replace(settled)

    def close(self) -> None:
        """Save what changed and append what happened; the caller commits."""
        for invoice_id in sorted(self._changed):
            self.invoices[invoice_id] = self._work.invoices.save(self.invoices[invoice_id])
        self._changed.clear()
        self._work.events.append(self._events)
        self._events = []


def require_no_client_awaited(work: UnitOfWork, invoice: Invoice) -> None:
    """PaymentInFlight where some of the invoice waits for its client, for what means all of the invoice."""
    if invoice.in_flight.is_positive:
        require_none_awaiting(invoice, work.payments.of_invoice(invoice.id))
