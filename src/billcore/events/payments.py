"""What happens to a payment."""

from attrs import field, frozen

from billcore.events.happened import Happened, Part
from billcore.fees import Fee, FeeLine
from billcore.ids import ClientId, GatewayRef, InvoiceId, PaymentId
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Failure, Initiator


@frozen(kw_only=True)
class OfPayment(Happened):
    """``invoice_ids`` are all invoices that the payment is or was on: each has it in its timeline (S1.25, S1.41)."""

    payment_id: PaymentId
    amount: Money
    invoice_ids: tuple[InvoiceId, ...]


@frozen(kw_only=True)
class PaymentRecorded(OfPayment):
    """Money received outside any gateway, whole and at once. What ``parts`` leave over is the client's credit."""

    client_id: ClientId
    method: Method
    parts: tuple[Part, ...]
    reference: str | None = field(default=None, repr=False)


@frozen(kw_only=True)
class PaymentInitiated(OfPayment):
    """A gateway was asked; ``parts`` are reserved on their invoices (S1.22)."""

    client_id: ClientId
    method: Method
    initiator: Initiator
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentPending(OfPayment):
    """The gateway has it and will tell the end (S1.23)."""


@frozen(kw_only=True)
class PaymentActionRequired(OfPayment):
    """The client must answer a challenge first."""


@frozen(kw_only=True)
class PaymentCompleted(OfPayment):
    """The money is there.

    ``released`` leaves in-flight, ``parts`` is paid; they differ only when it comes after all, late.
    """

    method: Method
    initiator: Initiator
    released: tuple[Part, ...]
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentFailed(OfPayment):
    """It will not come; the reservation is lifted and the balance is back (S1.24)."""

    initiator: Initiator
    failure: Failure
    released: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentCanceled(OfPayment):
    """Given up before it was completed; nothing moved."""

    initiator: Initiator
    reason: str = field(repr=False)
    released: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentReturned(OfPayment):
    """A bank took a completed payment back: ``amount`` in all, of which ``unapplied`` was client credit."""

    code: str
    initiator: Initiator
    parts: tuple[Part, ...]
    unapplied: Money


@frozen(kw_only=True)
class InquiryOpened(OfPayment):
    """The client's bank asks about ``amount`` and may contest it; no money moves, and the firm may answer or refund."""

    dispute: GatewayRef
    reason: str


@frozen(kw_only=True)
class InquiryClosed(OfPayment):
    """The bank asks no longer, and contests nothing."""

    dispute: GatewayRef


@frozen(kw_only=True)
class DisputeOpened(OfPayment):
    """The client contests ``amount`` at the bank; the gateway holds it until the decision."""

    dispute: GatewayRef
    reason: str


@frozen(kw_only=True)
class DisputeWon(OfPayment):
    dispute: GatewayRef


@frozen(kw_only=True)
class DisputeLost(OfPayment):
    dispute: GatewayRef
    initiator: Initiator
    parts: tuple[Part, ...]
    unapplied: Money


@frozen(kw_only=True)
class FeeAssessed(OfPayment):
    """What the processor keeps became known, or better known; ``replaces`` is what was believed before."""

    fee: Fee
    replaces: Fee | None = None


@frozen(kw_only=True)
class ExtraFeeCharged(OfPayment):
    """A fee beyond processing: for a dispute, a bank return, a refund.

    ``source`` is the gateway's object it belongs to.
    """

    source: str
    line: FeeLine


@frozen(kw_only=True)
class PaymentApplied(OfPayment):
    """Client credit of a completed payment went onto invoices."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentUnapplied(OfPayment):
    """Money came off invoices and is client credit again."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class PaymentReviewRequired(OfPayment):
    """The gateway's word contradicts our books, or cannot be had: a person must look before anything new is tried."""

    reason: str


@frozen(kw_only=True)
class PaymentReviewed(OfPayment):
    """A person resolved it; ``evidence`` says how they know."""

    evidence: str = field(repr=False)
