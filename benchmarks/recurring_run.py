"""The recurring run against a hand-written floor: schedules of three lines each become sent invoices.

    python -m benchmarks.recurring_run [SCHEDULES] [--postgres] [--packages N] [--alone] [--profile]

On SQLite seconds are of the processor, for a disk that others use would blur them. PostgreSQL works in another process:
there they are of the clock, and run and floor take turns. The schedules are of 97 packages, as firms sell them; with as
many packages as schedules each has lines of its own, and nothing is read, priced or written once for several.
``--alone`` measures the run on SQLite and the memory it adds, without a floor, which would hold every row in memory.
``--profile`` shows where it spends its time.
"""

import argparse
import cProfile
import pstats
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from shutil import copy
from statistics import median
from tempfile import TemporaryDirectory
from typing import Final

from attrs import evolve
from benchmarks import run_floors
from benchmarks.servers import bare_address, postgres
from benchmarks.timing import HEAD, Row
from sqlalchemy import Engine

from billcore import Billing, Cadence, Client, LineItem, Party, Staff
from billcore.ids import ClientId, FirmId, ScheduleId
from billcore.recurring import scheduling
from billcore.recurring.schedule import Plan, Schedule
from billcore.testing import ManualClock
from billcore_sqlalchemy import SqlStore, metadata, sqlite_engine
from billcore_sqlalchemy.engines import engine_for

JANE: Final = Staff("jane", "Jane Chen")
FIRM: Final = FirmId("acme")
START: Final = datetime(2026, 5, 4, 9, tzinfo=UTC)
ON: Final = date(2026, 5, 4)
IN_FULL: Final = 100_000
LINES: Final = (
    LineItem(description="Bookkeeping, monthly package", unit_price="180.00"),
    LineItem(description="Payroll, per employee", quantity="7", unit_price="12.50"),
    LineItem(description="Document storage", unit_price="9.90"),
)
PACKAGES: Final = 97


def opened(engine: Engine, count: int, packages: int = PACKAGES) -> Billing:
    """Books with so many schedules, each of a client of its own, all due today."""
    metadata.create_all(engine)
    store = SqlStore(engine)
    billing = Billing(store, clock=ManualClock(START))
    billing.firms.open(FIRM, "Acme Law", by=JANE)
    for first in range(0, count, 1_000):
        with store.begin(FIRM) as work:
            numbers = range(first, min(first + 1_000, count))
            work.clients.add_all([_client(number) for number in numbers])
            work.schedules.add_all([_schedule(number, number % packages) for number in numbers])
            work.commit()
    if engine.dialect.name == "postgresql":
        # As it does by itself within a minute: until then it would sort all that is due for every batch.
        with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.exec_driver_sql("VACUUM ANALYZE")
    return billing


def _client(number: int) -> Client:
    party = Party(name=f"Client {number:07}", email=f"client-{number}@example.com")
    return Client(id=ClientId(f"cli_{number:07}"), firm_id=FIRM, party=party, currency="USD", created_at=START)


def _schedule(number: int, package: int) -> Schedule:
    schedule, _ = scheduling.start(
        ScheduleId(f"sch_{number:07}"),
        firm_id=FIRM,
        client_id=ClientId(f"cli_{number:07}"),
        title="Monthly package",
        cadence=Cadence.monthly(),
        anchor=ON,
        lines=tuple(evolve(line, unit_price=line.unit_price + package) for line in LINES),
        plan=Plan(),
        at=START,
        by=JANE,
    )
    return schedule


def seconds(job: Callable[[], object]) -> float:
    """Of the processor, in this process."""
    before = time.process_time()
    job()
    return time.process_time() - before


def seconds_of_the_clock(job: Callable[[], object]) -> float:
    before = time.perf_counter()
    job()
    return time.perf_counter() - before


