"""Due work handed out: the rows of a turn are locked, those that another worker has locked are left out.

On SQLite there is one writer at a time, so nobody else is choosing; there the moment in ``turn_at`` is all that keeps
others away, as it is everywhere once the claim has committed.
"""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any, Final

from sqlalchemy import Delete, Select, Table, Update, and_, bindparam, false, or_, select

from billcore.codec.envelope import GATEWAY_EVENT
from billcore.ids import FirmId, OperationId
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import DueOperation, ParkedEvent, Undelivered
from billcore_sqlalchemy import documents, inbox
from billcore_sqlalchemy.events import recorded
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID, THE_LIMIT, insert_new
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Instant

_AT: Final = bindparam("at", type_=Instant)
_UNTIL: Final = bindparam("until", type_=Instant)
_CREATED_BEFORE: Final = bindparam("created_before", type_=Instant)


def operations(
    session: Session, table: Table, *, created_before: datetime, at: datetime, until: datetime, limit: int
) -> Sequence[DueOperation]:
    """Those in doubt whose turn has come."""
    asked = {"created_before": created_before, "at": at, "the_limit": limit}
    rows = session.query(_due_operations(table), asked)
    for row in rows:
        session.change(_claim_operation(table), {"the_firm": row.firm_id, "the_id": row.id, "until": until})
    return [
        DueOperation(firm_id=FirmId(row.firm_id), operation_id=OperationId(row.id), tries=row.tries) for row in rows
    ]


def put_off_operation(
    session: Session, table: Table, firm_id: FirmId, operation_id: OperationId, *, until: datetime
) -> None:
    """Its turn comes then."""
    session.change(_put_off_operation(table), {"the_firm": firm_id, "the_id": operation_id, "until": until})


def parked(session: Session, table: Table, *, at: datetime, until: datetime, limit: int) -> Sequence[ParkedEvent]:
    """The parked events whose turn has come."""
    claimed = []
    for row in session.query(_due_events(table), {"at": at, "the_limit": limit}):
        event = documents.read(GATEWAY_EVENT, row.document)
        session.change(_claim_event(table), {**inbox.key(event), "until": until})
        claimed.append(ParkedEvent(event=event, heard_at=row.parked_at, tries=row.tries))
    return claimed


def put_off_parked(session: Session, table: Table, event: GatewayEvent, *, until: datetime) -> None:
    """Its turn comes then."""
    session.change(_put_off_event(table), {**inbox.key(event), "until": until})


def let_go(session: Session, table: Table, event: GatewayEvent) -> None:
    """Forget it."""
    session.change(_let_go(table), inbox.key(event))


def undelivered(
    session: Session, tables: Tables, *, at: datetime, until: datetime, limit: int
) -> Sequence[Undelivered]:
    """All events of the streams whose turn has come.

    The streams are chosen by events that nobody has locked, and then won one by one: who wins a stream has it alone.
    Only then are its events read, so that none is missed that another worker had locked while we chose.
    """
    rows = session.query(_due_streams(tables), {"at": at, "the_limit": limit})
    claimed: list[Undelivered] = []
    # In one order, so that two workers that want the same streams do not wait for each other in a circle.
    for firm_id, stream in sorted({(row.firm_id, row.stream) for row in rows}):
        tries = _win(session, tables.deliveries, {"the_firm": firm_id, "the_id": stream, "at": at, "until": until})
        if tries is not None:
            found = session.query(_of_stream(tables.events), {"the_firm": firm_id, "the_id": stream})
            claimed += [
                Undelivered(firm_id=FirmId(firm_id), stream=stream, recorded=recorded(row), tries=tries)
                for row in found
            ]
    return sorted(claimed, key=lambda each: each.recorded.position)


def put_off_stream(session: Session, table: Table, firm_id: FirmId, stream: str, *, until: datetime | None) -> None:
    """Its turn comes then; None forgets it."""
    key = {"the_firm": firm_id, "the_id": stream}
    if until is None:
        session.change(_forget_stream(table), key)
    elif session.change(_put_off_stream(table), {**key, "until": until}) == 0:
        session.change(insert_new(table, session.dialect), _delivery(firm_id, stream, until, tries=0))


