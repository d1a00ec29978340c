"""A small Stripe on loopback: enough of its API, over real HTTP, to exercise every method of the gateway anywhere.

It keeps objects in memory, replays answers under idempotency keys, and misbehaves once where ``misbehave`` asks it to.
It is not a judge of parameters; the stand-in that is, when it is there, runs the same tests.
"""

import json
import re
import socket
import struct
import threading
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from types import TracebackType
from urllib.parse import parse_qsl, urlsplit

Fields = dict[str, object]

DECLINES = {"pm_card_chargeCustomerFail": "generic_decline", "pm_card_twinStolenAfterAttach": "stolen_card"}
_EXPANDED = {
    "payment_intent": ["latest_charge"],
    "charge": ["balance_transaction"],
    "refund": ["balance_transaction"],
    "balance_transaction": ["source"],
    "setup_intent": ["payment_method"],
}
NEEDS_A_CHALLENGE = "pm_card_authenticationRequired"


class Refused(Exception):
    """Answer with an error."""

    def __init__(self, status: int, **error: object) -> None:
        super().__init__(error)
        self.status, self.error = status, error


class Loopback:
    """``with Loopback() as server: StripeGateway(..., base_addresses={"api": server.url})``."""

    def __init__(self) -> None:
        self.objects: dict[str, Fields] = {}
        self.knows_fees_at_once = False
        self.requests: list[tuple[str, str, Fields, dict[str, str]]] = []
        self._faults: list[tuple[str, str]] = []
        self._answers: dict[str, tuple[str, str, int, bytes]] = {}
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> "Loopback":
        threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._server.shutdown()
        self._server.server_close()

    # ── What a test arranges ─────────────────────────────────────────────────────────────────────────────────────────

    def misbehave(self, kind: str, path: str = "", times: int = 1) -> None:
        """Play a fault on the next requests whose path ends in the pattern.

        Before anything is done: those of ``_BEFORE``. After it: reset_after, truncated, error_after.
        """
        self._faults += [(kind, path)] * times

    def settle_fees(self) -> None:
        """What happens within the hour: payments get their balance transactions."""
        for charge in self._all("charge"):
            if charge["balance_transaction"] is None and charge["status"] == "succeeded":
                amount = _whole(charge["amount"])
                fee = amount * 29 // 1000 + 30
                charge["balance_transaction"] = self._book(charge, amount, fee, "charge")["id"]

    def settle_debit(self, payment_id: str, failure: str | None = None) -> None:
        """The bank's word on a debit, days later."""
        payment, charge = self.objects[payment_id], self._charge_of(payment_id)
        charge["status"] = "succeeded" if failure is None else "failed"
        payment.update(status="succeeded", amount_received=payment["amount"])
        if failure is not None:
            error = {"type": "invalid_request_error", "code": failure, "message": "failed"}
            payment.update(status="requires_payment_method", amount_received=0, last_payment_error=error)

    def pay_page(self, page_id: str) -> None:
        """The client pays on the hosted page."""
        page = self.objects[page_id]
        method = self.get_method({}, "pm_card_visa")
        params = {"amount": page["_amount"], "currency": page["_currency"], "metadata": page["metadata"]}
        paid = self.make_payment(
            {**params, "payment_method": method["id"], "allowed_payment_method_types": ["card"], "confirm": "true"}
        )
        page.update(status="complete", url=None, payment_intent=paid["id"])

    def dispute(self, payment_id: str) -> None:
        charge = self._charge_of(payment_id)
        charge["disputed"] = True
        withdrawal = self._book(charge, -_whole(charge["amount"]), 1500, "dispute")
        self._make(
            "dispute", "du_", amount=charge["amount"], currency=charge["currency"], payment_intent=payment_id,
            status="needs_response", reason="fraudulent", balance_transactions=[withdrawal],
        )  # fmt: skip

    def pay_out(self) -> str:
        rows = [row for row in self._all("balance_transaction") if "_payout" not in row]
        total = sum(_whole(row["net"]) for row in rows)
        payout = self._make("payout", "po_", amount=total, currency="usd", automatic=True, status="paid")
        payout_id = str(payout["id"])
        for row in [*rows, self._book(payout, -total, 0, "payout")]:
            row["_payout"] = payout_id
        return payout_id

    def tell(self, type_: str, object_id: str) -> None:
        """Record an event about an object."""
        data = {"object": self._shown(self.objects[object_id])}
        self._make("event", "evt_", type=type_, data=data, livemode=False)

    # ── The API ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def answer(
        self, method: str, target: str, body: str, headers: dict[str, str]
    ) -> tuple[int, bytes, str | None, bool]:
        """Status, body, the fault that is to be played on the way back, and whether this was answered before."""
        path, query = urlsplit(target).path, urlsplit(target).query
        params = _decoded(body if method == "POST" else query)
        with self._lock:
            self.requests.append((method, path, params, headers))
            fault = next((each for each in self._faults if re.search(f"{each[1]}$", path)), None)
            if fault is not None:
                self._faults.remove(fault)
            kind = fault[0] if fault is not None else None
            if kind in _BEFORE:
                status, answer = _BEFORE[kind]
                return status, answer, kind, False
            key = headers.get("idempotency-key") if method == "POST" else None
            replayed = self._replayed(key, path, body)
            status, answer = replayed or self._executed(method, path, params)
            if kind == "error_after":
                status, answer = 500, _error(type="api_error")
            if key is not None:
                self._answers.setdefault(key, (path, body, status, answer))
            return status, answer, kind, replayed is not None

    def _replayed(self, key: str | None, path: str, body: str) -> tuple[int, bytes] | None:
        if key is None or key not in self._answers:
            return None
        first_path, first_body, status, answer = self._answers[key]
        same = (first_path, first_body) == (path, body)
        return (status, answer) if same else (400, _error(type="idempotency_error"))

    def _executed(self, method: str, path: str, params: Fields) -> tuple[int, bytes]:
        try:
            for verb, pattern, act in _ROUTES:
                match = re.fullmatch(pattern, path)
                if verb == method and match is not None:
                    return 200, json.dumps(act(self, params, *match.groups())).encode()
            raise Refused(404, type="invalid_request_error", message=f"no such URL {method} {path}")
        except Refused as refused:
            return refused.status, _error(**refused.error)

    def _make(self, kind: str, prefix: str, **fields: object) -> Fields:
        made = {"id": f"{prefix}{next(self._numbers)}", "object": kind, "created": int(time.time()), **fields}
        self.objects[str(made["id"])] = made
        return made

    def _get(self, kind: str, id_: object) -> Fields:
        found = self.objects.get(str(id_))
        if found is None or found["object"] != kind:
            raise Refused(404, type="invalid_request_error", code="resource_missing", param="id")
        return found

    def _all(self, kind: str) -> list[Fields]:
        return [each for each in reversed([*self.objects.values()]) if each["object"] == kind]

    def _page(self, kind: str, params: Fields, **wanted: object) -> Fields:
        rows = [each for each in self._all(kind) if all(each.get(name) == value for name, value in wanted.items())]
        ids = [row["id"] for row in rows]
        start = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
        page = rows[start : start + 2]  # A page of two, so that reading on is exercised.
        return {"object": "list", "data": [self._shown(row) for row in page], "has_more": len(rows) > start + 2}

    def _shown(self, fields: Fields) -> Fields:
        """An object as it goes over the wire, with what the gateway asks to expand."""
        shown = {name: value for name, value in fields.items() if not name.startswith("_")}
        for name in _EXPANDED.get(str(fields["object"]), ()):
            linked = self.objects.get(str(shown.get(name)))
            if linked is not None:
                shown[name] = self._shown(linked) if name != "source" else linked
        return shown

    def _book(self, source: Fields, amount: int, fee: int, category: str) -> Fields:
        details = [{"amount": fee, "currency": "usd", "type": "stripe_fee"}] if fee else []
        return self._make(
            "balance_transaction", "txn_", amount=amount, fee=fee, net=amount - fee, fee_details=details,
            currency=source["currency"], reporting_category=category, available_on=int(time.time()) + 172_800,
            exchange_rate=None, source=source["id"],
        )  # fmt: skip

    def _kept(self, method_id: object, customer_id: object) -> Fields:
        method = self._get("payment_method", method_id)
        if method["customer"] != customer_id:
            raise Refused(400, type="invalid_request_error", param="payment_method")
        return method

    def _charge_of(self, payment_id: object) -> Fields:
        charge = self.objects.get(str(self._get("payment_intent", payment_id)["latest_charge"]))
        if charge is None:
            raise Refused(400, type="invalid_request_error", param="payment_intent")
        return charge

    # ── Operations ───────────────────────────────────────────────────────────────────────────────────────────────────

    def make_customer(self, params: Fields) -> Fields:
        return self._make("customer", "cus_", metadata=params.get("metadata", {}), name=None, email=None)

    def update_customer(self, params: Fields, id_: str) -> Fields:
        customer = self._get("customer", id_)
        customer.update(params)
        return customer

    def search_customers(self, params: Fields) -> Fields:
        """Finds nothing, as Stripe's search does for the first minute."""
        return {"object": "search_result", "data": [], "has_more": False}

    def get_method(self, params: Fields, id_: str) -> Fields:
        if id_.startswith("pm_usBankAccount"):
            details: Fields = {"bank_name": "TEST BANK", "last4": "6789"}
            return self._make("payment_method", "pm_", type="us_bank_account", us_bank_account=details, customer=None)
        if id_.startswith("pm_card_"):
            card: Fields = {"brand": "visa", "last4": "4242", "exp_month": 8, "exp_year": 2031}
            return self._make("payment_method", "pm_", type="card", card=card, customer=None, _token=id_)
        return self._get("payment_method", id_)

    def attach(self, params: Fields, id_: str) -> Fields:
        if id_ == "pm_card_chargeDeclined":
            raise Refused(402, type="card_error", code="card_declined", decline_code="generic_decline")
        method = self.get_method({}, id_)
        method["customer"] = params["customer"]
        return self._shown(method)

    def detach(self, params: Fields, id_: str) -> Fields:
        method = self._get("payment_method", id_)
        if method["customer"] is None:
            raise Refused(400, type="invalid_request_error", param="payment_method")
        method["customer"] = None
        return self._shown(method)

    def methods_of(self, params: Fields, id_: str) -> Fields:
        return self._page("payment_method", params, customer=id_)

    def make_setup(self, params: Fields) -> Fields:
        setup = self._make(
            "setup_intent", "seti_", customer=params["customer"], metadata=params.get("metadata", {}),
            status="requires_payment_method", client_secret="seti_secret_canary", payment_method=None,
        )  # fmt: skip
        if params.get("confirm") == "true":
            self.attach({"customer": params["customer"]}, str(params["payment_method"]))
            setup.update(status="succeeded", payment_method=self._all("payment_method")[0]["id"])
        return self._shown(setup)

    def get_setup(self, params: Fields, id_: str) -> Fields:
        return self._shown(self._get("setup_intent", id_))

    def make_payment(self, params: Fields) -> Fields:
        method = self._kept(params["payment_method"], params.get("customer"))
        payment = self._make(
            "payment_intent", "pi_", amount=_whole(params["amount"]), currency=params["currency"],
            customer=params.get("customer"), payment_method=method["id"], metadata=params.get("metadata", {}),
            payment_method_types=params["allowed_payment_method_types"], status="requires_confirmation",
            latest_charge=None, last_payment_error=None, client_secret="pi_secret_canary",
        )  # fmt: skip
        return self.confirm({**params}, str(payment["id"])) if params.get("confirm") == "true" else self._shown(payment)

    def confirm(self, params: Fields, id_: str) -> Fields:
        payment = self._get("payment_intent", id_)
        if payment["status"] not in ("requires_confirmation", "requires_payment_method"):
            raise Refused(400, type="invalid_request_error", code="payment_intent_unexpected_state",
                          payment_intent=self._shown(payment))  # fmt: skip
        method = self._kept(params["payment_method"], payment["customer"])
        token = str(method.get("_token"))
        decline = DECLINES.get(token)
        if token == NEEDS_A_CHALLENGE:
            if params["off_session"] == "false":
                url = "https://hooks.stripe.test/challenge"
                payment.update(status="requires_action", next_action={"redirect_to_url": {"url": url}})
                return self._shown(payment)
            decline = "authentication_required"
        if decline is not None:
            error = {"type": "card_error", "code": "card_declined", "decline_code": decline, "message": "declined"}
            payment.update(status="requires_payment_method", payment_method=None, last_payment_error=error)
            raise Refused(402, **error, payment_intent=self._shown(payment))
        is_debit = method["type"] == "us_bank_account"
        charge = self._make(
            "charge", "py_" if is_debit else "ch_", amount=payment["amount"], currency=payment["currency"],
            payment_intent=id_, status="pending" if is_debit else "succeeded", balance_transaction=None,
            disputed=False, payment_method_details={"type": method["type"]}, metadata=payment["metadata"],
        )  # fmt: skip
        payment.update(status="processing" if is_debit else "succeeded", latest_charge=charge["id"])
        payment["amount_received"] = 0 if is_debit else payment["amount"]
        if self.knows_fees_at_once:
            self.settle_fees()
        self.tell("payment_intent.processing" if is_debit else "payment_intent.succeeded", id_)
        return self._shown(payment)

    def cancel(self, params: Fields, id_: str) -> Fields:
        payment = self._get("payment_intent", id_)
        if payment["status"] in ("succeeded", "processing", "canceled"):
            raise Refused(400, type="invalid_request_error", code="payment_intent_unexpected_state",
                          payment_intent=self._shown(payment))  # fmt: skip
        payment["status"] = "canceled"
        return self._shown(payment)

    def get_payment(self, params: Fields, id_: str) -> Fields:
        return self._shown(self._get("payment_intent", id_))

    def payments(self, params: Fields) -> Fields:
        wanted = {"customer": params["customer"]} if "customer" in params else {}
        return self._page("payment_intent", params, **wanted)

    def make_refund(self, params: Fields) -> Fields:
        charge = self._charge_of(params["payment_intent"])
        live = [each for each in self._all("refund") if each["payment_intent"] == params["payment_intent"]]
        left = _whole(charge["amount"]) - sum(_whole(each["amount"]) for each in live)
        amount = _whole(params["amount"])
        if left == 0:
            raise Refused(400, type="invalid_request_error", code="charge_already_refunded", param="charge")
        if charge["disputed"]:
            raise Refused(400, type="invalid_request_error", code="charge_disputed", param="charge")
        if amount > left:
            raise Refused(400, type="invalid_request_error", param="amount")
        refund = self._make(
            "refund", "re_", amount=amount, currency=charge["currency"], payment_intent=params["payment_intent"],
            metadata=params["metadata"], reason=params["reason"], status="succeeded",
        )  # fmt: skip
        refund["balance_transaction"] = self._book(refund, -amount, 0, "refund")["id"]
        return self._shown(refund)

    def get_refund(self, params: Fields, id_: str) -> Fields:
        return self._shown(self._get("refund", id_))

    def refunds(self, params: Fields) -> Fields:
        return self._page("refund", params, payment_intent=params["payment_intent"])

    def disputes(self, params: Fields) -> Fields:
        return self._page("dispute", params, payment_intent=params["payment_intent"])

    def open_page(self, params: Fields) -> Fields:
        item = _inside(_inside(params["line_items"], 0), "price_data")
        page = self._make(
            "checkout.session", "cs_", status="open", url="https://checkout.stripe.test/page", payment_intent=None,
            metadata=params["metadata"], expires_at=_whole(params["expires_at"]), customer=params.get("customer"),
            _amount=_inside(item, "unit_amount"), _currency=_inside(item, "currency"),
        )  # fmt: skip
        return self._shown(page)

    def get_page(self, params: Fields, id_: str) -> Fields:
        return self._shown(self._get("checkout.session", id_))

    def close_page(self, params: Fields, id_: str) -> Fields:
        page = self._get("checkout.session", id_)
        if page["status"] != "open":
            raise Refused(400, type="invalid_request_error")
        page.update(status="expired", url=None)
        return self._shown(page)

    def transactions(self, params: Fields) -> Fields:
        wanted = {"_payout": params["payout"]} if "payout" in params else {}
        return self._page("balance_transaction", params, **wanted)

    def payouts(self, params: Fields) -> Fields:
        return self._page("payout", params)

    def events(self, params: Fields) -> Fields:
        return self._page("event", params)


