"""A PaymentIntent with its charge, refunds and disputes, as one snapshot of a payment."""

import logging
from collections.abc import Iterable
from typing import Final

from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore_stripe.amounts import from_stripe
from billcore_stripe.disputes import dispute_of
from billcore_stripe.reasons import failure_of
from billcore_stripe.records import Record
from billcore_stripe.refunds import refund_of
from billcore_stripe.settlements import settlement_of

log: Final = logging.getLogger("billcore_stripe")

METHODS: Final = {"card": Method.CARD, "us_bank_account": Method.ACH}
"""Stripe's types that have a word of their own; every other one is Method.OTHER."""

_STATUSES: Final = {
    "requires_payment_method": PaymentStatus.OPEN,
    "requires_confirmation": PaymentStatus.OPEN,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
    "processing": PaymentStatus.PENDING,
    "requires_capture": PaymentStatus.PENDING,
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
}


def payment_of(
    intent: Record, account: str | None, refunds: Iterable[Record] = (), disputes: Iterable[Record] = ()
) -> PaymentSnapshot:
    """The payment as it is now. A status that is new at Stripe counts as pending until somebody has looked."""
    charge = intent.record("latest_charge")
    status = _status_of(intent)
    is_taken = status is PaymentStatus.SUCCEEDED
    error = intent.record("last_payment_error")
    received = intent.whole("amount_received") if is_taken else None
    ours = intent.metadata("billcore_operation")
    return PaymentSnapshot(
        ref=GatewayRef("stripe", account, intent.need_text("id")),
        operation_id=OperationId(ours) if ours is not None else None,
        status=status,
        amount=from_stripe(received or intent.need_whole("amount"), intent.need_text("currency")),
        method=_method_of(intent, charge, error),
        failure=failure_of(error) if error is not None and not is_taken else None,
        settlement=settlement_of(charge) if is_taken else None,
        refunds=tuple(refund_of(refund, account) for refund in refunds),
        disputes=tuple(dispute_of(dispute, account) for dispute in disputes),
        action_url=_action_url_of(intent),
        created_at=intent.need_moment("created"),
    )


def was_accepted(charge: Record | None) -> bool:
    """Whether money was ever on its way, so that there can be refunds; a bank debit may have failed since."""
    if charge is None:
        return False
    return charge.text("status") != "failed" or charge.reference("failure_balance_transaction") is not None


def _status_of(intent: Record) -> PaymentStatus:
    word = intent.text("status") or ""
    if word not in _STATUSES:
        log.warning("payment %s has the unknown status %r; it counts as pending", intent.text("id"), word)
    return _STATUSES.get(word, PaymentStatus.PENDING)


def _method_of(intent: Record, charge: Record | None, error: Record | None) -> Method:
    """A declined payment has lost its method: then the error, or what it was restricted to, still tells the kind."""
    details = charge.record("payment_method_details") if charge is not None else None
    declined = error.record("payment_method") if error is not None else None
    for told in (details, declined):
        if told is not None and (kind := told.text("type")) is not None:
            return METHODS.get(kind, Method.OTHER)
    match intent.fields.get("payment_method_types"):
        case [str() as only]:
            return METHODS.get(only, Method.OTHER)
        case _:
            return Method.OTHER


def _action_url_of(intent: Record) -> str | None:
    action = intent.record("next_action") or Record({})
    redirect = action.record("redirect_to_url") or Record({})
    microdeposits = action.record("verify_with_microdeposits") or Record({})
    return redirect.text("url") or microdeposits.text("hosted_verification_url")
