"""A gateway's word: in whatever order it comes, and however often, the books end the same."""

from itertools import permutations

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.payments.pure_books import DISPUTE, PureBooks, in_state, usd

from billcore.events import DisputeOpened, FeeAssessed, PaymentCompleted, PaymentReviewRequired
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.ids import RefundId
from billcore.methods import Method
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
    ReturnSnapshot,
    Settlement,
)
from billcore.payments.observing import advance, advance_contest, advance_refund, refund_of
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.reasons import Failure
from billcore.testing.builders import BY, a_ref
from billcore.testing.clock import START

SETTLED = Settlement(gross=usd(100_00), fees=(FeeLine(FeeKind.PROCESSING, usd(3_20)),), net=usd(96_80))


def seen(status: PaymentStatus, *, minor: int = 100_00) -> PaymentSnapshot:
    return PaymentSnapshot(
        ref=a_ref("gpay-1"),
        operation_id=None,
        status=status,
        amount=usd(minor),
        method=Method.CARD,
        created_at=START,
    )


def contested(status: DisputeStatus, *, fee: int | None = None) -> DisputeSnapshot:
    return DisputeSnapshot(
        ref=DISPUTE,
        amount=usd(100_00),
        status=status,
        fee=None if fee is None else usd(fee),
        opened_at=START,
    )


def heard(books: PureBooks, payment: Payment, snapshot: PaymentSnapshot) -> Payment:
    """All that the snapshot tells, as a desk takes it in."""
    while step := advance(payment, snapshot, books.invoices, at=START, by=BY):
        payment, event = step
        books.book(event)
    while step := advance_contest(payment, snapshot, at=START, by=BY):
        payment, event = step
        books.book(event)
    return payment


STORY = (
    seen(PaymentStatus.OPEN),
    seen(PaymentStatus.REQUIRES_ACTION),
    seen(PaymentStatus.PENDING),
    seen(PaymentStatus.SUCCEEDED),
    evolve(seen(PaymentStatus.SUCCEEDED), settlement=SETTLED),
    evolve(seen(PaymentStatus.SUCCEEDED), settlement=SETTLED, disputes=(contested(DisputeStatus.OPEN),)),
    evolve(seen(PaymentStatus.SUCCEEDED), settlement=SETTLED, disputes=(contested(DisputeStatus.LOST, fee=15_00),)),
)
"""What a gateway had to tell of one payment, in its own order."""


@given(st.lists(st.sampled_from(STORY), max_size=12))
def test_whatever_was_heard_before_and_however_often_the_last_word_decides(words: list[PaymentSnapshot]) -> None:
    books, payment = in_state(PaymentState.CREATED)

    for word in (*words, STORY[-1]):
        payment = heard(books, payment, word)

    assert payment.state is PaymentState.CHARGED_BACK
    assert payment.fee is not None
    assert payment.fee.total == usd(3_20)
    assert [extra.line.amount for extra in payment.extra_fees] == [usd(15_00)]
    assert books.invoice().balance == usd(100_00)


@given(st.sampled_from(STORY), st.sampled_from(STORY))
def test_what_is_known_already_is_no_news(first: PaymentSnapshot, second: PaymentSnapshot) -> None:
    books, payment = in_state(PaymentState.CREATED)
    payment = heard(books, heard(books, payment, first), second)
    told = len(books.happened)

    again = heard(books, payment, second)

    assert again == payment
    assert len(books.happened) == told


def test_an_older_word_never_undoes_a_newer_one() -> None:
    books, payment = in_state(PaymentState.CREATED)
    payment = heard(books, payment, STORY[-1])

    for word in STORY:
        assert heard(books, payment, word) == payment


def test_money_that_a_gateway_first_refused_and_then_took_is_booked() -> None:
    books, payment = in_state(PaymentState.CREATED)

    failed = heard(books, payment, evolve(seen(PaymentStatus.FAILED), failure=Failure(code="card_declined")))
    completed = heard(books, failed, seen(PaymentStatus.SUCCEEDED))

    assert (failed.state, completed.state) == (PaymentState.FAILED, PaymentState.COMPLETED)
    assert books.invoice().paid == usd(100_00)


@pytest.mark.parametrize(
    ("failure", "expected"), [(None, PaymentState.CANCELED), (Failure(code="expired_card"), PaymentState.FAILED)]
)
def test_cancelled_because_it_failed_is_a_failure(failure: Failure | None, expected: PaymentState) -> None:
    books, payment = in_state(PaymentState.CREATED)

    assert heard(books, payment, evolve(seen(PaymentStatus.CANCELED), failure=failure)).state is expected


@pytest.mark.rule("S0.2")
def test_an_amount_that_is_not_ours_is_never_booked_but_reviewed_once() -> None:
    books, payment = in_state(PaymentState.PENDING)
    other = evolve(seen(PaymentStatus.SUCCEEDED, minor=90_00), disputes=(contested(DisputeStatus.OPEN),))

    payment = heard(books, heard(books, payment, other), other)

    assert payment.needs_review
    assert payment.state is PaymentState.PENDING
    assert [type(event) for event in books.happened].count(PaymentReviewRequired) == 1
    assert books.invoice().paid == usd(0)


