"""What a gateway is told: commands, every parameter frozen before the call, so that a retry is the same call."""

from datetime import datetime

from attrs import field, frozen

from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, PaymentId, RefundId
from billcore.kinds import of_kind
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Initiator, RefundReason
from billcore.texts import text


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
    created_at: datetime


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
    """Make sure that this payment can no longer be completed."""

    operation_id: OperationId
    firm_id: FirmId
    payment_id: PaymentId
    payment: GatewayRef
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
    success_url: str = field(repr=False)
    cancel_url: str = field(repr=False)
    expires_at: datetime
    created_at: datetime

    def __attrs_post_init__(self) -> None:
        text(self.success_url, "success URL", longest=2000, required=True)
        text(self.cancel_url, "cancel URL", longest=2000, required=True)
        of_kind(self.save_method, bool, "save_method")


@frozen(kw_only=True)
class AttachCommand:
    """Keep this method, which the client entered on the gateway's own form, for later charges.

    ``token`` is the gateway's one-time or reusable handle of the method, never a card number.
    """

    operation_id: OperationId
    firm_id: FirmId
    client_id: ClientId
    gateway: str
    account: str | None
    token: str = field(repr=False)
    client_name: str = field(repr=False)
    client_email: str | None = field(default=None, repr=False)
    created_at: datetime


@frozen(kw_only=True)
class DetachCommand:
    """Forget this saved method; it can never be charged again."""

    operation_id: OperationId
    firm_id: FirmId
    method: GatewayRef
    created_at: datetime


Command = ChargeCommand | RefundCommand | CancelCommand | CheckoutCommand | AttachCommand | DetachCommand
