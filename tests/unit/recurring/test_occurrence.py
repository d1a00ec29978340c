"""Which occurrences are due on a day, and what becomes of them."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.recurring.schedules import JANE, RUN, a_schedule, days, noon, run

from billcore.dates import Period
from billcore.ids import InvoiceId
from billcore.recurring import occurring, scheduling
from billcore.recurring.business_days import Roll
from billcore.recurring.cadence import Cadence
from billcore.recurring.day_rules import Weekday
from billcore.recurring.occurrence import MISSED, PAUSED, Bill, OccurrenceState, due, slot
from billcore.recurring.schedule import (
    AfterPause,
    CatchUp,
    PartialPeriod,
    Plan,
    Schedule,
    ScheduleState,
    Timing,
)


def every_day(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


# ── On its date ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_occurrence_is_due_from_its_date_on_and_never_before() -> None:
    schedule = a_schedule(date(2026, 1, 31))

    billed = days(schedule, every_day(date(2026, 1, 1), date(2026, 4, 30)))

    assert billed == [
        (date(2026, 1, 31), (0,)),
        (date(2026, 2, 28), (1,)),
        (date(2026, 3, 31), (2,)),
        (date(2026, 4, 30), (3,)),
    ]


@pytest.mark.rule("S0.3", "S0.36")
@pytest.mark.parametrize(
    ("cadence", "periods"),
    [(Cadence.monthly(), 12), (Cadence.quarterly(), 4), (Cadence.annual(), 1), (Cadence.semi_monthly(1, 16), 24)],
)
def test_monthly_quarterly_and_annual_schedules_bill_each_period_of_a_year_once(cadence: Cadence, periods: int) -> None:
    schedule = a_schedule(date(2026, 1, 1), cadence=cadence)

    billed = days(schedule, every_day(date(2026, 1, 1), date(2026, 12, 31)))

    assert [indices for _, indices in billed] == [(index,) for index in range(periods)]


def test_in_arrears_a_period_is_billed_at_its_end() -> None:
    schedule = a_schedule(plan=Plan(timing=Timing.ARREARS))

    billed = days(schedule, every_day(date(2026, 1, 1), date(2026, 3, 1)))

    assert billed == [(date(2026, 2, 1), (0,)), (date(2026, 3, 1), (1,))]
    assert slot(schedule, 0) is not None
    assert run(schedule, date(2026, 2, 1)).occurrences[0].period == Period(date(2026, 1, 1), date(2026, 2, 1))


def test_lead_days_and_business_days_move_the_day_of_billing_and_not_the_period() -> None:
    plan = Plan(lead_days=5, roll=Roll.FOLLOWING)
    schedule = a_schedule(date(2026, 2, 1), plan=plan)  # A Sunday: it moves to Monday the 2nd, less five days.

    found = slot(schedule, 0)

    assert found is not None
    assert (found.nominal, found.due_on) == (date(2026, 2, 1), date(2026, 1, 28))
    assert found.period == Period(date(2026, 2, 1), date(2026, 3, 1))


@given(
    anchor=st.dates(date(2020, 1, 1), date(2030, 12, 31)),
    cadence=st.sampled_from([Cadence.weekly(), Cadence.monthly(), Cadence.monthly(15), Cadence.quarterly(1, 1)]),
    gaps=st.lists(st.integers(0, 40), min_size=1, max_size=12),
    plan=st.builds(
        Plan,
        timing=st.sampled_from(Timing),
        catch_up=st.sampled_from(CatchUp),
        max_catch_up=st.integers(1, 100),
        lead_days=st.integers(0, 20),
        stub=st.sampled_from(PartialPeriod),
    ),
)
def test_however_often_it_runs_every_period_is_settled_once_and_in_order(
    anchor: date, cadence: Cadence, gaps: list[int], plan: Plan
) -> None:
    schedule, on, settled = a_schedule(anchor, cadence=cadence, plan=plan), anchor, []

    for gap in gaps:
        on += timedelta(days=gap)
        ran = run(schedule, on)
        schedule = ran.schedule
        settled += [occurrence.index for occurrence in ran.occurrences]
        again = run(schedule, on)
        assert (again.billed, again.passed, again.schedule) == ([], [], schedule)

    first = a_schedule(anchor, cadence=cadence, plan=plan).next_index
    assert sorted(settled) == list(range(first, schedule.next_index))


def test_the_same_day_asked_twice_gives_the_same_steps() -> None:
    schedule = a_schedule()

    assert due(schedule, date(2026, 3, 15)) == due(schedule, date(2026, 3, 15))
    assert [step for step in due(schedule, date(2026, 3, 15)) if isinstance(step, Bill)] != []


# ── Catching up ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_each_missed_period_becomes_an_invoice_oldest_first() -> None:
    ran = run(a_schedule(), date(2026, 3, 15))

    assert ran.billed == [(0,), (1,), (2,)]
    assert [occurrence.is_late for occurrence in ran.occurrences] == [True, True, False]
    assert [occurrence.period.start for occurrence in ran.occurrences] == [
        date(2026, 1, 1),
        date(2026, 2, 1),
        date(2026, 3, 1),
    ]


def test_missed_periods_are_consolidated_into_one_invoice() -> None:
    ran = run(a_schedule(plan=Plan(catch_up=CatchUp.CONSOLIDATE)), date(2026, 3, 15))

    assert ran.billed == [(0, 1, 2)]
    assert {occurrence.invoice_id for occurrence in ran.occurrences} == {InvoiceId("inv-0")}


def test_latest_only_bills_the_latest_and_says_that_the_others_were_missed() -> None:
    ran = run(a_schedule(plan=Plan(catch_up=CatchUp.LATEST_ONLY)), date(2026, 3, 15))

    assert ran.billed == [(2,)]
    assert ran.passed == [(0, MISSED), (1, MISSED)]


def test_without_catching_up_only_the_day_itself_is_billed() -> None:
    schedule = a_schedule(plan=Plan(catch_up=CatchUp.NONE))

    on_its_day = run(schedule, date(2026, 1, 1))
    a_day_late = run(on_its_day.schedule, date(2026, 2, 2))

    assert on_its_day.billed == [(0,)]
    assert (a_day_late.billed, a_day_late.passed) == ([], [(1, MISSED)])


@pytest.mark.parametrize("catch_up", [CatchUp.EACH, CatchUp.CONSOLIDATE])
def test_more_than_may_be_caught_up_with_suspends_the_schedule_for_a_person_to_look(catch_up: CatchUp) -> None:
    schedule = a_schedule(plan=Plan(catch_up=catch_up, max_catch_up=3))

    ran = run(schedule, date(2026, 5, 15))
    later = run(ran.schedule, date(2026, 5, 16))

    assert [index for indices in ran.billed for index in indices] == [0, 1, 2]
    assert ran.stopped
    assert ran.schedule.state is ScheduleState.SUSPENDED
    assert (later.billed, later.passed) == ([], [])


def test_a_suspended_schedule_goes_on_when_it_is_resumed() -> None:
    suspended = run(a_schedule(), date(2026, 5, 15)).schedule

    resumed, _ = scheduling.resume(suspended, at=noon(date(2026, 5, 16)), by=JANE)
    ran = run(resumed, date(2026, 5, 16))

    assert ran.billed == [(3,), (4,)]
    assert ran.schedule.state is ScheduleState.ACTIVE


def test_what_limits_catching_up_is_what_is_billed_and_not_what_is_skipped() -> None:
    schedule = a_schedule(plan=Plan(max_catch_up=1))
    skipped, _ = scheduling.skip(schedule, 0, reason="a gift", at=noon(date(2026, 1, 1)), by=JANE)

    ran = run(skipped, date(2026, 2, 15))

    assert (ran.passed, ran.billed, ran.stopped) == ([(0, "a gift")], [(1,)], False)


def test_a_consolidated_invoice_leaves_out_what_is_skipped_between() -> None:
    schedule = a_schedule(plan=Plan(catch_up=CatchUp.CONSOLIDATE))
    skipped, _ = scheduling.skip(schedule, 1, reason="a gift", at=noon(date(2026, 1, 1)), by=JANE)

    ran = run(skipped, date(2026, 3, 15))

    assert (ran.billed, ran.passed) == ([(0, 2)], [(1, "a gift")])
    assert ran.schedule.next_index == 3


# ── Pauses ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def paused_from_10_january_to_5_march(after: AfterPause) -> Schedule:
    schedule = run(a_schedule(plan=Plan(after_pause=after)), date(2026, 1, 1)).schedule
    paused, _ = scheduling.pause(schedule, reason="on leave", at=noon(date(2026, 1, 10)), by=JANE)
    assert run(paused, date(2026, 2, 15)).billed == []
    resumed, _ = scheduling.resume(paused, at=noon(date(2026, 3, 5)), by=JANE)
    return resumed


def test_what_fell_into_a_pause_is_never_billed_silently() -> None:
    ran = run(paused_from_10_january_to_5_march(AfterPause.SKIP), date(2026, 3, 5))

    assert (ran.billed, ran.passed) == ([], [(1, PAUSED), (2, PAUSED)])
    assert days(ran.schedule, every_day(date(2026, 3, 6), date(2026, 4, 1))) == [(date(2026, 4, 1), (3,))]


def test_the_plan_can_say_that_a_pause_is_billed_afterwards() -> None:
    ran = run(paused_from_10_january_to_5_march(AfterPause.BILL), date(2026, 3, 5))

    assert (ran.billed, ran.passed) == ([(1,), (2,)], [])


def test_the_plan_can_say_that_the_grid_moves_by_the_days_of_the_pause() -> None:
    schedule = paused_from_10_january_to_5_march(AfterPause.SHIFT)  # 54 days

    billed = days(schedule, every_day(date(2026, 3, 5), date(2026, 5, 1)))

    assert billed == [(date(2026, 3, 27), (1,)), (date(2026, 4, 27), (2,))]


def test_a_schedule_that_is_resumed_on_a_date_of_its_own_bills_that_date() -> None:
    paused, _ = scheduling.pause(a_schedule(), on=date(2026, 1, 1), at=noon(date(2026, 1, 1)), by=JANE)

    resumed, _ = scheduling.resume(paused, at=noon(date(2026, 2, 1)), by=JANE)
    ran = run(resumed, date(2026, 2, 1))

    assert (ran.passed, ran.billed) == ([(0, PAUSED)], [(1,)])


# ── Stubs and the end ────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("stub", "first", "is_prorated"),
    [(PartialPeriod.PRORATE, -1, True), (PartialPeriod.FULL, -1, False), (PartialPeriod.SKIP, 0, False)],
)
def test_days_before_the_first_full_period_are_index_minus_one_or_nothing(
    stub: PartialPeriod, first: int, is_prorated: bool
) -> None:
    schedule = a_schedule(date(2026, 1, 20), cadence=Cadence.monthly(1), plan=Plan(stub=stub))

    ran = run(schedule, date(2026, 2, 1))
    found = slot(schedule, first)

    assert ran.billed[0] == (first,)
    assert found is not None
    assert found.is_prorated is is_prorated
    if first == -1:
        assert found.period == Period(date(2026, 1, 20), date(2026, 2, 1))
        assert found.full == Period(date(2026, 1, 1), date(2026, 2, 1))


@pytest.mark.parametrize(
    ("timing", "final", "last", "its_end"),
    [
        (Timing.ADVANCE, PartialPeriod.FULL, 2, date(2026, 4, 1)),
        (Timing.ADVANCE, PartialPeriod.PRORATE, 2, date(2026, 3, 11)),
        (Timing.ADVANCE, PartialPeriod.SKIP, 1, date(2026, 3, 1)),
        (Timing.ARREARS, PartialPeriod.FULL, 2, date(2026, 4, 1)),
        (Timing.ARREARS, PartialPeriod.PRORATE, 2, date(2026, 3, 11)),
        (Timing.ARREARS, PartialPeriod.SKIP, 1, date(2026, 3, 1)),
    ],
)
def test_an_end_within_a_period_bills_it_in_part_in_full_or_not(
    timing: Timing, final: PartialPeriod, last: int, its_end: date
) -> None:
    schedule = a_schedule(plan=Plan(timing=timing, final=final), until=date(2026, 3, 10))

    indices, periods = [], []
    for on in every_day(date(2026, 1, 1), date(2026, 5, 1)):
        ran = run(schedule, on)
        schedule = ran.schedule
        indices += [occurrence.index for occurrence in ran.occurrences]
        periods += [occurrence.period for occurrence in ran.occurrences]

    assert (indices[-1], periods[-1].end) == (last, its_end)
    assert schedule.state is ScheduleState.COMPLETED


def test_a_count_is_of_full_periods_and_a_skipped_one_counts() -> None:
    schedule = a_schedule(date(2026, 1, 20), cadence=Cadence.monthly(1), count=3)
    skipped, _ = scheduling.skip(schedule, 1, reason="a gift", at=noon(date(2026, 1, 20)), by=JANE)

    billed = days(skipped, every_day(date(2026, 1, 20), date(2026, 12, 31)))

    assert [indices for _, indices in billed] == [(-1,), (0,), (2,)]


def test_a_plan_can_let_a_skipped_one_extend_the_schedule() -> None:
    schedule = a_schedule(count=3, plan=Plan(skips_extend=True))
    skipped, _ = scheduling.skip(schedule, 1, reason="a gift", at=noon(date(2026, 1, 1)), by=JANE)

    billed = days(skipped, every_day(date(2026, 1, 1), date(2026, 12, 31)))

    assert [indices for _, indices in billed] == [(0,), (2,), (3,)]


def test_a_schedule_is_completed_when_its_last_occurrence_is_settled() -> None:
    ran = run(a_schedule(count=1), date(2026, 1, 1))

    assert ran.schedule.state is ScheduleState.COMPLETED
    assert ran.schedule.look_on is None


# ── Failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_occurrence_that_failed_holds_up_the_others_and_is_tried_again_the_next_day() -> None:
    ran = run(a_schedule(), date(2026, 2, 15), failing=frozenset({0}))
    the_same_day = run(ran.schedule, date(2026, 2, 15))
    the_next_day = run(ran.schedule, date(2026, 2, 16))

    assert [occurrence.state for occurrence in ran.occurrences] == [OccurrenceState.FAILED]
    assert (the_same_day.billed, the_next_day.billed) == ([], [(0,), (1,)])
    assert the_next_day.schedule.failures == 0


def test_where_order_does_not_matter_the_others_are_billed_and_the_failed_one_is_tried_again() -> None:
    schedule = a_schedule(plan=Plan(ordered=False))

    ran = run(schedule, date(2026, 2, 15), failing=frozenset({0}))
    again = run(ran.schedule, date(2026, 2, 16))

    assert (ran.billed, ran.schedule.failed) == ([(1,)], (0,))
    assert (again.billed, again.schedule.failed, again.schedule.next_index) == ([(0,)], (), 2)


def test_without_catching_up_a_failed_occurrence_is_still_tried_again() -> None:
    ran = run(a_schedule(plan=Plan(catch_up=CatchUp.NONE)), date(2026, 1, 1), failing=frozenset({0}))

    assert run(ran.schedule, date(2026, 1, 2)).billed == [(0,)]


def test_the_verbs_of_the_run_leave_a_schedule_alone_that_does_not_run() -> None:
    canceled, _ = scheduling.cancel(a_schedule(), reason="moved away", at=noon(date(2026, 1, 1)), by=JANE)

    closed, event = occurring.close(canceled, at=noon(date(2026, 1, 2)), by=RUN)

    assert due(canceled, date(2026, 6, 1)) == ()
    assert (closed, event) == (canceled, None)


def test_weeks_are_weeks() -> None:
    schedule = a_schedule(date(2026, 1, 5), cadence=Cadence.weekly(Weekday.MONDAY, every=4))

    billed = days(schedule, every_day(date(2026, 1, 5), date(2027, 1, 3)))

    assert len(billed) == 13


def test_too_many_failures_in_a_row_suspend_the_schedule() -> None:
    schedule = a_schedule(plan=Plan(max_failures=2))

    once = run(schedule, date(2026, 1, 1), failing=frozenset({0})).schedule
    twice = run(once, date(2026, 1, 2), failing=frozenset({0})).schedule

    assert (once.state, twice.state) == (ScheduleState.ACTIVE, ScheduleState.SUSPENDED)
    assert twice.suspension is not None
    assert twice.suspension.code == occurring.FAILURES


@pytest.mark.parametrize("ordered", [True, False])
def test_what_was_mended_is_tried_at_once(ordered: bool) -> None:
    failed = run(a_schedule(plan=Plan(ordered=ordered)), date(2026, 1, 1), failing=frozenset({0})).schedule

    mended, _ = scheduling.amend(failed, notes="Mended", at=noon(date(2026, 1, 1)), by=JANE)

    assert run(mended, date(2026, 1, 1)).billed == [(0,)]


def test_a_failed_occurrence_can_be_skipped_instead() -> None:
    failed = run(a_schedule(), date(2026, 1, 1), failing=frozenset({0})).schedule

    skipped, _ = scheduling.skip(failed, 0, reason="billed by hand", at=noon(date(2026, 1, 1)), by=JANE)
    ran = run(skipped, date(2026, 1, 2))

    assert (ran.passed, ran.schedule.failed, ran.schedule.next_index) == ([(0, "billed by hand")], (), 1)
