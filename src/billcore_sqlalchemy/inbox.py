"""Gateways' events: each heard once, whoever delivers it how often; those that cannot be applied yet are kept."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any

from sqlalchemy import ColumnElement, Select, Table, Update, and_, bindparam, false, select, true

from billcore.codec.envelope import GATEWAY_EVENT
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import ParkedEvent
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.session import Session, require_key
from billcore_sqlalchemy.statements import THE_LIMIT, insert_new


def hear(session: Session, table: Table, event: GatewayEvent) -> bool:
    """Note the event as heard in this transaction; a second delivery waits here for the first, and is then refused."""
    row = {
        **_row(event),
        "firm_id": session.firm_id,
        "is_heard": True,
        "parked_at": None,
        "turn_at": None,
        "document": None,
    }
    if session.insert(insert_new(table, session.dialect), row):
        return True
    # On MariaDB all who waited for that row now share a lock on it: whoever wrote next would be a deadlock.
    if was_heard(session, table, event):
        return False
    return session.change(_hear(table), {**key(event), "its_firm": session.firm_id}) == 1


def was_heard(session: Session, table: Table, event: GatewayEvent) -> bool:
    """Whether a transaction that heard it has committed."""
    return session.query(_was_heard(table), key(event)).first() is not None


def park(session: Session, table: Table, event: GatewayEvent, *, at: datetime) -> bool:
    """Keep the event, unless it is kept or was heard."""
    row = {**_row(event), "firm_id": event.firm_id, "is_heard": False, "parked_at": at, "turn_at": at}
    return session.insert(
        insert_new(table, session.dialect), {**row, "document": documents.write(GATEWAY_EVENT, event)}
    )


def parked(session: Session, table: Table, *, limit: int) -> Sequence[ParkedEvent]:
    """Those kept and not heard since, fewest tries first."""
    return [
        ParkedEvent(event=documents.read(GATEWAY_EVENT, row.document), heard_at=row.parked_at, tries=row.tries)
        for row in session.query(_parked(table), {"the_limit": limit})
    ]


def _row(event: GatewayEvent) -> dict[str, object]:
    return {
        "gateway": require_key(event.gateway, "gateway"),
        "account": event.account or "",
        "event_id": require_key(event.id, "event id"),
        "tries": 0,
    }


def key(event: GatewayEvent) -> Values:
    return {"its_gateway": event.gateway, "its_account": event.account or "", "its_id": event.id}


def is_it(table: Table) -> ColumnElement[bool]:
    c = table.c
    return and_(
        c.gateway == bindparam("its_gateway"),
        c.account == bindparam("its_account"),
        c.event_id == bindparam("its_id"),
    )


@cache
def _hear(table: Table) -> Update:
    waits = table.c.is_heard == false()
    return table.update().where(is_it(table), waits).values(is_heard=true(), firm_id=bindparam("its_firm"))


@cache
def _was_heard(table: Table) -> Select[Any]:
    return select(table.c.is_heard).where(is_it(table), table.c.is_heard == true())


@cache
def _parked(table: Table) -> Select[Any]:
    c = table.c
    waits = c.is_heard == false()
    return select(c.document, c.parked_at, c.tries).where(waits).order_by(c.tries, c.parked_at).limit(THE_LIMIT)
