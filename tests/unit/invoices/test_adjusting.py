"""Write-offs and holds: what staff decide about an issued invoice besides its content."""

import pytest
from tests.unit.invoices.voided import a_void_invoice

from billcore.errors import BadMoney, CurrencyMismatch, InvalidTransition, OverCredit, PaymentInFlight, ReasonRequired
from billcore.invoices import adjusting
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Settlement, settlement
from billcore.money import Money
from billcore.policy import PRACTICE, STANDARD
from billcore.testing.builders import (
    BY,
    a_client,
    a_draft,
    a_firm,
    a_recorded_payment,
    an_initiated_payment,
    an_issued_invoice,
)
from billcore.testing.clock import START

FIRM = a_firm()
CLIENT = a_client(FIRM)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def written_off(invoice: Invoice, minor: int, reason: str = "bankrupt") -> Invoice:
    changed, _ = adjusting.write_off(invoice, usd(minor), reason=reason, at=START, by=BY)
    return changed


def test_a_write_off_lowers_what_is_owed_and_is_remembered_as_such() -> None:
    invoice = written_off(an_issued_invoice(FIRM, CLIENT), 100_00)

    assert invoice.owed.is_zero
    assert settlement(invoice) is Settlement.WRITTEN_OFF


def test_the_rest_of_a_part_paid_invoice_can_be_written_off() -> None:
    _, invoice = a_recorded_payment(FIRM, CLIENT, an_issued_invoice(FIRM, CLIENT), usd(40_00))

    invoice = written_off(invoice, 60_00)

    assert (invoice.paid, invoice.owed, invoice.sums.written_off) == (usd(40_00), usd(0), usd(60_00))


def test_a_client_who_pays_after_all_is_asked_again() -> None:
    invoice = written_off(an_issued_invoice(FIRM, CLIENT), 100_00)

    asked, event = adjusting.reverse_write_off(invoice, usd(30_00), at=START, by=BY)

    assert (asked.owed, asked.sums.written_off, event.amount) == (usd(30_00), usd(70_00), usd(30_00))


def test_no_more_is_written_off_than_is_left() -> None:
    _, invoice = a_recorded_payment(FIRM, CLIENT, an_issued_invoice(FIRM, CLIENT), usd(40_00))

    with pytest.raises(OverCredit, match=r"only 60\.00 USD is left"):
        written_off(invoice, 60_01)


def test_what_waits_on_a_gateway_is_not_written_off() -> None:
    _, invoice = an_initiated_payment(FIRM, CLIENT, an_issued_invoice(FIRM, CLIENT), usd(40_00))

    with pytest.raises(PaymentInFlight):
        written_off(invoice, 60_01)
    assert written_off(invoice, 60_00).balance.is_zero


def test_no_more_is_reversed_than_was_written_off() -> None:
    invoice = written_off(an_issued_invoice(FIRM, CLIENT), 10_00)

    with pytest.raises(OverCredit, match=r"only 10\.00 USD is written off"):
        adjusting.reverse_write_off(invoice, usd(10_01), at=START, by=BY)
    with pytest.raises(OverCredit, match="nothing is written off"):
        adjusting.reverse_write_off(an_issued_invoice(FIRM, CLIENT), usd(1), at=START, by=BY)


@pytest.mark.parametrize("minor", [0, -1])
def test_amounts_are_above_zero(minor: int) -> None:
    with pytest.raises(BadMoney, match="above zero"):
        written_off(an_issued_invoice(FIRM, CLIENT), minor)
    invoice = written_off(an_issued_invoice(FIRM, CLIENT), 10_00)
    with pytest.raises(BadMoney, match="above zero"):
        adjusting.reverse_write_off(invoice, usd(minor), at=START, by=BY)


def test_a_write_off_is_in_the_invoices_currency() -> None:
    with pytest.raises(CurrencyMismatch):
        adjusting.write_off(an_issued_invoice(FIRM, CLIENT), Money(1, "EUR"), reason="", at=START, by=BY)


def test_a_write_off_needs_a_reason_where_a_void_does() -> None:
    invoice = an_issued_invoice(a_firm(policy=PRACTICE), CLIENT)

    with pytest.raises(ReasonRequired):
        written_off(invoice, 1, reason="  ")


# ── Holds ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_hold_has_a_reason_whatever_the_policy() -> None:
    with pytest.raises(ReasonRequired):
        adjusting.hold(an_issued_invoice(a_firm(policy=STANDARD), CLIENT), reason=" ", at=START, by=BY)


def test_a_hold_is_placed_once_and_released_once() -> None:
    held, _ = adjusting.hold(an_issued_invoice(FIRM, CLIENT), reason="a dispute", at=START, by=BY)

    released, _ = adjusting.release_hold(held, at=START, by=BY)

    assert held.hold is not None
    assert held.hold.reason == "a dispute"
    assert released.hold is None
    with pytest.raises(InvalidTransition, match="on hold already"):
        adjusting.hold(held, reason="another", at=START, by=BY)
    with pytest.raises(InvalidTransition, match="not on hold"):
        adjusting.release_hold(released, at=START, by=BY)


def test_a_hold_changes_no_amount() -> None:
    invoice = an_issued_invoice(FIRM, CLIENT)

    held, _ = adjusting.hold(invoice, reason="a dispute", at=START, by=BY)

    assert (held.sums, held.balance) == (invoice.sums, invoice.balance)


def test_nothing_is_decided_about_a_draft_or_a_void_invoice() -> None:
    for invoice in (a_draft(FIRM, CLIENT), a_void_invoice(FIRM, CLIENT)):
        with pytest.raises(InvalidTransition):
            written_off(invoice, 1)
        with pytest.raises(InvalidTransition):
            adjusting.reverse_write_off(invoice, usd(1), at=START, by=BY)
        with pytest.raises(InvalidTransition):
            adjusting.hold(invoice, reason="a dispute", at=START, by=BY)
        with pytest.raises(InvalidTransition):
            adjusting.release_hold(invoice, at=START, by=BY)
