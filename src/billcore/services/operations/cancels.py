"""Carry out a cancellation: once the gateway can no longer complete the payment, the reservation is lifted."""

from billcore.actors import Processor
from billcore.errors import GatewayConfigurationError, GatewayProblem, GatewayRequestInvalid
from billcore.gateways import offering
from billcore.payments.instruction import CancelCommand
from billcore.payments.observation import PaymentStatus
from billcore.payments.operation import Operation, OperationState
from billcore.ports.gateway import ChargeGateway
from billcore.services.house import House
from billcore.services.observing import Observing
from billcore.services.operations.claiming import Claim, Claiming


class CancelDriver:
    """Cancelling is safe to repeat, so it is simply sent until it is answered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)
        self._observing = Observing(house)

    def drive(self, claim: Claim, command: CancelCommand) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), ChargeGateway)
        try:
            seen = gateway.cancel_payment(command.payment)
        except (GatewayConfigurationError, GatewayRequestInvalid) as refusal:
            self._claiming.release(operation, OperationState.REJECTED, error=refusal.code)
            raise
        except GatewayProblem as problem:
            self._claiming.release(operation, OperationState.UNKNOWN, error=problem.code)
            return
        self._observing.payment(operation.firm_id, command.payment_id, seen, by=Processor(operation.gateway))
        self._finish(operation, seen.status)

    def _finish(self, operation: Operation, status: PaymentStatus) -> None:
        match status:
            case PaymentStatus.CANCELED | PaymentStatus.FAILED:
                self._claiming.release(operation, OperationState.SUCCEEDED)
            case PaymentStatus.SUCCEEDED | PaymentStatus.PENDING | PaymentStatus.REQUIRES_ACTION:
                # Too late: the payment is on its way or done, and says so itself.
                self._claiming.release(operation, OperationState.REJECTED, error="too late to cancel")
            case PaymentStatus.OPEN:
                self._claiming.release(operation, OperationState.UNKNOWN, error="not cancelled yet")