_ROUTES: list[tuple[str, str, Callable[..., Fields]]] = [
    ("POST", "/v1/customers", Loopback.make_customer),
    ("GET", "/v1/customers/search", Loopback.search_customers),
    ("POST", "/v1/customers/([^/]+)", Loopback.update_customer),
    ("GET", "/v1/customers/([^/]+)/payment_methods", Loopback.methods_of),
    ("GET", "/v1/payment_methods/([^/]+)", Loopback.get_method),
    ("POST", "/v1/payment_methods/([^/]+)/attach", Loopback.attach),
    ("POST", "/v1/payment_methods/([^/]+)/detach", Loopback.detach),
    ("POST", "/v1/setup_intents", Loopback.make_setup),
    ("GET", "/v1/setup_intents/([^/]+)", Loopback.get_setup),
    ("POST", "/v1/payment_intents", Loopback.make_payment),
    ("GET", "/v1/payment_intents", Loopback.payments),
    ("GET", "/v1/payment_intents/([^/]+)", Loopback.get_payment),
    ("POST", "/v1/payment_intents/([^/]+)/confirm", Loopback.confirm),
    ("POST", "/v1/payment_intents/([^/]+)/cancel", Loopback.cancel),
    ("POST", "/v1/refunds", Loopback.make_refund),
    ("GET", "/v1/refunds", Loopback.refunds),
    ("GET", "/v1/refunds/([^/]+)", Loopback.get_refund),
    ("GET", "/v1/disputes", Loopback.disputes),
    ("POST", "/v1/checkout/sessions", Loopback.open_page),
    ("GET", "/v1/checkout/sessions/([^/]+)", Loopback.get_page),
    ("POST", "/v1/checkout/sessions/([^/]+)/expire", Loopback.close_page),
    ("GET", "/v1/balance_transactions", Loopback.transactions),
    ("GET", "/v1/payouts", Loopback.payouts),
    ("GET", "/v1/events", Loopback.events),
]


