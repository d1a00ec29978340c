"""The firm's list of invoices: filters, search and pages, by statements of which each shape is built once.

How many invoices a filter allows is counted first, as a sum of parts that each have an index. Where they are few, they
are found by the same parts and put in order here; where they are many, they are met soon on the way from the newest to
the oldest. A database left to itself takes that way for the few as well, and reads every invoice.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache, lru_cache
from itertools import product
from typing import Any, Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    CompoundSelect,
    Select,
    and_,
    bindparam,
    func,
    literal,
    not_,
    or_,
    select,
    union_all,
)

from billcore.errors import BadText
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.policy import Status
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore_sqlalchemy.policies import Policies
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM, THE_LIMIT
from billcore_sqlalchemy.statuses import Readings, branches, is_in, readings, shows_one_of
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Instant

_SHAPES: Final = 500
_FEW: Final = 1_000
_LAST_CHARACTER: Final = "\U0010ffff"

_MOMENT: Final = bindparam("the_moment", type_=Instant)
_INVOICE: Final[BindParameter[str]] = bindparam("the_invoice")
_CLIENT: Final[BindParameter[str]] = bindparam("the_client")
_FOUND: Final[BindParameter[str]] = bindparam("the_search")
_BEYOND: Final[BindParameter[str]] = bindparam("beyond_the_search")
_NAMED: Final[BindParameter[Any]] = bindparam("the_named", expanding=True)
_IDS: Final[BindParameter[Any]] = bindparam("the_ids", expanding=True)
_TOTAL: Final[BindParameter[int]] = bindparam("the_total", type_=BigInteger)
_ANYWHERE: Final[BindParameter[str]] = bindparam("the_pattern")

_Condition = ColumnElement[bool]


@frozen(kw_only=True)
class _Shape:
    """What of a filter changes the statements; the rest are their values.

    ``is_named``: clients of that name were found; ``are_many``: too many to be named in a statement one by one.
    """

    statuses: frozenset[Status]
    readings: Readings
    queue: Queue | None
    is_of_client: bool
    is_searched: bool
    is_named: bool
    are_many: bool

    @property
    def is_everything(self) -> bool:
        return not self.statuses and self.is_by_status_only

    @property
    def is_by_status_only(self) -> bool:
        return not (self.queue or self.is_of_client or self.is_searched)


def page(
    session: Session, tables: Tables, policies: Policies, wanted: InvoiceFilter, read: Callable[[Row], Invoice]
) -> InvoicePage:
    """The page that *wanted* asks for: newest first by the moment of drafting, and by id where that is the same."""
    place = {} if wanted.after is None else _read_cursor(wanted.after)
    search = wanted.search.casefold()
    named = _named(session, tables, search) if search else []
    shape = _Shape(
        statuses=wanted.statuses,
        readings=readings(policies.all()) if wanted.statuses else (),
        queue=wanted.queue,
        is_of_client=wanted.client_id is not None,
        is_searched=bool(search),
        is_named=bool(named),
        are_many=len(named) > _FEW,
    )
    values = {
        "the_firm": session.firm_id,
        "the_day": wanted.on,
        "the_client": wanted.client_id,
        "the_search": search,
        "beyond_the_search": search + _LAST_CHARACTER,
        "the_named": named,
        "the_pattern": _pattern(search),
        "the_limit": wanted.limit + 1,
        **place,
    }
    total: int = session.query(_count_all(tables), values).scalar_one()
    matching = total
    if wanted.client_id is not None and not is_storable(wanted.client_id):
        matching = 0
    elif not shape.is_everything:
        matching = session.query(_count(tables, shape), {**values, "the_total": total}).scalar_one()
    rows: Sequence[Row] = ()
    if matching > _FEW:
        rows = session.query(_newest(tables, shape, bool(place)), values)
    elif matching:
        rows = _sorted(session, tables, _few(tables, shape, bool(place)), values)
    shown = tuple(read(row) for row in rows[: wanted.limit])
    return InvoicePage(
        invoices=shown, next=_cursor(shown[-1]) if len(rows) > len(shown) else None, matching=matching, total=total
    )


def _named(session: Session, tables: Tables, search: str) -> list[str]:
    """The clients with that in their names. They are few, and looked for first, so that no invoice is read in vain."""
    values = {"the_firm": session.firm_id, "the_pattern": _pattern(search), "the_limit": _FEW + 1}
    return [row.id for row in session.query(_clients_named(tables).limit(THE_LIMIT), values)]


def _pattern(search: str) -> str:
    escaped = search.replace("/", "//").replace("%", "/%").replace("_", "/_")
    return f"%{escaped}%"


def _sorted(session: Session, tables: Tables, few: CompoundSelect[Any], values: Mapping[str, Any]) -> Sequence[Row]:
    """The newest of the few, as many as the page needs."""
    places = sorted(((row.drafted_at, row.id) for row in session.query(few, values)), reverse=True)
    ids = [invoice_id for _, invoice_id in places[: values["the_limit"]]]
    if not ids:
        return ()
    rows = {row.id: row for row in session.query(_by_ids(tables), {**values, "the_ids": ids})}
    return [rows[invoice_id] for invoice_id in ids]


# ── Statements ───────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _clients_named(tables: Tables) -> Select[Any]:
    c = tables.clients.c
    return select(c.id).where(c.firm_id == THE_FIRM, c.folded_name.like(_ANYWHERE, escape="/"))


@cache
def _by_ids(tables: Tables) -> Select[Any]:
    c = tables.invoices.c
    return select(tables.invoices).where(c.firm_id == THE_FIRM, c.id.in_(_IDS))


@cache
def _count_all(tables: Tables) -> Select[Any]:
    return select(func.count()).select_from(tables.invoices).where(tables.invoices.c.firm_id == THE_FIRM)


@lru_cache(_SHAPES)
def _count(tables: Tables, shape: _Shape) -> Select[Any]:
    """How many there are: the sum of the parts, or all without the sum of the other parts."""
    asked = _narrow(shape.statuses, tables, shape)
    if asked is not None:
        return select(_sum(tables, shape, asked))
    rest = _narrow(frozenset(Status) - shape.statuses, tables, shape)
    if rest is not None:
        whole = _TOTAL if shape.is_by_status_only else _sum(tables, shape, [()])
        return select(whole - _sum(tables, shape, rest))
    return select(_sum(tables, shape, [(shows_one_of(shape.statuses, tables.invoices, shape.readings),)]))


def _sum(tables: Tables, shape: _Shape, parts: Iterable[tuple[_Condition, ...]]) -> ColumnElement[int]:
    total: ColumnElement[int] = literal(0)
    for conditions in _each(tables, shape, parts):
        total = total + select(func.count()).select_from(tables.invoices).where(*conditions).scalar_subquery()
    return total


@lru_cache(_SHAPES)
def _few(tables: Tables, shape: _Shape, is_after: bool) -> CompoundSelect[Any]:
    """Their places, in no order, by the same parts."""
    c = tables.invoices.c
    parts = _narrow(shape.statuses, tables, shape)
    if parts is None:
        parts = [(shows_one_of(shape.statuses, tables.invoices, shape.readings),)]
    after = _after(tables) if is_after else ()
    return union_all(
        *(select(c.drafted_at, c.id).where(*conditions, *after) for conditions in _each(tables, shape, parts))
    )


@lru_cache(_SHAPES)
def _newest(tables: Tables, shape: _Shape, is_after: bool) -> Select[Any]:
    """From the newest on, until there are enough."""
    c = tables.invoices.c
    conditions = [c.firm_id == THE_FIRM, *_always(tables, shape)]
    if shape.statuses:
        conditions.append(shows_one_of(shape.statuses, tables.invoices, shape.readings))
    if shape.is_searched:
        conditions.append(or_(*(and_(*part) for part in _searched(tables, shape))))
    if is_after:
        conditions += _after(tables)
    return select(tables.invoices).where(*conditions).order_by(c.drafted_at.desc(), c.id.desc()).limit(THE_LIMIT)


def _narrow(wanted: frozenset[Status], tables: Tables, shape: _Shape) -> list[tuple[_Condition, ...]] | None:
    """The statuses in parts that each have an index; None where they have none."""
    if not shape.statuses:
        return [()]
    parts = branches(wanted, tables.invoices, shape.readings)
    return None if parts is None else [(part,) for part in parts]


def _each(tables: Tables, shape: _Shape, parts: Iterable[tuple[_Condition, ...]]) -> Iterable[tuple[_Condition, ...]]:
    """The whole condition, once for each part and each way to be found; no invoice is in two of them."""
    base = (tables.invoices.c.firm_id == THE_FIRM, *_always(tables, shape))
    for part, found in product(parts, _searched(tables, shape)):
        yield (*base, *part, *found)


def _always(tables: Tables, shape: _Shape) -> list[_Condition]:
    conditions: list[_Condition] = []
    if shape.queue is not None:
        conditions.append(is_in(shape.queue, tables.invoices))
    if shape.is_of_client:
        conditions.append(tables.invoices.c.client_id == _CLIENT)
    return conditions


def _searched(tables: Tables, shape: _Shape) -> list[tuple[_Condition, ...]]:
    """By the beginning of its number; or else by its client."""
    if not shape.is_searched:
        return [()]
    c = tables.invoices.c
    begins_so = and_(c.folded_number >= _FOUND, c.folded_number < _BEYOND)
    begins_otherwise = or_(c.folded_number.is_(None), not_(begins_so))
    if not shape.is_named:
        return [(begins_so,)]
    named = c.client_id.in_(_clients_named(tables) if shape.are_many else _NAMED)
    return [(begins_so,), (named, begins_otherwise)]


def _after(tables: Tables) -> list[_Condition]:
    """Behind the cursor; the first condition bounds the range of the index, the second is exact."""
    c = tables.invoices.c
    return [c.drafted_at <= _MOMENT, or_(c.drafted_at < _MOMENT, c.id < _INVOICE)]


# ── Cursors ──────────────────────────────────────────────────────────────────────────────────────────────────────────
# A cursor is the place of the last invoice shown and not its id alone, so that it holds when that draft is deleted.


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
