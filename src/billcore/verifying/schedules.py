"""Schedules against their occurrences, the invoices that bill them, and the events that tell of both."""

from collections import defaultdict
from collections.abc import Iterable, Iterator

from billcore.events import InvoiceDeleted, InvoiceDrafted, OccurrenceGenerated
from billcore.ids import InvoiceId, ScheduleId
from billcore.recurring.occurrence import Occurrence, OccurrenceState
from billcore.recurring.schedule import Schedule
from billcore.verifying.books import Books, Discrepancy, differ


def check_schedules(books: Books) -> Iterator[Discrepancy]:
    """Each index up to the next has one occurrence; each that was billed has its invoice, and an event that says so."""
    by_schedule: dict[ScheduleId, list[Occurrence]] = defaultdict(list)
    for occurrence in books.occurrences:
        by_schedule[occurrence.schedule_id].append(occurrence)
    for schedule in books.schedules:
        yield from _indices(schedule, by_schedule.pop(schedule.id, []))
    for schedule_id in by_schedule:
        yield Discrepancy(check="occurrences", subject=schedule_id, message="there are occurrences and no schedule")
    yield from _invoices(books)


def _indices(schedule: Schedule, occurrences: list[Occurrence]) -> Iterator[Discrepancy]:
    failed = {each.index for each in occurrences if each.state is OccurrenceState.FAILED}
    yield from differ("failed", schedule.id, "failed occurrences", _listed(schedule.failed), _listed(failed))
    settled = sorted(each.index for each in occurrences if each.index not in failed)
    expected = [index for index in range(schedule.segments[0].first_index, schedule.next_index) if index not in failed]
    yield from differ("occurrences", schedule.id, "occurrences settled", _listed(settled), _listed(expected))


def _invoices(books: Books) -> Iterator[Discrepancy]:
    told: dict[InvoiceId, set[tuple[ScheduleId, int]]] = defaultdict(set)
    made: set[InvoiceId] = set()
    for recorded in books.recorded:
        match recorded.event:
            case OccurrenceGenerated(schedule_id=schedule_id, index=index, invoice_id=invoice_id):
                told[invoice_id].add((schedule_id, index))
            case InvoiceDrafted(invoice_id=invoice_id, origin="schedule"):
                made.add(invoice_id)
            case InvoiceDeleted(invoice_id=invoice_id):
                # A draft that staff deleted: its occurrence stays billed.
                told.pop(invoice_id, None)
                made.discard(invoice_id)
            case _:
                pass
    billed: dict[InvoiceId, set[tuple[ScheduleId, int]]] = defaultdict(set)
    for occurrence in books.occurrences:
        if occurrence.invoice_id is not None and occurrence.invoice_id in made:
            billed[occurrence.invoice_id].add((occurrence.schedule_id, occurrence.index))
    for invoice_id in sorted({*told, *billed, *made}):
        here, there = billed[invoice_id], told[invoice_id]
        yield from differ("billed", invoice_id, "occurrences on the invoice", _listed(here), _listed(there))
        invoice = books.invoice_by_id.get(invoice_id)
        known = [] if invoice is None else [invoice.schedule_id]
        yield from differ("billed", invoice_id, "its schedule", _listed(known), _listed({each for each, _ in here}))


def _listed(these: Iterable[object]) -> str:
    return ", ".join(sorted(str(each) for each in these))
