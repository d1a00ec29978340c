"""The adjustments desk: what staff decide about an issued invoice besides its content."""

from datetime import date

from attrs import frozen

from billcore.dates import day
from billcore.ids import CreditNoteId, InvoiceId
from billcore.invoices import adjusting, crediting, late_fees
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.permissions import Permission
from billcore.services.amounts import Amount, amount_in
from billcore.services.booking import Page, require_no_client_awaited
from billcore.services.house import Desk, retried
from billcore.services.late_fees import LateFees
from billcore.services.making_way import makes_way


@frozen(kw_only=True)
class AdjustmentsDesk(Desk):
    """Write-offs, credit notes and holds of one firm.

    What lowers an invoice below what waits for its client gives that up first.
    """

    @makes_way
    @retried
    def write_off(self, invoice_id: InvoiceId, amount: Amount | None = None, *, reason: str = "") -> Invoice:
        """Give up on *amount*, by default the whole balance (S1.19)."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            invoice = work.invoices.get(invoice_id)
            if amount is None:
                require_no_client_awaited(work, invoice)
            wanted = invoice.balance if amount is None else amount_in(invoice.currency, amount)
            at = self.house.now_at(work.firm())
            invoice, event = adjusting.write_off(invoice, wanted, reason=reason, at=at, by=self.by)
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    @retried
    def reverse_write_off(self, invoice_id: InvoiceId, amount: Amount | None = None, *, reason: str = "") -> Invoice:
        """Ask again for *amount*, by default all that was written off."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            invoice = work.invoices.get(invoice_id)
            wanted = invoice.sums.written_off if amount is None else amount_in(invoice.currency, amount)
            at = self.house.now_at(work.firm())
            invoice, event = adjusting.reverse_write_off(invoice, wanted, reason=reason, at=at, by=self.by)
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    @makes_way
    @retried
    def credit(self, invoice_id: InvoiceId, amount: Amount | None = None, *, reason: str = "") -> CreditNote:
        """Write a credit note for *amount*, by default the whole balance but late fees; it has a number of its own."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            firm = work.firm()
            page = Page(work, [invoice_id])
            invoice = page.invoices[invoice_id]
            if amount is None:
                require_no_client_awaited(work, invoice)
            note, event = crediting.credit(
                invoice,
                crediting.creditable(invoice) if amount is None else amount_in(invoice.currency, amount),
                credit_note_id=CreditNoteId(self.house.ids.new("crn")),
                number=work.next_number(firm.credit_note_series),
                reason=reason,
                at=self.house.now_at(firm),
                by=self.by,
            )
            note = work.credit_notes.add(note)
            page.enter(event)
            page.close()
            work.commit()
        return note

    @retried
    def hold(self, invoice_id: InvoiceId, *, reason: str) -> Invoice:
        """Let collection rest: no auto-pay, no late fee, no reminder (C5)."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            at = self.house.now_at(work.firm())
            invoice, event = adjusting.hold(work.invoices.get(invoice_id), reason=reason, at=at, by=self.by)
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    @retried
    def release_hold(self, invoice_id: InvoiceId) -> Invoice:
        """Let collection go on."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            at = self.house.now_at(work.firm())
            invoice, event = adjusting.release_hold(work.invoices.get(invoice_id), at=at, by=self.by)
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    def assess_late_fees(self, *, on: date | None = None) -> tuple[Invoice, ...]:
        """Add every late fee that is due on the firm's day *on*, by default today; the invoices that got one (S3.28).

        Each step of an invoice's own policy is asked for once, however often and by how many this is run.
        ``billing.run`` does it too, and also reports those invoices that could not bear the fee.
        """
        self.require(Permission.EDIT)
        with self.read() as work:
            today = self.house.now_at(work.firm()).date() if on is None else day(on, "on")
        return LateFees(self.house, by=self.by).assess(self.firm_id, today).invoices

    @makes_way
    @retried
    def waive_late_fee(self, invoice_id: InvoiceId, step: int, *, reason: str = "") -> Invoice:
        """Take the late fee of that step back; the steps are on ``invoice.late_fees``."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            at = self.house.now_at(work.firm())
            invoice, event = late_fees.waive(work.invoices.get(invoice_id), step, reason=reason, at=at, by=self.by)
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    def credit_notes(self, invoice_id: InvoiceId) -> tuple[CreditNote, ...]:
        """The credit notes of an invoice, oldest first, canceled ones too."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.invoices.get(invoice_id)
            return tuple(work.credit_notes.of_invoice(invoice_id))
