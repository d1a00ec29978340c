"""The fake gateway's webhooks: what is written on the wire, how it is signed, and how it is verified and read.

A request is JSON, ``{"events": [...]}``. Its header ``Fake-Signature: t=…,v1=…`` carries the second of signing and the
HMAC-SHA256 of that second, a full stop and the body.
"""

import hmac
import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Final, NamedTuple

from billcore.errors import WebhookRejected
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.ports.gateway import EventKind, GatewayEvent, WebhookBatch

HEADER: Final = "Fake-Signature"
TOLERANCE: Final = timedelta(seconds=300)
LARGEST_BODY: Final = 2**20
DEEPEST_BODY: Final = 64

_NOT_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_KINDS: Final = {kind.value: kind for kind in EventKind}


class Webhook(NamedTuple):
    """One request as it comes over the wire."""

    body: bytes
    headers: Mapping[str, str]


def sign(body: bytes, secret: str, at: datetime) -> Mapping[str, str]:
    """The headers of a request with this body, signed at that moment."""
    second = int(at.timestamp())
    return {"Content-Type": "application/json", HEADER: f"t={second},v1={_digest(body, secret, second)}"}


def write(events: Sequence[GatewayEvent]) -> bytes:
    """The body that carries these events."""
    return json.dumps({"events": [_to_json(event) for event in events]}).encode()


def read(
    body: bytes, headers: Mapping[str, str], *, secret: str, at: datetime, gateway: str, account: str | None
) -> WebhookBatch:
    """The events of a request that was signed with this secret, at most five minutes from ``at``, past or future.

    Everything else is ``WebhookRejected``, which holds nothing of the request: not in its message, not in its context.
    """
    # Raised out here, because inside an except clause the context would carry the body.
    if not isinstance(body, bytes) or len(body) > LARGEST_BODY:
        raise WebhookRejected(f"a webhook's body must be bytes, at most {LARGEST_BODY} of them")
    if (signature := _signature(headers)) is None:
        raise WebhookRejected(f"expected one header {HEADER}: t=<second>,v1=<signature>")
    second, digest = signature
    if abs(at.timestamp() - second) > TOLERANCE.total_seconds():
        raise WebhookRejected(f"signed more than {TOLERANCE.seconds} s from now: check the clock, or it is a replay")
    if not hmac.compare_digest(_digest(body, secret, second).encode(), digest.encode()):
        raise WebhookRejected("the signature does not fit the body: check webhook_secret, and pass the raw bytes")
    if (events := _events(body, gateway, account)) is None:
        raise WebhookRejected("signed, but not a list of events that this gateway writes")
    return WebhookBatch(events)


def _digest(body: bytes, secret: str, second: int) -> str:
    return hmac.new(secret.encode(), f"{second}.".encode() + body, sha256).hexdigest()


def _signature(headers: Mapping[str, str]) -> tuple[int, str] | None:
    found = [value for name, value in headers.items() if name.lower() == HEADER.lower()]
    if len(found) != 1 or not found[0].isascii() or len(found[0]) > 200:
        return None
    parts = {name: value for name, _, value in (part.partition("=") for part in found[0].split(","))}
    second, digest = parts.get("t", ""), parts.get("v1", "")
    return (int(second), digest) if second.isdigit() and len(second) <= 12 and digest else None


def _events(body: bytes, gateway: str, account: str | None) -> tuple[GatewayEvent, ...] | None:
    # A body nested deeper than any event is not worth a parser that recurses.
    if _depth(body) > DEEPEST_BODY:
        return None
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return None
    entries = document.get("events") if isinstance(document, dict) else None
    if not isinstance(entries, list):
        return None
    events = tuple(_from_json(entry, gateway, account) for entry in entries)
    return tuple(event for event in events if event is not None) if None not in events else None


def _depth(body: bytes) -> int:
    deepest = depth = 0
    for byte in body.translate(None, delete=_NOT_BRACKETS):
        depth += 1 if byte in b"[{" else -1
        deepest = max(deepest, depth)
    return deepest


def _to_json(event: GatewayEvent) -> Mapping[str, str | bool | None]:
    return {
        "id": event.id,
        "kind": event.kind.value,
        "subject": event.subject.id if event.subject else None,
        "occurred_at": event.occurred_at.isoformat(),
        "firm_id": event.firm_id,
        "operation_id": event.operation_id,
    }


def _from_json(entry: object, gateway: str, account: str | None) -> GatewayEvent | None:
    if not isinstance(entry, dict):
        return None
    id, kind, at = entry.get("id"), entry.get("kind"), entry.get("occurred_at")
    subject, firm_id, operation_id = entry.get("subject"), entry.get("firm_id"), entry.get("operation_id")
    if not (isinstance(id, str) and id and isinstance(kind, str) and isinstance(at, str)):
        return None
    if not all(value is None or isinstance(value, str) for value in (subject, firm_id, operation_id)):
        return None
    if (occurred_at := _moment(at)) is None:
        return None
    return GatewayEvent(
        id=id,
        # One that was invented after this code was written is no reason to refuse the rest.
        kind=_KINDS.get(kind, EventKind.IGNORED),
        gateway=gateway,
        account=account,
        subject=GatewayRef(gateway, account, subject) if subject else None,
        occurred_at=occurred_at,
        is_live=False,
        firm_id=FirmId(firm_id) if firm_id else None,
        operation_id=OperationId(operation_id) if operation_id else None,
    )


def _moment(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
