"""What is kept of an event beside its document, for the reports: its postings, and the money that takings add up."""

from collections.abc import Iterator
from typing import Final

from billcore import events
from billcore.events import Event
from billcore.events.invoices import OfInvoice
from billcore.events.schedules import OfSchedule
from billcore.journal import Account, postings, split_by_invoice
from billcore.methods import Method
from billcore.money import Money
from billcore_sqlalchemy.ready import Values

NO_INVOICE: Final = ""
"""In the postings of an account that is not kept by invoice; NULL could not be a part of the key."""


def posting_rows(event: Event, position: int) -> Iterator[Values]:
    """The journal's postings, those on what is receivable one for each invoice."""
    for posting in postings(event):
        if posting.account is Account.RECEIVABLE:
            for part in split_by_invoice(event, posting.amount):
                yield _row(event, position, posting.account, part.amount, part.invoice_id)
        else:
            yield _row(event, position, posting.account, posting.amount, NO_INVOICE)


def takings_columns(event: Event) -> Values:
    """The method and the money of an event that takings count, else nothing."""
    match event:
        case OfInvoice() | OfSchedule():
            # Most events, and all that a run makes.
            return _NO_MONEY
        case (
            events.PaymentRecorded(method=method, amount=amount) | events.PaymentCompleted(method=method, amount=amount)
        ):
            return _money(amount, method)
        case events.RefundSucceeded(amount=amount) | events.PaymentReturned(amount=amount):
            return _money(amount)
        case events.RefundFailed(amount=amount, had_succeeded=True):
            return _money(-amount)
        case events.DisputeLost(amount=amount):
            return _money(amount)
        case events.FeeAssessed(fee=fee):
            return _money(fee.total)
        case events.ExtraFeeCharged(line=line):
            return _money(line.amount)
        case _:
            return _NO_MONEY


def _row(event: Event, position: int, account: Account, amount: Money, invoice_id: str) -> Values:
    return {
        "firm_id": event.firm_id,
        "account": account.value,
        "happened_on": event.on,
        "position": position,
        "currency": amount.currency,
        "invoice_id": invoice_id,
        "amount": amount.minor,
    }


def _money(amount: Money, method: Method | None = None) -> Values:
    return {
        "method": None if method is None else method.value,
        "currency": amount.currency,
        "amount": amount.minor,
    }


_NO_MONEY: Final[Values] = {"method": None, "currency": None, "amount": None}
