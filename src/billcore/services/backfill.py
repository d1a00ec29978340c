"""The back-fill desk: a client with a new method pays its recent open invoices with one confirmation (S1.48-S1.50)."""

import hashlib
import json
from collections.abc import Iterator, Sequence
from datetime import date

from attrs import frozen

from billcore.errors import BillcoreError, HouseRule, InvalidInput, MethodNotAllowed, NotPayable, StaleWrite
from billcore.events import BackfillAccepted, BackfillDeclined, BackfillOffered, Part
from billcore.ids import ClientId, InvoiceId, MethodId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.kinds import each_of_kind
from billcore.money import Money
from billcore.payments.paying import require_may_charge
from billcore.payments.payment import Payment
from billcore.ports.pages import InvoiceFilter
from billcore.ports.store import UnitOfWork
from billcore.reasons import Initiator
from billcore.recurring.backfill import is_offered
from billcore.services.amounts import Amount, amount_in
from billcore.services.house import Desk, retried
from billcore.services.payments import PaymentsDesk
from billcore.services.requests import Asked, asked

MOST = 1000
"""How many invoices one offer has."""


@frozen(kw_only=True)
class BackfillOffer:
    """ "We have N unpaid invoices on file, pay them all now?": which, how many, and what they come to (S1.50)."""

    client_id: ClientId
    invoice_ids: tuple[InvoiceId, ...]
    total: Money

    @property
    def count(self) -> int:
        return len(self.invoice_ids)


@frozen(kw_only=True)
class BackfillResult:
    """What became of one invoice: its payment, look at its ``state``; or why it was not charged."""

    invoice_id: InvoiceId
    payment: Payment | None = None
    refused: BillcoreError | None = None


