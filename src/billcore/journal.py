"""Double entry: what each event does to the books. Pure and total: an event without a decision here is a type error.

Debits are positive, credits negative. The amounts are the event's own: an event that contradicts itself leaves an
entry that does not balance, which ``trial_balance`` and the verification of the books then show.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from typing import assert_never

from attrs import frozen

from billcore import events
from billcore.errors import HouseRule
from billcore.events.invoices import OfInvoice
from billcore.ids import InvoiceId
from billcore.money import Money
from billcore.recorded import RecordedEvent


class Account(Enum):
    """Where money or a claim to money stands; the order is that of a balance sheet, then of income."""

    CASH = "cash"
    """Received by hand: cash, checks, wires."""
    CLEARING = "clearing"
    """At the gateways, not paid out yet; a refunded fee leaves it below zero (S1.43)."""
    DISPUTED = "disputed"
    """Held by a gateway until a dispute is decided."""
    RECEIVABLE = "receivable"
    """What clients owe: the sum of ``owed`` over all invoices."""
    CLIENT_CREDIT = "client_credit"
    """Received and on no invoice: owed to the client."""
    TAX_PAYABLE = "tax_payable"
    """Invoiced for the tax office."""
    REVENUE = "revenue"
    """Invoiced, net of tax."""
    LATE_FEES = "late_fees"
    """Asked of clients who paid late; a credit note that a refund wrote stands against revenue, whatever it was for."""
    FEES = "fees"
    """Kept by processors."""
    WRITE_OFFS = "write_offs"
    """Given up as bad debt."""


_PLACES = {account: place for place, account in enumerate(Account)}


@frozen
class Posting:
    """One line of an entry: a debit above zero, or a credit below."""

    account: Account
    amount: Money


@frozen(kw_only=True)
class Entry:
    """What one event did to the books on its business date; per currency the postings add up to zero."""

    position: int
    on: date
    postings: tuple[Posting, ...]


@frozen
class Balance:
    """What stands on one account in one currency: debit above zero, credit below."""

    account: Account
    amount: Money


def postings(event: events.Event) -> tuple[Posting, ...]:
    """The postings of *event*, at most one per account and currency and none of zero; none where no money moved."""
    sides = _sides(event)
    return tuple(Posting(account, amount) for account, amount in _netted(sides) if not amount.is_zero) if sides else ()


def owed_by_invoice(event: events.Event) -> tuple[events.Part, ...]:
    """How much more, or below zero less, is owed on each invoice since *event*; none of zero."""
    owed = (posting.amount for posting in postings(event) if posting.account is Account.RECEIVABLE)
    return tuple(part for amount in owed for part in split_by_invoice(event, amount))


def split_by_invoice(event: events.Event, moved: Money) -> tuple[events.Part, ...]:
    """The invoices that the posting of *event* on RECEIVABLE is about, and the part of each; none of zero."""
    match event:
        case OfInvoice(invoice_id=invoice_id):
            return (events.Part(invoice_id, moved),)
        case (
            events.PaymentRecorded(parts=parts)
            | events.PaymentCompleted(parts=parts)
            | events.PaymentApplied(parts=parts)
            | events.PaymentUnapplied(parts=parts)
            | events.PaymentReturned(parts=parts)
            | events.DisputeLost(parts=parts)
            | events.RefundSucceeded(parts=parts)
            | events.RefundFailed(parts=parts)
        ):
            is_more = moved == _total(parts, moved)
            return tuple(events.Part(each, amount if is_more else -amount) for each, amount in _by_invoice(parts))
        case _:
            raise HouseRule(f"{type(event).__name__} moves what is owed and does not say on which invoice")


def entries(recorded: Iterable[RecordedEvent]) -> Iterator[Entry]:
    """The journal: an entry for each event that moved money, in the order of *recorded*."""
    for record in recorded:
        if posted := postings(record.event):
            yield Entry(position=record.position, on=record.event.on, postings=posted)


def balances(journal: Iterable[Entry]) -> tuple[Balance, ...]:
    """The balance of every account that ever moved, by account and then currency, also where it is zero again."""
    return tuple(
        Balance(account, amount)
        for account, amount in _netted(posting for entry in journal for posting in entry.postings)
    )


def _sides(event: events.Event) -> tuple[Posting, ...]:
    match event:
        case events.InvoiceIssued(gross=gross, net=net, tax=tax):
            return _debit(Account.RECEIVABLE, gross) + _revenue(net, tax)
        # Most events move no money, and of those that a run makes most are one of the first three.
        case (
            events.OccurrenceGenerated()
            | events.InvoiceDrafted()
            | events.InvoiceDelivered()
            | events.RefundRequested()
            | events.RefundPending()
            | events.RefundCanceled()
            | events.PaymentInitiated()
            | events.PaymentPending()
            | events.PaymentActionRequired()
            | events.PaymentFailed()
            | events.PaymentCanceled()
            | events.PaymentReviewRequired()
            | events.PaymentReviewed()
            | events.InquiryOpened()
            | events.InquiryClosed()
            | events.InvoiceEdited()
            | events.InvoiceDeleted()
            | events.InvoiceViewed()
            | events.HoldPlaced()
            | events.HoldReleased()
            | events.ChargeAdded()
            | events.ChargeChanged()
            | events.ChargeDiscarded()
            | events.ChargeWrittenOff()
            | events.ClaimPosted()
            | events.FirmOpened()
            | events.FirmChanged()
            | events.CatalogItemAdded()
            | events.CatalogItemChanged()
            | events.CatalogItemRetired()
            | events.ClientAdded()
            | events.ClientChanged()
            | events.MethodAttached()
            | events.MethodDetached()
            | events.MethodMadeDefault()
            | events.BackfillOffered()
            | events.BackfillAccepted()
            | events.BackfillDeclined()
            | events.InvoiceBecameOverdue()
            | events.AutopayStopped()
            | events.ScheduleStarted()
            | events.ScheduleAmended()
            | events.ScheduleMethodChanged()
            | events.SchedulePaused()
            | events.ScheduleResumed()
            | events.ScheduleSkipped()
            | events.ScheduleUnskipped()
            | events.ScheduleLimited()
            | events.ScheduleSuspended()
            | events.ScheduleEnded()
            | events.OccurrenceSkipped()
            | events.OccurrenceFailed()
        ):
            return ()
        case events.InvoiceVoided(net=net, tax=tax, late_fees=late_fees, owed=owed, written_off=written_off):
            given_up = _credit(Account.RECEIVABLE, owed) + _credit(Account.WRITE_OFFS, written_off)
            return _revenue(-net, -tax) + _debit(Account.LATE_FEES, late_fees) + given_up
        case events.LateFeeAssessed(amount=amount):
            return _move(amount, debit=Account.RECEIVABLE, credit=Account.LATE_FEES)
        case events.LateFeeWaived(amount=amount):
            return _move(amount, debit=Account.LATE_FEES, credit=Account.RECEIVABLE)
        case events.InvoiceCredited(amount=amount, net=net, tax=tax):
            return _revenue(-net, -tax) + _credit(Account.RECEIVABLE, amount)
        case events.CreditReversed(amount=amount, net=net, tax=tax):
            return _debit(Account.RECEIVABLE, amount) + _revenue(net, tax)
        case events.InvoiceWrittenOff(amount=amount):
            return _move(amount, debit=Account.WRITE_OFFS, credit=Account.RECEIVABLE)
        case events.WriteOffReversed(amount=amount):
            return _move(amount, debit=Account.RECEIVABLE, credit=Account.WRITE_OFFS)
        case events.PaymentRecorded(amount=amount, parts=parts):
            return _debit(Account.CASH, amount) + _owed_less(parts, amount - _total(parts, amount))
        case events.PaymentCompleted(amount=amount, parts=parts):
            return _debit(Account.CLEARING, amount) + _owed_less(parts, amount - _total(parts, amount))
        case events.PaymentApplied(amount=amount, parts=parts):
            return _move(_total(parts, amount), debit=Account.CLIENT_CREDIT, credit=Account.RECEIVABLE)
        case events.PaymentUnapplied(amount=amount, parts=parts):
            return _move(_total(parts, amount), debit=Account.RECEIVABLE, credit=Account.CLIENT_CREDIT)
        case events.PaymentReturned(amount=amount, parts=parts, unapplied=unapplied):
            return _owed_more(parts, unapplied) + _credit(Account.CLEARING, amount)
        case events.DisputeOpened(amount=amount):
            return _move(amount, debit=Account.DISPUTED, credit=Account.CLEARING)
        case events.DisputeWon(amount=amount):
            return _move(amount, debit=Account.CLEARING, credit=Account.DISPUTED)
        case events.DisputeLost(amount=amount, parts=parts, unapplied=unapplied):
            return _owed_more(parts, unapplied) + _credit(Account.DISPUTED, amount)
        case events.FeeAssessed(fee=fee, replaces=replaces):
            # The two may be in different settlement currencies; each moves in its own.
            believed = () if replaces is None else _move(replaces.total, debit=Account.CLEARING, credit=Account.FEES)
            return _move(fee.total, debit=Account.FEES, credit=Account.CLEARING) + believed
        case events.ExtraFeeCharged(line=line):
            return _move(line.amount, debit=Account.FEES, credit=Account.CLEARING)
        case events.RefundSucceeded(amount=amount, parts=parts, unapplied=unapplied):
            return _owed_more(parts, unapplied) + _credit(_refunded_from(event), amount)
        case events.RefundFailed(amount=amount, parts=parts, unapplied=unapplied, had_succeeded=True):
            return _debit(_refunded_from(event), amount) + _owed_less(parts, unapplied)
        case events.RefundFailed():
            return ()
        case _:
            assert_never(event)


def _debit(account: Account, amount: Money) -> tuple[Posting, ...]:
    return (Posting(account, amount),)


def _credit(account: Account, amount: Money) -> tuple[Posting, ...]:
    return (Posting(account, -amount),)


def _move(amount: Money, *, debit: Account, credit: Account) -> tuple[Posting, ...]:
    return _debit(debit, amount) + _credit(credit, amount)


def _revenue(net: Money, tax: Money) -> tuple[Posting, ...]:
    """Invoiced, or where negative, taken back."""
    return _credit(Account.REVENUE, net) + _credit(Account.TAX_PAYABLE, tax)


def _owed_less(parts: tuple[events.Part, ...], unapplied: Money) -> tuple[Posting, ...]:
    """Money came: onto the invoices of *parts*, the rest is the client's credit."""
    return _credit(Account.RECEIVABLE, _total(parts, unapplied)) + _credit(Account.CLIENT_CREDIT, unapplied)


