"""A firm with a million invoices and two million payments, loaded in a minute or two.

One invoice of each kind goes through its life in billcore, with its payments. Its rows are then written again and
again, with ids, numbers, clients and days of their own, into tables whose indexes are made afterwards. What the
questions do not read, events and postings, is not there.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import psycopg
from attrs import frozen
from benchmarks.servers import bare_address
from psycopg import sql
from sqlalchemy import URL, Engine

from billcore import Billing, FrontDesk, LineItem, Method, Staff
from billcore.ids import ClientId, FirmId, InvoiceId
from billcore.testing import ManualClock
from billcore_sqlalchemy import SqlStore, metadata
from billcore_sqlalchemy.engines import engine_for

JANE: Final = Staff("jane", "Jane Chen")
FIRM: Final = FirmId("acme")
DAYS: Final = 730
"""Of business; what is still owed was drafted in the last 120 of them."""
TODAY: Final = date(2026, 5, 4)
INVOICES_OF_A_CLIENT: Final = 50

_FIRST: Final = TODAY - timedelta(days=DAYS)
_OWED_FOR: Final = 120
_SHIFTED: Final = ("issued_on", "due_on", "overdue_from", "collect_from", "owing_since", "note_from")
# Of a hundred invoices so many are of that kind, with so many payments each: two hundred payments.
_KINDS: Final = (
    ("paid", 60, 2),
    ("paid in three", 25, 3),
    ("part paid", 5, 1),
    ("open", 6, 0),
    ("draft", 3, 0),
    ("void", 1, 0),
)

_Row = dict[str, object]


def clock_on(day: date) -> ManualClock:
    """Nine in the morning."""
    return ManualClock(datetime(day.year, day.month, day.day, 9, tzinfo=UTC))


def load(engine: Engine, invoices: int) -> None:
    """Fill the empty database of *engine*; *invoices* is a multiple of a thousand."""
    metadata.create_all(engine)
    Billing(SqlStore(engine), clock=clock_on(_FIRST)).firms.open(FIRM, "Acme Law", by=JANE)
    with TemporaryDirectory() as folder:
        originals = _Originals.made(Path(folder) / "originals.db")
    indexes = [index for table in metadata.sorted_tables for index in table.indexes]
    for index in indexes:
        index.drop(engine)
    write = _into_sqlite if engine.dialect.name == "sqlite" else _into_postgres
    write(engine.url, [("policies", iter(originals.policies)), *_rows(originals, invoices)])
    for index in indexes:
        index.create(engine)
    if engine.dialect.name == "postgresql":
        with psycopg.connect(bare_address(engine.url), autocommit=True) as connection:
            connection.execute("VACUUM ANALYZE")


# ── One of each kind ─────────────────────────────────────────────────────────────────────────────────────────────────


@frozen
class _Original:
    """An invoice as its row, with its payments' rows and their parts."""

    invoice: _Row
    payments: Sequence[tuple[_Row, _Row]]


@frozen
class _Originals:
    client: _Row
    policies: Sequence[_Row]
    by_kind: dict[str, _Original]

    @classmethod
    def made(cls, path: Path) -> "_Originals":
        """By billcore, on the firm's first day."""
        engine = engine_for(URL.create("sqlite", database=str(path)))
        metadata.create_all(engine)
        billing = Billing(SqlStore(engine), clock=clock_on(_FIRST))
        billing.firms.open(FIRM, "Acme Law", by=JANE)
        desk = billing.at(FIRM, by=JANE)
        client = desk.clients.add("Client 0000000").id
        ids = {kind: _live(desk, client, kind, payments) for kind, _, payments in _KINDS}
        engine.dispose()
        with closing(sqlite3.connect(path)) as books:
            return cls(
                client=_select(books, "clients")[0],
                policies=_select(books, "policies"),
                by_kind={kind: _original(books, invoice_id) for kind, invoice_id in ids.items()},
            )


def _live(desk: FrontDesk, client: ClientId, kind: str, payments: int) -> InvoiceId:
    line = LineItem(description="Advice", quantity="2.5", unit_price="120.00")
    invoice = desk.invoices.draft(client, lines=[line])
    if kind == "draft":
        return invoice.id
    desk.invoices.send(invoice.id)
    if kind == "void":
        desk.invoices.void(invoice.id, reason="Billed twice")
    for _ in range(payments):
        desk.payments.record(invoice.id, "150.00" if payments == 2 else "100.00", method=Method.CHECK)
    return invoice.id


def _original(books: sqlite3.Connection, invoice_id: InvoiceId) -> _Original:
    parts = _select(books, "applications", invoice_id=invoice_id)
    return _Original(
        invoice=_select(books, "invoices", id=invoice_id)[0],
        payments=[(_select(books, "payments", id=part["payment_id"])[0], part) for part in parts],
    )


