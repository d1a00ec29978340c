"""Whose wish the end of a payment is: a cancellation that was asked of its gateway, and not refused there."""

from billcore.payments.instruction import CancelCommand
from billcore.payments.operation import Operation, OperationState
from billcore.ports.store import UnitOfWork


def asked_to_cancel(work: UnitOfWork, operation: Operation | None) -> CancelCommand | None:
    """How the gateway was asked to cancel what *operation* asked for; None if it was not, refused, or came too late."""
    if operation is None or operation.cancel_id is None:
        return None
    asking = work.operations.peek(operation.cancel_id)
    is_refused = asking.state is OperationState.REJECTED
    return asking.command if isinstance(asking.command, CancelCommand) and not is_refused else None
