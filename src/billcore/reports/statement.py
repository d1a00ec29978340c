"""What one client was billed and has paid: opening balance, movements, closing balance, and what is open (S3.40)."""

from collections.abc import Iterable, Iterator
from datetime import date

from attrs import field, frozen

from billcore import events
from billcore.dates import Period
from billcore.events import Event, stream
from billcore.ids import ClientId, InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.journal import Account, postings
from billcore.money import Money
from billcore.ports.store import RecordedEvent
from billcore.reports.totals import per_currency
from billcore.reports.wording import by

_OWED = frozenset({Account.RECEIVABLE, Account.CLIENT_CREDIT})


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
    Events count on their business date. The open items are those issued before the period's end, at what they owe now.
    """
    lines = sorted(
        (line for line in _lines(client_id, recorded) if line.on < period.end),
        key=lambda line: (line.on, line.position),
    )
    items = sorted(_open_items(client_id, invoices, period.end), key=lambda item: (item.due_on, item.number))
    currencies = sorted({line.amount.currency for line in lines} | {item.owed.currency for item in items})
    return Statement(
        client_id=client_id,
        period=period,
        currencies=tuple(
            _account(
                [line for line in lines if line.amount.currency == currency],
                tuple(item for item in items if item.owed.currency == currency),
                Money.zero(currency),
                period,
            )
            for currency in currencies
        ),
    )


@frozen(kw_only=True)
class _Line:
    on: date
    position: int
    what: str
    reference: str | None
    amount: Money


def _lines(client_id: ClientId, recorded: Iterable[RecordedEvent]) -> Iterator[_Line]:
    """What moved the client's account: the journal's postings on what is receivable from it and what is owed to it."""
    streams: set[str] = set()
    numbers: dict[InvoiceId, str] = {}
    for record in recorded:
        event = record.event
        match event:
            case events.InvoiceDrafted() | events.PaymentRecorded() | events.PaymentInitiated():
                if event.client_id == client_id:
                    streams.add(stream(event))
            case events.InvoiceIssued():
                numbers[event.invoice_id] = event.number
        if stream(event) not in streams:
            continue
        what, reference = _told(event, numbers)
        for amount in per_currency(posting.amount for posting in postings(event) if posting.account in _OWED):
            if not amount.is_zero:
                yield _Line(on=event.on, position=record.position, what=what, reference=reference, amount=amount)


def _told(event: Event, numbers: dict[InvoiceId, str]) -> tuple[str, str | None]:
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


def _open_items(client_id: ClientId, invoices: Iterable[Invoice], before: date) -> Iterator[OpenItem]:
    for invoice in invoices:
        if invoice.client_id != client_id or invoice.issue is None or invoice.issue.on >= before:
            continue
        if not invoice.owed.is_zero:
            yield OpenItem(
                invoice_id=invoice.id,
                number=invoice.issue.number,
                issued_on=invoice.issue.on,
                due_on=invoice.issue.due_on,
                gross=invoice.gross,
                owed=invoice.owed,
            )


def _account(lines: Iterable[_Line], items: tuple[OpenItem, ...], opening: Money, period: Period) -> CurrencyStatement:
    balance = opening
    movements = []
    for line in lines:
        balance += line.amount
        if line.on < period.start:
            opening = balance
        else:
            movements.append(
                Movement(on=line.on, what=line.what, reference=line.reference, amount=line.amount, balance=balance)
            )
    return CurrencyStatement(opening=opening, movements=tuple(movements), closing=balance, open_items=items)
