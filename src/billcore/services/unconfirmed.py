"""What its client was to confirm, and did not: after so long nobody means to, and it is given up."""

from contextlib import suppress
from datetime import timedelta
from typing import Final

from billcore.actors import System
from billcore.errors import InvalidTransition
from billcore.ids import PaymentId
from billcore.payments.confirming import asked_until
from billcore.payments.operation import Operation, OperationState
from billcore.services.canceling import cancel_payment
from billcore.services.cancellation import cancellation_of
from billcore.services.house import House

AGAIN_AFTER: Final = timedelta(days=1)
"""When what the gateway refused to cancel is tried again."""
REASON: Final = "not confirmed in time"
BY: Final = System("recovery")


def end_unconfirmed(house: House, operation: Operation) -> Operation:
    """Give the payment up where its client had long enough; *operation* has just been looked at, and is given back."""
    payment_id = _unconfirmed(house, operation)
    if payment_id is None:
        return operation
    # It may be over meanwhile.
    with suppress(InvalidTransition):
        cancel_payment(house, operation.firm_id, payment_id, reason=REASON, by=BY)
    with house.store.read(operation.firm_id) as work:
        return work.operations.peek(operation.id)


def _unconfirmed(house: House, operation: Operation) -> PaymentId | None:
    now, asked = house.clock.now(), asked_until(operation)
    # A gateway that did not tell how the payment stands is not asked to cancel it.
    was_seen = operation.state is OperationState.PENDING and operation.last_error is None
    if asked is None or now < asked[1] or not was_seen:
        return None
    with house.store.read(operation.firm_id) as work:
        payment = work.payments.peek(asked[0])
        asking = cancellation_of(work, operation)
    if asking is not None and (not asking.is_done or now < asking.created_at + AGAIN_AFTER):
        return None
    return payment.id if payment.may_be_given_up else None
