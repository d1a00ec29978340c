"""The words that tell the members of a union apart in JSON. They are stored: one is never changed, nor used again."""

from collections.abc import Mapping
from typing import Final

from billcore import events
from billcore.actors import Actor, Contact, Importer, Processor, Staff, System
from billcore.events import Event
from billcore.payments.instruction import (
    AttachCommand,
    CancelCommand,
    ChargeCommand,
    CheckoutCommand,
    Command,
    DetachCommand,
    RefundCommand,
)

TAG: Final = "type"
"""The key under which a member of a union says what it is; it says so also where only this member can stand."""

ACTORS: Final[Mapping[str, type[Actor]]] = {
    "staff": Staff,
    "contact": Contact,
    "system": System,
    "processor": Processor,
    "importer": Importer,
}

COMMANDS: Final[Mapping[str, type[Command]]] = {
    "charge": ChargeCommand,
    "refund": RefundCommand,
    "cancel": CancelCommand,
    "checkout": CheckoutCommand,
    "attach": AttachCommand,
    "detach": DetachCommand,
}

EVENTS: Final[Mapping[str, type[Event]]] = {
    "firm_opened": events.FirmOpened,
    "firm_changed": events.FirmChanged,
    "catalog_item_added": events.CatalogItemAdded,
    "catalog_item_changed": events.CatalogItemChanged,
    "catalog_item_retired": events.CatalogItemRetired,
    "client_added": events.ClientAdded,
    "client_changed": events.ClientChanged,
    "method_attached": events.MethodAttached,
    "method_detached": events.MethodDetached,
    "method_made_default": events.MethodMadeDefault,
    "backfill_offered": events.BackfillOffered,
    "backfill_accepted": events.BackfillAccepted,
    "backfill_declined": events.BackfillDeclined,
    "charge_added": events.ChargeAdded,
    "charge_changed": events.ChargeChanged,
    "charge_discarded": events.ChargeDiscarded,
    "charge_written_off": events.ChargeWrittenOff,
    "claim_posted": events.ClaimPosted,
    "invoice_drafted": events.InvoiceDrafted,
    "invoice_edited": events.InvoiceEdited,
    "invoice_deleted": events.InvoiceDeleted,
    "invoice_issued": events.InvoiceIssued,
    "invoice_delivered": events.InvoiceDelivered,
    "invoice_viewed": events.InvoiceViewed,
    "invoice_voided": events.InvoiceVoided,
    "invoice_written_off": events.InvoiceWrittenOff,
    "write_off_reversed": events.WriteOffReversed,
    "invoice_credited": events.InvoiceCredited,
    "credit_reversed": events.CreditReversed,
    "late_fee_assessed": events.LateFeeAssessed,
    "late_fee_waived": events.LateFeeWaived,
    "hold_placed": events.HoldPlaced,
    "hold_released": events.HoldReleased,
    "payment_recorded": events.PaymentRecorded,
    "payment_initiated": events.PaymentInitiated,
    "payment_pending": events.PaymentPending,
    "payment_action_required": events.PaymentActionRequired,
    "payment_completed": events.PaymentCompleted,
    "payment_failed": events.PaymentFailed,
    "payment_canceled": events.PaymentCanceled,
    "payment_returned": events.PaymentReturned,
    "inquiry_opened": events.InquiryOpened,
    "inquiry_closed": events.InquiryClosed,
    "dispute_opened": events.DisputeOpened,
    "dispute_won": events.DisputeWon,
    "dispute_lost": events.DisputeLost,
    "fee_assessed": events.FeeAssessed,
    "extra_fee_charged": events.ExtraFeeCharged,
    "payment_applied": events.PaymentApplied,
    "payment_unapplied": events.PaymentUnapplied,
    "payment_review_required": events.PaymentReviewRequired,
    "payment_reviewed": events.PaymentReviewed,
    "refund_requested": events.RefundRequested,
    "refund_pending": events.RefundPending,
    "refund_succeeded": events.RefundSucceeded,
    "refund_failed": events.RefundFailed,
    "refund_canceled": events.RefundCanceled,
    "invoice_became_overdue": events.InvoiceBecameOverdue,
    "autopay_stopped": events.AutopayStopped,
    "schedule_started": events.ScheduleStarted,
    "schedule_amended": events.ScheduleAmended,
    "schedule_method_changed": events.ScheduleMethodChanged,
    "schedule_paused": events.SchedulePaused,
    "schedule_resumed": events.ScheduleResumed,
    "schedule_skipped": events.ScheduleSkipped,
    "schedule_unskipped": events.ScheduleUnskipped,
    "schedule_limited": events.ScheduleLimited,
    "schedule_suspended": events.ScheduleSuspended,
    "schedule_ended": events.ScheduleEnded,
    "occurrence_generated": events.OccurrenceGenerated,
    "occurrence_skipped": events.OccurrenceSkipped,
    "occurrence_failed": events.OccurrenceFailed,
}

TAG_OF: Final[Mapping[type, str]] = {
    member: tag for table in (ACTORS, COMMANDS, EVENTS) for tag, member in table.items()
}
