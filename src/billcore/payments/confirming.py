"""How long a client may take to confirm a payment at their bank, counted from when they were asked."""

from datetime import datetime, timedelta
from typing import Final

from billcore.ids import PaymentId
from billcore.methods import Method
from billcore.payments.instruction import ChargeCommand, CheckoutCommand
from billcore.payments.operation import Operation

CARD_WITHIN: Final = timedelta(days=1)
"""How long a charge waits for the challenge of a card's bank: it takes minutes."""
ACCOUNT_WITHIN: Final = timedelta(days=14)
"""The same of a bank account: small deposits must arrive first, and be read off a statement."""


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
