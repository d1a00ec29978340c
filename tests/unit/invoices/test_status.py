"""Status, overdue, queues and visibility: questions about facts and a day, never stored."""

from datetime import date, datetime, timedelta

import pytest
from attrs import evolve
from tests.unit.invoices.voided import a_void_invoice

from billcore.errors import BadPolicy
from billcore.invoices.invoice import Hold, Invoice, with_sums
from billcore.invoices.status import (
    Queue,
    Settlement,
    can_pay_now,
    has,
    is_overdue,
    is_viewed,
    is_visible_to_client,
    label,
    queues,
    settlement,
    status,
)
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy, Status, VisibleFrom, Vocabulary, Word
from billcore.testing.builders import a_client, a_draft, a_firm, an_issued_invoice
from billcore.testing.clock import START

FIRM = a_firm()
CLIENT = a_client(FIRM)
TODAY = START.date()
DUE = TODAY + timedelta(days=30)
LATE = DUE + timedelta(days=1)


def an_invoice(
    policy: Policy = STANDARD,
    *,
    paid: int = 0,
    in_flight: int = 0,
    refunded: int = 0,
    written_off: int = 0,
    viewed_at: datetime | None = None,
) -> Invoice:
    """Of 100.00, due in 30 days."""
    invoice = evolve(an_issued_invoice(a_firm(policy=policy), CLIENT), first_viewed_at=viewed_at)
    return with_sums(invoice, paid=paid, in_flight=in_flight, refunded=refunded, written_off=written_off)


# ── Settlement ───────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("invoice", "expected"),
    [
        (an_invoice(), Settlement.UNPAID),
        (an_invoice(paid=1), Settlement.PARTIALLY_PAID),
        (an_invoice(in_flight=40_00), Settlement.UNPAID),
        (an_invoice(in_flight=100_00), Settlement.PROCESSING),
        (an_invoice(paid=40_00, in_flight=60_00), Settlement.PROCESSING),
        (an_invoice(paid=100_00), Settlement.PAID),
        (an_invoice(paid=40_00, written_off=60_00), Settlement.WRITTEN_OFF),
        (an_invoice(refunded=100_00), Settlement.UNPAID),
        (with_sums(an_invoice(refunded=100_00), credited=100_00), Settlement.REFUNDED),
    ],
)
def test_how_far_an_invoice_is_paid(invoice: Invoice, expected: Settlement) -> None:
    assert settlement(invoice) is expected


# ── Overdue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.27", "S0.19")
def test_an_invoice_is_overdue_the_day_after_it_was_due() -> None:
    assert not is_overdue(an_invoice(), DUE)
    assert is_overdue(an_invoice(), LATE)


def test_grace_days_put_off_overdue() -> None:
    invoice = an_invoice(evolve(STANDARD, grace_days=3))

    assert not is_overdue(invoice, DUE + timedelta(days=3))
    assert is_overdue(invoice, DUE + timedelta(days=4))


def test_an_invoice_due_on_the_last_day_of_the_calendar_is_never_overdue() -> None:
    invoice = an_issued_invoice(a_firm(policy=evolve(STANDARD, grace_days=365)), CLIENT, due_on=date.max)

    assert queues(invoice, date.max) == {Queue.AWAITING}


@pytest.mark.parametrize(("while_processing", "expected"), [(False, False), (True, True)])
def test_money_in_flight_for_all_of_it_puts_off_overdue_unless_the_policy_says_otherwise(
    while_processing: bool, expected: bool
) -> None:
    invoice = an_invoice(evolve(STANDARD, overdue_while_processing=while_processing), in_flight=100_00)

    assert is_overdue(invoice, LATE) is expected


def test_neither_a_draft_nor_a_void_nor_a_paid_invoice_is_overdue() -> None:
    for invoice in (a_draft(FIRM, CLIENT, due_on=TODAY), a_void_invoice(FIRM, CLIENT), an_invoice(paid=100_00)):
        assert not is_overdue(invoice, date.max)


# ── Badges ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("invoice", "standard", "pro_firm", "practice"),
    [
        (an_invoice(), "Sent", "Sent", "Sent"),
        (an_invoice(viewed_at=START), "Viewed", "Viewed", "Sent"),
        (an_invoice(paid=40_00, viewed_at=START), "Partially paid", "Partially paid", "Sent"),
        (an_invoice(paid=100_00), "Paid", "Paid", "Paid"),
        (an_invoice(in_flight=100_00), "Processing", "Sent", "Sent"),
        (an_invoice(written_off=100_00), "Written off", "Cancelled", "Written off"),
        (a_draft(FIRM, CLIENT), "Draft", "Draft", "Draft"),
        (a_void_invoice(FIRM, CLIENT), "Void", "Cancelled", "Voided"),
    ],
    ids=["sent", "viewed", "part paid", "paid", "processing", "written off", "draft", "void"],
)
def test_one_fact_has_each_firms_own_word(invoice: Invoice, standard: str, pro_firm: str, practice: str) -> None:
    words = [label(evolve(invoice, policy=policy), TODAY) for policy in (STANDARD, PRO_FIRM, PRACTICE)]

    assert words == [standard, pro_firm, practice]


