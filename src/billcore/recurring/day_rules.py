"""Which day of a month a rule means."""

from calendar import monthrange
from datetime import date
from enum import Enum
from typing import Final

LAST: Final = -1
"""The last day of the month, or the last such weekday of the month, as RFC 5545 writes them."""


class Weekday(Enum):
    """A day of the week, by its RFC 5545 code."""

    MONDAY = "MO"
    TUESDAY = "TU"
    WEDNESDAY = "WE"
    THURSDAY = "TH"
    FRIDAY = "FR"
    SATURDAY = "SA"
    SUNDAY = "SU"

    @classmethod
    def of(cls, on: date) -> "Weekday":
        """The weekday of a date."""
        return _WEEK[on.weekday()]

    @property
    def number(self) -> int:
        """Monday is 0, as in ``date.weekday()``."""
        return _WEEK.index(self)


_WEEK: Final = tuple(Weekday)


class LeapDay(Enum):
    """Where an annual 29 February falls in a common year."""

    BACK = "back"
    """28 February."""
    FORWARD = "forward"
    """1 March."""


def day_of_month(year: int, month: int, day: int, leap: LeapDay = LeapDay.BACK) -> date:
    """The day of the month, or the month's last day where the month is shorter."""
    length = monthrange(year, month)[1]
    if leap is LeapDay.FORWARD and month == 2 and day == 29 > length:
        return date(year, 3, 1)
    return date(year, month, length if day == LAST else min(day, length))


def nth_weekday(year: int, month: int, n: int, weekday: Weekday) -> date:
    """The n-th (1 to 4) or `LAST` such weekday of the month."""
    first_of_month, length = monthrange(year, month)
    first = 1 + (weekday.number - first_of_month) % 7
    return date(year, month, first + (length - first) // 7 * 7 if n == LAST else first + 7 * (n - 1))
