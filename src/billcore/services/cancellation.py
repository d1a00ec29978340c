"""Whose wish the end of a payment is: a cancellation that was asked of its gateway, and not refused there."""

from billcore.payments.instruction import CancelCommand
from billcore.payments.operation import Operation, OperationState
from billcore.ports.store import UnitOfWork


def cancellation_of(work: UnitOfWork, operation: Operation | None) -> Operation | None:
    """The operation that last asked the gateway to cancel what *operation* asked for; None if none did."""
    return None if operation is None or operation.cancel_id is None else work.operations.peek(operation.cancel_id)


def asked_to_cancel(work: UnitOfWork, operation: Operation | None) -> CancelCommand | None:
    """How the gateway was asked to cancel what *operation* asked for; None if it was not, refused, or came too late."""
    asking = cancellation_of(work, operation)
    if asking is None or asking.state is OperationState.REJECTED:
        return None
    return asking.command if isinstance(asking.command, CancelCommand) else None
