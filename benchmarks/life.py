"""The life of an invoice, one durable transaction a step: drafted, sent, part paid, part refunded.

On SQLite the floor replays the very rows that billcore wrote, with the same commits, through the bare driver: no
reading, no pricing, no locks, no objects. It is as durable as billcore: the same pragmas, so the disk has every commit
before the next begins. On PostgreSQL, where most of the time is the way to the server, it repeats all statements, those
that read and lock too. What billcore does besides is its cost.
"""

import sqlite3
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psycopg
from benchmarks.recording import WRITES, recorded, replay
from benchmarks.servers import bare_address, postgres
from benchmarks.timing import Row, compare
from sqlalchemy import Engine

from billcore import Billing, LineItem, Method, Staff
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for
from billcore_sqlalchemy.sqlite import PRAGMAS

JANE = Staff("jane", "Jane Chen")
LIVES = 40


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


def on_sqlite(rounds: int = 7) -> Row:
    """On a SQLite file, through sqlite3."""
    with tempfile.TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{folder}/ours.db")
        billing = opened(engine)
        before = [Path(folder) / f"floor{number}.db" for number in range(rounds + 1)]
        for path in before:
            source = sqlite3.connect(f"{folder}/ours.db", isolation_level=None)
            source.execute("VACUUM INTO ?", (str(path),))
            source.close()
        with recorded(engine, only=WRITES) as written:
            live(billing, LIVES)
        used: list[sqlite3.Connection] = []

        bare = [bare_connection(path) for path in before]

        def floor() -> None:
            connection = bare.pop()
            replay(written, connection.execute, connection.executemany, begin="BEGIN IMMEDIATE")
            # It stays open until all is measured: the last to close moves the log into the file, which ours is spared.
            used.append(connection)

        row = compare(
            "draft, send, part payment, refund: one commit each, SQLite file",
            ours=lambda: live(billing, LIVES),
            floor=floor,
            reach=2.5,
            rounds=rounds,
            pieces=LIVES,
        )
        for connection in used:
            connection.close()
        engine.dispose()
        return row


def bare_connection(path: Path) -> sqlite3.Connection:
    """The standard library's, as durable as ours: with the very pragmas of our engine."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in PRAGMAS:
        connection.execute(pragma)
    return connection


def on_postgres(rounds: int = 7) -> Iterator[Row]:
    """On a PostgreSQL server, through psycopg: the same statements, those that read and lock too."""
    with postgres() as server:
        if server is None:
            print("life-postgres is not measured: no PostgreSQL listens, and BILLCORE_TEST_POSTGRES_URL is not set")
            return
        address = server.new()
        engine = engine_for(address)
        billing = opened(engine)
        engine.dispose()
        copies = [
            psycopg.connect(bare_address(server.new(address.database)), autocommit=True) for _ in range(rounds + 1)
        ]
        with recorded(engine) as said:
            live(billing, LIVES)

        def floor() -> None:
            connection = unused.pop()
            cursor = connection.cursor()

            def execute(sql: str, values: Mapping[str, object] | None = None) -> None:
                cursor.execute(sql.encode(), values)
                if cursor.description is not None:
                    cursor.fetchall()

            def executemany(sql: str, values: Sequence[Mapping[str, object]]) -> None:
                cursor.executemany(sql.encode(), values)

            replay(said, execute, executemany, begin="BEGIN")

        unused = list(copies)
        yield compare(
            "the same on PostgreSQL",
            ours=lambda: live(billing, LIVES),
            floor=floor,
            reach=2,
            rounds=rounds,
            pieces=LIVES,
        )
        for connection in copies:
            connection.close()
        engine.dispose()
