"""The floors of the recurring run: the very rows that a run wrote, written again by hand.

They are read back before anything is timed, and go into a copy of the books from before the run: as many rows to a
transaction, the same tables, indexes and settings. A floor reads nothing and decides nothing.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Final, LiteralString

import psycopg
from attrs import frozen
from psycopg.sql import SQL, Identifier

from billcore.services.running import BATCH
from billcore_sqlalchemy.sqlite import PRAGMAS

_WRITTEN: Final = ("invoices", "occurrences", "events", "event_invoices", "postings")
_ONCE: Final = ("counters", "policies")
_MOVED: Final[LiteralString] = "SELECT version, next_index, look_on, firm_id, id, version - 1 FROM billcore_schedules"

_Row = tuple[object, ...]


@frozen
class Floor:
    """What a run wrote."""

    rows: dict[str, list[_Row]]
    moved: list[_Row]
    """The schedules: their version, index and date, and by which key and version they are found."""

    def batches(self) -> Iterator[tuple[dict[str, Sequence[_Row]], Sequence[_Row]]]:
        count = -(-len(self.moved) // BATCH)
        for number in range(count):
            parts = {
                name: _part(rows, number, count) if name in _WRITTEN else rows[: 0 if number else None]
                for name, rows in self.rows.items()
            }
            yield {name: part for name, part in parts.items() if part}, _part(self.moved, number, count)


def _part(rows: Sequence[_Row], number: int, count: int) -> Sequence[_Row]:
    return rows[len(rows) * number // count : len(rows) * (number + 1) // count]


def _rows_of(name: str) -> str:
    # That the firm was opened is in the books before the run.
    return f"SELECT * FROM billcore_{name}" + (" WHERE kind <> 'FirmOpened'" if name == "events" else "")


def of_sqlite(books: Path) -> Floor:
    with closing(sqlite3.connect(books)) as source:
        rows = {name: source.execute(_rows_of(name)).fetchall() for name in (*_ONCE, *_WRITTEN)}
        return Floor(rows, source.execute(_MOVED).fetchall())


def on_sqlite(floor: Floor, before: Path) -> None:
    """By ``executemany`` of the standard library, into the books as they were before."""
    update = "UPDATE billcore_schedules SET version=?, next_index=?, look_on=? WHERE firm_id=? AND id=? AND version=?"
    inserts = {
        name: f"INSERT INTO billcore_{name} VALUES ({', '.join('?' * len(rows[0]))})"
        for name, rows in floor.rows.items()
        if rows
    }
    with closing(sqlite3.connect(before, isolation_level=None)) as target:
        for pragma in PRAGMAS:
            target.execute(pragma)
        for rows, moved in floor.batches():
            target.execute("BEGIN IMMEDIATE")
            for name, part in rows.items():
                target.executemany(inserts[name], part)
            target.executemany(update, moved)
            target.execute("COMMIT")


def of_postgres(address: str) -> Floor:
    with psycopg.connect(address) as source:
        rows = {name: source.execute(_rows_of(name).encode()).fetchall() for name in (*_ONCE, *_WRITTEN)}
        return Floor(rows, source.execute(_MOVED).fetchall())


def on_postgres(floor: Floor, before: str) -> None:
    """By COPY of psycopg; the schedules, which are there already, by its ``executemany``."""
    update = (
        "UPDATE billcore_schedules SET version=%s, next_index=%s, look_on=%s WHERE firm_id=%s AND id=%s AND version=%s"
    )
    with psycopg.connect(before, autocommit=True) as target:
        for rows, moved in floor.batches():
            with target.transaction(), target.cursor() as cursor:
                for name, part in rows.items():
                    with cursor.copy(SQL("COPY {} FROM STDIN").format(Identifier(f"billcore_{name}"))) as copy:
                        for row in part:
                            copy.write_row(row)
                cursor.executemany(update, moved)
