"""A client's statement, from what happened to its invoices and payments and nobody else's."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, FromClause, Select, and_, bindparam, func, select, union

from billcore.dates import Period
from billcore.ids import ClientId, InvoiceId
from billcore.journal import Account
from billcore.money import Money
from billcore.reports.statement import ON_THE_ACCOUNT, OpenItem, Statement, compose
from billcore_sqlalchemy.events import recorded
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Day

_THE_CLIENT: Final[BindParameter[str]] = bindparam("the_client")
_START: Final = bindparam("the_start", type_=Day)
_END: Final = bindparam("the_end", type_=Day)
_Condition = ColumnElement[bool]
_ON_THE_ACCOUNT: Final = sorted(account.value for account in ON_THE_ACCOUNT)


def statement_of(session: Session, tables: Tables, client_id: ClientId, period: Period) -> Statement:
    """The account of a client over the period."""
    if not is_storable(client_id):
        return Statement(client_id=client_id, period=period, currencies=())
    values = {
        "the_firm": session.firm_id,
        "the_client": client_id,
        "the_start": period.start,
        "the_end": period.end,
    }
    undone = {row.invoice_id: int(row.undone) for row in session.query(_undone(tables), values) if row.invoice_id}
    invoices = session.query(_invoices(tables), values)
    return compose(
        client_id,
        period,
        opening=[
            Money(int(row.minor), row.currency)
            for row in session.query(_opening(tables), values)
            if row.currency is not None
        ],
        recorded=[recorded(row) for row in session.query(_happened(tables), values)],
        numbers={InvoiceId(row.id): row.number for row in invoices},
        open_items=_open_items(invoices, undone, period),
    )


def _open_items(invoices: Sequence[Row], undone: dict[str, int], period: Period) -> Iterator[OpenItem]:
    for row in invoices:
        owed = row.owed - undone.get(row.id, 0)
        if owed and (row.issued_on < period.end or row.id in undone):
            yield OpenItem(
                invoice_id=InvoiceId(row.id),
                number=row.number,
                issued_on=row.issued_on,
                due_on=row.due_on,
                gross=Money(row.gross, row.currency),
                owed=Money(owed, row.currency),
            )


@cache
def _invoices(tables: Tables) -> Select[Any]:
    """The client's invoices, as far as a statement shows them."""
    c = tables.invoices.c
    columns = (c.id, c.number, c.issued_on, c.due_on, c.currency, c.gross, c.owed)
    return select(*columns).where(c.firm_id == THE_FIRM, c.client_id == _THE_CLIENT, c.issued_on.is_not(None))


@cache
def _streams(tables: Tables) -> FromClause:
    """The invoices and payments of the client: whatever moves its account happened to one of them."""
    invoices, payments = tables.invoices.c, tables.payments.c
    return union(
        select(invoices.id).where(invoices.firm_id == THE_FIRM, invoices.client_id == _THE_CLIENT),
        select(payments.id).where(payments.firm_id == THE_FIRM, payments.client_id == _THE_CLIENT),
    ).subquery("streams")


@cache
def _opening(tables: Tables) -> Select[Any]:
    """What had moved the account before the period, per currency."""
    e, p, streams = tables.events.c, tables.postings.c, _streams(tables)
    happened_to_it = and_(e.firm_id == THE_FIRM, e.stream == streams.c.id, e.happened_on < _START)
    moved = and_(_is_posting_of_it(tables), p.account.in_(_ON_THE_ACCOUNT))
    columns = p.currency, func.sum(p.amount).label("minor")
    return _in_this_order(tables, happened_to_it, moved).with_only_columns(*columns).group_by(p.currency)


@cache
def _happened(tables: Tables) -> Select[Any]:
    """The events of the period that moved the account."""
    e, streams = tables.events.c, _streams(tables)
    happened_to_it = and_(
        e.firm_id == THE_FIRM, e.stream == streams.c.id, e.happened_on >= _START, e.happened_on < _END
    )
    moved = select(tables.postings.c.amount).where(
        _is_posting_of_it(tables), tables.postings.c.account.in_(_ON_THE_ACCOUNT)
    )
    return select(e.position, e.document).select_from(streams).join(tables.events, happened_to_it).where(moved.exists())


@cache
def _undone(tables: Tables) -> Select[Any]:
    """By how much more or less was owed on each invoice since the end of the period."""
    e, p, streams = tables.events.c, tables.postings.c, _streams(tables)
    happened_to_it = and_(e.firm_id == THE_FIRM, e.stream == streams.c.id, e.happened_on >= _END)
    moved = and_(_is_posting_of_it(tables), p.account == Account.RECEIVABLE.value)
    columns = p.invoice_id, func.sum(p.amount).label("undone")
    return _in_this_order(tables, happened_to_it, moved).with_only_columns(*columns).group_by(p.invoice_id)


def _in_this_order(tables: Tables, happened_to_it: _Condition, moved: _Condition) -> Select[Any]:
    """What happened to the client's streams, and the postings of it; NULL for what moved nothing.

    Outer joins are made in the order in which they are written. Left to itself, a database without statistics begins
    with all postings of the firm.
    """
    streams = _streams(tables)
    return (
        select(streams.c.id)
        .select_from(streams)
        .outerjoin(tables.events, happened_to_it)
        .outerjoin(tables.postings, moved)
    )


def _is_posting_of_it(tables: Tables) -> _Condition:
    e, p = tables.events.c, tables.postings.c
    return and_(p.firm_id == THE_FIRM, p.happened_on == e.happened_on, p.position == e.position)
