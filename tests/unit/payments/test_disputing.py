"""What banks do to completed payments: a dispute opened, won or lost, and a bank return."""

import pytest
from attrs import evolve
from tests.unit.payments.pure_books import DISPUTE, PureBooks, in_state, usd

from billcore.errors import InvalidTransition
from billcore.events import Part
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.ids import InvoiceId
from billcore.payments import disputing, fee_keeping
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import Payment, PaymentState
from billcore.testing.builders import BY, a_ref
from billcore.testing.clock import START

ONE = InvoiceId("invoice-1")
SECOND = a_ref("dispute-2")


def lost(books: PureBooks, payment: Payment) -> Payment:
    payment, event = disputing.lose_dispute(payment, DISPUTE, at=START, by=BY)
    books.book(event)
    return payment


def test_a_disputed_payment_still_pays_its_invoice() -> None:
    books, payment = in_state(PaymentState.DISPUTED)

    assert payment.has_landed
    assert books.invoice().paid == usd(100_00)


def test_a_dispute_that_is_won_leaves_everything_as_it_was() -> None:
    books, payment = in_state(PaymentState.DISPUTED)

    won, _ = disputing.win_dispute(payment, DISPUTE, at=START, by=BY)

    assert won.state is PaymentState.COMPLETED
    assert [dispute.status for dispute in won.disputes] == [DisputeStatus.WON]
    assert books.invoice().paid == usd(100_00)


def test_a_dispute_that_is_lost_makes_the_invoice_owed_again() -> None:
    books, payment = in_state(PaymentState.DISPUTED)

    payment = lost(books, payment)

    assert (payment.state, payment.taken_back) == (PaymentState.CHARGED_BACK, usd(100_00))
    assert (payment.applications, payment.refundable) == ((), usd(0))
    assert books.invoice().balance == usd(100_00)


def test_what_a_bank_takes_beyond_the_payment_is_owed_by_the_client() -> None:
    books = PureBooks()

    payment = lost(books, books.dispute(books.charged(), 102_27))

    assert (payment.disputes[0].amount, payment.taken_back) == (usd(102_27), usd(102_27))
    assert (payment.state, payment.overdrawn) == (PaymentState.CHARGED_BACK, usd(2_27))
    assert books.invoice().balance == usd(100_00)


def test_what_a_bank_takes_of_a_refunded_payment_is_owed_by_the_client() -> None:
    books = PureBooks()
    _, payment = books.refund(books.charged(), 30_00)

    payment = lost(books, books.dispute(payment, 100_00))

    assert (payment.taken_back, payment.applied, payment.unapplied) == (usd(100_00), usd(0), usd(-30_00))
    assert books.invoice().balance == usd(100_00)


def test_two_disputes_are_two_whatever_they_come_to() -> None:
    books = PureBooks()
    payment = books.dispute(books.charged(), 60_00)

    both, _ = disputing.open_dispute(payment, SECOND, usd(60_00), at=START, by=BY)

    assert [dispute.amount for dispute in both.disputes] == [usd(60_00), usd(60_00)]
    assert lost(books, both).state is PaymentState.DISPUTED


@pytest.mark.parametrize("state", [PaymentState.CHARGED_BACK, PaymentState.RETURNED])
def test_a_payment_of_which_a_bank_took_all_is_contested_once_more_and_stays_what_it_is(state: PaymentState) -> None:
    _, payment = in_state(state)

    contested, _ = disputing.open_dispute(payment, SECOND, usd(10_00), at=START, by=BY)
    won, _ = disputing.win_dispute(contested, SECOND, at=START, by=BY)
    taken, _ = disputing.lose_dispute(contested, SECOND, at=START, by=BY)

    assert {contested.state, won.state, taken.state} == {state}
    assert (won.overdrawn, taken.overdrawn) == (usd(0), usd(10_00))


def test_a_payment_is_disputed_until_the_last_of_its_disputes_is_won() -> None:
    books = PureBooks()
    payment = books.dispute(books.charged(), 60_00)
    payment, _ = disputing.open_dispute(payment, SECOND, usd(40_00), at=START, by=BY)

    first, _ = disputing.win_dispute(payment, DISPUTE, at=START, by=BY)
    second, _ = disputing.win_dispute(first, SECOND, at=START, by=BY)

    assert (first.state, second.state) == (PaymentState.DISPUTED, PaymentState.COMPLETED)


def test_a_dispute_is_decided_once() -> None:
    _, payment = in_state(PaymentState.DISPUTED)
    won, _ = disputing.win_dispute(payment, DISPUTE, at=START, by=BY)

    with pytest.raises(InvalidTransition, match="no open dispute"):
        disputing.win_dispute(won, DISPUTE, at=START, by=BY)
    with pytest.raises(InvalidTransition, match="no open dispute"):
        disputing.lose_dispute(payment, SECOND, at=START, by=BY)


