"""Print the table: every workload against its floor, measured now, in turn, on this machine.

    python -m benchmarks [NAME ...] [--full] [--profile]

A row that misses its reach is followed by the top of its profile; ``--profile`` shows that of every row.
"""

import argparse
import platform
from collections.abc import Callable, Iterable, Iterator
from typing import Final

from benchmarks import books, importing, json_documents, life, pricing, questions, recurring_run, webhooks
from benchmarks.timing import HEAD, Row

WORKLOADS: Final[dict[str, Callable[[bool], Iterable[Row]]]] = {
    "life-sqlite": lambda _: [life.on_sqlite()],
    "life-postgres": lambda _: life.on_postgres(),
    "recurring-sqlite": lambda is_full: recurring_run.on_sqlite(is_full=is_full),
    "recurring-postgres": lambda is_full: recurring_run.on_postgres(is_full=is_full),
    "questions-sqlite": lambda is_full: questions.on_sqlite(is_full=is_full),
    "questions-postgres": lambda is_full: questions.on_postgres(is_full=is_full),
    "webhook": lambda _: webhooks.on_sqlite(),
    "json": lambda _: json_documents.both_ways(),
    "pricing": lambda _: pricing.in_memory(),
    "import": lambda _: importing.in_new_processes(),
}
"""What measures each; it is told whether to measure at full size."""

BOOKS: Final = "books"
MEMORY: Final = "recurring-memory"
APART: Final = (BOOKS, MEMORY)
"""Told on their own, for they have no floor."""


def measured(names: list[str], *, is_full: bool) -> Iterator[Row]:
    for name in names or WORKLOADS:
        if name not in APART:
            yield from WORKLOADS[name](is_full)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "names", nargs="*", metavar="NAME", choices=[[], *WORKLOADS, *APART], help=", ".join([*WORKLOADS, *APART])
    )
    parser.add_argument("--full", action="store_true", help="a million invoices, a hundred thousand schedules")
    parser.add_argument("--profile", action="store_true", help="the top of every row's profile")
    asked = parser.parse_args()
    print(f"Python {platform.python_version()}, {platform.machine()}; medians of interleaved runs\n")
    print(HEAD)
    rows = []
    for row in measured(asked.names, is_full=asked.full):
        print(row, flush=True)
        rows.append(row)
    if not asked.names or BOOKS in asked.names:
        print("\nThe books of one invoice, SQLite file\n")
        for line in books.table():
            print(line, flush=True)
    if not asked.names or MEMORY in asked.names:
        print("\nWhat a recurring run adds to memory, SQLite file\n")
        for line in recurring_run.memory(is_full=asked.full):
            print(line, flush=True)
    for row in rows:
        if row.profile and (row.is_missed or asked.profile):
            print(f"\n{row.workload}: where it spends its time\n{row.profile}")


if __name__ == "__main__":
    main()
