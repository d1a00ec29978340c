"""When auto-pay tries again: an answer of the plan and of what became of the tries so far."""

from collections.abc import Sequence
from datetime import date, timedelta

from billcore.policy import RetryPlan
from billcore.reasons import Retry


def next_attempt(plan: RetryPlan, failures: Sequence[Retry], failed_on: date) -> date | None:
    """The day of the next try after *failures*, oldest first, of which the last one was on *failed_on*.

    None where there is none: one was a hard decline, which another try cannot mend, or the plan is through.

    >>> next_attempt(RetryPlan(days=(3, 5)), [Retry.LATER], date(2026, 5, 4))
    datetime.date(2026, 5, 7)
    """
    if any(retry is not Retry.LATER for retry in failures) or len(failures) > len(plan.days):
        return None
    days = plan.days[len(failures) - 1] if failures else 0
    return failed_on + timedelta(days=days) if days <= (date.max - failed_on).days else None
