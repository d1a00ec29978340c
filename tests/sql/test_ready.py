"""Statements are carried out by the driver itself, unless somebody must see or change them on their way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, MetaData, bindparam, event, select, text
from sqlalchemy.exc import OperationalError
from tests.databases import Database

from billcore import Billing, LineItem, Method, Staff
from billcore.testing import CountingIds, ManualClock, builders
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore, build_tables, sqlite_engine
from billcore_sqlalchemy.ready import statements_for

JANE = Staff("jane", "Jane Chen")
FIRM = builders.a_firm()


def books_of_a_life(store: SqlStore) -> object:
    """What an invoice's life leaves behind."""
    billing = Billing(store, clock=ManualClock(), ids=CountingIds())
    billing.firms.open("acme", "Acme Law", by=JANE)
    desk = billing.at("acme", by=JANE)
    client = desk.clients.add("Patel Family").id
    drafted = desk.invoices.draft(client, lines=[LineItem(description="Advice", unit_price="200.00")])
    invoice = desk.invoices.send(drafted.id)
    payment = desk.payments.record(invoice.id, "150.00", method=Method.CHECK)
    desk.refunds.issue(payment.id, "40.00")
    told = [(step.at, step.actor, step.text) for step in desk.invoices.timeline(invoice.id)]
    return desk.invoices.get(invoice.id), told, billing.verify("acme")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'books.db'}")
    yield engine
    engine.dispose()


def test_a_host_that_listens_hears_every_statement_and_the_books_are_the_same(database: Database) -> None:
    unwatched = books_of_a_life(SqlStore(database.engine))
    database.empty()
    heard: list[str] = []

    def listen(_conn: object, _cursor: object, sql: str, *_: object) -> None:
        heard.append(sql.split(None, 1)[0])

    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        watched = books_of_a_life(SqlStore(database.engine))
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)

    assert watched == unwatched
    assert {"SELECT", "INSERT", "UPDATE"} <= set(heard)


def test_a_log_of_statements_holds_ours(engine: Engine, caplog: pytest.LogCaptureFixture) -> None:
    build_tables(metadata := MetaData())
    metadata.create_all(engine)

    with caplog.at_level("INFO", logger="sqlalchemy.engine"):
        opened(SqlStore(engine), FIRM.id)

    assert "INSERT INTO billcore_firms" in caplog.text


def test_tables_in_a_schema_that_the_host_translates_are_found(engine: Engine, tmp_path: Path) -> None:
    def attach(connection: object, _: object) -> None:
        connection.execute(f"ATTACH DATABASE '{tmp_path / 'tenant.db'}' AS tenant")  # type: ignore[attr-defined]

    event.listen(engine, "connect", attach)
    tables = build_tables(metadata := MetaData(), schema="per_tenant")
    theirs = engine.execution_options(schema_translate_map={"per_tenant": "tenant"})
    metadata.create_all(theirs)

    opened(SqlStore(theirs, tables=tables), FIRM.id)

    with theirs.connect() as connection:
        assert statements_for(connection) is None
        assert connection.execute(text("SELECT count(*) FROM tenant.billcore_firms")).scalar_one() == 1


def test_a_statement_is_made_ready_once_for_all_units_of_work(engine: Engine) -> None:
    build_tables(metadata := MetaData())
    metadata.create_all(engine)

    with engine.connect() as one, engine.connect() as other:
        assert statements_for(one) is not None
        assert statements_for(one) is statements_for(other)


def test_a_value_that_a_statement_wants_and_is_not_given_is_an_error_and_never_null(engine: Engine) -> None:
    tables = build_tables(metadata := MetaData())
    metadata.create_all(engine)
    firm = select(tables.firms).where(tables.firms.c.firm_id == bindparam("the_firm"))

    with engine.connect() as connection:
        statements = statements_for(connection)
        assert statements is not None
        ready = statements.find(firm, {})
        assert ready is not None
        with pytest.raises(KeyError, match="the_firm"):
            ready.parameters({})


@pytest.mark.parametrize("database", ["postgresql", "mariadb"], indirect=True)
def test_a_connection_that_broke_is_not_used_again(database: Database) -> None:
    store = SqlStore(database.engine)
    opened(store, FIRM.id)
    with store.begin(FIRM.id) as work:
        cut(database, session_of(connection_of(work)))
        with pytest.raises(OperationalError):
            work.firm()

    with store.read(FIRM.id) as work:
        assert work.firm().id == FIRM.id


def connection_of(work: object) -> Connection:
    connection: Connection = work._session._connection  # type: ignore[attr-defined]
    return connection


def session_of(connection: Connection) -> int:
    is_postgres = connection.dialect.name == "postgresql"
    number: int = connection.execute(
        text(f"SELECT {'pg_backend_pid' if is_postgres else 'connection_id'}()")
    ).scalar_one()
    return number


def cut(database: Database, session: int) -> None:
    with database.engine.connect() as another:
        another.execute(
            text(f"SELECT pg_terminate_backend({session})" if database.name == "postgresql" else f"KILL {session}")
        )
        another.commit()
