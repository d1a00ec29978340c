"""What happened: one immutable event per verb. Timeline, journal and outbox are all derived from these.

Events carry ids, amounts and dates, never records: that keeps them readable for ever. ``at`` is the moment; ``on`` is the
business date on which it counts in the books, by default the date of ``at`` in the timezone in which ``at`` is given, which is
the firm's. The ``stream`` is the record whose verb it was; within one stream events are in order.
"""

from datetime import date, datetime

from attrs import Factory, field, frozen

from billcore.actors import Actor
from billcore.fees import Fee, FeeLine
from billcore.ids import (
    ChargeId,
    ClientId,
    CreditNoteId,
    FirmId,
    GatewayRef,
    InvoiceId,
    MethodId,
    PaymentId,
    RefundId,
)
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Failure, Initiator, RefundReason


@frozen
class Part:
    """An amount of a payment on one invoice."""

    invoice_id: InvoiceId
    amount: Money


@frozen(kw_only=True)
class _Happened:
    firm_id: FirmId
    at: datetime
    by: Actor
    on: date = Factory(lambda self: self.at.date(), takes_self=True)


# ── The firm and its clients ─────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class FirmOpened(_Happened):
    currency: str
    policy_name: str


@frozen(kw_only=True)
class FirmChanged(_Happened):
    policy_name: str


@frozen(kw_only=True)
class _OfClient(_Happened):
    client_id: ClientId


@frozen(kw_only=True)
class ClientAdded(_OfClient):
    currency: str


@frozen(kw_only=True)
class ClientChanged(_OfClient):
    pass


@frozen(kw_only=True)
class MethodAttached(_OfClient):
    """``is_first`` tells the host to offer paying open invoices with it (S1.48)."""

    method_id: MethodId
    kind: Method
    is_first: bool


@frozen(kw_only=True)
class MethodDetached(_OfClient):
    method_id: MethodId


# ── Work not yet invoiced ────────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class _OfCharge(_Happened):
    charge_id: ChargeId


@frozen(kw_only=True)
class ChargeAdded(_OfCharge):
    client_id: ClientId


@frozen(kw_only=True)
class ChargeChanged(_OfCharge):
    pass


@frozen(kw_only=True)
class ChargeDiscarded(_OfCharge):
    reason: str = field(repr=False)


# ── Invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class _OfInvoice(_Happened):
    invoice_id: InvoiceId


@frozen(kw_only=True)
class InvoiceDrafted(_OfInvoice):
    client_id: ClientId
    gross: Money
    origin: str
    claimed: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceEdited(_OfInvoice):
    gross: Money
    claimed: tuple[ChargeId, ...] = ()
    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceDeleted(_OfInvoice):
    """A draft is gone; this is its tombstone."""

    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceIssued(_OfInvoice):
    number: str
    due_on: date
    net: Money
    tax: Money
    gross: Money
    billed: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceDelivered(_OfInvoice):
    channel: str


@frozen(kw_only=True)
class InvoiceViewed(_OfInvoice):
    pass


@frozen(kw_only=True)
class InvoiceVoided(_OfInvoice):
    """What stood in the books and no longer does: ``net`` and ``tax`` not credited before, ``owed``, and ``written_off``."""

    reason: str = field(repr=False)
    net: Money
    tax: Money
    owed: Money
    written_off: Money
    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceWrittenOff(_OfInvoice):
    amount: Money
    reason: str = field(repr=False)


@frozen(kw_only=True)
class WriteOffReversed(_OfInvoice):
    amount: Money
    reason: str = field(repr=False)


@frozen(kw_only=True)
class InvoiceCredited(_OfInvoice):
    """A credit note lowered the total; ``refund_id`` where a refund wrote it (C4)."""

    credit_note_id: CreditNoteId
    number: str
    amount: Money
    net: Money
    tax: Money
    reason: str = field(repr=False)
    refund_id: RefundId | None = None


@frozen(kw_only=True)
class CreditReversed(_OfInvoice):
    """A credit note was cancelled because the refund that wrote it failed."""

    credit_note_id: CreditNoteId
    amount: Money
    net: Money
    tax: Money


@frozen(kw_only=True)
class HoldPlaced(_OfInvoice):
    reason: str = field(repr=False)


@frozen(kw_only=True)
class HoldReleased(_OfInvoice):
    pass


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class _OfPayment(_Happened):
    """``invoice_ids`` are all invoices that the payment is or was on: each shows the event in its timeline (S1.25, S1.41)."""

    payment_id: PaymentId
    amount: Money
    invoice_ids: tuple[InvoiceId, ...]


@frozen(kw_only=True)
class PaymentRecorded(_OfPayment):
    """Money received outside any gateway, whole and at once. What ``parts`` leave over is the client's credit."""

    client_id: ClientId
    method: Method
    parts: tuple[Part, ...]
    reference: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class PaymentInitiated(_OfPayment):
    """A gateway was asked; ``parts`` are reserved on their invoices (S1.22)."""

    client_id: ClientId
    method: Method
    initiator: Initiator
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentPending(_OfPayment):
    """The gateway has it and will tell the end (S1.23)."""


@frozen(kw_only=True)
class PaymentActionRequired(_OfPayment):
    """The client must answer a challenge first."""


