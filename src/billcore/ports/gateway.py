"""Payment gateways: small Protocols, each its own; a gateway implements those it can and says so in its capabilities.

Three rules for whoever implements one:

- An answer about the money is a value of a closed union, never an exception. Silence, a broken connection after
  sending, a server error: all are ``Unknown``. An exception means *certainly nothing happened*:
  ``GatewayConfigurationError``, ``GatewayRequestInvalid``, ``GatewayUnavailable`` or ``AmountNotRepresentable``.
- ``find_*`` must be strongly consistent or raise: a lookup that lags would be read as "never happened".
- Commands are frozen: called twice with the same command, a gateway moves money at most once.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from enum import Enum
from typing import Protocol, runtime_checkable

from attrs import field, frozen

from billcore.fees import FeeLine
from billcore.ids import FirmId, GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import (
    AttachCommand,
    ChargeCommand,
    CheckoutCommand,
    DetachCommand,
    RefundCommand,
)
from billcore.payments.observation import (
    CheckoutSnapshot,
    MethodSnapshot,
    PaymentSnapshot,
    RefundSnapshot,
)
from billcore.reasons import Failure
from billcore.texts import optional_text, text

# ── What a gateway can do ────────────────────────────────────────────────────────────────────────────────────────────


class Idempotency(Enum):
    """Whether the gateway itself refuses to do the same thing twice."""

    NATIVE = "native"
    """A key: the same command within the window gives the first answer again."""
    NONE = "none"
    """Nothing: billcore sends a command at most once and afterwards only looks up."""


class Lookup(Enum):
    """Whether a payment can be found by our own operation id."""

    STRONG = "strong"
    """What was accepted is found at once; not found means it never happened (or is still on its way)."""
    NONE = "none"
    """Not at all, or only with a delay: an outcome in doubt needs a person."""


@frozen(kw_only=True)
class Capabilities:
    """What a gateway offers; billcore asks here before it calls, and a host before it shows a button."""

    methods: frozenset[Method]
    idempotency: Idempotency = Idempotency.NATIVE
    idempotency_window: timedelta = timedelta(hours=23)
    lookup: Lookup = Lookup.STRONG
    two_step: bool = False
    """Implements ``TwoStepGateway``: create first, store the provider's id, then confirm."""
    partial_refunds: bool = True
    multiple_refunds: bool = True
    """More than one refund of a payment, where ``partial_refunds`` are possible at all."""
    refund_within: timedelta | None = None
    """So long after a payment completed; None: for ever. What is not settled yet, only the gateway can tell."""
    saved_methods: bool = False
    hosted_checkout: bool = False
    platform_fees: bool = False
    """Takes a part of a payment for the platform, and gives it back with a refund where that is asked."""
    tells_fees: bool = True
    """Its payments' settlement becomes known, at once or later; billcore looks for a while until it is."""
    currencies: frozenset[str] | None = None
    """None: every currency whose amounts it can represent."""


# ── Results: closed unions, matched exhaustively ─────────────────────────────────────────────────────────────────────


@frozen
class Succeeded:
    """The money is taken."""

    snapshot: PaymentSnapshot


@frozen
class Pending:
    """Accepted and on its way; a webhook or a later look tells the end."""

    snapshot: PaymentSnapshot


@frozen
class NeedsAction:
    """The client must do something first (a bank's challenge, a microdeposit).

    ``snapshot.action_url`` where there is one.
    """

    snapshot: PaymentSnapshot


@frozen(kw_only=True)
class Declined:
    """Refused.

    ``snapshot`` is there when the gateway keeps an object that could still be completed; billcore then cancels it.
    """

    failure: Failure
    snapshot: PaymentSnapshot | None = None


@frozen(kw_only=True)
class Unknown:
    """The outcome is not known: the money may or may not have moved."""

    reason: str
    retry_after: int | None = None


ChargeResult = Succeeded | Pending | NeedsAction | Declined | Unknown


class RejectedBecause(Enum):
    """Why a gateway will not refund."""

    OVER_REFUND = "over_refund"
    ALREADY_REFUNDED = "already_refunded"
    DISPUTED = "disputed"
    NOT_SETTLED = "not_settled"
    TOO_OLD = "too_old"
    INSUFFICIENT_BALANCE = "insufficient_balance"
    UNSUPPORTED = "unsupported"
    OTHER = "other"


@frozen
class RefundAccepted:
    """The gateway has the refund: pending or succeeded, as its snapshot says (or already failed)."""

    snapshot: RefundSnapshot


@frozen(kw_only=True)
class RefundRejected:
    """Certainly not refunded. ``can_void``: the payment could be voided whole instead."""

    because: RejectedBecause
    provider_code: str | None = None
    can_void: bool = False


RefundResult = RefundAccepted | RefundRejected | Unknown

