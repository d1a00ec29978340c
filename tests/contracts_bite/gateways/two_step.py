"""Faults in preparing and confirming."""

from datetime import datetime

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import GatewayRequestInvalid
from billcore.ids import GatewayRef, OperationId
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore.ports.gateway import ChargeResult, Declined, Unknown
from billcore.reasons import Failure
from billcore.testing.fake_gateway import EVERYTHING

TWO_STEP = evolve(EVERYTHING, two_step=True)


class ConfirmsWhatItPrepares(BrokenGateway):
    bites = "test_preparing_moves_no_money"
    offers = TWO_STEP

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        payment = super().prepare(command, attempt=attempt)
        if isinstance(payment, PaymentSnapshot):
            super().confirm(command, payment.ref)
        return payment


class PreparesForNobody(BrokenGateway):
    bites = "test_a_prepared_payment_carries_our_operation_id"
    offers = TWO_STEP

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        payment = super().prepare(command, attempt=attempt)
        return evolve(payment, operation_id=None) if isinstance(payment, PaymentSnapshot) else payment


class ConfirmsAnotherPayment(BrokenGateway):
    bites = "test_confirming_takes_the_money_of_the_prepared_payment"
    offers = TWO_STEP

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        return self.charge(command)


class RefusesToConfirmTwice(BrokenGateway):
    bites = "test_confirming_twice_answers_the_same"
    offers = TWO_STEP

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        if self.get_payment(ref).status is not PaymentStatus.OPEN:
            raise GatewayRequestInvalid("unexpected state")
        return super().confirm(command, ref)


class RaisesADeclinedConfirmation(BrokenGateway):
    bites = "test_a_declined_confirmation_is_an_answer"
    offers = TWO_STEP

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        result = super().confirm(command, ref)
        if isinstance(result, Declined):
            raise GatewayRequestInvalid("402 Payment Required")
        return result


class TakesASilentConfirmationForADecline(BrokenGateway):
    bites = "test_silence_about_a_confirmation_is_unknown"
    offers = TWO_STEP

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        result = super().confirm(command, ref)
        return Declined(failure=Failure(code="timeout")) if isinstance(result, Unknown) else result


class FindsTheFirstPrepared(BrokenGateway):
    bites = "test_of_several_prepared_payments_the_confirmed_one_is_found"
    offers = TWO_STEP

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        if super().find_payment(operation_id, customer=customer, since=since) is None:
            return None
        return next(payment for payment in self.books().payments if payment.operation_id == operation_id)
