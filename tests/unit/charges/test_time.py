"""From minutes worked to hours billed: whole increments, a minimum, a write-down, and never a lost minute."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import a

from billcore.charges.time import LONGEST, TimeWorked
from billcore.errors import BadNumber, BadPolicy, InvalidInput
from billcore.policy import TimeRules

QUARTERS = TimeRules(increment=15)


@pytest.mark.parametrize(
    ("minutes", "rules", "billed"),
    [
        (1, TimeRules(), 6),
        (6, TimeRules(), 6),
        (7, TimeRules(), 12),
        (60, TimeRules(), 60),
        (1, QUARTERS, 15),
        (15, QUARTERS, 15),
        (16, QUARTERS, 30),
        (7, TimeRules(minimum=30), 30),
        (31, TimeRules(minimum=30), 36),
    ],
)
def test_minutes_are_billed_in_whole_increments_and_the_minimum_at_least(
    minutes: int, rules: TimeRules, billed: int
) -> None:
    assert TimeWorked(minutes=minutes, rules=rules).billed == billed


@given(a(TimeWorked))
def test_hours_are_the_billed_minutes_exactly(time: TimeWorked) -> None:
    assert time.hours * 60 == time.billed == time.rounded - time.written_down
    assert time.billed % time.rules.increment == 0
    assert time.billed > 0


@given(a(TimeWorked))
def test_no_minute_is_lost_and_less_than_an_increment_is_added(time: TimeWorked) -> None:
    least = max(time.minutes, time.rules.minimum)

    assert least <= time.rounded < least + time.rules.increment


@given(a(TimeRules), st.integers(1, LONGEST), st.integers(1, LONGEST))
def test_more_time_is_never_billed_less(rules: TimeRules, minutes: int, others: int) -> None:
    less, more = (TimeWorked(minutes=each, rules=rules) for each in sorted((minutes, others)))

    assert less.hours <= more.hours


def test_a_write_down_takes_whole_increments_off_the_bill_and_keeps_what_was_worked() -> None:
    time = TimeWorked(minutes=50, rules=QUARTERS, written_down=30)

    assert (time.minutes, time.rounded, time.hours) == (50, 60, Decimal("0.5"))


@pytest.mark.parametrize("written_down", [-15, 7, 20, 60, 75])
def test_part_of_an_increment_more_than_all_and_all_are_not_written_down(written_down: int) -> None:
    with pytest.raises(BadNumber):
        TimeWorked(minutes=50, rules=QUARTERS, written_down=written_down)


@pytest.mark.parametrize("minutes", [0, -6, LONGEST + 1, 1.5, "6", True, None])
def test_minutes_are_a_whole_number_above_zero(minutes: object) -> None:
    with pytest.raises(BadNumber):
        TimeWorked(minutes=minutes)  # type: ignore[arg-type]


def test_the_rules_are_rules() -> None:
    with pytest.raises(InvalidInput):
        TimeWorked(minutes=6, rules=15)  # type: ignore[arg-type]


@pytest.mark.parametrize("increment", [0, 1, 5, 7, 10, 30, 60, -6, 6.0, "6", True, None])
def test_an_increment_is_a_tenth_or_a_quarter_of_an_hour(increment: object) -> None:
    with pytest.raises(BadPolicy):
        TimeRules(increment=increment)  # type: ignore[arg-type]


@pytest.mark.parametrize("minimum", [-15, 10, 495, 15.0, "15", None])
def test_a_minimum_is_whole_increments_and_at_most_a_day_of_work(minimum: object) -> None:
    with pytest.raises(BadPolicy):
        TimeRules(increment=15, minimum=minimum)  # type: ignore[arg-type]
