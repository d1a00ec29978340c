"""Faults in finding out what happened."""

from datetime import datetime, timedelta

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import GatewayUnavailable
from billcore.ids import GatewayRef, OperationId
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot
from billcore.ports.gateway import ChargeResult, Declined, Unknown
from billcore.reasons import Failure
from billcore.testing import ManualClock


class CountsItsReaders(BrokenGateway):
    bites = "test_reading_a_payment_changes_nothing"
    readings = 0

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        self.readings += 1
        payment = super().get_payment(ref)
        return evolve(payment, created_at=payment.created_at + timedelta(seconds=self.readings))


class AsksASearchIndex(BrokenGateway):
    """The index is a minute behind."""

    bites = "test_a_payment_is_found_by_our_operation_id_at_once"

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        payment = super().find_payment(operation_id, customer=customer, since=since)
        is_indexed = payment and payment.created_at < self._clock.now() - timedelta(minutes=1)
        return payment if is_indexed else None


class LooksAfterSince(BrokenGateway):
    """``created > since`` misses the payment of the same second."""

    bites = "test_a_payment_is_found_by_our_operation_id_at_once"

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        after = since + timedelta(microseconds=1)
        return super().find_payment(operation_id, customer=customer, since=after)


class FindsTheLatest(BrokenGateway):
    bites = "test_an_operation_that_never_happened_is_not_found"

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        found = super().find_payment(operation_id, customer=customer, since=since)
        return found or next(reversed(self.books().payments), None)


class TakesATimeoutForADecline(BrokenGateway):
    bites = "test_silence_is_unknown"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        return Declined(failure=Failure(code="timeout")) if isinstance(result, Unknown) else result


class TakesATimeoutForNothingHappened(BrokenGateway):
    bites = "test_silence_is_unknown"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if isinstance(result, Unknown):
            raise GatewayUnavailable("timed out")
        return result


class FindsOnlyWhatItHeard(BrokenGateway):
    """It looks in what this process was answered."""

    bites = "test_after_silence_the_payment_is_found"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._heard: set[OperationId] = set()

    def charge(self, command: ChargeCommand) -> ChargeResult:
        result = super().charge(command)
        if not isinstance(result, Unknown):
            self._heard.add(command.operation_id)
        return result

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        found = super().find_payment(operation_id, customer=customer, since=since)
        return found if operation_id in self._heard else None


class DeclinesWhenUnreachable(BrokenGateway):
    bites = "test_an_unreachable_gateway_declines_nothing"

    def charge(self, command: ChargeCommand) -> ChargeResult:
        try:
            return super().charge(command)
        except GatewayUnavailable:
            return Declined(failure=Failure(code="processing_error"))


class FindsNothingWhenUnreachable(BrokenGateway):
    """``except Exception: return None`` lets billcore charge again."""

    bites = "test_an_unreachable_gateway_is_never_read_as_nothing_found"

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        try:
            return super().find_payment(operation_id, customer=customer, since=since)
        except GatewayUnavailable:
            return None
