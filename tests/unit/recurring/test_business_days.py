"""Issue dates move off days when nobody works."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.errors import BadCadence, BadDate
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Roll, Weekends, issue_date
from billcore.recurring.cadence import Cadence
from billcore.recurring.day_rules import Weekday

SATURDAY, SUNDAY = date(2025, 5, 31), date(2025, 6, 1)


@pytest.mark.parametrize(
    ("roll", "from_saturday", "from_sunday"),
    [
        (Roll.NONE, SATURDAY, SUNDAY),
        (Roll.FOLLOWING, date(2025, 6, 2), date(2025, 6, 2)),
        (Roll.PRECEDING, date(2025, 5, 30), date(2025, 5, 30)),
        (Roll.MODIFIED_FOLLOWING, date(2025, 5, 30), date(2025, 6, 2)),
    ],
)
def test_a_weekend_rolls_as_asked(roll: Roll, from_saturday: date, from_sunday: date) -> None:
    assert issue_date(SATURDAY, roll) == from_saturday
    assert issue_date(SUNDAY, roll) == from_sunday


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.sampled_from([roll for roll in Roll if roll is not Roll.NONE]))
def test_a_rolled_date_is_the_nearest_business_day_on_its_side(nominal: date, roll: Roll) -> None:
    rolled = issue_date(nominal, roll)

    between = [nominal + timedelta(days=n) for n in range(-2, 3) if abs(n) < abs((rolled - nominal).days)]
    assert rolled.weekday() < 5
    assert (rolled == nominal) == (nominal.weekday() < 5)
    assert roll is not Roll.MODIFIED_FOLLOWING or rolled.month == nominal.month
    assert all(day.weekday() >= 5 for day in between if (day > nominal) == (rolled > nominal) and day != nominal)


def test_the_grid_stays_when_the_issue_date_moves() -> None:
    cadence, anchor = Cadence.monthly(31), date(2025, 1, 31)

    moved = [issue_date(cadence.nominal(anchor, k), Roll.FOLLOWING) for k in range(6)]

    assert moved[4] == date(2025, 6, 2)
    assert cadence.nominal(anchor, 5) == date(2025, 6, 30)


def test_a_host_brings_its_own_calendar() -> None:
    class Holidays:
        def is_business_day(self, on: date) -> bool:
            return SATURDAY_AND_SUNDAY.is_business_day(on) and on != date(2025, 12, 25)

    assert issue_date(date(2025, 12, 25), Roll.FOLLOWING, Holidays()) == date(2025, 12, 26)
    assert issue_date(date(2025, 12, 25), Roll.PRECEDING, Holidays()) == date(2025, 12, 24)


def test_a_weekend_may_be_friday_and_saturday() -> None:
    weekends = Weekends(frozenset({Weekday.FRIDAY, Weekday.SATURDAY}))

    assert issue_date(date(2025, 5, 30), Roll.FOLLOWING, weekends) == SUNDAY


def test_a_calendar_that_is_always_closed_is_refused() -> None:
    with pytest.raises(BadCadence):
        issue_date(SATURDAY, Roll.FOLLOWING, Weekends(frozenset(Weekday)))


def test_a_moment_and_the_end_of_the_calendar_are_refused() -> None:
    with pytest.raises(BadDate):
        issue_date(datetime(2025, 5, 31, tzinfo=UTC), Roll.NONE)
    with pytest.raises(BadDate):
        issue_date(date.max, Roll.FOLLOWING, Weekends(frozenset({Weekday.of(date.max)})))
