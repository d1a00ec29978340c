"""What a part of a period costs, of the full grid period, to the minor unit: by actual days unless agreed otherwise.

>>> from datetime import date
>>> march = Period(date(2025, 3, 1), date(2025, 4, 1))
>>> prorate(100_00, Period(date(2025, 3, 11), date(2025, 4, 1)), of=march)
Proration(charged=6774, credited=3226)
"""

from datetime import UTC, date, datetime, time, tzinfo
from enum import Enum
from typing import assert_never

from attrs import frozen

from billcore.dates import Period
from billcore.errors import BadDate, BadNumber


class DayCount(Enum):
    """How much of a period a part of it is."""

    ACTUAL = "actual"
    """The days of the one by the days of the other."""
    THIRTY_360 = "thirty_360"
    """Every month has 30 days, and its 31st is its 30th (30E/360)."""
    SECONDS = "seconds"
    """From midnight to midnight in the firm's timezone: a day on which clocks change has 23 hours, or 25."""


@frozen(kw_only=True)
class Proration:
    """A price in two, in minor units: ``charged + credited`` is the price exactly."""

    charged: int
    credited: int


def prorate(
    price: int, used: Period, *, of: Period, by: DayCount = DayCount.ACTUAL, timezone: tzinfo = UTC
) -> Proration:
    """The part of a full period's price, in minor units, for what is used of it; the rest is the exact complement.

    One rounding, half away from zero, at the end: a rounded daily rate would be multiplied with its error.
    A stub too is measured against its full grid period. BadDate: days used outside it. BadNumber: no integer.
    """
    if used.start < of.start or of.end < used.end:
        raise BadDate(f"used {used.start} to {used.end} is not within the full period {of.start} to {of.end}")
    return prorate_days(price, length(used, by, timezone), of=length(of, by, timezone))


def length(period: Period, by: DayCount, timezone: tzinfo = UTC) -> int:
    """How long it is: in days, in days of 30/360, or in seconds. The lengths of adjoining periods add up."""
    match by:
        case DayCount.ACTUAL:
            return (period.end - period.start).days
        case DayCount.THIRTY_360:
            return _thirty_360(period.end) - _thirty_360(period.start)
        case DayCount.SECONDS:
            return int((_midnight(period.end, timezone) - _midnight(period.start, timezone)).total_seconds())
        case _:
            assert_never(by)


def prorate_days(price: int, used: int, *, of: int) -> Proration:
    """The same by numbers of days, or seconds: *used* from 0 to *of*. BadNumber for anything else."""
    for name, value in (("price", price), ("used", used), ("of", of)):
        if type(value) is not int:
            raise BadNumber(f"{name} must be a whole number, not a {type(value).__name__}")
    if not 0 <= used <= of or of == 0:
        raise BadNumber(f"used {used} of {of}: give at least 0, at most all, of at least one")
    charged = (2 * abs(price) * used + of) // (2 * of)
    if price < 0:
        charged = -charged
    return Proration(charged=charged, credited=price - charged)


def _thirty_360(day: date) -> int:
    return 360 * day.year + 30 * day.month + min(day.day, 30)


def _midnight(day: date, timezone: tzinfo) -> datetime:
    """The first moment of that day; where clocks are put forward at midnight, the moment at which they are."""
    return datetime.combine(day, time.min, tzinfo=timezone).astimezone(UTC)
