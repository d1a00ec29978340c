"""What the fake gateway tells, and to whom."""

from collections.abc import Mapping
from datetime import timedelta

import pytest
from tests.unit.testing.at_the_fake import command, paid, told

from billcore.errors import WebhookRejected
from billcore.ids import GatewayRef
from billcore.ports.gateway import EventKind
from billcore.testing import FakeGateway, ManualClock
from billcore.testing.fake.webhooks import sign


def test_every_change_is_told_once_and_taken_once(gateway: FakeGateway, clock: ManualClock) -> None:
    paid(gateway, clock)

    assert told(gateway) == [EventKind.METHOD_CHANGED, EventKind.PAYMENT_SUCCEEDED]
    assert told(gateway) == []


def test_a_host_that_fails_to_hear_hears_again(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    heard: list[GatewayRef | None] = []

    def hear(name: str, body: bytes, headers: Mapping[str, str]) -> None:
        heard.extend(event.subject for event in gateway.parse_webhook(body, headers).events)
        if len(heard) == 2:
            raise RuntimeError("the database is away")

    with pytest.raises(RuntimeError):
        gateway.deliver_webhooks(hear)
    delivered = gateway.deliver_webhooks(hear)

    assert delivered == 1
    assert heard[1:] == [payment, payment]


def test_what_a_host_does_while_it_hears_is_told_in_the_same_round(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.charge(command(gateway, clock, "card_declined"))
    kinds: list[EventKind] = []

    def hear(name: str, body: bytes, headers: Mapping[str, str]) -> None:
        for event in gateway.parse_webhook(body, headers).events:
            kinds.append(event.kind)
            if event.kind is EventKind.PAYMENT_FAILED and event.subject:
                gateway.cancel_payment(event.subject)

    assert gateway.deliver_webhooks(hear) == 3
    assert kinds == [EventKind.METHOD_CHANGED, EventKind.PAYMENT_FAILED, EventKind.PAYMENT_CANCELED]


@pytest.mark.parametrize(("after", "is_heard"), [(300, True), (301, False)])
def test_a_webhook_is_heard_for_five_minutes(
    gateway: FakeGateway, clock: ManualClock, after: int, is_heard: bool
) -> None:
    paid(gateway, clock)
    body, headers = gateway.webhooks()[0]

    clock.advance(timedelta(seconds=after))

    if is_heard:
        assert gateway.parse_webhook(body, headers).events
    else:
        with pytest.raises(WebhookRejected, match="300 s"):
            gateway.parse_webhook(body, headers)


def test_another_gateway_s_webhook_is_rejected(gateway: FakeGateway, clock: ManualClock) -> None:
    paid(gateway, clock)
    other = FakeGateway(clock, webhook_secret="whsec_other")

    with pytest.raises(WebhookRejected, match="raw bytes"):
        other.parse_webhook(*gateway.webhooks()[0])


def test_several_events_come_in_one_request(gateway: FakeGateway, clock: ManualClock) -> None:
    paid(gateway, clock)
    events = tuple(gateway.iter_events(since=clock.now()))

    assert gateway.parse_webhook(*gateway.webhook(*events)).events == events


def test_a_hundred_events_come_in_one_request(gateway: FakeGateway, clock: ManualClock) -> None:
    paid(gateway, clock)
    events = tuple(gateway.iter_events(since=clock.now())) * 50

    assert gateway.parse_webhook(*gateway.webhook(*events)).events == events


@pytest.mark.parametrize(
    "body",
    [
        '{"events": {}}',
        '{"events": [1]}',
        '{"events": [{"kind": "fee_known", "occurred_at": "2026-05-04T09:00:00+00:00"}]}',
        '{"events": [{"id": 1, "kind": "fee_known", "occurred_at": "2026-05-04T09:00:00+00:00"}]}',
        '{"events": [{"id": "", "kind": "fee_known", "occurred_at": "2026-05-04T09:00:00+00:00"}]}',
        '{"events": [{"id": "gevt_1", "kind": 1, "occurred_at": "2026-05-04T09:00:00+00:00"}]}',
        '{"events": [{"id": "gevt_1", "kind": "fee_known", "occurred_at": 1}]}',
        '{"events": [{"id": "gevt_1", "kind": "fee_known", "occurred_at": "yesterday"}]}',
        '{"events": [{"id": "gevt_1", "kind": "fee_known", "occurred_at": "2026-05-04T09:00:00"}]}',
        '{"events": [{"id": "gevt_1", "kind": "fee_known", "occurred_at": "2026-05-04T09:00:00Z", "subject": 1}]}',
        '{"events": [' + " " * 2**20 + "]}",
        '{"events": ' + "[" * 64 + "]" * 64 + "}",
    ],
    ids=lambda body: f"{len(body)} characters",
)
def test_a_signed_request_that_is_not_a_list_of_events_is_rejected(clock: ManualClock, body: str) -> None:
    gateway = FakeGateway(clock, webhook_secret="whsec_known")
    headers = sign(body.encode(), "whsec_known", clock.now())

    with pytest.raises(WebhookRejected):
        gateway.parse_webhook(body.encode(), headers)
