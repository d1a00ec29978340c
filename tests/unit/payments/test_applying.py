"""Where the money of a payment lies: on which invoices, and what is the client's credit."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.invoices.voided import a_void_invoice
from tests.unit.payments.pure_books import PureBooks, in_state, usd

from billcore.errors import BadMoney, CurrencyMismatch, InvalidTransition, NothingToApply, NotPayable, Overpayment
from billcore.events import Part
from billcore.ids import InvoiceId
from billcore.money import Money
from billcore.payments import applying
from billcore.payments.payment import LANDED, Payment, PaymentState
from billcore.testing.builders import BY, a_client, an_issued_invoice
from billcore.testing.clock import START

ONE, TWO, THREE = InvoiceId("invoice-1"), InvoiceId("invoice-2"), InvoiceId("invoice-3")


def with_credit(minor: int = 80_00) -> tuple[PureBooks, Payment]:
    """A payment for no invoice yet, and one invoice of 100.00."""
    books = PureBooks()
    payment = books.record(minor, {})
    books.invoice()
    return books, payment


def test_credit_goes_onto_an_invoice_and_off_again() -> None:
    books, payment = with_credit()

    applied, there = applying.apply(payment, [(books.invoice(), usd(50_00))], at=START, by=BY)
    books.book(there)
    paid = books.invoice().paid
    unapplied, back = applying.unapply(applied, ONE, usd(20_00), at=START, by=BY)
    books.book(back)

    assert (paid, applied.unapplied) == (usd(50_00), usd(30_00))
    assert (books.invoice().paid, unapplied.unapplied) == (usd(30_00), usd(50_00))


def test_as_much_as_fits_is_the_smaller_of_credit_and_balance() -> None:
    books, payment = with_credit(80_00)
    books.record(40_00, payment_id="payment-2")

    assert applying.as_much_as_fits(payment, books.invoice("invoice-2")) == usd(80_00)
    assert applying.as_much_as_fits(payment, books.invoice("invoice-1")) == usd(60_00)


def test_what_is_being_refunded_is_not_applied() -> None:
    books, payment = with_credit(80_00)
    _, reserved = books.request_refund(payment, 50_00)

    assert applying.as_much_as_fits(reserved, books.invoice()) == usd(30_00)
    with pytest.raises(NothingToApply, match=r"only 30\.00 USD"):
        applying.apply(reserved, [(books.invoice(), usd(30_01))], at=START, by=BY)


def test_no_more_is_applied_than_there_is_and_than_is_owed() -> None:
    books, payment = with_credit(180_00)

    with pytest.raises(Overpayment):
        applying.apply(payment, [(books.invoice(), usd(100_01))], at=START, by=BY)
    with pytest.raises(NothingToApply):
        applying.apply(
            payment, [(books.invoice(), usd(100_00)), (books.invoice("invoice-2"), usd(80_01))], at=START, by=BY
        )


def test_no_more_is_unapplied_than_is_there() -> None:
    books = PureBooks()
    payment = books.record(40_00)

    with pytest.raises(NothingToApply, match=r"only 40\.00 USD"):
        applying.unapply(payment, ONE, usd(40_01), at=START, by=BY)
    with pytest.raises(NothingToApply, match="nothing of this payment is on that invoice"):
        applying.unapply(payment, TWO, usd(1), at=START, by=BY)
    with pytest.raises(BadMoney, match="above zero"):
        applying.unapply(payment, ONE, usd(0), at=START, by=BY)
    with pytest.raises(CurrencyMismatch):
        applying.unapply(payment, ONE, Money(1, "EUR"), at=START, by=BY)


def test_a_client_pays_nobody_elses_invoice_and_no_void_one() -> None:
    books, payment = with_credit()
    anothers = an_issued_invoice(books.firm, a_client(books.firm, "client-2"))

    with pytest.raises(NotPayable, match="another client"):
        applying.apply(payment, [(anothers, usd(1))], at=START, by=BY)
    with pytest.raises(NotPayable, match="void"):
        applying.apply(payment, [(a_void_invoice(books.firm, books.client), usd(1))], at=START, by=BY)


@pytest.mark.parametrize("state", [state for state in PaymentState if state not in LANDED])
def test_only_money_that_came_is_applied_or_unapplied(state: PaymentState) -> None:
    books, payment = in_state(state)

    with pytest.raises(InvalidTransition, match=f"a payment that is {state.value}"):
        applying.apply(payment, [(books.invoice("invoice-2"), usd(1))], at=START, by=BY)
    with pytest.raises(InvalidTransition):
        applying.unapply(payment, ONE, usd(1), at=START, by=BY)
    with pytest.raises(InvalidTransition):
        applying.as_much_as_fits(payment, books.invoice("invoice-2"))


# ── How parts move ───────────────────────────────────────────────────────────────────────────────────────────────────

parts = st.dictionaries(st.sampled_from([ONE, TWO, THREE]), st.integers(1, 100_00)).map(
    lambda amounts: tuple(Part(invoice_id, usd(minor)) for invoice_id, minor in amounts.items())
)


def amounts_of(these: tuple[Part, ...]) -> dict[InvoiceId, int]:
    return {part.invoice_id: part.amount.minor for part in these}


@given(parts, parts)
def test_parts_that_are_merged_and_taken_off_again_are_as_before(
    before: tuple[Part, ...], more: tuple[Part, ...]
) -> None:
    merged = applying.merge(before, more)

    assert sum(amounts_of(merged).values()) == sum(amounts_of(before).values()) + sum(amounts_of(more).values())
    assert amounts_of(applying.less(merged, more)) == amounts_of(before)


def test_what_was_applied_last_stands_last() -> None:
    merged = applying.merge((Part(ONE, usd(1)), Part(TWO, usd(2))), (Part(ONE, usd(5)),))

    assert merged == (Part(TWO, usd(2)), Part(ONE, usd(6)))


@given(st.integers(0, 150_00), st.integers(1, 100_00), st.integers(1, 100_00), st.integers(1, 350_00))
def test_what_leaves_a_payment_leaves_the_credit_first_and_then_what_was_applied_last(
    credit: int, one: int, two: int, taken: int
) -> None:
    books = PureBooks()
    payment = books.record(credit + one + two, {"invoice-1": one, "invoice-2": two})

    parts, off_credit = applying.taken_from(payment, usd(taken))

    off = amounts_of(parts)
    off_one, off_two = off.get(ONE, 0), off.get(TWO, 0)
    assert off_one + off_two + off_credit.minor == taken
    assert off_two == min(max(taken - credit, 0), two)
    assert off_one == min(max(taken - credit - two, 0), one)
