"""An invoice list as CSV that a spreadsheet can open without running anything hidden in it (S0.31).

RFC 4180 in UTF-8. A cell of text that a spreadsheet would take for a formula gets an apostrophe in front; numbers and
dates stay numbers and dates. Free text about the client's work is left out unless its column is asked for (S3.42).
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import assert_never

from billcore.errors import InvalidInput
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import label


class Column(Enum):
    """A column and its heading; amounts are plain numbers in the row's currency."""

    NUMBER = "Number"
    STATUS = "Status"
    CLIENT = "Client"
    ISSUED_ON = "Issued"
    DUE_ON = "Due"
    CURRENCY = "Currency"
    AMOUNT = "Amount"
    PAID = "Paid"
    BALANCE = "Balance"
    NET = "Net"
    TAX = "Tax"
    CREDITED = "Credited"
    WRITTEN_OFF = "Written off"
    LATE_FEES = "Late fees"
    IN_FLIGHT = "In flight"
    REFUNDED = "Refunded"
    ORIGIN = "Origin"
    INVOICE_ID = "Invoice id"
    CLIENT_ID = "Client id"
    REFERENCE = "Reference"
    MATTER = "Matter"
    DESCRIPTION = "Description"
    NOTES = "Notes"
    MEMO = "Memo"


STANDARD_COLUMNS = (
    Column.NUMBER,
    Column.STATUS,
    Column.CLIENT,
    Column.ISSUED_ON,
    Column.DUE_ON,
    Column.CURRENCY,
    Column.AMOUNT,
    Column.PAID,
    Column.BALANCE,
)
"""What an invoice list shows (S3.6), and nothing that says what the work was."""

Cell = str | Decimal | date | None


def invoices_csv(
    invoices: Iterable[Invoice],
    *,
    on: date,
    columns: Sequence[Column] = STANDARD_COLUMNS,
    client_names: Mapping[ClientId, str] | None = None,
    bom: bool = False,
) -> Iterator[bytes]:
    """The file, line by line: a heading, then a row per invoice in the given order; join it or stream it.

    *on* is the firm's day for the status. An issued invoice names the client as it did on issue; *client_names* are
    for drafts. Excel reads UTF-8 only after a *bom*, which other programs take for a part of the first heading. Columns
    that are none, or stand twice, are refused with InvalidInput.
    """
    if not columns or len(set(columns)) != len(columns):
        raise InvalidInput("a CSV file needs at least one column, and each at most once")
    return _lines(invoices, on, columns, client_names or {}, bom)


def _lines(
    invoices: Iterable[Invoice], on: date, columns: Sequence[Column], client_names: Mapping[ClientId, str], bom: bool
) -> Iterator[bytes]:
    heading = line(column.value for column in columns)
    yield b"\xef\xbb\xbf" + heading if bom else heading
    for invoice in invoices:
        yield line(_cell(invoice, column, on, client_names) for column in columns)


def line(cells: Iterable[Cell]) -> bytes:
    """One line of a CSV file: text made harmless, numbers in plain digits, dates as ISO 8601, None as an empty cell.

    >>> line(["=1+1", Decimal("-5.00"), date(2026, 5, 4), None, "Smith, Jones & Co"])
    b'\\'=1+1,-5.00,2026-05-04,,"Smith, Jones & Co"\\r\\n'
    """
    written = ",".join(_written(cell) for cell in cells)
    # A line of nothing but one empty cell would be no line at all to a reader.
    return (written or '""').encode() + b"\r\n"


def _cell(invoice: Invoice, column: Column, on: date, client_names: Mapping[ClientId, str]) -> Cell:
    match column:
        case Column.NUMBER:
            return invoice.number
        case Column.STATUS:
            return label(invoice, on)
        case Column.CLIENT:
            return invoice.issue.recipient.name if invoice.issue else client_names.get(invoice.client_id)
        case Column.ISSUED_ON:
            return invoice.issue.on if invoice.issue else None
        case Column.DUE_ON:
            return invoice.due_on
        case Column.CURRENCY:
            return invoice.currency
        case Column.AMOUNT:
            return invoice.gross.amount
        case Column.PAID:
            return invoice.paid.amount
        case Column.BALANCE:
            return invoice.balance.amount
        case Column.NET:
            return invoice.totals.net.amount
        case Column.TAX:
            return invoice.totals.tax.amount
        case Column.CREDITED:
            return invoice.sums.credited.amount
        case Column.WRITTEN_OFF:
            return invoice.sums.written_off.amount
        case Column.LATE_FEES:
            return invoice.sums.late_fees.amount
        case Column.IN_FLIGHT:
            return invoice.in_flight.amount
        case Column.REFUNDED:
            return invoice.sums.refunded.amount
        case Column.ORIGIN:
            return invoice.origin.value
        case Column.INVOICE_ID:
            return invoice.id
        case Column.CLIENT_ID:
            return invoice.client_id
        case Column.REFERENCE:
            return invoice.content.reference
        case Column.MATTER:
            return invoice.content.matter
        case Column.DESCRIPTION:
            return "; ".join(item.description for item in invoice.lines)
        case Column.NOTES:
            return invoice.content.notes
        case Column.MEMO:
            return invoice.content.memo
        case _:
            assert_never(column)


def _written(cell: Cell) -> str:
    match cell:
        case None:
            return ""
        case Decimal():
            return f"{cell:f}"
        case date():
            return cell.isoformat()
        case str():
            return _quoted(_harmless(cell))
        case _:
            assert_never(cell)


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"' if any(mark in text for mark in '",\r\n') else text


def _harmless(text: str) -> str:
    """The text with an apostrophe wherever a spreadsheet could begin to read a formula.

    That is at its beginning, and after a semicolon, tab or line break: a spreadsheet that separates cells by one of
    these does not see our quotes.
    """
    guarded = "".join(f"'{piece}" if _is_formula(piece) else piece for piece in _BREAK.split(text))
    blank = text[: len(text) - len(text.lstrip())]
    return f"'{guarded}" if _BREAK.search(blank) else guarded


_BREAK = re.compile(r"([;\t\r\n])")


def _is_formula(piece: str) -> bool:
    for character in piece:
        # Quotes, blanks, control characters and invisible ones are skipped by one spreadsheet or another.
        if character == '"' or unicodedata.category(character)[0] in "ZC":
            continue
        # The compatibility form finds full-width signs, which spreadsheets read as the plain ones.
        return unicodedata.normalize("NFKC", character)[0] in "=+-@"
    return False
