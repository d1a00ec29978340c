"""Product C, a portal of client charges (S2): draft open charges, finalize and lock, pay by card on file or credit."""

import pytest
from tests.office import AUTOPAY, PRIYA, Office, a_line

from billcore.clients import Client
from billcore.errors import ChargeNotOpen, InvalidTransition, NothingToApply, NotPayable
from billcore.ids import ChargeId
from billcore.invoices.status import can_pay_now, is_visible_to_client
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import PaymentState
from billcore.policy import STANDARD
from billcore.reasons import Initiator


@pytest.fixture
def office() -> Office:
    return Office.open(STANDARD)


@pytest.fixture
def client(office: Office) -> Client:
    return office.client()


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def a_charge(office: Office, client: Client, amount: str = "100.00") -> ChargeId:
    return office.desk.charges.add(client.id, "Filing", unit_price=amount).id


def is_open(office: Office, charge: ChargeId) -> bool:
    return charge in [each.id for each in office.desk.charges.unbilled()]


@pytest.mark.rule("S2.2")
def test_an_invoice_made_by_hand_is_a_draft_first(office: Office, client: Client) -> None:
    a_charge(office, client)

    made = [
        office.desk.invoices.draft_unbilled(client.id),
        office.desk.invoices.draft(client.id, lines=[a_line()]),
        office.desk.invoices.draft(client.id),
    ]

    assert all(invoice.is_draft and invoice.number is None for invoice in made)


@pytest.mark.rule("S2.3")
def test_a_draft_is_neither_seen_nor_charged(office: Office, client: Client) -> None:
    draft = office.draft(client)
    card = office.card(client)

    assert not is_visible_to_client(draft, STANDARD)
    assert not can_pay_now(draft)
    with pytest.raises(NotPayable, match="draft"):
        office.by(AUTOPAY).payments.charge(draft.id, method=card)
    assert office.gateway.books().payments == ()


@pytest.mark.rule("S2.4", "S2.5")
def test_a_draft_is_of_all_charges_of_the_client_or_of_selected_ones(office: Office, client: Client) -> None:
    first, second, third = (a_charge(office, client) for _ in range(3))
    anothers = a_charge(office, office.client("Smith"))

    selected = office.desk.invoices.draft(client.id, charges=[second])
    all_others = office.desk.invoices.draft_unbilled(client.id)

    assert selected.content.charge_ids == (second,)
    assert set(all_others.content.charge_ids) == {first, third}
    assert is_open(office, anothers)
    with pytest.raises(ChargeNotOpen, match="another client"):
        office.desk.invoices.draft(client.id, charges=[anothers])


@pytest.mark.rule("S2.6")
def test_deleting_a_draft_returns_its_charges_to_open(office: Office, client: Client) -> None:
    charge = a_charge(office, client)
    draft = office.desk.invoices.draft_unbilled(client.id)
    before = is_open(office, charge)

    office.desk.invoices.delete(draft.id)
    number = office.sent(client).number

    assert not before
    assert is_open(office, charge)
    assert number == "INV-0001"


@pytest.mark.rule("S2.7", "S2.9")
def test_finalize_locks_the_charges_and_opens_the_invoice_to_the_client(office: Office, client: Client) -> None:
    charge = a_charge(office, client)
    draft = office.desk.invoices.draft_unbilled(client.id)

    invoice = office.desk.invoices.issue(draft.id)

    assert is_visible_to_client(invoice, STANDARD)
    with pytest.raises(ChargeNotOpen):
        office.desk.charges.change(charge, unit_price="1.00")
    with pytest.raises(ChargeNotOpen):
        office.desk.charges.discard(charge)
    with pytest.raises(InvalidTransition):
        office.desk.invoices.edit(invoice.id, lines=[])


@pytest.mark.rule("S2.8")
def test_the_client_is_told_only_when_that_is_asked_for(office: Office, client: Client) -> None:
    quiet = office.desk.invoices.issue(office.draft(client).id)
    told = office.desk.invoices.deliver(office.desk.invoices.issue(office.draft(client).id).id)

    assert quiet.delivered_at is None
    assert told.delivered_at is not None
    assert [text for _, text in office.told(quiet) if "Sent" in text] == []


@pytest.mark.rule("S2.10", "S2.11")
def test_a_void_is_for_finalized_invoices_and_ends_what_is_owed(office: Office, client: Client) -> None:
    draft = office.draft(client)
    with pytest.raises(InvalidTransition, match="issue it first"):
        office.desk.invoices.void(draft.id)
    issued = office.desk.invoices.issue(draft.id)

    office.desk.invoices.void(issued.id)

    assert office.balance(issued) == "0.00"
    assert office.piles(issued) == frozenset()
    assert office.desk.reports.aging().rows == ()


@pytest.mark.rule("S2.12")
def test_staff_charge_the_card_that_is_stored_for_the_client(office: Office, client: Client) -> None:
    invoice = office.sent(client)

    payment = office.desk.payments.charge(invoice.id, method=office.card(client))

    assert (payment.state, payment.initiator) == (PaymentState.COMPLETED, Initiator.STAFF)
    assert office.badge(invoice) == "Paid"
    assert ("Jane Chen", "Payment of 100.00 USD by card started") in office.told(invoice)


@pytest.mark.rule("S2.13")
def test_whether_a_billing_method_exists_is_a_question_that_can_be_asked(office: Office, client: Client) -> None:
    before = office.desk.methods.of_client(client.id)
    card = office.card(client)
    stored = office.desk.methods.of_client(client.id)
    office.desk.methods.detach(card)

    assert before == ()
    assert [method.id for method in stored] == [card]
    assert office.desk.methods.of_client(client.id) == ()


@pytest.mark.rule("S2.14")
def test_an_outside_payment_is_marked_in_one_click(office: Office, client: Client) -> None:
    invoice = office.sent(client)

    payment = office.desk.payments.mark_paid(invoice.id)

    assert (payment.amount, payment.method, payment.reference) == (usd(100_00), Method.OTHER, None)
    assert office.badge(invoice) == "Paid"
    with pytest.raises(NotPayable, match="nothing is left to pay"):
        office.desk.payments.mark_paid(invoice.id)


@pytest.mark.rule("S2.15")
def test_an_invoice_is_paid_from_the_clients_credit(office: Office, client: Client) -> None:
    credit = office.desk.payments.receive(client.id, "150.00", onto={}, method=Method.CHECK)
    first, second = office.sent(client), office.sent(client)

    office.desk.payments.apply(credit.id, first.id)
    rest = office.desk.payments.apply(credit.id, second.id)

    assert (office.badge(first), office.balance(second)) == ("Paid", "50.00")
    assert rest.unapplied == usd(0)
    with pytest.raises(NothingToApply):
        office.desk.payments.apply(credit.id, second.id)


def test_a_client_may_keep_and_remove_a_card_by_themselves(office: Office, client: Client) -> None:
    priya = office.by(PRIYA)

    card = priya.methods.attach(client.id, gateway="fake", token="card_ok")
    priya.methods.detach(card.id)

    assert office.desk.methods.of_client(client.id) == ()
