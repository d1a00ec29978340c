"""Carry out a cancellation: once the gateway can no longer complete the payment, the reservation is lifted."""

from typing import assert_never

from billcore.actors import Processor
from billcore.errors import GatewayConfigurationError, GatewayProblem, GatewayRequestInvalid
from billcore.gateways import offering
from billcore.payments.instruction import CancelCommand, CheckoutCommand
from billcore.payments.observation import CheckoutStatus, PaymentSnapshot, PaymentStatus
from billcore.payments.operation import Operation, OperationState
from billcore.ports.gateway import ChargeGateway, CheckoutGateway
from billcore.services.house import House
from billcore.services.observing import Observing
from billcore.services.operations.checkouts import CheckoutDriver
from billcore.services.operations.claiming import Claim, Claiming


class CancelDriver:
    """Canceling is safe to repeat, so it is simply sent until it is answered."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)
        self._observing = Observing(house)

    def drive(self, claim: Claim, command: CancelCommand) -> None:
        operation, asked = claim.operation, self._asked(claim.operation, command)
        try:
            if isinstance(asked.command, CheckoutCommand):
                status = self._close_page(asked, asked.command, command)
            else:
                status = self._cancel(operation, command)
        except (GatewayConfigurationError, GatewayRequestInvalid) as refusal:
            self._claiming.release(operation, OperationState.REJECTED, error=refusal.code)
            raise
        except GatewayProblem as problem:
            self._claiming.release(operation, OperationState.UNKNOWN, error=problem.code)
            return
        self._finish(operation, status)

    def _asked(self, operation: Operation, command: CancelCommand) -> Operation:
        """The operation that asked for the money: a charge, or a hosted page, whose reference is the page's."""
        with self._house.store.read(operation.firm_id) as work:
            operation_id = work.payments.peek(command.payment_id).operation_id
            return operation if operation_id is None else work.operations.peek(operation_id)

    def _cancel(self, operation: Operation, command: CancelCommand) -> PaymentStatus:
        gateway = offering(self._house.gateway(operation.gateway, operation.account), ChargeGateway)
        seen = gateway.cancel_payment(command.payment)
        self._observing.payment(operation.firm_id, command.payment_id, seen, by=Processor(operation.gateway))
        return seen.status

    def _close_page(self, asked: Operation, checkout: CheckoutCommand, command: CancelCommand) -> PaymentStatus:
        gateway = offering(self._house.gateway(asked.gateway, asked.account), CheckoutGateway)
        page, checkouts = gateway.expire_checkout(command.payment), CheckoutDriver(self._house)
        checkouts.follow(asked, checkout, page)
        match page.status:
            case CheckoutStatus.EXPIRED:
                return PaymentStatus.CANCELED
            case CheckoutStatus.COMPLETE:
                return self._cancel_behind(asked, command, checkouts.behind(asked, page))
            case CheckoutStatus.OPEN:
                return PaymentStatus.OPEN
            case _:
                assert_never(page.status)

    def _cancel_behind(self, asked: Operation, command: CancelCommand, seen: PaymentSnapshot | None) -> PaymentStatus:
        """The client has finished with the page: what is paid stays paid, what is still to be confirmed is canceled."""
        if seen is None:
            return PaymentStatus.PENDING
        if seen.status in (PaymentStatus.OPEN, PaymentStatus.REQUIRES_ACTION):
            gateway = offering(self._house.gateway(asked.gateway, asked.account), ChargeGateway)
            seen = gateway.cancel_payment(seen.ref)
            self._observing.payment(asked.firm_id, command.payment_id, seen, by=Processor(asked.gateway))
        return seen.status

    def _finish(self, operation: Operation, status: PaymentStatus) -> None:
        match status:
            case PaymentStatus.CANCELED | PaymentStatus.FAILED:
                self._claiming.release(operation, OperationState.SUCCEEDED)
            case PaymentStatus.SUCCEEDED | PaymentStatus.PENDING | PaymentStatus.REQUIRES_ACTION:
                # Too late: the payment is on its way or done, and says so itself.
                self._claiming.release(operation, OperationState.REJECTED, error="too late to cancel")
            case PaymentStatus.OPEN:
                self._claiming.release(operation, OperationState.UNKNOWN, error="not canceled yet")
