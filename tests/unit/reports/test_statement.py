"""A client's statement: opening, movements, closing, open items, and that they agree with the books."""

from datetime import date

import pytest
from attrs import evolve
from tests.unit.reports.happened import (
    FIRM,
    INVOICE,
    JANE,
    PATEL,
    completed,
    credited,
    dispute_lost,
    drafted,
    fee_assessed,
    fee_of,
    initiated,
    issued,
    noon,
    on_invoice,
    recorded,
    recorded_by_hand,
    refund_failed,
    refunded,
    returned,
    usd,
)
from tests.unit.reports.invoices import an_invoice, client

from billcore import events
from billcore.dates import Period
from billcore.ids import ClientId, CreditNoteId, InvoiceId, PaymentId
from billcore.invoices.invoice import Invoice
from billcore.money import Money
from billcore.reports.statement import CurrencyStatement, Movement, OpenItem, statement

MAY = Period(date(2026, 5, 1), date(2026, 6, 1))
IN_APRIL, IN_MAY, LATE_IN_MAY, IN_JUNE = date(2026, 4, 30), date(2026, 5, 4), date(2026, 5, 31), date(2026, 6, 1)
REYES = ClientId("reyes")
EMPTY: list[Invoice] = []


def account(*happened: events.Event) -> CurrencyStatement:
    """Patel's one account in May."""
    (only,) = statement(PATEL, recorded(*happened), EMPTY, MAY).currencies
    return only


def lines(of: CurrencyStatement) -> list[tuple[str, str | None, Money, Money]]:
    return [(movement.what, movement.reference, movement.amount, movement.balance) for movement in of.movements]


@pytest.mark.rule("S3.40")
def test_a_statement_rolls_from_the_opening_balance_over_each_movement_to_the_closing_balance() -> None:
    seen = account(
        drafted(usd(100_00), on=IN_APRIL),
        issued(usd(100_00), on=IN_APRIL),
        recorded_by_hand(usd(30_00), on=IN_APRIL),
        drafted(usd(50_00), invoice_id=InvoiceId("I2"), on=IN_MAY),
        issued(usd(50_00), invoice_id=InvoiceId("I2"), number="INV-0002", on=IN_MAY),
        recorded_by_hand(usd(70_00), payment_id=PaymentId("P2"), reference="4521", on=LATE_IN_MAY),
        recorded_by_hand(usd(1_00), payment_id=PaymentId("P3"), on=IN_JUNE),
    )

    assert seen.opening == usd(70_00)
    assert seen.movements == (
        Movement(on=IN_MAY, what="Invoice", reference="INV-0002", amount=usd(50_00), balance=usd(120_00)),
        Movement(on=LATE_IN_MAY, what="Payment by check", reference="4521", amount=usd(-70_00), balance=usd(50_00)),
    )
    assert seen.closing == usd(50_00)


def test_movements_stand_in_the_order_of_their_business_dates() -> None:
    back_dated = evolve(recorded_by_hand(usd(10_00), on=LATE_IN_MAY), on=IN_MAY)

    seen = account(drafted(usd(100_00)), issued(usd(100_00), on=LATE_IN_MAY), back_dated)

    assert [(movement.on, movement.balance) for movement in seen.movements] == [
        (IN_MAY, usd(-10_00)),
        (LATE_IN_MAY, usd(90_00)),
    ]


def test_a_payment_dated_back_before_the_period_is_in_its_opening_balance() -> None:
    back_dated = evolve(recorded_by_hand(usd(10_00), on=IN_MAY), on=IN_APRIL)

    seen = account(back_dated)

    assert (seen.opening, seen.movements, seen.closing) == (usd(-10_00), (), usd(-10_00))


def test_the_first_day_belongs_to_the_period_and_the_day_after_the_last_does_not() -> None:
    seen = account(
        recorded_by_hand(usd(1_00), on=MAY.start),
        recorded_by_hand(usd(2_00), payment_id=PaymentId("P2"), on=MAY.end),
    )

    assert (seen.opening, seen.closing) == (usd(0), usd(-1_00))


