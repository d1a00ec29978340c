"""What a gateway tells: the whole present state of one of its objects, re-readable at any time.

An observation is cumulative and never a change: applying one twice is a no-op, and an older one never undoes a newer
one.
"""

from datetime import date, datetime
from decimal import Decimal
from enum import Enum

from attrs import field, frozen

from billcore.errors import CurrencyMismatch
from billcore.fees import FeeLine
from billcore.ids import GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Failure


class PaymentStatus(Enum):
    """How far a payment has come at its gateway. Refunds and disputes are facts of their own, never a status.

    OPEN: exists, no money is moving, and it could still be completed (not confirmed yet, or declined and retryable).
    FAILED and CANCELED are final: the gateway can no longer take the money.
    """

    OPEN = "open"
    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class RefundStatus(Enum):
    """How far a refund has come; SUCCEEDED may still turn into FAILED when a bank sends the money back."""

    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


class DisputeStatus(Enum):
    """Where a client's contest of a payment stands; OPEN covers every stage before the decision.

    INQUIRY: the bank only asks, and no money moves; it may become a dispute (OPEN), or is CLOSED without one.
    """

    INQUIRY = "inquiry"
    CLOSED = "closed"
    OPEN = "open"
    WON = "won"
    LOST = "lost"


@frozen(kw_only=True)
class Settlement:
    """What one payment brought the firm, in the currency the gateway pays out: ``net`` is ``gross`` less the fees.

    No fees at all means that it was free; a gateway that does not know its fee yet says no settlement.
    """

    gross: Money
    fees: tuple[FeeLine, ...]
    net: Money
    exchange_rate: Decimal | None = None
    available_on: date | None = None

    def __attrs_post_init__(self) -> None:
        kept = Money.sum((line.amount for line in self.fees), self.gross.currency)
        if self.gross - kept != self.net:
            raise CurrencyMismatch(f"settlement does not add up: {self.gross} less fees of {kept} is not {self.net}")


@frozen(kw_only=True)
class RefundSnapshot:
    """One refund at the gateway; ``refund_id`` is ours, None for one made in the gateway's own dashboard."""

    ref: GatewayRef
    refund_id: RefundId | None
    amount: Money
    status: RefundStatus
    failure_code: str | None = None
    fee_returned: Money | None = None
    created_at: datetime


@frozen(kw_only=True)
class DisputeSnapshot:
    """One dispute at the gateway; ``fee`` is what the gateway charges for it, None while unknown."""

    ref: GatewayRef
    amount: Money
    status: DisputeStatus
    reason: str = ""
    fee: Money | None = None
    opened_at: datetime


@frozen(kw_only=True)
class ReturnSnapshot:
    """A bank took a completed payment back."""

    code: str
    fee: Money | None = None
    returned_at: datetime


@frozen(kw_only=True)
class PaymentSnapshot:
    """One payment at the gateway, whole: status, money, failure, settlement, refunds, disputes, bank return.

    ``settlement`` is None until the gateway knows it. ``operation_id`` is ours, None for a payment that was not made
    by us.
    """

    ref: GatewayRef
    operation_id: OperationId | None
    status: PaymentStatus
    amount: Money
    method: Method
    failure: Failure | None = None
    settlement: Settlement | None = None
    refunds: tuple[RefundSnapshot, ...] = ()
    disputes: tuple[DisputeSnapshot, ...] = ()
    returned: ReturnSnapshot | None = None
    action_url: str | None = field(default=None, repr=False)
    created_at: datetime


class CheckoutStatus(Enum):
    """Where a hosted page stands; COMPLETE means the client finished it, the money is the payment's own story."""

    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


@frozen(kw_only=True)
class CheckoutSnapshot:
    """One hosted page; ``payment`` is known once the client has entered a method."""

    ref: GatewayRef
    operation_id: OperationId | None
    status: CheckoutStatus
    url: str | None = field(default=None, repr=False)
    payment: GatewayRef | None = None
    expires_at: datetime


@frozen(kw_only=True)
class MethodSnapshot:
    """One saved method at the gateway."""

    ref: GatewayRef
    customer: GatewayRef | None
    kind: Method
    brand: str | None = None
    last4: str | None = field(default=None, repr=False)
    expires_on: date | None = None
    is_attached: bool = True
