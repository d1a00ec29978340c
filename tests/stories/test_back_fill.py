"""Back-fill: a client with a first saved method pays its recent open invoices with one confirmation (S1.48-S1.50)."""

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA, Office, a_line

from billcore import events
from billcore.clients import Client, Terms
from billcore.errors import MethodNotAllowed, NotFound, NotPayable, OnHold, StaleWrite
from billcore.events import Part
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import PaymentState
from billcore.policy import PRO_FIRM, BackfillScope
from billcore.reasons import Initiator
from billcore.recurring.cadence import Cadence
from billcore.recurring.schedule import Schedule
from billcore.services.backfill import BackfillDesk, BackfillResult


@pytest.fixture
def office() -> Office:
    return Office.open(PRO_FIRM, terms=Terms.net(14))


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def subscribed(office: Office, client: Client, *, autopay: bool = True) -> Schedule:
    return office.desk.schedules.start(client.id, Cadence.weekly(), lines=[a_line()], autopay=autopay)


def weeks(office: Office, count: int) -> list[Invoice]:
    """The invoices that the run made in so many weeks, oldest first."""
    for _ in range(count):
        office.billing.run()
        office.days_later(7)
    return sorted(office.desk.invoices.page(limit=1000).invoices, key=lambda invoice: invoice.drafted_at)


def ids(invoices: list[Invoice]) -> tuple[InvoiceId, ...]:
    return tuple(invoice.id for invoice in invoices)


def states(results: tuple[BackfillResult, ...]) -> list[PaymentState | None]:
    return [None if each.payment is None else each.payment.state for each in results]


@pytest.mark.rule("S1.48", "S1.50")
def test_the_first_saved_method_brings_an_offer_and_one_confirmation_pays_it(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    invoices = weeks(office, 3)
    priya = office.by(PRIYA)

    card = priya.methods.attach(client.id, gateway="fake", token="card_ok").id
    [attached] = [event for event in office.happened() if isinstance(event, events.MethodAttached)]
    offer = priya.backfill.offer(client.id)
    results = priya.backfill.accept(client.id, offer.invoice_ids, total=offer.total, method=card)

    assert attached.is_first
    assert (offer.count, offer.invoice_ids, offer.total) == (3, ids(invoices), usd(300_00))
    assert states(results) == [PaymentState.COMPLETED] * 3
    assert {each.payment.initiator for each in results if each.payment is not None} == {Initiator.BACKFILL}
    for invoice in invoices:
        assert office.badge(invoice) == "Paid"
        assert ("Priya Patel", "Back-fill of 100.00 USD by card started") in office.told(invoice)
        assert {entry.label for entry in office.desk.invoices.timeline(invoice.id) if entry.amount} == {"Back-fill"}
    assert priya.backfill.offer(client.id).count == 0
    assert office.billing.verify(FIRM) == ()


@pytest.mark.rule("S1.49")
def test_it_offers_what_is_sent_viewed_partially_paid_or_overdue(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    overdue, paid, partly, viewed, sent = weeks(office, 5)
    office.by(PRIYA).invoices.view(viewed.id)
    office.desk.payments.record(paid.id, method=Method.CHECK)
    office.desk.payments.record(partly.id, "30.00", method=Method.CHECK)

    offer = office.by(PRIYA).backfill.offer(client.id)

    assert [office.badge(each) for each in (overdue, partly, viewed, sent)] == [
        "Overdue",
        "Partially paid",
        "Viewed",
        "Sent",
    ]
    assert offer.invoice_ids == ids([overdue, partly, viewed, sent])
    assert offer.total == usd(370_00)


@pytest.mark.rule("S1.49")
def test_it_offers_the_last_ninety_days(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    invoices = weeks(office, 14)
    ages = [(office.today - invoice.drafted_on).days for invoice in invoices]

    at_98 = office.by(PRIYA).backfill.offer(client.id)
    office.days_later(6)
    at_104 = office.by(PRIYA).backfill.offer(client.id)
    office.days_later(1)
    at_105 = office.by(PRIYA).backfill.offer(client.id)

    assert ages == list(range(98, 0, -7))
    assert at_98.invoice_ids == ids(invoices[2:]), "84 days is the oldest within 90"
    assert at_104.invoice_ids == ids(invoices[2:]), "which is 90 days old now"
    assert at_105.invoice_ids == ids(invoices[3:])


@pytest.mark.rule("S1.49")
def test_it_offers_what_auto_pay_would_have_paid_and_nothing_else(office: Office) -> None:
    client, smith = office.client(), office.client("Smith")
    subscribed(office, client, autopay=False)
    subscribed(office, smith)
    canceled = subscribed(office, client)
    weeks(office, 1)
    office.desk.schedules.end(canceled.id)
    office.sent(client)
    held = office.desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], autopay=True)
    office.billing.run()
    [on_hold] = [each for each in office.desk.invoices.page().invoices if each.schedule_id == held.id]
    office.desk.adjustments.hold(on_hold.id, reason="we talk about it")

    assert office.by(PRIYA).backfill.offer(client.id).count == 0
    office.desk.adjustments.release_hold(on_hold.id)
    assert office.by(PRIYA).backfill.offer(client.id).invoice_ids == (on_hold.id,)


def test_a_policy_may_offer_every_open_invoice() -> None:
    office = Office.open(evolve(PRO_FIRM, backfill_scope=BackfillScope.ALL, backfill_days=10))
    client = office.client()
    old = office.sent(client, "1.00")
    office.days_later(1)
    recent = office.sent(client, "20.00")
    office.draft(client, "300.00")
    unseen = office.desk.invoices.issue(office.draft(client, "4000.00").id)
    office.days_later(10)

    offer = office.by(PRIYA).backfill.offer(client.id)

    assert office.invoice(old).balance == usd(1_00)
    assert office.invoice(unseen).balance == usd(4000_00)
    assert (offer.invoice_ids, offer.total) == ((recent.id,), usd(20_00))


@pytest.mark.rule("S1.50")
def test_a_second_confirmation_is_the_same_payments(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    weeks(office, 3)
    card, priya = office.card(client), office.by(PRIYA).backfill
    offer = priya.offer(client.id)

    first = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=card)
    second = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=card)

    assert [each.payment for each in second] == [each.payment for each in first]
    assert len(office.gateway.books().payments) == 3
    accepted = [event for event in office.happened() if isinstance(event, events.BackfillAccepted)]
    assert [(event.method_id, len(event.parts), event.by) for event in accepted] == [(card, 3, PRIYA)]


