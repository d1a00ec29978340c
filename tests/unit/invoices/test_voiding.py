"""Voiding: an invoice issued in error is taken back, keeps its number, and can never take money again."""

import pytest
from attrs import evolve
from tests.unit.invoices.voided import a_void_invoice

from billcore.errors import (
    BadText,
    InvalidTransition,
    InvoiceHasPayments,
    NotPayable,
    PaymentInFlight,
    ReasonRequired,
)
from billcore.ids import ChargeId
from billcore.invoices import adjusting, voiding
from billcore.invoices.guards import require_payable
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import queues
from billcore.lines import LineItem, TaxRate
from billcore.money import Money
from billcore.policy import PRACTICE, STANDARD, VoidedLines
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


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_a_void_invoice_keeps_its_number_and_owes_nothing() -> None:
    void = a_void_invoice(FIRM, CLIENT)

    assert void.number == "INV-0001"
    assert (void.total, void.owed, void.balance) == (usd(0), usd(0), usd(0))
    assert void.gross == usd(100_00)
    assert queues(void, START.date()) == frozenset()


def test_a_void_invoice_takes_no_money() -> None:
    with pytest.raises(NotPayable, match="cannot pay a void invoice"):
        require_payable(a_void_invoice(FIRM, CLIENT), usd(1))


@pytest.mark.parametrize(
    ("by_policy", "asked", "released"),
    [
        (VoidedLines.RETURN_TO_UNBILLED, None, ("c1",)),
        (VoidedLines.KEEP_BILLED, None, ()),
        (VoidedLines.RETURN_TO_UNBILLED, VoidedLines.KEEP_BILLED, ()),
        (VoidedLines.KEEP_BILLED, VoidedLines.RETURN_TO_UNBILLED, ("c1",)),
    ],
)
def test_charges_return_by_policy_or_as_asked(
    by_policy: VoidedLines, asked: VoidedLines | None, released: tuple[str, ...]
) -> None:
    firm = a_firm(policy=evolve(STANDARD, voided_lines=by_policy))
    line = LineItem(description="Work", unit_price="100.00", charge_ids=(ChargeId("c1"),))
    invoice = an_issued_invoice(firm, CLIENT, lines=[line, a_line()])

    _, event = voiding.void(invoice, lines=asked, at=START, by=BY)

    assert event.released == released


def test_the_event_says_what_stood_in_the_books() -> None:
    invoice = an_issued_invoice(FIRM, CLIENT, lines=[a_line(taxes=(TaxRate(name="VAT", percent="20"),))])
    _, invoice = a_credit_note(invoice, usd(12_00))
    invoice, _ = adjusting.write_off(invoice, usd(8_00), reason="", at=START, by=BY)

    _, event = voiding.void(invoice, at=START, by=BY)

    assert (event.net, event.tax) == (usd(90_00), usd(18_00))
    assert (event.owed, event.written_off) == (usd(100_00), usd(8_00))
    assert event.net + event.tax == event.owed + event.written_off


def test_a_void_ends_a_hold() -> None:
    held, _ = adjusting.hold(an_issued_invoice(FIRM, CLIENT), reason="a dispute", at=START, by=BY)

    void, _ = voiding.void(held, at=START, by=BY)

    assert void.hold is None


def test_an_invoice_with_money_on_it_is_not_voided() -> None:
    _, invoice = a_recorded_payment(FIRM, CLIENT, an_issued_invoice(FIRM, CLIENT), usd(1))

    with pytest.raises(InvoiceHasPayments, match=r"0\.01 USD is paid on it"):
        voiding.void(invoice, at=START, by=BY)


def test_an_invoice_for_which_money_may_still_come_is_not_voided() -> None:
    _, invoice = an_initiated_payment(FIRM, CLIENT, an_issued_invoice(FIRM, CLIENT), usd(1))

    with pytest.raises(PaymentInFlight, match=r"0\.01 USD is waiting on a gateway"):
        voiding.void(invoice, at=START, by=BY)


@pytest.mark.parametrize("invoice", [a_draft(FIRM, CLIENT), a_void_invoice(FIRM, CLIENT)], ids=["draft", "void"])
def test_only_an_issued_invoice_is_voided_and_only_once(invoice: Invoice) -> None:
    with pytest.raises(InvalidTransition):
        voiding.void(invoice, reason="duplicate", at=START, by=BY)


@pytest.mark.rule("S3.34")
def test_a_reason_is_given_where_the_policy_asks_for_one() -> None:
    invoice = an_issued_invoice(a_firm(policy=PRACTICE), CLIENT)

    with pytest.raises(ReasonRequired):
        voiding.void(invoice, reason=" \n", at=START, by=BY)
    void, event = voiding.void(invoice, reason="duplicate", at=START, by=BY)

    assert void.voiding is not None
    assert (void.voiding.reason, event.reason) == ("duplicate", "duplicate")


def test_a_reason_is_text_that_can_be_stored() -> None:
    for reason in ("x" * 1001, "nul \x00", "half \ud800"):
        with pytest.raises(BadText):
            voiding.void(an_issued_invoice(FIRM, CLIENT), reason=reason, at=START, by=BY)
