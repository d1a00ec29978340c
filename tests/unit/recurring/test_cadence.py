"""Where the dates of a cadence fall: from the anchor, without drift, in periods that tile."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice, pairwise
from pathlib import Path

import pytest
from attrs import evolve
from dateutil.relativedelta import relativedelta
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.recurring.cadences import anchors, cadences

from billcore.dates import Period
from billcore.errors import BadCadence, BadDate, BadNumber
from billcore.recurring.cadence import LONGEST_MONTHS, LONGEST_WEEKS, Cadence, Unit
from billcore.recurring.day_rules import LAST, LeapDay, Weekday

VECTORS: dict[str, list[str]] = json.loads(Path(__file__).with_name("cadence_vectors.json").read_text(encoding="utf-8"))
RULES = {
    "monthly Jan31": Cadence.monthly(),
    "monthly Jan30": Cadence.monthly(day=30),
    "monthly Feb28 (28th)": Cadence.monthly(),
    "monthly Feb28 LAST": Cadence.monthly(day=LAST),
    "quarterly Nov30": Cadence.quarterly(),
    "quarterly Aug31": Cadence.quarterly(day=31),
    "annual Feb29": Cadence.annual(),
    "biweekly": Cadence.weekly(every=2),
    "semi-monthly 1/16": Cadence.semi_monthly(1, 16),
    "semi-monthly 15/LAST": Cadence.semi_monthly(15, LAST),
    "third Friday": Cadence.monthly_nth(3, Weekday.FRIDAY),
    "last Wednesday": Cadence.monthly_nth(LAST, Weekday.WEDNESDAY),
    "every 4 weeks": Cadence.weekly(every=4),
}

YEARS = 50
EVERY_DAY = [date(2024, 1, 1) + timedelta(days=n) for n in range(366)]
PER_YEAR = {
    "weekly": (Cadence.weekly(), 53),
    "biweekly on Tuesday": (Cadence.weekly(Weekday.TUESDAY, 2), 27),
    "semi-monthly 1/16": (Cadence.semi_monthly(1, 16), 24),
    "semi-monthly 15/last": (Cadence.semi_monthly(15, LAST), 24),
    "semi-monthly 27/31": (Cadence.semi_monthly(27, 31), 24),
    "monthly": (Cadence.monthly(), 12),
    "monthly on the 29th": (Cadence.monthly(29), 12),
    "month end": (Cadence.monthly(LAST), 12),
    "last Friday": (Cadence.monthly_nth(LAST, Weekday.FRIDAY), 12),
    "every 5 months": (Cadence.monthly(every=5), 3),
    "quarterly": (Cadence.quarterly(), 4),
    "quarterly from January 31": (Cadence.quarterly(1, 31), 4),
    "semi-annual": (Cadence.semi_annual(), 2),
    "annual": (Cadence.annual(), 1),
    "annual, leap day forward": (Cadence.annual(leap=LeapDay.FORWARD), 1),
    "29 February forward": (Cadence.annual(2, 29, leap=LeapDay.FORWARD), 1),
    "every 3 years": (Cadence.annual(every=3), 1),
}
units = pytest.mark.parametrize(("cadence", "per_year"), PER_YEAR.values(), ids=PER_YEAR)


@pytest.mark.parametrize("vector", VECTORS)
def test_dates_are_those_of_the_published_vectors(vector: str) -> None:
    expected = [date.fromisoformat(text) for text in VECTORS[vector]]
    anchor = expected[0]

    dates = [RULES[vector].nominal(anchor, k) for k in range(len(expected))]

    assert dates == expected
    assert RULES[vector].stub(anchor) is None


# ── Periods tile ────────────────────────────────────────────────────────────────────────────────────────────


@units
def test_dates_strictly_increase_for_every_anchor_day_over_fifty_years(cadence: Cadence, per_year: int) -> None:
    reach = per_year * YEARS // 2
    # Each weekday and day of the month comes up in every fifth day too; the frequent units do without the rest.
    every_anchor = EVERY_DAY if per_year <= 12 else EVERY_DAY[::5]

    for anchor in every_anchor:
        dates = [cadence.nominal(anchor, k) for k in range(-reach, reach + 1)]

        assert all(before < after for before, after in pairwise(dates)), anchor
        assert dates[reach - 1] < anchor <= dates[reach]


@units
def test_each_day_of_ten_years_lies_in_one_period(cadence: Cadence, per_year: int) -> None:
    for anchor in (date(2024, 1, 31), date(2024, 2, 29)):
        day, index = anchor - timedelta(days=5 * 366), cadence.index_on(anchor, anchor - timedelta(days=5 * 366))

        for _ in range(10 * 366):
            day += timedelta(days=1)
            begins = day == cadence.nominal(anchor, index + 1)
            index += begins

            assert cadence.index_on(anchor, day) == index


@given(cadences, anchors, st.integers(-50, 50))
def test_the_index_of_a_date_is_the_inverse_of_its_period(cadence: Cadence, anchor: date, k: int) -> None:
    try:
        period = cadence.period(anchor, k)
    except BadDate:
        return  # A century between dates leaves the calendar soon.

    assert cadence.index_on(anchor, period.start) == k
    assert cadence.index_on(anchor, period.end - timedelta(days=1)) == k
    assert cadence.index_on(anchor, period.end) == k + 1
    assert period == Period(cadence.nominal(anchor, k), cadence.nominal(anchor, k + 1))


@given(cadences, anchors)
def test_index_0_is_the_first_date_on_or_after_the_anchor_and_a_stub_leads_to_it(
    cadence: Cadence, anchor: date
) -> None:
    first = cadence.nominal(anchor, 0)

    assert first >= anchor
    assert cadence.index_on(anchor, anchor) == (0 if first == anchor else -1)
    assert cadence.stub(anchor) == (None if first == anchor else Period(anchor, first))


@given(cadences, anchors, st.integers(0, 20))
def test_a_later_date_of_the_grid_as_anchor_gives_the_same_grid(cadence: Cadence, anchor: date, k: int) -> None:
    """Nothing depends on where counting starts, as long as the day rule is written out."""
    explicit = _explicit(cadence, cadence.nominal(anchor, 0))
    try:
        later, expected = explicit.nominal(anchor, k), explicit.nominal(anchor, k + 3)
    except BadDate:
        return

    assert explicit.nominal(later, 3) == expected
    assert explicit.nominal(later, -k) == explicit.nominal(anchor, 0)


def _explicit(cadence: Cadence, first: date) -> Cadence:
    if cadence.unit is Unit.WEEK:
        return evolve(cadence, weekday=Weekday.of(first))
    if cadence.nth is not None or cadence.days:
        return cadence
    months = first.month if cadence.every % 12 == 0 else None
    return evolve(cadence, days=(first.day,), month=months)


# ── Agreement with dateutil ─────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("cadence", "months"),
    [
        (Cadence.monthly(), 1),
        (Cadence.monthly(every=2), 2),
        (Cadence.quarterly(), 3),
        (Cadence.semi_annual(), 6),
        (Cadence.annual(), 12),
    ],
    ids=lambda value: value.name if isinstance(value, Cadence) else None,
)
def test_anchored_dates_are_those_of_relativedelta_from_the_anchor(cadence: Cadence, months: int) -> None:
    for anchor in EVERY_DAY:
        for k in range(-48, 49):
            assert cadence.nominal(anchor, k) == anchor + relativedelta(months=k * months), (anchor, k)


@pytest.mark.parametrize(
    ("rrule", "cadence"),
    [
        ("FREQ=WEEKLY", Cadence.weekly()),
        ("FREQ=WEEKLY;BYDAY=MO", Cadence.weekly(Weekday.MONDAY)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO", Cadence.weekly(Weekday.MONDAY, 2)),
        ("FREQ=WEEKLY;INTERVAL=4;BYDAY=SU", Cadence.weekly(Weekday.SUNDAY, 4)),
        ("FREQ=MONTHLY;BYMONTHDAY=1,16", Cadence.semi_monthly(1, 16)),
        ("FREQ=MONTHLY;BYMONTHDAY=15,-1", Cadence.semi_monthly(15, LAST)),
        ("FREQ=MONTHLY;BYMONTHDAY=20,28,29,30;BYSETPOS=1,-1", Cadence.semi_monthly(20, 30)),
        ("FREQ=MONTHLY;BYMONTHDAY=28", Cadence.monthly(28)),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1", Cadence.monthly(31)),
        ("FREQ=MONTHLY;BYMONTHDAY=28,29;BYSETPOS=-1", Cadence.monthly(29)),
        ("FREQ=MONTHLY;BYMONTHDAY=-1", Cadence.monthly(LAST)),
        ("FREQ=MONTHLY;BYDAY=3FR", Cadence.monthly_nth(3, Weekday.FRIDAY)),
        ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1SU", Cadence.monthly_nth(LAST, Weekday.SUNDAY, 2)),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=15", Cadence.quarterly(day=15)),
        ("FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=-1", Cadence.quarterly(day=LAST)),
        ("FREQ=MONTHLY;BYMONTH=2,5,8,11;BYMONTHDAY=10", Cadence.quarterly(2, 10)),
        ("FREQ=MONTHLY;BYMONTH=2,8;BYMONTHDAY=28,29,30;BYSETPOS=-1", Cadence.semi_annual(2, 30)),
        ("FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=5", Cadence.annual(4, 5)),
        ("FREQ=YEARLY;INTERVAL=2;BYMONTH=4;BYMONTHDAY=5", Cadence.annual(4, 5, every=2)),
        ("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1", Cadence.annual(2, 29)),
        ("FREQ=YEARLY;BYYEARDAY=60", Cadence.annual(2, 29, leap=LeapDay.FORWARD)),
    ],
)
def test_dates_from_any_anchor_on_the_grid_or_off_it_are_those_of_rfc_5545(rrule: str, cadence: Cadence) -> None:
    for anchor in EVERY_DAY[::5]:
        witness = rrulestr(rrule, dtstart=datetime.combine(anchor, time.min))

        for k, moment in enumerate(islice(witness, 24)):
            assert cadence.nominal(anchor, k) == moment.date(), (anchor, k)


# ── What people rely on ─────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.3")
@pytest.mark.parametrize(
    ("cadence", "name"),
    [
        (Cadence.weekly(), "weekly"),
        (Cadence.weekly(every=4), "every 4 weeks"),
        (Cadence.semi_monthly(1, 16), "semi-monthly"),
        (Cadence.monthly(), "monthly"),
        (Cadence.monthly_nth(1, Weekday.MONDAY), "monthly"),
        (Cadence.monthly(every=2), "every 2 months"),
        (Cadence.quarterly(), "quarterly"),
        (Cadence.semi_annual(), "semi-annual"),
        (Cadence.annual(), "annual"),
        (Cadence.annual(every=2), "every 2 years"),
    ],
)
def test_a_frequency_has_the_name_that_people_use(cadence: Cadence, name: str) -> None:
    assert cadence.name == name


def test_quarterly_is_every_three_months_and_annual_every_twelve() -> None:
    assert Cadence.quarterly(day=15) == Cadence.monthly(15, every=3)
    assert Cadence.annual() == Cadence.monthly(every=12)


@pytest.mark.parametrize(
    ("leap", "expected"),
    [
        (LeapDay.BACK, [date(2024, 2, 29), date(2025, 2, 28), date(2028, 2, 29)]),
        (LeapDay.FORWARD, [date(2024, 2, 29), date(2025, 3, 1), date(2028, 2, 29)]),
    ],
)
def test_an_annual_leap_day_falls_back_or_forward_as_asked(leap: LeapDay, expected: list[date]) -> None:
    leap_day = date(2024, 2, 29)

    for cadence in (Cadence.annual(leap=leap), Cadence.annual(2, 29, leap=leap)):
        assert [cadence.nominal(leap_day, k) for k in (0, 1, 4)] == expected
        assert cadence.index_on(leap_day, date(2025, 2, 28)) == (1 if leap is LeapDay.BACK else 0)


def test_an_anchor_on_the_forward_leap_day_is_date_0() -> None:
    assert Cadence.annual(2, 29, leap=LeapDay.FORWARD).nominal(date(2025, 3, 1), 0) == date(2025, 3, 1)


def test_the_period_before_a_stub_is_the_full_one() -> None:
    cadence, anchor = Cadence.monthly(1), date(2025, 3, 11)

    assert cadence.stub(anchor) == Period(date(2025, 3, 11), date(2025, 4, 1))
    assert cadence.period(anchor, -1) == Period(date(2025, 3, 1), date(2025, 4, 1))
    assert cadence.period(anchor, 0) == Period(date(2025, 4, 1), date(2025, 5, 1))


def test_the_anchors_own_month_is_on_the_grid_of_every_few_months() -> None:
    cadence = Cadence.quarterly(day=15)

    assert cadence.nominal(date(2025, 1, 10), 0) == date(2025, 1, 15)
    assert cadence.nominal(date(2025, 1, 20), 0) == date(2025, 4, 15)


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "make",
    [
        pytest.param(make, id=name)
        for name, make in {
            "every 0 weeks": lambda: Cadence.weekly(every=0),
            "every -1 weeks": lambda: Cadence.weekly(every=-1),
            "too many weeks": lambda: Cadence.weekly(every=LONGEST_WEEKS + 1),
            "every 0 months": lambda: Cadence.monthly(every=0),
            "every -1 months": lambda: Cadence.monthly(1, every=-1),
            "too many months": lambda: Cadence.monthly(every=LONGEST_MONTHS + 1),
            "every 0 years": lambda: Cadence.annual(every=0),
            "every True years": lambda: Cadence.annual(every=True),
            "every True weeks": lambda: Cadence.weekly(every=True),
            "day 0": lambda: Cadence.monthly(0),
            "day 32": lambda: Cadence.monthly(32),
            "day -2": lambda: Cadence.monthly(-2),
            "day True": lambda: Cadence.monthly(True),
            "day -1.0": lambda: Cadence.monthly(-1.0),  # type: ignore[arg-type]
            "day '5'": lambda: Cadence.monthly("5"),  # type: ignore[arg-type]
            "the same day twice": lambda: Cadence.semi_monthly(15, 15),
            "days out of order": lambda: Cadence.semi_monthly(16, 1),
            "the last day first": lambda: Cadence.semi_monthly(LAST, 15),
            "the last day twice": lambda: Cadence.semi_monthly(LAST, LAST),
            "two days that are one in February": lambda: Cadence.semi_monthly(28, LAST),
            "28 and 30, one in February": lambda: Cadence.semi_monthly(28, 30),
            "three days": lambda: Cadence(unit=Unit.MONTH, days=(1, 11, 21)),
            "two days of every second month": lambda: Cadence(unit=Unit.MONTH, every=2, days=(1, 16)),
            "a fifth weekday": lambda: Cadence.monthly_nth(5, Weekday.FRIDAY),
            "a weekday 0": lambda: Cadence.monthly_nth(0, Weekday.FRIDAY),
            "the last weekday but one": lambda: Cadence.monthly_nth(-2, Weekday.FRIDAY),
            "a weekday number": lambda: Cadence.weekly(4),  # type: ignore[arg-type]
            "an nth without weekday": lambda: Cadence(unit=Unit.MONTH, nth=1),
            "a weekday and a day": lambda: Cadence(unit=Unit.MONTH, nth=1, weekday=Weekday.FRIDAY, days=(1,)),
            "weeks with a day": lambda: Cadence(unit=Unit.WEEK, days=(1,)),
            "weeks with a month": lambda: Cadence(unit=Unit.WEEK, month=1),
            "weeks with an nth": lambda: Cadence(unit=Unit.WEEK, nth=1, weekday=Weekday.FRIDAY),
            "weeks with a leap rule": lambda: Cadence(unit=Unit.WEEK, leap=LeapDay.FORWARD),
            "a unit in words": lambda: Cadence(unit="week"),  # type: ignore[arg-type]
            "days in a list": lambda: Cadence(unit=Unit.MONTH, days=[1]),  # type: ignore[arg-type]
            "a month without a day": lambda: Cadence.quarterly(month=1),
            "month 4 of a quarter": lambda: Cadence.quarterly(4, 1),
            "month 0": lambda: Cadence.annual(0, 1),
            "month 13": lambda: Cadence.annual(13, 1),
            "an annual day without month": lambda: Cadence.annual(day=1),
            "an annual month without day": lambda: Cadence.annual(month=1),
            "a month of every 5": lambda: Cadence(unit=Unit.MONTH, every=5, days=(1,), month=1),
            "a month of every month": lambda: Cadence(unit=Unit.MONTH, days=(1,), month=1),
            "30 February": lambda: Cadence.annual(2, 30),
            "31 April": lambda: Cadence.annual(4, 31),
            "a quarterly leap rule": lambda: Cadence(unit=Unit.MONTH, every=3, leap=LeapDay.FORWARD),
            "a leap rule with a day only": lambda: Cadence(unit=Unit.MONTH, every=12, days=(29,), leap=LeapDay.FORWARD),
            "a leap rule of weekdays": lambda: Cadence(
                unit=Unit.MONTH, every=12, nth=1, weekday=Weekday.MONDAY, leap=LeapDay.FORWARD
            ),
        }.items()
    ],
)
def test_a_rule_that_names_no_date_or_one_twice_is_refused(make: Callable[[], Cadence]) -> None:
    with pytest.raises(BadCadence) as refusal:
        make()

    assert refusal.value.code == "bad_cadence"


def test_an_anchor_is_a_date_and_an_index_a_whole_number() -> None:
    cadence, anchor = Cadence.monthly(), date(2025, 1, 31)

    with pytest.raises(BadDate):
        cadence.nominal(datetime(2025, 1, 31, tzinfo=UTC), 0)
    with pytest.raises(BadDate):
        cadence.index_on(anchor, datetime(2025, 1, 31, tzinfo=UTC))
    with pytest.raises(BadDate):
        cadence.index_on("2025-01-31", anchor)  # type: ignore[arg-type]
    for k in (True, 1.0, "1"):
        with pytest.raises(BadNumber):
            cadence.nominal(anchor, k)  # type: ignore[arg-type]
        with pytest.raises(BadNumber):
            cadence.period(anchor, k)  # type: ignore[arg-type]


def test_an_anchor_in_the_year_1_is_refused_as_no_date_comes_before_it() -> None:
    with pytest.raises(BadDate):
        Cadence.monthly().nominal(date(1, 6, 15), 0)


@given(cadences, st.dates(date(2, 1, 1)), st.dates(), st.integers())
def test_dates_that_the_calendar_does_not_hold_are_refused(cadence: Cadence, anchor: date, on: date, k: int) -> None:
    index = cadence.index_on(anchor, on)  # Every date has an index, even where the period leaves the calendar.

    for asked in (index, k):
        try:
            period = cadence.period(anchor, asked)
        except BadDate:
            continue
        assert (period.start <= on < period.end) == (asked == index)
