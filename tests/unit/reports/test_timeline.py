"""The timeline of one invoice: every step, in plain words, with who did it."""

from collections.abc import Callable
from datetime import date

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.reports.any_event import EVERY_EVENT, any_of
from tests.unit.reports.happened import (
    FIRM,
    INVOICE,
    JANE,
    PATEL,
    PAYMENT,
    REFUND,
    STRIPE,
    TODAY,
    completed,
    credited,
    dispute_lost,
    dispute_opened,
    dispute_won,
    drafted,
    extra_fee,
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

from billcore import events
from billcore.actors import Contact, Staff, System
from billcore.events import Event
from billcore.fees import FeeBasis, FeeKind
from billcore.ids import ClientId, CreditNoteId, InvoiceId
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Failure, Initiator, RefundReason
from billcore.reports.timeline import TimelineEntry, timeline
from billcore.reports.wording import Manner, words

AUTOPAY = System("auto-pay")
PRIYA = Contact("priya", "Priya Patel", ClientId("client-1"))
OTHER = InvoiceId("I2")


def pending(amount: Money, invoice_id: InvoiceId = INVOICE) -> events.PaymentPending:
    return events.PaymentPending(
        firm_id=FIRM, payment_id=PAYMENT, amount=amount, invoice_ids=(invoice_id,), at=noon(TODAY), by=STRIPE
    )


def of_invoice(kind: Callable[..., Event], **facts: object) -> Event:
    return kind(firm_id=FIRM, invoice_id=INVOICE, at=noon(TODAY), by=JANE, **facts)


def of_payment(kind: Callable[..., Event], **facts: object) -> Event:
    about = {"payment_id": PAYMENT, "amount": usd(80_00), "invoice_ids": (INVOICE,)}
    return kind(firm_id=FIRM, at=noon(TODAY), by=JANE, **about, **facts)


def of_refund(kind: Callable[..., Event], **facts: object) -> Event:
    return of_payment(kind, refund_id=REFUND, **facts)


def story(*happened: events.Event) -> tuple[TimelineEntry, ...]:
    return timeline(recorded(*happened), INVOICE)


def told(*happened: events.Event) -> list[str]:
    return [entry.text for entry in story(*happened)]


@pytest.mark.rule("S1.25", "S1.46", "S1.47")
def test_each_step_of_an_online_payment_shows_with_its_words_and_who_did_it() -> None:
    happened = (
        drafted(usd(100_00)),
        issued(usd(100_00)),
        initiated(usd(100_00), by=PRIYA),
        pending(usd(100_00)),
        completed(usd(100_00)),
    )

    entries = story(*happened)

    assert [(entry.actor, entry.text) for entry in entries] == [
        ("Jane Chen", "Drafted, 100.00 USD"),
        ("Jane Chen", "Issued as INV-0001, 100.00 USD, due on 2026-05-04"),
        ("Priya Patel", "Payment of 100.00 USD by card started"),
        ("Stripe", "Payment of 100.00 USD by card is on its way"),
        ("Stripe", "Payment of 100.00 USD by card completed"),
    ]
    assert [entry.position for entry in entries] == [1, 2, 3, 4, 5]
    assert {entry.at for entry in entries} == {noon(TODAY)}


@pytest.mark.rule("S1.16", "S1.46")
def test_a_payment_by_hand_shows_amount_method_reference_and_the_name_of_who_recorded_it() -> None:
    (entry,) = story(recorded_by_hand(usd(200_00), method=Method.CHECK, reference="4521", by=Staff("jo", "Jo Reyes")))

    assert entry.text == "Payment of 200.00 USD by check (4521) recorded"
    assert (entry.amount, entry.method, entry.reference) == (usd(200_00), Method.CHECK, "4521")
    assert entry.actor == "Jo Reyes"


@pytest.mark.parametrize(
    ("method", "words"),
    [
        (Method.CASH, "in cash"),
        (Method.CHECK, "by check"),
        (Method.WIRE, "by wire"),
        (Method.ACH, "by ACH"),
        (Method.CARD, "by card"),
        (Method.OTHER, "by other means"),
    ],
)
def test_every_method_has_its_words(method: Method, words: str) -> None:
    assert told(recorded_by_hand(usd(5_00), method=method)) == [f"Payment of 5.00 USD {words} recorded"]


@pytest.mark.rule("S1.36")
def test_a_refund_is_an_entry_of_its_own_with_a_negative_amount() -> None:
    payment, refund = story(completed(usd(100_00)), refunded(usd(40_00), reason=RefundReason.SERVICE_NOT_RENDERED))

    assert payment.amount == usd(100_00)
    assert refund.amount == usd(-40_00)
    assert refund.text == "Refund of 40.00 USD made: service not rendered"


def test_a_refund_that_moves_no_money_says_so() -> None:
    assert told(refunded(usd(40_00), is_manual=True)) == ["Refund of 40.00 USD made, to be settled by hand: duplicate"]
    assert told(refunded(usd(40_00), is_external=True)) == [
        "Refund of 40.00 USD made, to be settled by hand: duplicate"
    ]


def test_every_step_of_a_refund_is_negative() -> None:
    requested = events.RefundRequested(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=usd(40_00),
        invoice_ids=(INVOICE,),
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        at=noon(TODAY),
        by=JANE,
    )
    came_back, failed = refund_failed(usd(40_00)), refund_failed(usd(40_00), had_succeeded=False)

    entries = story(requested, came_back, failed)

    assert [(entry.amount, entry.text) for entry in entries] == [
        (usd(-40_00), "Refund of 40.00 USD requested: requested by customer"),
        (usd(-40_00), "Refund of 40.00 USD came back: account closed"),
        (usd(-40_00), "Refund of 40.00 USD failed: account closed"),
    ]


@pytest.mark.rule("S1.50")
def test_a_back_fill_is_labelled_and_otherwise_an_ordinary_online_payment() -> None:
    entries = story(
        initiated(usd(80_00), initiator=Initiator.BACKFILL),
        pending(usd(80_00)),
        completed(usd(80_00), initiator=Initiator.BACKFILL),
    )

    assert [(entry.label, entry.text) for entry in entries] == [
        ("Back-fill", "Back-fill of 80.00 USD by card started"),
        ("Back-fill", "Back-fill of 80.00 USD by card is on its way"),
        ("Back-fill", "Back-fill of 80.00 USD by card completed"),
    ]
    assert entries[0].amount == usd(80_00)


@pytest.mark.rule("S1.47")
def test_a_failed_auto_pay_says_why_in_plain_words() -> None:
    failed = events.PaymentFailed(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(80_00),
        invoice_ids=(INVOICE,),
        initiator=Initiator.AUTOPAY,
        failure=Failure(code="insufficient_funds", message="Your card has insufficient funds."),
        released=on_invoice(usd(80_00)),
        at=noon(TODAY),
        by=STRIPE,
    )

    started, ended = story(initiated(usd(80_00), initiator=Initiator.AUTOPAY, by=AUTOPAY), failed)

    assert (started.actor, started.label) == ("Auto-Pay or System", "Auto-pay")
    assert (ended.actor, ended.text) == ("Stripe", "Auto-pay of 80.00 USD by card failed: insufficient funds")


def test_a_payment_by_a_person_has_no_label() -> None:
    assert [entry.label for entry in story(initiated(usd(5_00)), recorded_by_hand(usd(5_00)))] == [None, None]


@pytest.mark.rule("S1.41")
def test_the_fee_shows_when_it_is_expected_and_again_when_it_is_known() -> None:
    expected = fee_of(usd(3_20), FeeBasis.ESTIMATED)

    entries = story(fee_assessed(expected), fee_assessed(fee_of(usd(3_25)), replaces=expected))

    assert [(entry.amount, entry.text) for entry in entries] == [
        (usd(-3_20), "Fee of 3.20 USD expected"),
        (usd(-3_25), "Fee of 3.25 USD kept by the processor, 3.20 USD was expected"),
    ]


def test_an_extra_fee_says_what_it_is_for_and_whether_it_came_back() -> None:
    entries = story(extra_fee(FeeKind.DISPUTE, usd(15_00)), extra_fee(FeeKind.DISPUTE, usd(-15_00)))

    assert [(entry.amount, entry.text) for entry in entries] == [
        (usd(-15_00), "Dispute fee of 15.00 USD charged"),
        (usd(15_00), "Dispute fee of 15.00 USD given back"),
    ]


def test_a_payment_on_several_invoices_shows_whole_and_with_its_part_on_this_one() -> None:
    both = (*on_invoice(usd(60_00)), *on_invoice(usd(40_00), OTHER))

    (entry,) = story(recorded_by_hand(usd(100_00), both))

    assert entry.text == "Payment of 100.00 USD by check recorded, 60.00 USD of it on this invoice"
    assert entry.amount == usd(100_00)


def test_a_refund_that_came_off_other_invoices_says_that_none_of_it_is_from_this_one() -> None:
    refund = refunded(usd(40_00), on_invoice(usd(40_00), OTHER))

    assert told(refund) == ["Refund of 40.00 USD made, none of it on this invoice: duplicate"]


def test_client_credit_that_is_applied_or_taken_off_says_how_much() -> None:
    applied = events.PaymentApplied(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(50_00),
        invoice_ids=(INVOICE,),
        parts=on_invoice(usd(50_00)),
        at=noon(TODAY),
        by=JANE,
    )
    unapplied = events.PaymentUnapplied(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(20_00),
        invoice_ids=(INVOICE,),
        parts=on_invoice(usd(20_00)),
        at=noon(TODAY),
        by=JANE,
    )

    entries = story(applied, unapplied)

    assert [(entry.amount, entry.text) for entry in entries] == [
        (usd(50_00), "Client credit of 50.00 USD applied"),
        (usd(-20_00), "20.00 USD made client credit again"),
    ]


def test_what_banks_take_back_is_negative_and_what_they_return_is_not() -> None:
    entries = story(
        initiated(usd(100_00), method=Method.ACH),
        returned(usd(100_00)),
        dispute_opened(usd(100_00)),
        dispute_won(usd(100_00)),
        dispute_lost(usd(100_00)),
    )

    assert [(entry.amount, entry.text) for entry in entries[1:]] == [
        (usd(-100_00), "Payment of 100.00 USD by ACH returned by the bank (R01)"),
        (usd(-100_00), "Payment of 100.00 USD by ACH disputed by the client: fraudulent"),
        (usd(100_00), "Payment of 100.00 USD by ACH: dispute won"),
        (usd(-100_00), "Payment of 100.00 USD by ACH: dispute lost"),
    ]


@pytest.mark.rule("S3.34")
def test_a_void_is_logged_with_its_reason() -> None:
    voided = events.InvoiceVoided(
        firm_id=FIRM,
        invoice_id=INVOICE,
        reason="wrong client",
        net=usd(100_00),
        tax=usd(0),
        late_fees=usd(0),
        owed=usd(100_00),
        written_off=usd(0),
        at=noon(TODAY),
        by=JANE,
    )

    assert told(voided, evolve(voided, reason=" ")) == ["Voided: wrong client", "Voided"]


def test_credit_notes_and_write_offs_show_their_amounts_in_words_and_move_no_money() -> None:
    written_off = events.InvoiceWrittenOff(
        firm_id=FIRM, invoice_id=INVOICE, amount=usd(8_00), reason="insolvent", at=noon(TODAY), by=JANE
    )
    canceled = events.CreditReversed(
        firm_id=FIRM,
        invoice_id=INVOICE,
        credit_note_id=CreditNoteId("C1"),
        amount=usd(12_00),
        net=usd(10_00),
        tax=usd(2_00),
        at=noon(TODAY),
        by=JANE,
    )

    entries = story(credited(usd(12_00), tax=usd(2_00)), canceled, written_off)

    assert [entry.text for entry in entries] == [
        "Credit note CN-0001 of 12.00 USD: too many hours",
        "Credit note of 12.00 USD canceled, because its refund failed",
        "8.00 USD written off: insolvent",
    ]
    assert [entry.amount for entry in entries] == [None, None, None]


@pytest.mark.parametrize(
    ("origin", "words"),
    [
        ("typed", "Drafted"),
        ("time", "Drafted from logged time"),
        ("engagement", "Drafted for a signed engagement"),
        ("schedule", "Drafted by a recurring schedule"),
        ("add_on", "Drafted for a signed add-on"),
        ("of a later version", "Drafted"),
    ],
)
def test_a_draft_says_where_it_came_from(origin: str, words: str) -> None:
    assert told(drafted(usd(10_00), origin=origin)) == [f"{words}, 10.00 USD"]


@pytest.mark.rule("S1.46")
def test_every_step_of_an_invoice_s_life_has_its_words() -> None:
    assert told(
        of_invoice(events.InvoiceEdited, gross=usd(90_00)),
        of_invoice(events.InvoiceDelivered, channel="email"),
        of_invoice(events.InvoiceViewed),
        of_invoice(events.HoldPlaced, reason="talks with the client"),
        of_invoice(events.HoldReleased),
        of_invoice(events.WriteOffReversed, amount=usd(8_00), reason="paid after all"),
        of_invoice(events.InvoiceDeleted),
    ) == [
        "Draft changed, now 90.00 USD",
        "Sent to the client by email",
        "Viewed by the client",
        "Collection on hold: talks with the client",
        "Collection goes on",
        "Write-off of 8.00 USD reversed: paid after all",
        "Draft deleted",
    ]


@pytest.mark.rule("S1.25")
def test_every_step_of_a_payment_and_of_a_refund_has_its_words() -> None:
    assert told(
        initiated(usd(80_00)),
        of_payment(events.PaymentActionRequired),
        of_payment(events.PaymentReviewRequired, reason="the amounts differ"),
        of_payment(events.PaymentReviewed, evidence="bank statement"),
        of_payment(events.PaymentCanceled, initiator=Initiator.CLIENT, reason="no answer", released=()),
        of_refund(events.RefundPending),
        of_refund(events.RefundCanceled, reason="a mistake"),
    )[1:] == [
        "Payment of 80.00 USD by card waits for the client to confirm it",
        "Payment of 80.00 USD by card needs a review: the amounts differ",
        "Payment of 80.00 USD by card reviewed: bank statement",
        "Payment of 80.00 USD by card canceled: no answer",
        "Refund of 80.00 USD is on its way",
        "Refund of 80.00 USD canceled: a mistake",
    ]


def test_a_back_dated_payment_shows_both_its_business_date_and_when_it_was_recorded() -> None:
    payment = evolve(recorded_by_hand(usd(10_00)), on=date(2026, 5, 1))

    (entry,) = story(payment)

    assert (entry.on, entry.at) == (date(2026, 5, 1), noon(TODAY))


def test_a_later_step_of_a_payment_that_began_elsewhere_is_told_without_its_method() -> None:
    assert told(pending(usd(10_00))) == ["Payment of 10.00 USD is on its way"]


def test_events_of_other_invoices_and_of_no_invoice_are_left_out() -> None:
    added = events.ClientAdded(firm_id=FIRM, client_id=PATEL, currency="USD", at=noon(TODAY), by=JANE)

    assert told(added, drafted(usd(10_00), invoice_id=OTHER), pending(usd(10_00), OTHER)) == []


def test_reasons_references_and_names_stay_out_of_the_repr() -> None:
    (entry,) = story(recorded_by_hand(usd(10_00), reference="4521"))

    assert "4521" not in repr(entry)
    assert "Jane" not in repr(entry)


@pytest.mark.parametrize("kind", EVERY_EVENT)
@settings(max_examples=20)
@given(data=st.data())
def test_every_event_has_words_and_none_of_them_is_code(kind: type[events.Event], data: st.DataObject) -> None:
    text = words(data.draw(any_of(kind)), Manner(), INVOICE)

    assert text
    assert not text[0].islower()
    assert "Money(" not in text
