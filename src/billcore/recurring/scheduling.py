"""What people decide about a schedule: start, amend, pause, resume, skip, limit, cancel, pay by another method."""

from datetime import date, datetime, timedelta

from billcore.actors import Actor
from billcore.dates import day, instant
from billcore.errors import BadDate, BadLine, BadPolicy, InvalidTransition
from billcore.events import (
    ScheduleAmended,
    ScheduleEnded,
    ScheduleLimited,
    ScheduleMethodChanged,
    SchedulePaused,
    ScheduleResumed,
    ScheduleSkipped,
    ScheduleStarted,
    ScheduleUnskipped,
)
from billcore.evolving import evolve
from billcore.ids import ClientId, FirmId, MethodId, ScheduleId
from billcore.lines import LineItem
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar
from billcore.recurring.cadence import Cadence
from billcore.recurring.occurrence import look_on, require_upcoming, slot
from billcore.recurring.schedule import (
    AfterPause,
    Output,
    PartialPeriod,
    Pause,
    Plan,
    Schedule,
    ScheduleState,
    Segment,
    Skip,
    Source,
    Template,
)
from billcore.texts import text


def start(
    schedule_id: ScheduleId,
    *,
    firm_id: FirmId,
    client_id: ClientId,
    title: str,
    cadence: Cadence,
    anchor: date,
    lines: tuple[LineItem, ...],
    notes: str = "",
    plan: Plan,
    autopay: bool = False,
    method_id: MethodId | None = None,
    until: date | None = None,
    count: int | None = None,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    at: datetime,
    by: Actor,
) -> tuple[Schedule, ScheduleStarted]:
    """A schedule that bills from the anchor on (S0.3). An anchor in the past leaves occurrences to catch up with.

    BadLine for a template without lines, or lines where only charges are billed. BadPolicy for auto-pay of drafts, and
    for a method without auto-pay. BadDate for an end before the first occurrence.
    """
    _check_lines(plan, lines)
    _check_autopay(plan, autopay, method_id)
    segment = _segment(anchor, cadence, plan, first_index=None)
    schedule = Schedule(
        id=schedule_id,
        firm_id=firm_id,
        client_id=client_id,
        title=title,
        plan=plan,
        segments=(segment,),
        templates=(Template(from_index=segment.first_index, lines=lines, notes=notes),),
        autopay=autopay,
        method_id=method_id,
        until=until,
        count=count,
        started_at=instant(at, "at"),
        next_index=segment.first_index,
    )
    if slot(schedule, schedule.next_index, calendar) is None:
        raise BadDate(f"the schedule would end on {until}, before its first occurrence; let it end later")
    return _looked(schedule, calendar), ScheduleStarted(
        firm_id=firm_id,
        schedule_id=schedule_id,
        client_id=client_id,
        cadence=cadence.name,
        anchor=anchor,
        at=at,
        by=by,
    )


def amend(
    schedule: Schedule,
    *,
    lines: tuple[LineItem, ...] | None = None,
    notes: str | None = None,
    cadence: Cadence | None = None,
    from_index: int | None = None,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    at: datetime,
    by: Actor,
) -> tuple[Schedule, ScheduleAmended]:
    """Other lines, notes or cadence from an occurrence on, by default the next or a failed one; what was billed stays.

    Another cadence begins where that occurrence's period would have begun. BadDate for an occurrence that is settled;
    InvalidTransition for another cadence where later occurrences are to be skipped, for their dates would move.
    """
    _require_running(schedule, "amend")
    index = min((*schedule.failed, schedule.next_index)) if from_index is None else from_index
    boundary = require_upcoming(schedule, index, calendar)
    before = schedule.template_at(index)
    template = Template(
        from_index=index,
        lines=before.lines if lines is None else lines,
        notes=before.notes if notes is None else notes,
    )
    _check_lines(schedule.plan, template.lines)
    segments = schedule.segments
    if cadence is not None:
        if index < schedule.next_index:
            raise BadDate(f"later occurrences are settled; another cadence can begin with {schedule.next_index}")
        if any(skip.index >= index for skip in schedule.skips):
            raise InvalidTransition(
                "cannot change the cadence while a later occurrence is to be skipped; unskip it first"
            )
        earlier = tuple(segment for segment in segments if segment.first_index < index)
        segments = (*earlier, _segment(boundary.period.start, cadence, schedule.plan, first_index=index))
    amended = evolve(
        schedule,
        templates=(*(each for each in schedule.templates if each.from_index < index), template),
        segments=segments,
        retry_on=None,
    )
    return _looked(amended, calendar), ScheduleAmended(
        firm_id=schedule.firm_id, schedule_id=schedule.id, from_index=index, at=instant(at, "at"), by=by
    )


