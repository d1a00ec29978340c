"""What the invoice of an occurrence says, and what is foreseen."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.recurring.schedules import FEE, JANE, a_schedule, noon

from billcore.dates import Period
from billcore.errors import BadNumber
from billcore.ids import ScheduleId
from billcore.invoices.drafting import word
from billcore.invoices.pricing import price
from billcore.lines import Allowance, LineItem
from billcore.money import Money
from billcore.recurring import scheduling
from billcore.recurring.cadence import Cadence
from billcore.recurring.invoicing import content, preview, worded
from billcore.recurring.occurrence import Slot, slot
from billcore.recurring.proration import DayCount
from billcore.recurring.schedule import PartialPeriod, Plan, Schedule, Source


def the_slot(schedule: Schedule, index: int) -> Slot:
    found = slot(schedule, index)
    assert found is not None
    return found


def test_a_full_period_bills_the_template_as_it_is() -> None:
    schedule = a_schedule()

    said = content(schedule, [the_slot(schedule, 0)], "USD")

    assert said.lines == (FEE,)
    assert said.service_period == Period(date(2026, 1, 1), date(2026, 2, 1))


def test_a_part_keeps_the_full_price_and_takes_the_exact_rest_off() -> None:
    schedule = a_schedule(date(2026, 1, 20), cadence=Cadence.monthly(1))

    [line] = content(schedule, [the_slot(schedule, -1)], "USD").lines

    assert line.unit_price == Decimal("100.00")
    assert line.allowances == (Allowance(amount=Money(61_29, "USD"), reason="12 of 31 days"),)
    assert price((line,), (), (), "USD").gross == Money(38_71, "USD")


@pytest.mark.parametrize(
    ("by", "off", "reason"),
    [
        (DayCount.THIRTY_360, 70_00, "9 of 30 days (30/360)"),
        (DayCount.SECONDS, 67_70, "10 of 31 days, to the second"),
    ],
)
def test_a_part_says_how_it_was_measured(by: DayCount, off: int, reason: str) -> None:
    schedule = a_schedule(date(2026, 3, 22), cadence=Cadence.monthly(1), plan=Plan(day_count=by))

    [line] = content(schedule, [the_slot(schedule, -1)], "USD", timezone=ZoneInfo("America/New_York")).lines

    assert line.allowances == (Allowance(amount=Money(off, "USD"), reason=reason),)


@given(
    cents=st.integers(-(10**7), 10**7),
    quantity=st.integers(1, 50),
    percent=st.sampled_from([None, Decimal(10), Decimal("33.3333")]),
    until=st.integers(0, 30),
)
def test_the_part_served_before_an_end_and_the_part_after_it_are_the_whole_price(
    cents: int, quantity: int, percent: Decimal | None, until: int
) -> None:
    allowances = () if percent is None else (Allowance(percent=percent),)
    line = LineItem(
        description="Work", quantity=Decimal(quantity), unit_price=Decimal(cents).scaleb(-2), allowances=allowances
    )
    makeweight = LineItem(description="Always above zero", unit_price="99999999.00")
    last = date(2026, 1, 1) + timedelta(days=until)
    before = a_schedule(lines=(line, makeweight), plan=Plan(final=PartialPeriod.PRORATE), until=last)
    after = a_schedule(last + timedelta(days=1), cadence=Cadence.monthly(1), lines=(line, makeweight))

    whole = price((line, makeweight), (), (), "USD").line_nets[0]
    first = price(content(before, [the_slot(before, 0)], "USD").lines, (), (), "USD").line_nets[0]
    # On 1 February the next schedule has no stub: the first one served it all.
    rest = content(after, [the_slot(after, -1)], "USD").lines if until < 30 else ()
    second = price(rest, (), (), "USD").line_nets[0] if rest else Money(0, "USD")

    assert abs((first + second - whole).minor) <= 1, (
        "two roundings of complementary halves differ by a half cent at most"
    )
    assert first.minor == _rounded(whole.minor * (until + 1), 31)


def _rounded(numerator: int, denominator: int) -> int:
    """Half away from zero, in fractions: a second road to the same figure."""
    whole, rest = divmod(abs(numerator), denominator)
    minor = whole + (2 * rest >= denominator)
    return minor if numerator >= 0 else -minor


def test_one_invoice_for_several_periods_says_them_on_its_lines() -> None:
    schedule = a_schedule()

    said = content(schedule, [the_slot(schedule, 0), the_slot(schedule, 1)], "USD")

    assert [line.service_period for line in said.lines] == [
        Period(date(2026, 1, 1), date(2026, 2, 1)),
        Period(date(2026, 2, 1), date(2026, 3, 1)),
    ]
    assert said.service_period == Period(date(2026, 1, 1), date(2026, 3, 1))


def test_charges_come_after_the_template() -> None:
    schedule = a_schedule(plan=Plan(source=Source.BOTH))
    charge = LineItem(description="A call", unit_price="20.00")

    assert content(schedule, [the_slot(schedule, 0)], "USD", [charge]).lines == (FEE, charge)


# ── What is foreseen ─────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_next_occurrences_are_foreseen_with_their_totals() -> None:
    schedule = a_schedule(date(2026, 1, 20), cadence=Cadence.monthly(1), plan=Plan(lead_days=2), count=2)

    foreseen = preview(schedule, "USD", 5)

    assert [(each.index, each.due_on, str(each.total)) for each in foreseen] == [
        (-1, date(2026, 1, 18), "38.71 USD"),
        (0, date(2026, 1, 30), "100.00 USD"),
        (1, date(2026, 2, 27), "100.00 USD"),
    ]


def test_what_will_not_be_billed_says_why() -> None:
    skipped, _ = scheduling.skip(a_schedule(), 1, reason="August", at=noon(date(2026, 1, 1)), by=JANE)
    paused, _ = scheduling.pause(skipped, on=date(2026, 2, 15), at=noon(date(2026, 1, 1)), by=JANE)

    assert [each.skipped for each in preview(paused, "USD", 4)] == [None, "August", "paused", "paused"]


def test_nothing_is_foreseen_of_what_is_over() -> None:
    canceled, _ = scheduling.cancel(a_schedule(), at=noon(date(2026, 1, 1)), by=JANE)

    assert preview(canceled, "USD", 3) == ()


@pytest.mark.parametrize("count", [0, 101, True])
def test_a_preview_has_a_size(count: int) -> None:
    with pytest.raises(BadNumber):
        preview(a_schedule(), "USD", count)


def test_what_a_package_says_is_worded_once_and_as_it_would_be_alone() -> None:
    lines = [evolve(FEE, quantity="1.5"), FEE]
    first = a_schedule(lines=lines)
    second = evolve(first, id=ScheduleId("sch-2"))
    january, february = the_slot(first, 0), the_slot(first, 1)

    assert worded(first, [january], "USD") is worded(second, [january], "USD")
    assert worded(first, [january], "USD") == word(content(first, [january], "USD"), "USD")
    assert worded(first, [february], "USD").content.service_period == february.period
    assert worded(first, [january], "EUR").totals.gross == Money(250_00, "EUR")


def test_templates_that_are_only_equal_are_printed_each_as_it_is() -> None:
    for quantity in ("1.5", "1.50"):
        schedule = a_schedule(lines=[evolve(FEE, quantity=quantity)])

        [line] = worded(schedule, [the_slot(schedule, 0)], "USD").content.lines

        assert str(line.quantity) == quantity


def test_charges_and_parts_are_worded_for_their_schedule_alone() -> None:
    schedule = a_schedule(date(2026, 1, 20), cadence=Cadence.monthly(1), plan=Plan(source=Source.BOTH))
    stub, january = the_slot(schedule, -1), the_slot(schedule, 0)
    charge = LineItem(description="A call", unit_price="50.00")

    assert worded(schedule, [stub], "USD") == word(content(schedule, [stub], "USD"), "USD")
    assert worded(schedule, [january], "USD", [charge]).totals.gross == Money(150_00, "USD")
    assert worded(schedule, [january], "USD").totals.gross == Money(100_00, "USD")
