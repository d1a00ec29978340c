"""Acme's gateway keeps the contract, against an Acme in memory."""

import hmac
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Lock

import pytest
from attrs import asdict
from billcore_acme import AcmeGateway, AcmeRecord, Fields

from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.testing import GatewayContract, GatewayHarness

SECRET = "acme_secret"
CARDS = {"visa": "paid", "poor": "no_money"}


class Acme:
    """Acme's side of the line, and a line that can fail."""

    def __init__(self) -> None:
        self.payments: list[AcmeRecord] = []
        self.is_down = self.is_silent = False
        self.lock = Lock()

    def send(self, call: str, fields: Fields) -> object:
        if self.is_down:
            raise ConnectionRefusedError
        with self.lock:
            answer = self.answer(call, str(fields.get("key")), str(fields.get("id")), fields)
        if self.is_silent:
            self.is_silent = False
            raise TimeoutError
        return answer if isinstance(answer, dict) else [asdict(record) for record in answer]

    def answer(self, call: str, key: str, id: str, fields: Fields) -> list[AcmeRecord] | dict[str, str]:
        match call:
            case "pay":
                return self.pay(key, str(fields["card"]), int(fields["cents"]))
            case "refund":
                return self.refund(key, id, int(fields["cents"]))
            case "payments_by":
                return [payment for payment in self.payments if payment.about == key]
            case "payment":
                return [payment for payment in self.payments if payment.id == id]
            case _:
                return [refund for payment in self.payments for refund in payment.refunds if refund.id == id]

    def pay(self, key: str, card: str, cents: int) -> list[AcmeRecord] | dict[str, str]:
        for payment in self.payments:
            if payment.about == key:
                return [payment] if payment.cents == cents else {"error": "key_reused"}
        self.payments.append(self.record(f"pay{len(self.payments)}", key, cents, CARDS[card]))
        return self.payments[-1:]

    def refund(self, key: str, id: str, cents: int) -> list[AcmeRecord] | dict[str, str]:
        payment = next(payment for payment in self.payments if payment.id == id)
        if known := [refund for refund in payment.refunds if refund.about == key]:
            return known
        left = payment.cents - sum(refund.cents for refund in payment.refunds)
        if cents > left:
            return {"error": "too_much" if left else "nothing_left"}
        payment.refunds.append(self.record(f"{id}-{len(payment.refunds)}", key, cents))
        return payment.refunds[-1:]

    @staticmethod
    def record(id: str, about: str, cents: int = 0, state: str = "paid") -> AcmeRecord:
        return AcmeRecord(id=id, about=about, cents=cents, state=state, made=int(datetime.now(UTC).timestamp()))

    @contextmanager
    def down(self) -> Iterator[None]:
        self.is_down = True
        yield
        self.is_down = False


def sign(body: bytes, at: datetime) -> Mapping[str, str]:
    second = str(int(at.timestamp()))
    digest = hmac.new(SECRET.encode(), second.encode() + b"." + body, "sha256").hexdigest()
    return {"Acme-Signature": f"{second} {digest}"}


def webhook(about: str, state: str) -> tuple[bytes, Mapping[str, str]]:
    body = json.dumps(asdict(Acme.record("event1", about, state=state))).encode()
    return body, sign(body, datetime.now(UTC))


class TestAcmeGateway(GatewayContract):
    @pytest.fixture
    def acme(self) -> Acme:
        return Acme()

    @pytest.fixture
    def gateway(self, acme: Acme) -> AcmeGateway:
        return AcmeGateway(send=acme.send, webhook_secret=SECRET.encode())

    @pytest.fixture
    def harness(self, acme: Acme) -> GatewayHarness:
        def fall_silent() -> None:
            acme.is_silent = True

        def paid_webhook(payment: GatewayRef) -> tuple[bytes, Mapping[str, str]]:
            return webhook(payment.id, "paid")

        return GatewayHarness(
            good_token="visa",
            declined_token="poor",
            refused_amount=Money(49, "USD"),
            lose_charge_answer=fall_silent,
            lose_refund_answer=fall_silent,
            unreachable=acme.down,
            count_payments=lambda: len(acme.payments),
            webhook=paid_webhook,
            unknown_webhook=lambda: webhook("", "moon_phase"),
            sign=sign,
            secrets=(SECRET,),
        )
