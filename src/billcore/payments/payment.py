"""Payment and refund: money from one client by one method, where it is applied, and what was given back of it."""

from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from billcore.events import Part
from billcore.fees import Fee, FeeLine
from billcore.ids import (
    ClientId,
    CreditNoteId,
    FirmId,
    GatewayRef,
    InvoiceId,
    MethodId,
    OperationId,
    PaymentId,
    RefundId,
)
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import DisputeStatus
from billcore.reasons import Failure, Initiator, RefundReason


class PaymentState(Enum):
    """How far a payment has come.

    Refunded and partially refunded are not states but questions, see ``refund_standing``.
    """

    CREATED = "created"
    REQUIRES_ACTION = "requires_action"
    PENDING = "pending"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELED = "canceled"
    RETURNED = "returned"
    DISPUTED = "disputed"
    CHARGED_BACK = "charged_back"


LEGAL_MOVES: dict[PaymentState, frozenset[PaymentState]] = {
    PaymentState.CREATED: frozenset(
        {
            PaymentState.REQUIRES_ACTION,
            PaymentState.PENDING,
            PaymentState.COMPLETED,
            PaymentState.FAILED,
            PaymentState.CANCELED,
        }
    ),
    PaymentState.REQUIRES_ACTION: frozenset(
        {PaymentState.PENDING, PaymentState.COMPLETED, PaymentState.FAILED, PaymentState.CANCELED}
    ),
    PaymentState.PENDING: frozenset({PaymentState.COMPLETED, PaymentState.FAILED, PaymentState.CANCELED}),
    # Money that comes after all, late, is booked and never dropped.
    PaymentState.FAILED: frozenset({PaymentState.COMPLETED}),
    PaymentState.CANCELED: frozenset({PaymentState.COMPLETED}),
    PaymentState.COMPLETED: frozenset({PaymentState.RETURNED, PaymentState.DISPUTED}),
    PaymentState.DISPUTED: frozenset({PaymentState.COMPLETED, PaymentState.CHARGED_BACK, PaymentState.RETURNED}),
    # A bank can take more than there was; the client then owes it.
    PaymentState.CHARGED_BACK: frozenset({PaymentState.RETURNED}),
    PaymentState.RETURNED: frozenset(),
}
"""The only moves there are; everything else is InvalidTransition, or for a gateway's late word, ignored."""

WAITING = frozenset({PaymentState.CREATED, PaymentState.REQUIRES_ACTION, PaymentState.PENDING})
"""The amount is reserved on its invoices."""

LANDED = frozenset({PaymentState.COMPLETED, PaymentState.DISPUTED})
"""The money came and has not been taken back."""


class RefundStanding(Enum):
    """How much of a payment was given back (S1.44); derived, never stored."""

    NONE = "none"
    PARTIALLY_REFUNDED = "partially_refunded"
    REFUNDED = "refunded"


@frozen(kw_only=True)
class Dispute:
    """A contest of the payment, at its latest known stage; ``amount`` is what the gateway says, also beyond it."""

    ref: GatewayRef
    amount: Money
    status: DisputeStatus
    reason: str = ""


@frozen(kw_only=True)
class ExtraFee:
    """A fee beyond processing, once per gateway object and kind."""

    source: str
    line: FeeLine


