"""What a part of a period costs: by actual days, of the full grid period, to the minor unit.

>>> from datetime import date
>>> march = Period(date(2025, 3, 1), date(2025, 4, 1))
>>> prorate(100_00, Period(date(2025, 3, 11), date(2025, 4, 1)), of=march)
Proration(charged=6774, credited=3226)
"""

from attrs import frozen

from billcore.dates import Period
from billcore.errors import BadDate, BadNumber


@frozen(kw_only=True)
class Proration:
    """A price in two, in minor units: ``charged + credited`` is the price exactly."""

    charged: int
    credited: int


def prorate(price: int, used: Period, *, of: Period) -> Proration:
    """The part of a full period's price, in minor units, for the days used; the rest is the exact complement.

    One rounding, half away from zero, at the end: a rounded daily rate would be multiplied with its error.
    A stub too is measured against its full grid period. BadDate: days used outside it. BadNumber: no integer.
    """
    if used.start < of.start or of.end < used.end:
        raise BadDate(f"used {used.start} to {used.end} is not within the full period {of.start} to {of.end}")
    return prorate_days(price, (used.end - used.start).days, of=(of.end - of.start).days)


def prorate_days(price: int, used: int, *, of: int) -> Proration:
    """The same by numbers of days: *used* from 0 to *of*. BadNumber for anything else."""
    for name, value in (("price", price), ("used", used), ("of", of)):
        if type(value) is not int:
            raise BadNumber(f"{name} must be a whole number, not a {type(value).__name__}")
    if not 0 <= used <= of or of == 0:
        raise BadNumber(f"used {used} of {of} days: give at least 0, at most all, of at least one day")
    charged = (2 * abs(price) * used + of) // (2 * of)
    if price < 0:
        charged = -charged
    return Proration(charged=charged, credited=price - charged)
