"""The schedule: what is billed to a client again and again, in which periods, and the facts of its life.

Occurrences are numbered. Index 0 is the first full period of the cadence from the anchor on; a stub before it is -1. A
number keeps its meaning for ever: an amendment is a new version of the template from some index on, and another cadence
is a new segment of the grid. What was billed never changes.
"""

from datetime import date, datetime
from enum import Enum
from typing import Final

from attrs import field, frozen

from billcore.dates import day, instant
from billcore.errors import BadCadence, BadLine, BadNumber
from billcore.ids import ClientId, FirmId, MethodId, ScheduleId
from billcore.lines import LineItem
from billcore.recurring.business_days import Roll
from billcore.recurring.cadence import Cadence
from billcore.recurring.proration import DayCount
from billcore.texts import text

LONGEST_LEAD: Final = 90
LARGEST_COUNT: Final = 10_000
LARGEST_LINE_COUNT: Final = 100


class Source(Enum):
    """What an occurrence bills (C22): the template's lines, the client's open charges, or both."""

    TEMPLATE = "template"
    UNBILLED = "unbilled"
    BOTH = "both"


class Timing(Enum):
    """When a period is billed: at its start, or at its end."""

    ADVANCE = "advance"
    ARREARS = "arrears"


class Output(Enum):
    """How far the run takes an invoice: to a draft for staff to look at, to a number, or to the client."""

    DRAFT = "draft"
    ISSUE = "issue"
    SEND = "send"


class CatchUp(Enum):
    """What becomes of occurrences that are due together, because nothing ran for a while."""

    EACH = "each"
    """One invoice for each, oldest first."""
    CONSOLIDATE = "consolidate"
    """One invoice for all, with the lines of each."""
    LATEST_ONLY = "latest_only"
    """The latest is billed, those before it are skipped as missed."""
    NONE = "none"
    """What was not billed on its own day is skipped as missed."""


class AfterPause(Enum):
    """What becomes of occurrences whose date lies inside a pause."""

    SKIP = "skip"
    """They are never billed, and say so."""
    BILL = "bill"
    """They are billed after the pause, as the catch-up says."""
    SHIFT = "shift"
    """There are none: the grid goes on later, by as many days as the pause had."""


class PartialPeriod(Enum):
    """What a period costs of which only a part is served."""

    PRORATE = "prorate"
    """Its part of the price, see ``DayCount``."""
    FULL = "full"
    """The whole price."""
    SKIP = "skip"
    """Nothing: it is not billed."""


class ScheduleState(Enum):
    """Asked of the facts."""

    ACTIVE = "active"
    PAUSED = "paused"
    SUSPENDED = "suspended"
    COMPLETED = "completed"
    CANCELED = "canceled"


# Where occurrences lie is remembered by plan and segment: their hashes are asked for in every run, of every schedule.
@frozen(kw_only=True, cache_hash=True)
class Plan:
    """How a schedule bills, agreed at its start.

    ``lead_days`` before its date an occurrence is due, and ``roll`` moves that date off days when nobody works; neither
    moves the period. ``stub`` is for the days before the first full period, ``final`` for a last period that the end
    cuts; ``day_count`` measures what is served of either, where that is prorated. At most ``max_catch_up`` are billed
    at once, then the schedule is suspended for a person to look at; so it is after ``max_failures`` in a row. While
    ``ordered``, an occurrence that failed holds up those after it. With ``skips_extend`` a count does not count what
    staff skipped. Refuses with BadNumber.
    """

    source: Source = Source.TEMPLATE
    timing: Timing = Timing.ADVANCE
    output: Output = Output.SEND
    lead_days: int = 0
    roll: Roll = Roll.NONE
    stub: PartialPeriod = PartialPeriod.PRORATE
    final: PartialPeriod = PartialPeriod.FULL
    day_count: DayCount = DayCount.ACTUAL
    catch_up: CatchUp = CatchUp.EACH
    max_catch_up: int = 3
    after_pause: AfterPause = AfterPause.SKIP
    ordered: bool = True
    max_failures: int = 3
    skips_extend: bool = False

    def __attrs_post_init__(self) -> None:
        _whole("lead days", self.lead_days, 0, LONGEST_LEAD)
        _whole("max_catch_up", self.max_catch_up, 1, 100)
        _whole("max_failures", self.max_failures, 1, 100)

    @property
    def sweeps(self) -> bool:
        """Whether an occurrence takes the client's open charges with it (S2.1, S3.3)."""
        return self.source is not Source.TEMPLATE