@frozen(kw_only=True, slots=False)
class Payment:
    """Money from one client. What was received never changes (S1.45): corrections are refunds and new payments.

    ``intended`` is where the payer meant it to go; ``applications`` is where it is now, an amount per invoice:
    reserved while the payment waits, paid once it completed. ``refunded`` was given back, ``refund_reserved`` is on
    its way back, ``taken_back`` a bank took. ``fee`` None is unknown, never zero. ``initiator`` None means recorded
    by hand.
    """

    id: PaymentId
    firm_id: FirmId
    client_id: ClientId
    method: Method
    amount: Money
    state: PaymentState
    intended: tuple[Part, ...]
    applications: tuple[Part, ...]
    refunded: Money
    refund_reserved: Money
    taken_back: Money
    initiator: Initiator | None = None
    method_id: MethodId | None = None
    operation_id: OperationId | None = None
    gateway: str | None = None
    ref: GatewayRef | None = None
    fee: Fee | None = None
    extra_fees: tuple[ExtraFee, ...] = ()
    disputes: tuple[Dispute, ...] = ()
    failure: Failure | None = None
    action_url: str | None = field(default=None, repr=False)
    received_on: date
    reference: str | None = field(default=None, repr=False)
    notes: str = field(default="", repr=False)
    created_at: datetime
    completed_at: datetime | None = None
    needs_review: bool = False
    version: int = 0

    @property
    def is_manual(self) -> bool:
        """Recorded by hand: no gateway holds the money."""
        return self.initiator is None

    @property
    def has_landed(self) -> bool:
        return self.state in LANDED

    @property
    def is_waiting(self) -> bool:
        return self.state in WAITING

    @property
    def is_on_a_page(self) -> bool:
        """Asked for on a hosted page, where the client chooses how to pay."""
        return self.operation_id is not None and self.method_id is None

    @property
    def awaits_its_client(self) -> bool:
        """No money moves unless the client pays on the hosted page, or confirms the charge at their bank."""
        return self.state is PaymentState.REQUIRES_ACTION or (self.is_on_a_page and self.state is PaymentState.CREATED)

    @property
    def may_be_given_up(self) -> bool:
        """It awaits its client, and no person is to find out first whether money came another way."""
        return self.awaits_its_client and not self.needs_review

    @property
    def applied(self) -> Money:
        return Money.sum((part.amount for part in self.applications), self.amount.currency)

    @property
    def unapplied(self) -> Money:
        """Client credit: received, kept, and on no invoice; nothing while the money has not come."""
        if self.completed_at is None:
            return Money.zero(self.amount.currency)
        return self.amount - self.refunded - self.taken_back - self.applied

    @property
    def overdrawn(self) -> Money:
        """What went back beyond what came, and the client therefore owes; zero as long as nobody gave back twice.

        It happens where a bank takes, or a gateway's dashboard refunds, what was given back besides.
        """
        return -min(self.unapplied, Money.zero(self.amount.currency))

    @property
    def refundable(self) -> Money:
        """What may still be given back."""
        if self.completed_at is None:
            return Money.zero(self.amount.currency)
        return self.amount - self.refunded - self.refund_reserved - self.taken_back

    @property
    def refund_standing(self) -> RefundStanding:
        if self.refunded.is_zero:
            return RefundStanding.NONE
        return RefundStanding.REFUNDED if self.refunded >= self.amount else RefundStanding.PARTIALLY_REFUNDED

    @property
    def invoice_ids(self) -> tuple[InvoiceId, ...]:
        """Every invoice that the payment was meant for or is on."""
        return tuple(dict.fromkeys(part.invoice_id for part in (*self.intended, *self.applications)))


class RefundState(Enum):
    """How far a refund has come; a bank can still send a succeeded one back."""

    REQUESTED = "requested"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


LEGAL_REFUND_MOVES: dict[RefundState, frozenset[RefundState]] = {
    RefundState.REQUESTED: frozenset(
        {RefundState.PENDING, RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELED}
    ),
    RefundState.PENDING: frozenset({RefundState.SUCCEEDED, RefundState.FAILED, RefundState.CANCELED}),
    RefundState.SUCCEEDED: frozenset({RefundState.FAILED}),
    RefundState.FAILED: frozenset(),
    RefundState.CANCELED: frozenset(),
}
"""The only moves there are."""


@frozen(kw_only=True, slots=False)
class Refund:
    """Money given back of one payment (S1.30-S1.36): a record of its own, shown as a negative amount.

    ``parts`` and ``unapplied`` are where it was taken from, known once it succeeded. ``is_external``: the firm
    settles it by hand. ``is_foreign``: made in the gateway's own dashboard and taken into our books.
    """

    id: RefundId
    firm_id: FirmId
    payment_id: PaymentId
    amount: Money
    reason: RefundReason
    note: str = field(default="", repr=False)
    state: RefundState
    is_external: bool
    is_foreign: bool = False
    parts: tuple[Part, ...] = ()
    unapplied: Money
    credit_note_ids: tuple[CreditNoteId, ...] = ()
    operation_id: OperationId | None = None
    ref: GatewayRef | None = None
    failure_code: str | None = None
    requested_at: datetime
    succeeded_at: datetime | None = None
    version: int = 0

    @property
    def is_live(self) -> bool:
        """It took or may yet take its amount from the payment."""
        return self.state not in (RefundState.FAILED, RefundState.CANCELED)
