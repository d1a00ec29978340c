"""The firm's list of invoices, straight from the domain's own predicates."""

from datetime import UTC, datetime

from billcore.errors import BadText
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import queues, status
from billcore.memory.books import Shelf
from billcore.ports.pages import InvoiceFilter, InvoicePage

_Place = tuple[datetime, InvoiceId]


def page(shelf: Shelf, wanted: InvoiceFilter) -> InvoicePage:
    """The page that *wanted* asks for: newest first by the moment of drafting, and by id where that is the same."""
    matching = sorted(
        (invoice for invoice in shelf.invoices.values() if _matches(shelf, invoice, wanted)), key=_place, reverse=True
    )
    after = None if wanted.after is None else _read_cursor(wanted.after)
    rest = [invoice for invoice in matching if after is None or _place(invoice) < after]
    shown = rest[: wanted.limit]
    return InvoicePage(
        invoices=tuple(shown),
        next=_cursor(shown[-1]) if len(rest) > len(shown) else None,
        matching=len(matching),
        total=len(shelf.invoices),
    )


def _matches(shelf: Shelf, invoice: Invoice, wanted: InvoiceFilter) -> bool:
    if wanted.statuses and status(invoice, wanted.on) not in wanted.statuses:
        return False
    if wanted.queue is not None and wanted.queue not in queues(invoice, wanted.on):
        return False
    if wanted.client_id is not None and wanted.client_id != invoice.client_id:
        return False
    return not wanted.search or _is_found(shelf, invoice, wanted.search.casefold())


def _is_found(shelf: Shelf, invoice: Invoice, search: str) -> bool:
    if invoice.number is not None and invoice.number.casefold().startswith(search):
        return True
    return search in shelf.clients[invoice.client_id].name.casefold()


def _place(invoice: Invoice) -> _Place:
    return invoice.drafted_at, invoice.id


# The cursor is the place of the last invoice shown and not its id alone, so that it holds when that draft is deleted.


def _cursor(invoice: Invoice) -> str:
    return f"{invoice.drafted_at.astimezone(UTC).isoformat()} {invoice.id}"


def _read_cursor(cursor: str) -> _Place:
    moment, _, invoice_id = cursor.partition(" ")
    try:
        drafted_at = datetime.fromisoformat(moment)
    except ValueError:
        drafted_at = None
    if drafted_at is None or drafted_at.tzinfo is None or not invoice_id:
        raise BadText("after is not the cursor of a page; pass the 'next' of the page before, or None for the first")
    return drafted_at, InvoiceId(invoice_id)
