"""What people decide about a schedule, and what is refused."""

from collections.abc import Callable
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from tests.unit.recurring.schedules import FEE, JANE, a_schedule, noon, run

from billcore.errors import BadDate, BadLine, BadNumber, BadPolicy, BadText, BillcoreError, InvalidTransition
from billcore.events import ScheduleAmended, ScheduleEnded, ScheduleMethodChanged, ScheduleStarted
from billcore.ids import ClientId, FirmId, MethodId, ScheduleId
from billcore.lines import LineItem
from billcore.recurring import scheduling
from billcore.recurring.cadence import Cadence
from billcore.recurring.occurrence import slot
from billcore.recurring.schedule import Output, Plan, Schedule, ScheduleState, Source

MORE = LineItem(description="Bookkeeping and payroll", unit_price="150.00")
NEW_YEAR = date(2026, 1, 1)


def test_a_schedule_starts_active_and_is_looked_at_on_its_first_date() -> None:
    schedule, event = scheduling.start(
        ScheduleId("sch-1"),
        firm_id=FirmId("acme"),
        client_id=ClientId("client-1"),
        title="Bookkeeping",
        cadence=Cadence.monthly(),
        anchor=NEW_YEAR,
        lines=(FEE,),
        plan=Plan(lead_days=3),
        at=noon(date(2025, 12, 1)),
        by=JANE,
    )

    assert schedule.state is ScheduleState.ACTIVE
    assert schedule.look_on == date(2025, 12, 29)
    assert isinstance(event, ScheduleStarted)
    assert (event.cadence, event.anchor) == ("monthly", NEW_YEAR)


@pytest.mark.parametrize(
    ("plan", "lines", "refusal"),
    [
        (Plan(), (), BadLine),
        (Plan(source=Source.UNBILLED), (FEE,), BadLine),
    ],
)
def test_a_template_needs_lines_and_a_sweep_has_none(
    plan: Plan, lines: tuple[LineItem, ...], refusal: type[BillcoreError]
) -> None:
    with pytest.raises(refusal):
        a_schedule(plan=plan, lines=lines)


def test_auto_pay_needs_invoices_that_are_issued() -> None:
    schedule = a_schedule(plan=Plan(output=Output.DRAFT))

    with pytest.raises(BadPolicy):
        scheduling.change_method(schedule, autopay=True, method_id=None, at=noon(NEW_YEAR), by=JANE)
    with pytest.raises(BadPolicy):
        scheduling.change_method(a_schedule(), autopay=False, method_id=MethodId("pm-1"), at=noon(NEW_YEAR), by=JANE)


@pytest.mark.rule("S4.12")
def test_another_method_is_charged_from_now_on() -> None:
    method = MethodId("pm-2")

    changed, event = scheduling.change_method(a_schedule(), autopay=True, method_id=method, at=noon(NEW_YEAR), by=JANE)

    assert (changed.autopay, changed.method_id) == (True, method)
    assert isinstance(event, ScheduleMethodChanged)
    assert event.method_id == method


def test_an_end_before_the_first_occurrence_is_refused() -> None:
    with pytest.raises(BadDate):
        a_schedule(until=date(2025, 12, 31))


@pytest.mark.parametrize("count", [0, -1, True, 10_001])
def test_a_count_is_a_whole_number_from_one(count: int) -> None:
    with pytest.raises(BadNumber):
        a_schedule(count=count)


@pytest.mark.parametrize("value", [-1, 1_000, True])
def test_a_plan_takes_whole_numbers_in_their_range(value: int) -> None:
    refused: tuple[Callable[[], Plan], ...] = (
        lambda: Plan(lead_days=value),
        lambda: Plan(max_catch_up=value),
        lambda: Plan(max_failures=value),
    )

    for plan in refused:
        with pytest.raises(BadNumber):
            plan()


# ── Amendments ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_amendment_changes_what_is_to_come_and_keeps_what_was() -> None:
    schedule = run(a_schedule(), date(2026, 2, 1)).schedule

    amended, event = scheduling.amend(schedule, lines=(MORE,), from_index=4, at=noon(date(2026, 2, 2)), by=JANE)

    assert [amended.template_at(index).lines for index in (0, 3, 4, 9)] == [(FEE,), (FEE,), (MORE,), (MORE,)]
    assert isinstance(event, ScheduleAmended)
    assert event.from_index == 4


def test_an_amendment_replaces_a_later_one() -> None:
    schedule, _ = scheduling.amend(a_schedule(), lines=(MORE,), from_index=4, at=noon(NEW_YEAR), by=JANE)

    amended, _ = scheduling.amend(schedule, lines=(FEE, MORE), from_index=2, at=noon(NEW_YEAR), by=JANE)

    assert [amended.template_at(index).lines for index in (1, 2, 9)] == [(FEE,), (FEE, MORE), (FEE, MORE)]


def test_history_is_never_amended() -> None:
    schedule = run(a_schedule(), date(2026, 2, 1)).schedule

    with pytest.raises(BadDate):
        scheduling.amend(schedule, lines=(MORE,), from_index=1, at=noon(date(2026, 2, 2)), by=JANE)