def change_method(
    schedule: Schedule, *, autopay: bool, method_id: MethodId | None, at: datetime, by: Actor
) -> tuple[Schedule, ScheduleMethodChanged]:
    """Charge another saved method from now on, or none (S4.12); who may is the desk's question."""
    _require_running(schedule, "change the method of")
    _check_autopay(schedule.plan, autopay, method_id)
    changed = evolve(schedule, autopay=autopay, method_id=method_id)
    return changed, ScheduleMethodChanged(
        firm_id=schedule.firm_id,
        schedule_id=schedule.id,
        autopay=autopay,
        method_id=method_id,
        at=instant(at, "at"),
        by=by,
    )


def pause(
    schedule: Schedule, *, on: date | None = None, reason: str = "", at: datetime, by: Actor
) -> tuple[Schedule, SchedulePaused]:
    """Bill nothing until it is resumed; *on* is the first day of the pause, by default the day of *at*."""
    if schedule.state is not ScheduleState.ACTIVE:
        raise InvalidTransition(f"cannot pause a schedule that is {schedule.state.value}; only an active one")
    since = instant(at, "at").date() if on is None else day(on, "first day of the pause")
    if schedule.pauses and since < (schedule.pauses[-1].until or since):
        raise BadDate(f"the last pause ended on {schedule.pauses[-1].until}; begin this one then or later")
    resting = Pause(on=since, at=at, reason=text(reason, "reason", longest=1000))
    paused = evolve(schedule, pauses=(*schedule.pauses, resting), look_on=None)
    return paused, SchedulePaused(firm_id=schedule.firm_id, schedule_id=schedule.id, reason=reason, at=at, by=by)


def resume(
    schedule: Schedule,
    *,
    on: date | None = None,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    at: datetime,
    by: Actor,
) -> tuple[Schedule, ScheduleResumed]:
    """Bill again, after a pause or a suspension; *on* is the first day, by default the day of *at*.

    Occurrences dated inside the pause become what the plan says: skipped, billed, or moved by the days of the pause. A
    suspended schedule may bill as much again as its catch-up allows.
    """
    if schedule.state not in (ScheduleState.PAUSED, ScheduleState.SUSPENDED):
        raise InvalidTransition(f"cannot resume a schedule that is {schedule.state.value}")
    again = instant(at, "at").date() if on is None else day(on, "first day after the pause")
    resumed = evolve(schedule, suspension=None, failures=0, retry_on=None)
    if schedule.pauses and schedule.pauses[-1].until is None:
        resumed = _after_pause(resumed, again, calendar)
    return _looked(resumed, calendar), ScheduleResumed(firm_id=schedule.firm_id, schedule_id=schedule.id, at=at, by=by)


def skip(
    schedule: Schedule,
    index: int,
    *,
    reason: str,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    at: datetime,
    by: Actor,
) -> tuple[Schedule, ScheduleSkipped]:
    """Do not bill an occurrence to come; BadText without a reason."""
    _require_running(schedule, "skip an occurrence of")
    require_upcoming(schedule, index, calendar)
    if schedule.skip_of(index) is not None:
        raise InvalidTransition(f"occurrence {index} is to be skipped already")
    decision = Skip(index=index, at=instant(at, "at"), reason=text(reason, "reason", longest=1000, required=True))
    skipped = evolve(schedule, skips=(*schedule.skips, decision))
    return _looked(skipped, calendar), ScheduleSkipped(
        firm_id=schedule.firm_id, schedule_id=schedule.id, index=index, reason=reason, at=at, by=by
    )


