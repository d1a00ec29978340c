"""What happened: one immutable event per verb. Timeline, journal and outbox are all derived from these.

Events carry ids, amounts and dates, never records: that keeps them readable for ever. ``at`` is the moment; ``on`` is
the business date on which it counts in the books, by default the date of ``at`` in the timezone in which ``at`` is
given, which is the firm's. The ``stream`` is the record whose verb it was; within one stream events are in order.
"""

from billcore.events.clients import (
    BackfillAccepted,
    BackfillDeclined,
    BackfillOffered,
    CatalogItemAdded,
    CatalogItemChanged,
    CatalogItemRetired,
    ChargeAdded,
    ChargeChanged,
    ChargeDiscarded,
    ChargeWrittenOff,
    ClaimPosted,
    ClientAdded,
    ClientChanged,
    FirmChanged,
    FirmOpened,
    MethodAttached,
    MethodDetached,
    MethodMadeDefault,
    OfCatalogItem,
    OfCharge,
    OfClient,
)
from billcore.events.happened import Part
from billcore.events.invoices import (
    AutopayStopped,
    CreditReversed,
    HoldPlaced,
    HoldReleased,
    InvoiceBecameOverdue,
    InvoiceCredited,
    InvoiceDeleted,
    InvoiceDelivered,
    InvoiceDrafted,
    InvoiceEdited,
    InvoiceIssued,
    InvoiceViewed,
    InvoiceVoided,
    InvoiceWrittenOff,
    LateFeeAssessed,
    LateFeeWaived,
    OfInvoice,
    WriteOffReversed,
)
from billcore.events.payments import (
    DisputeLost,
    DisputeOpened,
    DisputeWon,
    ExtraFeeCharged,
    FeeAssessed,
    InquiryClosed,
    InquiryOpened,
    OfPayment,
    PaymentActionRequired,
    PaymentApplied,
    PaymentCanceled,
    PaymentCompleted,
    PaymentFailed,
    PaymentInitiated,
    PaymentPending,
    PaymentRecorded,
    PaymentReturned,
    PaymentReviewed,
    PaymentReviewRequired,
    PaymentUnapplied,
)
from billcore.events.refunds import (
    OfRefund,
    RefundCanceled,
    RefundFailed,
    RefundPending,
    RefundRequested,
    RefundSucceeded,
)
from billcore.events.schedules import (
    OccurrenceFailed,
    OccurrenceGenerated,
    OccurrenceSkipped,
    OfSchedule,
    ScheduleAmended,
    ScheduleEnded,
    ScheduleLimited,
    ScheduleMethodChanged,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSkipped,
    ScheduleStarted,
    ScheduleSuspended,
    ScheduleUnskipped,
)
from billcore.ids import InvoiceId

__all__ = [
    "AutopayStopped",
    "BackfillAccepted",
    "BackfillDeclined",
    "BackfillOffered",
    "CatalogItemAdded",
    "CatalogItemChanged",
    "CatalogItemRetired",
    "ChargeAdded",
    "ChargeChanged",
    "ChargeDiscarded",
    "ChargeWrittenOff",
    "ClaimPosted",
    "ClientAdded",
    "ClientChanged",
    "CreditReversed",
    "DisputeLost",
    "DisputeOpened",
    "DisputeWon",
    "Event",
    "ExtraFeeCharged",
    "FeeAssessed",
    "FirmChanged",
    "FirmOpened",
    "HoldPlaced",
    "HoldReleased",
    "InquiryClosed",
    "InquiryOpened",
    "InvoiceBecameOverdue",
    "InvoiceCredited",
    "InvoiceDeleted",
    "InvoiceDelivered",
    "InvoiceDrafted",
    "InvoiceEdited",
    "InvoiceIssued",
    "InvoiceViewed",
    "InvoiceVoided",
    "InvoiceWrittenOff",
    "LateFeeAssessed",
    "LateFeeWaived",
    "MethodAttached",
    "MethodDetached",
    "MethodMadeDefault",
    "OccurrenceFailed",
    "OccurrenceGenerated",
    "OccurrenceSkipped",
    "Part",
    "PaymentActionRequired",
    "PaymentApplied",
    "PaymentCanceled",
    "PaymentCompleted",
    "PaymentFailed",
    "PaymentInitiated",
    "PaymentPending",
    "PaymentRecorded",
    "PaymentReturned",
    "PaymentReviewRequired",
    "PaymentReviewed",
    "PaymentUnapplied",
    "RefundCanceled",
    "RefundFailed",
    "RefundPending",
    "RefundRequested",
    "RefundSucceeded",
    "ScheduleAmended",
    "ScheduleEnded",
    "ScheduleLimited",
    "ScheduleMethodChanged",
    "SchedulePaused",
    "ScheduleResumed",
    "ScheduleSkipped",
    "ScheduleStarted",
    "ScheduleSuspended",
    "ScheduleUnskipped",
    "WriteOffReversed",
    "invoices_of",
    "stream",
]

Event = (
    FirmOpened
    | FirmChanged
    | CatalogItemAdded
    | CatalogItemChanged
    | CatalogItemRetired
    | ClientAdded
    | ClientChanged
    | MethodAttached
    | MethodDetached
    | MethodMadeDefault
    | BackfillOffered
    | BackfillAccepted
    | BackfillDeclined
    | ChargeAdded
    | ChargeChanged
    | ChargeDiscarded
    | ChargeWrittenOff
    | ClaimPosted
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
    | InvoiceBecameOverdue
    | AutopayStopped
    | LateFeeAssessed
    | LateFeeWaived
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
    | InquiryOpened
    | InquiryClosed
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
    | ScheduleStarted
    | ScheduleAmended
    | ScheduleMethodChanged
    | SchedulePaused
    | ScheduleResumed
    | ScheduleSkipped
    | ScheduleUnskipped
    | ScheduleLimited
    | ScheduleSuspended
    | ScheduleEnded
    | OccurrenceGenerated
    | OccurrenceSkipped
    | OccurrenceFailed
)


def stream(event: Event) -> str:
    """The id of the record whose verb this was; events of one stream are delivered in order."""
    match event:
        case OfInvoice(invoice_id=invoice_id):
            return invoice_id
        case OfRefund(payment_id=payment_id) | OfPayment(payment_id=payment_id):
            return payment_id
        case OfCharge(charge_id=charge_id):
            return charge_id
        case OfClient(client_id=client_id):
            return client_id
        case OfCatalogItem(item_id=item_id):
            return item_id
        case OfSchedule(schedule_id=schedule_id):
            return schedule_id
        case _:
            return event.firm_id


def invoices_of(event: Event) -> tuple[InvoiceId, ...]:
    """The invoices in whose timeline the event stands (S1.46)."""
    match event:
        case OfInvoice(invoice_id=invoice_id):
            return (invoice_id,)
        case OfPayment(invoice_ids=invoice_ids) | OfRefund(invoice_ids=invoice_ids):
            return invoice_ids
        case _:
            return ()
