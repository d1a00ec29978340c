"""How the databases find what is asked: by an index, never by reading every row of a firm.

The books are large enough that a database which has an index uses it: twenty thousand invoices with their payments
and events, of which a few wait in each queue. What is judged is what SQLite and PostgreSQL say they will do.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any, Final

import pytest
from attrs import frozen
from sqlalchemy import Connection, Engine, event, text
from tests.databases import Database, Databases

from billcore.dates import Period
from billcore.ids import ClientId, FirmId
from billcore.invoices.status import Queue
from billcore.policy import Status
from billcore.ports.pages import InvoiceFilter
from billcore.reports.aging import STANDARD_BUCKETS
from billcore.testing.store_checks.lived_books import LivedBooks
from billcore_sqlalchemy import TABLES, SqlStore
from billcore_sqlalchemy.unit_of_work import SqlUnitOfWork

COPIES: Final = 100
"""Each of the lived invoices, payments and events is there so many times, of so many clients."""
LARGE: Final = ("invoices", "payments", "events", "postings")


@frozen
class Books:
    """Large books in one database."""

    engine: Engine
    firm_id: FirmId
    client_id: ClientId
    today: date


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def books(request: pytest.FixtureRequest, databases: Databases) -> Iterator[Books]:
    with databases.without_tables(request.param) as database:
        yield enlarged(database)


def enlarged(database: Database) -> Books:
    lived = LivedBooks(seed=3, invoices=200)
    store = SqlStore(database.engine)
    with database.engine.begin() as connection:
        TABLES.firms.metadata.create_all(connection)
    lived.add_to(store)
    with database.engine.begin() as connection:
        (events,) = connection.execute(text("SELECT max(position) FROM billcore_events")).one()
        for table in (TABLES.clients, TABLES.invoices, TABLES.payments, TABLES.events, TABLES.postings):
            copy(connection, table.name, [column.name for column in table.c], events)
    if database.name == "postgresql":
        # What its autovacuum does by itself. SQLite's owner seldom does so: it is judged without.
        with database.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    return Books(database.engine, lived.firm_id, ClientId(f"{lived.clients[0]}.7"), lived.last_day)


def copy(connection: Connection, table: str, columns: list[str], events: int) -> None:
    """The rows once more for each copy, older by a day each and with the number of the copy behind every id."""
    numbered = {"id", "client_id", "number", "folded_number", "stream", "invoice_id", "ref_id"}
    is_sqlite = connection.dialect.name == "sqlite"

    def copied(column: str) -> str:
        if column == "position":
            return f"position + {events} * n"
        if column in numbered:
            return f"CASE WHEN {column} = '' THEN '' ELSE {column} || '.' || n END"
        if column in ("happened_on", "issued_on", "due_on", "owing_since", "collect_from"):
            return f"date({column}, '-' || n || ' days')" if is_sqlite else f"{column} - n"
        return column

    numbers = f"WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < {COPIES})"
    rows = f"{numbers} SELECT {', '.join(map(copied, columns))} FROM {table}, copies"
    connection.execute(text(f"INSERT INTO {table} ({', '.join(columns)}) {rows}"))


# ── What is asked ────────────────────────────────────────────────────────────────────────────────────────────────────


def page(work: SqlUnitOfWork, books: Books, **wanted: Any) -> None:
    work.invoices.page(InvoiceFilter(on=books.today, **wanted))


QUESTIONS: Final[dict[str, Callable[[SqlUnitOfWork, Books], object]]] = {
    "queues": lambda work, books: work.answers.queues(books.today),
    "aging of today": lambda work, books: work.answers.aging(books.today, STANDARD_BUCKETS),
    "aging of last week": lambda work, books: work.answers.aging(books.today - timedelta(days=7), STANDARD_BUCKETS),
    "late fees of a day": lambda work, books: work.invoices.to_assess(books.today, limit=200),
    "page one of a queue": lambda work, books: page(work, books, queue=Queue.OVERDUE),
    "page one of a status": lambda work, books: page(work, books, statuses=frozenset({Status.WRITTEN_OFF})),
    "page one of a number": lambda work, books: page(work, books, search="INV-0001"),
    "page one of a client": lambda work, books: page(work, books, client_id=books.client_id),
    "takings of a week": lambda work, books: work.answers.takings(Period(books.today - timedelta(days=7), books.today)),
    "statement of a client": lambda work, books: work.answers.statement(
        books.client_id, Period(books.today - timedelta(days=60), books.today - timedelta(days=30))
    ),
    "dashboard of a client": lambda work, books: work.answers.dashboard(books.today, books.client_id),
}
# X of Y: how many invoices the firm has is counted from an index, of which every entry is read.
COUNTS_ALL: Final = re.compile(r"SELECT count\(\*\) AS count_1\s+FROM billcore_invoices\s+WHERE \S+firm_id = \S+$")


@pytest.mark.parametrize("question", QUESTIONS)
def test_no_question_reads_every_row(books: Books, question: str) -> None:
    store = SqlStore(books.engine)
    with listening(books.engine) as asked, store.read(books.firm_id) as work:
        QUESTIONS[question](work, books)

    assert asked
    with books.engine.connect() as connection:
        for statement, parameters in asked:
            if not COUNTS_ALL.match(statement):
                assert scans(connection, statement, parameters) == [], statement


def test_a_statement_reads_the_postings_of_its_client_alone(books: Books) -> None:
    store = SqlStore(books.engine)
    with listening(books.engine) as asked, store.read(books.firm_id) as work:
        QUESTIONS["statement of a client"](work, books)

    with books.engine.connect() as connection:
        plans = [line for statement, parameters in asked for line in plan(connection, statement, parameters)]
    of_postings = [line for line in plans if "billcore_postings" in line]
    assert of_postings
    if connection.dialect.name == "sqlite":
        assert all("position=?" in line for line in of_postings), of_postings


def test_an_index_that_is_gone_is_missed(books: Books) -> None:
    """The check itself: without its index the question reads every row, and that is seen."""
    store = SqlStore(books.engine)
    with listening(books.engine) as asked, store.read(books.firm_id) as work:
        QUESTIONS["takings of a week"](work, books)

    with books.engine.connect() as connection:
        connection.execute(text("DROP INDEX ix_billcore_events_takings"))
        connection.execute(text("DROP INDEX ix_billcore_events_firm"))
        connection.execute(text("DROP INDEX ix_billcore_events_stream"))
        connection.execute(text("DROP INDEX ix_billcore_events_invoice"))
        # Python keeps a statement that it has prepared, and with it the plan; another text is another statement.
        found = [scan for statement, values in asked for scan in scans(connection, f"{statement} -- again", values)]
        connection.rollback()

    assert found


Asked = list[tuple[str, Any]]


@contextmanager
def listening(engine: Engine) -> Iterator[Asked]:
    """Every statement that reads one of the large tables, with its parameters."""
    asked: Asked = []

    def note(_: object, __: object, statement: str, parameters: Any, ___: object, ____: object) -> None:
        if any(f"billcore_{table}" in statement for table in LARGE):
            asked.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield asked
    finally:
        event.remove(engine, "before_cursor_execute", note)


def scans(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """The lines of the plan that read a large table, or an index of it, from end to end."""
    lines = plan(connection, statement, parameters)
    large = "|".join(LARGE)
    if connection.dialect.name == "sqlite":
        # SEARCH goes to its place; with the firm alone, of which there is one, it is no better than a SCAN.
        whole = re.compile(rf"^SCAN (billcore_({large})|refund|other)\b|billcore_({large}) .*\(firm_id=\?\)$")
        return [line for line in lines if whole.search(line)]
    return [line for line in lines if re.search(rf"Seq Scan on billcore_({large})", line)]


def plan(connection: Connection, statement: str, parameters: Any) -> list[str]:
    """What the database says it will do."""
    explain = "EXPLAIN QUERY PLAN " if connection.dialect.name == "sqlite" else "EXPLAIN "
    return [str(row[-1]) for row in connection.exec_driver_sql(explain + statement, parameters)]
