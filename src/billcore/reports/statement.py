"""What one client was billed and has paid: opening balance, movements, closing balance, and what is open (S3.40)."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from attrs import field, frozen

from billcore import events
from billcore.dates import Period
from billcore.events import Event, stream
from billcore.ids import ClientId, InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.journal import Account, owed_by_invoice, postings
from billcore.money import Money
from billcore.recorded import RecordedEvent
from billcore.reports.totals import per_currency
from billcore.reports.wording import by

ON_THE_ACCOUNT: Final = frozenset({Account.RECEIVABLE, Account.CLIENT_CREDIT})
"""The accounts of the journal that a client's own account is made of."""


@frozen(kw_only=True)
class Movement:
    """One line: above zero raises what the client owes, below lowers it. ``balance`` is what is owed after it.

    ``what`` is for the client's eyes: no reasons, no notes.
    """

    on: date
    what: str
    reference: str | None = field(default=None, repr=False)
    amount: Money
    balance: Money


@frozen(kw_only=True)
class OpenItem:
    """An invoice on which something is owed."""

    invoice_id: InvoiceId
    number: str
    issued_on: date
    due_on: date
    gross: Money
    owed: Money


@frozen(kw_only=True)
class CurrencyStatement:
    """The client's account in one currency. A balance below zero is credit of the client's."""

    opening: Money
    movements: tuple[Movement, ...]
    closing: Money
    open_items: tuple[OpenItem, ...]


@frozen(kw_only=True)
class Statement:
    """One client's account over a period, per currency."""

    client_id: ClientId
    period: Period
    currencies: tuple[CurrencyStatement, ...]


def statement(
    client_id: ClientId, recorded: Iterable[RecordedEvent], invoices: Iterable[Invoice], period: Period
) -> Statement:
    """The statement of a client, from all recorded events of the firm, and from its invoices for the open items.

    What is billed raises the balance; payments, credit notes and write-offs lower it, and client credit does too.
    Events count on their business date. The open items are those at the period's end: together they are the closing
    balance and the client's credit.
    """
    theirs = list(_of_client(client_id, recorded))
    invoices = [invoice for invoice in invoices if invoice.client_id == client_id]
    return compose(
        client_id,
        period,
        opening=per_currency(
            amount for record in theirs if record.event.on < period.start for amount in _moved(record.event)
        ),
        recorded=(record for record in theirs if period.start <= record.event.on < period.end),
        numbers=dict(_numbers(theirs)),
        open_items=_open_items(invoices, [record.event for record in theirs if record.event.on >= period.end], period),
    )


def compose(
    client_id: ClientId,
    period: Period,
    *,
    opening: Iterable[Money],
    recorded: Iterable[RecordedEvent],
    numbers: Mapping[InvoiceId, str],
    open_items: Iterable[OpenItem],
) -> Statement:
    """The statement, from the client's balances before *period*, its events in it, and what is open at its end."""
    before = {amount.currency: amount for amount in opening}
    events_in_order = sorted(recorded, key=lambda record: (record.event.on, record.position))
    lines = [line for record in events_in_order for line in _lines(record.event, numbers)]
    items = sorted(open_items, key=lambda item: (item.due_on, item.number))
    currencies = {*before, *(line.amount.currency for line in lines), *(item.owed.currency for item in items)}
    return Statement(
        client_id=client_id,
        period=period,
        currencies=tuple(
            _account(
                before.get(currency, Money.zero(currency)),
                [line for line in lines if line.amount.currency == currency],
                tuple(item for item in items if item.owed.currency == currency),
            )
            for currency in sorted(currencies)
        ),
    )


def open_item(invoice: Invoice, owed: Money) -> OpenItem | None:
    """The invoice as an open item on which so much is owed; None where nothing is, or it was never issued."""
    if invoice.issue is None or owed.is_zero:
        return None
    return OpenItem(
        invoice_id=invoice.id,
        number=invoice.issue.number,
        issued_on=invoice.issue.on,
        due_on=invoice.issue.due_on,
        gross=invoice.gross,
        owed=owed,
    )


