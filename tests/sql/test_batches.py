"""Hundreds of rows at once are the rows that one by one would be, and are refused for the same reasons."""

import secrets
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import cast

import pytest
from attrs import evolve
from sqlalchemy import Engine, create_engine, event, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from tests.databases import Database
from tests.sql.conftest import CLIENT, FIRM

from billcore.errors import AlreadyExists, BadDocument, StaleWrite, UnitOfWorkMisuse
from billcore.testing import builders
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.tables import TABLES

MANY = 50
SCHEDULES = [builders.a_schedule(CLIENT, f"sch-{number:03}") for number in range(MANY)]


def can_copy(engine: Engine) -> bool:
    """Whether a batch of schedules would go in by COPY."""
    with engine.connect() as connection, connection.begin() as transaction:
        return Session(transaction, FIRM.id, is_writing=True)._can_copy(TABLES.schedules)


def test_records_that_are_added_together_are_read_back_as_those_added_one_by_one(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES[:25])
        for schedule in SCHEDULES[25:]:
            work.schedules.add(schedule)
        work.commit()

    with store.read(FIRM.id) as work:
        assert list(work.schedules.all()) == [evolve(each, version=1) for each in SCHEDULES]


def test_invoices_under_policies_that_were_never_met_are_added_together(store: SqlStore) -> None:
    invoices = [
        evolve(
            builders.a_draft(FIRM, CLIENT, f"inv-{number:03}"), policy=evolve(FIRM.policy, grace_days=number // MANY)
        )
        for number in range(3 * MANY)
    ]

    with store.begin(FIRM.id) as work:
        work.invoices.add_all(invoices)
        work.commit()

    with store.read(FIRM.id) as work:
        assert list(work.invoices.all()) == [evolve(each, version=1) for each in invoices]


def test_text_that_means_something_to_a_copy_is_kept_to_the_letter(store: SqlStore) -> None:
    awkward = ["\\N", "\\.", "a\tb", "a\nb\r", "\\t", "ends in \\", "żółć €", "%s {0} 'x' \"y\""]
    clients = [
        builders.a_client(FIRM, f"cli-{number:03}", name=awkward[number % len(awkward)]) for number in range(MANY)
    ]

    with store.begin(FIRM.id) as work:
        work.clients.add_all(clients)
        work.commit()

    with store.read(FIRM.id) as work:
        found = {client.id: client for client in work.clients.all()}
    assert [found[client.id] for client in clients] == [evolve(client, version=1) for client in clients]


def test_schedules_that_are_saved_together_are_read_back_as_those_saved_one_by_one(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES)
        work.commit()
    changed = [
        evolve(
            schedule, version=1, next_index=number, look_on=None if number % 2 else date(2026, 6, 1), failed=(number,)
        )
        for number, schedule in enumerate(SCHEDULES)
    ]

    with store.begin(FIRM.id) as work:
        work.schedules.save_all(changed[:25])
        for schedule in changed[25:]:
            work.schedules.save(schedule)
        work.commit()

    with store.read(FIRM.id) as work:
        assert list(work.schedules.all()) == [evolve(each, version=2) for each in changed]


def test_one_that_was_changed_since_refuses_all_that_are_saved_together(store: SqlStore) -> None:
    with store.begin(FIRM.id) as work:
        work.schedules.add_all(SCHEDULES)
        work.commit()
    read = [evolve(schedule, version=1, next_index=9) for schedule in SCHEDULES]
    with store.begin(FIRM.id) as work:
        work.schedules.save(evolve(read[7], next_index=3))
        work.commit()

    with store.begin(FIRM.id) as work, pytest.raises(StaleWrite):
        work.schedules.save_all(read)

    with store.read(FIRM.id) as work:
        assert [each.next_index for each in work.schedules.all() if each.next_index] == [3]


@pytest.mark.parametrize("before", [1, MANY])
def test_an_event_that_cannot_be_written_keeps_the_others_from_being_committed(store: SqlStore, before: int) -> None:
    happened = [builders.an_event(FIRM, f"inv-{number:03}") for number in range(before)]

    with store.begin(FIRM.id) as work:
        work.schedules.add(SCHEDULES[0])
        work.events.append([*happened, builders.an_event(FIRM, reason=cast(str, Decimal(1)))])
        with pytest.raises(BadDocument):
            work.commit()
        with pytest.raises(UnitOfWorkMisuse):
            work.commit()

    with store.read(FIRM.id) as work:
        assert (list(work.schedules.all()), list(work.events.all())) == ([], [])


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
