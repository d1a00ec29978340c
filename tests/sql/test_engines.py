"""How a database is opened: safely, or not at all."""

import threading
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.engine import Connection

from billcore.errors import UnsafeDatabase
from billcore.testing import builders
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore, configure_sqlite, metadata, sqlite_engine

FIRM = builders.a_firm()


def test_a_script_needs_nothing_but_a_url(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'billing.db'}"
    opened(SqlStore.open(url), FIRM.id)

    assert SqlStore.open(url).firms() == [FIRM.id]


def test_a_database_in_memory_is_one_for_all_threads() -> None:
    store = SqlStore.open("sqlite://")
    opened(store, FIRM.id)
    seen: list[object] = []

    thread = threading.Thread(target=lambda: seen.extend(store.firms()))
    thread.start()
    thread.join()

    assert seen == [FIRM.id]


def test_an_engine_with_the_default_transactions_of_python_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'billing.db'}")

    with pytest.raises(UnsafeDatabase, match=r"loses updates.*SqlStore\.open\(url\)"):
        SqlStore(engine)
    engine.dispose()


def test_a_connection_with_the_default_transactions_of_python_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'billing.db'}")
    metadata.create_all(engine)

    with engine.connect() as connection, pytest.raises(UnsafeDatabase), SqlStore.within(connection).begin(FIRM.id):
        pass
    engine.dispose()


def test_an_engine_on_which_nobody_begins_transactions_is_refused(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'billing.db'}", isolation_level="AUTOCOMMIT")

    with pytest.raises(UnsafeDatabase):
        SqlStore(engine)
    engine.dispose()


def test_a_host_engine_becomes_safe_by_one_call(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'billing.db'}")
    configure_sqlite(engine)
    metadata.create_all(engine)

    opened(SqlStore(engine), FIRM.id)

    assert SqlStore(engine).firms() == [FIRM.id]
    engine.dispose()


def test_a_host_engine_that_begins_deferred_is_made_to_wait_before_it_reads(tmp_path: Path) -> None:
    engine = create_engine(f"sqlite:///{tmp_path / 'billing.db'}")

    @event.listens_for(engine, "connect")
    def leave_transactions_to_sqlalchemy(connection: object, _: object) -> None:
        connection.isolation_level = None  # type: ignore[attr-defined]

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    metadata.create_all(engine)
    store = SqlStore(engine)
    opened(store, FIRM.id)

    with store.begin(FIRM.id), engine.connect() as other:
        other.exec_driver_sql("PRAGMA busy_timeout = 0")
        with pytest.raises(Exception, match="locked"):
            other.execute(text("DELETE FROM billcore_clients"))
    engine.dispose()


def test_what_is_committed_on_sqlite_survives_a_power_cut(tmp_path: Path) -> None:
    engine = sqlite_engine(f"sqlite:///{tmp_path / 'billing.db'}")

    with engine.connect() as connection:
        pragmas = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("synchronous", "journal_mode")
        }

    assert pragmas == {"synchronous": 2, "journal_mode": "wal"}
    engine.dispose()
