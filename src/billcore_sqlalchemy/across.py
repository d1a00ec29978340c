"""What workers and webhooks ask across firms, before they know whose it is."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import BindParameter, ColumnElement, Select, Table, Update, and_, bindparam, false, or_, select, true

from billcore.ids import FirmId, GatewayRef, OperationId, PaymentId
from billcore.ports.store import Undelivered
from billcore_sqlalchemy.events import recorded
from billcore_sqlalchemy.records import ref_columns
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_LIMIT
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Instant

_BEFORE: Final = bindparam("before", type_=Instant)
_POSITION: Final[BindParameter[int]] = bindparam("the_position")


def firms(session: Session, tables: Tables) -> Sequence[FirmId]:
    """Every firm there is, in order of id."""
    return [FirmId(row.firm_id) for row in session.query(_firms(tables.firms))]


def operations_in_doubt(
    session: Session, tables: Tables, *, before: datetime, limit: int
) -> Sequence[tuple[FirmId, OperationId]]:
    """Those that are not done and that no worker holds, oldest first."""
    rows = session.query(_in_doubt(tables.operations), {"before": before, "the_limit": limit})
    return [(FirmId(row.firm_id), OperationId(row.id)) for row in rows]


def find_payment(session: Session, tables: Tables, ref: GatewayRef) -> tuple[FirmId, PaymentId] | None:
    """Whose payment that gateway object is."""
    row = session.query(_owner(tables.payments), ref_columns(ref)).first()
    return None if row is None else (FirmId(row.firm_id), PaymentId(row.id))


def find_operation(session: Session, tables: Tables, ref: GatewayRef) -> tuple[FirmId, OperationId] | None:
    """Whose operation that gateway object belongs to; the oldest of several."""
    row = session.query(_owner(tables.operations), ref_columns(ref)).first()
    return None if row is None else (FirmId(row.firm_id), OperationId(row.id))


def undelivered(session: Session, tables: Tables, *, limit: int) -> Sequence[Undelivered]:
    """The events that no subscriber has taken, in order."""
    return [
        Undelivered(firm_id=FirmId(row.firm_id), stream=row.stream, recorded=recorded(row))
        for row in session.query(_undelivered(tables.events), {"the_limit": limit})
    ]


def delivered(session: Session, tables: Tables, positions: Iterable[int]) -> None:
    """They were taken."""
    # In one order, so that two workers that mark the same events do not wait for each other in a circle.
    rows = [{"the_position": position} for position in sorted(set(positions))]
    if rows:
        session.change(_delivered(tables.events), rows)


@cache
def _firms(firms: Table) -> Select[Any]:
    return select(firms.c.firm_id).order_by(firms.c.firm_id)


@cache
def _in_doubt(operations: Table) -> Select[Any]:
    c = operations.c
    is_free = or_(c.leased_until.is_(None), c.leased_until <= _BEFORE)
    waits = and_(c.is_done == false(), c.created_at < _BEFORE, is_free)
    return select(c.firm_id, c.id).where(waits).order_by(c.created_at, c.id).limit(THE_LIMIT)


@cache
def _owner(table: Table) -> Select[Any]:
    c = table.c
    return select(c.firm_id, c.id).where(_is_of(table)).order_by(c.created_at, c.id).limit(1)


def _is_of(table: Table) -> ColumnElement[bool]:
    return and_(*(table.c[name] == bindparam(name) for name in ("ref_gateway", "ref_account", "ref_id")))


@cache
def _undelivered(events: Table) -> Select[Any]:
    c = events.c
    return select(events).where(c.is_delivered == false()).order_by(c.position).limit(THE_LIMIT)


@cache
def _delivered(events: Table) -> Update:
    return events.update().where(events.c.position == _POSITION).values(is_delivered=true())
