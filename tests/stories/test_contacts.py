"""A client's contact in the portal: that client's records are there, and nothing else is (S3.23, S4.1-S4.4)."""

from collections.abc import Callable
from datetime import date

import pytest
from attrs import evolve, frozen
from tests.databases import Database
from tests.office import FIRM, JANE, PRIYA, Office, a_line

from billcore import Cadence, Initiator, Method, Period, Status
from billcore.billing import Billing, FrontDesk
from billcore.clients import Client
from billcore.errors import BadText, NotFound, NotPermitted
from billcore.ids import ChargeId, ClientId, InvoiceId, MethodId, PaymentId, RefundId, ScheduleId
from billcore.invoices.invoice import Invoice
from billcore.permissions import Permission
from billcore.testing import CountingIds, FakeGateway, ManualClock
from billcore_sqlalchemy import SqlStore


@frozen(kw_only=True)
class Bills:
    """One client with something of each kind."""

    client: Client
    invoice: Invoice
    draft: Invoice
    payment: PaymentId
    refund: RefundId
    charge: ChargeId
    method: MethodId
    schedule: ScheduleId


def bills(desk: FrontDesk, name: str) -> Bills:
    client = desk.clients.add(name)
    invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[a_line("100.00")]).id)
    payment = desk.payments.record(invoice.id, "40.00", method=Method.CASH)
    refund = desk.refunds.issue(payment.id, "10.00")
    schedule = desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line("5.00")])
    return Bills(
        client=client,
        invoice=desk.invoices.get(invoice.id),
        draft=desk.invoices.draft(client.id, lines=[a_line("7.00")]),
        payment=payment.id,
        refund=refund.id,
        charge=desk.charges.add(client.id, "A call", unit_price="3.00").id,
        method=desk.methods.attach(client.id, gateway="fake", token="card_ok").id,
        schedule=schedule.id,
    )


OPEN = (Status.SENT, Status.VIEWED, Status.PARTIALLY_PAID, Status.OVERDUE)
NOBODY = "of-nobody"
ASKED: dict[str, Callable[[FrontDesk, Bills, Bills], object]] = {
    "the client": lambda desk, theirs, _: desk.clients.get(theirs.client.id),
    "an invoice": lambda desk, theirs, _: desk.invoices.get(theirs.invoice.id),
    "a timeline": lambda desk, theirs, _: desk.invoices.timeline(theirs.invoice.id),
    "a view": lambda desk, theirs, _: desk.invoices.view(theirs.invoice.id),
    "a payment": lambda desk, theirs, _: desk.payments.get(theirs.payment),
    "the payments of an invoice": lambda desk, theirs, _: desk.payments.of_invoice(theirs.invoice.id),
    "a payment history": lambda desk, theirs, _: desk.payments.history(theirs.invoice.id),
    "paying their invoice": lambda desk, theirs, own: desk.payments.charge(theirs.invoice.id, method=own.method),
    "paying with their card": lambda desk, theirs, own: desk.payments.charge(own.invoice.id, method=theirs.method),
    "a page to pay their invoice on": lambda desk, theirs, _: desk.payments.checkout(
        theirs.invoice.id, gateway="fake", success_url="https://a.example", cancel_url="https://a.example"
    ),
    "a refund": lambda desk, theirs, _: desk.refunds.get(theirs.refund),
    "the refunds of a payment": lambda desk, theirs, _: desk.refunds.of_payment(theirs.payment),
    "the credit notes of an invoice": lambda desk, theirs, _: desk.adjustments.credit_notes(theirs.invoice.id),
    "a saved method": lambda desk, theirs, _: desk.methods.get(theirs.method),
    "the saved methods": lambda desk, theirs, _: desk.methods.of_client(theirs.client.id),
    "the default method": lambda desk, theirs, _: desk.methods.default(theirs.client.id),
    "making a method the default": lambda desk, theirs, _: desk.methods.make_default(theirs.method),
    "deleting a method": lambda desk, theirs, _: desk.methods.detach(theirs.method),
    "replacing a method by theirs": lambda desk, theirs, own: desk.methods.detach(
        _paying(desk, own), replacement=theirs.method
    ),
    "attaching a method": lambda desk, theirs, _: desk.methods.attach(
        theirs.client.id, gateway="fake", token="card_ok"
    ),
    "a schedule": lambda desk, theirs, _: desk.schedules.get(theirs.schedule),
    "the schedules": lambda desk, theirs, _: desk.schedules.all(theirs.client.id),
    "a preview": lambda desk, theirs, _: desk.schedules.preview(theirs.schedule),
    "the occurrences": lambda desk, theirs, _: desk.schedules.occurrences(theirs.schedule),
    "paying their schedule": lambda desk, theirs, own: desk.schedules.change_method(theirs.schedule, own.method),
    "paying a schedule with their card": lambda desk, theirs, own: desk.schedules.change_method(
        own.schedule, theirs.method
    ),
    "a charge": lambda desk, theirs, _: desk.charges.get(theirs.charge),
    "an offer to pay what is open": lambda desk, theirs, _: desk.backfill.offer(theirs.client.id),
    "paying what is open": lambda desk, theirs, own: desk.backfill.accept(
        theirs.client.id, [theirs.invoice.id], total="70.00", method=own.method
    ),
    "declining to pay what is open": lambda desk, theirs, _: desk.backfill.decline(theirs.client.id),
    "a statement": lambda desk, theirs, _: desk.reports.statement(
        theirs.client.id, Period(date(2026, 1, 1), date(2027, 1, 1))
    ),
    "a dashboard": lambda desk, theirs, _: desk.reports.dashboard(theirs.client.id),
}


