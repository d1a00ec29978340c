"""The occurrences of a schedule: where each lies, which of them the run bills or skips on a day, and what became of it.

Pure and in closed form: the same schedule and day give the same answer, however often and by whomever it is asked.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from itertools import count, islice
from typing import Final, assert_never

from attrs import field, frozen

from billcore.dates import Period, day
from billcore.errors import BadDate
from billcore.evolving import evolve
from billcore.ids import FirmId, InvoiceId, OccurrenceId, ScheduleId
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar, Roll, issue_date
from billcore.recurring.schedule import (
    AfterPause,
    CatchUp,
    PartialPeriod,
    Plan,
    Schedule,
    ScheduleState,
    Segment,
    Timing,
)

MOST_AT_ONCE: Final = 1_000
"""How many due occurrences are looked at in one go; a backlog beyond it is looked at after these are settled."""

SKIPPED: Final = "skipped"
PAUSED: Final = "paused"
MISSED: Final = "missed"
NOTHING_TO_BILL: Final = "nothing to bill"


class OccurrenceState(Enum):
    """Asked of the facts."""

    GENERATED = "generated"
    SKIPPED = "skipped"
    FAILED = "failed"


@frozen(kw_only=True, slots=False)
class Occurrence:
    """What became of one index of a schedule: there is one record for each, for ever.

    Billed with an invoice, skipped with a reason, or failed with the code of an error; a failed one is tried again.
    ``is_late`` tells that a later one was due when it was billed.
    """

    id: OccurrenceId
    firm_id: FirmId
    schedule_id: ScheduleId
    index: int
    nominal: date
    period: Period
    invoice_id: InvoiceId | None = None
    reason: str = field(default="", repr=False)
    failure_code: str | None = None
    attempts: int = 1
    is_late: bool = False
    settled_at: datetime
    version: int = 0

    @property
    def state(self) -> OccurrenceState:
        if self.invoice_id is not None:
            return OccurrenceState.GENERATED
        return OccurrenceState.SKIPPED if self.failure_code is None else OccurrenceState.FAILED


def occurrence_id(schedule_id: ScheduleId, index: int) -> OccurrenceId:
    """Made of schedule and index, so that a second record of the same occurrence cannot be added."""
    return OccurrenceId(f"{schedule_id}:{index}")


@frozen(kw_only=True)
class Slot:
    """Where an occurrence lies: the days that it bills, of which full period, its date, and when it is due."""

    index: int
    period: Period
    full: Period
    nominal: date
    due_on: date
    is_prorated: bool = False


@frozen
class Bill:
    """One invoice, for these slots; ``is_late`` tells that a later one was due as well."""

    slots: tuple[Slot, ...]
    is_late: bool = False


@frozen
class Pass:
    """No invoice for this slot, and why."""

    slot: Slot
    reason: str


@frozen
class Stop:
    """More is due than may be billed at once: a person has to look."""


Step = Bill | Pass | Stop


def slot(schedule: Schedule, index: int, calendar: Calendar = SATURDAY_AND_SUNDAY) -> Slot | None:
    """Where that occurrence lies; None after the schedule's end. BadNumber before its beginning."""
    plan = schedule.plan
    placed = _placed(schedule.segment_at(index), plan, schedule.until, index)
    if placed is None or _is_after_count(schedule, index):
        return None
    if plan.roll is Roll.NONE:
        return placed
    rolled = issue_date(placed.nominal, plan.roll, calendar)
    return evolve(placed, due_on=rolled - timedelta(days=plan.lead_days))


def due(schedule: Schedule, on: date, calendar: Calendar = SATURDAY_AND_SUNDAY) -> tuple[Step, ...]:
    """What the run does with the schedule on the firm's day *on*, oldest first; nothing unless it is active.

    An occurrence is due on its date, moved by roll and lead days. Those that staff skipped and those inside a pause are
    passed; of the others, the plan's catch-up decides which are billed when several are due.
    """
    day(on, "on")
    if schedule.state is not ScheduleState.ACTIVE or schedule.look_on is None or on < schedule.look_on:
        return ()
    slots = tuple(_due_slots(schedule, on, calendar))
    passed = {each.index: reason for each in slots if (reason := _passed(schedule, each)) is not None}
    open_slots = tuple(each for each in slots if each.index not in passed)
    if schedule.plan.catch_up in (CatchUp.LATEST_ONLY, CatchUp.NONE):
        for each in open_slots:
            is_latest = each is open_slots[-1]
            is_of_today = each.due_on == on or each.index in schedule.failed
            if not (is_latest if schedule.plan.catch_up is CatchUp.LATEST_ONLY else is_of_today):
                passed[each.index] = MISSED
        open_slots = tuple(each for each in open_slots if each.index not in passed)
    return tuple(_steps(schedule, slots, open_slots, passed))