def _select(books: sqlite3.Connection, table: str, **wanted: object) -> list[_Row]:
    where = "".join(f" AND {name} = :{name}" for name in wanted)
    cursor = books.execute(f"SELECT * FROM billcore_{table} WHERE true{where}", wanted)
    names = [column[0] for column in cursor.description]
    return [dict(zip(names, row, strict=True)) for row in cursor]


# ── Many of each ─────────────────────────────────────────────────────────────────────────────────────────────────────


def _rows(originals: _Originals, count: int) -> Iterator[tuple[str, Iterator[_Row]]]:
    """Each table with its rows."""
    yield "clients", (_client(originals.client, number) for number in range(count // INVOICES_OF_A_CLIENT))
    yield "invoices", (_invoice(originals, number, count) for number in range(count))
    yield "payments", (row for number in range(count) for row, _ in _payments(originals, number, count))
    yield "applications", (part for number in range(count) for _, part in _payments(originals, number, count))


def _kind(number: int) -> str:
    """Mixed, and the same whenever it is asked."""
    place = number * 37 % 100
    for kind, share, _ in _KINDS:
        if place < share:
            return kind
        place -= share
    raise AssertionError("the kinds are a hundred")


def _day(number: int, count: int, kind: str) -> int:
    """Days after the first on which the invoice was drafted: later numbers are later."""
    if kind in ("part paid", "open"):
        return DAYS - _OWED_FOR + number * _OWED_FOR // count
    return number * DAYS // count


def _client(original: _Row, number: int) -> _Row:
    return _copy(original, number, "cli") | {"folded_name": f"client {number:07}"}


def _invoice(originals: _Originals, number: int, count: int) -> _Row:
    kind = _kind(number)
    original = originals.by_kind[kind].invoice
    row = _copy(original, number, "inv")
    later = timedelta(days=_day(number, count, kind))
    row["client_id"] = f"cli_{_client_of(number, count):07}"
    row["drafted_at"] = f"{_FIRST + later} 09:{number // 60 % 60:02}:{number % 60:02}.{number % 1_000_000:06}"
    for name in _SHIFTED:
        if original[name] is not None:
            row[name] = _later(str(original[name]), later.days)
    if original["number"] is not None:
        row["number"], row["folded_number"] = f"INV-{number:07}", f"inv-{number:07}"
    if kind == "open" and number // 100 % 5 == 0:
        row["autopay_failed_at"] = row["drafted_at"]
    return row


def _client_of(number: int, count: int) -> int:
    """A client has invoices of all times and kinds."""
    return number * 2_654_435_761 // 256 % (count // INVOICES_OF_A_CLIENT)


def _payments(originals: _Originals, number: int, count: int) -> Iterator[tuple[_Row, _Row]]:
    kind = _kind(number)
    received_on = _later(str(_FIRST), _day(number, count, kind))
    for place, (payment, part) in enumerate(originals.by_kind[kind].payments):
        row = _copy(payment, number * 3 + place, "pay")
        row["client_id"] = f"cli_{_client_of(number, count):07}"
        row["received_on"] = received_on
        yield row, part | {"payment_id": row["id"], "invoice_id": f"inv_{number:07}"}


def _copy(original: _Row, number: int, prefix: str) -> _Row:
    """The row with an id of its own, in its document too."""
    new = f"{prefix}_{number:07}"
    return original | {"id": new, "document": str(original["document"]).replace(str(original["id"]), new)}


_DATES: Final[dict[tuple[str, int], str]] = {}


def _later(day: str, days: int) -> str:
    try:
        return _DATES[day, days]
    except KeyError:
        return _DATES.setdefault((day, days), str(date.fromisoformat(day) + timedelta(days=days)))


# ── Into the tables ──────────────────────────────────────────────────────────────────────────────────────────────────


def _into_sqlite(address: URL, tables: Iterable[tuple[str, Iterator[_Row]]]) -> None:
    with closing(sqlite3.connect(str(address.database), isolation_level=None)) as books:
        books.execute("PRAGMA synchronous = OFF")
        books.execute("BEGIN")
        for table, rows in tables:
            for row in rows:
                names, marks = ", ".join(row), ", ".join("?" * len(row))
                statement = f"INSERT OR IGNORE INTO billcore_{table} ({names}) VALUES ({marks})"
                books.execute(statement, tuple(row.values()))
                books.executemany(statement, (tuple(other.values()) for other in rows))
        books.execute("COMMIT")


def _into_postgres(address: URL, tables: Iterable[tuple[str, Iterator[_Row]]]) -> None:
    with psycopg.connect(bare_address(address), options="-c timezone=UTC") as books, books.cursor() as cursor:
        for table, rows in tables:
            first = next(rows)
            names = sql.SQL(", ").join(map(sql.Identifier, first))
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(sql.Identifier(f"billcore_{table}"), names)
            with cursor.copy(copy) as into:
                into.write_row(list(first.values()))
                for row in rows:
                    into.write_row(list(row.values()))