def test_every_kind_of_movement_has_words_that_tell_the_client_no_reasons() -> None:
    voided = events.InvoiceVoided(
        firm_id=FIRM,
        invoice_id=INVOICE,
        reason="secret",
        net=usd(1_00),
        tax=usd(0),
        late_fees=usd(0),
        owed=usd(1_00),
        written_off=usd(0),
        at=noon(IN_MAY),
        by=JANE,
    )
    written_off = events.InvoiceWrittenOff(
        firm_id=FIRM, invoice_id=INVOICE, amount=usd(1_00), reason="secret", at=noon(IN_MAY), by=JANE
    )
    recovered = events.WriteOffReversed(
        firm_id=FIRM, invoice_id=INVOICE, amount=usd(1_00), reason="secret", at=noon(IN_MAY), by=JANE
    )

    uncredited = events.CreditReversed(
        firm_id=FIRM,
        invoice_id=INVOICE,
        credit_note_id=CreditNoteId("C1"),
        amount=usd(1_00),
        net=usd(1_00),
        tax=usd(0),
        at=noon(IN_MAY),
        by=JANE,
    )

    late, forgiven = (
        kind(
            firm_id=FIRM,
            invoice_id=INVOICE,
            rule="late_fee",
            step=1,
            amount=usd(1_00),
            reason="secret",
            at=noon(IN_MAY),
            by=JANE,
        )
        for kind in (events.LateFeeAssessed, events.LateFeeWaived)
    )

    seen = account(
        drafted(usd(100_00)),
        issued(usd(100_00)),
        late,
        forgiven,
        credited(usd(1_00), tax=usd(0)),
        uncredited,
        written_off,
        recovered,
        initiated(usd(1_00)),
        completed(usd(1_00)),
        refunded(usd(1_00)),
        refund_failed(usd(1_00)),
        returned(usd(1_00)),
        dispute_lost(usd(1_00)),
        voided,
    )

    assert [line[:3] for line in lines(seen)] == [
        ("Invoice", "INV-0001", usd(100_00)),
        ("Late fee", "INV-0001", usd(1_00)),
        ("Late fee waived", "INV-0001", usd(-1_00)),
        ("Credit note", "CN-0001", usd(-1_00)),
        ("Credit note canceled", "INV-0001", usd(1_00)),
        ("Written off", "INV-0001", usd(-1_00)),
        ("Write-off reversed", "INV-0001", usd(1_00)),
        ("Payment by card", None, usd(-1_00)),
        ("Refund", None, usd(1_00)),
        ("Refund that did not arrive", None, usd(-1_00)),
        ("Payment returned by the bank", None, usd(1_00)),
        ("Payment charged back", None, usd(1_00)),
        ("Invoice void", "INV-0001", usd(-1_00)),
    ]


def test_client_credit_counts_for_the_client_and_applying_it_moves_nothing() -> None:
    prepaid = recorded_by_hand(usd(50_00), (), on=IN_MAY)
    applied = events.PaymentApplied(
        firm_id=FIRM,
        payment_id=prepaid.payment_id,
        amount=usd(50_00),
        invoice_ids=(INVOICE,),
        parts=on_invoice(usd(50_00)),
        at=noon(LATE_IN_MAY),
        by=JANE,
    )

    seen = account(prepaid, applied)

    assert lines(seen) == [("Payment by check", None, usd(-50_00), usd(-50_00))]


def test_the_firm_s_fees_are_none_of_the_client_s_business() -> None:
    seen = account(initiated(usd(100_00)), completed(usd(100_00)), fee_assessed(fee_of(usd(3_20))))

    assert [line[0] for line in lines(seen)] == ["Payment by card"]


def test_references_of_the_client_stay_out_of_the_repr() -> None:
    (movement,) = account(recorded_by_hand(usd(1_00), reference="4521")).movements

    assert "4521" not in repr(movement)


def test_another_client_s_invoices_and_payments_are_not_on_it() -> None:
    others = (
        drafted(usd(9_00), client_id=REYES),
        issued(usd(9_00)),
        recorded_by_hand(usd(9_00), client_id=REYES),
        refunded(usd(9_00)),
    )

    seen = statement(PATEL, recorded(*others), [an_invoice(usd(9_00), of=client(REYES, "Ana Reyes"))], MAY)

    assert seen.currencies == ()


def test_each_currency_is_an_account_of_its_own() -> None:
    euros = Money(20_00, "EUR")
    happened = recorded(
        recorded_by_hand(usd(5_00)),
        drafted(euros, invoice_id=InvoiceId("I2")),
        issued(euros, invoice_id=InvoiceId("I2")),
    )

    seen = statement(PATEL, happened, EMPTY, MAY)

    assert [account.closing for account in seen.currencies] == [euros, usd(-5_00)]


@pytest.mark.rule("S3.40")
def test_open_items_are_the_invoices_on_which_something_is_owed_the_longest_due_first() -> None:
    young = an_invoice(usd(10_00), invoice_id="3", due_on=date(2026, 6, 9))
    old = an_invoice(usd(20_00), invoice_id="1", due_on=date(2026, 5, 9), paid=5_00)
    paid = an_invoice(usd(30_00), invoice_id="2", paid=30_00)
    of_june = an_invoice(usd(40_00), invoice_id="4", issued_on=IN_JUNE, due_on=date(2026, 7, 1))

    (only,) = statement(PATEL, [], [young, old, paid, of_june], MAY).currencies

    assert only.open_items == (
        OpenItem(
            invoice_id=InvoiceId("1"),
            number="INV-1",
            issued_on=date(2026, 4, 1),
            due_on=date(2026, 5, 9),
            gross=usd(20_00),
            owed=usd(15_00),
        ),
        OpenItem(
            invoice_id=InvoiceId("3"),
            number="INV-3",
            issued_on=date(2026, 4, 1),
            due_on=date(2026, 6, 9),
            gross=usd(10_00),
            owed=usd(10_00),
        ),
    )
