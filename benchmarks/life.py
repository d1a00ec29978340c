"""The life of an invoice, one durable transaction a step: drafted, sent, part paid, part refunded.

The floor replays the very rows that billcore wrote, with the same commits, through the bare driver: no reading, no
pricing, no locks, no objects. It is as durable as billcore: the same pragmas, so the disk has every commit before the
next begins. What billcore does besides is its cost.
"""

import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from attrs import frozen
from benchmarks.timing import Row, compare
from sqlalchemy import Engine, event

from billcore import Billing, LineItem, Method, Staff
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for
from billcore_sqlalchemy.sqlite import PRAGMAS

JANE = Staff("jane", "Jane Chen")
LIVES = 40


@frozen
class Written:
    """One statement of a transaction, or with no statement its commit."""

    sql: str
    values: object
    is_many: bool = False


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


@contextmanager
def recorded(engine: Engine) -> Iterator[list[Written]]:
    """Everything that is written while the block runs, in order, with its commits."""
    written: list[Written] = []

    def note(_conn: object, _cursor: object, sql: str, values: object, _context: object, is_many: bool) -> None:
        if sql.split(None, 1)[0] in ("INSERT", "UPDATE", "DELETE"):
            written.append(Written(sql, values, is_many))

    def commit(_conn: object) -> None:
        if written and written[-1].sql:
            written.append(Written("", None))

    event.listen(engine, "before_cursor_execute", note)
    event.listen(engine, "commit", commit)
    yield written
    event.remove(engine, "before_cursor_execute", note)
    event.remove(engine, "commit", commit)


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
        with recorded(engine) as written:
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


def replay(
    written: list[Written],
    execute: Callable[..., object],
    executemany: Callable[..., object],
    *,
    begin: str,
) -> None:
    """Write the rows again, with the same commits."""
    is_open = False
    for one in written:
        if not one.sql:
            execute("COMMIT")
            is_open = False
            continue
        if not is_open:
            execute(begin)
            is_open = True
        if one.is_many:
            executemany(one.sql, one.values)
        else:
            execute(one.sql, one.values)
