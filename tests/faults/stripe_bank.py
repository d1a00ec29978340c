"""The Stripe stand-in as the bank of a trial: a process of its own, reached by the real gateway over real HTTP."""

import json
import os
import random
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from http.client import RemoteDisconnected
from itertools import count as counting
from typing import Any, Final
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

from attrs import frozen
from requests import PreparedRequest, Response, Session
from requests.adapters import HTTPAdapter
from tests.faults.bank import Hooks, nothing
from tests.faults.sums import Sums
from tests.stripe.peers import SECRET_KEY, TWIN_FOLDER, WEBHOOK_SECRET

from billcore.ids import GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundSnapshot, RefundStatus
from billcore_stripe import StripeGateway, client

IS_HERE: Final = (TWIN_FOLDER / "stripe_twin").is_dir()
PATIENCE: Final = 0.5
LATE: Final = 0.7
"""Seconds after which the gateway gives up a request; a stand-in that is to time out, or to be late, takes longer."""

BEFORE: Final = (
    "rate_limit", "lock_timeout", "key_in_use", "api_error", "unavailable", "unauthorized", "permission", "html",
    "response", "reset_before", "timeout_before", "delay",
)  # fmt: skip
AFTER: Final = ("reset_after", "timeout_after", "truncated", "error_after")
OUTCOMES: Final = ("card_declined", "requires_action")
KINDS_OF_FAULT: Final = (*BEFORE, *AFTER, *OUTCOMES)
"""Every fault of the stand-in: before the request is processed, after it (the money has moved), or as its end."""

STEPS: Final = {
    "charge": ("POST /payment_intents$", "POST /confirm$", "POST /cancel$", "GET /payment_intents"),
    "refund": ("POST /refunds$", "GET /refunds"),
}
"""The requests of a charge and of a refund that a fault may meet."""

_TOKENS: Final = {
    "ok": "pm_card_visa",
    "pending": "pm_usBankAccount_success",
    "declined": "pm_card_chargeCustomerFail",
    "requires_action": "pm_card_authenticationRequired",
}
_STATUSES: Final = {
    "succeeded": PaymentStatus.SUCCEEDED,
    "canceled": PaymentStatus.CANCELED,
    "processing": PaymentStatus.PENDING,
    "requires_capture": PaymentStatus.PENDING,
    "requires_action": PaymentStatus.REQUIRES_ACTION,
}


@frozen(kw_only=True)
class Fault:
    """So many requests of that kind, one of STEPS, meet it."""

    kind: str
    step: str
    times: int = 1


def weathers(verb: str, *, times: Sequence[int] = (1, 2, 4)) -> Sequence[Fault]:
    """Every fault at every step of that verb, once or so often that the gateway's own repetitions do not help."""
    return [Fault(kind=kind, step=step, times=n) for kind in KINDS_OF_FAULT for step in STEPS[verb] for n in times]