# ── Webhooks ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class EventKind(Enum):
    """What an event is about; one kind per fact.

    It is a hint only: the object is read again before anything is believed.
    """

    PAYMENT_PENDING = "payment_pending"
    PAYMENT_REQUIRES_ACTION = "payment_requires_action"
    PAYMENT_SUCCEEDED = "payment_succeeded"
    PAYMENT_FAILED = "payment_failed"
    PAYMENT_CANCELED = "payment_canceled"
    PAYMENT_RETURNED = "payment_returned"
    FEE_KNOWN = "fee_known"
    REFUND_CHANGED = "refund_changed"
    DISPUTE_CHANGED = "dispute_changed"
    CHECKOUT_COMPLETED = "checkout_completed"
    CHECKOUT_EXPIRED = "checkout_expired"
    SETUP_SUCCEEDED = "setup_succeeded"
    METHOD_CHANGED = "method_changed"
    PAYOUT_CHANGED = "payout_changed"
    ACCOUNT_DISCONNECTED = "account_disconnected"
    IGNORED = "ignored"


@frozen(kw_only=True)
class GatewayEvent:
    """One event of a webhook.

    ``subject`` is the object to read again: the payment's, also for its refunds and disputes.

    ``firm_id`` and ``operation_id`` come from our own metadata, where the provider echoes it.
    """

    id: str
    kind: EventKind
    gateway: str
    account: str | None
    subject: GatewayRef | None
    occurred_at: datetime
    is_live: bool = True
    firm_id: FirmId | None = None
    operation_id: OperationId | None = None

    def __attrs_post_init__(self) -> None:
        text(self.id, "event id", longest=191, required=True)
        optional_text(self.firm_id, "firm id", longest=191)
        optional_text(self.operation_id, "operation id", longest=191)


@frozen
class WebhookBatch:
    """What one request carried, and the body that the provider expects as acknowledgement."""

    events: tuple[GatewayEvent, ...]
    acknowledgement: bytes = b""


# ── Vault, settlement ────────────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class SetupSession:
    """A form of the gateway's on which the client enters a method to keep (S1.21)."""

    ref: GatewayRef
    customer: GatewayRef
    client_secret: str | None = field(default=None, repr=False)
    url: str | None = field(default=None, repr=False)
    method: GatewayRef | None = None
    is_complete: bool = False


@frozen(kw_only=True)
class SettlementLine:
    """One entry of the gateway's own books, for reconciliation: over a payout, gross less fees is net."""

    ref: GatewayRef
    kind: str
    payment: GatewayRef | None
    gross: Money
    fees: tuple[FeeLine, ...]
    net: Money
    payout: GatewayRef | None
    occurred_at: datetime


# ── The Protocols ────────────────────────────────────────────────────────────────────────────────────────────────────


@runtime_checkable
class Gateway(Protocol):
    """What every gateway has: a name, an account it is bound to (or None), and capabilities."""

    @property
    def name(self) -> str: ...
    @property
    def account(self) -> str | None: ...
    @property
    def capabilities(self) -> Capabilities: ...


@runtime_checkable
class ChargeGateway(Gateway, Protocol):
    """Takes money from a saved method."""

    def check_amount(self, amount: Money) -> None:
        """Raise AmountNotRepresentable, before any call, for an amount or currency it cannot take."""

    def charge(self, command: ChargeCommand) -> ChargeResult:
        """Take the money, at most once for ``command.operation_id``."""

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        """The payment as it is now; GatewayUnavailable when it cannot be read."""

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        """The payment that this operation made, or None if certainly none was accepted so far."""

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        """Give up a payment that is not completed; answers what it is now, which may be SUCCEEDED. Safe to repeat."""


@runtime_checkable
class TwoStepGateway(ChargeGateway, Protocol):
    """Creates a payment that moves no money, then confirms it: the provider's id is stored in between."""

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        """Create without confirming.

        ``attempt`` counts up when an answer was Unknown: an unconfirmed payment is harmless.
        """

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        """Move the money of a prepared payment, at most once."""


@runtime_checkable
class RefundGateway(Gateway, Protocol):
    """Gives money back."""

    def refund(self, command: RefundCommand) -> RefundResult:
        """Refund, at most once for ``command.refund_id``."""

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        """The refund as it is now."""

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        """The refund of that payment that carries our id, or None if certainly none was accepted so far."""


@runtime_checkable
class VaultGateway(Gateway, Protocol):
    """Keeps clients' methods; billcore holds references only."""

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        """Bind the token to the client's customer record, which is made where there is none. Safe to repeat."""

    def begin_setup(self, command: AttachCommand) -> SetupSession | Unknown:
        """Open the gateway's own form for a new method; the command's token is empty."""

    def get_setup(self, ref: GatewayRef) -> SetupSession: ...
    def get_method(self, ref: GatewayRef) -> MethodSnapshot: ...
    def list_methods(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]: ...
    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        """Forget the method; forgetting twice is no error."""


@runtime_checkable
class CheckoutGateway(Gateway, Protocol):
    """Shows the client a hosted page to pay on (S1.20)."""

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown: ...
    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot: ...
    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        """Close the page; answers what it is now, which may be COMPLETE. Safe to repeat."""


@runtime_checkable
class WebhookGateway(Gateway, Protocol):
    """Tells what happened, signed."""

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        """Verify the signature on the raw bytes and read the events; raises WebhookRejected and nothing else."""


@runtime_checkable
class SettlementGateway(Gateway, Protocol):
    """Its own books, to reconcile with ours."""

    def iter_settlements(self, *, since: datetime, until: datetime) -> Iterator[SettlementLine]: ...
    def iter_events(self, *, since: datetime) -> Iterator[GatewayEvent]:
        """What webhooks would have told, to catch up on those that never came."""
