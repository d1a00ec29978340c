"""What its client was to confirm, and did not: after so long nobody means to, and it is given up."""

from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from billcore.actors import System
from billcore.errors import InvalidTransition
from billcore.ids import PaymentId
from billcore.methods import Method
from billcore.payments.instruction import ChargeCommand, CheckoutCommand
from billcore.payments.operation import Operation, OperationState
from billcore.services.giving_up import give_up
from billcore.services.house import House

CARD_WITHIN: Final = timedelta(days=1)
"""How long a charge waits for the challenge of a card's bank: it takes minutes."""
ACCOUNT_WITHIN: Final = timedelta(days=14)
"""The same of a bank account: small deposits must arrive first, and be read off a statement."""
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
        give_up(house, operation.firm_id, payment_id, reason=REASON, by=BY)
    with house.store.read(operation.firm_id) as work:
        return work.operations.peek(operation.id)


def asked_until(operation: Operation) -> tuple[PaymentId, datetime] | None:
    """The payment that its client may have to confirm, and until when; counted from when they were asked.

    A page that is open expires by itself; one that was finished with a payment that waits to be confirmed does not.
    """
    asked_at = operation.submitted_at or operation.created_at
    match operation.command:
        case ChargeCommand(payment_id=payment_id, method_kind=Method.CARD):
            return payment_id, asked_at + CARD_WITHIN
        case ChargeCommand(payment_id=payment_id):
            return payment_id, asked_at + ACCOUNT_WITHIN
        case CheckoutCommand(payment_id=payment_id, expires_at=expires_at):
            return payment_id, expires_at + ACCOUNT_WITHIN
        case _:
            return None


def _unconfirmed(house: House, operation: Operation) -> PaymentId | None:
    now, asked = house.clock.now(), asked_until(operation)
    # A gateway that did not tell how the payment stands is not asked to cancel it.
    was_seen = operation.state is OperationState.PENDING and operation.last_error is None
    if asked is None or now < asked[1] or not was_seen:
        return None
    with house.store.read(operation.firm_id) as work:
        payment = work.payments.peek(asked[0])
        asking = None if operation.cancel_id is None else work.operations.peek(operation.cancel_id)
    if asking is not None and (not asking.is_done or now < asking.created_at + AGAIN_AFTER):
        return None
    return payment.id if payment.may_be_given_up else None