class StripeBank:
    """See ``Counterparty``. One account of the stand-in; a trial begins with an empty one."""

    name = "stripe"

    def __init__(self, address: str, point: Callable[[], None] = nothing) -> None:
        # The pauses between repetitions are for a Stripe that is far away and busy.
        client.FIRST_PAUSE_SECONDS = 0.01
        from stripe import RequestsClient

        self._address = address
        self._told: set[str] = set()
        self._on_its_way = 0.0
        self.gateway = StripeGateway(
            api_key=SECRET_KEY,
            webhook_secrets=["whsec_being_replaced", WEBHOOK_SECRET],
            base_addresses={"api": address},
            return_url="https://acme.example/back",
            http=RequestsClient(timeout=PATIENCE, session=_session(point)),
        )

    @property
    def gateways(self) -> Sequence[StripeGateway]:
        return (self.gateway,)

    def restart(self) -> None:
        self._control("reset")
        self._told.clear()

    def storm(self) -> None:
        for kind in KINDS_OF_FAULT:
            self._control(
                "faults", action=_action(kind), match={"path": "^/v1/(pay|ref|che)"}, times=None, probability=0.01
            )

    def calm(self) -> None:
        self._control("faults", method="DELETE")
        # What was delayed, and given up here, may still be on its way.
        time.sleep(self._on_its_way)
        self._on_its_way = 0.0

    def meet(self, verb: str, weather: object) -> None:
        assert isinstance(weather, Fault)
        method, path = weather.step.split()
        self._control(
            "faults", action=_action(weather.kind), match={"method": method, "path": path}, times=weather.times
        )
        self._on_its_way = LATE if weather.kind == "delay" else 0.0

    def waits(self, weather: object) -> bool:
        return False

    def token(self, word: str) -> str:
        return _TOKENS[word]

    def hooks(self, firm: str, count: int = 0) -> Hooks:
        # Stripe promises neither order nor that each comes once; a trial that is told a few may never hear of others.
        events = [event["id"] for event in self._events() if count or event["id"] not in self._told]
        if count:
            events = random.choices(events, k=min(count, len(events))) if events else []
        else:
            random.shuffle(events)
        self._told.update(events)
        return tuple(self._signed(event) for event in events)

    def forgeries(self, firm: str) -> Hooks:
        found = self._events()[:1]
        tampers = ("body", "signature", "no_header", "garbage_header", "wrong_secret", "v0_only", "no_timestamp")
        forged = [self._signed(event["id"], tamper=each) for event in found for each in tampers]
        return (
            *forged,
            *(self._signed(event["id"], t=int(time.time()) + off) for event in found for off in (-900, 900)),
        )

    def decide(self, firm: str, succeeds: bool) -> None:
        state = self._state()
        for intent in [each for each in state if _is(each, "payment_intent", "processing")][-1:]:
            self._control(f"payment_intents/{intent['id']}/settle", failure=None if succeeds else "insufficient_funds")
        for refund in [each for each in state if _is(each, "refund", "pending")][-1:]:
            self._control(f"refunds/{refund['id']}/{'succeed' if succeeds else 'fail'}")
        if not succeeds:
            # A refund may bounce after it arrived.
            for refund in [each for each in state if _is(each, "refund", "succeeded")][-1:]:
                self._control(f"refunds/{refund['id']}/fail")

    def refund_some(self, ref: GatewayRef) -> str:
        return self._call("/v1/refunds", f"payment_intent={ref.id}&amount=200")

    def contest_some(self, ref: GatewayRef, amount: int) -> str:
        state = self._state()
        charges = [each for each in state if _is(each, "charge", "succeeded") and each["payment_intent"] == ref.id]
        for dispute in [each for each in state if _is(each, "dispute", "needs_response")][:1]:
            return self._control(f"disputes/{dispute['id']}/resolve", outcome=random.choice(["won", "lost"]))
        for charge in charges[:1]:
            if not charge["disputed"]:
                return self._control(f"charges/{charge['id']}/dispute", amount=min(amount, charge["amount"]))
        return "nothing to contest"

    def pay_a_page(self, firm: str) -> str:
        for page in [each for each in self._state() if _is(each, "checkout.session", "open")][:1]:
            return self._control(f"checkout_sessions/{page['id']}/pay", payment_method=_TOKENS["ok"])
        return "no page"

    def be_later(self, minutes: int) -> None:
        now = self._get("clock")
        self._control("clock", seconds=max(0.0, minutes * 60 - float(now["offset"])))

    def payments_of(self, firm: str) -> tuple[PaymentSnapshot, ...]:
        state = self._state()
        return tuple(_payment(each, state) for each in state if each["object"] == "payment_intent")

    def audit(self, firm: str) -> tuple[Sums, list[str]]:
        audit, health = self._get("audit"), self._get("health")
        [books] = audit.values()
        twice = [key for key in books["same_metadata"] if not key.startswith(("billcore_firm=", "billcore_client="))]
        wrong = [*books["problems"], *(f"twice: {key}" for key in twice), *health["internal_errors"]]
        wanted = ("collected", "refunded", "fees", "net")
        return Sums(**{name: books[name] for name in wanted}), wrong

    # ── The stand-in's controls ──────────────────────────────────────────────────────────────────────────────────

    def _events(self) -> list[dict[str, Any]]:
        """Newest first: of what is about payments, refunds, disputes and pages."""
        about = ("payment_intent.", "refund.", "charge.", "checkout.")
        events: list[dict[str, Any]] = []
        has_more, after = True, ""
        while has_more:
            address = f"{self._address}/v1/events?limit=100{after}"
            with urlopen(Request(address, headers={"Authorization": f"Bearer {SECRET_KEY}"}), timeout=10) as answer:
                page = json.load(answer)
            events += page["data"]
            has_more, after = page["has_more"], f"&starting_after={events[-1]['id']}" if events else ""
        return [event for event in events if event["type"].startswith(about)]

    def _signed(self, event: str, **how: object) -> tuple[str, dict[str, str]]:
        request = self._post("webhooks/build", {"event": event, "secret": WEBHOOK_SECRET, **how})
        return str(request["body"]), {str(name): str(value) for name, value in request["headers"].items()}

    def _state(self) -> list[dict[str, Any]]:
        """Every object, newest first."""
        [objects] = self._get("state").values()
        return list(reversed(objects.values()))

    def _get(self, path: str) -> dict[str, Any]:
        # The stand-in reads its books while others write them, and hangs up where that went wrong: then once more.
        for _ in range(50):
            try:
                with urlopen(f"{self._address}/_twin/{path}", timeout=20) as answer:
                    told: dict[str, Any] = json.load(answer)
            except RemoteDisconnected:
                continue
            return told
        raise AssertionError(f"the stand-in hung up fifty times when it was asked for {path}")

    def _post(self, path: str, body: object, method: str = "POST") -> dict[str, Any]:
        request = Request(f"{self._address}/_twin/{path}", data=json.dumps(body).encode(), method=method)
        with urlopen(request, timeout=20) as answer:
            told: dict[str, Any] = json.load(answer)
        return told

    def _control(self, path: str, *, method: str = "POST", **body: object) -> str:
        """Tell the stand-in what somebody does; a race may have made it impossible meanwhile."""
        try:
            self._post(path, body, method)
        except HTTPError as error:
            return f"refused: {error.code}"
        return "done"

    def _call(self, path: str, form: str) -> str:
        headers = {"Authorization": f"Bearer {SECRET_KEY}"}
        try:
            urlopen(Request(self._address + path, data=form.encode(), headers=headers), timeout=10).close()
        except HTTPError as error:
            return f"refused: {error.code}"
        except OSError:
            return "not answered"
        return "refunded"


