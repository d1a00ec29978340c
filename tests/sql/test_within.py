"""The host's transaction: billcore takes part in it, never commits it, and undoes its own part alone."""

from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from attrs import evolve
from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    MetaData,
    QueuePool,
    Table,
    create_engine,
    func,
    insert,
    select,
)
from sqlalchemy.exc import SAWarning
from sqlalchemy.exc import TimeoutError as NoConnectionIsFree
from tests.databases import Database

from billcore import Billing, Cadence, LineItem, Staff, Terms
from billcore.errors import NotFound, UnitOfWorkMisuse
from billcore.ids import ClientId
from billcore.policy import STANDARD
from billcore.testing import CountingIds, FakeGateway, ManualClock, builders
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore, configure_sqlite

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


# ── A host that undoes what we did, or ends its transaction under us ─────────────────────────────────────────────────


def add_draft(store: SqlStore, name: str) -> None:
    """Of a firm whose policy no invoice was under before."""
    patient = evolve(FIRM, policy=evolve(STANDARD, name="patient", grace_days=7))
    with store.begin(FIRM.id) as work:
        work.invoices.add(builders.a_draft(patient, CLIENT, name))
        work.commit()


def drafts(database: Database) -> list[tuple[str, int]]:
    """What another connection sees of them: their ids, and of their policies the days of grace."""
    with SqlStore(database.engine).read(FIRM.id) as work:
        found = [(each.id, each.policy.grace_days) for each in work.invoices.all()]
    return [each for each in found if each[1]]


def test_what_the_host_rolled_back_is_written_again_with_all_that_belongs_to_it(
    database: Database, host: Connection
) -> None:
    store = SqlStore.within(host)
    add_draft(store, "undone")
    host.rollback()

    add_draft(store, "kept")
    host.commit()

    assert drafts(database) == [("kept", 7)]


def test_a_savepoint_of_the_hosts_undoes_what_was_done_in_it_and_nothing_else(
    database: Database, host: Connection
) -> None:
    store = SqlStore.within(host)
    add_draft(store, "before")
    with suppress(KeyError), host.begin_nested():
        add_client(store)
        add_draft(store, "undone")
        raise KeyError

    add_draft(store, "after")
    host.commit()

    assert (drafts(database), is_there(database)) == ([("after", 7), ("before", 7)], False)


ENDS = {"rolls back": Connection.rollback, "commits": Connection.commit, "closes": Connection.close}


@pytest.mark.parametrize("end", ENDS.values(), ids=ENDS)
def test_a_host_that_ends_its_transaction_inside_a_unit_of_work_is_told_so_and_no_rest_of_the_unit_is_written(
    database: Database, host: Connection, end: Callable[[Connection], None]
) -> None:
    store = SqlStore.within(host)
    with store.begin(FIRM.id) as work:
        end(host)
        with pytest.raises(UnitOfWorkMisuse, match="inside this unit of work"):
            work.clients.add(CLIENT)
        with pytest.raises(UnitOfWorkMisuse):
            work.commit()

    if not host.closed:
        host.commit()
    assert not is_there(database)


def test_after_the_host_has_ended_it_there_is_another_unit_of_work(database: Database, host: Connection) -> None:
    store = SqlStore.within(host)
    with store.begin(FIRM.id):
        host.rollback()

    add_client(store)
    host.commit()

    assert is_there(database)


def test_a_savepoint_of_the_hosts_that_ends_inside_a_unit_of_work_takes_the_unit_with_it(
    database: Database, host: Connection
) -> None:
    store = SqlStore.within(host)
    around = host.begin_nested()
    with store.begin(FIRM.id) as work:
        add = work.clients.add
        add(evolve(CLIENT, id=ClientId("first")))
        # SQLAlchemy has noticed too.
        with pytest.warns(SAWarning):
            around.rollback()
        with pytest.raises(UnitOfWorkMisuse):
            add(CLIENT)
        with pytest.raises(UnitOfWorkMisuse):
            work.commit()
    host.commit()

    with SqlStore(database.engine).read(FIRM.id) as work:
        assert {client.id for client in work.clients.all()} & {"first", CLIENT.id} == set()


def test_a_closed_connection_is_refused(host: Connection) -> None:
    store = SqlStore.within(host)
    host.close()

    with pytest.raises(UnitOfWorkMisuse, match="closed"), store.begin(FIRM.id):
        pass


# ── One connection for all ───────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def narrow(database: Database) -> Iterator[Engine]:
    """An engine of one connection, as a host may have them; who waits for another one waits in vain."""
    engine = create_engine(
        database.url, pool_size=1, max_overflow=0, pool_timeout=0.2, poolclass=QueuePool, hide_parameters=True
    )
    if database.name == "sqlite":
        configure_sqlite(engine)
    yield engine
    engine.dispose()


def test_the_main_job_needs_one_connection_at_a_time(narrow: Engine) -> None:
    """A unit of work inside another, or a look across firms from within one, would wait for ever."""
    clock = ManualClock()
    gateway = FakeGateway(clock)
    billing = Billing(SqlStore(narrow), [gateway], clock=clock, ids=CountingIds())
    jane = Staff("jane", "Jane Chen")
    billing.firms.open("narrow", "Narrow", by=jane, terms=Terms.on_receipt())
    desk = billing.at("narrow", by=jane)
    client = desk.clients.add("Patel Family")
    card = desk.methods.attach(client.id, gateway="fake", token="card_pending").id
    line = LineItem(description="Advice", unit_price="100.00")
    invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[line]).id)
    payment = desk.payments.charge(invoice.id, method=card)
    assert payment.ref is not None
    gateway.settle(payment.ref)
    gateway.deliver_webhooks(billing.hear)
    desk.refunds.issue(payment.id, "40.00")
    desk.schedules.start(client.id, Cadence.monthly(), lines=[line], autopay=card)
    ran = billing.run()
    billing.deliver_events(lambda firm, event: None)

    assert (ran.invoices, ran.collected) == (1, 1)
    assert desk.reports.queues()
    assert billing.verify("narrow") == ()


def test_whoever_has_the_only_connection_uses_that_one_or_is_told_that_there_is_no_other(
    database: Database, narrow: Engine
) -> None:
    opened(SqlStore(database.engine), FIRM.id)
    own = SqlStore(narrow)
    with narrow.connect() as connection:
        within = SqlStore.within(connection)
        with within.begin(FIRM.id) as work:
            # SQLAlchemy's own words, for it is its pool.
            with pytest.raises(NoConnectionIsFree), own.begin(FIRM.id):
                pass
            with pytest.raises(NoConnectionIsFree), own.read(FIRM.id):
                pass
            assert within.firms() == [FIRM.id]
            work.clients.add(CLIENT)
            work.commit()
        connection.commit()

    assert is_there(database)
    with own.begin(FIRM.id) as work:
        assert work.clients.get(CLIENT.id).name == CLIENT.name
