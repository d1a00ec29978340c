"""The host's transaction: billcore takes part in it, never commits it, and undoes its own part alone."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Column, Connection, Integer, MetaData, Table, func, insert, select
from tests.databases import Database

from billcore.errors import NotFound, UnitOfWorkMisuse
from billcore.ids import ClientId
from billcore.testing import builders
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore

FIRM = builders.a_firm()
CLIENT = builders.a_client(FIRM)

matters = Table("matters", MetaData(), Column("id", Integer, primary_key=True), mysql_engine="InnoDB")
"""A table of the host's own."""


@pytest.fixture
def host(database: Database) -> Iterator[Connection]:
    """A connection of the host's, with books that are open and a table of its own."""
    opened(SqlStore(database.engine), FIRM.id)
    matters.create(database.engine)
    try:
        with database.engine.connect() as connection:
            yield connection
    finally:
        matters.drop(database.engine)


def add_client(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.clients.add(CLIENT)
        work.commit()


def is_there(database: Database) -> bool:
    """Whether another connection sees the client."""
    with SqlStore(database.engine).read(FIRM.id) as work:
        return CLIENT.id in [client.id for client in work.clients.all()]


def test_what_is_done_in_the_host_transaction_is_committed_by_the_host(database: Database, host: Connection) -> None:
    add_client(SqlStore.within(host))

    assert not is_there(database)

    host.commit()

    assert is_there(database)


def test_a_host_that_rolls_back_undoes_billcore_and_its_own_together(database: Database, host: Connection) -> None:
    host.execute(insert(matters).values(id=1))
    add_client(SqlStore.within(host))

    host.rollback()

    assert not is_there(database)
    assert host.scalar(select(func.count()).select_from(matters)) == 0


def test_a_unit_that_is_not_committed_undoes_its_own_part_alone(database: Database, host: Connection) -> None:
    store = SqlStore.within(host)
    host.execute(insert(matters).values(id=1))
    with store.begin(FIRM.id) as work:
        work.clients.add(CLIENT)
    host.commit()

    assert not is_there(database)
    assert host.scalar(select(func.count()).select_from(matters)) == 1


def test_units_within_one_host_transaction_see_each_other(host: Connection) -> None:
    store = SqlStore.within(host)

    add_client(store)

    with store.read(FIRM.id) as work:
        assert work.clients.get(CLIENT.id).name == CLIENT.name


def test_a_refused_unit_leaves_the_host_transaction_usable(database: Database, host: Connection) -> None:
    store = SqlStore.within(host)
    with pytest.raises(NotFound), store.begin(FIRM.id) as work:
        work.clients.get(ClientId("nobody"))

    add_client(store)
    host.commit()

    assert is_there(database)


def test_a_host_transaction_is_open_so_no_gateway_may_be_called(host: Connection) -> None:
    assert SqlStore.within(host).is_in_unit_of_work


def test_a_reading_unit_changes_nothing_of_the_host(host: Connection) -> None:
    with SqlStore.within(host).read(FIRM.id) as work, pytest.raises(UnitOfWorkMisuse):
        work.clients.add(CLIENT)
