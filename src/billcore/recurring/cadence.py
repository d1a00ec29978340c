"""When a schedule bills: a rule that turns an anchor date into numbered dates and half-open periods.

Every date is computed from the anchor, never from the date before it, so month ends do not drift:

>>> from datetime import date
>>> start = date(2025, 1, 31)
>>> [str(Cadence.monthly().nominal(start, k)) for k in range(4)]
['2025-01-31', '2025-02-28', '2025-03-31', '2025-04-30']

**The grid** is every date that the rule names. The anchor's own week (from Monday), month or year counts as
the first, as that of DTSTART does in RFC 5545: every third month from an anchor in February is February, May,
August, November. **Index 0 is the first grid date on or after the anchor.** An anchor between two grid dates
leaves a stub, the rest of period -1:

>>> quarters = Cadence.quarterly(month=1, day=1)
>>> quarters.nominal(date(2025, 2, 10), 0)
datetime.date(2025, 4, 1)
>>> quarters.stub(date(2025, 2, 10))
Period(start=datetime.date(2025, 2, 10), end=datetime.date(2025, 4, 1))
>>> quarters.period(date(2025, 2, 10), -1)
Period(start=datetime.date(2025, 1, 1), end=datetime.date(2025, 4, 1))

Dates are the firm's local dates, not instants: a clock change neither doubles nor loses a bill.
"""

from datetime import MAXYEAR, MINYEAR, date
from enum import Enum
from typing import Final, assert_never

from attrs import frozen

from billcore.dates import Period, day
from billcore.errors import BadCadence, BadDate, BadNumber
from billcore.recurring.day_rules import LAST, LeapDay, Weekday, day_of_month, nth_weekday

LONGEST_WEEKS: Final = 5_200
LONGEST_MONTHS: Final = 1_200


class Unit(Enum):
    """What ``every`` counts."""

    WEEK = "week"
    MONTH = "month"


