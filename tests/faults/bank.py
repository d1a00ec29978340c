"""A gateway in a process of its own, with books of its own: what a killed worker told it, it still knows."""

import multiprocessing
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from multiprocessing.connection import Client, Connection, Listener
from pathlib import Path
from typing import Final

from attrs import evolve
from tests.faults.sums import Sums

from billcore.errors import BillcoreError
from billcore.ids import FirmId, GatewayRef, OperationId, RefundId
from billcore.money import Money
from billcore.payments.instruction import (
    AttachCommand,
    ChargeCommand,
    CheckoutCommand,
    DetachCommand,
    RefundCommand,
)
from billcore.payments.observation import (
    CheckoutSnapshot,
    CheckoutStatus,
    DisputeStatus,
    MethodSnapshot,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
)
from billcore.ports.gateway import (
    Capabilities,
    ChargeResult,
    GatewayEvent,
    Idempotency,
    RefundResult,
    Unknown,
    WebhookBatch,
)
from billcore.reasons import Failure
from billcore.services.system import RandomIds
from billcore.testing import FakeGateway, Wait
from billcore.testing.fake.line import FakeLine
from billcore.testing.fake_gateway import EVERYTHING

KINDS: Final[Mapping[str, Capabilities]] = {
    "twostep": evolve(EVERYTHING, two_step=True),
    "onestep": EVERYTHING,
    "keyless": evolve(EVERYTHING, idempotency=Idempotency.NONE),
}
"""Create then confirm; one call under a key; no keys at all, only a strong lookup."""

Hooks = tuple[tuple[str, dict[str, str]], ...]
"""Webhook requests as they come over the wire: body and headers."""


class Later:
    """The machine's clock, so much ahead."""

    def __init__(self, minutes: int) -> None:
        self._ahead = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


_KEY: Final = b"only this machine"
_REPEATED: Final = 40


class Bank(FakeGateway):
    """A fake gateway for many firms at once, each of which only asks for its own."""

    def payments_of(self, firm_id: FirmId) -> tuple[PaymentSnapshot, ...]:
        """What the bank's books say of that firm."""
        with self._turn():
            return tuple(payment.now for payment in self._payments.all() if payment.firm_id == firm_id)

    def tell(self, firm_id: FirmId, count: int = 0) -> Hooks:
        """Signed requests with that firm's next *count* untold events, or with all; then some that were told before."""
        with self._turn():
            mine = [event for event in self._log.unsent if event.firm_id == firm_id]
            told = mine[:count] if count else mine
            gone = {event.id for event in told}
            self._log.unsent = [event for event in self._log.unsent if event.id not in gone]
            again = [event for event in self._log.events[-_REPEATED:] if event.firm_id == firm_id][:count]
        return tuple(self._request(event) for event in (*told, *again))

    def overheard(self, firm_id: FirmId) -> Hooks:
        """The newest event of that firm in a signed request; it stays to be told, since a forgery tells nothing."""
        with self._turn():
            newest = [event for event in self._log.events if event.firm_id == firm_id][-1:]
        return tuple(self._request(event) for event in newest)

    def decide(self, firm_id: FirmId, succeeds: bool) -> None:
        """The oldest pending payment and refund of that firm are decided."""
        with self._turn():
            seen = [payment.now for payment in self._payments.all() if payment.firm_id == firm_id]
            payments = [payment.ref for payment in seen if payment.status is PaymentStatus.PENDING]
            refunds = [
                refund.ref for payment in seen for refund in payment.refunds if refund.status is RefundStatus.PENDING
            ]
            for ref in (*payments[:1], *refunds[:1]):
                if succeeds:
                    self.settle(ref)
                else:
                    self.fail(ref)

    def refund_some(self, ref: GatewayRef) -> str:
        """Somebody refunds 2.00 in the dashboard, where that is possible."""
        try:
            self.refund_in_dashboard(ref, Money(200, "USD"))
        except BillcoreError as refusal:
            return refusal.code
        return "refunded"

    def pay_a_page(self, firm_id: FirmId) -> str:
        """A client of that firm's enters a card on the newest page that is open."""
        with self._turn():
            pages = [page for page in self._pages.all() if page.command.firm_id == firm_id]
            opened = [page.now.ref for page in pages if page.now.status is CheckoutStatus.OPEN]
            for ref in opened[-1:]:
                self.client_pays(ref)
                return "paid"
        return "no page"

    def contest_some(self, ref: GatewayRef, cents: int) -> str:
        """The client contests so much of a payment, or an open contest of it is decided, where that is possible."""
        try:
            seen = self.get_payment(ref)
            for dispute in seen.disputes:
                if dispute.status is DisputeStatus.OPEN:
                    (self.win_dispute if cents % 2 else self.lose_dispute)(dispute.ref)
                    return "decided"
            self.open_dispute(ref, Money(cents, "USD"), fee=Money(1500, "USD"))
        except BillcoreError as refusal:
            return refusal.code
        return "contested"

    def be_later(self, minutes: int) -> None:
        """The bank's own clock goes forward, as ours does."""
        with self._lock:
            self._clock = Later(minutes)

    def rescript(self, **outcomes: Sequence[object]) -> None:
        """Script what comes next, and forget what was scripted and never came."""
        with self._lock:
            self._line = FakeLine()
            self._clock = Later(0)
            self.script(**outcomes)  # type: ignore[arg-type]

    def _request(self, event: GatewayEvent) -> tuple[str, dict[str, str]]:
        request = self.webhook(event)
        return request.body.decode(), dict(request.headers)