def _paying(desk: FrontDesk, own: Bills) -> MethodId:
    """The client's own method, which pays its schedule and therefore needs a replacement."""
    desk.schedules.change_method(own.schedule, own.method)
    return own.method


@pytest.fixture(params=["memory", "sqlite", "postgresql", "mariadb"])
def billing(request: pytest.FixtureRequest) -> Billing:
    clock = ManualClock()
    office = Office.open()
    if request.param == "memory":
        return office.billing
    databases = request.getfixturevalue("databases")
    database: Database = databases.get(request.param)
    database.empty()
    opened = Billing(SqlStore(database.engine), [FakeGateway(clock)], clock=clock, ids=CountingIds())
    opened.firms.open(FIRM, "Acme", by=JANE)
    return opened


@pytest.mark.rule("S4.4", "S3.23")
def test_what_is_another_clients_is_refused_like_an_id_of_nobody_and_nothing_changes(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own, theirs = bills(desk, "Patel Family"), bills(desk, "Kim & Sons")
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))
    nobodys = Bills(
        client=evolve(theirs.client, id=ClientId(NOBODY)),
        invoice=evolve(theirs.invoice, id=InvoiceId(NOBODY)),
        draft=evolve(theirs.draft, id=InvoiceId(NOBODY)),
        payment=PaymentId(NOBODY),
        refund=RefundId(NOBODY),
        charge=ChargeId(NOBODY),
        method=MethodId(NOBODY),
        schedule=ScheduleId(NOBODY),
    )

    for what, ask in ASKED.items():
        with pytest.raises(NotFound) as of_nobody:
            ask(portal, nobodys, own)
        with pytest.raises(NotFound) as of_another:
            ask(portal, theirs, own)
        assert "Kim" not in str(of_another.value), what
        unnamed = str(of_another.value)
        for field in ("payment", "refund", "charge", "method", "schedule"):
            unnamed = unnamed.replace(getattr(theirs, field), NOBODY)
        for record in (theirs.client, theirs.invoice):
            unnamed = unnamed.replace(record.id, NOBODY)
        assert unnamed == str(of_nobody.value), what

    assert desk.invoices.get(theirs.invoice.id) == theirs.invoice
    assert desk.methods.get(theirs.method).is_active
    assert billing.verify(FIRM) == ()


