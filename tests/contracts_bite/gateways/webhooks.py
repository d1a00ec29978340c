"""Faults in hearing webhooks, as real verifiers were caught with."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from uuid import uuid4

from attrs import evolve
from tests.contracts.fake_harness import SECRET
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import WebhookRejected
from billcore.ports.gateway import EventKind, WebhookBatch
from billcore.testing.fake.webhooks import HEADER, TOLERANCE, sign


def signed_at(headers: Mapping[str, str]) -> datetime | None:
    """The moment in the signature, if there is one."""
    second = headers.get(HEADER, "").partition(",")[0].removeprefix("t=")
    return datetime.fromtimestamp(int(second), UTC) if second.isdecimal() and second.isascii() else None


def is_genuine(body: bytes, headers: Mapping[str, str]) -> bool:
    at = signed_at(headers)
    return at is not None and sign(body, SECRET, at)[HEADER] == headers[HEADER]


class HearsOfNoPayment(BrokenGateway):
    bites = "test_a_genuine_webhook_names_the_payment"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        batch = super().parse_webhook(body, headers)
        return WebhookBatch(tuple(evolve(event, subject=None) for event in batch.events))


class InventsEventIds(BrokenGateway):
    bites = "test_an_event_has_the_same_id_each_time_it_is_delivered"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        batch = super().parse_webhook(body, headers)
        return WebhookBatch(tuple(evolve(event, id=uuid4().hex) for event in batch.events))


class SpellsHeadersInOneWay(BrokenGateway):
    bites = "test_header_names_are_read_in_any_case"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        if HEADER not in headers:
            raise WebhookRejected("not signed")
        return super().parse_webhook(body, headers)


class RefusesNewKinds(BrokenGateway):
    bites = "test_an_event_of_an_unknown_kind_is_ignored"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        batch = super().parse_webhook(body, headers)
        if any(event.kind is EventKind.IGNORED for event in batch.events):
            raise WebhookRejected("unknown kind")
        return batch


class VerifiesTheHeaderAlone(BrokenGateway):
    """Any well-formed signature will do, whatever it signs."""

    bites = "test_a_changed_body_is_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        at = signed_at(headers)
        return super().parse_webhook(body, sign(body, SECRET, at) if at else headers)


class HearsTheUnsigned(BrokenGateway):
    """``if signature and not valid``."""

    bites = "test_an_unsigned_request_is_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        is_signed = any(headers.values())
        return super().parse_webhook(body, headers if is_signed else sign(body, SECRET, self._clock.now()))


class HearsReplays(BrokenGateway):
    bites = "test_an_old_request_is_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        at, now = signed_at(headers), self._clock.now()
        is_old = at is not None and at < now - TOLERANCE and is_genuine(body, headers)
        return super().parse_webhook(body, sign(body, SECRET, now) if is_old else headers)


class HearsTheFuture(BrokenGateway):
    """``now - signed > tolerance`` is false for every moment to come."""

    bites = "test_a_request_from_the_future_is_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        at, now = signed_at(headers), self._clock.now()
        is_early = at is not None and at > now + TOLERANCE and is_genuine(body, headers)
        return super().parse_webhook(body, sign(body, SECRET, now) if is_early else headers)


class ChokesOnASignature(BrokenGateway):
    bites = "test_an_unsigned_request_raises_nothing_but_webhook_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        for value in headers.values():
            value.encode("ascii")
        return super().parse_webhook(body, headers)


class ChokesOnSignedGarbage(BrokenGateway):
    bites = "test_signed_garbage_raises_nothing_but_webhook_rejected"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        if is_genuine(body, headers):
            json.loads(body)["events"]
        return super().parse_webhook(body, headers)


class QuotesTheBody(BrokenGateway):
    bites = "test_a_rejection_carries_nothing_of_the_request"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        try:
            return super().parse_webhook(body, headers)
        except WebhookRejected:
            raise WebhookRejected(f"cannot read {body!r}") from None


class KeepsTheBodyInTheContext(BrokenGateway):
    """``from None`` hides the context from a traceback, and not from an error tracker."""

    bites = "test_a_rejection_carries_nothing_of_the_request"

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        if is_genuine(body, headers):
            try:
                json.loads(body)
            except (ValueError, RecursionError):
                raise WebhookRejected("not JSON") from None
        return super().parse_webhook(body, headers)
