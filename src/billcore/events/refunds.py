"""What happens to a refund."""

from attrs import field, frozen

from billcore.events.happened import Happened, Part
from billcore.ids import InvoiceId, PaymentId, RefundId
from billcore.money import Money
from billcore.reasons import RefundReason


@frozen(kw_only=True)
class OfRefund(Happened):
    """``invoice_ids`` are all invoices that the payment is or was on."""

    refund_id: RefundId
    payment_id: PaymentId
    amount: Money
    invoice_ids: tuple[InvoiceId, ...]


@frozen(kw_only=True)
class RefundRequested(OfRefund):
    """The amount is reserved on its payment."""

    reason: RefundReason


@frozen(kw_only=True)
class RefundPending(OfRefund):
    pass


@frozen(kw_only=True)
class RefundSucceeded(OfRefund):
    """Given back. ``parts`` come off their invoices, ``unapplied`` off the client's credit; the fee stays (S1.43).

    ``is_external``: the firm settled it by hand, no gateway moved money (S1.35). ``holds``: the invoices on which
    collection stops (C5).
    """

    reason: RefundReason
    is_external: bool
    is_manual: bool
    parts: tuple[Part, ...]
    unapplied: Money
    holds: tuple[InvoiceId, ...] = ()


@frozen(kw_only=True)
class RefundFailed(OfRefund):
    """It did not arrive.

    If it had succeeded before, what was ``undone`` by it comes back: ``parts`` to the invoices that can
    take them now, ``unapplied`` to the client's credit."""

    code: str
    had_succeeded: bool
    is_external: bool
    is_manual: bool
    undone: tuple[Part, ...] = ()
    parts: tuple[Part, ...] = ()
    unapplied: Money


@frozen(kw_only=True)
class RefundCanceled(OfRefund):
    """Given up before it was sent or by the gateway; nothing moved."""

    reason: str = field(repr=False)
