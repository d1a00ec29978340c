"""What every verb, and every word of a gateway, does to a payment and to a refund in every state."""

from collections.abc import Callable

from attrs import evolve
from tests.unit.payments.pure_books import DECLINED, DISPUTE, PureBooks, in_state, usd

from billcore.errors import BillcoreError
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.methods import Method
from billcore.payments import applying, disputing, fee_keeping, paying, refunding
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
    ReturnSnapshot,
)
from billcore.payments.observing import advance, advance_contest, advance_refund
from billcore.payments.payment import Payment, PaymentState, Refund, RefundState
from billcore.reasons import Failure
from billcore.testing.builders import BY, a_ref
from billcore.testing.clock import START

STATES = [state.value for state in PaymentState]
FEE = Fee(lines=(FeeLine(FeeKind.PROCESSING, usd(3_20)),), basis=FeeBasis.ACTUAL)

# ── A payment and its verbs ──────────────────────────────────────────────────────────────────────────────────────────

PaymentVerb = Callable[[PureBooks, Payment], Payment]

MOVES: dict[str, PaymentVerb] = {
    "require action": lambda _, payment: paying.require_action(payment, None, at=START, by=BY)[0],
    "pend": lambda _, payment: paying.pend(payment, at=START, by=BY)[0],
    "complete": lambda books, payment: paying.complete(payment, books.invoices, at=START, by=BY)[0],
    "fail": lambda _, payment: paying.fail(payment, DECLINED, at=START, by=BY)[0],
    "cancel": lambda _, payment: paying.cancel(payment, reason="", at=START, by=BY)[0],
    "return": lambda _, payment: disputing.take_back(payment, "R01", at=START, by=BY)[0],
    "dispute": lambda _, payment: disputing.open_dispute(payment, a_ref("dispute-2"), usd(1), at=START, by=BY)[0],
    "win dispute": lambda _, payment: disputing.win_dispute(payment, DISPUTE, at=START, by=BY)[0],
    "lose dispute": lambda _, payment: disputing.lose_dispute(payment, DISPUTE, at=START, by=BY)[0],
}
USES: dict[str, PaymentVerb] = {
    "refund": lambda books, payment: books.request_refund(payment, 100_00)[1],
    "apply": lambda books, payment: applying.apply(payment, [(books.invoice("invoice-2"), usd(1))], at=START, by=BY)[0],
    "unapply": lambda books, payment: applying.unapply(payment, books.invoice().id, usd(1), at=START, by=BY)[0],
    "assess fee": lambda _, payment: fee_keeping.assess(payment, FEE, at=START, by=BY)[0],
    "require review": lambda _, payment: paying.require_review(payment, "a doubt", at=START, by=BY)[0],
    "review": lambda _, payment: paying.review(payment, evidence="a statement", at=START, by=BY)[0],
}


def verb_cell(state: str, verb: str) -> str:
    """The state afterwards, or the code of the refusal."""
    books, payment = in_state(PaymentState(state))
    try:
        return f"ok, {(MOVES | USES)[verb](books, payment).state.value}"
    except BillcoreError as refusal:
        return refusal.code


# ── A payment and what its gateway says ──────────────────────────────────────────────────────────────────────────────


def _says(status: PaymentStatus, *, minor: int = 100_00) -> PaymentSnapshot:
    return PaymentSnapshot(
        ref=a_ref("gpay-1"), operation_id=None, status=status, amount=usd(minor), method=Method.CARD, created_at=START
    )


def _contested(status: DisputeStatus) -> PaymentSnapshot:
    dispute = DisputeSnapshot(ref=DISPUTE, amount=usd(100_00), status=status, opened_at=START)
    return evolve(_says(PaymentStatus.SUCCEEDED), disputes=(dispute,))


WORDS: dict[str, PaymentSnapshot] = {
    "open": _says(PaymentStatus.OPEN),
    "requires action": _says(PaymentStatus.REQUIRES_ACTION),
    "pending": _says(PaymentStatus.PENDING),
    "succeeded": _says(PaymentStatus.SUCCEEDED),
    "failed": evolve(_says(PaymentStatus.FAILED), failure=Failure(code="card_declined")),
    "canceled": _says(PaymentStatus.CANCELED),
    "returned": evolve(_says(PaymentStatus.SUCCEEDED), returned=ReturnSnapshot(code="R01", returned_at=START)),
    "disputed": _contested(DisputeStatus.OPEN),
    "dispute won": _contested(DisputeStatus.WON),
    "dispute lost": _contested(DisputeStatus.LOST),
    "another amount": _says(PaymentStatus.SUCCEEDED, minor=90_00),
}


def word_cell(state: str, word: str) -> str:
    """The state after all that the gateway's word tells; nothing is ever refused, at most it is no news."""
    books, payment = in_state(PaymentState(state))
    before = payment
    while step := advance(payment, WORDS[word], books.invoices, at=START, by=BY):
        payment, event = step
        books.book(event)
    while step := advance_contest(payment, WORDS[word], at=START, by=BY):
        payment, event = step
        books.book(event)
    if payment == before:
        return "no news"
    return f"{payment.state.value}, to review" if payment.needs_review else payment.state.value


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────

REFUND_STATES = [state.value for state in RefundState]

RefundVerb = Callable[[PureBooks, Refund, Payment], Refund]

REFUND_MOVES: dict[str, RefundVerb] = {
    "pend": lambda _, refund, payment: refunding.pend(refund, payment, at=START, by=BY)[0],
    "succeed": lambda books, refund, payment: books.succeed(refund, payment)[0],
    "fail": lambda books, refund, payment: refunding.fail(
        refund, payment, books.invoices, code="account_closed", at=START, by=BY
    )[0],
    "cancel": lambda _, refund, payment: refunding.cancel(refund, payment, reason="", at=START, by=BY)[0],
}


def _refund_in(state: RefundState) -> tuple[PureBooks, Refund, Payment]:
    books = PureBooks()
    refund, payment = books.request_refund(books.charged(), 60_00)
    match state:
        case RefundState.REQUESTED:
            return books, refund, payment
        case RefundState.PENDING:
            pending, payment, _ = refunding.pend(refund, payment, at=START, by=BY)
            return books, pending, payment
        case RefundState.SUCCEEDED:
            succeeded, payment, event = books.succeed(refund, payment)
            books.book(event)
            return books, succeeded, payment
        case RefundState.FAILED:
            failed, payment, _ = refunding.fail(refund, payment, books.invoices, code="closed", at=START, by=BY)
            return books, failed, payment
        case RefundState.CANCELED:
            canceled, payment, _ = refunding.cancel(refund, payment, reason="", at=START, by=BY)
            return books, canceled, payment


def refund_verb_cell(state: str, verb: str) -> str:
    """The state afterwards, or the code of the refusal."""
    try:
        return f"ok, {REFUND_MOVES[verb](*_refund_in(RefundState(state))).state.value}"
    except BillcoreError as refusal:
        return refusal.code


REFUND_WORDS = [f"says {status.value}" for status in RefundStatus]


def refund_word_cell(state: str, word: str) -> str:
    """The state after all that the gateway's word tells."""
    books, refund, payment = _refund_in(RefundState(state))
    said = RefundSnapshot(
        ref=a_ref("gref-1"),
        refund_id=refund.id,
        amount=refund.amount,
        status=RefundStatus(word.removeprefix("says ")),
        created_at=START,
    )
    before = refund
    while step := advance_refund(refund, payment, said, books.invoices, at=START, by=BY):
        refund, payment, event = step
        books.book(event)
    return "no news" if refund == before else refund.state.value
