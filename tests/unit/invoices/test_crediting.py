"""Credit notes: each is split into net and tax so that all of them together are the invoice, to the minor unit."""

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.invoices.voided import a_void_invoice

from billcore.errors import BadMoney, CurrencyMismatch, InvalidTransition, OverCredit, PaymentInFlight
from billcore.invoices import crediting
from billcore.invoices.invoice import CreditNote, Invoice, with_sums
from billcore.invoices.settling import settle
from billcore.lines import TaxRate
from billcore.money import Money
from billcore.policy import PRACTICE, STANDARD, RefundEffect
from billcore.testing.builders import (
    BY,
    a_client,
    a_credit_note,
    a_draft,
    a_firm,
    a_line,
    a_recorded_payment,
    an_initiated_payment,
    an_issued_invoice,
)
from billcore.testing.clock import START

FIRM = a_firm()
CLIENT = a_client(FIRM)
VAT = TaxRate(name="VAT", percent="7.7")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def an_invoice(unit_price: str = "100.00") -> Invoice:
    return an_issued_invoice(FIRM, CLIENT, lines=[a_line(unit_price=unit_price, taxes=(VAT,))])


def test_a_credit_note_lowers_what_is_owed() -> None:
    invoice = an_invoice()

    note, credited = a_credit_note(invoice, usd(10_77))

    assert (note.net, note.tax) == (usd(10_00), usd(77))
    assert credited.owed == credited.total == usd(96_93)
    assert (credited.sums.credited, credited.sums.credited_tax) == (usd(10_77), usd(77))


@given(st.integers(1, 5_000_00), st.lists(st.integers(1, 100), min_size=1, max_size=8))
def test_credit_notes_for_all_of_an_invoice_are_the_invoice(minor: int, weights: list[int]) -> None:
    invoice = an_invoice(f"{minor // 100}.{minor % 100:02}")
    notes: list[CreditNote] = []

    for part in invoice.gross.split(weights):
        if part.is_positive:
            note, invoice = a_credit_note(invoice, part, f"note-{len(notes)}")
            notes.append(note)

    assert all(note.net + note.tax == note.amount for note in notes)
    assert Money.sum((note.amount for note in notes), "USD") == invoice.gross
    assert Money.sum((note.net for note in notes), "USD") == invoice.totals.net
    assert Money.sum((note.tax for note in notes), "USD") == invoice.totals.tax
    assert invoice.owed.is_zero


@given(st.integers(1, 99), st.integers(1, 99))
def test_the_taxes_still_add_up_after_a_credit_note_in_between_was_cancelled(first: int, second: int) -> None:
    invoice = an_invoice("1.01")
    one, invoice = a_credit_note(invoice, usd(first), "one")
    canceled, reversal = crediting.reverse_credit(one, at=START, by=BY)

    invoice = settle(invoice, reversal)
    two, invoice = a_credit_note(invoice, usd(second), "two")
    rest, invoice = a_credit_note(invoice, invoice.balance, "rest")

    assert canceled.canceled_at == START
    assert two.tax + rest.tax == invoice.totals.tax
    assert invoice.owed.is_zero


def test_a_credit_note_is_cancelled_once() -> None:
    note, _ = a_credit_note(an_invoice(), usd(10_00))
    canceled, _ = crediting.reverse_credit(note, at=START, by=BY)

    with pytest.raises(InvalidTransition, match="canceled already"):
        crediting.reverse_credit(canceled, at=START, by=BY)


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_no_more_is_credited_than_is_left_to_pay() -> None:
    _, invoice = a_recorded_payment(FIRM, CLIENT, an_invoice(), usd(100_00))

    with pytest.raises(OverCredit, match=r"only 7\.70 USD is left"):
        a_credit_note(invoice, usd(7_71))


def test_nothing_is_credited_on_a_settled_invoice() -> None:
    invoice = an_invoice()
    _, invoice = a_recorded_payment(FIRM, CLIENT, invoice, invoice.balance)

    with pytest.raises(OverCredit, match="nothing is left to credit"):
        a_credit_note(invoice, usd(0))


