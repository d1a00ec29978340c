"""Moving an issue date off days when nobody works; the grid of the cadence stays where it is."""

from datetime import date, timedelta
from enum import Enum
from typing import Final, Protocol, assert_never

from attrs import frozen

from billcore.dates import day
from billcore.errors import BadCadence, BadDate
from billcore.recurring.day_rules import Weekday

LONGEST_CLOSURE: Final = 31
"""How many days in a row a calendar may be closed."""


class Roll(Enum):
    """Where an issue date goes that is not a business day, by the names of the ISDA definitions."""

    NONE = "none"
    """Nowhere."""
    FOLLOWING = "following"
    """To the next business day."""
    MODIFIED_FOLLOWING = "modified_following"
    """To the next business day, unless that is in the next month: then to the one before."""
    PRECEDING = "preceding"
    """To the business day before."""


class Calendar(Protocol):
    """Knows which days are business days; a host's own may know holidays."""

    def is_business_day(self, on: date) -> bool:
        """Whether the firm works on this date."""
        ...


@frozen
class Weekends:
    """The default calendar: every day outside the weekend is a business day, whatever the holidays."""

    weekend: frozenset[Weekday] = frozenset({Weekday.SATURDAY, Weekday.SUNDAY})

    def is_business_day(self, on: date) -> bool:
        """Whether the date is outside the weekend."""
        return Weekday.of(on) not in self.weekend


SATURDAY_AND_SUNDAY: Final = Weekends()


def issue_date(nominal: date, roll: Roll, calendar: Calendar = SATURDAY_AND_SUNDAY) -> date:
    """The date to issue on: the nominal date, or the business day that the roll moves it to.

    BadCadence: the calendar is closed for a month on end. BadDate: no such date in the years 1 to 9999.
    """
    day(nominal, "nominal")
    match roll:
        case Roll.NONE:
            return nominal
        case Roll.FOLLOWING:
            return _open_day(nominal, 1, calendar)
        case Roll.PRECEDING:
            return _open_day(nominal, -1, calendar)
        case Roll.MODIFIED_FOLLOWING:
            following = _open_day(nominal, 1, calendar)
            return following if following.month == nominal.month else _open_day(nominal, -1, calendar)
        case _:
            assert_never(roll)


def _open_day(start: date, step: int, calendar: Calendar) -> date:
    for distance in range(LONGEST_CLOSURE + 1):
        try:
            on = start + timedelta(days=step * distance)
        except OverflowError:
            raise BadDate(f"{start} has no business day beside it in the years 1 to 9999") from None
        if calendar.is_business_day(on):
            return on
    raise BadCadence(f"the calendar is closed for {LONGEST_CLOSURE} days from {start}: mend the calendar")
