"""Checkout: Stripe's hosted page on which a client pays one amount."""

import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from billcore.errors import GatewayRequestInvalid
from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.payments.instruction import CheckoutCommand
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus
from billcore_stripe.amounts import check_charge, to_stripe
from billcore_stripe.charges import TYPES, check_platform_fee
from billcore_stripe.client import Request
from billcore_stripe.keys import idempotency_key
from billcore_stripe.records import Record
from billcore_stripe.text import metadata_value, plain_text, segment

if TYPE_CHECKING:
    from stripe.params.checkout import SessionCreateParams

log: Final = logging.getLogger("billcore_stripe")

_NAME_LONGEST: Final = 250
# Stripe allows 30 minutes to 24 hours after it receives the call, which is a little after the command was written.
_SHORTEST: Final = timedelta(minutes=31)
_LONGEST: Final = timedelta(hours=24)

_STATUSES: Final = {
    "open": CheckoutStatus.OPEN,
    "complete": CheckoutStatus.COMPLETE,
    "expired": CheckoutStatus.EXPIRED,
}


def check_command(command: CheckoutCommand, account: str | None) -> None:
    """Refuse before any call what Stripe cannot do: AmountNotRepresentable or GatewayRequestInvalid."""
    check_charge(command.amount)
    check_platform_fee(command.platform_fee, command.amount, account)
    if not _types(command):
        raise GatewayRequestInvalid(
            f"none of the methods asked for can be offered in {command.amount.currency}: "
            "Stripe's page takes card, and ach in USD",
            field="methods",
        )


def build_checkout(command: CheckoutCommand, customer_id: str | None, account: str | None) -> Request:
    """Open the page. It carries our ids twice: the session is forgotten once the payment exists."""
    ours = {
        "billcore_firm": metadata_value(command.firm_id),
        "billcore_operation": metadata_value(command.operation_id),
        "billcore_payment": metadata_value(command.payment_id),
    }
    description = plain_text(command.description)
    params: SessionCreateParams = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": command.amount.currency.lower(),
                    "unit_amount": to_stripe(command.amount),
                    "product_data": {"name": description[:_NAME_LONGEST] or "Payment"},
                },
            }
        ],
        "allowed_payment_method_types": _types(command),
        "client_reference_id": command.payment_id,
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
        "success_url": command.success_url,
        "cancel_url": command.cancel_url,
        "expires_at": int(expiry(command).timestamp()),
    }
    if description:
        params["payment_intent_data"]["description"] = description
    if customer_id is not None:
        params["customer"] = customer_id
    if command.platform_fee is not None:
        params["payment_intent_data"]["application_fee_amount"] = to_stripe(command.platform_fee)
    if command.save_method:
        params["payment_intent_data"]["setup_future_usage"] = "off_session"
    key = idempotency_key("checkout", account, command.operation_id)
    return Request(method="post", path="/v1/checkout/sessions", params=params, key=key)


def build_get_checkout(session_id: str) -> Request:
    return Request(method="get", path=_path(session_id))


def build_expire_checkout(session_id: str) -> Request:
    """Without a key of ours: closing is harmless to repeat."""
    return Request(method="post", path=f"{_path(session_id)}/expire")


def expiry(command: CheckoutCommand) -> datetime:
    """When the page closes: the nearest to what was asked that Stripe allows; the snapshot tells what was granted."""
    earliest, latest = command.created_at + _SHORTEST, command.created_at + _LONGEST
    return min(max(command.expires_at, earliest), latest)


def checkout_of(session: Record, account: str | None) -> CheckoutSnapshot:
    """The page as it is now. A status that is new at Stripe counts as open, so that it is looked at again."""
    word = session.text("status") or ""
    if word not in _STATUSES:
        log.warning("checkout %s has the unknown status %r; it counts as open", session.text("id"), word)
    payment = session.reference("payment_intent")
    ours = session.metadata("billcore_operation")
    return CheckoutSnapshot(
        ref=GatewayRef("stripe", account, session.need_text("id")),
        operation_id=OperationId(ours) if ours is not None else None,
        status=_STATUSES.get(word, CheckoutStatus.OPEN),
        url=session.text("url"),
        payment=GatewayRef("stripe", account, payment) if payment is not None else None,
        expires_at=session.need_moment("expires_at"),
    )


def _types(command: CheckoutCommand) -> list[str]:
    is_dollars = command.amount.currency == "USD"
    return [TYPES[one] for one in command.methods if one is Method.CARD or (one is Method.ACH and is_dollars)]


def _path(session_id: str) -> str:
    return f"/v1/checkout/sessions/{segment(session_id)}"
