"""Events as Stripe delivers them, and the headers it signs them with."""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

SECRETS = ("whsec_new", "whsec_old")
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)


def event(type_: str = "payment_intent.succeeded", **fields: object) -> dict[str, object]:
    subject = {
        "id": "pi_1",
        "object": "payment_intent",
        "metadata": {"billcore_firm": "acme-law", "billcore_operation": "op_1"},
    }
    return {
        "id": "evt_1",
        "object": "event",
        "type": type_,
        "created": int(NOW.timestamp()),
        "livemode": False,
        "data": {"object": subject},
        **fields,
    }


def signed(body: bytes, *, secrets: tuple[str, ...] = SECRETS[:1], at: datetime = NOW) -> dict[str, str]:
    seconds = int(at.timestamp())
    signatures = [hmac.new(secret.encode(), b"%d." % seconds + body, sha256).hexdigest() for secret in secrets]
    return {"Stripe-Signature": ",".join([f"t={seconds}", *(f"v1={each}" for each in signatures)])}
