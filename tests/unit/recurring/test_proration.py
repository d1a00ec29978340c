"""A part of a period costs its days of the full one, to the minor unit, and the parts are the whole."""

from datetime import UTC, date, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.dates import Period
from billcore.errors import BadDate, BadNumber
from billcore.recurring.cadence import Cadence
from billcore.recurring.proration import DayCount, Proration, length, prorate, prorate_days

prices = st.integers(-(10**12), 10**12)


@pytest.mark.parametrize(
    ("price", "used", "of", "charged"),
    [
        (100_00, 21, 31, 67_74),
        (100_00, 0, 31, 0),
        (100_00, 31, 31, 100_00),
        (1, 1, 2, 1),
        (-1, 1, 2, -1),
        (5, 3, 10, 2),
        (1000_00, 1, 31, 32_26),
    ],
)
def test_the_days_used_are_charged_rounded_half_up_once(price: int, used: int, of: int, charged: int) -> None:
    assert prorate_days(price, used, of=of) == Proration(charged=charged, credited=price - charged)


@given(prices, st.integers(1, 3660).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_parts_are_the_price_and_neither_is_off_by_more_than_half_a_unit(price: int, days: tuple[int, int]) -> None:
    used, of = days

    parts = prorate_days(price, used, of=of)

    assert parts.charged + parts.credited == price
    assert abs(parts.charged - Fraction(price * used, of)) <= Fraction(1, 2)
    assert prorate_days(-price, used, of=of).charged == -parts.charged


def test_no_daily_rate_is_rounded_first() -> None:
    assert prorate_days(1000_00, 30, of=31).charged == 967_74  # Thirty rounded days of 32.26 would be 967.80.


def test_a_stub_is_measured_against_its_full_grid_period() -> None:
    cadence, anchor = Cadence.monthly(1), date(2025, 2, 15)
    stub = cadence.stub(anchor)
    assert stub is not None

    parts = prorate(28_00, stub, of=cadence.period(anchor, -1))

    assert parts == Proration(charged=14_00, credited=14_00)


def test_days_outside_the_full_period_are_refused() -> None:
    march = Period(date(2025, 3, 1), date(2025, 4, 1))

    for used in (
        Period(date(2025, 2, 28), date(2025, 3, 5)),
        Period(date(2025, 3, 30), date(2025, 4, 2)),
    ):
        with pytest.raises(BadDate):
            prorate(100_00, used, of=march)


@pytest.mark.parametrize(
    ("price", "used", "of"), [(100.0, 1, 2), (True, 1, 2), (100, 1.0, 2), (100, -1, 2), (100, 3, 2), (100, 0, 0)]
)
def test_what_is_no_number_of_units_or_days_is_refused(price: int, used: int, of: int) -> None:
    with pytest.raises(BadNumber):
        prorate_days(price, used, of=of)


NEW_YORK = ZoneInfo("America/New_York")
FEBRUARY, MARCH = Period(date(2026, 2, 1), date(2026, 3, 1)), Period(date(2026, 3, 1), date(2026, 4, 1))


@pytest.mark.parametrize(
    ("by", "used", "of", "charged"),
    [
        (DayCount.ACTUAL, Period(date(2026, 3, 1), date(2026, 3, 9)), MARCH, 25_81),  # 8 of 31 days.
        (DayCount.THIRTY_360, Period(date(2026, 3, 1), date(2026, 3, 9)), MARCH, 26_67),  # 8 of 30.
        (DayCount.THIRTY_360, Period(date(2026, 2, 15), date(2026, 3, 1)), FEBRUARY, 53_33),  # 16 of 30.
        (DayCount.THIRTY_360, Period(date(2026, 3, 31), date(2026, 4, 1)), MARCH, 3_33),  # The 31st is the 30th.
        (DayCount.SECONDS, Period(date(2026, 3, 1), date(2026, 3, 9)), MARCH, 25_71),  # 191 of 743 hours.
        (DayCount.SECONDS, Period(date(2026, 2, 1), date(2026, 2, 15)), FEBRUARY, 50_00),
    ],
)
def test_a_part_is_measured_as_agreed(by: DayCount, used: Period, of: Period, charged: int) -> None:
    parts = prorate(100_00, used, of=of, by=by, timezone=NEW_YORK)

    assert parts == Proration(charged=charged, credited=100_00 - charged)


@pytest.mark.parametrize(
    ("timezone", "day", "hours"),
    [
        ("UTC", date(2026, 3, 8), 24),
        ("America/New_York", date(2026, 3, 8), 23),
        ("America/New_York", date(2026, 11, 1), 25),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),  # It began at one o'clock.
        ("America/Sao_Paulo", date(2018, 11, 3), 24),
        ("Pacific/Apia", date(2011, 12, 30), 0),  # It was left out.
    ],
)
def test_a_day_has_the_seconds_of_its_timezone(timezone: str, day: date, hours: int) -> None:
    period = Period(day, day + timedelta(days=1))

    assert length(period, DayCount.SECONDS, ZoneInfo(timezone)) == hours * 3600
    assert length(period, DayCount.ACTUAL, ZoneInfo(timezone)) == 1


@given(
    st.sampled_from(DayCount),
    st.dates(date(1990, 1, 1), date(2060, 1, 1)),
    st.integers(1, 400),
    st.integers(1, 400),
    st.sampled_from([UTC, NEW_YORK, ZoneInfo("Australia/Lord_Howe")]),
)
def test_adjoining_parts_add_up_by_any_count(
    by: DayCount, start: date, first: int, second: int, timezone: ZoneInfo
) -> None:
    middle, end = start + timedelta(days=first), start + timedelta(days=first + second)
    whole = length(Period(start, end), by, timezone)

    parts = [length(Period(start, middle), by, timezone), length(Period(middle, end), by, timezone)]

    assert sum(parts) == whole
    assert all(0 <= part <= whole for part in parts)