def _error(**error: object) -> bytes:
    return json.dumps({"error": error}).encode()


_BEFORE: dict[str | None, tuple[int, bytes]] = {
    "rate_limit": (429, _error(type="invalid_request_error", code="rate_limit")),
    "api_error": (500, _error(type="api_error")),
    "key_in_use": (409, _error(type="invalid_request_error", code="idempotency_key_in_use")),
    "html": (502, b"<html>Bad Gateway</html>"),
    "unauthorized": (401, _error(type="invalid_request_error", code="api_key_expired")),
    "permission": (403, _error(type="invalid_request_error")),
    "reset_before": (0, b""),
}


def _whole(value: object) -> int:
    return int(str(value))


def _inside(value: object, name: str | int) -> object:
    assert isinstance(value, dict | list)
    return value[name]  # type: ignore[index]


def _decoded(encoded: str) -> Fields:
    """``a[b][0]=c`` as nested objects; a list where every name is a number or there is none."""
    root: Fields = {}
    for name, value in parse_qsl(encoded, keep_blank_values=True):
        path = re.findall(r"[^\[\]]+", name)
        level = root
        for part in path[:-1]:
            inner = level.setdefault(part, {})
            assert isinstance(inner, dict)
            level = inner
        level[path[-1]] = value
    listed = _with_lists(root)
    assert isinstance(listed, dict)
    return listed


def _with_lists(value: object) -> object:
    if not isinstance(value, dict):
        return value
    inner = {name: _with_lists(each) for name, each in value.items()}
    return [*inner.values()] if inner and all(name.isdigit() for name in inner) else inner


def _handler_of(server: Loopback) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True
        wbufsize = 65536

        def do_GET(self) -> None:
            self._answer("GET")

        def do_POST(self) -> None:
            self._answer("POST")

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

        def _answer(self, method: str) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status, answer, fault, is_replay = server.answer(method, self.path, body, headers)
            if fault in ("reset_before", "reset_after"):
                self.close_connection = True
                self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
                self.connection.close()
                return
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            if is_replay:
                self.send_header("Idempotent-Replayed", "true")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            if fault == "truncated":
                self.close_connection = True
                answer = answer[: len(answer) // 2]
            self.wfile.write(answer)

    return Handler
