"""Webhooks: genuine ones are read, and everything else is one error that tells nothing."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

import pytest

from billcore.errors import WebhookRejected
from billcore.ids import GatewayRef
from billcore.ports.gateway import EventKind, WebhookBatch
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till

CANARY: Final = "canary-4111111111111111"

# What has crashed real verifiers: not UTF-8, not an object, deeper than the parser goes, longer than an int may be.
GARBAGE: Final = (
    b"",
    b"\xff\xfe",
    b"not json",
    b"[]",
    b"null",
    b'"text"',
    b"[" * 10_000,
    b"1" * 5_000,
    b'{"id": 1',
)

FAR_AWAY: Final = timedelta(days=1)


class WebhookChecks(GatewayChecks):
    """What ``parse_webhook`` makes of a request."""

    # ── Genuine ──────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_genuine_webhook_names_the_payment(self, till: Till) -> None:
        """Put the payment's reference into subject, also for events about its refunds and disputes."""
        body, headers, payment = _genuine(till)

        batch = till.telling.parse_webhook(body, headers)

        assert {event.subject for event in batch.events} == {payment}
        assert {(event.gateway, event.account) for event in batch.events} == {(payment.gateway, payment.account)}

    @check
    def test_an_event_has_the_same_id_each_time_it_is_delivered(self, till: Till) -> None:
        """Take the provider's event id: with one of your own making, a repeated delivery counts twice."""
        body, headers, _ = _genuine(till)

        first, second = _read(till, body, headers), _read(till, body, headers)

        assert [event.id for event in first.events] == [event.id for event in second.events]
        assert all(event.id for event in first.events)

    @check
    def test_header_names_are_read_in_any_case(self, till: Till) -> None:
        """Compare header names in lower case: every web framework spells them in its own way."""
        body, headers, _ = _genuine(till)
        _read(till, body, headers)

        for spell in (str.lower, str.upper):
            spelled = {spell(name): value for name, value in headers.items()}
            assert till.telling.parse_webhook(body, spelled).events

    @check
    def test_an_event_of_an_unknown_kind_is_ignored(self, till: Till) -> None:
        """Answer EventKind.IGNORED: providers invent kinds, and retry for days what is refused."""
        body, headers = till.needs(till.harness.unknown_webhook, "unknown_webhook")()

        batch = till.telling.parse_webhook(body, headers)

        assert {event.kind for event in batch.events} <= {EventKind.IGNORED}

    # ── Not genuine ──────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_changed_body_is_rejected(self, till: Till) -> None:
        """Verify the signature over the raw bytes before anything is read from them."""
        body, headers, payment = _genuine(till)

        for forged in (body.replace(payment.id.encode(), b"forged"), body + b" "):
            with pytest.raises(WebhookRejected):
                till.telling.parse_webhook(forged, headers)

    @check
    def test_an_unsigned_request_is_rejected(self, till: Till) -> None:
        """Have no unsigned mode, not even for tests: without its signature a request is anybody's."""
        body, headers, _ = _genuine(till)

        for forged in ({}, dict.fromkeys(headers, "")):
            with pytest.raises(WebhookRejected):
                till.telling.parse_webhook(body, forged)

    @check
    def test_an_old_request_is_rejected(self, till: Till) -> None:
        """Reject what was signed more than 300 s ago: it is a replay, if the provider signs the time."""
        self._rejects(till, -FAR_AWAY)

    @check
    def test_a_request_from_the_future_is_rejected(self, till: Till) -> None:
        """Reject what was signed more than 300 s from now as well: SDKs compare in one direction only."""
        self._rejects(till, FAR_AWAY)

    @check
    def test_an_unsigned_request_raises_nothing_but_webhook_rejected(self, till: Till) -> None:
        """Catch UnicodeDecodeError, TypeError and their like: anybody on the internet can send this."""
        _, headers, _ = _genuine(till)

        for body in GARBAGE:
            for forged in (headers, dict.fromkeys(headers, "é"), dict.fromkeys(headers, "t=,v1=")):
                with pytest.raises(WebhookRejected):
                    till.telling.parse_webhook(body, forged)

    @check
    def test_signed_garbage_raises_nothing_but_webhook_rejected(self, till: Till) -> None:
        """Check the shape of the JSON step by step, and catch RecursionError and ValueError."""
        sign = till.needs(till.harness.sign, "sign")

        for body in GARBAGE:
            with pytest.raises(WebhookRejected):
                till.telling.parse_webhook(body, sign(body, till.harness.now()))

    @check
    def test_a_rejection_carries_nothing_of_the_request(self, till: Till) -> None:
        """Raise outside the except clause: inside, the context holds the body and an error tracker keeps it."""
        body = b'{"note": "' + CANARY.encode() + b'"'
        signed = till.harness.sign(body, till.harness.now()) if till.harness.sign else {}

        for headers in ({}, signed):
            error: BaseException | None = _rejection(till, body, headers)
            while error is not None:
                assert CANARY not in f"{error!r} {error} {vars(error)}"
                error = error.__cause__ or error.__context__

    def _rejects(self, till: Till, distance: timedelta) -> None:
        sign = till.needs(till.harness.sign, "sign")
        body, headers, _ = _genuine(till)
        now = till.harness.now()
        if sign(body, now) == sign(body, now + distance):
            pytest.skip("the provider does not sign the time")
        _read(till, body, {**headers, **sign(body, now)})

        with pytest.raises(WebhookRejected):
            till.telling.parse_webhook(body, {**headers, **sign(body, now + distance)})


def _genuine(till: Till) -> tuple[bytes, Mapping[str, str], GatewayRef]:
    webhook = till.needs(till.harness.webhook, "webhook")
    payment = till.paid()
    body, headers = webhook(payment.ref)
    return body, headers, payment.ref


def _read(till: Till, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
    telling = till.telling
    try:
        return telling.parse_webhook(body, headers)
    except WebhookRejected:
        not_judged("a genuine webhook is rejected")


def _rejection(till: Till, body: bytes, headers: Mapping[str, str]) -> WebhookRejected:
    telling = till.telling
    with on_the_way():
        try:
            telling.parse_webhook(body, headers)
        except WebhookRejected as rejected:
            return rejected
    not_judged("what is not genuine is not rejected")
