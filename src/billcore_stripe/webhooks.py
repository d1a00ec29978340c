"""Webhooks: the signature verified on raw bytes, and each kind of event named once.

The SDK's own verification is not used: it lets timestamps of the future pass, takes one secret, and answers malformed
bodies with errors of its own that carry the whole payload.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from enum import Enum
from hashlib import sha256
from types import MappingProxyType
from typing import Final, Never

from billcore.errors import WebhookRejected
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.ports.gateway import EventKind, GatewayEvent
from billcore_stripe.binding import NOT_UNDERSTOOD
from billcore_stripe.client import Request
from billcore_stripe.records import Record, UnreadableAnswer

TOLERANCE_SECONDS: Final = 300
"""How far a signature's time may lie in the past or in the future."""

_LARGEST_BODY: Final = 1024 * 1024
_LONGEST_HEADER: Final = 4096
_DEEPEST: Final = 64


class Subject(Enum):
    """Which object an event is about, as the field of the event's own object that names it."""

    ITSELF = "id"
    PAYMENT = "payment_intent"
    METHOD = "payment_method"
    NOTHING = ""


EVENT_KINDS: Final[Mapping[str, tuple[EventKind, Subject]]] = MappingProxyType(
    {
        "payment_intent.processing": (EventKind.PAYMENT_PENDING, Subject.ITSELF),
        "payment_intent.requires_action": (EventKind.PAYMENT_REQUIRES_ACTION, Subject.ITSELF),
        "payment_intent.succeeded": (EventKind.PAYMENT_SUCCEEDED, Subject.ITSELF),
        "payment_intent.payment_failed": (EventKind.PAYMENT_FAILED, Subject.ITSELF),
        "payment_intent.canceled": (EventKind.PAYMENT_CANCELED, Subject.ITSELF),
        "charge.updated": (EventKind.FEE_KNOWN, Subject.PAYMENT),
        "refund.created": (EventKind.REFUND_CHANGED, Subject.PAYMENT),
        "refund.updated": (EventKind.REFUND_CHANGED, Subject.PAYMENT),
        "refund.failed": (EventKind.REFUND_CHANGED, Subject.PAYMENT),
        "charge.dispute.created": (EventKind.DISPUTE_CHANGED, Subject.PAYMENT),
        "charge.dispute.updated": (EventKind.DISPUTE_CHANGED, Subject.PAYMENT),
        "charge.dispute.closed": (EventKind.DISPUTE_CHANGED, Subject.PAYMENT),
        "charge.dispute.funds_withdrawn": (EventKind.DISPUTE_CHANGED, Subject.PAYMENT),
        "charge.dispute.funds_reinstated": (EventKind.DISPUTE_CHANGED, Subject.PAYMENT),
        "checkout.session.completed": (EventKind.CHECKOUT_COMPLETED, Subject.ITSELF),
        "checkout.session.expired": (EventKind.CHECKOUT_EXPIRED, Subject.ITSELF),
        "setup_intent.succeeded": (EventKind.SETUP_SUCCEEDED, Subject.ITSELF),
        "payment_method.attached": (EventKind.METHOD_CHANGED, Subject.ITSELF),
        "payment_method.detached": (EventKind.METHOD_CHANGED, Subject.ITSELF),
        "payment_method.updated": (EventKind.METHOD_CHANGED, Subject.ITSELF),
        "payment_method.automatically_updated": (EventKind.METHOD_CHANGED, Subject.ITSELF),
        "mandate.updated": (EventKind.METHOD_CHANGED, Subject.METHOD),
        "payout.paid": (EventKind.PAYOUT_CHANGED, Subject.ITSELF),
        "payout.failed": (EventKind.PAYOUT_CHANGED, Subject.ITSELF),
        "payout.reconciliation_completed": (EventKind.PAYOUT_CHANGED, Subject.ITSELF),
        "account.application.deauthorized": (EventKind.ACCOUNT_DISCONNECTED, Subject.NOTHING),
    }
)
"""Stripe's types to subscribe to, each fact once; every other type is IGNORED.

Left out on purpose: ``charge.succeeded``, ``charge.refunded``, ``charge.refund.updated`` and
``checkout.session.async_payment_…`` say again what these say.
"""


