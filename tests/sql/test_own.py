"""What a contact's page asks of the database: its own records, however large the firm."""

from datetime import timedelta

from sqlalchemy import event
from tests.databases import Database
from tests.office import FIRM, JANE, PRIYA, a_line

from billcore.billing import Billing
from billcore.testing import CountingIds, ManualClock
from billcore_sqlalchemy import SqlStore


def test_a_contacts_page_does_not_walk_through_the_firms_clients_or_events(database: Database) -> None:
    clock = ManualClock()
    billing = Billing(SqlStore(database.engine), clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client, _ = desk.clients.add("Patel Family"), desk.clients.add("Kim & Sons")
    assert client.id == PRIYA.client_id
    desk.invoices.send(desk.invoices.draft(client.id, lines=[a_line("100.00")]).id)
    portal = billing.at(FIRM, by=PRIYA)
    asked: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_: object) -> None:
        asked.append(statement)

    event.listen(database.engine, "before_cursor_execute", note)
    try:
        assert [each.id for each in portal.clients.all()] == [client.id]
        assert len(portal.reports.aging().rows) == 1
        assert len(portal.reports.aging(on=clock.now().date() - timedelta(days=1)).rows) == 0
    finally:
        event.remove(database.engine, "before_cursor_execute", note)

    walks = [each for each in asked if "billcore_clients.id >" in each or "billcore_events.position >" in each]
    assert asked
    assert walks == []
