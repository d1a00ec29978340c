"""The lines desk: one line of a draft at a time, where ``desk.invoices.edit`` replaces them all."""

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

from attrs import frozen

from billcore.events import InvoiceEdited
from billcore.ids import InvoiceId, LineId
from billcore.invoices import drafting
from billcore.invoices.invoice import Invoice
from billcore.lines import LineItem
from billcore.permissions import Permission
from billcore.services import drafts
from billcore.services.house import Desk, retried

Edit = Callable[[Invoice, datetime], tuple[Invoice, InvoiceEdited]]


@frozen(kw_only=True)
class LinesDesk(Desk):
    """The lines of a firm's drafts; InvalidTransition for any other invoice (S3.18)."""

    @retried
    def add(self, invoice_id: InvoiceId, line: LineItem) -> Invoice:
        """Write a line in (S3.14)."""
        return self._edited(invoice_id, lambda invoice, at: drafting.add_line(invoice, line, at=at, by=self.by))

    @retried
    def remove(self, invoice_id: InvoiceId, line_id: LineId) -> Invoice:
        """Take a line off; what it billed is unbilled again, at its own rate (S3.16)."""
        return self._edited(invoice_id, lambda invoice, at: drafting.remove_line(invoice, line_id, at=at, by=self.by))

    @retried
    def override_rate(self, invoice_id: InvoiceId, line_id: LineId, unit_price: Decimal | str) -> Invoice:
        """Bill a line at another price; it shows the original one, and its charge keeps it (S3.15)."""
        return self._edited(
            invoice_id,
            lambda invoice, at: drafting.override_rate(invoice, line_id, unit_price, at=at, by=self.by),
        )

    def _edited(self, invoice_id: InvoiceId, edit: Edit) -> Invoice:
        self.require(Permission.EDIT)
        with self.begin() as work:
            invoice, event = edit(work.invoices.get(invoice_id), self.house.now_at(work.firm()))
            invoice = drafts.save_edited(work, invoice, event)
            work.commit()
        return invoice
