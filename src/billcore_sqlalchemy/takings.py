"""Takings, added up by the database; events are read only of payments that were given back, for what their fee lost."""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, Select, Table, and_, bindparam, exists, func, or_, select

from billcore.dates import Period
from billcore.journal import Account
from billcore.methods import Method
from billcore.recorded import RecordedEvent
from billcore.reports.takings import Figure, Received, Takings, compose, takings
from billcore_sqlalchemy.events import recorded
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_FIRM
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Day

_START: Final = bindparam("the_start", type_=Day)
_END: Final = bindparam("the_end", type_=Day)
_STREAMS: Final[BindParameter[Any]] = bindparam("the_streams", expanding=True)
_BATCH: Final = 500

# The kinds of events, as they are named in their table.
_RECEIVED: Final = ("PaymentCompleted", "PaymentRecorded")
_REFUNDED: Final = ("RefundFailed", "RefundSucceeded")
_FIGURES: Final = {
    **dict.fromkeys(_RECEIVED, Figure.GROSS),
    **dict.fromkeys(_REFUNDED, Figure.REFUNDED),
    "PaymentReturned": Figure.TAKEN_BACK,
    "DisputeLost": Figure.TAKEN_BACK,
}


def takings_of(session: Session, tables: Tables, period: Period) -> Takings:
    """What came in during the period and what is left of it."""
    values = {"the_firm": session.firm_id, "the_start": period.start, "the_end": period.end}
    received: dict[tuple[Method, str], Received] = {}
    moved: dict[tuple[Figure, str], int] = {}
    for row in session.query(_added_up(tables.events), values):
        kind, currency, method, count, minor = tuple(row)
        if method is not None:
            key = Method(method), currency
            before = received.get(key, Received())
            received[key] = Received(before.count + count, before.minor + int(minor))
        if kind in _FIGURES:
            figure = _FIGURES[kind], currency
            moved[figure] = moved.get(figure, 0) + int(minor)
    for row in session.query(_fees(tables.postings), values):
        moved[Figure.FEES, row.currency] = int(row.minor)
    explained = takings(_explaining(session, tables, values), period)
    for lost in (each.fees_lost_on_refunds for each in explained.currencies):
        moved[Figure.FEES_LOST, lost.currency] = lost.minor
    return compose(
        period,
        received=received,
        moved=moved,
        unknown_fees=session.query(_unknown_fees(tables.events), values).scalar_one(),
    )


def _explaining(session: Session, tables: Tables, values: Values) -> Iterator[RecordedEvent]:
    """All that takings count of the payments of which a fee was lost, or was lost no longer, in the period."""
    streams = [row.stream for row in session.query(_given_back(tables.events), values)]
    for first in range(0, len(streams), _BATCH):
        batch: Sequence[str] = streams[first : first + _BATCH]
        found = session.query(_of_streams(tables.events), {**values, "the_streams": batch})
        yield from sorted(map(recorded, found), key=lambda record: record.position)


def _in_the_period(events: Table) -> Any:
    c = events.c
    return and_(c.firm_id == THE_FIRM, c.amount.is_not(None), c.happened_on >= _START, c.happened_on < _END)


@cache
def _added_up(events: Table) -> Select[Any]:
    c = events.c
    group = (c.kind, c.currency, c.method)
    return select(*group, func.count(), func.sum(c.amount)).where(_in_the_period(events)).group_by(*group)


@cache
def _fees(postings: Table) -> Select[Any]:
    c = postings.c
    is_fee = (c.firm_id == THE_FIRM, c.account == Account.FEES.value, c.happened_on >= _START, c.happened_on < _END)
    return select(c.currency, func.sum(c.amount).label("minor")).where(*is_fee).group_by(c.currency)


@cache
def _given_back(events: Table) -> Select[Any]:
    """The payments that were refunded in the period, or of which a fee became known that were refunded once."""
    c, refund = events.c, events.alias("refund").c
    was_refunded = exists().where(
        refund.firm_id == THE_FIRM, refund.stream == c.stream, refund.kind.in_(_REFUNDED), refund.amount.is_not(None)
    )
    matters = or_(c.kind.in_((*_REFUNDED, "ExtraFeeCharged")), and_(c.kind == "FeeAssessed", was_refunded))
    return select(c.stream).distinct().where(_in_the_period(events), matters)


@cache
def _of_streams(events: Table) -> Select[Any]:
    c = events.c
    is_counted = (c.firm_id == THE_FIRM, c.stream.in_(_STREAMS), c.amount.is_not(None))
    # Asked for in order, SQLite would go through all events of the firm in order.
    return select(c.position, c.document).where(*is_counted)


@cache
def _unknown_fees(events: Table) -> Select[Any]:
    """Of how many payments that a gateway completed or refunded in the period no fee was known by its end."""
    c, other = events.c, events.alias("other").c
    # Money received by hand costs no fee.
    is_settled = and_(other.kind == "FeeAssessed", other.happened_on < _END)
    is_settled_or_by_hand = exists().where(
        other.firm_id == THE_FIRM, other.stream == c.stream, or_(is_settled, other.kind == "PaymentRecorded")
    )
    touched = c.kind.in_(("PaymentCompleted", "RefundSucceeded"))
    return select(func.count(c.stream.distinct())).where(_in_the_period(events), touched, ~is_settled_or_by_hand)
