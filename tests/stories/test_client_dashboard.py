"""Product G, an agency's client dashboard (S4): what the client owes, pays and keeps, and who acted for whom."""

import pytest
from attrs import evolve
from tests.office import JANE, PRIYA, Office

from billcore.actors import Contact
from billcore.errors import MethodInUse, MethodNotAllowed, NotPermitted
from billcore.methods import Method
from billcore.money import Money
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRO_FIRM


@pytest.fixture
def office() -> Office:
    return Office.open(PRO_FIRM)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def test_the_total_of_a_clients_open_invoices_is_one_question(office: Office) -> None:
    patel, smith = office.client("Patel"), office.client("Smith")
    late = office.sent(patel, "70.00")
    office.desk.payments.record(late.id, "20.00", method=Method.CHECK)
    office.days_later(31)
    office.sent(patel, "100.00")
    office.draft(patel, "999.00")
    office.sent(smith, "1.00")

    dashboard = office.by(PRIYA).reports.dashboard(patel.id)

    assert dashboard.open_balance == (usd(150_00),)
    assert dashboard.open_count == 2


@pytest.mark.rule("S4.5")
def test_staff_who_act_as_the_client_are_recorded_as_such(office: Office) -> None:
    client = office.client()
    invoice = office.sent(client)
    jane_as_priya = evolve(PRIYA, impersonated_by=JANE)

    office.by(jane_as_priya).invoices.view(invoice.id)
    office.by(jane_as_priya).payments.charge(invoice.id, method=office.card(client))

    assert office.invoice(invoice).first_viewed_at is None
    assert {event.by for event in office.happened() if event.by not in (JANE,)} >= {jane_as_priya}
    assert ("Jane Chen for Priya Patel", "Payment of 100.00 USD by card started") in office.told(invoice)


@pytest.mark.rule("S4.7")
def test_a_client_stores_and_deletes_payment_information_by_the_right_to_look() -> None:
    granted = {JANE.id: frozenset(Permission), PRIYA.id: frozenset({Permission.VIEW})}
    office = Office.open(PRO_FIRM, authorizer=AllowListed(granted))
    client = office.client()
    invoice = office.sent(client)
    priya = office.by(PRIYA)

    card = priya.methods.attach(client.id, gateway="fake", token="card_ok")
    stored = priya.methods.of_client(client.id)
    priya.methods.detach(card.id)

    assert [method.id for method in stored] == [card.id]
    assert priya.methods.of_client(client.id) == ()
    with pytest.raises(MethodNotAllowed):
        priya.payments.charge(invoice.id, method=card.id)
    with pytest.raises(NotPermitted):
        office.by(Contact("eve", "Eve", client.id)).methods.attach(client.id, gateway="fake", token="card_ok")


def test_payment_information_under_way_is_not_deleted(office: Office) -> None:
    client = office.client()
    invoice = office.sent(client)
    account = office.card(client, "ach_ok")
    office.by(PRIYA).payments.charge(invoice.id, method=account)

    with pytest.raises(MethodInUse):
        office.by(PRIYA).methods.detach(account)
    office.days_later(3)
    office.hear()
    assert not office.by(PRIYA).methods.detach(account).is_active
