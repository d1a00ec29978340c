"""The recurring run against a hand-written floor: schedules of three lines each become sent invoices on SQLite.

    python -m benchmarks.recurring_run [SCHEDULES]

The floor writes the very rows that the run wrote, read back from its database, with the standard library's sqlite3:
``executemany``, as many rows to a transaction, the same tables and indexes and the same settings. It reads nothing and
decides nothing. Seconds are of the processor, for a disk that others use would blur them. ``--profile`` shows where the
run spends its time.
"""

import argparse
import cProfile
import pstats
import resource
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve
from benchmarks.timing import Row

from billcore import Billing, Cadence, Client, LineItem, Party, Staff
from billcore.ids import ClientId, FirmId, ScheduleId
from billcore.recurring import scheduling
from billcore.recurring.schedule import Plan, Schedule
from billcore.services.running import BATCH
from billcore.testing import ManualClock
from billcore_sqlalchemy import SqlStore, metadata, sqlite_engine
from billcore_sqlalchemy.sqlite import PRAGMAS

JANE: Final = Staff("jane", "Jane Chen")
FIRM: Final = FirmId("acme")
START: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)
ON: Final = date(2026, 5, 4)
QUICKLY: Final = 10_000
LINES: Final = (
    LineItem(description="Bookkeeping, monthly package", unit_price="180.00"),
    LineItem(description="Payroll, per employee", quantity="7", unit_price="12.50"),
    LineItem(description="Document storage", unit_price="9.90"),
)
WRITTEN: Final = ("invoices", "occurrences", "events", "event_invoices", "postings", "counters", "policies")


def opened(path: Path, count: int) -> Billing:
    """Books with so many schedules, each of a client of its own, all due today."""
    engine = sqlite_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    store = SqlStore(engine)
    billing = Billing(store, clock=ManualClock(START))
    billing.firms.open(FIRM, "Acme Law", by=JANE)
    for first in range(0, count, 1_000):
        with store.begin(FIRM) as work:
            numbers = range(first, min(first + 1_000, count))
            for number in numbers:
                work.clients.add(_client(number))
            work.schedules.add_all([_schedule(number) for number in numbers])
            work.commit()
    return billing


def _client(number: int) -> Client:
    party = Party(name=f"Client {number:07}", email=f"client-{number}@example.com")
    return Client(id=ClientId(f"cli_{number:07}"), firm_id=FIRM, party=party, currency="USD", created_at=START)


def _schedule(number: int) -> Schedule:
    schedule, _ = scheduling.start(
        ScheduleId(f"sch_{number:07}"),
        firm_id=FIRM,
        client_id=ClientId(f"cli_{number:07}"),
        title="Monthly package",
        cadence=Cadence.monthly(),
        anchor=ON,
        lines=tuple(evolve(line, unit_price=line.unit_price + number % 97) for line in LINES),
        plan=Plan(),
        at=START,
        by=JANE,
    )
    return schedule


def floor(path: Path, books: Path) -> Callable[[], None]:
    """What writes the rows of *books* into new tables at *path*; the rows are in memory before it is timed."""
    engine = sqlite_engine(f"sqlite:///{path}")
    metadata.create_all(engine)
    engine.dispose()
    rows: dict[str, tuple[str, list[tuple[object, ...]]]] = {}
    with closing(sqlite3.connect(books)) as source:
        for name in WRITTEN:
            cursor = source.execute(f"SELECT * FROM billcore_{name}")
            marks = ", ".join("?" * len(cursor.description))
            rows[name] = f"INSERT INTO billcore_{name} VALUES ({marks})", cursor.fetchall()
        before = source.execute("SELECT * FROM billcore_schedules").fetchall()
        after = source.execute("SELECT version, next_index, look_on, firm_id, id, version - 1 FROM billcore_schedules")
        moved = after.fetchall()
    update = "UPDATE billcore_schedules SET version=?, next_index=?, look_on=? WHERE firm_id=? AND id=? AND version=?"
    with closing(sqlite3.connect(path)) as target:
        target.executemany(f"INSERT INTO billcore_schedules VALUES ({', '.join('?' * len(before[0]))})", before)
        target.execute("UPDATE billcore_schedules SET version = 1, next_index = 0, look_on = '2026-05-04'")
        target.commit()

    def write() -> None:
        with closing(sqlite3.connect(path, isolation_level=None)) as target:
            for pragma in PRAGMAS:
                target.execute(pragma)
            batches = -(-len(moved) // BATCH)
            for batch in range(batches):
                target.execute("BEGIN IMMEDIATE")
                for statement, all_rows in rows.values():
                    if part := _part(all_rows, batch, batches):
                        target.executemany(statement, part)
                target.executemany(update, _part(moved, batch, batches))
                target.execute("COMMIT")

    return write


def _part(rows: Sequence[tuple[object, ...]], batch: int, batches: int) -> Sequence[tuple[object, ...]]:
    return rows[len(rows) * batch // batches : len(rows) * (batch + 1) // batches]


def seconds(job: Callable[[], object]) -> float:
    """Of the processor, in this process."""
    before = time.process_time()
    job()
    return time.process_time() - before


def on_sqlite() -> Row:
    """For ``make bench``: once, for ten thousand schedules; every round needs new books."""
    with TemporaryDirectory() as folder:
        books = Path(folder) / "books.db"
        ours = seconds(opened(books, QUICKLY).run) / QUICKLY
        raw = seconds(floor(Path(folder) / "floor.db", books)) / QUICKLY
    return Row(
        workload=f"recurring run of {QUICKLY:,}, a schedule, SQLite",
        ours=ours,
        floor=raw,
        ratios=(ours / raw,),
        reach=3.5,
    )


def measure(count: int, folder: Path, *, is_profiled: bool) -> Iterator[str]:
    books = folder / "books.db"
    billing = opened(books, count)
    before = _peak()
    if is_profiled:
        profile = cProfile.Profile()
        profile.runcall(billing.run)
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
        return
    run = seconds(billing.run)
    assert billing.at(FIRM, by=JANE).invoices.page().total == count
    yield f"schedules                {count:>10,}"
    yield f"run                      {run:>10.2f} s  {run / count * 1e6:>6.0f} µs each"
    yield f"memory added by the run  {_peak() - before:>10.1f} MB"
    raw = seconds(floor(folder / "floor.db", books))
    yield f"raw executemany          {raw:>10.2f} s  {raw / count * 1e6:>6.0f} µs each"
    yield f"ratio                    {run / raw:>10.2f}"


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schedules", nargs="?", type=int, default=100_000)
    parser.add_argument("--profile", action="store_true", help="where the run spends its time, instead")
    asked = parser.parse_args()
    with TemporaryDirectory() as folder:
        for line in measure(asked.schedules, Path(folder), is_profiled=asked.profile):
            print(line)


if __name__ == "__main__":
    main()
