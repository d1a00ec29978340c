"""A payment gateway in memory, for a host's own tests and for demonstrations; it keeps the whole contract."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final, assert_never

from billcore.errors import AmountNotRepresentable, GatewayRequestInvalid, UnsupportedByGateway
from billcore.fees import FeeRate
from billcore.ids import GatewayRef, OperationId, RefundId
from billcore.methods import Method
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
    MethodSnapshot,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
)
from billcore.ports.clock import Clock
from billcore.ports.gateway import (
    Capabilities,
    ChargeResult,
    Declined,
    GatewayEvent,
    Idempotency,
    Lookup,
    NeedsAction,
    Pending,
    RefundAccepted,
    RefundRejected,
    RefundResult,
    SettlementLine,
    SetupSession,
    Succeeded,
    Unknown,
    WebhookBatch,
)
from billcore.ports.ids import Ids
from billcore.reasons import Failure
from billcore.testing.fake import webhooks
from billcore.testing.fake.hands import FakeHands
from billcore.testing.fake.line import Answers, silence
from billcore.testing.fake.outcomes import Act, Reject, Succeed, Wait
from billcore.testing.fake.payments import FakePayment
from billcore.testing.fake.refunds import refusal
from billcore.testing.ids import CountingIds

LARGEST_MINOR: Final = 999_999_99
"""The largest amount it takes, in minor units of any currency."""

CARD_FEE: Final = FeeRate("2.9", Money(30, "USD"))
"""What it keeps of a card payment unless told otherwise; a bank transfer is free."""

EVERYTHING: Final = Capabilities(
    methods=frozenset({Method.CARD, Method.ACH}), saved_methods=True, hosted_checkout=True, platform_fees=True
)

# Of several payments that one operation prepared, the one that came furthest is the operation's.
_FURTHEST: Final = (
    PaymentStatus.SUCCEEDED,
    PaymentStatus.PENDING,
    PaymentStatus.REQUIRES_ACTION,
    PaymentStatus.OPEN,
    PaymentStatus.FAILED,
    PaymentStatus.CANCELED,
)


class FakeGateway(FakeHands):
    """Every Protocol of ``billcore.ports.gateway``, on books of its own.

    What a charge comes to is decided by ``script``, or else by the token of its method: ``card_ok``, ``card_declined``,
    ``ach_fails`` (see ``TOKENS``). What is pending settles when the clock has passed its moment, or by ``settle``.

    ``fee`` is kept of card payments; it is known after ``fee_after``, or with None when ``tell_fee`` is called.
    ``ids`` count from one; a program that keeps its database between two runs passes ids that do not repeat.
    What is not settled yet is refunded unless ``refunds_before_settlement`` is off.
    ``capabilities`` are obeyed: without idempotency, or past its window, a repeated charge takes the money again.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        name: str = "fake",
        account: str | None = None,
        webhook_secret: str = "whsec_fake",  # noqa: S107 it guards nothing
        fee: FeeRate = CARD_FEE,
        fee_after: timedelta | None = timedelta(0),
        capabilities: Capabilities = EVERYTHING,
        refunds_before_settlement: bool = True,
        ids: Ids | None = None,
    ) -> None:
        super().__init__(
            clock,
            ids or CountingIds(),
            name=name,
            account=account,
            webhook_secret=webhook_secret,
            fee=fee,
            fee_after=fee_after,
            capabilities=capabilities,
        )
        self._refunds_before_settlement = refunds_before_settlement
        native = capabilities.idempotency is Idempotency.NATIVE
        window = capabilities.idempotency_window if native else None
        self._charged: Answers[ChargeResult] = Answers(window)
        self._prepared: Answers[PaymentSnapshot] = Answers(window)
        self._refunded: Answers[RefundResult] = Answers(window)
        self._attached: Answers[MethodSnapshot | Failure] = Answers(capabilities.idempotency_window)
        self._set_up: Answers[GatewayRef] = Answers(window)
        self._opened: Answers[GatewayRef] = Answers(window)

    @property
    def name(self) -> str:
        return self._name

    @property
    def account(self) -> str | None:
        return self._account

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    # ── Charging ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def check_amount(self, amount: Money) -> None:
        if not 0 < amount.minor <= LARGEST_MINOR:
            raise AmountNotRepresentable(f"{self._name} takes 1 to {LARGEST_MINOR} minor units, asked for {amount}")
        currencies = self._capabilities.currencies
        if currencies is not None and amount.currency not in currencies:
            raise AmountNotRepresentable(f"{self._name} takes {', '.join(sorted(currencies))}, asked for {amount}")

    def charge(self, command: ChargeCommand) -> ChargeResult:
        self.check_amount(command.amount)
        with self._call() as now:
            reach = self._line.reach("charge")
            if not reach.arrives:
                return silence()
            key = command.operation_id
            answer = self._charged.recall(key, command, now)
            if answer is None:
                payment = self._open(command, now)
                self._payments.play(payment, reach.act or self._usual(command), now)
                answer = self._charged.keep(key, command, now, _charge_result(payment.now))
            return answer if reach.is_heard else silence()

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        with self._call():
            return self._payments.get(ref).now

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        if self._capabilities.lookup is not Lookup.STRONG:
            raise UnsupportedByGateway(f"{self._name} cannot find a payment by our operation id")
        with self._call():
            found = [
                payment.now
                for payment in self._payments.all()
                if payment.now.operation_id == operation_id
                and (customer is None or payment.customer == customer)
                and payment.now.created_at >= since
            ]
        return min(found, key=lambda payment: _FURTHEST.index(payment.status), default=None)

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        with self._call() as now:
            payment = self._payments.get(ref)
            self._payments.cancel(payment, now)
            self._pages.follow(payment, now)
            return payment.now

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        self.check_amount(command.amount)
        with self._call() as now:
            reach = self._line.reach("prepare")
            if not reach.arrives:
                return silence()
            key = f"{command.operation_id}:{attempt}"
            answer = self._prepared.recall(key, command, now)
            if answer is None:
                answer = self._prepared.keep(key, command, now, self._open(command, now).now)
            return answer if reach.is_heard else silence()

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        with self._call() as now:
            reach = self._line.reach("charge")
            if not reach.arrives:
                return silence()
            key, request = command.operation_id, (command, ref)
            answer = self._charged.recall(key, request, now)
            if answer is None:
                payment = self._payments.get(ref)
                if (payment.now.operation_id, payment.now.amount) != (command.operation_id, command.amount):
                    raise GatewayRequestInvalid("the payment was prepared by another command", field="payment")
                # Only a payment that nobody confirmed yet moves; any other answers what it is.
                if payment.now.status is PaymentStatus.OPEN and payment.now.failure is None:
                    self._payments.play(payment, reach.act or self._usual(command), now)
                answer = self._charged.keep(key, request, now, _charge_result(payment.now))
            return answer if reach.is_heard else silence()

    def _open(self, command: ChargeCommand, now: datetime) -> FakePayment:
        method = self._vault.get(command.method).now
        if not method.is_attached:
            raise GatewayRequestInvalid("the method is detached", field="method", provider_code="method_detached")
        if (method.customer, method.kind) != (command.customer, command.method_kind):
            raise GatewayRequestInvalid("the method is another customer's, or of another kind", field="method")
        if command.platform_fee is not None and not self._capabilities.platform_fees:
            raise UnsupportedByGateway(f"{self._name} takes no platform fee")
        return self._payments.open(
            operation_id=command.operation_id,
            firm_id=command.firm_id,
            customer=command.customer,
            amount=command.amount,
            method=method.kind,
            platform_fee=command.platform_fee,
            at=now,
        )

    def _usual(self, command: ChargeCommand) -> Act:
        return self._vault.get(command.method).instrument.outcome

    # ── Refunding ────────────────────────────────────────────────────────────────────────────────────────────────────

    def refund(self, command: RefundCommand) -> RefundResult:
        with self._call() as now:
            reach = self._line.reach("refund")
            if not reach.arrives:
                return silence()
            key = command.refund_id
            answer = self._refunded.recall(key, command, now)
            if answer is None:
                answer = self._refunded.keep(key, command, now, self._give_back(command, reach.act, now))
            return answer if reach.is_heard else silence()

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        with self._call():
            return self._refunds.get(ref)[1]

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        if self._capabilities.lookup is not Lookup.STRONG:
            raise UnsupportedByGateway(f"{self._name} cannot find a refund by our id")
        with self._call():
            refunds = self._payments.get(payment).now.refunds
        return next((refund for refund in refunds if refund.refund_id == refund_id), None)

    def _give_back(self, command: RefundCommand, act: Act | None, now: datetime) -> RefundAccepted | RefundRejected:
        payment = self._payments.get(command.payment)
        if command.amount.currency != payment.now.amount.currency or not command.amount.is_positive:
            raise GatewayRequestInvalid(f"a refund is more than 0 {payment.now.amount.currency}", field="amount")
        if isinstance(act, Reject):
            return RefundRejected(because=act.because)
        early = self._refunds_before_settlement
        refused = refusal(payment, command.amount, self._capabilities, now, before_settlement=early)
        if refused is not None:
            return refused
        usual = Wait() if payment.now.method is Method.ACH else Succeed()
        ref = self._refunds.open(payment, command.refund_id, command.amount, now)
        return RefundAccepted(self._refunds.play(ref, act or usual, now))

    # ── Keeping methods ──────────────────────────────────────────────────────────────────────────────────────────────

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        with self._call() as now:
            reach = self._line.reach("attach")
            if not reach.arrives:
                return silence()
            key = command.operation_id
            answer = self._attached.recall(key, command, now)
            if answer is None:
                customer = self._vault.customer(command.firm_id, command.client_id)
                method = self._vault.attach(customer, command.token, now)
                answer = self._attached.keep(key, command, now, method)
            return answer if reach.is_heard else silence()

    def begin_setup(self, command: AttachCommand) -> SetupSession | Unknown:
        with self._call() as now:
            reach = self._line.reach("setup")
            if not reach.arrives:
                return silence()
            ref = self._set_up.recall(command.operation_id, command, now)
            if ref is None:
                session = self._vault.begin_setup(self._vault.customer(command.firm_id, command.client_id))
                ref = self._set_up.keep(command.operation_id, command, now, session.ref)
            return self._vault.setup(ref) if reach.is_heard else silence()

    def get_setup(self, ref: GatewayRef) -> SetupSession:
        with self._call():
            return self._vault.setup(ref)

    def get_method(self, ref: GatewayRef) -> MethodSnapshot:
        with self._call():
            return self._vault.get(ref).now

    def list_methods(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]:
        with self._call():
            return self._vault.kept_for(customer)

    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        with self._call() as now:
            reach = self._line.reach("detach")
            if not reach.arrives:
                return silence()
            method = self._vault.detach(command.method, now)
            return method if reach.is_heard else silence()

    # ── Hosted pages ─────────────────────────────────────────────────────────────────────────────────────────────────

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown:
        self.check_amount(command.amount)
        with self._call() as now:
            reach = self._line.reach("checkout")
            if not reach.arrives:
                return silence()
            ref = self._opened.recall(command.operation_id, command, now)
            if ref is None:
                ref = self._opened.keep(command.operation_id, command, now, self._pages.open(command).ref)
            return self._pages.get(ref).now if reach.is_heard else silence()

    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        with self._call():
            return self._pages.get(ref).now

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        with self._call() as now:
            return self._pages.expire(self._pages.get(ref), now)

    # ── Telling ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        return webhooks.read(
            body,
            headers,
            secret=self._secret,
            at=self._clock.now(),
            gateway=self._name,
            account=self._account,
        )

    def iter_settlements(self, *, since: datetime, until: datetime) -> Iterator[SettlementLine]:
        with self._call():
            lines = tuple(self._log.lines)
        return (line for line in lines if since <= line.occurred_at < until)

    def iter_events(self, *, since: datetime) -> Iterator[GatewayEvent]:
        with self._call():
            events = tuple(self._log.events)
        return (event for event in events if event.occurred_at >= since)


def _charge_result(payment: PaymentSnapshot) -> ChargeResult:
    match payment.status:
        case PaymentStatus.SUCCEEDED:
            return Succeeded(payment)
        case PaymentStatus.PENDING:
            return Pending(payment)
        case PaymentStatus.REQUIRES_ACTION:
            return NeedsAction(payment)
        case PaymentStatus.OPEN | PaymentStatus.FAILED | PaymentStatus.CANCELED:
            failure = payment.failure or Failure(code="canceled")
            is_retryable = payment.status is PaymentStatus.OPEN
            return Declined(failure=failure, snapshot=payment if is_retryable else None)
        case _:
            assert_never(payment.status)
