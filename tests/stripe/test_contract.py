"""The Stripe gateway keeps the contract of gateways, over HTTP to either peer."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import pytest
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from tests.stripe.events import event, signed
from tests.stripe.loopback import Loopback
from tests.stripe.peers import SECRET_KEY, WEBHOOK_SECRET, Peer, control, misbehave

from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.testing import GatewayContract, GatewayHarness
from billcore_stripe import StripeGateway

ATTEMPTS = 3
"""An answer is lost only when it is lost each time that the gateway asks for it again under the same key."""


class Line(HTTPAdapter):
    """A connection that can be cut: then nobody listens."""

    is_cut = False

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        if self.is_cut:
            request.url = "http://127.0.0.1:9/"
        return super().send(request, *args, **kwargs)

    @contextmanager
    def cut(self) -> Iterator[None]:
        self.is_cut = True
        yield
        self.is_cut = False


class TestStripeGateway(GatewayContract):
    @pytest.fixture
    def line(self) -> Line:
        return Line()

    @pytest.fixture
    def gateway(self, peer: Peer, line: Line) -> StripeGateway:
        from stripe import RequestsClient

        session = Session()
        session.mount("http://", line)
        return StripeGateway(
            api_key=SECRET_KEY,
            webhook_secrets=[WEBHOOK_SECRET],
            base_addresses={"api": peer.url},
            return_url="https://example.com/back",
            http=RequestsClient(timeout=5, session=session),
        )

    @pytest.fixture
    def harness(self, peer: Peer, line: Line) -> GatewayHarness:
        def settle(ref: GatewayRef) -> None:
            if isinstance(peer, Loopback):
                peer.settle_debit(ref.id)
            else:
                control(peer, f"payment_intents/{ref.id}/settle")

        def fail(ref: GatewayRef) -> None:
            if isinstance(peer, Loopback):
                peer.settle_debit(ref.id, failure="insufficient_funds")
            else:
                control(peer, f"payment_intents/{ref.id}/settle", failure="insufficient_funds")

        def know_fees(at_once: bool) -> None:
            if isinstance(peer, Loopback):
                peer.knows_fees_at_once = at_once

        def pay(ref: GatewayRef) -> None:
            if isinstance(peer, Loopback):
                peer.pay_page(ref.id)
            else:
                control(peer, f"checkout_sessions/{ref.id}/pay", payment_method="pm_card_visa")

        know_fees(at_once=True)
        return GatewayHarness(
            amounts=(Money(19_99, "USD"), Money(1_000, "JPY"), Money(500, "ISK"), Money(12_340, "KWD")),
            refused_amount=Money(12_341, "KWD"),
            good_token="pm_card_visa",
            declined_token="pm_card_chargeCustomerFail",
            unattachable_token="pm_card_chargeDeclined",
            pending_token="pm_usBankAccount_success",
            action_token="pm_card_authenticationRequired",
            settle=settle,
            fail=fail,
            delay_fee=lambda: know_fees(at_once=False),
            lose_charge_answer=lambda: misbehave(peer, "reset_after", "(/payment_intents|/confirm)", ATTEMPTS),
            lose_refund_answer=lambda: misbehave(peer, "reset_after", "/refunds", ATTEMPTS),
            unreachable=line.cut,
            count_payments=lambda: _taken(peer),
            client_pays=pay,
            webhook=_webhook,
            unknown_webhook=_unknown_webhook,
            sign=_sign,
            secrets=(SECRET_KEY, WEBHOOK_SECRET),
        )


def _taken(peer: Peer) -> int:
    if isinstance(peer, Loopback):
        return sum(
            each["object"] == "payment_intent" and each["status"] in ("succeeded", "processing")
            for each in peer.objects.values()
        )
    audit = peer.audit()[peer.engine.platform]
    return int(str(audit["succeeded"])) + int(str(audit["processing"]))


def _webhook(ref: GatewayRef) -> tuple[bytes, Mapping[str, str]]:
    changed = {"id": ref.id, "object": "payment_intent", "metadata": {}}
    return _delivered(event(data={"object": changed}))


def _unknown_webhook() -> tuple[bytes, Mapping[str, str]]:
    return _delivered(event("payment_intent.teleported"))


def _delivered(content: object) -> tuple[bytes, Mapping[str, str]]:
    body = json.dumps(content).encode()
    return body, signed(body, secrets=(WEBHOOK_SECRET,), at=datetime.now().astimezone())


def _sign(body: bytes, at: datetime) -> Mapping[str, str]:
    return signed(body, secrets=(WEBHOOK_SECRET,), at=at)