class _Line(HTTPAdapter):
    """A connection with a point before each request and between the request and its answer."""

    def __init__(self, point: Callable[[], None]) -> None:
        super().__init__()
        self._point = point

    def send(self, request: PreparedRequest, *args: Any, **kwargs: Any) -> Response:
        self._point()
        try:
            return super().send(request, *args, **kwargs)
        finally:
            self._point()


def _session(point: Callable[[], None]) -> Session:
    session = Session()
    session.mount("http://", _Line(point))
    return session


@contextmanager
def stripe_bank() -> Iterator[str]:
    """The address of a stand-in that runs until the block ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "stripe_twin", "--port", str(port), "--seed", "1"],
        env={**os.environ, "PYTHONPATH": str(TWIN_FOLDER)},
        stdout=subprocess.DEVNULL,
    )
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address)
        yield address
    finally:
        process.kill()
        process.wait()


def _wait_for(address: str) -> None:
    for attempt in counting():
        try:
            urlopen(f"{address}/_twin/health", timeout=5).close()
        except URLError:
            assert attempt < 200, "the stand-in did not open"
            time.sleep(0.05)
        else:
            return


def _action(kind: str) -> dict[str, object]:
    """With ``response`` it is an answer that is none: success, with a body of somebody else's."""
    if kind == "response":
        return {"kind": kind, "status": 200, "body": {"object": "teapot"}}
    return {"kind": kind, "seconds": LATE}


def _is(found: dict[str, Any], kind: str, status: str) -> bool:
    return bool(found["object"] == kind and found["status"] == status)


def _payment(intent: dict[str, Any], state: list[dict[str, Any]]) -> PaymentSnapshot:
    """Read by hand, so that a mistake of the gateway's reading does not judge itself."""
    refunds = [each for each in state if each["object"] == "refund" and each["payment_intent"] == intent["id"]]
    ours = intent["metadata"].get("billcore_operation")
    return PaymentSnapshot(
        ref=GatewayRef("stripe", None, intent["id"]),
        operation_id=OperationId(ours) if ours else None,
        status=_STATUSES.get(intent["status"], PaymentStatus.OPEN),
        amount=Money(intent["amount"], intent["currency"].upper()),
        method=Method.OTHER,
        refunds=tuple(_refund(each) for each in refunds),
        created_at=datetime.fromtimestamp(intent["created"], UTC),
    )


def _refund(refund: dict[str, Any]) -> RefundSnapshot:
    ours = refund["metadata"].get("billcore_refund")
    return RefundSnapshot(
        ref=GatewayRef("stripe", None, refund["id"]),
        refund_id=RefundId(ours) if ours else None,
        amount=Money(refund["amount"], refund["currency"].upper()),
        status=RefundStatus(refund["status"]),
        created_at=datetime.fromtimestamp(refund["created"], UTC),
    )
