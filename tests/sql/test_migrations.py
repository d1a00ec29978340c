"""The schema over time: what the revisions make is what the tables say, and nothing is lost on the way."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, Table, inspect, select, text
from tests.databases import Database

from billcore.billing import Billing
from billcore.codec import to_json
from billcore.dates import Period
from billcore.ids import FirmId
from billcore.invoices import late_fees
from billcore.policy import LateFeeRule
from billcore.reports.aging import aging
from billcore.reports.statement import statement
from billcore.reports.takings import takings
from billcore.reports.trial_balance import trial_balance
from billcore.testing.builders import BY
from billcore.testing.clock import START
from billcore.testing.store_checks.runs import late_or_not
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import TABLES, SqlStore, build_tables, metadata, migrations, sqlite_engine
from billcore_sqlalchemy.engines import bring_up_to_date

FIRST = "billcore_0001"
POSTINGS = "billcore_postings"
THEIR_POSTINGS = text(f"SELECT account, currency, position, happened_on, amount FROM {POSTINGS} ORDER BY 1, 2, 3")


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'billing.db'}")
    yield engine
    engine.dispose()


def alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", "billcore_sqlalchemy:migrations")
    return config


def differences(connection: Connection, tables: MetaData) -> list[object]:
    """What Alembic would have to change for the database to be as *tables* say."""

    def is_ours(_: object, name: str | None, kind: str, *__: object) -> bool:
        return kind != "table" or name != migrations.VERSION_TABLE

    context = MigrationContext.configure(connection, opts={"include_object": is_ours, "compare_type": True})
    return list(compare_metadata(context, tables))


def migrate(connection: Connection, revision: str, *, up: bool) -> None:
    config = alembic()
    config.attributes["connection"] = connection
    (command.upgrade if up else command.downgrade)(config, revision)


def value(kept: object) -> object:
    """A value of the file: its dates and moments are marked as such."""
    match kept:
        case {"date": str(text)}:
            return date.fromisoformat(text)
        case {"moment": str(text)}:
            return datetime.fromisoformat(text)
        case _:
            return kept


def fill(connection: Connection) -> None:
    """The rows that the first release wrote, of a firm to whom everything happened once."""
    tables = json.loads(Path(__file__).with_name("first_release.json").read_text())
    for name, rows in tables.items():
        table = Table(name, MetaData(), autoload_with=connection)
        typed = {column.name: metadata.tables[name].c[column.name].type for column in table.c if name != POSTINGS}
        for column in table.c:
            column.type = typed.get(column.name, column.type)
        for row in rows:
            connection.execute(table.insert(), {column: value(kept) for column, kept in row.items()})


def test_books_of_the_first_release_are_whole_after_the_upgrade(database_without_tables: Database) -> None:
    engine = database_without_tables.engine
    with engine.begin() as connection:
        migrate(connection, FIRST, up=True)
        fill(connection)

    bring_up_to_date(engine)

    with engine.connect() as connection:
        assert differences(connection, metadata) == []
        assert migrations.current(connection) == migrations.HEAD
    assert_whole(SqlStore(engine))


def test_books_that_went_back_to_the_first_release_are_whole_when_they_return(
    database_without_tables: Database,
) -> None:
    engine = database_without_tables.engine
    with engine.begin() as connection:
        migrate(connection, FIRST, up=True)
        fill(connection)
        before = connection.execute(THEIR_POSTINGS).all()
        migrate(connection, "heads", up=True)

    with engine.begin() as connection:
        migrate(connection, FIRST, up=False)

        assert connection.execute(THEIR_POSTINGS).all() == before
    bring_up_to_date(engine)
    assert_whole(SqlStore(engine))


def test_what_bears_a_late_fee_is_found_after_the_upgrade(database_without_tables: Database) -> None:
    engine = database_without_tables.engine
    rule = to_json(LateFeeRule(percent="1.5", days_past_due=10, every_days=30))
    with engine.begin() as connection:
        migrate(connection, FIRST, up=True)
        fill(connection)
        policies = TABLES.policies
        document = json.loads(connection.scalars(select(policies.c.document)).one())
        document["data"]["late_fee"] = rule
        connection.execute(policies.update().values(document=json.dumps(document)))

    bring_up_to_date(engine)

    # The first is on hold, and what is not here is paid, void or a draft.
    found = {"inv_000002": date(2026, 6, 13), "inv_000007": date(2026, 8, 8), "inv_000008": date(2026, 8, 8)}
    with SqlStore(engine).read(FirmId("acme")) as work:
        late = work.invoices.to_assess(date(2026, 8, 8), limit=10)
        assert {each.id: late_fees.due_from(each) for each in late} == found
        assert [each.id for each in work.invoices.to_assess(date(2026, 8, 7), limit=10)] == ["inv_000002"]


def test_the_day_of_the_next_late_fee_is_the_same_when_it_was_dropped_and_comes_back(
    database_without_tables: Database,
) -> None:
    engine = database_without_tables.engine
    bring_up_to_date(engine)
    books = opened(store := SqlStore(engine))
    with store.begin(books.id) as work:
        work.invoices.add_all(late_or_not(books))
        work.commit()
    with store.begin(books.id) as work:
        for invoice in work.invoices.to_assess(date(2026, 7, 1), limit=2):
            step = late_fees.assess(invoice, on=date(2026, 7, 1), at=START, by=BY)
            assert step is not None
            work.invoices.save(step[0])
        work.commit()
    days = select(TABLES.invoices.c.id, TABLES.invoices.c.fee_from).order_by(TABLES.invoices.c.id)
    with engine.connect() as connection:
        before = connection.execute(days).all()

    with engine.begin() as connection:
        migrate(connection, "billcore_0003", up=False)
    bring_up_to_date(engine)

    with engine.connect() as connection:
        assert connection.execute(days).all() == before
    assert len({row.fee_from for row in before} - {None}) == 4


def assert_whole(store: SqlStore) -> None:
    """Every road to a sum leads to the same sum, and each report says what the domain says of all records."""
    assert Billing(store).verify("acme") == ()
    with store.read(FirmId("acme")) as work:
        invoices, recorded = list(work.invoices.all()), list(work.events.all())
        assert (len(invoices), len(recorded)) == (8, 49)
        for on in (date(2026, 5, 3), date(2026, 5, 8), date(2026, 5, 20), date(2026, 7, 1)):
            later = [each.event for each in recorded if each.event.on > on]
            assert work.answers.aging(on) == aging(invoices, on, later=later)
            assert work.answers.trial_balance(on) == trial_balance(recorded, on)
            period = Period(on, on + timedelta(days=9))
            assert work.answers.takings(period) == takings(recorded, period)
            for client in work.clients.all():
                assert work.answers.statement(client.id, period) == statement(client.id, recorded, invoices, period)


def test_a_column_that_no_revision_makes_is_a_difference(engine: Engine) -> None:
    bring_up_to_date(engine)
    with engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE billcore_clients DROP COLUMN folded_name")

    with engine.connect() as connection:
        assert len(differences(connection, metadata)) == 1


def test_tables_of_another_prefix_stand_beside_ours(engine: Engine) -> None:
    bring_up_to_date(engine)
    theirs = MetaData()
    tables = build_tables(theirs, prefix="books_")
    theirs.create_all(engine)

    books = opened(SqlStore(engine, tables=tables))

    assert SqlStore(engine, tables=tables).firms() == [books.id]
    assert SqlStore(engine).firms() == []


def test_upgrading_twice_changes_nothing(engine: Engine) -> None:
    bring_up_to_date(engine)
    bring_up_to_date(engine)

    with engine.connect() as connection:
        assert migrations.current(connection) == migrations.HEAD


def test_a_downgrade_leaves_nothing_of_billcore(engine: Engine) -> None:
    bring_up_to_date(engine)
    config = alembic()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, "base")

    assert inspect(engine).get_table_names() == [migrations.VERSION_TABLE]


def test_the_newest_revision_is_the_one_that_is_named() -> None:
    assert ScriptDirectory.from_config(alembic()).get_heads() == [migrations.HEAD]


HOST_ENVIRONMENT = """
from alembic import context
from sqlalchemy import create_engine

with create_engine(context.config.get_main_option("sqlalchemy.url")).connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
HOST_REVISION = """
import sqlalchemy as sa
from alembic import op

revision, down_revision = "host_0001", None

def upgrade():
    op.create_table("matters", sa.Column("id", sa.Integer, primary_key=True))
"""


def test_a_host_runs_the_revisions_beside_its_own(tmp_path: Path, engine: Engine) -> None:
    (tmp_path / "versions").mkdir()
    (tmp_path / "env.py").write_text(HOST_ENVIRONMENT)
    (tmp_path / "versions" / "host_0001.py").write_text(HOST_REVISION)
    config = Config()
    config.set_main_option("script_location", str(tmp_path))
    config.set_main_option("version_locations", f"{tmp_path / 'versions'} billcore_sqlalchemy:migrations/versions")
    config.set_main_option("path_separator", "space")
    config.set_main_option("sqlalchemy.url", str(engine.url))

    command.upgrade(config, "heads")

    assert {"matters", "billcore_invoices"} <= set(inspect(engine).get_table_names())
    opened(SqlStore(engine))