@frozen(kw_only=True)
class Template:
    """The lines of every occurrence from an index on, until the next version; ``notes`` are shown to the client."""

    from_index: int
    lines: tuple[LineItem, ...] = ()
    notes: str = field(default="", repr=False)

    def __attrs_post_init__(self) -> None:
        if type(self.lines) is not tuple or not all(isinstance(line, LineItem) for line in self.lines):
            raise BadLine("the lines of a template are a tuple of LineItem records")
        if len(self.lines) > LARGEST_LINE_COUNT:
            raise BadLine(f"a template has at most {LARGEST_LINE_COUNT} lines, asked for {len(self.lines)}")
        if any(line.id or line.charge_ids for line in self.lines):
            raise BadLine("the lines of a template are new: they have no id and bill no charge")
        text(self.notes, "notes", longest=5000)


@frozen(kw_only=True, cache_hash=True)
class Segment:
    """A stretch of the grid under one cadence: ``origin`` is the index of the cadence's own date 0 from the anchor.

    With ``has_stub`` the index before it is the stub. A segment lasts until the first index of the next one.
    """

    origin: int
    anchor: date
    cadence: Cadence
    has_stub: bool = False

    def __attrs_post_init__(self) -> None:
        day(self.anchor, "anchor")
        if not isinstance(self.cadence, Cadence):
            raise BadCadence(f"a cadence is made by Cadence.monthly() and its like, not {type(self.cadence).__name__}")

    @property
    def first_index(self) -> int:
        return self.origin - self.has_stub


@frozen(kw_only=True)
class Pause:
    """From ``on`` up to ``until``, which is the day of the resumption; None while it lasts."""

    on: date
    at: datetime
    reason: str = field(default="", repr=False)
    until: date | None = None


@frozen(kw_only=True)
class Skip:
    """An occurrence that staff decided not to bill."""

    index: int
    at: datetime
    reason: str = field(repr=False)


@frozen(kw_only=True)
class Suspension:
    """billcore stopped, because more was due than may be caught up with, or tries failed; a person resumes it."""

    at: datetime
    code: str


@frozen(kw_only=True)
class Schedule:
    """Recurring bills of one client (S0.3, S0.36, S2.1).

    ``until`` is the last day that is served and ``count`` the number of full periods. ``next_index`` is the first
    occurrence that is neither billed, skipped nor passed over. ``failed`` are those to be tried again from ``retry_on``
    on; ``failures`` counts the tries in a row. ``look_on`` is the first day on which the run has something to do here,
    None when it has nothing. ``autopay`` charges each invoice to ``method_id``, or to the client's default where that
    is None.
    """

    id: ScheduleId
    firm_id: FirmId
    client_id: ClientId
    title: str = field(repr=False)
    plan: Plan
    segments: tuple[Segment, ...]
    templates: tuple[Template, ...]
    autopay: bool = False
    method_id: MethodId | None = None
    until: date | None = None
    count: int | None = None
    started_at: datetime
    pauses: tuple[Pause, ...] = ()
    skips: tuple[Skip, ...] = ()
    next_index: int = 0
    failed: tuple[int, ...] = ()
    failures: int = 0
    retry_on: date | None = None
    suspension: Suspension | None = None
    completed_at: datetime | None = None
    canceled_at: datetime | None = None
    look_on: date | None = None
    version: int = 0

    def __attrs_post_init__(self) -> None:
        text(self.title, "title", longest=200, required=True)
        instant(self.started_at, "started_at")
        if self.until is not None:
            day(self.until, "until")
        if self.count is not None:
            _whole("count", self.count, 1, LARGEST_COUNT)

    @property
    def state(self) -> ScheduleState:
        """What ended it, else what keeps it from billing, else active."""
        if self.canceled_at is not None:
            return ScheduleState.CANCELED
        if self.completed_at is not None:
            return ScheduleState.COMPLETED
        if self.suspension is not None:
            return ScheduleState.SUSPENDED
        if self.pauses and self.pauses[-1].until is None:
            return ScheduleState.PAUSED
        return ScheduleState.ACTIVE

    @property
    def is_over(self) -> bool:
        return self.canceled_at is not None or self.completed_at is not None

    @property
    def cadence(self) -> Cadence:
        """That of the grid's last segment."""
        return self.segments[-1].cadence

    def segment_at(self, index: int) -> Segment:
        """The stretch of the grid in which that occurrence lies."""
        for segment in reversed(self.segments):
            if segment.first_index <= index:
                return segment
        raise BadNumber(f"occurrence {index} is before the first one, {self.segments[0].first_index}")

    def template_at(self, index: int) -> Template:
        """The version of the template that bills that occurrence."""
        for template in reversed(self.templates):
            if template.from_index <= index:
                return template
        return self.templates[0]

    def skip_of(self, index: int) -> Skip | None:
        """The decision not to bill that occurrence, if there is one."""
        return next((skip for skip in self.skips if skip.index == index), None)


def _whole(what: str, value: object, least: int, most: int) -> None:
    if type(value) is not int or not least <= value <= most:
        raise BadNumber(f"{what} must be a whole number from {least} to {most}, asked for {value!r}")
