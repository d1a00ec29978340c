"""Schedules and their occurrences.

A schedule's document is what people decided; how far the run has come is in columns, so that a run writes a few numbers
and a date. An occurrence is columns alone.
"""

from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from operator import attrgetter, is_not
from typing import Final

from attrs import fields

from billcore.codec.envelope import SCHEDULE
from billcore.dates import Period
from billcore.evolving import evolve
from billcore.ids import ClientId, FirmId, InvoiceId, OccurrenceId, ScheduleId
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule, Suspension
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.records import Records
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.statements import waiting

_PROGRESS: Final = frozenset(
    {"next_index", "failed", "failures", "retry_on", "suspension", "completed_at", "look_on", "version"}
)
_decided: Final = attrgetter(*(field.name for field in fields(Schedule) if field.name not in _PROGRESS))

# What is each schedule's own stands in columns alone: those of one package have one document, which is read once.
_ANY: Final = ScheduleId("")
_ANYBODY: Final = ClientId("")
_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Schedules(Records[ScheduleId, Schedule]):
    envelope, what = SCHEDULE, "schedule"
    reads = (
        "document",
        "id",
        "client_id",
        "started_at",
        "next_index",
        "failed",
        "failures",
        "retry_on",
        "suspended_at",
        "suspended_for",
        "completed_at",
        "look_on",
        "version",
    )

    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        statement = waiting(self._table, self.reads, "look_on", is_writing=self._session.is_writing)
        return [self._remember(found) for found in self._select(statement, the_day=on, the_limit=limit)]

    def of_client(self, client_id: ClientId) -> Sequence[Schedule]:
        return self._related("client_id", client_id, by="started_at")

    def all(self) -> Iterable[Schedule]:
        return self._each()

    def _update(self, saved: Schedule) -> Values:
        return {**self._update_of_many(saved), "version": saved.version}

    def _update_of_many(self, record: Schedule) -> Values:
        before = self._known.get(record.id)
        is_edited = before is None or any(map(is_not, _decided(before), _decided(record)))
        content = self._content(record) if is_edited else {}
        return {"version": record.version + 1, **self._changed(before, record), **content}

    def _content(self, record: Schedule) -> Values:
        decided = evolve(
            record,
            id=_ANY,
            client_id=_ANYBODY,
            started_at=_ANY_TIME,
            next_index=0,
            failed=(),
            failures=0,
            retry_on=None,
            suspension=None,
            completed_at=None,
            look_on=None,
            version=0,
        )
        return {"document": documents.write(SCHEDULE, decided)}

    def _columns(self, record: Schedule) -> Values:
        suspension = record.suspension
        return {
            "client_id": record.client_id,
            "started_at": record.started_at,
            "next_index": record.next_index,
            "look_on": record.look_on,
            "failed": " ".join(map(str, record.failed)) or None,
            "failures": record.failures,
            "retry_on": record.retry_on,
            "suspended_at": None if suspension is None else suspension.at,
            "suspended_for": None if suspension is None else suspension.code,
            "completed_at": record.completed_at,
        }

    def _read(self, row: Row) -> Schedule:
        return evolve(
            documents.read(SCHEDULE, row.document),
            id=ScheduleId(row.id),
            client_id=ClientId(row.client_id),
            started_at=row.started_at,
            next_index=row.next_index,
            failed=tuple(map(int, (row.failed or "").split())),
            failures=row.failures,
            retry_on=row.retry_on,
            suspension=None if row.suspended_at is None else Suspension(at=row.suspended_at, code=row.suspended_for),
            completed_at=row.completed_at,
            look_on=row.look_on,
            version=row.version,
        )


class Occurrences(Records[OccurrenceId, Occurrence]):
    what = "occurrence"
    reads = (
        "id",
        "firm_id",
        "schedule_id",
        "number",
        "nominal",
        "starts_on",
        "ends_on",
        "invoice_id",
        "reason",
        "failure_code",
        "attempts",
        "is_late",
        "settled_at",
        "version",
    )

    def of_schedule(self, schedule_id: ScheduleId) -> Sequence[Occurrence]:
        return self._related("schedule_id", schedule_id, by="number")

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Occurrence]:
        return self._related("invoice_id", invoice_id, by="number")

    def all(self) -> Iterable[Occurrence]:
        return self._each()

    def _columns(self, record: Occurrence) -> Values:
        return {
            "schedule_id": record.schedule_id,
            "number": record.index,
            "nominal": record.nominal,
            "starts_on": record.period.start,
            "ends_on": record.period.end,
            "invoice_id": record.invoice_id,
            "reason": record.reason or None,
            "failure_code": record.failure_code,
            "attempts": record.attempts,
            "is_late": record.is_late,
            "settled_at": record.settled_at,
        }

    def _content(self, record: Occurrence) -> Values:
        return {}

    def _content_of_many(self, record: Occurrence) -> Values:
        return {}

    def _read(self, row: Row) -> Occurrence:
        return Occurrence(
            id=OccurrenceId(row.id),
            firm_id=FirmId(row.firm_id),
            schedule_id=ScheduleId(row.schedule_id),
            index=row.number,
            nominal=row.nominal,
            period=Period(row.starts_on, row.ends_on),
            invoice_id=None if row.invoice_id is None else InvoiceId(row.invoice_id),
            reason=row.reason or "",
            failure_code=row.failure_code,
            attempts=row.attempts,
            is_late=row.is_late,
            settled_at=row.settled_at,
            version=row.version,
        )
