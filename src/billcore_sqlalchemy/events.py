"""Events: appended together with the timelines they stand in and what they post to the journal; read in order."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from itertools import chain, starmap
from typing import Any, Final

from sqlalchemy import CompoundSelect, Select, Table, select, union_all

from billcore.codec.envelope import EVENT
from billcore.events import Event, invoices_of, stream
from billcore.ids import InvoiceId
from billcore.recorded import RecordedEvent
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.ledger import posting_rows, takings_columns
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID, THE_LIMIT
from billcore_sqlalchemy.tables import Tables

_BATCH: Final = 500


class Events:
    """What happened in this firm, in order."""

    def __init__(self, session: Session, tables: Tables) -> None:
        self._session = session
        self._tables = tables
        self._waiting: list[Event] = []

    def append(self, events: Iterable[Event]) -> None:
        happened = tuple(events)
        for event in happened:
            self._session.require_own(event.firm_id, "an event")
        self._waiting += happened

    def flush(self) -> None:
        """Write what was appended: once, before the unit of work commits or reads events."""
        waiting, self._waiting = self._waiting, []
        if not waiting:
            return
        with self._session.all_or_nothing():
            positions = self._session.number(self._tables.events, len(waiting), map(_row, waiting))
            numbered = [*zip(waiting, positions, strict=True)]
            self._session.insert_all(self._tables.event_invoices, _timelines(numbered))
            self._session.insert_all(self._tables.postings, chain.from_iterable(starmap(posting_rows, numbered)))

    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]:
        if not is_storable(invoice_id):
            return []
        self.flush()
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
        self.flush()
        values = {"the_firm": self._session.firm_id, "the_id": position, "the_limit": _BATCH}
        return [recorded(row) for row in self._session.query(_after(self._tables.events), values)]


def recorded(row: Row) -> RecordedEvent:
    """The event of a row of the events table."""
    return RecordedEvent(position=row.position, event=documents.read(EVENT, row.document))


def _row(event: Event) -> dict[str, object]:
    about = invoices_of(event)
    return {
        "firm_id": event.firm_id,
        "stream": stream(event),
        "invoice_id": about[0] if len(about) == 1 else None,
        "kind": type(event).__name__,
        "happened_on": event.on,
        "is_delivered": False,
        **takings_columns(event),
        "document": documents.write(EVENT, event),
    }


_Numbered = Sequence[tuple[Event, int]]


def _timelines(events: _Numbered) -> Iterator[Values]:
    """For each event about several invoices, each of them; the one invoice of most events stands in their own row."""
    for event, position in events:
        if len(about := invoices_of(event)) > 1:
            for invoice_id in dict.fromkeys(about):
                yield {"firm_id": event.firm_id, "invoice_id": invoice_id, "position": position}


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
def _about_invoice(tables: Tables) -> CompoundSelect[Any]:
    e, t = tables.events.c, tables.event_invoices.c
    alone = select(e.position, e.document).where(e.firm_id == THE_FIRM, e.invoice_id == THE_ID)
    among = (
        select(e.position, e.document)
        .join_from(tables.event_invoices, tables.events, t.position == e.position)
        .where(t.firm_id == THE_FIRM, t.invoice_id == THE_ID)
    )
    return union_all(alone, among).order_by("position")
