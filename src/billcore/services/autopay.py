"""Auto-pay: what falls due of schedules is charged to the client's saved method, tried again by plan, then given up."""

from datetime import UTC, date, timedelta
from typing import Final, assert_never

from attrs import frozen

from billcore.actors import System
from billcore.errors import BillcoreError, GatewayConfigurationError, GatewayPermissionError
from billcore.events import AutopayStopped
from billcore.evolving import evolve
from billcore.ids import FirmId, InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.ports.store import UnitOfWork
from billcore.reasons import Initiator
from billcore.recurring.autopay import Charge, Decision, Done, Rest, Stop, decide
from billcore.services.booking import Page
from billcore.services.house import House, retried
from billcore.services.payments import PaymentsDesk

BATCH: Final = 200
BY: Final = System("auto-pay")

Place = tuple[str, str | None]
"""A gateway and an account at it."""


@frozen(kw_only=True)
class Collected:
    """Payments begun, and the invoices that could not be charged as ``(invoice, code)``: those are tried tomorrow."""

    begun: int = 0
    failing: tuple[tuple[str, str], ...] = ()


class Autopay:
    """Any number of workers may collect at once, be killed and collect again: a try is one request id, charged once."""

    def __init__(self, house: House) -> None:
        self._house = house

    def collect(self, firm_id: FirmId, on: date) -> Collected:
        """Attend to every invoice of the firm that waits for auto-pay on its day *on* (S1.5).

        A gateway that refuses the firm's key is asked once: each try would be a payment that failed, and be told to a
        client who can do nothing about it.
        """
        begun, failing, attended = 0, [], set[InvoiceId]()
        refusing: set[Place] = set()
        while waiting := [each for each in self._waiting(firm_id, on) if each not in attended]:
            for invoice_id in waiting:
                attended.add(invoice_id)
                try:
                    begun += self._attend(firm_id, invoice_id, on, refusing)
                except BillcoreError as error:
                    # One that cannot be charged (a missing gateway, a revoked key) must not keep the others waiting.
                    failing.append((invoice_id, error.code))
        return Collected(begun=begun, failing=tuple(failing))

    def _waiting(self, firm_id: FirmId, on: date) -> list[InvoiceId]:
        with self._house.store.read(firm_id) as work:
            return [invoice.id for invoice in work.invoices.to_collect(on, limit=BATCH)]

    def _attend(self, firm_id: FirmId, invoice_id: InvoiceId, on: date, refusing: set[Place]) -> bool:
        """Whether a payment was begun."""
        decision = self._look(firm_id, invoice_id, on)
        if not isinstance(decision, Charge):
            return False
        try:
            self._charge(firm_id, invoice_id, decision, refusing)
        finally:
            self._look(firm_id, invoice_id, on, may_charge=False)
        return True

    def _charge(self, firm_id: FirmId, invoice_id: InvoiceId, decision: Charge, refusing: set[Place]) -> None:
        with self._house.store.read(firm_id) as work:
            ref = work.methods.peek(decision.method_id).ref
        place = ref.gateway, ref.account
        if place in refusing:
            raise GatewayConfigurationError(f"{ref.gateway} refused the firm's key before in this run")
        try:
            PaymentsDesk(house=self._house, firm_id=firm_id, by=BY).charge(
                invoice_id,
                method=decision.method_id,
                initiator=Initiator.AUTOPAY,
                request_id=f"autopay:{invoice_id}:{decision.number}",
            )
        except GatewayPermissionError:
            # The key is good: what it may not do for this client it may do for the next.
            raise
        except GatewayConfigurationError:
            refusing.add(place)
            raise

    @retried
    def _look(self, firm_id: FirmId, invoice_id: InvoiceId, on: date, *, may_charge: bool = True) -> Decision:
        """Decide about the invoice, and keep when to look again; a charge is left to the caller, in no transaction."""
        with self._house.store.begin(firm_id) as work:
            page = Page(work, [invoice_id])
            invoice = page.invoices[invoice_id]
            if invoice.autopay_on is None or invoice.autopay_on > on:
                # Another worker attended to it meanwhile.
                return Done()
            decision = self._decide(work, invoice, on)
            match decision:
                case Charge() if may_charge:
                    return decision
                case Charge():
                    page.replace(evolve(invoice, autopay_on=on + timedelta(days=1)))
                case Rest(until):
                    page.replace(evolve(invoice, autopay_on=until))
                case Done():
                    page.replace(evolve(invoice, autopay_on=None))
                case Stop(code):
                    page.replace(evolve(invoice, autopay_on=None))
                    at = self._house.now_at(work.firm())
                    page.enter(AutopayStopped(firm_id=firm_id, invoice_id=invoice_id, code=code, at=at, by=BY))
                case _:
                    assert_never(decision)
            page.close()
            work.commit()
        return decision

    def _decide(self, work: UnitOfWork, invoice: Invoice, on: date) -> Decision:
        if invoice.schedule_id is None:
            return Done()
        return decide(
            invoice,
            work.schedules.peek(invoice.schedule_id),
            work.methods.of_client(invoice.client_id),
            work.payments.of_invoice(invoice.id),
            on=on,
            timezone=self._house.now_at(work.firm()).tzinfo or UTC,
        )
