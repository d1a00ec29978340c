"""What happened, in plain words: one short line per event, without the time and the actor."""

from datetime import date
from typing import assert_never

from attrs import field, frozen

from billcore import events
from billcore.events import Event, Part
from billcore.fees import FeeBasis, FeeLine
from billcore.ids import InvoiceId
from billcore.methods import Method
from billcore.money import Money

_METHODS = {
    Method.CASH: "in cash",
    Method.CHECK: "by check",
    Method.WIRE: "by wire",
    Method.ACH: "by ACH",
    Method.CARD: "by card",
    Method.OTHER: "by other means",
}
_DRAFTED = {
    "time": "Drafted from logged time",
    "engagement": "Drafted for a signed engagement",
    "schedule": "Drafted by a recurring schedule",
    "add_on": "Drafted for a signed add-on",
}


@frozen(kw_only=True)
class Manner:
    """How a payment was made; ``method`` None where its beginning is not known, ``label`` as a timeline shows it."""

    method: Method | None = None
    reference: str | None = field(default=None, repr=False)
    label: str | None = None

    def of(self, amount: Money) -> str:
        """Such as ``Payment of 200.00 USD by check (4521)``, or ``Back-fill of 80.00 USD by card``."""
        method = "" if self.method is None else f" {by(self.method)}"
        reference = f" ({self.reference})" if self.reference else ""
        return f"{self.label or 'Payment'} of {amount}{method}{reference}"


