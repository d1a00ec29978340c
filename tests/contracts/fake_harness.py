"""The fake gateway's harness, for its own contract and for the broken gateways that are made of it."""

from datetime import timedelta

from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.testing import FakeGateway, GatewayHarness, ManualClock, Silence, Succeed, Webhook
from billcore.testing.fake.webhooks import sign
from billcore.testing.gateway_harness import TREACHEROUS_AMOUNTS

SECRET = "whsec_contract"


def fake_harness(gateway: FakeGateway, clock: ManualClock) -> GatewayHarness:
    """Every hook there is."""

    def webhook(ref: GatewayRef) -> Webhook:
        told = gateway.iter_events(since=clock.now() - timedelta(days=1))
        return gateway.webhook(next(event for event in told if event.subject == ref))

    def unknown_webhook() -> Webhook:
        body = b'{"events": [{"id": "gevt_1", "kind": "moon_phase", "occurred_at": "2026-05-04T09:00:00+00:00"}]}'
        return Webhook(body, sign(body, SECRET, clock.now()))

    return GatewayHarness(
        now=clock.now,
        amounts=(*TREACHEROUS_AMOUNTS, Money(5_000, "JPY"), Money(1_234, "KWD"), Money(1, "USD")),
        refused_amount=Money(10**12, "USD"),
        good_token="card_ok",
        declined_token="card_declined",
        unattachable_token="card_not_attachable",
        pending_token="card_pending",
        action_token="card_requires_action",
        settle=gateway.settle,
        fail=gateway.fail,
        delay_fee=gateway.delay_fees,
        lose_charge_answer=lambda: gateway.script(charge=[Silence(then=Succeed())]),
        lose_refund_answer=lambda: gateway.script(refund=[Silence(then=Succeed())]),
        unreachable=gateway.down,
        count_payments=lambda: sum(line.kind == "payment" for line in gateway.books().lines),
        client_pays=gateway.client_pays,
        webhook=webhook,
        unknown_webhook=unknown_webhook,
        sign=lambda body, at: sign(body, SECRET, at),
        secrets=(SECRET,),
    )