def on_sqlite(*, is_full: bool) -> Iterator[Row]:
    return sqlite(IN_FULL if is_full else IN_FULL // 10)


def on_postgres(*, is_full: bool) -> Iterator[Row]:
    return postgresql(IN_FULL) if is_full else postgresql(IN_FULL // 20, rounds=3)


def memory(*, is_full: bool) -> Iterator[str]:
    """Of ten times as many schedules too; each in a process of its own, whose peak is its own."""
    least = IN_FULL // 10 if is_full else IN_FULL // 50
    for count in (least, least * 10):
        program = [sys.executable, "-m", "benchmarks.recurring_run", str(count), "--alone"]
        yield subprocess.run(program, check=True, capture_output=True, text=True).stdout.strip()


def sqlite(count: int, packages: int = PACKAGES) -> Iterator[Row]:
    """Once: every round needs new books."""
    with TemporaryDirectory() as folder:
        books, before = Path(folder) / "books.db", Path(folder) / "before.db"
        engine = sqlite_engine(f"sqlite:///{books}")
        billing = opened(engine, count, packages)
        engine.dispose()
        copy(books, before)
        ours = seconds(billing.run) / count
        engine.dispose()
        written = run_floors.of_sqlite(books)
        assert len(written.moved) == len(written.rows["invoices"]) == count
        raw = seconds(lambda: run_floors.on_sqlite(written, before)) / count
        yield Row(
            workload=f"recurring run of {count:,}, a schedule, SQLite",
            ours=ours,
            floor=raw,
            ratios=(ours / raw,),
            reach=3.5,
        )


def postgresql(count: int, packages: int = PACKAGES, rounds: int = 1) -> Iterator[Row]:
    """Run and floor in turn, each on a copy of the same books."""
    with postgres() as server:
        if server is None:
            print("recurring-postgres is not measured: no PostgreSQL listens, BILLCORE_TEST_POSTGRES_URL is not set")
            return
        books = server.new()
        engine = engine_for(books)
        opened(engine, count, packages)
        engine.dispose()
        written: run_floors.Floor | None = None
        ours, raw = [], []
        for _ in range(rounds):
            ran = server.new(books.database)
            engine = engine_for(ran)
            billing = Billing(SqlStore(engine), clock=ManualClock(START))
            ours.append(seconds_of_the_clock(billing.run) / count)
            engine.dispose()
            written = written or run_floors.of_postgres(bare_address(ran))
            assert len(written.moved) == len(written.rows["invoices"]) == count
            before = bare_address(server.new(books.database))
            raw.append(seconds_of_the_clock(partial(run_floors.on_postgres, written, before)) / count)
        yield Row(
            workload=f"recurring run of {count:,}, a schedule, PostgreSQL",
            ours=median(ours),
            floor=median(raw),
            ratios=tuple(one / other for one, other in zip(ours, raw, strict=True)),
            reach=2.5,
        )


def alone(count: int, packages: int) -> str:
    """What a run costs and adds to memory at its peak."""
    with TemporaryDirectory() as folder:
        address = f"sqlite:///{folder}/books.db"
        # By another process, so that this one's peak is of the run.
        making = get_context("spawn").Process(target=_make, args=(address, count, packages))
        making.start()
        making.join()
        billing = Billing(SqlStore(sqlite_engine(address)), clock=ManualClock(START))
        before = _peak()
        ours = seconds(billing.run)
        return f"{count:,} schedules: {ours / count * 1e6:.0f} µs each, {_peak() - before:.1f} MB added"


def _make(address: str, count: int, packages: int) -> None:
    opened(sqlite_engine(address), count, packages)


def profiled(count: int, packages: int, *, is_on_postgres: bool) -> None:
    """Where it is spent: seconds of the processor on SQLite; on PostgreSQL of the clock, the server's among them."""
    with _books(is_on_postgres=is_on_postgres) as engine:
        if engine is None:
            print("no PostgreSQL listens, BILLCORE_TEST_POSTGRES_URL is not set")
            return
        billing = opened(engine, count, packages)
        profile = cProfile.Profile(time.perf_counter if is_on_postgres else time.process_time)
        profile.runcall(billing.run)
        engine.dispose()
        pstats.Stats(profile).sort_stats("cumulative").print_stats(60)
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)


@contextmanager
def _books(*, is_on_postgres: bool) -> Iterator[Engine | None]:
    if is_on_postgres:
        with postgres() as server:
            yield None if server is None else engine_for(server.new())
        return
    with TemporaryDirectory() as folder:
        yield sqlite_engine(f"sqlite:///{folder}/books.db")


def _peak() -> float:
    """The most memory that this program has had, in MB.

    On Linux ``ru_maxrss`` begins at the peak of the program that started this one: a run's own would vanish under it.
    """
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    (peak,) = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
    return int(peak) / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("schedules", nargs="?", type=int, default=IN_FULL)
    parser.add_argument("--packages", type=int, default=PACKAGES, help=f"how many differ in their lines ({PACKAGES})")
    parser.add_argument("--postgres", action="store_true", help="on PostgreSQL instead")
    parser.add_argument("--alone", action="store_true", help="only the run, and the memory it adds")
    parser.add_argument("--profile", action="store_true", help="where the run spends its time, instead")
    asked = parser.parse_args()
    if asked.profile:
        profiled(asked.schedules, asked.packages, is_on_postgres=asked.postgres)
        return
    if asked.alone:
        print(alone(asked.schedules, asked.packages))
        return
    print(HEAD)
    on = postgresql if asked.postgres else sqlite
    for row in on(asked.schedules, asked.packages):
        print(row)


if __name__ == "__main__":
    main()
