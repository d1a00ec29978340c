"""A practice whose invoices cost more when they are late (S3.28): a job assesses, people waive, a void undoes."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, Office

from billcore import Cadence, LineItem, PaymentState
from billcore.actors import System
from billcore.errors import NotPermitted, OverCredit
from billcore.methods import Method
from billcore.money import Money
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRACTICE, STANDARD, LateFeeRule, Policy, RefundEffect
from billcore.services.running import Ran

MONTHLY = LateFeeRule(percent="1.5", days_past_due=10, every_days=30, reason="see our terms")


def office_with(policy: Policy = PRACTICE, rule: LateFeeRule = MONTHLY) -> Office:
    return Office.open(evolve(policy, late_fee=rule))


@pytest.fixture
def office() -> Office:
    return office_with()


def assess(office: Office, days_past_due: int) -> list[str]:
    """What the nightly job adds on that day, of an invoice sent today on 30 days."""
    job = office.by(System("late-fees")).adjustments
    return [str(one.balance) for one in job.assess_late_fees(on=office.today + timedelta(days=30 + days_past_due))]


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@pytest.mark.rule("S3.28", "S3.18")
def test_the_policy_adds_a_late_fee_to_what_is_past_due_and_the_document_stays_as_it_was_sent(office: Office) -> None:
    client = office.client()
    late, paid = office.sent(client), office.sent(client)
    office.desk.payments.record(paid.id, method=Method.CHECK)
    assert assess(office, 9) == []

    assert assess(office, 10) == ["101.50 USD"]

    now = office.invoice(late)
    assert (now.content, now.gross, now.total) == (late.content, usd(100_00), usd(101_50))
    assert office.told(late)[-1] == ("System (late-fees)", "Late fee of 1.50 USD: see our terms")
    assert office.billing.verify(FIRM) == ()


@pytest.mark.rule("S3.28")
def test_the_job_run_twice_or_late_asks_for_each_step_once(office: Office) -> None:
    invoice = office.sent(office.client())

    assert assess(office, 10) == ["101.50 USD"]
    assert assess(office, 39) == []
    assert assess(office, 75) == ["104.50 USD"]
    assert assess(office, 75) == []

    assert [fee.step for fee in office.invoice(invoice).late_fees] == [1, 2, 3]
    assert office.billing.verify(FIRM) == ()


def test_an_invoice_keeps_the_rule_that_it_was_issued_under(office: Office) -> None:
    before = office.sent(office.client())
    firm = office.billing.firms.get(FIRM)
    office.billing.firms.change(evolve(firm, policy=evolve(firm.policy, late_fee=None)), by=JANE)
    office.sent(office.client("Smith"))

    assess(office, 10)

    assert office.invoice(before).late_fees != ()
    assert assess(office, 10) == []


def test_a_payment_on_its_way_keeps_the_fee_away_and_a_failed_one_does_not(office: Office) -> None:
    covered, failed = (office.sent(office.client()) for _ in range(2))
    office.charged(covered, token="card_pending")
    office.charged(failed, token="card_declined")

    assert assess(office, 10) == ["101.50 USD"]

    assert office.invoice(covered).late_fees == ()


def test_collection_on_hold_bears_no_fee(office: Office) -> None:
    invoice = office.sent(office.client())
    office.desk.adjustments.hold(invoice.id, reason="a dispute")

    assert assess(office, 100) == []


def test_a_late_fee_is_paid_with_the_balance_and_overdue_ends(office: Office) -> None:
    invoice = office.sent(office.client())
    assess(office, 10)

    office.desk.payments.record(invoice.id, method=Method.CHECK)

    assert (office.balance(invoice), office.badge(invoice)) == ("0.00", "Paid")
    assert office.billing.verify(FIRM) == ()


def test_a_waived_fee_is_no_longer_owed_and_never_comes_back(office: Office) -> None:
    invoice = office.sent(office.client())
    assess(office, 10)

    office.desk.adjustments.waive_late_fee(invoice.id, 1, reason="first time")

    assert assess(office, 10) == []
    assert (office.balance(invoice), office.told(invoice)[-1][1]) == (
        "100.00",
        "Late fee of 1.50 USD waived: first time",
    )
    assert office.billing.verify(FIRM) == ()


def test_a_credit_note_is_for_what_was_invoiced_and_leaves_the_fee_to_be_waived(office: Office) -> None:
    invoice = office.sent(office.client())
    assess(office, 10)

    with pytest.raises(OverCredit):
        office.desk.adjustments.credit(invoice.id, "101.50")
    office.desk.adjustments.credit(invoice.id)
    office.desk.adjustments.waive_late_fee(invoice.id, 1)

    assert office.balance(invoice) == "0.00"
    assert office.billing.verify(FIRM) == ()


def test_voiding_takes_the_fee_back(office: Office) -> None:
    invoice = office.sent(office.client())
    assess(office, 10)

    office.desk.invoices.void(invoice.id, reason="wrong client")

    assert (office.invoice(invoice).total, office.billing.verify(FIRM)) == (usd(0), ())


@pytest.mark.parametrize("effect", RefundEffect)
def test_a_refund_of_a_paid_late_fee_keeps_the_books_whole_whatever_it_does_to_the_balance(
    effect: RefundEffect,
) -> None:
    office = office_with(evolve(STANDARD, refund_effect=effect))
    invoice = office.sent(office.client())
    assess(office, 10)
    payment = office.desk.payments.record(invoice.id, method=Method.CHECK)

    for amount in ("60.00", "41.50"):
        office.desk.refunds.issue(payment.id, amount)

    asked_again = "101.50" if effect is RefundEffect.REOPEN else "0.00"
    assert office.balance(invoice) == asked_again
    assert office.billing.verify(FIRM) == ()


def test_assessing_is_editing_and_waiving_is_deleting() -> None:
    may_not = AllowListed({JANE.id: frozenset(Permission) - {Permission.EDIT, Permission.DELETE}})
    office = Office.open(evolve(PRACTICE, late_fee=MONTHLY), authorizer=may_not)
    invoice = office.sent(office.client())
    assess(office, 10)

    with pytest.raises(NotPermitted, match="edit_billing"):
        office.desk.adjustments.assess_late_fees()
    with pytest.raises(NotPermitted, match="delete_billing"):
        office.desk.adjustments.waive_late_fee(invoice.id, 1)


# ── In the run ───────────────────────────────────────────────────────────────────────────────────────────────────────


def run(office: Office, days_past_due: int) -> Ran:
    """The run of that day, for invoices sent today on 30 days."""
    return office.billing.run(on=office.today + timedelta(days=30 + days_past_due))


@pytest.mark.rule("S3.28")
def test_the_run_adds_the_late_fees_of_the_day_once(office: Office) -> None:
    invoice = office.sent(office.client())
    assert run(office, 9).late_fees == 0

    assert (run(office, 10).late_fees, run(office, 10).late_fees) == (1, 0)

    assert office.told(invoice)[-1] == ("System (late-fees)", "Late fee of 1.50 USD: see our terms")
    assert (run(office, 70).late_fees, office.balance(invoice)) == (2, "104.50")
    assert office.billing.verify(FIRM) == ()


@pytest.mark.rule("S3.27", "S3.28")
def test_a_bank_debit_on_its_way_is_neither_overdue_nor_bears_a_fee_until_it_fails(office: Office) -> None:
    invoice = office.sent(office.client())
    debit = office.charged(invoice, token="ach_ok")

    ran = run(office, 40)

    assert (ran.overdue, ran.late_fees, debit.state) == (0, 0, PaymentState.PENDING)
    assert debit.ref is not None
    office.gateway.fail(debit.ref)
    office.hear()
    ran = run(office, 40)
    assert (ran.overdue, ran.late_fees, office.balance(invoice)) == (1, 2, "103.00")


def test_money_that_auto_pay_takes_in_the_same_run_keeps_the_fee_away() -> None:
    office = office_with(STANDARD)
    client = office.client()
    line = LineItem(description="Bookkeeping", unit_price="250.00")
    office.card(client)
    office.desk.schedules.start(client.id, Cadence.monthly(), lines=[line], anchor=office.today, autopay=True)
    assert office.billing.run(on=office.today).invoices == 1

    # Nothing ran since: the day to charge it and the day of its first fee are both past.
    ran = office.billing.run(on=office.today + timedelta(days=45))

    assert (ran.collected, ran.late_fees, ran.overdue) == (1, 0, 1)


def test_an_invoice_that_can_bear_no_more_is_reported_and_stops_no_other(office: Office) -> None:
    # A fee on it would be more than the largest amount there is.
    most = LineItem(description="Everything", quantity="10", unit_price="1000000000000")
    full = office.desk.invoices.send(office.desk.invoices.draft(office.client().id, lines=[most]).id)
    other = office.sent(office.client())

    ran = run(office, 10)

    assert ran.unassessed == ((full.id, "amount_too_large"),)
    assert (ran.late_fees, office.balance(other)) == (1, "101.50")


def test_a_rule_ends_at_its_cap_and_its_base_never_has_a_fee_in_it() -> None:
    office = office_with(rule=LateFeeRule(percent="10", days_past_due=1, every_days=1, cap=usd(25_00)))
    invoice = office.sent(office.client())

    for day in range(1, 7):
        run(office, day)

    assert [str(fee.amount.amount) for fee in office.invoice(invoice).late_fees] == ["10.00", "10.00", "5.00"]


def test_an_invoice_dated_into_another_century_bears_a_hundred_fees_at_once_and_holds_up_nobody() -> None:
    office = office_with(STANDARD, LateFeeRule(percent="1", days_past_due=1, every_days=1))
    client = office.client()
    draft = office.desk.invoices.draft(client.id, lines=[LineItem(description="Advice", unit_price="100.00")])
    mistyped = office.desk.invoices.send(draft.id, on=date(206, 5, 4))

    fees = [office.billing.run().late_fees for _ in range(2)]

    assert fees == [100, 100]
    assert [fee.step for fee in office.invoice(mistyped).late_fees] == list(range(1, 201))
    assert office.billing.verify(FIRM) == ()
