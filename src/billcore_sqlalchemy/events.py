"""Events: appended together with the timelines they stand in and what they post to the journal; read in order."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from typing import Any, Final

from sqlalchemy import Insert, Row, Select, Table, select

from billcore.codec.envelope import EVENT
from billcore.events import Event, invoices_of, stream
from billcore.ids import InvoiceId
from billcore.journal import postings
from billcore.ports.store import RecordedEvent
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID, THE_LIMIT
from billcore_sqlalchemy.tables import Tables

_BATCH: Final = 500


class Events:
    """What happened in this firm, in order."""

    def __init__(self, session: Session, tables: Tables) -> None:
        self._session = session
        self._tables = tables

    def append(self, events: Iterable[Event]) -> None:
        happened = tuple(events)
        for event in happened:
            self._session.require_own(event.firm_id, "an event")
        if not happened:
            return
        positions = self._session.number(_into(self._tables.events), [_row(event) for event in happened])
        numbered = tuple(zip(happened, positions, strict=True))
        timelines = [
            {"firm_id": event.firm_id, "invoice_id": invoice_id, "position": position}
            for event, position in numbered
            for invoice_id in dict.fromkeys(invoices_of(event))
        ]
        if timelines:
            self._session.change(_into(self._tables.event_invoices), timelines)
        journal = [
            {
                "firm_id": event.firm_id,
                "account": posting.account.value,
                "currency": posting.amount.currency,
                "position": position,
                "happened_on": event.on,
                "amount": posting.amount.minor,
            }
            for event, position in numbered
            for posting in postings(event)
        ]
        if journal:
            self._session.change(_into(self._tables.postings), journal)

    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]:
        if not is_storable(invoice_id):
            return []
        values = {"the_firm": self._session.firm_id, "the_id": invoice_id}
        return [recorded(row) for row in self._session.query(_about_invoice(self._tables), values)]

    def all(self) -> Iterable[RecordedEvent]:
        return self._each()

    def _each(self) -> Iterator[RecordedEvent]:
        after = 0
        while batch := self._after(after):
            yield from batch
            after = batch[-1].position

    def _after(self, position: int) -> list[RecordedEvent]:
        values = {"the_firm": self._session.firm_id, "the_id": position, "the_limit": _BATCH}
        return [recorded(row) for row in self._session.query(_after(self._tables.events), values)]


def recorded(row: Row[Any]) -> RecordedEvent:
    """The event of a row of the events table."""
    return RecordedEvent(position=row.position, event=documents.read(EVENT, row.document))


def _row(event: Event) -> dict[str, object]:
    return {
        "firm_id": event.firm_id,
        "stream": stream(event),
        "kind": type(event).__name__,
        "happened_on": event.on,
        "is_delivered": False,
        "document": documents.write(EVENT, event),
    }


@cache
def _into(table: Table) -> Insert:
    return table.insert()


@cache
def _after(events: Table) -> Select[Any]:
    c = events.c
    return (
        select(c.position, c.document)
        .where(c.firm_id == THE_FIRM, c.position > THE_ID)
        .order_by(c.position)
        .limit(THE_LIMIT)
    )


@cache
def _about_invoice(tables: Tables) -> Select[Any]:
    e, t = tables.events.c, tables.event_invoices.c
    of_it = (t.firm_id == THE_FIRM, t.invoice_id == THE_ID)
    return (
        select(e.position, e.document)
        .join_from(tables.event_invoices, tables.events, t.position == e.position)
        .where(*of_it)
        .order_by(e.position)
    )