# Part of a segment, by which it is remembered where occurrences lie.
@frozen(kw_only=True, cache_hash=True)
class Cadence:
    """A rule of recurrence such as *monthly on the 31st*; build it with the class methods.

    A day that a month lacks means the month's last day; a day left out means the anchor's own. Rules that
    name no date, or one date twice, are refused with BadCadence. Quarterly equals every three months.
    """

    unit: Unit
    every: int = 1
    weekday: Weekday | None = None
    nth: int | None = None
    days: tuple[int, ...] = ()
    month: int | None = None
    leap: LeapDay = LeapDay.BACK

    @classmethod
    def weekly(cls, weekday: Weekday | None = None, every: int = 1) -> "Cadence":
        """On a weekday of every *every* weeks. Every four weeks is 13 times a year, not monthly."""
        return cls(unit=Unit.WEEK, every=every, weekday=weekday)

    @classmethod
    def semi_monthly(cls, first: int, second: int) -> "Cadence":
        """Twice a month, as (1, 16) or (15, LAST). From the 28th on, February would make one date of two."""
        return cls(unit=Unit.MONTH, days=(first, second))

    @classmethod
    def monthly(cls, day: int | None = None, every: int = 1) -> "Cadence":
        """On a day, 1 to 31 or LAST, of every *every* months. Only LAST is the month end: the 28th stays."""
        return cls(unit=Unit.MONTH, every=every, days=_days(day))

    @classmethod
    def monthly_nth(cls, n: int, weekday: Weekday, every: int = 1) -> "Cadence":
        """On the *n*-th such weekday, 1 to 4 or LAST, of every *every* months. Few have a fifth."""
        return cls(unit=Unit.MONTH, every=every, nth=n, weekday=weekday)

    @classmethod
    def quarterly(cls, month: int | None = None, day: int | None = None) -> "Cadence":
        """Every three months from the anchor's, or on *day* from *month*, 1 to 3: 1 is January, April, ..."""
        return cls(unit=Unit.MONTH, every=3, days=_days(day), month=month)

    @classmethod
    def semi_annual(cls, month: int | None = None, day: int | None = None) -> "Cadence":
        """Every six months from the anchor's, or on *day* from *month*, 1 to 6: 1 is January and July."""
        return cls(unit=Unit.MONTH, every=6, days=_days(day), month=month)

    @classmethod
    def annual(
        cls, month: int | None = None, day: int | None = None, every: int = 1, leap: LeapDay = LeapDay.BACK
    ) -> "Cadence":
        """On the anchor's date, or on *month* and *day* together, of every *every* years."""
        if (month is None) != (day is None):
            raise BadCadence(f"annual month {month!r}, day {day!r}: give both, or neither for the anchor's")
        _check_whole("every", every, 1, LONGEST_MONTHS // 12)
        return cls(unit=Unit.MONTH, every=12 * every, days=_days(day), month=month, leap=leap)

    @property
    def name(self) -> str:
        """What people call the frequency: *quarterly*, *every 2 weeks*."""
        match self.unit:
            case Unit.WEEK:
                return "weekly" if self.every == 1 else f"every {self.every} weeks"
            case Unit.MONTH if len(self.days) == 2:
                return "semi-monthly"
            case Unit.MONTH if self.every in _NAMES:
                return _NAMES[self.every]
            case Unit.MONTH if self.every % 12 == 0:
                return f"every {self.every // 12} years"
            case Unit.MONTH:
                return f"every {self.every} months"
            case _:
                assert_never(self.unit)

    def nominal(self, anchor: date, k: int) -> date:
        """The *k*-th grid date: 0 is the first on or after the anchor, -1 the one before that.

        BadDate for an anchor in the year 1, and for a date that the years 1 to 9999 do not hold.
        """
        _check_index(k)
        return _date_at(self, anchor, _first(self, anchor) + k * _step(self))

    def period(self, anchor: date, k: int) -> Period:
        """From the *k*-th grid date up to the next; they tile, without gap or overlap. See nominal."""
        _check_index(k)
        start = _first(self, anchor) + k * _step(self)
        return Period(_date_at(self, anchor, start), _date_at(self, anchor, start + _step(self)))

    def index_on(self, anchor: date, on: date) -> int:
        """The index of the period that a date lies in: negative before date 0, and -1 in the stub."""
        first = _first(self, anchor)
        return (_latest(self, anchor, day(on, "on")) - first) // _step(self)

    def stub(self, anchor: date) -> Period | None:
        """The days from an anchor off the grid up to date 0; None when the anchor is date 0."""
        first = self.nominal(anchor, 0)
        return None if first == anchor else Period(anchor, first)

    def __attrs_post_init__(self) -> None:
        _check_kind("unit", self.unit, Unit)
        _check_kind("leap", self.leap, LeapDay)
        _check_kind("days", self.days, tuple)
        if self.weekday is not None:
            _check_kind("weekday", self.weekday, Weekday)
        match self.unit:
            case Unit.WEEK:
                _check_week(self)
            case Unit.MONTH:
                _check_days(self)
                _check_month(self)
            case _:
                assert_never(self.unit)


_NAMES: Final = {1: "monthly", 3: "quarterly", 6: "semi-annual", 12: "annual"}


# ── The closed form ─────────────────────────────────────────────────────────────────────────────────────────
# Positions number all days (weeks), or the dates that the day rule has in each month (months), whatever
# `every` is. The grid is each step-th of them: the k-th date is one multiplication, its index one division.


def _step(cadence: Cadence) -> int:
    return 7 * cadence.every if cadence.unit is Unit.WEEK else cadence.every


def _first(cadence: Cadence, anchor: date) -> int:
    """The position of date 0."""
    if day(anchor, "anchor").year == MINYEAR:
        raise BadDate(f"anchor {anchor} has no year before it: take one from the year {MINYEAR + 1} on")
    latest = _latest(cadence, anchor, anchor)
    on_or_after = latest if _date_at(cadence, anchor, latest) == anchor else latest + 1
    if cadence.unit is Unit.WEEK:
        weekday = anchor.weekday() if cadence.weekday is None else cadence.weekday.number
        origin = anchor.toordinal() - anchor.weekday() + weekday
    else:
        origin = _month_number(anchor.year, cadence.month or anchor.month) * _dates_a_month(cadence)
    return on_or_after + (origin - on_or_after) % _step(cadence)


def _latest(cadence: Cadence, anchor: date, on: date) -> int:
    """The last position on or before a date."""
    if cadence.unit is Unit.WEEK:
        return on.toordinal()
    dates = _dates_a_month(cadence)
    start = _month_number(on.year, on.month) * dates
    return start - 1 + sum(_date_at(cadence, anchor, start + slot) <= on for slot in range(dates))


def _date_at(cadence: Cadence, anchor: date, position: int) -> date:
    try:
        if cadence.unit is Unit.WEEK:
            return date.fromordinal(position)
        number, slot = divmod(position, _dates_a_month(cadence))
        year, month = number // 12, number % 12 + 1
        if cadence.nth is not None and cadence.weekday is not None:
            return nth_weekday(year, month, cadence.nth, cadence.weekday)
        return day_of_month(year, month, cadence.days[slot] if cadence.days else anchor.day, cadence.leap)
    except (ValueError, OverflowError):
        raise BadDate(f"the date is outside the years {MINYEAR} to {MAXYEAR}: take a smaller index") from None


def _dates_a_month(cadence: Cadence) -> int:
    return len(cadence.days) or 1


def _month_number(year: int, month: int) -> int:
    return year * 12 + month - 1


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────


def _days(day: int | None) -> tuple[int, ...]:
    return () if day is None else (day,)


def _check_week(cadence: Cadence) -> None:
    _check_whole("every", cadence.every, 1, LONGEST_WEEKS)
    only_monthly = (cadence.nth, cadence.days or None, cadence.month)
    if only_monthly != (None, None, None) or cadence.leap is not LeapDay.BACK:
        raise BadCadence("a weekly cadence takes a weekday only: days, nth, month and leap belong to months")


def _check_days(cadence: Cadence) -> None:
    _check_whole("every", cadence.every, 1, LONGEST_MONTHS)
    if (cadence.nth is None) != (cadence.weekday is None) or (cadence.nth is not None and cadence.days):
        raise BadCadence("a month takes days, or nth and weekday together, or neither for the anchor's day")
    if cadence.nth is not None:
        _check_whole("nth", cadence.nth, 1, 4, or_last=True)
    for each in cadence.days:
        _check_whole("day", each, 1, 31, or_last=True)
    match cadence.days:
        case () | (_,):
            return
        case (int(first), int(second)) if cadence.every == 1 and 0 < first < 28:
            if second > first or second == LAST:
                return
    raise BadCadence(f"days {cadence.days}: give one, or two of every month in order, the first at most 27")


def _check_month(cadence: Cadence) -> None:
    every, month = cadence.every, cadence.month
    if cadence.leap is LeapDay.FORWARD and (every % 12 or cadence.nth or (cadence.days and not month)):
        raise BadCadence("leap FORWARD is annual: give it month=2 and day=29, or neither for the anchor's")
    if month is None:
        return
    if len(cadence.days) != 1:
        raise BadCadence("a month needs its one day: give both, or neither for the anchor's")
    if every == 1 or (12 % every and every % 12):
        raise BadCadence(f"every {every} months does not meet the same months each year: give no month")
    _check_whole("month", month, 1, min(every, 12))
    [day] = cadence.days
    if every % 12 == 0 and day != LAST and day_of_month(2024, month, day).day != day:
        raise BadCadence(f"month {month} never has a day {day}: take LAST for its last day")


def _check_whole(name: str, value: object, least: int, most: int, *, or_last: bool = False) -> None:
    if type(value) is not int:
        raise BadCadence(f"{name} must be a whole number, not a {type(value).__name__}")
    if not (least <= value <= most or (or_last and value == LAST)):
        also = f", or LAST ({LAST})" if or_last else ""
        raise BadCadence(f"{name} {value} is not from {least} to {most}{also}")


def _check_kind(name: str, value: object, kind: type) -> None:
    if not isinstance(value, kind):
        raise BadCadence(f"{name} must be a {kind.__name__}, not a {type(value).__name__}")


def _check_index(k: object) -> None:
    if type(k) is not int:
        raise BadNumber(f"an index is a whole number, not a {type(k).__name__}")
