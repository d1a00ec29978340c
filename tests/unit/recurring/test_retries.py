"""When auto-pay tries again: the plan's days after each soft decline, and never after a hard one."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.errors import BadPolicy
from billcore.policy import RetryPlan
from billcore.reasons import Retry
from billcore.recurring.retries import next_attempt

MONDAY = date(2026, 5, 4)
PLANS = st.builds(RetryPlan, days=st.lists(st.integers(1, 90), max_size=10).map(tuple))
RETRIES = st.lists(st.sampled_from(Retry), max_size=12)
DAYS = st.dates(date(2000, 1, 1), date(2100, 1, 1))


def test_each_failure_has_its_own_number_of_days() -> None:
    plan = RetryPlan(days=(3, 5))

    days = [next_attempt(plan, [Retry.LATER] * failures, MONDAY) for failures in (1, 2, 3)]

    assert days == [date(2026, 5, 7), date(2026, 5, 9), None]


@pytest.mark.parametrize("hard", [Retry.NEVER, Retry.NEW_METHOD, Retry.CLIENT_ACTION])
def test_a_hard_decline_ends_it_wherever_it_stands(hard: Retry) -> None:
    plan = RetryPlan(days=(1, 1, 1))

    assert next_attempt(plan, [hard], MONDAY) is None
    assert next_attempt(plan, [hard, Retry.LATER], MONDAY) is None
    assert next_attempt(plan, [Retry.LATER, hard], MONDAY) is None


@given(plan=PLANS, failures=RETRIES, failed_on=DAYS)
def test_there_is_a_next_try_just_while_the_plan_has_one_and_all_were_soft(
    plan: RetryPlan, failures: list[Retry], failed_on: date
) -> None:
    day = next_attempt(plan, failures, failed_on)

    assert (day is not None) == (len(failures) <= len(plan.days) and set(failures) <= {Retry.LATER})
    if day is not None and failures:
        assert day == failed_on + timedelta(days=plan.days[len(failures) - 1])
        assert day > failed_on, "or one run would try twice"


@given(plan=PLANS, failed_on=DAYS)
def test_soft_declines_alone_end_after_one_try_more_than_the_plan_has_days(plan: RetryPlan, failed_on: date) -> None:
    failures: list[Retry] = []

    while next_attempt(plan, failures, failed_on) is not None:
        failures.append(Retry.LATER)

    assert len(failures) == len(plan.days) + 1


def test_the_calendar_ends_before_the_plan_does() -> None:
    assert next_attempt(RetryPlan(days=(3,)), [Retry.LATER], date(9999, 12, 30)) is None


@pytest.mark.parametrize("days", [(0,), (91,), (-1,), (True,), (1.0,), ("3",), [3], (1,) * 11, None, 3])
def test_a_plan_is_at_most_ten_numbers_of_days(days: tuple[int, ...]) -> None:
    with pytest.raises(BadPolicy):
        RetryPlan(days=days)
