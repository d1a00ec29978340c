"""Recurrence rules are read only when a cadence means the same dates, and written so that others see them too."""

import subprocess
import sys
from datetime import date, datetime, time
from itertools import islice

import pytest
from dateutil.rrule import rrulestr
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.recurring.cadences import anchors, cadences

from billcore.errors import BadCadence, BadDate
from billcore.recurring.cadence import Cadence
from billcore.recurring.day_rules import LAST, LeapDay, Weekday
from billcore.recurring.rrule import Recurrence, read_rrule, write_rrule

START = date(2025, 1, 15)


@pytest.mark.parametrize(
    ("cadence", "text"),
    [
        (Cadence.weekly(Weekday.FRIDAY), "FREQ=WEEKLY;BYDAY=FR"),
        (Cadence.weekly(Weekday.MONDAY, 2), "FREQ=WEEKLY;INTERVAL=2;BYDAY=MO"),
        (Cadence.semi_monthly(1, 16), "FREQ=MONTHLY;BYMONTHDAY=1,16"),
        (Cadence.semi_monthly(15, LAST), "FREQ=MONTHLY;BYMONTHDAY=15,-1"),
        (Cadence.semi_monthly(15, 30), "FREQ=MONTHLY;BYMONTHDAY=15,28,29,30;BYSETPOS=1,-1"),
        (Cadence.monthly(15), "FREQ=MONTHLY;BYMONTHDAY=15"),
        (Cadence.monthly(31), "FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        (Cadence.monthly(LAST), "FREQ=MONTHLY;BYMONTHDAY=-1"),
        (Cadence.monthly(LAST, every=2), "FREQ=MONTHLY;INTERVAL=2;BYMONTHDAY=-1"),
        (Cadence.monthly_nth(3, Weekday.FRIDAY), "FREQ=MONTHLY;BYDAY=3FR"),
        (Cadence.monthly_nth(LAST, Weekday.WEDNESDAY), "FREQ=MONTHLY;BYDAY=-1WE"),
        (Cadence.quarterly(day=20), "FREQ=MONTHLY;INTERVAL=3;BYMONTHDAY=20"),
        (Cadence.quarterly(1, 30), "FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=30"),
        (Cadence.quarterly(2, 30), "FREQ=MONTHLY;BYMONTH=2,5,8,11;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (Cadence.semi_annual(6, LAST), "FREQ=MONTHLY;BYMONTH=6,12;BYMONTHDAY=-1"),
        (Cadence.annual(12, 31), "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=31"),
        (Cadence.annual(4, 5, every=2), "FREQ=YEARLY;INTERVAL=2;BYMONTH=4;BYMONTHDAY=5"),
        (Cadence.annual(2, 29), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"),
        (Cadence.annual(2, 29, leap=LeapDay.FORWARD), "FREQ=YEARLY;BYYEARDAY=60"),
    ],
)
def test_a_cadence_with_its_days_written_out_makes_the_round_trip(cadence: Cadence, text: str) -> None:
    recurrence = Recurrence(cadence=cadence, anchor=START)

    assert write_rrule(recurrence) == text
    assert read_rrule(text, START) == recurrence


@pytest.mark.parametrize(
    ("cadence", "anchor", "text"),
    [
        (Cadence.weekly(), date(2025, 1, 15), "FREQ=WEEKLY;BYDAY=WE"),
        (Cadence.monthly(), date(2025, 1, 15), "FREQ=MONTHLY;BYMONTHDAY=15"),
        (Cadence.monthly(), date(2025, 1, 30), "FREQ=MONTHLY;BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        (Cadence.annual(), date(2025, 1, 31), "FREQ=YEARLY;BYMONTH=1;BYMONTHDAY=31"),
        (Cadence.annual(), date(2024, 2, 29), "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=28,29;BYSETPOS=-1"),
        (Cadence.annual(leap=LeapDay.FORWARD), date(2024, 2, 29), "FREQ=YEARLY;BYYEARDAY=60"),
        (Cadence.monthly(31, every=12), date(2025, 4, 10), "FREQ=YEARLY;BYMONTH=4;BYMONTHDAY=30"),
    ],
)
def test_a_day_left_to_the_anchor_is_written_out(cadence: Cadence, anchor: date, text: str) -> None:
    assert write_rrule(Recurrence(cadence=cadence, anchor=anchor)) == text


@given(cadences, anchors, st.integers(1, 100))
def test_every_cadence_survives_the_round_trip_with_all_its_dates(cadence: Cadence, anchor: date, count: int) -> None:
    text = write_rrule(Recurrence(cadence=cadence, anchor=anchor, count=count))

    back = read_rrule(text, anchor)

    assert write_rrule(back) == text
    assert back.count == count
    for k in range(-6, 7):
        assert _nominal(back.cadence, anchor, k) == _nominal(cadence, anchor, k)


@given(cadences, anchors, st.integers(1, 12))
def test_dateutil_reads_the_written_rule_and_its_end_as_meant(cadence: Cadence, anchor: date, count: int) -> None:
    expected = [on for k in range(count) if (on := _nominal(cadence, anchor, k)) is not None]

    for end in (
        Recurrence(cadence=cadence, anchor=anchor, count=count),
        Recurrence(cadence=cadence, anchor=anchor, until=expected[-1]),
    ):
        rule = rrulestr(write_rrule(end), dtstart=datetime.combine(anchor, time.min))
        assert [moment.date() for moment in islice(rule, count + 1)] == expected


def _nominal(cadence: Cadence, anchor: date, k: int) -> date | None:
    try:
        return cadence.nominal(anchor, k)
    except BadDate:
        return None  # A century between dates leaves the calendar soon.


@pytest.mark.parametrize(
    ("text", "cadence"),
    [
        ("RRULE:FREQ=MONTHLY;BYMONTHDAY=15", Cadence.monthly(15)),
        ("freq=monthly;bymonthday=15", Cadence.monthly(15)),
        ("FREQ=MONTHLY", Cadence.monthly()),
        ("FREQ=YEARLY", Cadence.annual()),
        ("FREQ=WEEKLY;WKST=SU", Cadence.weekly()),
        ("FREQ=MONTHLY;BYMONTHDAY=-1,15", Cadence.semi_monthly(15, LAST)),
        ("FREQ=MONTHLY;BYMONTHDAY=30,28,29;BYSETPOS=-1", Cadence.monthly(30)),
        ("FREQ=MONTHLY;BYDAY=+2TU", Cadence.monthly_nth(2, Weekday.TUESDAY)),
        ("FREQ=MONTHLY;BYDAY=TU;BYSETPOS=-1", Cadence.monthly_nth(LAST, Weekday.TUESDAY)),
        ("FREQ=MONTHLY;BYMONTH=7,1;BYMONTHDAY=31", Cadence.semi_annual(1, 31)),
        ("FREQ=MONTHLY;BYMONTH=5;BYMONTHDAY=31", Cadence.annual(5, 31)),
        ("FREQ=MONTHLY;BYMONTH=1,2,3,4,5,6,7,8,9,10,11,12;BYMONTHDAY=3", Cadence.monthly(3)),
    ],
)
def test_other_spellings_of_a_cadence_are_read_too(text: str, cadence: Cadence) -> None:
    assert read_rrule(text, START).cadence == cadence


def test_the_end_is_read_with_the_rule() -> None:
    assert read_rrule("FREQ=WEEKLY;COUNT=10", START).count == 10
    assert read_rrule("FREQ=WEEKLY;UNTIL=20251231", START).until == date(2025, 12, 31)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("FREQ=MONTHLY;INTERVAL=0", id="fires for ever at one moment"),
        pytest.param("FREQ=MONTHLY;INTERVAL=-1", id="runs backwards"),
        pytest.param("FREQ=MONTHLY;INTERVAL=1.5", id="a broken interval"),
        pytest.param("FREQ=MONTHLY;INTERVAL=1,2", id="two intervals"),
        pytest.param("FREQ=MONTHLY;INTERVAL=99999999999", id="an endless interval"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=31", id="skips short months"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=29", id="skips February in common years"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=15,30", id="skips the second half of February"),
        pytest.param("FREQ=MONTHLY;BYMONTH=1,4,7,10;BYMONTHDAY=31", id="skips April"),
        pytest.param("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29", id="skips common years"),
        pytest.param("FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30", id="never fires"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=45", id="a day that no month has"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=0", id="a day 0"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=-2", id="the last day but one"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=15,15", id="the same day twice"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=28,-1", id="two days that February has once"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=1,11,21", id="three days"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=29,30,31;BYSETPOS=-1", id="skips February despite BYSETPOS"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=15;BYSETPOS=1,-1", id="one day picked twice"),
        pytest.param("FREQ=MONTHLY;BYSETPOS=-1", id="BYSETPOS alone"),
        pytest.param("FREQ=MONTHLY;BYDAY=FR", id="every Friday, not monthly"),
        pytest.param("FREQ=MONTHLY;BYDAY=5FR", id="a fifth Friday that most months lack"),
        pytest.param("FREQ=MONTHLY;BYDAY=0FR", id="a Friday 0"),
        pytest.param("FREQ=MONTHLY;BYDAY=1FR,3FR", id="two weekdays of a month"),
        pytest.param("FREQ=MONTHLY;BYDAY=3FR;BYSETPOS=1", id="two ways to count"),
        pytest.param("FREQ=MONTHLY;BYDAY=FR;BYMONTHDAY=13", id="Friday the 13th"),
        pytest.param("FREQ=MONTHLY;BYMONTH=1,2;BYMONTHDAY=1", id="months at unequal distances"),
        pytest.param("FREQ=MONTHLY;BYMONTH=1,4,7,10;INTERVAL=3;BYMONTHDAY=1", id="months and an interval"),
        pytest.param("FREQ=MONTHLY;BYMONTH=13;BYMONTHDAY=1", id="month 13"),
        pytest.param("FREQ=MONTHLY;BYMONTH=3", id="a month without a day"),
        pytest.param("FREQ=YEARLY;BYMONTHDAY=15", id="a day of every month, called yearly"),
        pytest.param("FREQ=YEARLY;BYMONTH=1,7;BYMONTHDAY=15", id="two dates a year, called yearly"),
        pytest.param("FREQ=YEARLY;BYYEARDAY=61", id="another day of the year"),
        pytest.param("FREQ=YEARLY;BYYEARDAY=60;BYMONTH=2", id="a day of the year and a month"),
        pytest.param("FREQ=YEARLY;BYYEARDAY=60;BYMONTHDAY=45", id="a day of the year that never comes"),
        pytest.param("FREQ=MONTHLY;BYDAY=3FR;BYMONTHDAY=45", id="a Friday that never comes"),
        pytest.param("FREQ=WEEKLY;BYDAY=MO,TH", id="two days a week"),
        pytest.param("FREQ=WEEKLY;BYDAY=1MO", id="a numbered weekday of a week"),
        pytest.param("FREQ=WEEKLY;BYMONTH=1", id="weeks of January"),
        pytest.param("FREQ=WEEKLY;WKST=XX", id="a week from no day"),
        pytest.param("FREQ=WEEKLY;COUNT=5;UNTIL=20251231", id="two ends"),
        pytest.param("FREQ=WEEKLY;COUNT=0", id="no dates at all"),
        pytest.param("FREQ=WEEKLY;COUNT=-1", id="a negative count"),
        pytest.param("FREQ=WEEKLY;UNTIL=20241231", id="ends before it starts"),
        pytest.param("FREQ=WEEKLY;UNTIL=20251231T235959Z", id="ends at an instant"),
        pytest.param("FREQ=WEEKLY;UNTIL=20250231", id="ends on no date"),
        pytest.param("FREQ=DAILY;BYMONTHDAY=32", id="days, and never one"),
        pytest.param("FREQ=SECONDLY", id="seconds"),
        pytest.param("INTERVAL=2", id="no frequency"),
        pytest.param("FREQ=WEEKLY;FREQ=MONTHLY", id="two frequencies"),
        pytest.param("FREQ=WEEKLY;BYHOUR=9", id="an hour"),
        pytest.param("FREQ=MONTHLY;BYWEEKNO=1", id="a week number"),
        pytest.param("FREQ=WEEKLY;X-MINE=1", id="a private part"),
        pytest.param("FREQ=WEEKLY;NEW=1", id="an unknown part"),
        pytest.param("FREQ=WEEKLY;RSCALE=HEBREW", id="another calendar"),
        pytest.param("DTSTART:20250131\nRRULE:FREQ=WEEKLY", id="with its DTSTART"),
        pytest.param("FREQ=WEEKLY\nEXDATE:20250207", id="with exceptions"),
        pytest.param("FREQ=WEEKLY;", id="an empty part"),
        pytest.param("FREQ=WEEKLY;BYDAY=ſU", id="a letter that is S in capitals only"),
        pytest.param("FREQ=MONTHLY;BYMONTHDAY=١", id="a digit of another script"),
        pytest.param("FREQ=WEEKLY;BYDAY=" + "MO," * 1000, id="too long"),
        pytest.param("", id="empty"),
    ],
)
def test_a_rule_that_is_no_cadence_is_refused(text: str) -> None:
    with pytest.raises(BadCadence) as refusal:
        read_rrule(text, START)

    assert len(str(refusal.value)) < 400


@pytest.mark.parametrize(
    ("text", "rewritten"),
    [
        ("FREQ=MONTHLY", "BYMONTHDAY=28,29,30,31;BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYMONTHDAY=30", "BYMONTHDAY=28,29,30;BYSETPOS=-1"),
        ("FREQ=MONTHLY;BYMONTH=2,5,8,11;BYMONTHDAY=29", "BYMONTHDAY=28,29;BYSETPOS=-1"),
    ],
)
def test_the_refusal_of_a_rule_that_skips_months_says_how_to_write_it(text: str, rewritten: str) -> None:
    with pytest.raises(BadCadence, match=rewritten):
        read_rrule(text, date(2025, 1, 31))


@pytest.mark.parametrize(
    ("text", "anchor"),
    [
        ("FREQ=MONTHLY", date(2025, 1, 31)),
        ("FREQ=MONTHLY", date(2025, 1, 29)),
        ("FREQ=YEARLY", date(2024, 2, 29)),
        ("FREQ=WEEKLY;INTERVAL=2;BYDAY=SU;WKST=SU", date(2025, 1, 15)),
    ],
)
def test_a_rule_that_skips_or_shifts_from_its_anchor_only_is_refused(text: str, anchor: date) -> None:
    with pytest.raises(BadCadence):
        read_rrule(text, anchor)


@given(st.text("FREQ=MONTHLYWKUINVBDA0123456789-,;+SP", max_size=60) | st.text(max_size=20))
def test_no_text_is_read_but_a_rule(text: str) -> None:
    with pytest.raises(BadCadence):
        read_rrule(f"COUNT=3;{text}", START)


def test_python_dateutil_is_imported_only_for_rules() -> None:
    code = "import sys, billcore.recurring.rrule; sys.exit('dateutil' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
