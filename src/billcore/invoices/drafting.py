"""Drafts: made, edited and deleted at will; a draft has no number, owes nothing and is invisible to the client."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from attrs import frozen

from billcore.actors import Actor
from billcore.clients import Client, Firm
from billcore.dates import instant
from billcore.errors import BadLine, CurrencyMismatch, NotFound
from billcore.events import InvoiceDeleted, InvoiceDrafted, InvoiceEdited
from billcore.evolving import evolve
from billcore.ids import ChargeId, InvoiceId, LineId, ScheduleId
from billcore.invoices.guards import require_draft
from billcore.invoices.invoice import Content, Invoice, Origin, Sums
from billcore.invoices.pricing import price
from billcore.invoices.totals import Totals
from billcore.kinds import of_kind
from billcore.lines import LineItem, numbered
from billcore.texts import shown

LARGEST_LINE_COUNT = 1000


@frozen(kw_only=True)
class Worded:
    """Content as it stands on a new draft: its lines have their ids and are added up."""

    content: Content
    totals: Totals
    line_count: int


def word(content: Content, currency: str) -> Worded:
    """The content for a new draft in *currency*; refuses what ``draft`` refuses of it."""
    numbered_content, line_count = _with_line_ids(content, known=frozenset(), count=0)
    return Worded(content=numbered_content, totals=_priced(numbered_content, currency), line_count=line_count)


def draft(
    invoice_id: InvoiceId,
    *,
    firm: Firm,
    client: Client,
    content: Content | Worded,
    origin: Origin = Origin.TYPED,
    replaces: InvoiceId | None = None,
    schedule_id: ScheduleId | None = None,
    on: date | None = None,
    at: datetime,
    by: Actor,
) -> tuple[Invoice, InvoiceDrafted]:
    """A new draft for *client* (S0.14, S2.2, S3.12). Lines get their ids here; an empty draft is allowed.

    Content that many drafts share may come worded; CurrencyMismatch where that was in another currency.
    """
    instant(at, "at")
    of_kind(origin, Origin, "origin")
    worded = content if isinstance(content, Worded) else word(content, client.currency)
    totals = worded.totals
    if totals.gross.currency != client.currency:
        raise CurrencyMismatch(f"the content is in {totals.gross.currency}, the client's invoices in {client.currency}")
    invoice = Invoice(
        id=invoice_id,
        firm_id=firm.id,
        client_id=client.id,
        currency=client.currency,
        content=worded.content,
        totals=totals,
        policy=firm.policy,
        terms=client.terms or firm.terms,
        origin=origin,
        sums=Sums.nothing(client.currency),
        drafted_at=at,
        drafted_on=at.date() if on is None else on,
        schedule_id=schedule_id,
        replaces=replaces,
        line_count=worded.line_count,
    )
    return invoice, InvoiceDrafted(
        firm_id=firm.id,
        invoice_id=invoice_id,
        client_id=client.id,
        gross=totals.gross,
        origin=origin.value,
        claimed=worded.content.charge_ids,
        at=at,
        by=by,
    )


def edit(invoice: Invoice, content: Content, *, at: datetime, by: Actor) -> tuple[Invoice, InvoiceEdited]:
    """The draft with new content (S3.13); charges that left it are released, new ones claimed (S3.16)."""
    require_draft(invoice, "edit")
    known = frozenset(line.id for line in invoice.lines)
    content, line_count = _with_line_ids(content, known=known, count=invoice.line_count)
    totals = _priced(content, invoice.currency)
    before, after = invoice.content.charge_ids, content.charge_ids
    edited = evolve(invoice, content=content, totals=totals, line_count=line_count)
    return edited, InvoiceEdited(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        gross=totals.gross,
        claimed=_without(after, before),
        released=_without(before, after),
        at=at,
        by=by,
    )


def add_line(invoice: Invoice, line: LineItem, *, at: datetime, by: Actor) -> tuple[Invoice, InvoiceEdited]:
    """The draft with one more line, a write-in (S3.14)."""
    of_kind(line, LineItem, "line", BadLine)
    return edit(invoice, evolve(invoice.content, lines=(*invoice.lines, line)), at=at, by=by)


def remove_line(invoice: Invoice, line_id: LineId, *, at: datetime, by: Actor) -> tuple[Invoice, InvoiceEdited]:
    """The draft without that line, whose charges are open again (S3.16)."""
    removed = _line(invoice, line_id, "remove a line of")
    kept = tuple(line for line in invoice.lines if line is not removed)
    return edit(invoice, evolve(invoice.content, lines=kept), at=at, by=by)


def override_rate(
    invoice: Invoice, line_id: LineId, unit_price: Decimal | str, *, at: datetime, by: Actor
) -> tuple[Invoice, InvoiceEdited]:
    """The draft with another price on that line (S3.15), which keeps the one that it came with.

    Overridden again, it is still the first price that is kept; back at that one, nothing is overridden.
    """
    line = _line(invoice, line_id, "override a rate of")
    overridden = evolve(line, unit_price=unit_price)
    first = line.unit_price if line.original_unit_price is None else line.original_unit_price
    overridden = evolve(overridden, original_unit_price=None if overridden.unit_price == first else first)
    lines = tuple(overridden if each is line else each for each in invoice.lines)
    return edit(invoice, evolve(invoice.content, lines=lines), at=at, by=by)


def delete(invoice: Invoice, *, at: datetime, by: Actor) -> InvoiceDeleted:
    """The tombstone of a draft; its charges are open again and no number was used (S2.6)."""
    require_draft(invoice, "delete")
    return InvoiceDeleted(
        firm_id=invoice.firm_id, invoice_id=invoice.id, released=invoice.content.charge_ids, at=at, by=by
    )


def _line(invoice: Invoice, line_id: LineId, verb: str) -> LineItem:
    """The line of a draft; NotFound for an id that none of its lines has."""
    require_draft(invoice, verb)
    for line in invoice.lines:
        if line.id == line_id:
            return line
    raise NotFound(f"no line {shown(line_id)} on this draft; read it again")


def _priced(content: Content, currency: str) -> Totals:
    return price(content.lines, content.allowances, content.surcharges, currency)


def _with_line_ids(content: Content, *, known: frozenset[LineId], count: int) -> tuple[Content, int]:
    """Number the new lines after *count*; a line that has an id must be one of the invoice's own."""
    if len(content.lines) > LARGEST_LINE_COUNT:
        raise BadLine(f"an invoice has at most {LARGEST_LINE_COUNT} lines, asked for {len(content.lines)}")
    lines: list[LineItem] = []
    for line in content.lines:
        if not line.id:
            count += 1
            line = numbered(line, LineId(f"L{count}"))
        elif line.id not in known:
            raise BadLine(f"line {line.id!r} is not of this invoice; leave the id out for a new line")
        lines.append(line)
    _refuse_twice((line.id for line in lines), "line")
    _refuse_twice(content.charge_ids, "charge")
    return evolve(content, lines=tuple(lines)), count


def _refuse_twice(ids: Iterable[str], what: str) -> None:
    seen: set[str] = set()
    for identifier in ids:
        if identifier in seen:
            raise BadLine(f"{what} {identifier!r} stands on the invoice twice")
        seen.add(identifier)


def _without(these: tuple[ChargeId, ...], those: tuple[ChargeId, ...]) -> tuple[ChargeId, ...]:
    left_out = frozenset(those)
    return tuple(charge_id for charge_id in these if charge_id not in left_out)