@frozen(kw_only=True)
class PaymentCompleted(_OfPayment):
    """The money is there. ``released`` leaves in-flight, ``parts`` is paid; they differ only when it comes after all, late."""

    method: Method
    initiator: Initiator
    released: tuple[Part, ...]
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentFailed(_OfPayment):
    """It will not come; the reservation is lifted and the balance is back (S1.24)."""

    initiator: Initiator
    failure: Failure
    released: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentCanceled(_OfPayment):
    """Given up before it was completed; nothing moved."""

    initiator: Initiator
    reason: str = field(repr=False)
    released: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentReturned(_OfPayment):
    """A bank took a completed payment back; ``amount`` is what it took, ``unapplied`` the part that was client credit."""

    code: str
    initiator: Initiator
    parts: tuple[Part, ...]
    unapplied: Money


@frozen(kw_only=True)
class DisputeOpened(_OfPayment):
    """The client contests ``amount`` at the bank; the gateway holds it until the decision."""

    dispute: GatewayRef
    reason: str


@frozen(kw_only=True)
class DisputeWon(_OfPayment):
    dispute: GatewayRef


@frozen(kw_only=True)
class DisputeLost(_OfPayment):
    dispute: GatewayRef
    initiator: Initiator
    parts: tuple[Part, ...]
    unapplied: Money


@frozen(kw_only=True)
class FeeAssessed(_OfPayment):
    """What the processor keeps became known, or better known; ``replaces`` is what was believed before."""

    fee: Fee
    replaces: Fee | None = None


@frozen(kw_only=True)
class ExtraFeeCharged(_OfPayment):
    """A fee beyond processing: for a dispute, a bank return, a refund. ``source`` is the gateway's object it belongs to."""

    source: str
    line: FeeLine


@frozen(kw_only=True)
class PaymentApplied(_OfPayment):
    """Client credit of a completed payment went onto invoices."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentUnapplied(_OfPayment):
    """Money came off invoices and is client credit again."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentReviewRequired(_OfPayment):
    """The gateway's word contradicts our books, or cannot be had: a person must look, and nothing new is tried meanwhile."""

    reason: str


@frozen(kw_only=True)
class PaymentReviewed(_OfPayment):
    """A person resolved it; ``evidence`` says how they know."""

    evidence: str = field(repr=False)


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@frozen(kw_only=True)
class _OfRefund(_Happened):
    """``invoice_ids`` are all invoices that the payment is or was on."""

    refund_id: RefundId
    payment_id: PaymentId
    amount: Money
    invoice_ids: tuple[InvoiceId, ...]


@frozen(kw_only=True)
class RefundRequested(_OfRefund):
    """The amount is reserved on its payment."""

    reason: RefundReason


@frozen(kw_only=True)
class RefundPending(_OfRefund):
    pass


@frozen(kw_only=True)
class RefundSucceeded(_OfRefund):
    """Given back. ``parts`` come off their invoices, ``unapplied`` off the client's credit; the fee stays (S1.43).

    ``is_external``: the firm settled it by hand, no gateway moved money (S1.35). ``holds``: the invoices on which collection stops (C5).
    """

    reason: RefundReason
    is_external: bool
    is_manual: bool
    parts: tuple[Part, ...]
    unapplied: Money
    holds: tuple[InvoiceId, ...] = ()


@frozen(kw_only=True)
class RefundFailed(_OfRefund):
    """It did not arrive. If it had succeeded before, what was ``undone`` by it comes back: ``parts`` to the invoices that can
    take them now, ``unapplied`` to the client's credit."""

    code: str
    had_succeeded: bool
    is_external: bool
    is_manual: bool
    undone: tuple[Part, ...] = ()
    parts: tuple[Part, ...] = ()
    unapplied: Money


@frozen(kw_only=True)
class RefundCanceled(_OfRefund):
    """Given up before it was sent or by the gateway; nothing moved."""

    reason: str = field(repr=False)


# ── All of them ──────────────────────────────────────────────────────────────────────────────────────────────────────

Event = (
    FirmOpened
    | FirmChanged
    | ClientAdded
    | ClientChanged
    | MethodAttached
    | MethodDetached
    | ChargeAdded
    | ChargeChanged
    | ChargeDiscarded
    | InvoiceDrafted
    | InvoiceEdited
    | InvoiceDeleted
    | InvoiceIssued
    | InvoiceDelivered
    | InvoiceViewed
    | InvoiceVoided
    | InvoiceWrittenOff
    | WriteOffReversed
    | InvoiceCredited
    | CreditReversed
    | HoldPlaced
    | HoldReleased
    | PaymentRecorded
    | PaymentInitiated
    | PaymentPending
    | PaymentActionRequired
    | PaymentCompleted
    | PaymentFailed
    | PaymentCanceled
    | PaymentReturned
    | DisputeOpened
    | DisputeWon
    | DisputeLost
    | FeeAssessed
    | ExtraFeeCharged
    | PaymentApplied
    | PaymentUnapplied
    | PaymentReviewRequired
    | PaymentReviewed
    | RefundRequested
    | RefundPending
    | RefundSucceeded
    | RefundFailed
    | RefundCanceled
)


def stream(event: Event) -> str:
    """The id of the record whose verb this was; events of one stream are delivered in order."""
    match event:
        case _OfInvoice(invoice_id=invoice_id):
            return invoice_id
        case _OfRefund(payment_id=payment_id) | _OfPayment(payment_id=payment_id):
            return payment_id
        case _OfCharge(charge_id=charge_id):
            return charge_id
        case _OfClient(client_id=client_id):
            return client_id
        case _:
            return event.firm_id


def invoices_of(event: Event) -> tuple[InvoiceId, ...]:
    """The invoices in whose timeline the event stands (S1.46)."""
    match event:
        case _OfInvoice(invoice_id=invoice_id):
            return (invoice_id,)
        case _OfPayment(invoice_ids=invoice_ids) | _OfRefund(invoice_ids=invoice_ids):
            return invoice_ids
        case _:
            return ()