def test_what_waits_on_a_gateway_is_not_credited() -> None:
    _, invoice = an_initiated_payment(FIRM, CLIENT, an_invoice(), usd(100_00))

    for minor in (7_71, 107_70):
        with pytest.raises(PaymentInFlight, match=r"100\.00 USD is waiting on a gateway"):
            a_credit_note(invoice, usd(minor))
    with pytest.raises(OverCredit):
        a_credit_note(invoice, usd(107_71))


@pytest.mark.parametrize("minor", [0, -1])
def test_a_credit_is_above_zero(minor: int) -> None:
    with pytest.raises(BadMoney, match="above zero"):
        a_credit_note(an_invoice(), usd(minor))


def test_a_credit_is_in_the_invoices_currency() -> None:
    with pytest.raises(CurrencyMismatch):
        a_credit_note(an_invoice(), Money(1, "EUR"))


def test_neither_a_draft_nor_a_void_invoice_is_credited() -> None:
    for invoice in (a_draft(FIRM, CLIENT), a_void_invoice(FIRM, CLIENT)):
        with pytest.raises(InvalidTransition):
            a_credit_note(invoice, usd(1))


# ── What a refund credits (C4) ───────────────────────────────────────────────────────────────────────────────────────


def paid_under(effect: RefundEffect, *, paid: int, refunded: int = 0, credited: int = 0) -> Invoice:
    invoice = an_issued_invoice(a_firm(policy=evolve(STANDARD, refund_effect=effect)), CLIENT)
    return with_sums(invoice, paid=paid, refunded=refunded, credited=credited, credited_for_refunds=credited)


@pytest.mark.parametrize(
    ("effect", "refunded", "credited"),
    [
        (RefundEffect.REOPEN, 100_00, 0),
        (RefundEffect.CLOSE, 30_00, 30_00),
        (RefundEffect.CLOSE, 100_00, 100_00),
        (RefundEffect.REOPEN_PARTIAL_CLOSE_FULL, 30_00, 0),
        (RefundEffect.REOPEN_PARTIAL_CLOSE_FULL, 100_00, 100_00),
    ],
)
def test_a_refund_of_a_paid_invoice_credits_by_policy(effect: RefundEffect, refunded: int, credited: int) -> None:
    invoice = paid_under(effect, paid=100_00)

    assert crediting.credit_for_refund(invoice, usd(refunded)) == usd(credited)


def test_the_refund_of_the_rest_credits_what_earlier_refunds_reopened_as_well() -> None:
    invoice = paid_under(RefundEffect.REOPEN_PARTIAL_CLOSE_FULL, paid=70_00, refunded=30_00)

    assert crediting.credit_for_refund(invoice, usd(70_00)) == usd(100_00)


def test_the_refund_of_all_that_was_ever_paid_of_a_part_paid_invoice_keeps_the_unpaid_rest_owed() -> None:
    invoice = paid_under(RefundEffect.REOPEN_PARTIAL_CLOSE_FULL, paid=40_00)

    assert crediting.credit_for_refund(invoice, usd(40_00)) == usd(40_00)


def test_what_an_earlier_refund_credited_is_not_credited_again() -> None:
    # 40.00 of 100.00 was paid, given back and credited; then 20.00 came, and goes back too: 40.00 was never paid.
    invoice = paid_under(RefundEffect.REOPEN_PARTIAL_CLOSE_FULL, paid=20_00, refunded=40_00, credited=40_00)

    assert crediting.credit_for_refund(invoice, usd(20_00)) == usd(20_00)


@pytest.mark.rule("S3.36")
def test_goodwill_closes_nothing_that_a_refund_reopens() -> None:
    invoice = an_issued_invoice(a_firm(policy=PRACTICE), CLIENT)
    _, invoice = a_credit_note(invoice, usd(40_00))
    invoice = with_sums(invoice, paid=60_00)

    assert crediting.credit_for_refund(invoice, usd(60_00)) == usd(60_00)
