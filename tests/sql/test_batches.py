"""Hundreds of rows at once are the rows that one by one would be, and are refused for the same reasons."""

import secrets
from collections.abc import Iterator

import pytest
from attrs import evolve
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from tests.databases import Database

from billcore.errors import AlreadyExists
from billcore.testing import builders
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.tables import TABLES

FIRM = builders.a_firm()
CLIENT = builders.a_client(FIRM)
MANY = 50
SCHEDULES = [builders.a_schedule(CLIENT, f"sch-{number:03}") for number in range(MANY)]


@pytest.fixture
def store(database: Database) -> SqlStore:
    store = SqlStore(database.engine)
    with store.begin(FIRM.id) as work:
        work.add_firm(FIRM)
        work.clients.add(CLIENT)
        work.commit()
    return store


def can_copy(engine: Engine) -> bool:
    """Whether a batch of schedules would go in by COPY."""
    with engine.connect() as connection:
        return Session(connection, FIRM.id, is_writing=True)._can_copy(TABLES.schedules)


def test_records_that_are_added_together_are_read_back_as_those_added_one_by_one(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES[:25])
        for schedule in SCHEDULES[25:]:
            work.schedules.add(schedule)
        work.commit()

    with store.read(FIRM.id) as work:
        assert list(work.schedules.all()) == [evolve(each, version=1) for each in SCHEDULES]


def test_one_key_that_is_taken_refuses_them_all_and_tells_no_value(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add(SCHEDULES[MANY // 2])
        work.commit()

    with store.begin(FIRM.id) as work, pytest.raises(AlreadyExists) as refused:
        work.schedules.add_all(SCHEDULES)

    assert "sch-" not in str(refused.value)
    with store.read(FIRM.id) as work:
        assert len(list(work.schedules.all())) == 1


def test_events_that_happen_together_are_numbered_in_their_order(store: SqlStore) -> None:
    happened = [builders.an_event(FIRM, f"inv-{number:03}") for number in range(MANY)]

    with store.begin(FIRM.id) as work:
        work.events.append(happened[:20])
        work.events.append(happened[20:])
        work.commit()

    with store.read(FIRM.id) as work:
        recorded = list(work.events.all())
    assert [each.event for each in recorded] == happened
    assert [each.position for each in recorded] == sorted({each.position for each in recorded})


def test_only_postgresql_copies_and_not_where_a_host_listens(database: Database) -> None:
    heard: list[str] = []

    def listen(_conn: object, _cursor: object, sql: str, *_: object) -> None:
        heard.append(sql)

    assert can_copy(database.engine) == (database.name == "postgresql")
    event.listen(database.engine, "before_cursor_execute", listen)
    try:
        assert not can_copy(database.engine)
    finally:
        event.remove(database.engine, "before_cursor_execute", listen)


@pytest.fixture
def restricted(database: Database) -> Iterator[Engine]:
    """An engine of a role from which rows may be kept."""
    if database.name != "postgresql":
        pytest.skip("only PostgreSQL keeps rows from roles")
    role = f"clerk_{secrets.token_hex(4)}"
    with database.engine.begin() as connection:
        connection.execute(text(f"CREATE ROLE {role}"))
        connection.execute(text(f"GRANT ALL ON ALL TABLES IN SCHEMA public TO {role}"))
        connection.execute(text(f"GRANT ALL ON ALL SEQUENCES IN SCHEMA public TO {role}"))
        connection.execute(text("ALTER TABLE billcore_schedules ENABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"CREATE POLICY theirs ON billcore_schedules TO {role} USING (true)"))
    engine = create_engine(database.url, isolation_level="READ COMMITTED")

    def connected(connection: DBAPIConnection, _: object) -> None:
        connection.cursor().execute(f"SET ROLE {role}")
        connection.commit()

    event.listen(engine, "connect", connected)
    yield engine
    engine.dispose()
    with database.engine.begin() as connection:
        connection.execute(text("DROP POLICY theirs ON billcore_schedules"))
        connection.execute(text("ALTER TABLE billcore_schedules DISABLE ROW LEVEL SECURITY"))
        connection.execute(text(f"DROP OWNED BY {role}"))
        connection.execute(text(f"DROP ROLE {role}"))


def test_a_role_from_which_rows_may_be_kept_inserts_what_postgresql_does_not_let_it_copy(
    store: SqlStore, restricted: Engine
) -> None:
    with SqlStore(restricted).begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES)
        work.commit()

    assert not can_copy(restricted)
    with store.read(FIRM.id) as work:
        assert len(list(work.schedules.all())) == MANY


def test_schedules_of_one_package_have_one_document(store: SqlStore, database: Database) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES)
        work.commit()

    with database.engine.connect() as connection:
        documents = connection.execute(text("SELECT DISTINCT document FROM billcore_schedules")).all()
    assert len(documents) == 1