def _win(session: Session, table: Table, values: dict[str, Any]) -> int | None:
    """How often the stream was handed out before, if it is ours now; None if it is another worker's."""
    if session.change(_win_again(table), values) == 1:
        tries: int = session.query(_tries(table), values).scalar_one()
        return tries - 1
    new = _delivery(values["the_firm"], values["the_id"], values["until"], tries=1)
    return 0 if session.insert(insert_new(table, session.dialect), new) else None


def _delivery(firm_id: str, stream: str, until: datetime, *, tries: int) -> dict[str, object]:
    return {"firm_id": firm_id, "stream": stream, "turn_at": until, "tries": tries}


# ── Statements ───────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def _due_operations(table: Table) -> Select[Any]:
    c = table.c
    is_free = or_(c.leased_until.is_(None), c.leased_until <= _AT)
    is_due = and_(c.is_done == false(), c.turn_at <= _AT, c.created_at < _CREATED_BEFORE, is_free)
    due = select(c.firm_id, c.id, c.tries).where(is_due).order_by(c.turn_at, c.id).limit(THE_LIMIT)
    return due.with_for_update(skip_locked=True)


@cache
def _claim_operation(table: Table) -> Update:
    c = table.c
    return table.update().where(c.firm_id == THE_FIRM, c.id == THE_ID).values(turn_at=_UNTIL, tries=c.tries + 1)


@cache
def _put_off_operation(table: Table) -> Update:
    return table.update().where(table.c.firm_id == THE_FIRM, table.c.id == THE_ID).values(turn_at=_UNTIL)


@cache
def _due_events(table: Table) -> Select[Any]:
    c = table.c
    is_due = and_(c.is_heard == false(), c.turn_at <= _AT)
    due = select(c.document, c.parked_at, c.tries).where(is_due).order_by(c.turn_at, c.event_id).limit(THE_LIMIT)
    return due.with_for_update(skip_locked=True)


@cache
def _claim_event(table: Table) -> Update:
    waits = table.c.is_heard == false()
    return table.update().where(inbox.is_it(table), waits).values(turn_at=_UNTIL, tries=table.c.tries + 1)


@cache
def _put_off_event(table: Table) -> Update:
    return table.update().where(inbox.is_it(table), table.c.is_heard == false()).values(turn_at=_UNTIL)


@cache
def _let_go(table: Table) -> Delete:
    return table.delete().where(inbox.is_it(table), table.c.is_heard == false())


@cache
def _due_streams(tables: Tables) -> Select[Any]:
    """The oldest events that are free; at most so many, so at most so many streams."""
    e, d = tables.events.c, tables.deliveries.c
    held = select(d.stream).where(d.firm_id == e.firm_id, d.stream == e.stream, d.turn_at > _AT)
    due = select(e.firm_id, e.stream).where(e.is_delivered == false(), ~held.exists())
    return due.order_by(e.position).limit(THE_LIMIT).with_for_update(skip_locked=True, of=tables.events)


@cache
def _of_stream(events: Table) -> Select[Any]:
    c = events.c
    is_its = (c.firm_id == THE_FIRM, c.stream == THE_ID, c.is_delivered == false())
    return select(c.position, c.document).where(*is_its).order_by(c.position)


@cache
def _win_again(table: Table) -> Update:
    c = table.c
    is_free = (c.firm_id == THE_FIRM, c.stream == THE_ID, c.turn_at <= _AT)
    return table.update().where(*is_free).values(turn_at=_UNTIL, tries=c.tries + 1)


@cache
def _tries(table: Table) -> Select[Any]:
    return select(table.c.tries).where(table.c.firm_id == THE_FIRM, table.c.stream == THE_ID)


@cache
def _put_off_stream(table: Table) -> Update:
    return table.update().where(table.c.firm_id == THE_FIRM, table.c.stream == THE_ID).values(turn_at=_UNTIL)


@cache
def _forget_stream(table: Table) -> Delete:
    return table.delete().where(table.c.firm_id == THE_FIRM, table.c.stream == THE_ID)
