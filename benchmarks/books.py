"""The books of one invoice as its payments grow to hundreds: what the next payment costs, and how many rows it writes.

There is no floor. What must hold: the rows written for one new payment are as many at the 200th as at the 25th, and its
cost does not grow with the payments before it; reading all that happened grows with what there is to read.
"""

import statistics
import time
from collections.abc import Callable, Iterator
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen
from benchmarks.big_firm import FIRM, JANE, TODAY, clock_on
from benchmarks.recording import WRITES, recorded
from benchmarks.timing import seconds

from billcore import Billing, LineItem, Method
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import bring_up_to_date, engine_for

SIZES: Final = (25, 50, 100, 200)
TIMES: Final = 15

HEAD: Final = (
    "| payments on the invoice | rows written by one more | one more: load, apply, save | the whole timeline |\n"
    "|---|---|---|---|"
)


@frozen
class Books:
    """An invoice with so many payments."""

    payments: int
    rows: int
    one_more: float
    timeline: float

    def __str__(self) -> str:
        return f"| {self.payments} | {self.rows} | {seconds(self.one_more)} | {seconds(self.timeline)} |"


def on_sqlite() -> Iterator[Books]:
    """On a SQLite file, in seconds of the processor: the disk waits for each commit alike."""
    with TemporaryDirectory() as folder:
        engine = engine_for(f"sqlite:///{folder}/books.db")
        bring_up_to_date(engine)
        billing = Billing(SqlStore(engine), clock=clock_on(TODAY))
        billing.firms.open(FIRM, "Acme Law", by=JANE)
        desk = billing.at(FIRM, by=JANE)
        client = desk.clients.add("Patel Family").id
        line = LineItem(description="Advice", unit_price="10000.00")
        for size in SIZES:
            invoice = desk.invoices.send(desk.invoices.draft(client, lines=[line]).id).id

            pay = partial(desk.payments.record, invoice, "1.00", method=Method.CHECK)
            for _ in range(size):
                pay()
            with recorded(engine, only=WRITES) as said:
                pay()
            yield Books(
                payments=size,
                rows=sum(len(one.values) if isinstance(one.values, list) else 1 for one in said if not one.is_end),
                one_more=_median(pay),
                timeline=_median(partial(desk.invoices.timeline, invoice)),
            )
        engine.dispose()


def _median(work: Callable[[], object]) -> float:
    times = []
    for _ in range(TIMES):
        begun = time.process_time()
        work()
        times.append(time.process_time() - begun)
    return statistics.median(times)


def table() -> Iterator[str]:
    """A line for each size, and the verdict."""
    yield HEAD
    found = []
    for books in on_sqlite():
        found.append(books)
        yield str(books)
    is_constant = len({books.rows for books in found}) == 1
    growth = found[-1].one_more / found[0].one_more
    yield f"\nrows written: {'reached' if is_constant else 'MISSED'}, as many each time"
    yield f"one more at {found[-1].payments} costs {growth:.2f} × one more at {found[0].payments}"


if __name__ == "__main__":
    for printed in table():
        print(printed)