def test_one_snapshot_tells_completion_before_fee_and_dispute() -> None:
    books, payment = in_state(PaymentState.CREATED)
    before = len(books.happened)

    heard(books, payment, STORY[-2])

    assert [type(event) for event in books.happened[before:]] == [PaymentCompleted, FeeAssessed, DisputeOpened]


@pytest.mark.rule("S1.40")
def test_a_payment_settled_without_a_deduction_is_known_to_be_free_and_one_not_settled_is_unknown() -> None:
    books, payment = in_state(PaymentState.CREATED)
    without_fees = Settlement(gross=usd(100_00), fees=(), net=usd(100_00))

    unknown = heard(books, payment, seen(PaymentStatus.SUCCEEDED))
    free = heard(books, unknown, evolve(seen(PaymentStatus.SUCCEEDED), settlement=without_fees))

    assert unknown.fee is None
    assert free.fee == Fee(lines=(FeeLine(FeeKind.PROCESSING, usd(0)),), basis=FeeBasis.ACTUAL)


def test_a_fee_that_is_known_stays_as_it_was_first_told() -> None:
    books, payment = in_state(PaymentState.CREATED)
    without_fees = Settlement(gross=usd(100_00), fees=(), net=usd(100_00))

    known = heard(books, payment, evolve(seen(PaymentStatus.SUCCEEDED), settlement=SETTLED))
    again = heard(books, known, evolve(seen(PaymentStatus.SUCCEEDED), settlement=without_fees))

    assert known.fee is not None
    assert known.fee.basis is FeeBasis.ACTUAL
    assert again == known


def test_a_bank_return_is_heard_once_and_its_fee_when_it_is_known() -> None:
    books, payment = in_state(PaymentState.COMPLETED)
    returned = evolve(seen(PaymentStatus.SUCCEEDED), returned=ReturnSnapshot(code="R01", returned_at=START))
    with_fee = evolve(returned, returned=ReturnSnapshot(code="R01", fee=usd(4_00), returned_at=START))

    payment = heard(books, heard(books, payment, returned), with_fee)

    assert payment.state is PaymentState.RETURNED
    assert [extra.line for extra in payment.extra_fees] == [FeeLine(FeeKind.RETURN, usd(4_00))]
    assert heard(books, payment, with_fee) == payment


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def given_back(status: RefundStatus, *, refund_id: str | None = "refund-1", ref: str = "gref-1") -> RefundSnapshot:
    return RefundSnapshot(
        ref=a_ref(ref),
        refund_id=None if refund_id is None else RefundId(refund_id),
        amount=usd(60_00),
        status=status,
        failure_code="account_closed" if status is RefundStatus.FAILED else None,
        created_at=START,
    )


@pytest.mark.parametrize(
    "words", list(permutations([RefundStatus.PENDING, RefundStatus.SUCCEEDED, RefundStatus.FAILED]))
)
def test_a_refund_that_failed_has_failed_whatever_was_heard_around_it(words: tuple[RefundStatus, ...]) -> None:
    books = PureBooks()
    refund, payment = books.request_refund(books.charged(), 60_00)

    for status in words:
        while step := advance_refund(refund, payment, given_back(status), books.invoices, at=START, by=BY):
            refund, payment, event = step
            books.book(event)

    assert refund.state is RefundState.FAILED
    assert (payment.refunded, payment.refund_reserved) == (usd(0), usd(0))
    assert books.invoice().paid == usd(100_00)


def test_a_fee_that_comes_back_with_a_refund_is_booked_once() -> None:
    books = PureBooks()
    refund, payment = books.refund(books.charged(), 60_00)
    word = evolve(given_back(RefundStatus.SUCCEEDED), fee_returned=usd(1_00))

    step = advance_refund(refund, payment, word, books.invoices, at=START, by=BY)

    assert step is not None
    refund, payment, _ = step
    assert [extra.line for extra in payment.extra_fees] == [FeeLine(FeeKind.REFUND, usd(-1_00))]
    assert advance_refund(refund, payment, word, books.invoices, at=START, by=BY) is None


def test_a_gateways_refund_is_ours_by_its_reference_and_then_by_our_id_in_it() -> None:
    books = PureBooks()
    refund, _ = books.request_refund(books.charged(), 60_00)
    known = evolve(refund, ref=a_ref("gref-1"))

    assert refund_of({refund.id: known}, given_back(RefundStatus.PENDING, refund_id=None)) == known
    assert refund_of({refund.id: refund}, given_back(RefundStatus.PENDING)) == refund
    assert refund_of({refund.id: known}, given_back(RefundStatus.PENDING, refund_id=None, ref="gref-2")) is None