def _owed_more(parts: tuple[events.Part, ...], unapplied: Money) -> tuple[Posting, ...]:
    """Money went: off the invoices of *parts*, the rest off the client's credit."""
    return _debit(Account.RECEIVABLE, _total(parts, unapplied)) + _debit(Account.CLIENT_CREDIT, unapplied)


def _refunded_from(event: events.RefundSucceeded | events.RefundFailed) -> Account:
    return Account.CASH if event.is_manual or event.is_external else Account.CLEARING


def _total(parts: tuple[events.Part, ...], like: Money) -> Money:
    return Money.sum((part.amount for part in parts), like.currency)


def _by_invoice(parts: tuple[events.Part, ...]) -> list[tuple[InvoiceId, Money]]:
    amounts: dict[InvoiceId, Money] = {}
    for part in parts:
        amounts[part.invoice_id] = amounts.get(part.invoice_id, Money.zero(part.amount.currency)) + part.amount
    return [(invoice_id, amount) for invoice_id, amount in amounts.items() if not amount.is_zero]


def _netted(these: Iterable[Posting]) -> list[tuple[Account, Money]]:
    """The sum per account and currency, in the order of ``Account`` and then of the currency code."""
    minor: dict[tuple[Account, str], int] = {}
    for posting in these:
        key = posting.account, posting.amount.currency
        minor[key] = minor.get(key, 0) + posting.amount.minor
    ordered = sorted(minor, key=lambda key: (_PLACES[key[0]], key[1]))
    return [(account, Money(minor[account, currency], currency)) for account, currency in ordered]
