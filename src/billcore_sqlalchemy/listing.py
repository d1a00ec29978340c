"""The firm's list of invoices: filters, search and pages as one statement, each shape of it built once."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import cache, lru_cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BindParameter, ColumnElement, Row, Select, and_, bindparam, func, or_, select

from billcore.errors import BadText
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.policy import Status
from billcore.ports.store import InvoiceFilter, InvoicePage
from billcore.texts import text
from billcore_sqlalchemy.policies import Policies
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_FIRM, THE_LIMIT
from billcore_sqlalchemy.statuses import Readings, is_in, readings, shows_one_of
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Instant

_SHAPES: Final = 500
_LAST_CHARACTER: Final = "\U0010ffff"

_MOMENT: Final = bindparam("the_moment", type_=Instant)
_INVOICE: Final[BindParameter[str]] = bindparam("the_invoice")
_CLIENT: Final[BindParameter[str]] = bindparam("the_client")
_FOUND: Final[BindParameter[str]] = bindparam("the_search")
_BEYOND: Final[BindParameter[str]] = bindparam("beyond_the_search")
_NAMED: Final[BindParameter[Any]] = bindparam("the_named", expanding=True)
_ANYWHERE: Final[BindParameter[str]] = bindparam("the_pattern")


@frozen(kw_only=True)
class _Shape:
    """What of a filter changes the statement; the rest are its values."""

    statuses: frozenset[Status]
    readings: Readings
    queue: Queue | None
    by_client: bool
    by_number: bool
    by_named: bool

    @property
    def is_everything(self) -> bool:
        return not (self.statuses or self.queue or self.by_client or self.by_number)


def page(
    session: Session, tables: Tables, policies: Policies, wanted: InvoiceFilter, read: Callable[[Row[Any]], Invoice]
) -> InvoicePage:
    """The page that *wanted* asks for: newest first by the moment of drafting, and by id where that is the same."""
    firm = {"the_firm": session.firm_id}
    total = session.query(_count(tables, None), firm).scalar_one()
    if not _can_be_stored(wanted.search) or not _can_be_stored(wanted.client_id or ""):
        return InvoicePage(invoices=(), next=None, matching=0, total=total)
    named = _named(session, tables, wanted.search.casefold()) if wanted.search else []
    shape = _Shape(
        statuses=wanted.statuses,
        readings=readings(policies.all()) if wanted.statuses else (),
        queue=wanted.queue,
        by_client=wanted.client_id is not None,
        by_number=bool(wanted.search),
        by_named=bool(named),
    )
    values = {**firm, **_values(wanted), "the_named": named}
    place = {} if wanted.after is None else _read_cursor(wanted.after)
    statement = _page(tables, shape, wanted.after is not None)
    rows = session.query(statement, {**values, **place, "the_limit": wanted.limit + 1}).all()
    shown = tuple(read(row) for row in rows[: wanted.limit])
    return InvoicePage(
        invoices=shown,
        next=_cursor(shown[-1]) if len(rows) > len(shown) and shown else None,
        matching=total if shape.is_everything else session.query(_count(tables, shape), values).scalar_one(),
        total=total,
    )


def _values(wanted: InvoiceFilter) -> Mapping[str, object]:
    search = wanted.search.casefold()
    return {
        "the_day": wanted.on,
        "the_client": wanted.client_id,
        "the_search": search,
        "beyond_the_search": search + _LAST_CHARACTER,
    }


def _named(session: Session, tables: Tables, search: str) -> list[str]:
    """The clients with that in their names. They are few, and looked for first, so that no invoice is read in vain."""
    values = {"the_firm": session.firm_id, "the_pattern": f"%{_escaped(search)}%"}
    return [row.id for row in session.query(_clients_named(tables), values)]


def _escaped(search: str) -> str:
    return search.replace("/", "//").replace("%", "/%").replace("_", "/_")


@lru_cache(_SHAPES)
def _page(tables: Tables, shape: _Shape, is_after: bool) -> Select[Any]:
    c = tables.invoices.c
    statement = select(tables.invoices).where(*_conditions(tables, shape))
    if is_after:
        # The first condition bounds the range of the index, the second is exact.
        statement = statement.where(c.drafted_at <= _MOMENT, or_(c.drafted_at < _MOMENT, c.id < _INVOICE))
    return statement.order_by(c.drafted_at.desc(), c.id.desc()).limit(THE_LIMIT)


@lru_cache(_SHAPES)
def _count(tables: Tables, shape: _Shape | None) -> Select[Any]:
    conditions = (tables.invoices.c.firm_id == THE_FIRM,) if shape is None else _conditions(tables, shape)
    return select(func.count()).select_from(tables.invoices).where(*conditions)


def _conditions(tables: Tables, shape: _Shape) -> tuple[ColumnElement[bool], ...]:
    c = tables.invoices.c
    conditions: list[ColumnElement[bool]] = [c.firm_id == THE_FIRM]
    if shape.statuses:
        conditions.append(shows_one_of(shape.statuses, tables.invoices, shape.readings))
    if shape.queue is not None:
        conditions.append(is_in(shape.queue, tables.invoices))
    if shape.by_client:
        conditions.append(c.client_id == _CLIENT)
    if shape.by_number:
        begins_so = and_(c.folded_number >= _FOUND, c.folded_number < _BEYOND)
        conditions.append(or_(begins_so, c.client_id.in_(_NAMED)) if shape.by_named else begins_so)
    return tuple(conditions)


@cache
def _clients_named(tables: Tables) -> Select[Any]:
    c = tables.clients.c
    return select(c.id).where(c.firm_id == THE_FIRM, c.folded_name.like(_ANYWHERE, escape="/"))


def _can_be_stored(value: str) -> bool:
    try:
        text(value, "search", longest=10_000)
    except BadText:
        return False
    return True


# The cursor is the place of the last invoice shown and not its id alone, so that it holds when that draft is deleted.


def _cursor(invoice: Invoice) -> str:
    return f"{invoice.drafted_at.astimezone(UTC).isoformat()} {invoice.id}"


def _read_cursor(cursor: str) -> Mapping[str, object]:
    moment, _, invoice_id = cursor.partition(" ")
    try:
        drafted_at = datetime.fromisoformat(moment)
    except ValueError:
        drafted_at = None
    if drafted_at is None or drafted_at.tzinfo is None or not invoice_id:
        raise BadText("after is not the cursor of a page; pass the 'next' of the page before, or None for the first")
    return {"the_moment": drafted_at, "the_invoice": InvoiceId(invoice_id)}