def test_another_cadence_begins_where_the_period_would_have_begun_and_the_periods_still_tile() -> None:
    schedule = run(a_schedule(), date(2026, 2, 1)).schedule

    amended, _ = scheduling.amend(
        schedule, cadence=Cadence.quarterly(), from_index=3, at=noon(date(2026, 2, 2)), by=JANE
    )
    slots = [slot(amended, index) for index in range(6)]

    assert [each.period.start for each in slots if each is not None] == [
        date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1), date(2026, 4, 1), date(2026, 7, 1), date(2026, 10, 1),
    ]  # fmt: skip
    for one, two in pairwise(slots):
        assert one is not None
        assert two is not None
        assert one.period.end == two.period.start


def test_a_cadence_off_the_old_grid_has_a_stub_of_its_own() -> None:
    amended, _ = scheduling.amend(
        a_schedule(date(2026, 1, 10)), cadence=Cadence.monthly(1), from_index=2, at=noon(date(2026, 1, 10)), by=JANE
    )

    stub, following = slot(amended, 2), slot(amended, 3)

    assert stub is not None
    assert following is not None
    assert (stub.period.start, stub.period.end, stub.is_prorated) == (date(2026, 3, 10), date(2026, 4, 1), True)
    assert following.period.start == date(2026, 4, 1)


def test_a_cadence_does_not_change_under_a_decision_to_skip() -> None:
    skipped, _ = scheduling.skip(a_schedule(), 3, reason="August", at=noon(NEW_YEAR), by=JANE)

    with pytest.raises(InvalidTransition):
        scheduling.amend(skipped, cadence=Cadence.quarterly(), at=noon(NEW_YEAR), by=JANE)


# ── Skips ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_skip_names_its_reason_and_can_be_taken_back_until_its_day() -> None:
    skipped, _ = scheduling.skip(a_schedule(), 1, reason="August", at=noon(NEW_YEAR), by=JANE)

    back, _ = scheduling.unskip(skipped, 1, at=noon(date(2026, 1, 31)), by=JANE)

    assert back.skips == ()
    with pytest.raises(BadDate):
        scheduling.unskip(skipped, 1, at=noon(date(2026, 2, 1)), by=JANE)
    with pytest.raises(BadText):
        scheduling.skip(a_schedule(), 1, reason=" ", at=noon(NEW_YEAR), by=JANE)
    with pytest.raises(InvalidTransition):
        scheduling.skip(skipped, 1, reason="again", at=noon(NEW_YEAR), by=JANE)


@pytest.mark.parametrize("index", [-1, 1, 12, True])
def test_only_an_occurrence_to_come_is_skipped(index: int) -> None:
    schedule = run(a_schedule(count=12), date(2026, 2, 1)).schedule

    with pytest.raises(BadDate):
        scheduling.skip(schedule, index, reason="August", at=noon(date(2026, 2, 2)), by=JANE)


@pytest.mark.parametrize("index", [True, 5.0, "5", None])
def test_what_is_no_index_is_told_so_and_not_that_it_is_settled(index: Any) -> None:
    with pytest.raises(BadDate, match=f"a whole number, not {type(index).__name__}"):
        scheduling.skip(a_schedule(), index, reason="August", at=noon(NEW_YEAR), by=JANE)


# ── The end ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_schedule_that_is_cut_before_its_next_date_is_completed_by_the_next_run() -> None:
    schedule = run(a_schedule(), NEW_YEAR).schedule

    limited, _ = scheduling.limit(schedule, until=date(2026, 1, 31), count=None, at=noon(date(2026, 1, 15)), by=JANE)

    assert limited.look_on is not None
    assert run(limited, date(2026, 1, 15)).schedule.state is ScheduleState.COMPLETED


def test_a_canceled_schedule_bills_nothing_more_not_even_what_is_due() -> None:
    canceled, event = scheduling.cancel(a_schedule(), reason="moved away", at=noon(date(2026, 1, 5)), by=JANE)

    assert canceled.state is ScheduleState.CANCELED
    assert run(canceled, date(2026, 6, 1)).billed == []
    assert isinstance(event, ScheduleEnded)
    assert event.was_canceled


def _canceled() -> Schedule:
    return scheduling.cancel(a_schedule(), at=noon(NEW_YEAR), by=JANE)[0]


def test_what_is_over_takes_no_verb() -> None:
    at, over = noon(NEW_YEAR), _canceled()

    for refused in (
        lambda: scheduling.amend(over, lines=(MORE,), at=at, by=JANE),
        lambda: scheduling.pause(over, at=at, by=JANE),
        lambda: scheduling.resume(over, at=at, by=JANE),
        lambda: scheduling.skip(over, 3, reason="August", at=at, by=JANE),
        lambda: scheduling.unskip(over, 3, at=at, by=JANE),
        lambda: scheduling.limit(over, until=None, count=3, at=at, by=JANE),
        lambda: scheduling.cancel(over, at=at, by=JANE),
        lambda: scheduling.change_method(over, autopay=True, method_id=None, at=at, by=JANE),
    ):
        with pytest.raises(InvalidTransition):
            refused()


def test_only_what_runs_is_paused_and_only_what_rests_is_resumed() -> None:
    schedule = a_schedule()
    paused, _ = scheduling.pause(schedule, at=noon(date(2026, 1, 10)), by=JANE)

    with pytest.raises(InvalidTransition):
        scheduling.pause(paused, at=noon(date(2026, 1, 11)), by=JANE)
    with pytest.raises(InvalidTransition):
        scheduling.resume(schedule, at=noon(date(2026, 1, 11)), by=JANE)
    with pytest.raises(BadDate):
        scheduling.resume(paused, on=date(2026, 1, 9), at=noon(date(2026, 1, 11)), by=JANE)
