"""The one door to Stripe: a request goes in; out come an answer, a silence, or an exception that nothing happened.

Requests are sent through the SDK's ``raw_request`` and its answers read as plain JSON, because the SDK's own objects
stopped being dicts between two majors. The SDK's retries are off: it forgets that an earlier attempt may have been
executed when a later one is refused, and then a charge that happened would be reported as certainly not made.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from importlib.util import find_spec
from typing import TYPE_CHECKING, Final, Literal, cast

from attrs import define, field, frozen

from billcore.errors import (
    AmountNotRepresentable,
    GatewayConfigurationError,
    GatewayPermissionError,
    GatewayRequestInvalid,
    GatewayUnavailable,
    MissingExtra,
)
from billcore_stripe.records import Record, UnreadableAnswer

if TYPE_CHECKING:
    from stripe import HTTPClient, StripeClient, StripeError
    from stripe._base_address import BaseAddresses

API_VERSION: Final = "2026-10-28.endive"
"""Sent with every request: payloads and parameters change between versions (``payment_method_types`` was removed on
2026-09-30), and the account's own default would change them under a deployed program."""

FIRST_PAUSE_SECONDS = 0.5
_AMOUNT_CODES: Final = frozenset(
    {"amount_too_small", "amount_too_large", "invalid_charge_amount_no_decimal_compatible"}
)


@frozen(kw_only=True)
class Request:
    """One call to Stripe, as a value. A POST without a key must be harmless to repeat.

    *only_key_protects*: every execution would move money again, so nothing but the key keeps a repetition harmless.
    """

    method: Literal["get", "post"]
    path: str
    params: Mapping[str, object] = field(factory=dict, repr=False)
    key: str | None = None
    only_key_protects: bool = False


@frozen(kw_only=True)
class Answer:
    """What Stripe said: 200, or 400, 402 or 404 about the request. ``is_replay``: it said so before, under this key."""

    status: int
    body: Record = field(repr=False)
    request_id: str | None = None
    is_replay: bool = False

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300

    @property
    def error(self) -> Record:
        """Stripe's error object; empty where it sent none."""
        return self.body.record("error") or Record({})


@frozen(kw_only=True)
class Silence:
    """Stripe may or may not have executed the request."""

    reason: str
    retry_after: int | None = None


@frozen(kw_only=True)
class _Reply:
    """One attempt's outcome; ``status`` is None where no whole answer came back."""

    status: int | None = None
    body: Record | None = field(default=None, repr=False)
    headers: Mapping[str, str] = field(factory=dict, repr=False)
    was_refused: bool = False
    """The connection was never made, so nothing was sent."""


@define(eq=False)
class Door:
    """A key and a connection pool; shared by threads and by every account that a gateway is bound to."""

    api_key: str = field(repr=False)
    base_addresses: Mapping[str, str] | None
    http: "HTTPClient | None" = field(repr=False)
    timeout_seconds: float
    retries: int
    _client: "StripeClient | None" = field(default=None, init=False, repr=False)
    _lock: threading.Lock = field(factory=threading.Lock, init=False, repr=False)

    def send(self, request: Request, account: str | None) -> Answer | Silence:
        """Make one call, repeating it under the same key where that can help.

        Raises GatewayUnavailable, GatewayConfigurationError: certainly nothing was executed, by any attempt.
        """
        doubt: Silence | None = None
        attempt = 0
        while True:
            reply = self._exchange(request, account)
            verdict = _judge(reply, request, account, is_first=attempt == 0)
            if isinstance(verdict, Answer):
                return verdict
            is_last = attempt == self.retries or not _may_help_to_repeat(request, reply)
            if isinstance(verdict, Silence):
                doubt = verdict
            elif is_last and doubt is None:
                raise verdict
            if is_last and doubt is not None:
                return doubt
            time.sleep(FIRST_PAUSE_SECONDS * 2**attempt)
            attempt += 1

    def read(self, request: Request, account: str | None) -> Record:
        """Make a call that changes nothing; GatewayUnavailable where Stripe does not answer."""
        answer = self.send(request, account)
        if isinstance(answer, Silence):
            raise GatewayUnavailable(f"could not read from Stripe: {answer.reason}; try again later")
        return accepted(answer)

    def pages(self, request: Request, account: str | None) -> Iterator[Record]:
        """Every object of a list, page by page, newest first."""
        params = {"limit": 100, **request.params}
        while True:
            page = self.read(Request(method="get", path=request.path, params=params), account)
            records = page.records("data")
            yield from records
            if not records or not page.flag("has_more"):
                return
            params["starting_after"] = records[-1].need_text("id")

    def _exchange(self, request: Request, account: str | None) -> _Reply:
        client = self._connected()
        options = {"idempotency_key": request.key, "stripe_account": account}
        params = {**request.params, **{name: value for name, value in options.items() if value is not None}}
        from stripe import StripeError

        token = _is_sending.set(True)
        try:
            response = client.raw_request(request.method, request.path, **params)
            status, body, headers = response.code, response.body, response.headers
        except StripeError as error:
            if error.http_status is None:
                return _Reply(was_refused=_was_refused(error))
            status, body, headers = error.http_status, error.http_body or "", error.headers or {}
        finally:
            _is_sending.reset(token)
        lowered = {name.lower(): value for name, value in headers.items()}
        try:
            return _Reply(status=status, body=Record.parse(body), headers=lowered)
        except UnreadableAnswer:
            return _Reply(status=status, headers=lowered)

    def _connected(self) -> "StripeClient":
        with self._lock:
            if self._client is None:
                self._client = self._connect()
            return self._client

    def _connect(self) -> "StripeClient":
        require_stripe()
        import stripe

        # The SDK has no switch per client: with telemetry on it writes a file into the user's configuration folder.
        stripe.enable_telemetry = False
        logging.getLogger("stripe").addFilter(_keep_bodies_out_of_logs)
        return stripe.StripeClient(
            self.api_key,
            stripe_version=API_VERSION,
            max_network_retries=0,
            base_addresses=cast("BaseAddresses", dict(self.base_addresses or {})),
            http_client=self.http or stripe.RequestsClient(timeout=(5, self.timeout_seconds)),
        )