def words(event: Event, manner: Manner, invoice_id: InvoiceId) -> str:
    """The line for *event* in the timeline of *invoice_id*; *manner* is that of the payment it belongs to, if any."""
    match event:
        case events.InvoiceDrafted(gross=gross, origin=origin):
            return f"{_DRAFTED.get(origin, 'Drafted')}, {gross}"
        case events.InvoiceEdited(gross=gross):
            return f"Draft changed, now {gross}"
        case events.InvoiceDeleted():
            return "Draft deleted"
        case events.InvoiceIssued(number=number, gross=gross, due_on=due_on):
            return f"Issued as {number}, {gross}, due on {due_on}"
        case events.InvoiceDelivered(channel=channel):
            return f"Sent to the client by {channel}"
        case events.InvoiceViewed():
            return "Viewed by the client"
        case events.InvoiceVoided(reason=reason):
            return _because("Voided", reason)
        case events.InvoiceWrittenOff(amount=amount, reason=reason):
            return _because(f"{amount} written off", reason)
        case events.WriteOffReversed(amount=amount, reason=reason):
            return _because(f"Write-off of {amount} reversed", reason)
        case events.InvoiceCredited(number=number, amount=amount, reason=reason):
            return _because(f"Credit note {number} of {amount}", reason)
        case events.CreditReversed(amount=amount):
            return f"Credit note of {amount} canceled, because its refund failed"
        case events.LateFeeAssessed(amount=amount, reason=reason):
            return _because(f"Late fee of {amount}", reason)
        case events.LateFeeWaived(amount=amount, reason=reason):
            return _because(f"Late fee of {amount} waived", reason)
        case events.HoldPlaced(reason=reason):
            return _because("Collection on hold", reason)
        case events.HoldReleased():
            return "Collection goes on"
        case events.PaymentRecorded(amount=amount, parts=parts):
            return f"{manner.of(amount)} recorded{_share(parts, amount, invoice_id)}"
        case events.PaymentInitiated(amount=amount, parts=parts):
            return f"{manner.of(amount)} started{_share(parts, amount, invoice_id)}"
        case events.PaymentPending(amount=amount):
            return f"{manner.of(amount)} is on its way"
        case events.PaymentActionRequired(amount=amount):
            return f"{manner.of(amount)} waits for the client to confirm it"
        case events.PaymentCompleted(amount=amount, parts=parts):
            return f"{manner.of(amount)} completed{_share(parts, amount, invoice_id)}"
        case events.PaymentFailed(amount=amount, failure=failure):
            return _because(f"{manner.of(amount)} failed", _plain(failure.code))
        case events.PaymentCanceled(amount=amount, reason=reason):
            return _because(f"{manner.of(amount)} canceled", reason)
        case events.PaymentReturned(amount=amount, code=code, parts=parts):
            return f"{manner.of(amount)} returned by the bank ({code}){_share(parts, amount, invoice_id)}"
        case events.InquiryOpened(amount=amount, reason=reason):
            return _because(f"{manner.of(amount)} inquired about by the client's bank", _plain(reason))
        case events.InquiryClosed(amount=amount):
            return f"{manner.of(amount)}: inquiry closed"
        case events.DisputeOpened(amount=amount, reason=reason):
            return _because(f"{manner.of(amount)} disputed by the client", _plain(reason))
        case events.DisputeWon(amount=amount):
            return f"{manner.of(amount)}: dispute won"
        case events.DisputeLost(amount=amount, parts=parts):
            return f"{manner.of(amount)}: dispute lost{_share(parts, amount, invoice_id)}"
        case events.FeeAssessed(fee=fee, replaces=replaces):
            basis = "expected" if fee.basis is FeeBasis.ESTIMATED else "kept by the processor"
            before = "" if replaces is None else f", {replaces.total} was expected"
            return f"Fee of {fee.total} {basis}{before}"
        case events.ExtraFeeCharged(line=line):
            return _extra_fee(line)
        case events.PaymentApplied(amount=amount, parts=parts):
            return f"Client credit of {amount} applied{_share(parts, amount, invoice_id)}"
        case events.PaymentUnapplied(amount=amount, parts=parts):
            return f"{amount} made client credit again{_share(parts, amount, invoice_id)}"
        case events.PaymentReviewRequired(amount=amount, reason=reason):
            return _because(f"{manner.of(amount)} needs a review", reason)
        case events.PaymentReviewed(amount=amount, evidence=evidence):
            return _because(f"{manner.of(amount)} reviewed", evidence)
        case events.RefundRequested(amount=amount, reason=reason):
            return _because(f"Refund of {amount} requested", _plain(reason.value))
        case events.RefundPending(amount=amount):
            return f"Refund of {amount} is on its way"
        case events.RefundSucceeded(amount=amount, reason=reason, parts=parts):
            by_hand = ", to be settled by hand" if event.is_manual or event.is_external else ""
            done = f"Refund of {amount} made{by_hand}{_share(parts, amount, invoice_id)}"
            return _because(done, _plain(reason.value))
        case events.RefundFailed(amount=amount, code=code, had_succeeded=had_succeeded):
            failed = "came back" if had_succeeded else "failed"
            return _because(f"Refund of {amount} {failed}", _plain(code))
        case events.RefundCanceled(amount=amount, reason=reason):
            return _because(f"Refund of {amount} canceled", reason)
        case events.FirmOpened():
            return "Firm opened"
        case events.FirmChanged():
            return "Settings of the firm changed"
        case events.CatalogItemAdded():
            return "Catalog item added"
        case events.CatalogItemChanged():
            return "Catalog item changed"
        case events.CatalogItemRetired():
            return "Catalog item retired"
        case events.ClientAdded():
            return "Client added"
        case events.ClientChanged():
            return "Client changed"
        case events.MethodAttached():
            return "Payment method saved"
        case events.MethodDetached():
            return "Payment method removed"
        case events.MethodMadeDefault():
            return "Payment method made the default"
        case events.BackfillOffered(parts=parts):
            return f"Offered to pay {_invoices(parts)} at once"
        case events.BackfillAccepted(parts=parts):
            return f"Confirmed to pay {_invoices(parts)} at once"
        case events.BackfillDeclined():
            return "Declined to pay open invoices at once"
        case events.ChargeAdded():
            return "Charge added"
        case events.ChargeChanged():
            return "Charge changed"
        case events.ChargeDiscarded(reason=reason):
            return _because("Charge discarded", reason)
        case events.ChargeWrittenOff(reason=reason):
            return _because("Charge written off", reason)
        case events.ClaimPosted(client_part=client_part):
            return f"Claim posted, {client_part} is left to the client"
        case events.InvoiceBecameOverdue(balance=balance, due_on=due_on):
            return f"Overdue: {balance} was due on {due_on}"
        case events.AutopayStopped(code=code):
            return _because("Auto-pay stopped", _plain(code))
        case events.ScheduleStarted(cadence=cadence, anchor=anchor):
            return f"Schedule started, {cadence} from {anchor}"
        case events.ScheduleAmended(from_index=from_index):
            return f"Schedule changed from occurrence {from_index} on"
        case events.ScheduleMethodChanged(autopay=autopay):
            return f"Auto-pay {'by another method' if autopay else 'switched off'}"
        case events.SchedulePaused(reason=reason):
            return _because("Schedule paused", reason)
        case events.ScheduleResumed():
            return "Schedule resumed"
        case events.ScheduleSkipped(index=index, reason=reason):
            return _because(f"Occurrence {index} is to be skipped", reason)
        case events.ScheduleUnskipped(index=index):
            return f"Occurrence {index} is to be billed after all"
        case events.ScheduleLimited(until=until, count=count):
            return _ends(until, count)
        case events.ScheduleSuspended(why=why):
            return _because("Schedule suspended", _plain(why))
        case events.ScheduleEnded(was_canceled=was_canceled, reason=reason):
            return _because(f"Schedule {'canceled' if was_canceled else 'completed'}", reason)
        case events.OccurrenceGenerated(index=index):
            return f"Occurrence {index} billed"
        case events.OccurrenceSkipped(index=index, reason=reason):
            return _because(f"Occurrence {index} skipped", reason)
        case events.OccurrenceFailed(index=index, code=code):
            return _because(f"Occurrence {index} could not be billed", _plain(code))
        case _:
            assert_never(event)


def by(method: Method) -> str:
    """How the money came: ``by check``, ``in cash``."""
    return _METHODS[method]


def _because(done: str, reason: str) -> str:
    return f"{done}: {reason}" if reason.strip() else done


def _plain(code: str) -> str:
    return code.replace("_", " ")


def _invoices(parts: tuple[Part, ...]) -> str:
    return f"{len(parts)} open invoice{'' if len(parts) == 1 else 's'}"


def _ends(until: date | None, count: int | None) -> str:
    on = None if until is None else f"on {until}"
    after = None if count is None else f"after {count} occurrences"
    limits = " or ".join(each for each in (on, after) if each is not None)
    return f"Schedule ends {limits}" if limits else "Schedule goes on without an end"


def _extra_fee(line: FeeLine) -> str:
    given_back = line.amount.is_negative
    return f"{line.kind.value.capitalize()} fee of {abs(line.amount)} {'given back' if given_back else 'charged'}"


def _share(parts: tuple[Part, ...], amount: Money, invoice_id: InvoiceId) -> str:
    """What of a payment's *amount* concerns this invoice, where that is not all of it."""
    here = Money.sum((part.amount for part in parts if part.invoice_id == invoice_id), amount.currency)
    if here == amount:
        return ""
    return f", {'none' if here.is_zero else here} of it on this invoice"