def look_on(schedule: Schedule, calendar: Calendar = SATURDAY_AND_SUNDAY) -> date | None:
    """The first day on which ``due`` has a step; None while there is none."""
    if schedule.state is not ScheduleState.ACTIVE:
        return None
    if schedule.failed and schedule.plan.ordered and schedule.retry_on is not None:
        return schedule.retry_on
    following = slot(schedule, schedule.next_index, calendar)
    days = [] if following is None else [following.due_on]
    if schedule.failed:
        days.append(schedule.retry_on or schedule.started_at.date())
    return min(days, default=None)


def upcoming(schedule: Schedule, calendar: Calendar = SATURDAY_AND_SUNDAY) -> Iterator[Slot]:
    """The slots that are neither billed nor skipped yet, from the first on; without end where the schedule has none."""
    for index in count(schedule.next_index):
        following = slot(schedule, index, calendar)
        if following is None:
            return
        yield following


@lru_cache(10_000)
def _placed(segment: Segment, plan: Plan, until: date | None, index: int) -> Slot | None:
    """The slot before its date is rolled. Most schedules of a firm share a few cadences, anchors and plans."""
    full = segment.cadence.period(segment.anchor, index - segment.origin)
    if until is not None and full.start > until:
        return None
    start, end, is_prorated = full.start, full.end, False
    if index < segment.origin:
        start, is_prorated = segment.anchor, plan.stub is PartialPeriod.PRORATE
    if until is not None and until < end - timedelta(days=1):
        if plan.final is PartialPeriod.SKIP or start > until:
            return None
        if plan.final is PartialPeriod.PRORATE:
            end, is_prorated = until + timedelta(days=1), True
    period = full if start == full.start and end == full.end else Period(start, end)
    nominal = start if plan.timing is Timing.ADVANCE else end
    due_on = nominal - timedelta(days=plan.lead_days)
    return Slot(index=index, period=period, full=full, nominal=nominal, due_on=due_on, is_prorated=is_prorated)


def _is_after_count(schedule: Schedule, index: int) -> bool:
    if schedule.count is None or index < schedule.count:
        return False
    if not schedule.plan.skips_extend:
        return True
    return index - sum(0 <= skip.index <= index for skip in schedule.skips) >= schedule.count


def _due_slots(schedule: Schedule, on: date, calendar: Calendar) -> Iterator[Slot]:
    if schedule.failed and (schedule.retry_on is None or schedule.retry_on <= on):
        for index in schedule.failed:
            again = slot(schedule, index, calendar)
            if again is not None:
                yield again
    for following in islice(upcoming(schedule, calendar), MOST_AT_ONCE):
        if following.due_on > on:
            return
        if following.index not in schedule.failed:
            yield following


def _passed(schedule: Schedule, each: Slot) -> str | None:
    """Why a slot is not billed, whatever else is due."""
    skip = schedule.skip_of(each.index)
    if skip is not None:
        return skip.reason
    if schedule.plan.after_pause is AfterPause.SKIP and any(
        pause.until is not None and pause.on <= each.nominal < pause.until for pause in schedule.pauses
    ):
        return PAUSED
    return None


def _steps(
    schedule: Schedule, slots: tuple[Slot, ...], open_slots: tuple[Slot, ...], passed: dict[int, str]
) -> Iterator[Step]:
    plan = schedule.plan
    billed = open_slots[: plan.max_catch_up]
    held_back = open_slots[plan.max_catch_up :]
    match plan.catch_up:
        case CatchUp.CONSOLIDATE:
            one_invoice = billed
        case CatchUp.EACH | CatchUp.LATEST_ONLY | CatchUp.NONE:
            one_invoice = ()
        case _:
            assert_never(plan.catch_up)
    for each in slots:
        if held_back and each is held_back[0]:
            yield Stop()
            return
        if each.index in passed:
            yield Pass(each, passed[each.index])
        elif not one_invoice:
            yield Bill((each,), is_late=each is not open_slots[-1])
        elif each is one_invoice[0]:
            yield Bill(one_invoice)


def require_upcoming(schedule: Schedule, index: int, calendar: Calendar = SATURDAY_AND_SUNDAY) -> Slot:
    """The slot of an occurrence that is still to come, or BadDate."""
    if type(index) is not int:
        raise BadDate(f"an occurrence is named by its index, a whole number, not {type(index).__name__}")
    if index < schedule.next_index and index not in schedule.failed:
        raise BadDate(f"occurrence {index!r} is settled; the next one is {schedule.next_index}")
    found = slot(schedule, index, calendar)
    if found is None:
        raise BadDate(f"occurrence {index} is after the end of the schedule")
    return found