def verify(body: bytes, headers: Mapping[str, str], secrets: Sequence[str], now: datetime) -> None:
    """Raise WebhookRejected unless one of the secrets signed exactly these bytes within five minutes of *now*."""
    if not isinstance(body, bytes):
        raise WebhookRejected("a webhook is verified on the raw bytes of the body, before anything parses them")
    if len(body) > _LARGEST_BODY:
        raise WebhookRejected(f"the body has {len(body)} bytes, at most {_LARGEST_BODY} are read")
    signed_at, signatures = _signatures(headers)
    if abs(now.timestamp() - int(signed_at)) > TOLERANCE_SECONDS:
        raise WebhookRejected(f"signed more than {TOLERANCE_SECONDS} seconds away from now: is the clock right?")
    if not secrets:
        raise WebhookRejected("no webhook secret is configured: StripeGateway(webhook_secrets=['whsec_…'])")
    payload = signed_at.encode() + b"." + body
    expected = [hmac.new(secret.encode(), payload, sha256).hexdigest().encode() for secret in secrets]
    # Every pair is compared, so that the time taken tells nothing about which one matched.
    if not sum(hmac.compare_digest(one, other.encode()) for one in expected for other in signatures):
        raise WebhookRejected("no configured secret made this signature")


def parse(body: bytes, account: str | None) -> GatewayEvent:
    """The event of a verified body; WebhookRejected where it is not one."""
    event: Record | None
    try:
        event = Record.of(json.loads(body.decode("utf-8"), parse_constant=_refuse))
    except (ValueError, RecursionError, UnreadableAnswer):
        event = None
    # Raised out here so that no error of the parser, which quotes the body, hangs on to ours.
    if event is None or _depth(event.fields) > _DEEPEST:
        raise WebhookRejected("the body is signed, but it is not the JSON of an event")
    try:
        return event_of(event, account)
    except NOT_UNDERSTOOD:
        pass
    raise WebhookRejected("the body is signed, but it is not an event: it needs id, type and created")


def event_of(event: Record, account: str | None) -> GatewayEvent:
    """One event as a hint; what it does not say is None. Events of connected accounts name theirs."""
    account = event.text("account") or account
    if event.text("object") not in ("event", "v2.core.event"):
        raise UnreadableAnswer("not an event")
    changed = (event.record("data") or Record({})).record("object") or Record({})
    kind, subject = EVENT_KINDS.get(event.need_text("type"), (EventKind.IGNORED, Subject.NOTHING))
    if kind is EventKind.FEE_KNOWN and changed.reference("balance_transaction") is None:
        kind = EventKind.IGNORED
    about = changed.reference(subject.value)
    firm, operation = changed.metadata("billcore_firm"), changed.metadata("billcore_operation")
    return GatewayEvent(
        id=event.need_text("id"),
        kind=kind,
        gateway="stripe",
        account=account,
        subject=GatewayRef("stripe", account, about) if about is not None else None,
        occurred_at=_occurred_at(event),
        is_live=event.flag("livemode"),
        firm_id=FirmId(firm) if firm is not None else None,
        operation_id=OperationId(operation) if operation is not None else None,
    )


def build_events(since: datetime) -> Request:
    """What happened since; Stripe keeps events for 30 days."""
    return Request(method="get", path="/v1/events", params={"created": {"gte": int(since.timestamp())}})


def _signatures(headers: Mapping[str, str]) -> tuple[str, list[str]]:
    """The header's time and signatures of the current scheme; ``v0`` counts for nothing."""
    if not isinstance(headers, Mapping):
        raise WebhookRejected("a webhook is verified by its headers: hand over the mapping of them")
    named = {name.lower(): value for name, value in headers.items() if isinstance(name, str)}
    header = named.get("stripe-signature")
    if not isinstance(header, str) or len(header) > _LONGEST_HEADER or not header.isascii():
        raise WebhookRejected("the Stripe-Signature header is missing or is not one")
    parts = [part.strip().partition("=") for part in header.split(",")]
    times = [value for name, _, value in parts if name == "t"]
    signatures = [value for name, _, value in parts if name == "v1"]
    if len(times) != 1 or not times[0].isdigit() or len(times[0]) > 12 or not signatures:
        raise WebhookRejected("the Stripe-Signature header has no time or no v1 signature")
    return times[0], signatures


def _occurred_at(event: Record) -> datetime:
    """Seconds since 1970 in snapshot events, ISO 8601 in the thin events of Stripe's v2 API."""
    written = event.text("created")
    if written is None:
        return event.need_moment("created")
    try:
        moment = datetime.fromisoformat(written)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise UnreadableAnswer("expected a time in 'created'")
    return moment.astimezone(UTC)


def _depth(value: object) -> int:
    """How deep objects and lists are nested, counted level by level instead of by recursion."""
    depth, level = 0, [value]
    while level:
        depth += 1
        inside = (item.values() if isinstance(item, dict) else item for item in level if isinstance(item, dict | list))
        level = [item for items in inside for item in items]
    return depth


def _refuse(word: str) -> Never:
    raise ValueError(f"{word} is not JSON")
