"""What a gateway is told: commands, every parameter frozen before the call, so that a retry is the same call."""

from datetime import datetime
from ipaddress import ip_address

from attrs import field, frozen

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import BadText
from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, PaymentId, RefundId
from billcore.kinds import of_kind
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Initiator, RefundReason
from billcore.texts import optional_text, text


@frozen(kw_only=True)
class ChargeCommand:
    """Take this amount from this saved method, at most once for this operation id."""

    operation_id: OperationId
    firm_id: FirmId
    payment_id: PaymentId
    customer: GatewayRef | None
    method: GatewayRef
    method_kind: Method
    amount: Money
    initiator: Initiator
    description: str = field(default="", repr=False)
    statement_hint: str | None = field(default=None, repr=False)
    platform_fee: Money | None = None
    return_url: str | None = field(default=None, repr=False)
    """Where the client comes back to after a bank's challenge; None leaves it to the gateway."""
    created_at: datetime

    def __attrs_post_init__(self) -> None:
        optional_text(self.return_url, "return URL", longest=2000)


@frozen(kw_only=True)
class RefundCommand:
    """Give this amount of that payment back, at most once for this refund id."""

    operation_id: OperationId
    firm_id: FirmId
    refund_id: RefundId
    payment: GatewayRef
    amount: Money
    reason: RefundReason
    return_platform_fee: bool = False
    created_at: datetime


@frozen(kw_only=True)
class CancelCommand:
    """Make sure that this payment can no longer be completed.

    ``by`` asked for it for that ``reason``, which the books say once it is canceled; None was not noted in older books.
    """

    operation_id: OperationId
    firm_id: FirmId
    payment_id: PaymentId
    payment: GatewayRef
    reason: str = field(repr=False)
    by: Actor | None
    created_at: datetime


@frozen(kw_only=True)
class CheckoutCommand:
    """Open a hosted page on which the client pays this amount."""

    operation_id: OperationId
    firm_id: FirmId
    payment_id: PaymentId
    client_id: ClientId
    customer: GatewayRef | None
    amount: Money
    methods: tuple[Method, ...]
    description: str = field(default="", repr=False)
    save_method: bool = False
    platform_fee: Money | None = None
    success_url: str = field(repr=False)
    cancel_url: str = field(repr=False)
    expires_at: datetime
    created_at: datetime

    def __attrs_post_init__(self) -> None:
        text(self.success_url, "success URL", longest=2000, required=True)
        text(self.cancel_url, "cancel URL", longest=2000, required=True)
        of_kind(self.save_method, bool, "save_method")


@frozen(kw_only=True)
class Consent:
    """The evidence that a client agreed to later charges: the words they were shown, when, and from where.

    A bank debit needs it as its mandate. ``ip_address`` and ``user_agent`` are those of the client's browser, both or
    neither: None where they agreed on paper or by telephone. Refused with BadText, BadDate.
    """

    text: str = field(repr=False)
    accepted_at: datetime
    ip_address: str | None = field(default=None, repr=False)
    user_agent: str | None = field(default=None, repr=False)

    def __attrs_post_init__(self) -> None:
        text(self.text, "text of the consent", longest=5000, required=True)
        instant(self.accepted_at, "accepted_at")
        optional_text(self.user_agent, "user agent", longest=1000)
        if not self.user_agent and self.user_agent is not None:
            raise BadText("the user agent must not be empty; leave out both it and the IP address")
        if (self.ip_address is None) is not (self.user_agent is None):
            raise BadText("a consent given online has both an IP address and a user agent, any other has neither")
        if self.ip_address is not None and not _is_ip_address(self.ip_address):
            raise BadText("the client's IP address must be one, such as 203.0.113.7 or 2001:db8::7")


@frozen(kw_only=True)
class AttachCommand:
    """Keep this method, which the client entered on the gateway's own form, for later charges.

    ``token`` is the gateway's one-time or reusable handle of the method, never a card number. ``consent`` is kept with
    this command, as the firm's evidence, and told to gateways that want it.
    """

    operation_id: OperationId
    firm_id: FirmId
    client_id: ClientId
    gateway: str
    account: str | None
    token: str = field(repr=False)
    client_name: str = field(repr=False)
    client_email: str | None = field(default=None, repr=False)
    consent: Consent | None = None
    created_at: datetime


@frozen(kw_only=True)
class DetachCommand:
    """Forget this saved method; it can never be charged again."""

    operation_id: OperationId
    firm_id: FirmId
    method: GatewayRef
    created_at: datetime


Command = ChargeCommand | RefundCommand | CancelCommand | CheckoutCommand | AttachCommand | DetachCommand


def _is_ip_address(written: object) -> bool:
    if not isinstance(written, str):
        return False
    try:
        ip_address(written)
    except ValueError:
        return False
    return True