@frozen(kw_only=True)
class _Line:
    on: date
    what: str
    reference: str | None
    amount: Money


def _of_client(client_id: ClientId, recorded: Iterable[RecordedEvent]) -> Iterator[RecordedEvent]:
    """What happened to the client's invoices and payments."""
    streams: set[str] = set()
    for record in recorded:
        event = record.event
        match event:
            case events.InvoiceDrafted() | events.PaymentRecorded() | events.PaymentInitiated():
                if event.client_id == client_id:
                    streams.add(stream(event))
        if stream(event) in streams:
            yield record


def _numbers(recorded: Iterable[RecordedEvent]) -> Iterator[tuple[InvoiceId, str]]:
    for record in recorded:
        if isinstance(record.event, events.InvoiceIssued):
            yield record.event.invoice_id, record.event.number


def _moved(event: Event) -> tuple[Money, ...]:
    """By how much the client's account moved: the journal's postings on what is receivable and on client credit."""
    return per_currency(posting.amount for posting in postings(event) if posting.account in ON_THE_ACCOUNT)


def _lines(event: Event, numbers: Mapping[InvoiceId, str]) -> Iterator[_Line]:
    what, reference = _told(event, numbers)
    for amount in _moved(event):
        if not amount.is_zero:
            yield _Line(on=event.on, what=what, reference=reference, amount=amount)


def _told(event: Event, numbers: Mapping[InvoiceId, str]) -> tuple[str, str | None]:
    """What the client reads, and the number or reference by which they know it."""
    match event:
        case events.InvoiceIssued(number=number):
            return "Invoice", number
        case events.InvoiceVoided(invoice_id=invoice_id):
            return "Invoice void", numbers.get(invoice_id)
        case events.InvoiceWrittenOff(invoice_id=invoice_id):
            return "Written off", numbers.get(invoice_id)
        case events.WriteOffReversed(invoice_id=invoice_id):
            return "Write-off reversed", numbers.get(invoice_id)
        case events.InvoiceCredited(number=number):
            return "Credit note", number
        case events.CreditReversed(invoice_id=invoice_id):
            return "Credit note canceled", numbers.get(invoice_id)
        case events.LateFeeAssessed(invoice_id=invoice_id):
            return "Late fee", numbers.get(invoice_id)
        case events.LateFeeWaived(invoice_id=invoice_id):
            return "Late fee waived", numbers.get(invoice_id)
        case events.PaymentRecorded(method=method, reference=reference):
            return f"Payment {by(method)}", reference
        case events.PaymentCompleted(method=method):
            return f"Payment {by(method)}", None
        case events.PaymentReturned():
            return "Payment returned by the bank", None
        case events.DisputeLost():
            return "Payment charged back", None
        case events.RefundSucceeded():
            return "Refund", None
        case events.RefundFailed():
            return "Refund that did not arrive", None
        case _:
            # Whatever else moves the account is still a line, or the lines would not add up to the balance.
            return "Adjustment", None


def _open_items(invoices: Iterable[Invoice], later: Iterable[Event], period: Period) -> Iterator[OpenItem]:
    """What was open at the end of the period: what is open now, without what came *later*."""
    undone: dict[InvoiceId, int] = {}
    for event in later:
        for part in owed_by_invoice(event):
            undone[part.invoice_id] = undone.get(part.invoice_id, 0) + part.amount.minor
    for invoice in invoices:
        if invoice.issue is not None and (invoice.issue.on < period.end or invoice.id in undone):
            item = open_item(invoice, invoice.owed - Money(undone.get(invoice.id, 0), invoice.currency))
            if item is not None:
                yield item


def _account(opening: Money, lines: Iterable[_Line], items: tuple[OpenItem, ...]) -> CurrencyStatement:
    balance = opening
    movements = []
    for line in lines:
        balance += line.amount
        movements.append(
            Movement(on=line.on, what=line.what, reference=line.reference, amount=line.amount, balance=balance)
        )
    return CurrencyStatement(opening=opening, movements=tuple(movements), closing=balance, open_items=items)
