"""Time at work, from the minutes on the clock to the hours on a bill: whole increments, a minimum, a write-down."""

from decimal import Decimal
from typing import Final

from attrs import frozen

from billcore.decimals import EXACT
from billcore.errors import BadNumber
from billcore.kinds import of_kind
from billcore.policy import TimeRules

LONGEST: Final = 100_000
"""Minutes of one charge, some ten weeks."""

_HOUR: Final = Decimal(60)


@frozen(kw_only=True)
class TimeWorked:
    """Minutes worked, the rules by which they are billed, and the minutes that were ``written_down`` and are not.

    Refuses with BadNumber what is no such number of minutes, a write-down that is no whole increments, and one of all
    the time: a charge that is not billed at all is written off.

    >>> TimeWorked(minutes=37).hours
    Decimal('0.7')
    >>> TimeWorked(minutes=37, rules=TimeRules(increment=15), written_down=15).hours
    Decimal('0.5')
    """

    minutes: int
    rules: TimeRules = TimeRules()
    written_down: int = 0

    def __attrs_post_init__(self) -> None:
        of_kind(self.rules, TimeRules, "time rules")
        if of_kind(self.minutes, int, "minutes", BadNumber) not in range(1, LONGEST + 1):
            raise BadNumber(f"minutes must be from 1 to {LONGEST}, asked for {self.minutes}")
        if of_kind(self.written_down, int, "written-down minutes", BadNumber) not in range(self.rounded):
            raise BadNumber(
                f"asked to write down {self.written_down} of {self.rounded} minutes; write the charge off to bill none"
            )
        if self.written_down % self.rules.increment:
            raise BadNumber(
                f"minutes are written down in steps of {self.rules.increment}, asked for {self.written_down}"
            )

    @property
    def rounded(self) -> int:
        """Minutes before the write-down."""
        increment = self.rules.increment
        return max(-(-self.minutes // increment) * increment, self.rules.minimum)

    @property
    def billed(self) -> int:
        """Minutes on the bill."""
        return self.rounded - self.written_down

    @property
    def hours(self) -> Decimal:
        """The quantity on the bill, without remainder: an increment is a decimal part of an hour."""
        return EXACT.divide(Decimal(self.billed), _HOUR)