@pytest.mark.parametrize(
    ("policy", "unpaid", "part_paid"),
    [(STANDARD, "Overdue", "Overdue"), (PRO_FIRM, "Overdue", "Partially paid"), (PRACTICE, "Overdue", "Overdue")],
    ids=lambda value: value.name if isinstance(value, Policy) else value,
)
def test_which_of_two_truths_is_said_first_is_the_firms_choice(policy: Policy, unpaid: str, part_paid: str) -> None:
    assert label(an_invoice(policy), LATE) == unpaid
    assert label(an_invoice(policy, paid=40_00), LATE) == part_paid


def test_several_statuses_are_true_at_once_and_the_badge_is_one_of_them() -> None:
    invoice = an_invoice(PRO_FIRM, paid=40_00, viewed_at=START)

    true = {each for each in Status if has(invoice, each, LATE)}

    assert true == {Status.PARTIALLY_PAID, Status.OVERDUE, Status.VIEWED, Status.SENT}
    assert status(invoice, LATE) in true


def test_a_full_refund_makes_an_invoice_unseen_unless_the_policy_keeps_it() -> None:
    given_back = an_invoice(refunded=100_00, viewed_at=START)
    keeping = an_invoice(evolve(STANDARD, viewed_survives_refund=True), refunded=100_00, viewed_at=START)
    given_back_in_part = an_invoice(paid=1, refunded=99_99, viewed_at=START)

    assert [is_viewed(invoice) for invoice in (given_back, keeping, given_back_in_part)] == [False, True, True]


@pytest.mark.parametrize(
    "words",
    [
        (),
        (Word(Status.SENT, "Sent"),),
        (Word(Status.VOID, "Void"), Word(Status.DRAFT, "Draft"), Word(Status.SENT, "Sent")),
        tuple(Word(each, each.value) for each in (Status.SENT, Status.VOID, Status.DRAFT, Status.PAID)),
        tuple(Word(each, each.value) for each in (Status.VOID, Status.DRAFT, Status.PAID, Status.PAID, Status.SENT)),
    ],
)
def test_a_vocabulary_has_a_word_for_every_invoice(words: tuple[Word, ...]) -> None:
    with pytest.raises(BadPolicy):
        Vocabulary(words)


# ── Queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("invoice", "expected"),
    [
        (a_draft(FIRM, CLIENT), {Queue.DRAFTS}),
        (an_invoice(), {Queue.OVERDUE}),
        (an_invoice(paid=40_00), {Queue.OVERDUE}),
        (an_invoice(paid=100_00), set()),
        (an_invoice(in_flight=100_00), set()),
        (an_invoice(written_off=100_00), set()),
        (a_void_invoice(FIRM, CLIENT), set()),
        (evolve(an_invoice(), autopay_failed_at=START), {Queue.OVERDUE, Queue.FAILED}),
        (evolve(an_invoice(), autopay_failed_at=START, hold=Hold(reason="", at=START)), {Queue.OVERDUE}),
        (evolve(an_invoice(paid=100_00), autopay_failed_at=START), set()),
    ],
)
def test_in_which_piles_an_invoice_lies(invoice: Invoice, expected: set[Queue]) -> None:
    assert queues(invoice, LATE) == expected
    assert queues(invoice, DUE) == {Queue.AWAITING if queue is Queue.OVERDUE else queue for queue in expected}


# ── The client ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_what_the_client_sees_is_the_policys_choice() -> None:
    delivered = evolve(STANDARD, visible_from=VisibleFrom.DELIVERED)
    hiding = evolve(STANDARD, void_visible_to_client=False)
    undelivered, void = an_invoice(), a_void_invoice(FIRM, CLIENT)

    assert is_visible_to_client(undelivered, STANDARD)
    assert not is_visible_to_client(undelivered, delivered)
    assert is_visible_to_client(evolve(undelivered, delivered_at=START), delivered)
    assert is_visible_to_client(void, STANDARD)
    assert not is_visible_to_client(void, hiding)


def test_pay_now_makes_sense_while_something_is_left_to_pay() -> None:
    assert can_pay_now(an_invoice())
    assert can_pay_now(an_invoice(paid=40_00, in_flight=59_99))
    for settled in (a_draft(FIRM, CLIENT), a_void_invoice(FIRM, CLIENT), an_invoice(paid=40_00, in_flight=60_00)):
        assert not can_pay_now(settled)
