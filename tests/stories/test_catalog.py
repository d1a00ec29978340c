"""The service catalog (S0.4): templates that fill in lines, and never change what was filled in."""

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, Office

from billcore.errors import BadLine, BadText, InvalidTransition, NotPermitted
from billcore.ids import ChargeId, LineId
from billcore.lines import Codes, LineItem, TaxRate
from billcore.money import Money
from billcore.permissions import AllowListed, Permission

RETURN = LineItem(
    description="Tax return",
    unit_price="180.00",
    quantity="3",
    unit="hour",
    unit_code="HUR",
    taxes=(TaxRate(name="VAT", percent="20"),),
    codes=Codes(task="L110"),
)


@pytest.fixture
def office() -> Office:
    return Office.open()


@pytest.mark.rule("S0.4")
def test_a_template_fills_in_a_line_and_what_is_given_replaces_it(office: Office) -> None:
    item = office.desk.catalog.add("Tax return", RETURN)

    as_it_is = office.desk.catalog.line(item.id)
    longer = office.desk.catalog.line(item.id, quantity="4.5", served_on=date(2026, 5, 4))

    assert as_it_is == RETURN
    assert longer == evolve(RETURN, quantity=Decimal("4.5"), served_on=date(2026, 5, 4))
    draft = office.desk.invoices.draft(office.client().id, lines=[longer])
    assert draft.gross == Money(972_00, "USD")


@pytest.mark.rule("S0.4")
def test_changing_or_retiring_an_item_changes_no_document(office: Office) -> None:
    item = office.desk.catalog.add("Tax return", RETURN)
    client = office.client()
    sent = office.desk.invoices.send(
        office.desk.invoices.draft(client.id, lines=[office.desk.catalog.line(item.id)]).id
    )
    draft = office.desk.invoices.draft(client.id, lines=[office.desk.catalog.line(item.id)])

    office.desk.catalog.change(item.id, name="Return", template=evolve(RETURN, unit_price="999.00"))
    office.desk.catalog.retire(item.id)

    assert (office.invoice(sent), office.invoice(draft)) == (sent, draft)
    assert office.billing.verify(FIRM) == ()


def test_the_catalog_is_listed_by_name_and_a_retired_item_fills_in_nothing(office: Office) -> None:
    audit, advice = office.desk.catalog.add("audit", RETURN), office.desk.catalog.add("Advice", RETURN)
    books = office.desk.catalog.add("Books", RETURN)

    retired = office.desk.catalog.retire(books.id)

    assert [item.id for item in office.desk.catalog.all()] == [advice.id, audit.id]
    assert [item.id for item in office.desk.catalog.all(retired=True)] == [advice.id, audit.id, books.id]
    assert office.desk.catalog.get(books.id) == retired
    for verb in (office.desk.catalog.line, office.desk.catalog.change, office.desk.catalog.retire):
        with pytest.raises(InvalidTransition, match="retired"):
            verb(books.id)


def test_a_template_is_a_new_line(office: Office) -> None:
    for wrong in (
        evolve(RETURN, id=LineId("L1")),
        evolve(RETURN, charge_ids=(ChargeId("chg_1"),)),
        evolve(RETURN, original_unit_price="200.00"),
    ):
        with pytest.raises(BadLine):
            office.desk.catalog.add("Tax return", wrong)
    with pytest.raises(BadText):
        office.desk.catalog.add(" ", RETURN)


@pytest.mark.rule("S0.39")
def test_managing_the_catalog_is_a_permission_of_its_own_and_using_it_is_viewing() -> None:
    office = Office.open(authorizer=AllowListed({JANE.id: frozenset({Permission.SETTINGS, Permission.CATALOG})}))
    item = office.desk.catalog.add("Tax return", RETURN)
    with pytest.raises(NotPermitted):
        office.desk.catalog.line(item.id)

    may_not = Office.open(authorizer=AllowListed({JANE.id: frozenset(Permission) - {Permission.CATALOG}}))
    with pytest.raises(NotPermitted, match="manage_service_catalog"):
        may_not.desk.catalog.add("Tax return", RETURN)
    assert may_not.desk.catalog.all() == ()
