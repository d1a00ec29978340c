"""The fake gateway's refunds and disputes: money that goes back to the client, or is fought over."""

from datetime import datetime
from typing import assert_never

from attrs import evolve

from billcore.errors import HouseRule, InvalidTransition
from billcore.fees import FeeKind
from billcore.ids import GatewayRef, RefundId
from billcore.money import Money
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
)
from billcore.ports.gateway import Capabilities, EventKind, RefundRejected, RejectedBecause
from billcore.testing.fake.log import FakeLog, fee_lines
from billcore.testing.fake.outcomes import Act, AskClient, Decline, Reject, Succeed, Wait
from billcore.testing.fake.payments import FakePayment, FakePayments


def unrefunded(payment: FakePayment) -> Money:
    """What of the payment is neither refunded, nor about to be, nor taken by a bank."""
    given = (
        refund.amount
        for refund in payment.now.refunds
        if refund.status in (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
    )
    lost = (dispute.amount for dispute in payment.now.disputes if dispute.status is DisputeStatus.LOST)
    gone = Money.sum([*given, *lost], payment.now.amount.currency)
    return max(payment.now.amount - gone, Money.zero(payment.now.amount.currency))


def refusal(
    payment: FakePayment, amount: Money, capabilities: Capabilities, at: datetime, *, before_settlement: bool
) -> RefundRejected | None:
    """Why the gateway will not give this amount of the payment back, or None."""
    now, left = payment.now, unrefunded(payment)
    settled_on = now.settlement.available_on if now.settlement else None
    is_settled = settled_on is not None and settled_on <= at.date()
    is_whole = amount == now.amount
    if now.status is not PaymentStatus.SUCCEEDED:
        can_void = now.status in (PaymentStatus.OPEN, PaymentStatus.REQUIRES_ACTION)
        return RefundRejected(because=RejectedBecause.NOT_SETTLED, can_void=can_void)
    if any(dispute.status is DisputeStatus.OPEN for dispute in now.disputes) or now.returned:
        return RefundRejected(because=RejectedBecause.DISPUTED)
    if left.is_zero:
        return RefundRejected(because=RejectedBecause.ALREADY_REFUNDED)
    if amount > left:
        return RefundRejected(because=RejectedBecause.OVER_REFUND)
    if not (before_settlement or is_settled):
        return RefundRejected(because=RejectedBecause.NOT_SETTLED, can_void=is_whole)
    if capabilities.refund_within is not None and at > now.created_at + capabilities.refund_within:
        return RefundRejected(because=RejectedBecause.TOO_OLD)
    if not capabilities.partial_refunds and not is_whole:
        return RefundRejected(because=RejectedBecause.UNSUPPORTED)
    if not capabilities.multiple_refunds and left != now.amount:
        return RefundRejected(because=RejectedBecause.UNSUPPORTED)
    return None


class FakeRefunds:
    """Every refund, kept in its payment's snapshot."""

    def __init__(self, log: FakeLog, payments: FakePayments) -> None:
        self._log = log
        self._payments = payments

    def get(self, ref: GatewayRef) -> tuple[FakePayment, RefundSnapshot]:
        """The refund with its payment, or ``GatewayRequestInvalid``."""
        self._log.own(ref, "refund")
        for payment in self._payments.all():
            for refund in payment.now.refunds:
                if refund.ref == ref:
                    return payment, refund
        raise self._log.missing("refund")

    def open(self, payment: FakePayment, refund_id: RefundId | None, amount: Money, at: datetime) -> GatewayRef:
        """A refund that is accepted and not yet given."""
        refund = RefundSnapshot(
            ref=self._log.new_ref("gref"),
            refund_id=refund_id,
            amount=amount,
            status=RefundStatus.PENDING,
            created_at=at,
        )
        payment.now = evolve(payment.now, refunds=(*payment.now.refunds, refund))
        return refund.ref

    def play(self, ref: GatewayRef, act: Act, at: datetime) -> RefundSnapshot:
        """Let this happen to a refund that was accepted."""
        payment, refund = self.get(ref)
        match act:
            case Succeed():
                self._log.book("refund", payment.now.ref, -refund.amount, (), at)
                if act.undone_after is not None:
                    self._log.later(at + act.undone_after, lambda then: self._undo(ref, then))
                return self._set(ref, at, RefundStatus.SUCCEEDED)
            case Decline():
                if refund.status is RefundStatus.SUCCEEDED:
                    self._log.book("refund_failure", payment.now.ref, refund.amount, (), at)
                return self._set(ref, at, RefundStatus.FAILED, act.code)
            case Wait():
                if act.after is not None:
                    self._log.later(at + act.after, lambda then: self._end_wait(ref, act.then, then))
                return self._set(ref, at, RefundStatus.PENDING)
            case Reject() | AskClient():
                raise HouseRule("an accepted refund can Succeed, Decline or Wait")
            case _:
                assert_never(act)

    def _end_wait(self, ref: GatewayRef, act: Succeed | Decline, at: datetime) -> None:
        if self.get(ref)[1].status is RefundStatus.PENDING:
            self.play(ref, act, at)

    def _undo(self, ref: GatewayRef, at: datetime) -> None:
        if self.get(ref)[1].status is RefundStatus.SUCCEEDED:
            self.play(ref, Decline("returned_by_bank"), at)

    def _set(
        self, ref: GatewayRef, at: datetime, status: RefundStatus, failure_code: str | None = None
    ) -> RefundSnapshot:
        payment, refund = self.get(ref)
        changed = evolve(refund, status=status, failure_code=failure_code)
        refunds = tuple(changed if each.ref == ref else each for each in payment.now.refunds)
        payment.now = evolve(payment.now, refunds=refunds)
        self._payments.tell(payment, EventKind.REFUND_CHANGED, at)
        return changed


class FakeDisputes:
    """Every dispute, kept in its payment's snapshot: the money is withdrawn until the decision."""

    def __init__(self, log: FakeLog, payments: FakePayments) -> None:
        self._log = log
        self._payments = payments

    def inquire(self, payment: FakePayment, *, amount: Money, reason: str, at: datetime) -> DisputeSnapshot:
        """The client's bank asks about a completed payment; no money moves."""
        inquiry = self._new(payment, DisputeStatus.INQUIRY, amount, reason, None, at)
        self._payments.tell(payment, EventKind.DISPUTE_CHANGED, at)
        return inquiry

    def close(self, ref: GatewayRef, at: datetime) -> DisputeSnapshot:
        """The bank asks no longer."""
        payment, inquiry = self._get(ref)
        return self._changed(payment, inquiry, DisputeStatus.CLOSED, at, of=DisputeStatus.INQUIRY)

    def escalate(self, ref: GatewayRef, at: datetime) -> DisputeSnapshot:
        """An inquiry becomes a dispute, and the money is withdrawn."""
        payment, inquiry = self._get(ref)
        disputed = self._changed(payment, inquiry, DisputeStatus.OPEN, at, of=DisputeStatus.INQUIRY)
        self._log.book("dispute", payment.now.ref, -inquiry.amount, fee_lines(FeeKind.DISPUTE, None), at)
        return disputed

    def open(
        self, payment: FakePayment, *, amount: Money, reason: str, fee: Money | None, at: datetime
    ) -> DisputeSnapshot:
        """The client contests a completed payment."""
        dispute = self._new(payment, DisputeStatus.OPEN, amount, reason, fee, at)
        self._log.book("dispute", payment.now.ref, -amount, fee_lines(FeeKind.DISPUTE, fee), at)
        self._payments.tell(payment, EventKind.DISPUTE_CHANGED, at)
        return dispute

    def _new(
        self,
        payment: FakePayment,
        status: DisputeStatus,
        amount: Money,
        reason: str,
        fee: Money | None,
        at: datetime,
    ) -> DisputeSnapshot:
        if payment.now.status is not PaymentStatus.SUCCEEDED:
            raise InvalidTransition("only a completed payment can be disputed")
        dispute = DisputeSnapshot(
            ref=self._log.new_ref("gdis"),
            amount=amount,
            status=status,
            reason=reason,
            fee=fee,
            opened_at=at,
        )
        payment.now = evolve(payment.now, disputes=(*payment.now.disputes, dispute))
        return dispute

    def decide(self, ref: GatewayRef, status: DisputeStatus, at: datetime) -> DisputeSnapshot:
        """It is won, and the money comes back without the fee, or lost."""
        payment, dispute = self._get(ref)
        decided = self._changed(payment, dispute, status, at, of=DisputeStatus.OPEN)
        if status is DisputeStatus.WON:
            self._log.book("dispute_reversal", payment.now.ref, dispute.amount, (), at)
        return decided

    def _changed(
        self, payment: FakePayment, dispute: DisputeSnapshot, to: DisputeStatus, at: datetime, *, of: DisputeStatus
    ) -> DisputeSnapshot:
        if dispute.status is not of:
            raise InvalidTransition(f"the dispute is {dispute.status.value} already, a decision is final")
        changed = evolve(dispute, status=to)
        disputes = tuple(changed if each.ref == dispute.ref else each for each in payment.now.disputes)
        payment.now = evolve(payment.now, disputes=disputes)
        self._payments.tell(payment, EventKind.DISPUTE_CHANGED, at)
        return changed

    def _get(self, ref: GatewayRef) -> tuple[FakePayment, DisputeSnapshot]:
        self._log.own(ref, "dispute")
        for payment in self._payments.all():
            for dispute in payment.now.disputes:
                if dispute.ref == ref:
                    return payment, dispute
        raise self._log.missing("dispute")
