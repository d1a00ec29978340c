"""The sums of an invoice are a fold of what happened to its money; every event moves exactly what it says."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.unit.reports import happened
from tests.unit.reports.happened import FIRM, INVOICE, JANE, PAYMENT, REFUND, usd

from billcore import events
from billcore.events import Event
from billcore.ids import CreditNoteId, InvoiceId, RefundId
from billcore.invoices.invoice import Hold, Invoice, LateFee, Sums, with_sums
from billcore.invoices.settling import settle
from billcore.money import Money
from billcore.reasons import Failure, Initiator
from billcore.testing.builders import a_client, a_firm, an_issued_invoice
from billcore.testing.clock import START

OTHER = InvoiceId("I2")
HERE = (events.Part(INVOICE, usd(30_00)),)
BOTH = (*HERE, events.Part(OTHER, usd(5_00)))
ISSUED = evolve(an_issued_invoice(a_firm(), a_client(a_firm())), id=INVOICE)
BUSY = with_sums(
    ISSUED,
    paid=40_00,
    in_flight=40_00,
    refunded=40_00,
    credited=40_00,
    credited_tax=4_00,
    credited_for_refunds=20_00,
    written_off=40_00,
)


def failed(initiator: Initiator = Initiator.CLIENT, released: tuple[events.Part, ...] = HERE) -> events.PaymentFailed:
    return events.PaymentFailed(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(35_00),
        invoice_ids=(INVOICE,),
        initiator=initiator,
        failure=Failure(code="card_declined"),
        released=released,
        at=START,
        by=JANE,
    )


def refunded(holds: tuple[InvoiceId, ...] = (), refund_id: RefundId = REFUND) -> events.RefundSucceeded:
    return evolve(happened.refunded(usd(35_00), BOTH), holds=holds, refund_id=refund_id)


def bounced(refund_id: RefundId = REFUND) -> events.RefundFailed:
    return evolve(happened.refund_failed(usd(35_00), BOTH), refund_id=refund_id)


def moved(event: Event) -> dict[str, int]:
    """By how much each sum of the invoice moved."""
    after = settle(BUSY, event).sums
    differences = {name: getattr(after, name).minor - getattr(BUSY.sums, name).minor for name in Sums.__annotations__}
    return {name: difference for name, difference in differences.items() if difference}


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (happened.recorded_by_hand(usd(35_00), BOTH), {"paid": 30_00}),
        (happened.initiated(usd(35_00), BOTH), {"in_flight": 30_00}),
        (happened.completed(usd(35_00), BOTH), {"paid": 30_00, "in_flight": -30_00}),
        (failed(), {"in_flight": -30_00}),
        (happened.returned(usd(35_00), BOTH), {"paid": -30_00}),
        (evolve(happened.dispute_lost(usd(35_00)), parts=BOTH), {"paid": -30_00}),
        (refunded(), {"paid": -30_00, "refunded": 30_00}),
        (bounced(), {"paid": 30_00, "refunded": -30_00}),
        (happened.refund_failed(usd(35_00), BOTH, had_succeeded=False), {}),
        (happened.credited(usd(12_00), usd(2_00)), {"credited": 12_00, "credited_tax": 2_00}),
        (happened.dispute_opened(usd(35_00)), {}),
        (happened.dispute_won(usd(35_00)), {}),
        (happened.fee_assessed(happened.fee_of(usd(3_20))), {}),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_event_moves_what_it_says_of_this_invoice(event: Event, expected: dict[str, int]) -> None:
    assert moved(event) == expected


def test_money_that_came_late_leaves_in_flight_what_was_released_and_pays_what_still_fits() -> None:
    late = evolve(happened.completed(usd(35_00), BOTH), released=())

    assert moved(late) == {"paid": 30_00}


def test_an_event_without_money_for_this_invoice_leaves_the_very_same_record() -> None:
    for event in (happened.drafted(usd(1)), happened.dispute_opened(usd(1)), happened.issued(usd(1))):
        assert settle(BUSY, event) is BUSY


def test_the_credit_note_of_a_refund_is_told_from_others() -> None:
    note = evolve(happened.credited(usd(12_00), usd(2_00)), refund_id=REFUND)

    assert moved(note) == {"credited": 12_00, "credited_tax": 2_00, "credited_for_refunds": 12_00}


def test_a_reversed_credit_note_moves_the_opposite_of_what_it_moved() -> None:
    note = evolve(happened.credited(usd(12_00), usd(2_00)), refund_id=REFUND)
    reversal = events.CreditReversed(
        firm_id=FIRM,
        invoice_id=INVOICE,
        credit_note_id=CreditNoteId("C1"),
        amount=note.amount,
        net=note.net,
        tax=note.tax,
        at=START,
        by=JANE,
    )

    assert settle(settle(BUSY, note), reversal) == BUSY


# ── Auto-pay (C21) ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.10")
def test_only_a_failed_auto_pay_is_noted_and_money_that_comes_clears_it() -> None:
    by_client = settle(BUSY, failed())
    by_autopay = settle(BUSY, failed(Initiator.AUTOPAY))
    paid = settle(by_autopay, happened.recorded_by_hand(usd(30_00)))

    assert by_client.autopay_failed_at is None
    assert by_autopay.autopay_failed_at == START
    assert paid.autopay_failed_at is None


def test_a_failed_auto_pay_of_another_invoice_is_not_noted_here() -> None:
    elsewhere = (events.Part(OTHER, usd(30_00)),)

    assert settle(BUSY, failed(Initiator.AUTOPAY, elsewhere)).autopay_failed_at is None


def test_money_for_another_invoice_clears_no_failed_auto_pay_here() -> None:
    failed_before = settle(BUSY, failed(Initiator.AUTOPAY))
    elsewhere = happened.recorded_by_hand(usd(30_00), (events.Part(OTHER, usd(30_00)),))

    assert settle(failed_before, elsewhere) == failed_before


def test_an_auto_pay_of_another_invoice_that_a_bank_takes_back_is_not_noted_here() -> None:
    elsewhere = (events.Part(OTHER, usd(30_00)),)

    assert settle(BUSY, happened.returned(usd(30_00), elsewhere, initiator=Initiator.AUTOPAY)) is BUSY


def test_an_auto_pay_that_a_bank_takes_back_is_noted_as_failed() -> None:
    assert settle(BUSY, happened.returned(usd(30_00), HERE, initiator=Initiator.AUTOPAY)).autopay_failed_at is not None


def test_an_auto_pay_that_will_not_try_again_is_noted_as_failed() -> None:
    stopped = events.AutopayStopped(firm_id=FIRM, invoice_id=INVOICE, code="no_method", at=START, by=JANE)

    assert settle(BUSY, stopped) == evolve(BUSY, autopay_failed_at=START)


# ── Late fees ────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_late_fee_is_owed_and_kept_with_its_step_and_one_that_is_waived_leaves_the_others() -> None:
    fees = [
        events.LateFeeAssessed(
            firm_id=FIRM,
            invoice_id=INVOICE,
            rule=rule,
            step=step,
            amount=usd(5_00 * step),
            reason="",
            at=START,
            on=START.date() + timedelta(days=step),
            by=JANE,
        )
        for rule, step in (("flat", 1), ("monthly", 1), ("monthly", 2))
    ]
    waiver = events.LateFeeWaived(
        firm_id=FIRM, invoice_id=INVOICE, rule="monthly", step=1, amount=usd(5_00), reason="", at=START, by=JANE
    )
    owing = BUSY
    for fee in fees:
        owing = settle(owing, fee)

    flat, first, second = (
        LateFee(rule="flat", step=1, amount=usd(5_00), on=START.date() + timedelta(days=1)),
        LateFee(rule="monthly", step=1, amount=usd(5_00), on=START.date() + timedelta(days=1)),
        LateFee(rule="monthly", step=2, amount=usd(10_00), on=START.date() + timedelta(days=2)),
    )
    assert owing == evolve(with_sums(BUSY, late_fees=20_00), late_fees=(flat, first, second))
    assert settle(owing, waiver) == evolve(
        with_sums(BUSY, late_fees=15_00), late_fees=(flat, evolve(first, waived_at=START), second)
    )


# ── Holds (C5) ───────────────────────────────────────────────────────────────────────────────────────────────────────


def held(invoice: Invoice, refund_id: RefundId | None) -> Invoice:
    return evolve(invoice, hold=Hold(reason="a dispute", at=START - timedelta(days=1), refund_id=refund_id))


def test_a_refund_holds_collection_where_it_says_so() -> None:
    assert settle(BUSY, refunded()).hold is None
    event = refunded(holds=(INVOICE,))
    assert settle(BUSY, event).hold == Hold(reason="a refund reopened this invoice", at=event.at, refund_id=REFUND)


def test_a_refund_leaves_a_hold_that_is_there() -> None:
    invoice = held(BUSY, None)

    assert settle(invoice, refunded(holds=(INVOICE,))).hold == invoice.hold


def test_a_refund_that_fails_after_all_lifts_its_own_hold_and_no_other() -> None:
    invoice = with_sums(ISSUED, refunded=30_00)

    assert settle(held(invoice, REFUND), bounced()).hold is None
    assert settle(held(invoice, RefundId("R2")), bounced()).hold is not None
    assert settle(held(invoice, None), bounced()).hold is not None


def test_a_hold_stays_while_another_refund_is_given_back() -> None:
    assert settle(held(BUSY, REFUND), bounced()).hold is not None


def test_what_another_refund_gave_back_stays_on_hold_when_the_refund_that_placed_it_fails() -> None:
    refunded_twice = evolve(BUSY, sums=evolve(BUSY.sums, refunded=usd(30_01)))

    assert settle(held(refunded_twice, REFUND), bounced()).hold is not None


def test_sums_never_go_below_what_moved_in() -> None:
    there_and_back = settle(settle(ISSUED, happened.initiated(usd(30_00), HERE)), failed())

    assert there_and_back.sums == Sums.nothing("USD")
    assert there_and_back.balance == Money(100_00, "USD")
