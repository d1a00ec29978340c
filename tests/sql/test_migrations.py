"""The schema over time: what the revisions make is what the tables say, and nothing is lost on the way."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, MetaData, inspect
from tests.databases import Database

from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore, build_tables, metadata, migrations, sqlite_engine
from billcore_sqlalchemy.engines import bring_up_to_date

FIRST = "billcore_0001"


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


def test_books_of_the_first_release_are_whole_after_the_upgrade(database_without_tables: Database) -> None:
    engine, config = database_without_tables.engine, alembic()
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, FIRST)
    books = opened(SqlStore(engine))

    bring_up_to_date(engine)

    with engine.connect() as connection:
        assert differences(connection, metadata) == []
        assert migrations.current(connection) == migrations.HEAD
    with SqlStore(engine).read(books.id) as work:
        assert work.invoices.get(books.invoice.id) == books.invoice
        assert work.payments.get(books.payment.id) == books.payment


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