def require_stripe() -> None:
    """Raise MissingExtra unless the SDK can be imported; does not import it, which takes half a second."""
    if find_spec("stripe") is None:
        raise MissingExtra("the Stripe gateway needs the stripe SDK: pip install 'billcore[stripe]'")


def accepted(answer: Answer) -> Record:
    """The object of a successful answer; raises what a refused request means where no result has a word for it."""
    if answer.is_success:
        return answer.body
    error = answer.error
    code, param = error.text("code"), error.text("param")
    named = f"{code or error.text('type') or answer.status}{f' in {param}' if param else ''}"
    where = f" (Stripe's request id is {answer.request_id})" if answer.request_id else ""
    if code in _AMOUNT_CODES:
        raise AmountNotRepresentable(f"Stripe does not take this amount in this currency: {named}{where}")
    raise GatewayRequestInvalid(f"Stripe refused the request: {named}{where}", field=param, provider_code=code)


def _judge(
    reply: _Reply, request: Request, account: str | None, *, is_first: bool
) -> Answer | Silence | GatewayUnavailable | GatewayConfigurationError:
    """What one attempt's outcome means; a refusal is certain for this attempt only."""
    headers, error = reply.headers, (reply.body and reply.body.record("error")) or Record({})
    retry_after = _seconds(headers.get("retry-after"))
    match reply.status:
        case None if reply.was_refused:
            return GatewayUnavailable("Stripe could not be reached, nothing was sent; try again later")
        case None:
            return Silence(reason="the connection to Stripe broke or timed out before the whole answer came")
        case 401:
            return GatewayConfigurationError("Stripe does not accept the API key: is it whole, and not expired?")
        case 403:
            return GatewayPermissionError(_forbidden(request, account, error))
        case 429:
            return GatewayUnavailable("Stripe's rate limit was reached, nothing was done", retry_after=retry_after)
        case status if reply.body is None:
            return Silence(reason=f"Stripe's answer ({status}) could not be read", retry_after=retry_after)
        case 400 if error.text("type") == "idempotency_error":
            return Silence(reason="Stripe has executed this operation's key with other parameters")
        case 400 if "Stripe API version" in (error.text("message") or ""):
            return GatewayConfigurationError(f"Stripe does not know the API version {API_VERSION} that billcore sends")
        case (200 | 400 | 402 | 404) as status:
            is_replay = is_first and headers.get("idempotent-replayed") == "true"
            return Answer(status=status, body=reply.body, request_id=headers.get("request-id"), is_replay=is_replay)
        case status:
            return Silence(reason=f"Stripe answered {status}", retry_after=retry_after)


def _forbidden(request: Request, account: str | None, error: Record) -> str:
    if error.text("code") == "account_invalid":
        return f"this API key has no access to the connected account {account}: the firm must connect it again"
    where = f"on the connected account {account}" if account else "on its own account"
    return (
        f"permission: this API key may not {request.method.upper()} /{request.path.split('/')[2]} {where}; "
        "give the key that permission (refunds may need admin access to the account)"
    )


def _may_help_to_repeat(request: Request, reply: _Reply) -> bool:
    """Whether the same call may be answered better in a moment; Stripe's own advice goes first.

    A server error may come after the work was done and before the key was kept: then only looking helps.
    """
    advice = reply.headers.get("stripe-should-retry")
    if advice in ("true", "false"):
        return advice == "true"
    if reply.status is None or reply.status == 409:
        return True
    return (reply.status >= 500 or reply.body is None) and not request.only_key_protects


def _was_refused(error: "StripeError") -> bool:
    """Whether the connection itself was refused.

    Only the SDK's declared cause counts: the implicit context may be an exception that the host was just handling.
    """
    from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

    cause = error.__cause__
    wrapped = cause.args[0] if cause is not None and cause.args else None
    return isinstance(getattr(wrapped, "reason", None), NewConnectionError | ConnectTimeoutError)


def _seconds(header: str | None) -> int | None:
    return int(header) if header is not None and header.isascii() and header.isdigit() else None


_is_sending: Final[ContextVar[bool]] = ContextVar("billcore_stripe_is_sending", default=False)


def _keep_bodies_out_of_logs(record: logging.LogRecord) -> bool:
    """The SDK logs whole bodies, clients' data and secrets included: not while one of our calls is made."""
    return not _is_sending.get()
