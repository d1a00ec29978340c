"""Random cadences and anchors, for the properties that hold of all of them."""

from datetime import date

from hypothesis import strategies as st

from billcore.recurring.cadence import LONGEST_MONTHS, LONGEST_WEEKS, Cadence
from billcore.recurring.day_rules import LAST, LeapDay, Weekday

weekdays = st.sampled_from(Weekday)
month_days = st.integers(1, 31) | st.just(LAST)


def _semi_monthly(first: int, gap: int) -> Cadence:
    return Cadence.semi_monthly(first, first + gap if first + gap <= 31 else LAST)


def _annual_on(on: date, every: int, leap: LeapDay) -> Cadence:
    return Cadence.annual(on.month, on.day, every, leap)


cadences = st.one_of(
    st.builds(Cadence.weekly, st.none() | weekdays, st.integers(1, 8) | st.integers(1, LONGEST_WEEKS)),
    st.builds(_semi_monthly, st.integers(1, 27), st.integers(1, 31)),
    st.builds(Cadence.monthly, st.none() | month_days, st.integers(1, 24) | st.integers(1, LONGEST_MONTHS)),
    st.builds(Cadence.monthly_nth, st.integers(1, 4) | st.just(LAST), weekdays, st.integers(1, 24)),
    st.builds(Cadence.quarterly, st.integers(1, 3), month_days),
    st.builds(Cadence.semi_annual, st.integers(1, 6), month_days),
    st.builds(Cadence.annual, every=st.integers(1, 5), leap=st.sampled_from(LeapDay)),
    st.builds(_annual_on, st.dates(date(2024, 1, 1), date(2024, 12, 31)), st.integers(1, 5), st.sampled_from(LeapDay)),
    st.builds(Cadence.annual, st.integers(1, 12), st.just(LAST)),
    st.just(Cadence.annual(2, 29, leap=LeapDay.FORWARD)),
)  # fmt: skip
anchors = st.dates(date(1990, 1, 1), date(2060, 12, 31))
