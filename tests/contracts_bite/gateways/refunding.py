"""Faults in giving money back."""

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import GatewayRequestInvalid
from billcore.ids import GatewayRef, RefundId
from billcore.money import Money
from billcore.payments.instruction import RefundCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundSnapshot, RefundStatus
from billcore.ports.gateway import RefundAccepted, RefundRejected, RefundResult, RejectedBecause, Unknown
from billcore.reasons import RefundReason
from billcore.testing import ManualClock
from billcore.testing.fake.line import Answers


def left_of(payment: PaymentSnapshot) -> Money:
    return payment.amount - Money.sum((refund.amount for refund in payment.refunds), payment.amount.currency)


class RefundsEverything(BrokenGateway):
    """No amount is sent, which means all of it."""

    bites = "test_a_refund_gives_back_the_amount_it_was_asked_for"

    def refund(self, command: RefundCommand) -> RefundResult:
        paid = self.get_payment(command.payment).amount
        return super().refund(evolve(command, amount=max(paid, command.amount)))


class DrawsARefundKeyPerCall(BrokenGateway):
    bites = "test_the_same_refund_twice_gives_money_back_once"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._refunded = Answers(None)


class TakesHalvesForOne(BrokenGateway):
    """The key is made of payment and amount."""

    bites = "test_two_refunds_that_look_alike_are_two"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._seen: dict[tuple[GatewayRef, Money], RefundResult] = {}

    def refund(self, command: RefundCommand) -> RefundResult:
        if left_of(self.get_payment(command.payment)).is_zero:
            return super().refund(command)
        key = command.payment, command.amount
        return self._seen[key] if key in self._seen else self._seen.setdefault(key, super().refund(command))


class GivesWhatIsLeft(BrokenGateway):
    bites = "test_more_than_was_paid_is_never_given_back"

    def refund(self, command: RefundCommand) -> RefundResult:
        left = left_of(self.get_payment(command.payment))
        return super().refund(command if left.is_zero else evolve(command, amount=min(left, command.amount)))


class RaisesWhenNothingIsLeft(BrokenGateway):
    bites = "test_a_payment_that_is_refunded_in_full_gives_nothing_more"

    def refund(self, command: RefundCommand) -> RefundResult:
        result = super().refund(command)
        if isinstance(result, RefundRejected) and result.because is RejectedBecause.ALREADY_REFUNDED:
            raise GatewayRequestInvalid("400 charge_already_refunded")
        return result


class RefundsWhatWasNotPaid(BrokenGateway):
    bites = "test_a_payment_that_is_not_completed_is_not_refunded"

    def refund(self, command: RefundCommand) -> RefundResult:
        payment = self.get_payment(command.payment)
        if payment.status is PaymentStatus.SUCCEEDED:
            return super().refund(command)
        return RefundAccepted(
            RefundSnapshot(
                ref=evolve(payment.ref, id="gref_early"),
                refund_id=command.refund_id,
                amount=command.amount,
                status=RefundStatus.PENDING,
                created_at=command.created_at,
            )
        )


class KnowsThreeReasons(BrokenGateway):
    bites = "test_every_reason_is_taken"

    def refund(self, command: RefundCommand) -> RefundResult:
        if command.reason is RefundReason.SERVICE_NOT_RENDERED:
            raise GatewayRequestInvalid("400 invalid reason", field="reason")
        return super().refund(command)


class ShowsNoRefunds(BrokenGateway):
    """The provider stopped embedding refunds in payments."""

    bites = "test_a_refund_shows_in_its_payment"

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return evolve(super().get_payment(ref), refunds=())


class ShowsRefundsOfNobody(BrokenGateway):
    bites = "test_a_refund_shows_in_its_payment"

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = super().get_payment(ref)
        return evolve(payment, refunds=tuple(evolve(refund, refund_id=None) for refund in payment.refunds))


class CancelsWhatIsRefunded(BrokenGateway):
    bites = "test_a_refunded_payment_is_still_a_completed_payment"

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = super().get_payment(ref)
        return evolve(payment, status=PaymentStatus.CANCELED) if left_of(payment).is_zero else payment


class ReadsThePaymentForTheRefund(BrokenGateway):
    bites = "test_a_refund_reads_as_it_was_answered"

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        refund = super().get_refund(ref)
        return evolve(refund, amount=refund.amount + refund.amount)


class FindsNoRefund(BrokenGateway):
    bites = "test_a_refund_is_found_by_our_id_at_once"

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        return None


class FindsAnyRefund(BrokenGateway):
    bites = "test_a_refund_that_never_happened_is_not_found"

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        found = super().find_refund(refund_id, payment=payment)
        return found or next(iter(self.get_payment(payment).refunds), None)


class TakesASilentRefundForRejected(BrokenGateway):
    bites = "test_silence_about_a_refund_is_unknown"

    def refund(self, command: RefundCommand) -> RefundResult:
        result = super().refund(command)
        return RefundRejected(because=RejectedBecause.OTHER) if isinstance(result, Unknown) else result


class FindsOnlyRefundsItHeard(BrokenGateway):
    bites = "test_after_silence_the_refund_is_found"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._heard: set[RefundId] = set()

    def refund(self, command: RefundCommand) -> RefundResult:
        result = super().refund(command)
        if not isinstance(result, Unknown):
            self._heard.add(command.refund_id)
        return result

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        return super().find_refund(refund_id, payment=payment) if refund_id in self._heard else None