def _serve(address: str) -> None:
    gateways = {name: Bank(Later(0), name=name, capabilities=kind, ids=RandomIds()) for name, kind in KINDS.items()}
    with Listener(address, family="AF_UNIX", authkey=_KEY) as listener:
        while True:
            try:
                connection = listener.accept()
            except (OSError, EOFError):
                # A worker was killed while it connected.
                continue
            threading.Thread(target=_answer, args=(connection, gateways), daemon=True).start()


def _answer(connection: Connection, gateways: Mapping[str, FakeGateway]) -> None:
    while True:
        try:
            name, method, args, kwargs = connection.recv()
        except (EOFError, OSError):
            return
        try:
            answer: object = getattr(gateways[name], method)(*args, **kwargs)
        except Exception as error:
            answer = error
        try:
            connection.send(answer)
        except OSError:
            # The worker was killed while it waited: what it asked for has happened all the same.
            return


@contextmanager
def bank(folder: Path) -> Iterator[str]:
    """The address of a bank that runs until the block ends."""
    address = str(folder / "bank")
    process = multiprocessing.get_context("spawn").Process(target=_serve, args=(address,), daemon=True)
    process.start()
    try:
        _wait_for(address)
        yield address
    finally:
        process.kill()
        process.join()


def _wait_for(address: str) -> None:
    for _ in range(200):
        try:
            Client(address, family="AF_UNIX", authkey=_KEY).close()
        except (FileNotFoundError, ConnectionRefusedError):
            threading.Event().wait(0.05)
        else:
            return
    raise AssertionError("the bank did not open")


def nothing() -> None:
    """The default point: nobody is killed."""


