"""Webhooks: whoever has no secret, no right clock or no event gets WebhookRejected, with nothing of the body in it."""

import json
import traceback
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as some
from tests.stripe.events import NOW, SECRETS, event, signed

from billcore.errors import WebhookRejected
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.ports.gateway import EventKind, GatewayEvent
from billcore_stripe import EVENT_KINDS, StripeGateway
from billcore_stripe.webhooks import Subject

GATEWAY = StripeGateway(api_key="sk_test_1", webhook_secrets=SECRETS, now=lambda: NOW)


def heard(content: object) -> GatewayEvent:
    body = json.dumps(content).encode()
    return GATEWAY.parse_webhook(body, signed(body)).events[0]


def test_an_event_tells_its_subject_and_our_ids() -> None:
    told = heard(event())

    assert told == GatewayEvent(
        id="evt_1",
        kind=EventKind.PAYMENT_SUCCEEDED,
        gateway="stripe",
        account=None,
        subject=GatewayRef("stripe", None, "pi_1"),
        occurred_at=NOW,
        is_live=False,
        firm_id=FirmId("acme-law"),
        operation_id=OperationId("op_1"),
    )


@pytest.mark.parametrize("secret", SECRETS)
def test_while_a_secret_is_replaced_either_one_signs(secret: str) -> None:
    body = json.dumps(event()).encode()

    assert GATEWAY.parse_webhook(body, signed(body, secrets=(secret,))).events


def test_several_signatures_in_one_header_are_tried() -> None:
    body = json.dumps(event()).encode()

    assert GATEWAY.parse_webhook(body, signed(body, secrets=("whsec_unknown", "whsec_old"))).events


def test_header_names_have_no_case() -> None:
    body = json.dumps(event()).encode()
    headers = {"HTTP": "1.1", "stripe-SIGNATURE": signed(body)["Stripe-Signature"]}

    assert GATEWAY.parse_webhook(body, headers).events


@pytest.mark.parametrize("seconds", [-300, 300])
def test_five_minutes_either_way_are_tolerated(seconds: int) -> None:
    body = json.dumps(event()).encode()

    assert GATEWAY.parse_webhook(body, signed(body, at=NOW + timedelta(seconds=seconds))).events


@pytest.mark.parametrize("seconds", [-301, 301, 315_360_000])
def test_more_than_five_minutes_either_way_is_refused(seconds: int) -> None:
    body = json.dumps(event()).encode()

    with pytest.raises(WebhookRejected, match="300 seconds"):
        GATEWAY.parse_webhook(body, signed(body, at=NOW + timedelta(seconds=seconds)))


BODY = json.dumps(event()).encode()
GOOD = signed(BODY)["Stripe-Signature"]


@pytest.mark.parametrize(
    ("body", "header"),
    [
        (BODY, None),
        (BODY, ""),
        (BODY, "not a signature"),
        (BODY, GOOD.replace("v1=", "v0=")),
        (BODY, GOOD.partition(",")[2]),
        (BODY, GOOD.replace("t=", "t=-")),
        (BODY, GOOD.replace("t=", "t=1,t=")),
        (BODY, GOOD + ",t=1"),
        (BODY, "t=" + "9" * 5000 + ",v1=00"),
        (BODY, GOOD + "é"),
        (BODY, GOOD[:-1] + ("0" if GOOD[-1] != "0" else "1")),
        (BODY, signed(BODY, secrets=("whsec_wrong",))["Stripe-Signature"]),
        (BODY + b" ", GOOD),
        (BODY.replace(b"pi_1", b"pi_2"), GOOD),
        (b"\xff\xfe", GOOD),
        (b"", GOOD),
    ],
    ids=range(16),
)
def test_what_no_secret_of_ours_signed_is_rejected(body: bytes, header: str | None) -> None:
    headers = {} if header is None else {"Stripe-Signature": header}

    with pytest.raises(WebhookRejected):
        GATEWAY.parse_webhook(body, headers)


RUBBISH = {
    "not json": b"hello",
    "not utf-8": b"\xff\xfe{}",
    "null": b"null",
    "a list": b"[]",
    "an empty object": b"{}",
    "a number of 5,000 digits": b'{"id":' + b"1" * 5_000 + b"}",
    "not a number": b'{"id":NaN}',
    "nested for ever": b"[" * 100_000,
    "nested too deep": json.dumps(event(inside=json.loads("[" * 70 + "]" * 70))).encode(),
    "larger than a mebibyte": json.dumps(event(padding="x" * 1_048_576)).encode(),
    "no id": json.dumps({**event(), "id": None}).encode(),
    "no time": json.dumps({**event(), "created": "yesterday"}).encode(),
    "a time beyond the calendar": json.dumps({**event(), "created": 10**18}).encode(),
    "another object": json.dumps({**event(), "object": "charge"}).encode(),
    "half a character": json.dumps({**event(), "id": "evt_\ud800"}).encode(),
    "a NUL character": json.dumps({**event(), "id": "evt_\x00"}).encode(),
    "an id longer than any": json.dumps({**event(), "id": "evt_" + "x" * 300}).encode(),
}