@frozen(kw_only=True)
class BackfillDesk(Desk):
    """Offer it when a client saved its first method: the event ``MethodAttached`` says so by ``is_first``."""

    @retried
    def offer(self, client_id: ClientId) -> BackfillOffer:
        """What the client may pay at once, the oldest first; ``count`` 0 is no offer.

        Invoices of the last days that the policy says, of schedules with auto-pay on or of all as it says. The same
        offer is noted once, however often it is shown.
        """
        self.require_paying()
        with self.begin() as work:
            client = work.clients.peek(client_id)
            at = self.house.now_at(work.firm())
            parts = _parts(self._offered(work, client_id, at.date()))
            if parts:
                ask = _once("backfill.offer", client_id, [f"{part.invoice_id} {part.amount}" for part in parts])
                if ask.result_in(work) is None:
                    ask.remember(work, client_id)
                    offered = BackfillOffered(firm_id=self.firm_id, client_id=client_id, parts=parts, at=at, by=self.by)
                    work.events.append([offered])
                    work.commit()
        return BackfillOffer(
            client_id=client_id,
            invoice_ids=tuple(part.invoice_id for part in parts),
            total=Money.sum((part.amount for part in parts), client.currency),
        )

    def accept(
        self, client_id: ClientId, invoice_ids: Sequence[InvoiceId], *, total: Amount, method: MethodId
    ) -> tuple[BackfillResult, ...]:
        """Charge each invoice of an offer to *method*, as the client confirmed it: these, and this total.

        A second confirmation is the same payments: one invoice is charged to one method once, also where it was
        declined. One that is refused keeps none of the others back. StaleWrite where the total is another by now,
        NotPayable for an invoice that is not offered, MethodNotAllowed for a method that cannot pay.
        """
        self.require_paying()
        wanted = tuple(dict.fromkeys(each_of_kind(invoice_ids, str, "invoice ids")))
        if not 1 <= len(wanted) <= MOST:
            raise InvalidInput(f"a back-fill is of 1 to {MOST} invoices, asked for {len(wanted)}")
        self._confirm(client_id, wanted, total, method)
        return tuple(self._charge(InvoiceId(invoice_id), method) for invoice_id in wanted)

    def decline(self, client_id: ClientId) -> None:
        """The client would rather not: noted, and nothing is charged."""
        self.require_paying()
        with self.begin() as work:
            client = work.clients.peek(client_id)
            at = self.house.now_at(work.firm())
            work.events.append([BackfillDeclined(firm_id=self.firm_id, client_id=client.id, at=at, by=self.by)])
            work.commit()

    @retried
    def _confirm(self, client_id: ClientId, wanted: Sequence[str], total: Amount, method_id: MethodId) -> None:
        """Note the confirmation, once: all refusals come before the first charge."""
        with self.begin() as work:
            client, firm = work.clients.peek(client_id), work.firm()
            method = work.methods.get(method_id)
            shown, at = amount_in(client.currency, total), self.house.now_at(firm)
            ask = _once("backfill.accept", client_id, [method_id, str(shown), *sorted(wanted)])
            if ask.result_in(work) is not None:
                return
            require_may_charge(firm, self.by)
            if method.client_id != client_id or not method.is_active or method.is_expired(at.date()):
                raise MethodNotAllowed("the method is another client's, detached or expired; take another one")
            offered = {part.invoice_id: part for part in _parts(self._offered(work, client_id, at.date()))}
            if not offered.keys() >= set(wanted):
                raise NotPayable("some of these invoices are not offered for back-fill, or not any more; offer again")
            parts = tuple(offered[InvoiceId(invoice_id)] for invoice_id in wanted)
            if Money.sum((part.amount for part in parts), client.currency) != shown:
                raise StaleWrite(f"these invoices do not come to {shown} any more; offer again")
            ask.remember(work, method_id)
            accepted = BackfillAccepted(
                firm_id=self.firm_id, client_id=client_id, method_id=method_id, parts=parts, at=at, by=self.by
            )
            work.events.append([accepted])
            work.commit()

    def _charge(self, invoice_id: InvoiceId, method_id: MethodId) -> BackfillResult:
        desk = PaymentsDesk(house=self.house, firm_id=self.firm_id, by=self.by)
        try:
            payment = desk.charge(
                invoice_id,
                method=method_id,
                initiator=Initiator.BACKFILL,
                request_id=f"backfill:{invoice_id}:{method_id}",
            )
        except HouseRule:
            raise
        except BillcoreError as refusal:
            return BackfillResult(invoice_id=invoice_id, refused=refusal)
        return BackfillResult(invoice_id=invoice_id, payment=payment)

    def _offered(self, work: UnitOfWork, client_id: ClientId, on: date) -> list[Invoice]:
        """Oldest first."""
        firm, client = work.firm(), work.clients.peek(client_id)
        schedules = {schedule.id: schedule for schedule in work.schedules.of_client(client_id)}
        offered = [
            invoice
            for invoice in _unpaid(work, client_id, on)
            if is_offered(
                invoice,
                client,
                None if invoice.schedule_id is None else schedules.get(invoice.schedule_id),
                firm.policy,
                on=on,
            )
        ]
        return sorted(offered, key=lambda invoice: (invoice.drafted_at, invoice.id))[:MOST]


def _unpaid(work: UnitOfWork, client_id: ClientId, on: date) -> Iterator[Invoice]:
    for queue in (Queue.AWAITING, Queue.OVERDUE):
        after: str | None = None
        while True:
            page = work.invoices.page(InvoiceFilter(on=on, queue=queue, client_id=client_id, after=after, limit=MOST))
            yield from page.invoices
            after = page.next
            if after is None:
                break


def _parts(invoices: Sequence[Invoice]) -> tuple[Part, ...]:
    return tuple(Part(invoice.id, invoice.balance) for invoice in invoices)


def _once(command: str, client_id: ClientId, about: Sequence[str]) -> Asked:
    """A request whose id is what it is about."""
    digest = hashlib.sha256(json.dumps([client_id, *about]).encode()).hexdigest()
    return asked(f"{command}:{digest}", command, client=client_id, about=tuple(about))