def test_a_card_that_is_declined_is_not_asked_twice_but_another_card_is(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    weeks(office, 2)
    bad, good = office.card(client, "card_declined"), office.card(client)
    priya = office.by(PRIYA).backfill
    offer = priya.offer(client.id)

    declined = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=bad)
    repeated = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=bad)
    paid = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=good)

    assert states(declined) == states(repeated) == [PaymentState.FAILED] * 2
    assert states(paid) == [PaymentState.COMPLETED] * 2
    assert len(office.desk.payments.of_invoice(offer.invoice_ids[0])) == 2


def test_what_changed_since_the_offer_is_not_charged_unseen(office: Office) -> None:
    client, smith = office.client(), office.client("Smith")
    subscribed(office, client)
    first, _ = weeks(office, 2)
    card, anothers, gone = office.card(client), office.card(smith), office.card(client)
    office.desk.methods.detach(gone)
    priya = office.by(PRIYA).backfill
    offer = priya.offer(client.id)
    stray = office.sent(client)
    before = office.books()

    for method, refusal in ((anothers, NotFound), (gone, MethodNotAllowed)):
        with pytest.raises(refusal):
            priya.accept(client.id, offer.invoice_ids, total=offer.total, method=method)
    with pytest.raises(StaleWrite):
        priya.accept(client.id, offer.invoice_ids, total="199.99", method=card)
    with pytest.raises(NotPayable):
        priya.accept(client.id, [first.id, stray.id], total="200.00", method=card)
    with pytest.raises(MethodNotAllowed):
        office.by(JANE).backfill.accept(client.id, offer.invoice_ids, total=offer.total, method=card)

    assert office.books() == before


def test_one_that_is_refused_keeps_none_of_the_others_back(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    first, second = weeks(office, 2)
    card, priya = office.card(client), office.by(PRIYA).backfill
    offer = priya.offer(client.id)
    # As when the program was killed after the confirmation, and staff held one of the invoices before it was repeated.
    with pytest.MonkeyPatch.context() as killed:
        killed.setattr(BackfillDesk, "_charge", _killed)
        with pytest.raises(KeyboardInterrupt):
            priya.accept(client.id, offer.invoice_ids, total=offer.total, method=card)
    office.desk.adjustments.hold(first.id, reason="we talk about it")

    results = priya.accept(client.id, offer.invoice_ids, total=offer.total, method=card)

    assert [type(each.refused) for each in results] == [OnHold, type(None)]
    assert states(results) == [None, PaymentState.COMPLETED]
    assert [office.balance(each) for each in (first, second)] == ["100.00", "0.00"]


def _killed(*_: object) -> None:
    raise KeyboardInterrupt


def test_an_offer_is_noted_once_and_so_is_what_the_client_would_rather_not(office: Office) -> None:
    client = office.client()
    subscribed(office, client)
    [invoice] = weeks(office, 1)
    priya = office.by(PRIYA).backfill

    priya.offer(client.id)
    priya.offer(client.id)
    priya.decline(client.id)

    told = [event for event in office.happened() if isinstance(event, events.BackfillOffered | events.BackfillDeclined)]
    assert [type(event) for event in told] == [events.BackfillOffered, events.BackfillDeclined]
    assert isinstance(told[0], events.BackfillOffered)
    assert told[0].parts == (Part(invoice.id, usd(100_00)),)
    assert office.balance(invoice) == "100.00"