def unskip(
    schedule: Schedule, index: int, *, calendar: Calendar = SATURDAY_AND_SUNDAY, at: datetime, by: Actor
) -> tuple[Schedule, ScheduleUnskipped]:
    """Bill it after all; BadDate once its day has come."""
    _require_running(schedule, "unskip an occurrence of")
    lies = require_upcoming(schedule, index, calendar)
    if schedule.skip_of(index) is None:
        raise InvalidTransition(f"occurrence {index} is not to be skipped")
    if lies.due_on <= instant(at, "at").date():
        raise BadDate(f"occurrence {index} was to be billed on {lies.due_on}; bill it by hand")
    unskipped = evolve(schedule, skips=tuple(each for each in schedule.skips if each.index != index))
    return _looked(unskipped, calendar), ScheduleUnskipped(
        firm_id=schedule.firm_id, schedule_id=schedule.id, index=index, at=at, by=by
    )


def limit(
    schedule: Schedule,
    *,
    until: date | None,
    count: int | None,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    at: datetime,
    by: Actor,
) -> tuple[Schedule, ScheduleLimited]:
    """Let it end after a day that is served last, after so many full periods, or, with neither, never."""
    _require_running(schedule, "end")
    limited = evolve(schedule, until=until, count=count)
    return _looked(limited, calendar), ScheduleLimited(
        firm_id=schedule.firm_id, schedule_id=schedule.id, until=until, count=count, at=instant(at, "at"), by=by
    )


def cancel(schedule: Schedule, *, reason: str = "", at: datetime, by: Actor) -> tuple[Schedule, ScheduleEnded]:
    """Bill nothing more, not even what is due; invoices that were made stay."""
    _require_running(schedule, "cancel")
    text(reason, "reason", longest=1000)
    canceled = evolve(schedule, canceled_at=instant(at, "at"), look_on=None)
    return canceled, ScheduleEnded(
        firm_id=schedule.firm_id, schedule_id=schedule.id, was_canceled=True, reason=reason, at=at, by=by
    )


def _looked(schedule: Schedule, calendar: Calendar) -> Schedule:
    """A schedule whose end has been reached is looked at once more, to be completed."""
    following = look_on(schedule, calendar)
    if following is None and schedule.state is ScheduleState.ACTIVE:
        following = schedule.started_at.date()
    return evolve(schedule, look_on=following)


def _segment(anchor: date, cadence: Cadence, plan: Plan, *, first_index: int | None) -> Segment:
    """A stretch of the grid from *anchor*; the schedule's first one gives its stub the index -1."""
    has_stub = cadence.stub(anchor) is not None and plan.stub is not PartialPeriod.SKIP
    origin = 0 if first_index is None else first_index + has_stub
    return Segment(origin=origin, anchor=anchor, cadence=cadence, has_stub=has_stub)


def _after_pause(schedule: Schedule, again: date, calendar: Calendar) -> Schedule:
    ended = schedule.pauses[-1]
    if again < ended.on:
        raise BadDate(f"the pause began on {ended.on}; resume then or later")
    resumed = evolve(schedule, pauses=(*schedule.pauses[:-1], evolve(ended, until=again)))
    following = slot(schedule, schedule.next_index, calendar)
    if schedule.plan.after_pause is not AfterPause.SHIFT or following is None or again == ended.on:
        return resumed
    anchor = following.period.start + timedelta(days=(again - ended.on).days)
    index = schedule.next_index
    earlier = tuple(segment for segment in schedule.segments if segment.first_index < index)
    shifted = _segment(anchor, schedule.segment_at(index).cadence, schedule.plan, first_index=index)
    return evolve(resumed, segments=(*earlier, shifted))


def _check_lines(plan: Plan, lines: tuple[LineItem, ...]) -> None:
    match plan.source:
        case Source.TEMPLATE if not lines:
            raise BadLine("a schedule of a template needs at least one line; or let it bill the client's open charges")
        case Source.UNBILLED if lines:
            raise BadLine("a schedule of open charges has no lines of its own; take Source.BOTH for both")
        case _:
            return


def _check_autopay(plan: Plan, autopay: bool, method_id: MethodId | None) -> None:
    if autopay and plan.output is Output.DRAFT:
        raise BadPolicy("auto-pay needs invoices that are issued; let the schedule issue or send them")
    if method_id is not None and not autopay:
        raise BadPolicy("a saved method is for auto-pay; switch it on, or leave the method out")


def _require_running(schedule: Schedule, verb: str) -> None:
    if schedule.is_over:
        raise InvalidTransition(f"cannot {verb} a schedule that is {schedule.state.value}")
