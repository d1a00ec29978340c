"""The fake gateway's payments: opened, decided, canceled, returned by a bank, and what was kept of them."""

from datetime import datetime, timedelta
from typing import assert_never

from attrs import define, evolve, field

from billcore.decimals import Rounding
from billcore.errors import HouseRule, InvalidTransition
from billcore.fees import FeeKind, FeeLine, FeeRate
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, ReturnSnapshot, Settlement
from billcore.ports.gateway import EventKind
from billcore.reasons import Failure
from billcore.testing.fake.log import PAYOUT_AFTER, FakeLog, fee_lines
from billcore.testing.fake.outcomes import Act, AskClient, Decline, Reject, Succeed, Wait


@define(kw_only=True)
class FakePayment:
    """A payment, and what the gateway knows of it beyond its snapshot."""

    now: PaymentSnapshot
    firm_id: FirmId
    customer: GatewayRef | None
    platform_fee: Money | None = None
    then: Succeed | Decline | Wait = field(factory=Succeed)
    """What the client's act leads to, where the payment waits for one."""


class FakePayments:
    """Every payment, and every way in which one changes."""

    def __init__(self, log: FakeLog, *, fee: FeeRate, fee_after: timedelta | None) -> None:
        self._log = log
        self._fee = fee
        self.fee_after = fee_after
        self._payments: dict[str, FakePayment] = {}

    def all(self) -> tuple[FakePayment, ...]:
        return tuple(self._payments.values())

    def get(self, ref: GatewayRef) -> FakePayment:
        """The payment, or ``GatewayRequestInvalid``."""
        payment = self._payments.get(self._log.own(ref, "payment"))
        if payment is None:
            raise self._log.missing("payment")
        return payment

    def open(
        self,
        *,
        operation_id: OperationId,
        firm_id: FirmId,
        customer: GatewayRef | None,
        amount: Money,
        method: Method,
        platform_fee: Money | None = None,
        at: datetime,
    ) -> FakePayment:
        """A payment of which no money has moved yet."""
        snapshot = PaymentSnapshot(
            ref=self._log.new_ref("gpay"),
            operation_id=operation_id,
            status=PaymentStatus.OPEN,
            amount=amount,
            method=method,
            created_at=at,
        )
        payment = FakePayment(now=snapshot, firm_id=firm_id, customer=customer, platform_fee=platform_fee)
        self._payments[snapshot.ref.id] = payment
        return payment

    def play(self, payment: FakePayment, act: Act, at: datetime) -> None:
        """Let this happen to a payment that is open, waits for the client, or is pending."""
        match act:
            case Succeed():
                self._succeed(payment, act, at)
            case Decline():
                self._decline(payment, act, at)
            case Wait():
                self._set(payment, at, EventKind.PAYMENT_PENDING, status=PaymentStatus.PENDING)
                if act.after is not None:
                    self._log.later(at + act.after, lambda then: self._end_wait(payment, act.then, then))
            case AskClient():
                payment.then = act.then
                self._set(payment, at, EventKind.PAYMENT_REQUIRES_ACTION, status=PaymentStatus.REQUIRES_ACTION)
            case Reject():
                raise HouseRule("only a refund can be rejected: let a charge Decline")
            case _:
                assert_never(act)

    def cancel(self, payment: FakePayment, at: datetime) -> None:
        """Give it up, unless money is on its way or taken: then it stays as it is."""
        if payment.now.status in (PaymentStatus.OPEN, PaymentStatus.REQUIRES_ACTION):
            self._set(
                payment,
                at,
                EventKind.PAYMENT_CANCELED,
                status=PaymentStatus.CANCELED,
                failure=payment.now.failure,
            )

    def bank_return(self, payment: FakePayment, code: str, fee: Money | None, at: datetime) -> None:
        """The bank takes a completed payment back."""
        if payment.now.status is not PaymentStatus.SUCCEEDED or payment.now.returned is not None:
            raise InvalidTransition("a bank can return a completed payment, and only once")
        payment.now = evolve(payment.now, returned=ReturnSnapshot(code=code, fee=fee, returned_at=at))
        self._log.book("return", payment.now.ref, -payment.now.amount, fee_lines(FeeKind.RETURN, fee), at)
        self.tell(payment, EventKind.PAYMENT_RETURNED, at)

    def tell_fee(self, payment: FakePayment, at: datetime) -> None:
        """The fee becomes known after the payment, and an event says so."""
        if payment.now.settlement is None:
            self._settle(payment, at)
            self.tell(payment, EventKind.FEE_KNOWN, at)

    def tell(self, payment: FakePayment, kind: EventKind, at: datetime) -> None:
        """Write an event about this payment, its refunds or its disputes."""
        self._log.tell(kind, payment.now.ref, at, firm_id=payment.firm_id, operation_id=payment.now.operation_id)

    def _succeed(self, payment: FakePayment, act: Succeed, at: datetime) -> None:
        # A fee that is known at once is in the snapshot before the event that tells of it.
        if self.fee_after == timedelta(0):
            self._settle(payment, at)
        elif self.fee_after is not None:
            self._log.later(at + self.fee_after, lambda then: self.tell_fee(payment, then))
        if act.undone_after is not None:
            self._log.later(at + act.undone_after, lambda then: self._return_late(payment, then))
        self._set(payment, at, EventKind.PAYMENT_SUCCEEDED, status=PaymentStatus.SUCCEEDED)

    def _decline(self, payment: FakePayment, act: Decline, at: datetime) -> None:
        failure = Failure(code=act.code, provider_code=act.provider_code, retry=act.retry)
        is_final = act.is_final or payment.now.status is PaymentStatus.PENDING
        status = PaymentStatus.FAILED if is_final else PaymentStatus.OPEN
        self._set(payment, at, EventKind.PAYMENT_FAILED, status=status, failure=failure)

    def _end_wait(self, payment: FakePayment, act: Succeed | Decline, at: datetime) -> None:
        if payment.now.status is PaymentStatus.PENDING:
            self.play(payment, act, at)

    def _return_late(self, payment: FakePayment, at: datetime) -> None:
        if payment.now.returned is None:
            self.bank_return(payment, "R01", None, at)

    def _set(
        self,
        payment: FakePayment,
        at: datetime,
        kind: EventKind,
        *,
        status: PaymentStatus,
        failure: Failure | None = None,
    ) -> None:
        asks = status is PaymentStatus.REQUIRES_ACTION
        action_url = f"https://fake.example/act/{payment.now.ref.id}" if asks else None
        payment.now = evolve(payment.now, status=status, failure=failure, action_url=action_url)
        self.tell(payment, kind, at)

    def _settle(self, payment: FakePayment, at: datetime) -> None:
        gross = payment.now.amount
        fees = self._fees(payment)
        payment.now = evolve(
            payment.now,
            settlement=Settlement(
                gross=gross,
                fees=fees,
                net=gross - Money.sum((fee.amount for fee in fees), gross.currency),
                available_on=(at + PAYOUT_AFTER).date(),
            ),
        )
        self._log.book("payment", payment.now.ref, gross, fees, at)

    def _fees(self, payment: FakePayment) -> tuple[FeeLine, ...]:
        gross = payment.now.amount
        kept = Money.zero(gross.currency)
        if payment.now.method is Method.CARD:
            # The fixed part counts minor units of whatever currency is paid.
            kept = gross.percent(self._fee.percent, Rounding.HALF_UP) + Money(self._fee.fixed.minor, gross.currency)
        return (FeeLine(FeeKind.PROCESSING, kept), *fee_lines(FeeKind.PLATFORM, payment.platform_fee))
