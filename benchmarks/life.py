"""The life of an invoice, one durable transaction a step: drafted, sent, part paid, part refunded.

On SQLite the floor replays the very rows that billcore wrote, with the same commits, through the bare driver: no
reading, no pricing, no locks, no objects. It is as durable as billcore: the same pragmas, so the disk has every commit
before the next begins. On PostgreSQL, where most of the time is the way to the server, it repeats all statements, those
that read and lock too. What billcore does besides is its cost.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from pathlib import Path

import psycopg
from benchmarks.recording import WRITES, Said, recorded, replay
from benchmarks.servers import bare_address, postgres
from benchmarks.timing import Row, compare
from sqlalchemy import Engine

from billcore import Billing, LineItem, Method, Staff
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for
from billcore_sqlalchemy.sqlite import PRAGMAS

JANE = Staff("jane", "Jane Chen")
LIVES = 40
ROUNDS = 9


def live(billing: Billing, count: int) -> None:
    """So many invoices through their lives."""
    desk = billing.at("acme", by=JANE)
    client = desk.clients.all()[0].id
    for number in range(count):
        line = LineItem(description=f"Advice {number}", quantity="2.5", unit_price="80.00")
        invoice = desk.invoices.send(desk.invoices.draft(client, lines=[line]).id)
        payment = desk.payments.record(invoice.id, "150.00", method=Method.CHECK, reference="4521")
        desk.refunds.issue(payment.id, "40.00")


def opened(engine: Engine) -> Billing:
    """A firm with one client."""
    bring_up_to_date(engine)
    billing = Billing(SqlStore(engine))
    billing.firms.open("acme", "Acme Law", by=JANE)
    billing.at("acme", by=JANE).clients.add("Patel Family")
    return billing


def on_sqlite() -> Row:
    """On a SQLite file, through sqlite3."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        engine = engine_for(f"sqlite:///{folder}/ours.db")
        stack.callback(engine.dispose)
        billing = opened(engine)
        with closing(sqlite3.connect(f"{folder}/ours.db")) as books:
            books.execute("VACUUM INTO ?", (f"{folder}/floor.db",))
        written = iter(_lives(billing, engine, only=WRITES))
        bare = stack.enter_context(closing(bare_connection(Path(folder) / "floor.db")))

        return compare(
            "draft, send, part payment, refund: one commit each, SQLite file",
            ours=lambda: live(billing, LIVES),
            floor=lambda: replay(next(written), bare.execute, bare.executemany, begin="BEGIN IMMEDIATE"),
            reach=2.5,
            rounds=ROUNDS,
            pieces=LIVES,
        )


def _lives(billing: Billing, engine: Engine, *, only: tuple[str, ...] = ()) -> list[list[Said]]:
    """What billcore says to the database in a round, for each round of the floor and its warming up."""
    said: list[list[Said]] = []
    for _ in range(ROUNDS + 1):
        with recorded(engine, only=only) as one:
            live(billing, LIVES)
        said.append(one)
    return said


def bare_connection(path: Path) -> sqlite3.Connection:
    """The standard library's, as durable as ours: with the very pragmas of our engine."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def on_postgres() -> Iterator[Row]:
    """On a PostgreSQL server, through psycopg: the same statements, those that read and lock too."""
    with postgres() as server, ExitStack() as stack:
        if server is None:
            print("life-postgres is not measured: no PostgreSQL listens, and BILLCORE_TEST_POSTGRES_URL is not set")
            return
        address = server.new()
        engine = engine_for(address)
        stack.callback(engine.dispose)
        billing = opened(engine)
        # Of a database that somebody is connected to there is no copy.
        engine.dispose()
        bare = psycopg.connect(bare_address(server.new(address.database)), autocommit=True)
        cursor = stack.enter_context(closing(bare)).cursor()
        said = iter(_lives(billing, engine))

        def execute(sql: str, values: Mapping[str, object] | None = None) -> None:
            cursor.execute(sql.encode(), values)
            if cursor.description is not None:
                cursor.fetchall()

        def executemany(sql: str, values: Sequence[Mapping[str, object]]) -> None:
            cursor.executemany(sql.encode(), values)

        yield compare(
            "the same on PostgreSQL",
            ours=lambda: live(billing, LIVES),
            floor=lambda: replay(next(said), execute, executemany, begin="BEGIN"),
            reach=2,
            rounds=ROUNDS,
            pieces=LIVES,
        )