class RemoteGateway:
    """The bank as a gateway. ``point`` is called before a request, between request and answer, and after the answer."""

    def __init__(self, address: str, name: str, point: Callable[[], None] = nothing) -> None:
        self._name = name
        self._point = point
        self._address = address
        self._connections = threading.local()

    @property
    def name(self) -> str:
        return self._name

    @property
    def account(self) -> str | None:
        return None

    @property
    def capabilities(self) -> Capabilities:
        return KINDS[self._name]

    def ask(self, method: str, *args: object, **kwargs: object) -> object:
        """Any method of the fake gateway in the bank."""
        connection: Connection | None = getattr(self._connections, "it", None)
        if connection is None:
            connection = self._connections.it = Client(self._address, family="AF_UNIX", authkey=_KEY)
        self._point()
        connection.send((self._name, method, args, kwargs))
        self._point()
        answer = connection.recv()
        self._point()
        if isinstance(answer, Exception):
            raise answer
        return answer

    # ── As a counterparty, see there ─────────────────────────────────────────────────────────────────────────────

    @property
    def gateway(self) -> "RemoteGateway":
        return self

    @property
    def gateways(self) -> Sequence["RemoteGateway"]:
        others = (RemoteGateway(self._address, name, self._point) for name in KINDS if name != self._name)
        return (self, *others)

    def restart(self) -> None:
        self.ask("rescript")

    def storm(self) -> None:
        """The fake bank's weather is scripted request by request."""

    def calm(self) -> None:
        """What was scripted for a request is met by that request only, whenever it comes."""

    def meet(self, verb: str, weather: object) -> None:
        self.ask("rescript", **{verb: [weather]})

    def waits(self, weather: object) -> bool:
        return isinstance(weather, Wait)

    def token(self, word: str) -> str:
        return f"card_{word}"

    def forgeries(self, firm: str) -> Hooks:
        overheard: Hooks = self.ask("overheard", firm)  # type: ignore[assignment]
        return tuple((f"{body} ", headers) for body, headers in overheard)

    def decide(self, firm: str, succeeds: bool) -> None:
        self.ask("decide", firm, succeeds)

    def refund_some(self, ref: GatewayRef) -> str:
        return str(self.ask("refund_some", ref))

    def contest_some(self, ref: GatewayRef, amount: int) -> str:
        return str(self.ask("contest_some", ref, amount))

    def pay_a_page(self, firm: str) -> str:
        return str(self.ask("pay_a_page", firm))

    def be_later(self, minutes: int) -> None:
        self.ask("be_later", minutes)

    def audit(self, firm: str) -> tuple[Sums, list[str]]:
        return _sums(self.payments_of(firm)), []

    def hooks(self, firm: str, count: int = 0) -> Hooks:
        """See ``Bank.tell``."""
        return self.ask("tell", firm, count)  # type: ignore[return-value]

    def payments_of(self, firm: str) -> tuple[PaymentSnapshot, ...]:
        """What the bank's books say of that firm."""
        return self.ask("payments_of", firm)  # type: ignore[return-value]

    # ── As a gateway ─────────────────────────────────────────────────────────────────────────────────────────────

    def check_amount(self, amount: Money) -> None:
        pass

    def charge(self, command: ChargeCommand) -> ChargeResult:
        return self.ask("charge", command)  # type: ignore[return-value]

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        return self.ask("prepare", command, attempt=attempt)  # type: ignore[return-value]

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        return self.ask("confirm", command, ref)  # type: ignore[return-value]

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self.ask("get_payment", ref)  # type: ignore[return-value]

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: object
    ) -> PaymentSnapshot | None:
        return self.ask("find_payment", operation_id, customer=customer, since=since)  # type: ignore[return-value]

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self.ask("cancel_payment", ref)  # type: ignore[return-value]

    def refund(self, command: RefundCommand) -> RefundResult:
        return self.ask("refund", command)  # type: ignore[return-value]

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        return self.ask("get_refund", ref)  # type: ignore[return-value]

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        return self.ask("find_refund", refund_id, payment=payment)  # type: ignore[return-value]

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        return self.ask("attach_method", command)  # type: ignore[return-value]

    def begin_setup(self, command: AttachCommand) -> object:
        return self.ask("begin_setup", command)

    def get_setup(self, ref: GatewayRef) -> object:
        return self.ask("get_setup", ref)

    def get_method(self, ref: GatewayRef) -> object:
        return self.ask("get_method", ref)

    def list_methods(self, customer: GatewayRef) -> object:
        return self.ask("list_methods", customer)

    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        return self.ask("detach_method", command)  # type: ignore[return-value]

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown:
        return self.ask("begin_checkout", command)  # type: ignore[return-value]

    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        return self.ask("get_checkout", ref)  # type: ignore[return-value]

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        return self.ask("expire_checkout", ref)  # type: ignore[return-value]

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        return self.ask("parse_webhook", body, headers)  # type: ignore[return-value]


def _sums(payments: Sequence[PaymentSnapshot]) -> Sums:
    taken = [payment for payment in payments if payment.status is PaymentStatus.SUCCEEDED]
    refunds = [refund for payment in taken for refund in payment.refunds]
    disputes = [dispute for payment in taken for dispute in payment.disputes]
    live = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    collected = sum(payment.amount.minor for payment in taken)
    refunded = sum(refund.amount.minor for refund in refunds if refund.status in live)
    lines = [line.amount for payment in taken if payment.settlement for line in payment.settlement.fees]
    lines += [dispute.fee for dispute in disputes if dispute.fee]
    lines += [-refund.fee_returned for refund in refunds if refund.fee_returned]
    fees = sum(line.minor for line in lines)
    held = sum(dispute.amount.minor for dispute in disputes if dispute.status is not DisputeStatus.WON)
    return Sums(collected=collected, refunded=refunded, fees=fees, net=collected - refunded - fees - held)