@pytest.mark.parametrize("name", RUBBISH)
def test_signed_rubbish_is_rejected_with_our_own_error(name: str) -> None:
    body = RUBBISH[name]

    with pytest.raises(WebhookRejected):
        GATEWAY.parse_webhook(body, signed(body))


@given(some.binary(max_size=300))
def test_no_body_however_signed_raises_anything_else(body: bytes) -> None:
    with pytest.raises(WebhookRejected):
        GATEWAY.parse_webhook(body, signed(body))


@given(some.text(max_size=200))
def test_no_header_raises_anything_else(header: str) -> None:
    with pytest.raises(WebhookRejected):
        GATEWAY.parse_webhook(BODY, {"Stripe-Signature": header})


_json = some.recursive(
    some.none() | some.booleans() | some.integers() | some.text(max_size=8),
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


@given(some.sampled_from(sorted(EVENT_KINDS)), _json, _json, _json)
def test_no_signed_event_however_strange_raises_anything_else(
    type_: str, data: object, id_: object, at: object
) -> None:
    try:
        told = heard({**event(type_), "data": data, "id": id_, "created": at})
    except WebhookRejected:
        return

    assert isinstance(told, GatewayEvent)


def test_a_rejection_carries_nothing_of_the_body() -> None:
    body = b'{"id": "canary-of-a-client", nonsense'

    with pytest.raises(WebhookRejected) as caught:
        GATEWAY.parse_webhook(body, signed(body))

    assert "canary" not in "".join(traceback.format_exception(caught.value, chain=True))
    assert caught.value.__context__ is None


def test_a_body_that_is_not_raw_bytes_is_rejected() -> None:
    with pytest.raises(WebhookRejected, match="raw bytes"):
        GATEWAY.parse_webhook(BODY.decode(), signed(BODY))  # type: ignore[arg-type]


def test_without_a_secret_nothing_is_heard() -> None:
    deaf = StripeGateway(api_key="sk_test_1", now=lambda: NOW)

    with pytest.raises(WebhookRejected, match="no webhook secret is configured"):
        deaf.parse_webhook(BODY, signed(BODY, secrets=("",)))


# ── Kinds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_type_that_is_new_at_stripe_is_ignored() -> None:
    told = heard(event("payment_intent.teleported"))

    assert (told.kind, told.subject) == (EventKind.IGNORED, None)


def test_a_thin_event_of_the_other_api_is_ignored() -> None:
    thin = {
        "id": "evt_2",
        "object": "v2.core.event",
        "type": "v1.billing.meter.error",
        "created": "2026-05-04T12:00:00.000Z",
    }

    told = heard(thin)

    assert (told.kind, told.occurred_at) == (EventKind.IGNORED, NOW)


@pytest.mark.parametrize("type_", [name for name, (_, subject) in EVENT_KINDS.items() if subject is Subject.PAYMENT])
def test_refunds_disputes_and_fees_are_about_their_payment(type_: str) -> None:
    changed: dict[str, object] = {
        "id": "xx_1",
        "payment_intent": "pi_9",
        "balance_transaction": "txn_1",
        "metadata": {},
    }

    told = heard(event(type_, data={"object": changed}))

    assert told.subject == GatewayRef("stripe", None, "pi_9")


def test_a_charge_whose_fee_is_still_unknown_is_ignored() -> None:
    changed: dict[str, object] = {"id": "ch_1", "payment_intent": "pi_9", "balance_transaction": None, "metadata": {}}

    assert heard(event("charge.updated", data={"object": changed})).kind is EventKind.IGNORED


def test_events_of_a_connected_account_name_it() -> None:
    told = heard(event(account="acct_1"))

    assert told.account == "acct_1"
    assert told.subject == GatewayRef("stripe", "acct_1", "pi_1")


def test_the_same_fact_is_not_told_by_two_types() -> None:
    assert {"charge.succeeded", "charge.refunded", "charge.refund.updated"}.isdisjoint(EVENT_KINDS)


@pytest.mark.parametrize("type_", EVENT_KINDS)
def test_every_type_in_the_table_exists_in_the_sdk(type_: str) -> None:
    import stripe
    from stripe import _event

    assert stripe.VERSION
    source = (_event.__file__ or "").replace(".pyc", ".py")
    with open(source, encoding="utf-8") as file:
        assert f'"{type_}"' in file.read()


@pytest.mark.parametrize("headers", [None, [("Stripe-Signature", "t=1,v1=0")], {5: "t=1,v1=0"}, {None: None}])
def test_headers_that_are_none_are_rejected_like_a_missing_signature(headers: Any) -> None:
    with pytest.raises(WebhookRejected):
        GATEWAY.parse_webhook(b"{}", headers)
