"""What happened to one invoice and its money: every step with its time, its actor and plain words (S1.25, S1.46)."""

from collections.abc import Iterable
from datetime import date, datetime

from attrs import field, frozen

from billcore import events
from billcore.actors import actor_label
from billcore.events import Event, invoices_of
from billcore.events.payments import OfPayment
from billcore.events.refunds import OfRefund
from billcore.evolving import evolve
from billcore.ids import InvoiceId, PaymentId
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Initiator
from billcore.recorded import RecordedEvent
from billcore.reports.wording import Manner, words

_LABELS = {Initiator.AUTOPAY: "Auto-pay", Initiator.BACKFILL: "Back-fill"}


@frozen(kw_only=True)
class TimelineEntry:
    """One step: the words hold references, and for the firm's people the reasons that they gave.

    ``amount`` is the money of a payment, a refund or a fee at every step of it: above zero when received, below when
    given back (S1.36), taken back or kept by the processor; None where the step is about no money of its own. ``label``
    sets apart what nobody paid by hand: Auto-pay, and Back-fill (S1.50).
    """

    position: int
    at: datetime
    on: date
    actor: str = field(repr=False)
    text: str = field(repr=False)
    amount: Money | None = None
    method: Method | None = None
    reference: str | None = field(default=None, repr=False)
    label: str | None = None


def timeline(recorded: Iterable[RecordedEvent], invoice_id: InvoiceId) -> tuple[TimelineEntry, ...]:
    """The entries of *invoice_id* in the order of *recorded*; events about other things are left out."""
    manners: dict[PaymentId, Manner] = {}
    entries = []
    for record in recorded:
        event = record.event
        if invoice_id not in invoices_of(event):
            continue
        manner = _manner(event, manners)
        entries.append(
            TimelineEntry(
                position=record.position,
                at=event.at,
                on=event.on,
                actor=actor_label(event.by),
                text=words(event, manner, invoice_id),
                amount=_signed(event),
                method=manner.method,
                reference=manner.reference,
                label=manner.label,
            )
        )
    return tuple(entries)


def _manner(event: Event, manners: dict[PaymentId, Manner]) -> Manner:
    """How the payment of *event* was made, remembered in *manners* from its beginning."""
    match event:
        case events.PaymentRecorded(method=method, reference=reference):
            return manners.setdefault(event.payment_id, Manner(method=method, reference=reference))
        case events.PaymentInitiated(method=method, initiator=initiator):
            return manners.setdefault(event.payment_id, Manner(method=method, label=_LABELS.get(initiator)))
        case events.PaymentCompleted(method=method):
            # On a hosted page the client chose it only then.
            manners[event.payment_id] = evolve(manners.get(event.payment_id, Manner()), method=method)
            return manners[event.payment_id]
        case OfPayment(payment_id=payment_id) | OfRefund(payment_id=payment_id):
            return manners.get(payment_id, Manner())
        case _:
            return Manner()


def _signed(event: Event) -> Money | None:
    match event:
        case events.FeeAssessed(fee=fee):
            return -fee.total
        case events.ExtraFeeCharged(line=line):
            return -line.amount
        case events.InquiryOpened() | events.InquiryClosed():
            return None
        case (
            events.PaymentReturned(amount=amount)
            | events.DisputeOpened(amount=amount)
            | events.DisputeLost(amount=amount)
            | events.PaymentUnapplied(amount=amount)
            | OfRefund(amount=amount)
        ):
            return -amount
        case OfPayment(amount=amount):
            return amount
        case _:
            return None
