"""The invoices desk: from draft to void, one method per stage of an invoice's life."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TypeVar

from attrs import frozen

from billcore.actors import Contact
from billcore.charges import charging
from billcore.dates import Period
from billcore.errors import ChargeNotOpen, NotPermitted, StaleWrite
from billcore.evolving import evolve
from billcore.ids import ChargeId, ClientId, InvoiceId, PaymentId
from billcore.invoices import drafting, sending, voiding
from billcore.invoices.invoice import Content, Invoice, Origin
from billcore.invoices.status import Queue
from billcore.kinds import each_of_kind, of_kind
from billcore.lines import Allowance, LineItem, Surcharge
from billcore.payments import applying
from billcore.permissions import Permission
from billcore.policy import Status, VoidedLines, VoidWithPayments
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore.ports.store import UnitOfWork
from billcore.reports.timeline import TimelineEntry, timeline
from billcore.services import drafts
from billcore.services.booking import Page
from billcore.services.house import Desk, listed, retried
from billcore.services.making_way import makes_way

Change = TypeVar("Change", Allowance, Surcharge)


@frozen(kw_only=True)
class InvoicesDesk(Desk):
    """The invoices of one firm."""

    @retried
    def draft(
        self,
        client_id: ClientId,
        *,
        lines: Sequence[LineItem] = (),
        charges: Sequence[ChargeId] = (),
        allowances: Sequence[Allowance] = (),
        surcharges: Sequence[Surcharge] = (),
        notes: str = "",
        memo: str = "",
        reference: str | None = None,
        matter: str | None = None,
        service_period: Period | None = None,
        due_on: date | None = None,
        origin: Origin | None = None,
        replaces: InvoiceId | None = None,
    ) -> Invoice:
        """A new draft of typed lines, of selected open charges, or of both (S2.5, S3.9, S3.14).

        A charge that is on an invoice already is refused with ChargeNotOpen, also when two draft it at once.
        """
        self.require(Permission.CREATE)
        with self.begin() as work:
            firm, client = work.firm(), work.clients.peek(client_id)
            claimed = work.charges.get_all(each_of_kind(charges, str, "charges"))
            content = Content(
                lines=(*(charging.as_line(charge) for charge in claimed), *each_of_kind(lines, LineItem, "lines")),
                allowances=each_of_kind(allowances, Allowance, "allowances"),
                surcharges=each_of_kind(surcharges, Surcharge, "surcharges"),
                notes=notes,
                memo=memo,
                reference=reference,
                matter=matter,
                service_period=service_period,
                due_on=due_on,
            )
            if replaces is not None:
                work.invoices.peek(replaces)
            invoice, event = drafting.draft(
                InvoiceId(self.house.ids.new("inv")),
                firm=firm,
                client=client,
                content=content,
                origin=origin if origin is not None else (Origin.TIME if claimed else Origin.TYPED),
                replaces=replaces,
                at=self.house.now_at(firm),
                by=self.by,
            )
            drafts.claim(work, invoice, event.claimed)
            invoice = work.invoices.add(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    def draft_unbilled(self, client_id: ClientId) -> Invoice:
        """A draft of all the client's open charges (S2.4, S3.9); ChargeNotOpen when there are none."""
        self.require(Permission.CREATE)
        with self.read() as work:
            work.clients.get(client_id)
            charges = [charge.id for charge in work.charges.unbilled(client_id)]
        if not charges:
            raise ChargeNotOpen("this client has no open charges; add charges, or draft an invoice with lines")
        return self.draft(client_id, charges=charges)

    @retried
    def edit(
        self,
        invoice_id: InvoiceId,
        *,
        lines: Sequence[LineItem] | None = None,
        charges: Sequence[ChargeId] = (),
        allowances: Sequence[Allowance] | None = None,
        surcharges: Sequence[Surcharge] | None = None,
        notes: str | None = None,
        memo: str | None = None,
        due_on: date | None = None,
        version: int | None = None,
    ) -> Invoice:
        """Change what is given and leave the rest (S3.13).

        *charges* are added as lines, charges of lines left out are open again.

        With *version*, a draft that changed since it was read is StaleWrite instead of being overwritten.
        """
        self.require(Permission.EDIT)
        with self.begin() as work:
            invoice = work.invoices.get(invoice_id)
            if version is not None and invoice.version != of_kind(version, int, "version"):
                raise StaleWrite("the draft changed since it was read; reload it and repeat the edit")
            content = invoice.content
            adding = work.charges.get_all(each_of_kind(charges, str, "charges"))
            added = tuple(charging.as_line(charge) for charge in adding)
            content = evolve(
                content,
                lines=(*(content.lines if lines is None else each_of_kind(lines, LineItem, "lines")), *added),
                allowances=_kept(content.allowances, allowances, Allowance, "allowances"),
                surcharges=_kept(content.surcharges, surcharges, Surcharge, "surcharges"),
                notes=content.notes if notes is None else notes,
                memo=content.memo if memo is None else memo,
                due_on=content.due_on if due_on is None else due_on,
            )
            invoice, event = drafting.edit(invoice, content, at=self._now(work), by=self.by)
            invoice = drafts.save_edited(work, invoice, event)
            work.commit()
        return invoice

    @retried
    def delete(self, invoice_id: InvoiceId) -> None:
        """Delete a draft for good; its charges are open again (S2.6). An issued invoice is voided instead."""
        self.require(Permission.DELETE)
        with self.begin() as work:
            invoice = work.invoices.get(invoice_id)
            event = drafting.delete(invoice, at=self._now(work), by=self.by)
            drafts.release(work, event.released)
            work.invoices.remove(invoice)
            work.events.append([event])
            work.commit()

    @retried
    def issue(self, invoice_id: InvoiceId, *, on: date | None = None) -> Invoice:
        """Number and lock the draft, without telling the client (S2.7-S2.9)."""
        self.require(Permission.CREATE)
        with self.begin() as work:
            invoice = work.invoices.save(self._issued(work, work.invoices.get(invoice_id), on))
            work.commit()
        return invoice

    @retried
    def deliver(self, invoice_id: InvoiceId, *, channel: str = "email") -> Invoice:
        """Note that the document went to the client; the host does the sending, on the event."""
        self.require(Permission.CREATE)
        with self.begin() as work:
            invoice = work.invoices.save(self._delivered(work, work.invoices.get(invoice_id), channel))
            work.commit()
        return invoice

    @retried
    def send(self, invoice_id: InvoiceId, *, channel: str = "email", on: date | None = None) -> Invoice:
        """Issue and deliver in one (S0.15, S3.19)."""
        self.require(Permission.CREATE)
        with self.begin() as work:
            issued = self._issued(work, work.invoices.get(invoice_id), on)
            invoice = work.invoices.save(self._delivered(work, issued, channel))
            work.commit()
        return invoice

    @retried
    def view(self, invoice_id: InvoiceId) -> Invoice:
        """The client opened it (S0.16): only a Contact views; NotPermitted for anybody else."""
        if not isinstance(self.by, Contact):
            raise NotPermitted("only a contact of the client views an invoice; staff look at it with get()")
        self.require(Permission.VIEW)
        with self.begin() as work:
            invoice, event = sending.view(work.invoices.get(invoice_id), at=self._now(work), by=self.by)
            if event is None:
                return invoice
            invoice = work.invoices.save(invoice)
            work.events.append([event])
            work.commit()
        return invoice

    @makes_way
    @retried
    def void(self, invoice_id: InvoiceId, *, reason: str = "", lines: VoidedLines | None = None) -> Invoice:
        """Take an issued invoice back (S3.30-S3.34).

        Where the policy says so, money on it becomes the client's credit (C15). What waits for its client is given up
        first.
        """
        self.require(Permission.DELETE)
        with self.begin() as work:
            at = self._now(work)
            payments = [work.payments.get(payment_id) for payment_id in self._paying(work, invoice_id)]
            page = Page(work, [invoice_id])
            if page.invoices[invoice_id].policy.void_with_payments is VoidWithPayments.UNAPPLY_TO_CREDIT:
                for payment in payments:
                    on_it = applying.on_invoice(payment.applications, invoice_id, payment.amount.currency)
                    if payment.has_landed and on_it.is_positive:
                        payment, unapplied = applying.unapply(payment, invoice_id, on_it, at=at, by=self.by)
                        work.payments.save(payment)
                        page.enter(unapplied)
            invoice, event = voiding.void(page.invoices[invoice_id], reason=reason, lines=lines, at=at, by=self.by)
            page.replace(invoice)
            page.enter(event)
            drafts.release(work, event.released)
            page.close()
            work.commit()
        return page.invoices[invoice_id]

    def get(self, invoice_id: InvoiceId) -> Invoice:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.invoices.get(invoice_id)

    def page(
        self,
        *,
        on: date | None = None,
        statuses: Sequence[Status] = (),
        queue: Queue | None = None,
        client_id: ClientId | None = None,
        search: str = "",
        after: str | None = None,
        limit: int = 50,
    ) -> InvoicePage:
        """One page of invoices, newest first; every given condition must hold (S0.13, S0.23, S0.24, S0.26)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            wanted = InvoiceFilter(
                on=self._now(work).date() if on is None else on,
                statuses=frozenset(each_of_kind(statuses, Status, "statuses")),
                queue=queue,
                client_id=client_id,
                search=search,
                after=after,
                limit=limit,
            )
            page = work.invoices.page(wanted)
            listed(work, page.invoices)
            return page

    def timeline(self, invoice_id: InvoiceId) -> tuple[TimelineEntry, ...]:
        """Everything that happened to the invoice and its money, with time, words and actor (S1.46)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            told = timeline(work.events.about_invoice(invoice_id), invoice_id)
            if not told:
                # A deleted draft is gone and keeps its timeline; what has none never was.
                work.invoices.get(invoice_id)
            return told

    def _now(self, work: UnitOfWork) -> datetime:
        return self.house.now_at(work.firm())

    def _issued(self, work: UnitOfWork, draft: Invoice, on: date | None) -> Invoice:
        """The invoice of that draft, to be saved."""
        firm = work.firm()
        invoice, event = sending.issue(
            draft,
            firm=firm,
            client=work.clients.peek(draft.client_id),
            number=work.next_number(firm.invoice_series),
            on=on,
            at=self.house.now_at(firm),
            by=self.by,
        )
        drafts.bill(work, event.billed, at=event.at)
        work.events.append([event])
        return invoice

    def _delivered(self, work: UnitOfWork, invoice: Invoice, channel: str) -> Invoice:
        """The invoice as it went out, to be saved."""
        invoice, event = sending.deliver(invoice, channel=channel, at=self._now(work), by=self.by)
        work.events.append([event])
        return invoice

    def _paying(self, work: UnitOfWork, invoice_id: InvoiceId) -> list[PaymentId]:
        return sorted(payment.id for payment in work.payments.of_invoice(invoice_id))


def _kept(
    known: tuple[Change, ...], given: Sequence[Change] | None, kind: type[Change], what: str
) -> tuple[Change, ...]:
    return known if given is None else each_of_kind(given, kind, what)
