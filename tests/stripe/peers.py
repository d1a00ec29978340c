"""The two peers as the tests use them: what is the same on both, and how each is made to misbehave."""

import json
import os
import time
from pathlib import Path
from typing import Protocol
from urllib.request import Request, urlopen

from tests.stripe.loopback import Loopback

from billcore_stripe import StripeGateway


def _twin_folder() -> Path:
    """The folder of the stand-in: BILLCORE_STRIPE_TWIN, else ``stripe_twin`` in a folder beside the checkout."""
    named = os.environ.get("BILLCORE_STRIPE_TWIN")
    beside = Path(__file__).parents[3].glob("*/stripe_twin")
    return Path(named) if named else next(beside, Path("stripe_twin"))


TWIN_FOLDER = _twin_folder()
SECRET_KEY = "sk_test_canaryKEYcanary1"
WEBHOOK_SECRET = "whsec_canarySECRETcanary2"


class Engine(Protocol):
    """What the tests use of the stand-in's engine."""

    platform: str
    config: dict[str, object]

    def advance(self, seconds: float) -> None: ...
    def run_payout(self, acct: str) -> dict[str, object] | None: ...


class Faults(Protocol):
    """How the stand-in is made to misbehave."""

    def add(self, action: dict[str, object], *, match: dict[str, str], times: int | None = 1) -> object: ...


class Twin(Protocol):
    """What the tests use of the stand-in."""

    url: str
    engine: Engine
    faults: Faults
    requests: list[dict[str, object]]
    internal_errors: list[str]

    def audit(self) -> dict[str, dict[str, object]]: ...
    def __enter__(self) -> "Twin": ...
    def __exit__(self, kind: object, error: object, at: object) -> None: ...


Peer = Loopback | Twin


def gateway_to(url: str, **changed: float) -> StripeGateway:
    retries = int(changed.get("retries", 2))
    return StripeGateway(
        api_key=SECRET_KEY,
        webhook_secrets=[WEBHOOK_SECRET],
        base_addresses={"api": url},
        return_url="https://example.com/back",
        timeout_seconds=changed.get("timeout_seconds", 5.0),
        retries=retries,
    )


def misbehave(peer: Peer, kind: str, path: str, times: int = 1) -> None:
    """Play one fault on the next POSTs whose path ends in *path*."""
    if isinstance(peer, Loopback):
        peer.misbehave(kind, path, times)
    else:
        action: dict[str, object] = {"kind": kind, "seconds": 1}
        peer.faults.add(action, match={"method": "POST", "path": f"{path}$"}, times=times)


def settle_fees(peer: Peer) -> None:
    """Let the time pass after which Stripe knows its fees."""
    if isinstance(peer, Loopback):
        peer.settle_fees()
    else:
        peer.engine.advance(3600)
        time.sleep(0.05)


def pay_out(peer: Peer) -> str:
    """Pay out all that was earned; the id of the payout."""
    if isinstance(peer, Loopback):
        return peer.pay_out()
    peer.engine.advance(3 * 86_400)
    payout = peer.engine.run_payout(peer.engine.platform)
    assert payout is not None
    return str(payout["id"])


def control(twin: Twin, path: str, **body: object) -> dict[str, object]:
    """Tell the stand-in what a client, a bank or an operator does."""
    request = Request(f"{twin.url}/_twin/{path}", data=json.dumps(body).encode(), method="POST")
    with urlopen(request, timeout=10) as answer:
        told: dict[str, object] = json.load(answer)
    return told
