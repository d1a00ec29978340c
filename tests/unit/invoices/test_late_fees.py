"""Late fees: once per step, never on a fee, never while money or a hold covers the rest, and waived for good."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billcore.errors import BadNumber, BadPolicy, InvalidTransition, NotFound, OverCredit, PaymentInFlight
from billcore.ids import CreditNoteId, RefundId
from billcore.invoices import adjusting, crediting, late_fees, voiding
from billcore.invoices.invoice import Invoice
from billcore.invoices.settling import settle
from billcore.invoices.status import Settlement, is_overdue, settlement
from billcore.lines import TaxRate
from billcore.money import Money
from billcore.policy import STANDARD, LateFeeRule, RefundEffect
from billcore.testing.builders import (
    BY,
    a_client,
    a_draft,
    a_firm,
    a_line,
    a_recorded_payment,
    an_initiated_payment,
    an_issued_invoice,
)
from billcore.testing.clock import START

DUE = START.date() + timedelta(days=30)
VAT = (TaxRate(name="VAT", percent="20"),)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


MONTHLY = LateFeeRule(percent="1.5", days_past_due=5, every_days=30)
FLAT = LateFeeRule(amount=usd(25_00), days_past_due=10)


def issued(rule: LateFeeRule | None = MONTHLY, price: str = "100.00") -> Invoice:
    firm = a_firm(policy=evolve(STANDARD, late_fee=rule))
    return an_issued_invoice(firm, a_client(firm), lines=[a_line(unit_price=price)])


def assessed(invoice: Invoice, on: date) -> Invoice:
    """With every fee that is due on that day."""
    while step := late_fees.assess(invoice, on=on, at=START, by=BY):
        invoice, _ = step
    return invoice


def paid(invoice: Invoice, minor: int) -> Invoice:
    firm = a_firm()
    return a_recorded_payment(firm, a_client(firm), invoice, usd(minor))[1]


def in_flight(invoice: Invoice, minor: int) -> Invoice:
    firm = a_firm()
    return an_initiated_payment(firm, a_client(firm), invoice, usd(minor))[1]


def past_due(days: int) -> date:
    return DUE + timedelta(days=days)


# ── When, and how much ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.28")
@pytest.mark.parametrize(
    ("days", "fees"),
    [(-40, []), (0, []), (4, []), (5, [1_50]), (34, [1_50]), (35, [1_50, 1_50]), (95, [1_50] * 4)],
)
def test_a_percentage_falls_so_many_days_past_due_and_again_every_so_many(days: int, fees: list[int]) -> None:
    invoice = assessed(issued(), past_due(days))

    assert [fee.amount.minor for fee in invoice.late_fees] == fees
    assert [fee.step for fee in invoice.late_fees] == list(range(1, len(fees) + 1))
    assert invoice.total == invoice.balance == invoice.owed == usd(100_00 + sum(fees))


@pytest.mark.rule("S3.28")
@pytest.mark.parametrize(("days", "late"), [(9, 0), (10, 25_00), (1000, 25_00)])
def test_a_flat_fee_falls_once(days: int, late: int) -> None:
    assert assessed(issued(FLAT), past_due(days)).sums.late_fees == usd(late)


@given(st.lists(st.integers(-10, 200), max_size=12))
def test_a_fee_is_asked_for_once_however_often_and_when_it_is_looked_for(days: list[int]) -> None:
    invoice = issued()
    for day in days:
        invoice = assessed(invoice, past_due(day))

    assert [(fee.step, fee.amount) for fee in invoice.late_fees] == [
        (fee.step, fee.amount) for fee in assessed(issued(), past_due(max(days, default=0))).late_fees
    ]


def test_a_fee_is_an_event_that_says_which_and_the_invoice_stays_as_it_was_issued() -> None:
    invoice = issued(evolve(MONTHLY, reason="see our terms"))

    step = late_fees.assess(invoice, on=past_due(5), at=START, by=BY)

    assert step is not None
    late, event = step
    assert (event.rule, event.step, event.amount, event.on, event.reason) == (
        "late_fee", 1, usd(1_50), past_due(5), "see our terms",
    )  # fmt: skip
    assert (late.content, late.totals, late.gross) == (invoice.content, invoice.totals, invoice.gross)
    assert settle(invoice, event) == late


def test_the_base_is_what_is_past_due_without_earlier_fees() -> None:
    invoice = assessed(issued(), past_due(5))

    part_paid = paid(invoice, 60_00)

    assert assessed(part_paid, past_due(35)).late_fees[1].amount == usd(60)


def test_a_fee_is_rounded_once_half_up() -> None:
    assert assessed(issued(price="0.33"), past_due(5)).late_fees == ()
    assert assessed(issued(price="0.34"), past_due(5)).sums.late_fees == usd(1)


def test_all_fees_together_stay_within_the_cap() -> None:
    capped = issued(evolve(MONTHLY, cap=usd(4_00)))

    assert [fee.amount.minor for fee in assessed(capped, past_due(500)).late_fees] == [1_50, 1_50, 1_00]


def test_a_fee_in_one_currency_is_not_asked_of_an_invoice_in_another() -> None:
    for rule in (evolve(FLAT, amount=Money(25_00, "EUR")), evolve(MONTHLY, cap=Money(25_00, "EUR"))):
        assert assessed(issued(rule), past_due(100)).late_fees == ()


# ── When not ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_paid_void_a_draft_or_under_no_rule_has_no_fee() -> None:
    void, _ = voiding.void(issued(), reason="an error", at=START, by=BY)
    firm = a_firm(policy=evolve(STANDARD, late_fee=MONTHLY))
    draft = a_draft(firm, a_client(firm))

    for invoice in (paid(issued(), 100_00), void, draft, issued(None)):
        assert late_fees.next_fee(invoice, past_due(100)) is None


def test_an_unpaid_fee_alone_bears_none() -> None:
    invoice = paid(assessed(issued(), past_due(5)), 100_00)

    assert invoice.balance == usd(1_50)
    assert late_fees.next_fee(invoice, past_due(100)) is None


def test_money_in_flight_bears_no_fee() -> None:
    assert late_fees.next_fee(in_flight(issued(), 100_00), past_due(100)) is None
    assert assessed(in_flight(issued(), 40_00), past_due(5)).sums.late_fees == usd(90)


def test_on_hold_no_fee_falls_and_those_that_fell_meanwhile_are_let_go() -> None:
    held, _ = adjusting.hold(issued(), reason="a dispute", at=START, by=BY)
    assert assessed(held, past_due(100)).late_fees == ()

    released, _ = adjusting.release_hold(held, at=START + timedelta(days=30 + 40), by=BY)

    assert assessed(released, past_due(64)).late_fees == ()
    assert [fee.step for fee in assessed(released, past_due(65)).late_fees] == [3]


def test_a_fee_that_falls_once_is_let_go_by_a_hold_over_its_day() -> None:
    held, _ = adjusting.hold(issued(FLAT), reason="a dispute", at=START, by=BY)

    before, _ = adjusting.release_hold(held, at=START + timedelta(days=30 + 9), by=BY)
    over, _ = adjusting.release_hold(held, at=START + timedelta(days=30 + 10), by=BY)

    assert assessed(before, past_due(10)).sums.late_fees == usd(25_00)
    assert assessed(over, past_due(1000)).late_fees == ()


# ── From when ────────────────────────────────────────────────────────────────────────────────────────────────────────


def from_when(*invoices: Invoice) -> list[int | None]:
    """How many days past due their next fees fall."""
    return [None if (day := late_fees.due_from(each)) is None else (day - DUE).days for each in invoices]


def test_the_next_fee_falls_by_the_rule_and_by_the_fees_and_holds_before_it() -> None:
    held, _ = adjusting.hold(issued(), reason="a dispute", at=START, by=BY)
    released, _ = adjusting.release_hold(held, at=START + timedelta(days=30 + 40), by=BY)

    assert from_when(issued(), assessed(issued(), past_due(5)), held, released) == [5, 35, None, 65]
    assert from_when(issued(FLAT), assessed(issued(FLAT), past_due(10))) == [10, None]
    assert from_when(issued(None), paid(issued(), 100_00), in_flight(issued(), 100_00)) == [None] * 3


def test_what_rounds_to_nothing_or_is_over_the_cap_never_falls() -> None:
    capped = issued(evolve(MONTHLY, cap=usd(4_00)))

    assert from_when(issued(price="0.33"), assessed(capped, past_due(500))) == [None, None]


@given(st.integers(-10, 200), st.integers(1, 100_00), st.sampled_from([MONTHLY, FLAT, None]))
def test_a_fee_is_due_from_that_day_on_and_not_a_day_before(days: int, minor: int, rule: LateFeeRule | None) -> None:
    invoice = assessed(paid(issued(rule), minor), past_due(days))
    falls = late_fees.due_from(invoice)

    if falls is None:
        assert late_fees.next_fee(invoice, date.max) is None
    else:
        assert late_fees.next_fee(invoice, falls - timedelta(days=1)) is None
        assert late_fees.next_fee(invoice, falls) is not None


# ── Waived, credited, written off, voided ────────────────────────────────────────────────────────────────────────────


def test_a_waived_fee_is_never_asked_for_again() -> None:
    invoice = assessed(issued(), past_due(35))

    waived, event = late_fees.waive(invoice, 1, reason="first time", at=START, by=BY)

    assert (waived.balance, event.amount, event.step) == (usd(101_50), usd(1_50), 1)
    assert [fee.waived_at for fee in waived.late_fees] == [START, None]
    assert assessed(waived, past_due(35)) == waived
    with pytest.raises(InvalidTransition):
        late_fees.waive(waived, 1, reason="", at=START, by=BY)


def test_a_waiver_makes_no_room_under_the_cap() -> None:
    invoice = assessed(issued(evolve(MONTHLY, cap=usd(3_00))), past_due(35))

    waived, _ = late_fees.waive(invoice, 1, reason="", at=START, by=BY)

    assert assessed(waived, past_due(500)) == waived


def test_only_a_fee_that_is_there_and_not_paid_is_waived() -> None:
    invoice = assessed(issued(FLAT), past_due(10))

    with pytest.raises(NotFound):
        late_fees.waive(invoice, 2, reason="", at=START, by=BY)
    with pytest.raises(OverCredit):
        late_fees.waive(paid(invoice, 110_00), 1, reason="", at=START, by=BY)
    with pytest.raises(PaymentInFlight):
        late_fees.waive(in_flight(invoice, 125_00), 1, reason="", at=START, by=BY)


def with_tax() -> Invoice:
    """120.00, of which 20.00 is tax, and 25.00 for being late."""
    firm = a_firm(policy=evolve(STANDARD, late_fee=FLAT, refund_effect=RefundEffect.CLOSE))
    return assessed(an_issued_invoice(firm, a_client(firm), lines=[a_line(taxes=VAT)]), past_due(10))


def credit(invoice: Invoice, minor: int, refund_id: str | None = None) -> Invoice:
    _, event = crediting.credit(
        invoice,
        usd(minor),
        credit_note_id=CreditNoteId("note-1"),
        number="CN-0001",
        reason="goodwill",
        refund_id=None if refund_id is None else RefundId(refund_id),
        at=START,
        by=BY,
    )
    return settle(invoice, event)


def test_what_was_invoiced_is_credited_and_a_late_fee_is_not() -> None:
    invoice = with_tax()

    assert crediting.creditable(invoice) == usd(120_00)
    with pytest.raises(OverCredit, match="waive the late fees"):
        credit(invoice, 120_01)
    credited = credit(invoice, 120_00)
    assert (credited.sums.credited_tax, credited.balance) == (usd(20_00), usd(25_00))


@given(st.lists(st.integers(1, 80_00), max_size=6))
def test_the_credit_note_of_a_refund_covers_paid_fees_and_the_tax_still_adds_up(amounts: list[int]) -> None:
    invoice = with_tax()
    for minor in amounts:
        if minor <= invoice.balance.minor:
            invoice = credit(invoice, minor, refund_id="refund-1")
    if invoice.balance.is_positive:
        invoice = credit(invoice, invoice.balance.minor, refund_id="refund-1")

    assert (invoice.sums.credited, invoice.sums.credited_tax) == (usd(145_00), usd(20_00))


def test_a_late_fee_is_written_off_with_the_rest() -> None:
    invoice = assessed(issued(FLAT), past_due(10))

    gone, _ = adjusting.write_off(invoice, usd(125_00), reason="bankrupt", at=START, by=BY)

    assert settlement(gone) is Settlement.WRITTEN_OFF
    assert not is_overdue(gone, past_due(10))


def test_a_void_takes_late_fees_back_with_the_rest() -> None:
    invoice = assessed(issued(FLAT), past_due(10))
    lowered, _ = adjusting.write_off(invoice, usd(5_00), reason="a part", at=START, by=BY)

    void, event = voiding.void(lowered, reason="an error", at=START, by=BY)

    assert (event.late_fees, event.owed, event.written_off) == (usd(25_00), usd(120_00), usd(5_00))
    assert event.net + event.tax + event.late_fees == event.owed + event.written_off
    assert void.total == usd(0)


# ── Rules that are none ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"percent": "1", "amount": usd(1)},
        {"percent": "0"},
        {"percent": "-1"},
        {"amount": usd(0)},
        {"amount": 25},
        {"percent": "1", "cap": usd(0)},
        {"amount": usd(1), "cap": Money(1, "EUR")},
        {"percent": "1", "days_past_due": 0},
        {"percent": "1", "days_past_due": True},
        {"percent": "1", "every_days": -1},
        {"percent": "1", "every_days": 0},
        {"percent": "1", "every_days": 1.5},
    ],
)
def test_a_rule_is_a_percent_or_an_amount_above_zero_on_whole_days(wrong: dict[str, object]) -> None:
    with pytest.raises(BadPolicy):
        LateFeeRule(**wrong)  # type: ignore[arg-type]


def test_a_percent_is_a_plain_number_up_to_a_hundred() -> None:
    for wrong in ("101", "1.1234567", 1.5):
        with pytest.raises(BadNumber):
            LateFeeRule(percent=wrong)  # type: ignore[arg-type]


def test_a_fee_within_the_days_of_grace_contradicts_them() -> None:
    with pytest.raises(BadPolicy, match="not overdue"):
        evolve(STANDARD, grace_days=5, late_fee=MONTHLY)
    assert evolve(STANDARD, grace_days=4, late_fee=MONTHLY).late_fee is MONTHLY


def test_a_fee_beyond_the_calendar_never_falls() -> None:
    invoice = issued()
    assert invoice.issue is not None
    late = evolve(invoice, issue=evolve(invoice.issue, due_on=date(9999, 12, 29)))

    assert late_fees.next_fee(late, date.max) is None
