"""Schedules to try: one by the verbs themselves, and a run that does what is due, on paper."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from attrs import evolve, field, frozen

from billcore.actors import Staff, System
from billcore.ids import ClientId, FirmId, InvoiceId, ScheduleId
from billcore.lines import LineItem
from billcore.recurring import occurring, scheduling
from billcore.recurring.cadence import Cadence
from billcore.recurring.occurrence import Bill, Occurrence, Pass, due
from billcore.recurring.schedule import Plan, Schedule

JANE = Staff("jane", "Jane Chen")
RUN = System("schedule")
FEE = LineItem(description="Bookkeeping", unit_price="100.00")


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def a_schedule(
    anchor: date = date(2026, 1, 1),
    *,
    cadence: Cadence | None = None,
    plan: Plan | None = None,
    lines: Sequence[LineItem] = (FEE,),
    until: date | None = None,
    count: int | None = None,
) -> Schedule:
    """Monthly from 1 January, unless said otherwise."""
    schedule, _ = scheduling.start(
        ScheduleId("sch-1"),
        firm_id=FirmId("acme"),
        client_id=ClientId("client-1"),
        title="Bookkeeping",
        cadence=cadence or Cadence.monthly(),
        anchor=anchor,
        lines=tuple(lines),
        plan=plan or Plan(),
        until=until,
        count=count,
        at=noon(anchor),
        by=JANE,
    )
    return schedule


@frozen
class Ran:
    """What one run did: the schedule after it, the indices on each invoice, those passed with the reason."""

    schedule: Schedule
    billed: list[tuple[int, ...]] = field(factory=list)
    passed: list[tuple[int, str]] = field(factory=list)
    occurrences: list[Occurrence] = field(factory=list)
    stopped: bool = False


def run(schedule: Schedule, on: date, *, failing: frozenset[int] = frozenset()) -> Ran:
    """What the run does on that day; invoices of *failing* indices cannot be made."""
    ran = Ran(schedule)
    stopped = False
    for step in due(schedule, on):
        match step:
            case Bill(slots) if slots[0].index in failing:
                schedule, occurrence, _ = occurring.fail(schedule, slots[0], "bad_line", on=on, at=noon(on), by=RUN)
                ran.occurrences.append(occurrence)
                if schedule.plan.ordered:
                    break
            case Bill(slots):
                invoice_id = InvoiceId(f"inv-{slots[0].index}")
                schedule, occurrences, _ = occurring.generate(schedule, step, invoice_id, at=noon(on), by=RUN)
                ran.billed.append(tuple(slot.index for slot in slots))
                ran.occurrences.extend(occurrences)
            case Pass(slot, reason):
                schedule, occurrence, _ = occurring.skip(schedule, slot, reason, at=noon(on), by=RUN)
                ran.passed.append((slot.index, reason))
                ran.occurrences.append(occurrence)
            case _:
                stopped = True
                schedule, _ = occurring.suspend(schedule, occurring.CATCH_UP, at=noon(on), by=RUN)
    schedule, _ = occurring.close(schedule, at=noon(on), by=RUN)
    return evolve(ran, schedule=schedule, stopped=stopped)


def days(schedule: Schedule, runs: Sequence[date]) -> list[tuple[date, tuple[int, ...]]]:
    """On which of these days which indices are billed."""
    billed = []
    for on in runs:
        ran = run(schedule, on)
        schedule = ran.schedule
        billed += [(on, indices) for indices in ran.billed]
    return billed
