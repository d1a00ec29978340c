"""The fake gateway's hosted pages, on which a client pays without the host seeing a card."""

from collections.abc import Iterable
from datetime import datetime

from attrs import define, evolve

from billcore.errors import InvalidTransition
from billcore.ids import GatewayRef
from billcore.payments.instruction import CheckoutCommand
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus, PaymentSnapshot, PaymentStatus
from billcore.ports.gateway import EventKind
from billcore.testing.fake.log import FakeLog
from billcore.testing.fake.payments import FakePayment, FakePayments
from billcore.testing.fake.vault import FakeVault


@define
class FakePage:
    """A hosted page, and the command that opened it."""

    now: CheckoutSnapshot
    command: CheckoutCommand


class FakePages:
    """Every hosted page; one that nobody pays on expires at its moment."""

    def __init__(self, log: FakeLog, payments: FakePayments, vault: FakeVault) -> None:
        self._log = log
        self._payments = payments
        self._vault = vault
        self._pages: dict[str, FakePage] = {}

    def get(self, ref: GatewayRef) -> FakePage:
        """The page, or ``GatewayRequestInvalid``."""
        page = self._pages.get(self._log.own(ref, "checkout"))
        if page is None:
            raise self._log.missing("checkout")
        return page

    def all(self) -> Iterable[FakePage]:
        """Every page, the oldest first."""
        return tuple(self._pages.values())

    def open(self, command: CheckoutCommand) -> CheckoutSnapshot:
        """A page on which this amount can be paid until it expires."""
        ref = self._log.new_ref("gchk")
        snapshot = CheckoutSnapshot(
            ref=ref,
            operation_id=command.operation_id,
            status=CheckoutStatus.OPEN,
            url=f"https://fake.example/pay/{ref.id}",
            expires_at=command.expires_at,
        )
        page = FakePage(snapshot, command)
        self._pages[ref.id] = page
        self._log.later(command.expires_at, lambda at: self.expire(page, at))
        return snapshot

    def pay(self, page: FakePage, token: str, at: datetime) -> PaymentSnapshot:
        """The client enters a method and presses *Pay*; a decline leaves the page open for another try."""
        command, instrument = page.command, self._vault.instrument(token)
        if page.now.status is not CheckoutStatus.OPEN:
            raise InvalidTransition(f"the page is {page.now.status.value}, a client pays on an open one")
        if instrument.kind not in command.methods:
            offered = ", ".join(method.value for method in command.methods)
            raise InvalidTransition(f"the page takes {offered}, asked to pay by {instrument.kind.value}")
        customer = command.customer or self._vault.customer(command.firm_id, command.client_id)
        if command.save_method:
            self._vault.attach(customer, token, at)
        payment = (
            self._payments.get(page.now.payment)
            if page.now.payment
            else self._payments.open(
                operation_id=command.operation_id,
                firm_id=command.firm_id,
                customer=customer,
                amount=command.amount,
                method=instrument.kind,
                at=at,
            )
        )
        payment.now = evolve(payment.now, method=instrument.kind)
        page.now = evolve(page.now, payment=payment.now.ref)
        self._payments.play(payment, instrument.outcome, at)
        self.follow(payment, at)
        return payment.now

    def follow(self, payment: FakePayment, at: datetime) -> None:
        """Close the page of a payment that needs it no more."""
        page = next((page for page in self._pages.values() if page.now.payment == payment.now.ref), None)
        if page is None or page.now.status is not CheckoutStatus.OPEN:
            return
        if payment.now.status in (PaymentStatus.PENDING, PaymentStatus.SUCCEEDED):
            page.now = evolve(page.now, status=CheckoutStatus.COMPLETE)
            self._tell(page, EventKind.CHECKOUT_COMPLETED, at)
        elif payment.now.status is PaymentStatus.CANCELED:
            self.expire(page, at)

    def expire(self, page: FakePage, at: datetime) -> CheckoutSnapshot:
        """Close an open page, with a payment that was tried on it; a page that is complete stays so."""
        if page.now.status is CheckoutStatus.OPEN:
            page.now = evolve(page.now, status=CheckoutStatus.EXPIRED)
            if page.now.payment:
                self._payments.cancel(self._payments.get(page.now.payment), at)
            self._tell(page, EventKind.CHECKOUT_EXPIRED, at)
        return page.now

    def _tell(self, page: FakePage, kind: EventKind, at: datetime) -> None:
        command = page.command
        self._log.tell(kind, page.now.ref, at, firm_id=command.firm_id, operation_id=command.operation_id)
