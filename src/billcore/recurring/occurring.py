"""What the run does with a schedule: an occurrence billed, passed or failed, and the schedule stopped or completed."""

from datetime import date, datetime, timedelta

from billcore.actors import Actor
from billcore.events import (
    OccurrenceFailed,
    OccurrenceGenerated,
    OccurrenceSkipped,
    ScheduleEnded,
    ScheduleSuspended,
)
from billcore.evolving import evolve
from billcore.ids import InvoiceId
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar
from billcore.recurring.occurrence import Bill, Occurrence, Slot, look_on, occurrence_id
from billcore.recurring.schedule import Schedule, ScheduleState, Suspension

CATCH_UP = "catch_up"
FAILURES = "failures"


def generate(
    schedule: Schedule, bill: Bill, invoice_id: InvoiceId, *, at: datetime, by: Actor
) -> tuple[Schedule, tuple[Occurrence, ...], tuple[OccurrenceGenerated, ...]]:
    """The slots of *bill* are on that invoice, an occurrence and an event each."""
    settled = schedule
    for each in bill.slots:
        settled = _settled(settled, each.index)
    occurrences = tuple(
        _occurrence(schedule, each, at, invoice_id=invoice_id, is_late=bill.is_late or each is not bill.slots[-1])
        for each in bill.slots
    )
    return (
        _recovered(settled),
        occurrences,
        tuple(
            OccurrenceGenerated(
                firm_id=schedule.firm_id, schedule_id=schedule.id, index=each.index, invoice_id=invoice_id, at=at, by=by
            )
            for each in bill.slots
        ),
    )


def skip(
    schedule: Schedule, slot: Slot, reason: str, *, at: datetime, by: Actor
) -> tuple[Schedule, Occurrence, OccurrenceSkipped]:
    """The slot will not be billed."""
    return (
        _settled(schedule, slot.index),
        _occurrence(schedule, slot, at, reason=reason),
        OccurrenceSkipped(
            firm_id=schedule.firm_id, schedule_id=schedule.id, index=slot.index, reason=reason, at=at, by=by
        ),
    )


def fail(
    schedule: Schedule, slot: Slot, code: str, *, on: date, at: datetime, by: Actor
) -> tuple[Schedule, Occurrence, OccurrenceFailed]:
    """No invoice could be made: it is tried again on the next day.

    Those after it wait, unless the plan is unordered.
    """
    is_new = slot.index not in schedule.failed
    failed = evolve(
        schedule,
        failed=(*schedule.failed, slot.index) if is_new else schedule.failed,
        failures=schedule.failures + 1,
        retry_on=on + timedelta(days=1),
        next_index=schedule.next_index if schedule.plan.ordered else max(schedule.next_index, slot.index + 1),
    )
    return (
        failed,
        _occurrence(schedule, slot, at, failure_code=code),
        OccurrenceFailed(firm_id=schedule.firm_id, schedule_id=schedule.id, index=slot.index, code=code, at=at, by=by),
    )


def suspend(schedule: Schedule, code: str, *, at: datetime, by: Actor) -> tuple[Schedule, ScheduleSuspended]:
    """Stop, for a person to look at it: *code* says whether too much was due at once, or too much went wrong."""
    suspended = evolve(schedule, suspension=Suspension(at=at, code=code), look_on=None)
    return suspended, ScheduleSuspended(firm_id=schedule.firm_id, schedule_id=schedule.id, why=code, at=at, by=by)


def close(
    schedule: Schedule, *, calendar: Calendar = SATURDAY_AND_SUNDAY, at: datetime, by: Actor
) -> tuple[Schedule, ScheduleEnded | ScheduleSuspended | None]:
    """The end of a run's work on it: suspended where too much went wrong, completed where nothing is left.

    Else with the day on which to look again.
    """
    if schedule.state is not ScheduleState.ACTIVE:
        return schedule, None
    if schedule.failures >= schedule.plan.max_failures:
        return suspend(schedule, FAILURES, at=at, by=by)
    following = look_on(schedule, calendar)
    if following is not None:
        return evolve(schedule, look_on=following), None
    completed = evolve(schedule, completed_at=at, look_on=None)
    return completed, ScheduleEnded(
        firm_id=schedule.firm_id, schedule_id=schedule.id, was_canceled=False, reason="", at=at, by=by
    )


def _settled(schedule: Schedule, index: int) -> Schedule:
    following = max(schedule.next_index, index + 1)
    if index not in schedule.failed:
        return evolve(schedule, next_index=following)
    still_failed = tuple(each for each in schedule.failed if each != index)
    return evolve(schedule, next_index=following, failed=still_failed)


def _recovered(schedule: Schedule) -> Schedule:
    if not schedule.failures:
        return schedule
    return evolve(schedule, failures=0, retry_on=schedule.retry_on if schedule.failed else None)


def _occurrence(
    schedule: Schedule,
    slot: Slot,
    at: datetime,
    *,
    invoice_id: InvoiceId | None = None,
    reason: str = "",
    failure_code: str | None = None,
    is_late: bool = False,
) -> Occurrence:
    return Occurrence(
        id=occurrence_id(schedule.id, slot.index),
        firm_id=schedule.firm_id,
        schedule_id=schedule.id,
        index=slot.index,
        nominal=slot.nominal,
        period=slot.period,
        invoice_id=invoice_id,
        reason=reason,
        failure_code=failure_code,
        is_late=is_late,
        settled_at=at,
    )