@pytest.mark.rule("S4.1", "S4.6")
def test_a_contact_finds_all_of_its_client_in_one_place_and_pays_there(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own, theirs = bills(desk, "Patel Family"), bills(desk, "Kim & Sons")
    desk.payments.charge(theirs.invoice.id, method=theirs.method)
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    assert [client.party.name for client in portal.clients.all()] == ["Patel Family"]
    page = portal.invoices.page()
    assert ([invoice.id for invoice in page.invoices], page.matching, page.total) == ([own.invoice.id], 1, 1)
    assert [schedule.id for schedule in portal.schedules.all()] == [own.schedule]
    assert [method.id for method in portal.methods.of_client(own.client.id)] == [own.method]
    assert {tile.queue.value: tile.count for tile in portal.reports.queues()} == {
        "drafts": 0,
        "awaiting": 1,
        "overdue": 0,
        "failed": 0,
    }
    taken = portal.reports.takings(Period(date(2026, 1, 1), date(2027, 1, 1)))
    assert [str(line.gross) for line in taken.currencies] == ["40.00 USD"]
    assert portal.payments.charge(own.invoice.id, method=own.method).state.value == "completed"
    assert portal.reports.dashboard(own.client.id).open_count == 0


@pytest.mark.rule("S4.9", "S4.10")
def test_the_open_invoices_of_a_client_are_listed_to_it_and_each_leads_to_the_invoice(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own, theirs = bills(desk, "Patel Family"), bills(desk, "Kim & Sons")
    overdue = desk.invoices.send(desk.invoices.draft(own.client.id, lines=[a_line("50.00")]).id, on=date(2026, 1, 5))
    paid = desk.invoices.send(desk.invoices.draft(own.client.id, lines=[a_line("20.00")]).id)
    desk.payments.record(paid.id, "20.00", method=Method.CASH)
    voided = desk.invoices.send(desk.invoices.draft(own.client.id, lines=[a_line("30.00")]).id)
    desk.invoices.void(voided.id, reason="entered twice")
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    listed = portal.invoices.page(statuses=OPEN).invoices

    assert {invoice.id for invoice in listed} == {own.invoice.id, overdue.id}
    assert [portal.invoices.view(invoice.id).number for invoice in listed] == [invoice.number for invoice in listed]
    with pytest.raises(NotFound):
        portal.invoices.view(theirs.invoice.id)


def test_a_contacts_aging_of_a_day_long_past_is_the_firms_row_of_its_client(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own, _ = bills(desk, "Patel Family"), bills(desk, "Kim & Sons")
    of_april = [desk.invoices.draft(own.client.id, lines=[a_line("50.00")]).id for _ in range(2)]
    for invoice_id in of_april:
        desk.invoices.send(invoice_id, on=date(2026, 4, 1))
    desk.payments.receive(
        own.client.id,
        "70.00",
        onto={of_april[0]: "50.00", of_april[1]: "20.00"},
        method=Method.CASH,
        received_on=date(2026, 4, 20),
    )
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    for day, owed in ((date(2026, 4, 10), "100.00 USD"), (date(2026, 4, 20), "30.00 USD")):
        found = portal.reports.aging(on=day).rows

        assert found == tuple(row for row in desk.reports.aging(on=day).rows if row.client_id == own.client.id)
        assert [str(row.total) for row in found] == [owed]


@pytest.mark.rule("S0.22", "S2.3")
def test_a_draft_is_not_there_for_the_contact_until_it_is_sent(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own = bills(desk, "Patel Family")
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    with pytest.raises(NotFound):
        portal.invoices.get(own.draft.id)
    with pytest.raises(NotFound):
        portal.invoices.timeline(own.draft.id)
    assert portal.invoices.page(statuses=[Status.DRAFT]).invoices == ()
    desk.invoices.send(own.draft.id)
    assert portal.invoices.get(own.draft.id).is_open


@pytest.mark.rule("S3.23")
def test_a_contact_looks_and_pays_whatever_the_host_grants(billing: Billing) -> None:
    desk = billing.at(FIRM, by=JANE)
    own = bills(desk, "Patel Family")
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    for refused in (
        lambda: portal.invoices.void(own.invoice.id, reason="no"),
        lambda: portal.refunds.issue(own.payment),
        lambda: portal.payments.record(own.invoice.id, method=Method.CASH),
        lambda: portal.adjustments.write_off(own.invoice.id),
        lambda: portal.clients.add("Somebody else"),
        lambda: portal.adjustments.assess_late_fees(),
    ):
        with pytest.raises(NotPermitted, match="looks and pays"):
            refused()


@pytest.mark.parametrize("initiator", [Initiator.STAFF, Initiator.AUTOPAY])
def test_a_contact_pays_as_the_client_and_in_nobody_elses_name(billing: Billing, initiator: Initiator) -> None:
    desk = billing.at(FIRM, by=JANE)
    own = bills(desk, "Patel Family")
    portal = billing.at(FIRM, by=evolve(PRIYA, client_id=own.client.id))

    with pytest.raises(NotPermitted, match="pays as the client"):
        portal.payments.charge(own.invoice.id, method=own.method, initiator=initiator)

    assert portal.payments.charge(own.invoice.id, method=own.method).initiator is Initiator.CLIENT


def test_a_contact_is_a_contact_of_a_client() -> None:
    with pytest.raises(BadText, match="client id"):
        evolve(PRIYA, client_id=ClientId(""))


def test_the_permissions_that_only_the_firms_people_have() -> None:
    office = Office.open()
    office.client()
    portal = office.by(PRIYA).invoices

    for permission in Permission:
        if permission is Permission.VIEW:
            portal.require(permission)
        else:
            with pytest.raises(NotPermitted):
                portal.require(permission)