def test_what_a_bank_takes_comes_off_the_credit_first() -> None:
    books = PureBooks()
    payment = books.charged(100_00, {"invoice-1": 70_00})

    payment = lost(books, books.dispute(payment, 50_00))

    assert payment.applications == (Part(ONE, usd(50_00)),)
    assert payment.unapplied == usd(0)
    assert books.invoice().balance == usd(50_00)


def test_a_bank_return_takes_the_whole_debit_whatever_was_refunded() -> None:
    books = PureBooks()
    _, payment = books.refund(books.charged(), 30_00)

    returned, event = disputing.take_back(payment, "R01", at=START, by=BY)
    books.book(event)

    assert (returned.state, event.amount, returned.unapplied) == (PaymentState.RETURNED, usd(100_00), usd(-30_00))
    assert books.invoice().balance == usd(100_00)


@pytest.mark.parametrize(
    "state",
    [
        PaymentState.CREATED,
        PaymentState.REQUIRES_ACTION,
        PaymentState.PENDING,
        PaymentState.FAILED,
        PaymentState.CANCELED,
    ],
)
def test_only_a_payment_that_came_is_contested_or_returned(state: PaymentState) -> None:
    _, payment = in_state(state)

    with pytest.raises(InvalidTransition):
        disputing.open_dispute(payment, SECOND, usd(1), at=START, by=BY)
    with pytest.raises(InvalidTransition):
        disputing.take_back(payment, "R01", at=START, by=BY)


@pytest.mark.parametrize("state", [PaymentState.DISPUTED, PaymentState.CHARGED_BACK])
def test_a_bank_returns_the_whole_debit_once_whatever_was_contested(state: PaymentState) -> None:
    _, payment = in_state(state)

    returned, event = disputing.take_back(payment, "R01", at=START, by=BY)

    assert (returned.state, event.amount) == (PaymentState.RETURNED, usd(100_00))
    with pytest.raises(InvalidTransition, match="returned this payment already"):
        disputing.take_back(returned, "R01", at=START, by=BY)


def test_what_was_recorded_by_hand_is_not_returned_by_a_gateway() -> None:
    payment = PureBooks().record(40_00)

    with pytest.raises(InvalidTransition, match="recorded by hand"):
        disputing.take_back(payment, "R01", at=START, by=BY)


# ── Fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def a_fee(minor: int, basis: FeeBasis) -> Fee:
    return Fee(lines=(FeeLine(FeeKind.PROCESSING, usd(minor)),), basis=basis)


def test_an_estimate_gives_way_to_the_gateways_word_which_nothing_replaces() -> None:
    _, payment = in_state(PaymentState.COMPLETED)
    estimate, actual = a_fee(3_20, FeeBasis.ESTIMATED), a_fee(3_15, FeeBasis.ACTUAL)

    estimated, _ = fee_keeping.assess(payment, estimate, at=START, by=BY)
    known, event = fee_keeping.assess(estimated, actual, at=START, by=BY)

    assert payment.fee is None
    assert (known.fee, event.replaces) == (actual, estimate)
    for another in (estimate, actual):
        with pytest.raises(InvalidTransition, match="known from the gateway"):
            fee_keeping.assess(known, another, at=START, by=BY)


def test_a_payment_that_did_not_come_has_no_fee() -> None:
    for state in (PaymentState.PENDING, PaymentState.FAILED):
        _, payment = in_state(state)
        with pytest.raises(InvalidTransition, match="has no fee"):
            fee_keeping.assess(payment, a_fee(1, FeeBasis.ESTIMATED), at=START, by=BY)


def test_an_extra_fee_is_booked_once_for_its_cause_and_kind() -> None:
    _, payment = in_state(PaymentState.COMPLETED)
    fee = FeeLine(FeeKind.DISPUTE, usd(15_00))

    charged, _ = fee_keeping.charge_extra(payment, "dp_1", fee, at=START, by=BY)
    other_cause, _ = fee_keeping.charge_extra(charged, "dp_2", fee, at=START, by=BY)
    other_kind, _ = fee_keeping.charge_extra(charged, "dp_1", evolve(fee, kind=FeeKind.OTHER), at=START, by=BY)

    assert len(other_cause.extra_fees) == len(other_kind.extra_fees) == 2
    with pytest.raises(InvalidTransition, match="in the books already"):
        fee_keeping.charge_extra(charged, "dp_1", evolve(fee, amount=usd(1)), at=START, by=BY)
