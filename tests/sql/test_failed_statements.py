"""Once the database has refused a statement the unit of work is over: what came before it is not committed alone.

PostgreSQL answers such a commit as if it had been one, and keeps nothing; MariaDB would keep what comes after a
deadlock, without what came before it.
"""

import pytest
from attrs import evolve
from sqlalchemy import event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import StatementError
from tests.databases import Database
from tests.sql.conftest import CLIENT, FIRM

from billcore.errors import AlreadyExists, BadText, UnitOfWorkMisuse
from billcore.testing import builders
from billcore_sqlalchemy import SqlStore

LATER = builders.a_client(FIRM, "later")


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    with store.begin(FIRM.id) as work:
        work.invoices.add(builders.an_issued_invoice(FIRM, CLIENT, "first", number="INV-1"))
        work.invoices.add(builders.a_draft(FIRM, CLIENT, "second"))
        work.commit()
    return store


def test_a_host_that_catches_the_error_cannot_commit_the_rest(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.clients.add(LATER)
        second = builders.an_issued_invoice(FIRM, CLIENT, "second", number="INV-1")
        with pytest.raises(AlreadyExists):
            work.invoices.save(evolve(second, version=1))
        with pytest.raises(UnitOfWorkMisuse):
            work.clients.get(CLIENT.id)
        with pytest.raises(UnitOfWorkMisuse):
            work.commit()

    with store.read(FIRM.id) as work:
        assert [client.id for client in work.clients.all()] == [CLIENT.id]


def test_the_same_within_the_hosts_transaction_leaves_the_host_what_it_wrote(
    database: Database, store: SqlStore
) -> None:
    with database.engine.begin() as connection:
        within = SqlStore.within(connection)
        with within.begin(FIRM.id) as work:
            work.clients.add(LATER)
            work.commit()
        with within.begin(FIRM.id) as work:
            second = builders.an_issued_invoice(FIRM, CLIENT, "second", number="INV-1")
            with pytest.raises(AlreadyExists):
                work.invoices.save(evolve(second, version=1))
            with pytest.raises(UnitOfWorkMisuse):
                work.commit()

    with store.read(FIRM.id) as work:
        assert [client.id for client in work.clients.all()] == [CLIENT.id, LATER.id]
        assert work.invoices.get(builders.a_draft(FIRM, CLIENT, "second").id).issue is None


def test_what_is_taken_or_refused_before_the_database_was_asked_ends_nothing(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        with pytest.raises(AlreadyExists):
            work.clients.add(CLIENT)
        with pytest.raises(BadText):
            work.clients.add(builders.a_client(FIRM, "\0"))
        work.clients.add(LATER)
        work.commit()

    with store.read(FIRM.id) as work:
        assert [client.id for client in work.clients.all()] == [CLIENT.id, LATER.id]


def test_a_connection_that_was_lost_is_told_as_what_it_is(database: Database, store: SqlStore) -> None:
    taken: list[DBAPIConnection] = []

    def take(driver: DBAPIConnection, *_: object) -> None:
        taken.append(driver)

    def lose_it() -> None:
        with store.begin(FIRM.id) as work:
            work.clients.get(CLIENT.id)
            taken[-1].close()
            work.clients.peek(LATER.id)

    event.listen(database.engine, "checkout", take)
    try:
        with pytest.raises(StatementError):
            lose_it()
    finally:
        event.remove(database.engine, "checkout", take)

    with store.read(FIRM.id) as work:
        assert work.clients.peek(CLIENT.id) == evolve(CLIENT, version=1)
