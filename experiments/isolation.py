"""What is lost without the locks, and with them: eight workers on each database, the naive form beside ours.

Three races: a record that is read, changed and written; an invoice on which several pay at once; numbers. The naive
form is what a program does with an engine as it comes: read, decide, write, commit.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from time import perf_counter, sleep
from typing import Final

import pytest
from attrs import evolve, frozen
from sqlalchemy import URL, Column, Engine, Integer, MetaData, Table, create_engine, func, insert, select, update
from sqlalchemy.exc import DBAPIError
from tests.databases import NAMES, Database, Databases

from billcore.actors import Staff
from billcore.billing import Billing
from billcore.errors import BillcoreError, Refused
from billcore.ids import ClientId, FirmId, InvoiceId
from billcore.lines import LineItem
from billcore.methods import Method
from billcore.testing import CountingIds
from billcore_sqlalchemy import SqlStore

WORKERS: Final = 8
BY: Final = Staff("jane", "Jane Chen")
FIRM: Final = FirmId("acme")
_OPEN: Final = 100
_PART: Final = 30


@frozen(kw_only=True)
class Outcome:
    """What one form did to the books: updates that are gone, invoices paid above their total, numbers given twice.

    ``errors`` are refusals of the database that reached the worker; ``gaps`` are numbers that nobody has.
    """

    lost: int
    over_allocated: int
    duplicates: int
    gaps: int
    errors: int
    seconds: float


# ── The naive form ───────────────────────────────────────────────────────────────────────────────────────────────────

_METADATA: Final = MetaData()
_COUNTER: Final = Table("naive_counter", _METADATA, Column("id", Integer, primary_key=True), Column("n", Integer))
_INVOICES: Final = Table("naive_invoices", _METADATA, Column("id", Integer, primary_key=True), Column("open", Integer))
_PAYMENTS: Final = Table(
    "naive_payments", _METADATA, Column("id", Integer, primary_key=True), Column("invoice", Integer)
)
_NUMBERS: Final = Table("naive_numbers", _METADATA, Column("id", Integer, primary_key=True), Column("number", Integer))


def naive(url: URL, *, rounds: int, invoices: int) -> Outcome:
    """Read, decide, write, commit, on an engine as it comes."""
    with _engine(url) as engine:
        with engine.begin() as connection:
            _METADATA.drop_all(connection)
            _METADATA.create_all(connection)
            connection.execute(insert(_COUNTER), {"id": 1, "n": 0})
            connection.execute(insert(_INVOICES), [{"id": each, "open": _OPEN} for each in range(1, invoices + 1)])
        done = _Done()

        def work(_: int) -> None:
            for _ in range(rounds):
                with done.counting("updated"), engine.begin() as connection:
                    n = connection.execute(select(_COUNTER.c.n)).scalar_one()
                    sleep(0.0005)
                    connection.execute(update(_COUNTER).values(n=n + 1))
                with done.counting("numbered"), engine.begin() as connection:
                    last = connection.execute(select(func.coalesce(func.max(_NUMBERS.c.number), 0))).scalar_one()
                    sleep(0.0005)
                    connection.execute(insert(_NUMBERS), {"number": last + 1})
            for invoice in range(1, invoices + 1):
                with done.counting("paid"), engine.begin() as connection:
                    its_own = _INVOICES.c.id == invoice
                    left = connection.execute(select(_INVOICES.c.open).where(its_own)).scalar_one()
                    sleep(0.0005)
                    if left >= _PART:
                        connection.execute(insert(_PAYMENTS), {"invoice": invoice})
                        connection.execute(update(_INVOICES).where(its_own).values(open=left - _PART))

        seconds = _at_once(work)
        with engine.begin() as connection:
            n = connection.execute(select(_COUNTER.c.n)).scalar_one()
            numbers = list(connection.execute(select(_NUMBERS.c.number)).scalars())
            paid = select(_PAYMENTS.c.invoice).group_by(_PAYMENTS.c.invoice).having(func.count() * _PART > _OPEN)
            over = len(connection.execute(paid).all())
            _METADATA.drop_all(connection)
        return Outcome(
            lost=done.counts["updated"] - n,
            over_allocated=over,
            duplicates=len(numbers) - len(set(numbers)),
            gaps=max(numbers, default=0) - len(set(numbers)),
            errors=done.errors,
            seconds=seconds,
        )


@contextmanager
def _engine(url: URL) -> Iterator[Engine]:
    engine = create_engine(url, pool_size=WORKERS)
    try:
        yield engine
    finally:
        engine.dispose()


# ── Ours ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def ours(database: Database, *, rounds: int, invoices: int) -> Outcome:
    """The same races by the desks and the store."""
    store = SqlStore(database.engine)
    billing = Billing(store, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=BY)
    desk = billing.at(FIRM, by=BY)
    client_id = desk.clients.add("Patel Family").id
    sent = [desk.invoices.send(_draft(billing, client_id)).id for _ in range(invoices)]
    drafts = [[_draft(billing, client_id) for _ in range(rounds)] for _ in range(WORKERS)]
    done = _Done()

    def work(worker: int) -> None:
        for draft in drafts[worker]:
            with done.counting("updated"), store.begin(FIRM) as work:
                client = work.clients.get(client_id)
                sleep(0.0005)
                work.clients.save(evolve(client, notes=f"{client.notes}."))
                work.commit()
            with done.counting("numbered"):
                billing.at(FIRM, by=BY).invoices.send(draft)
        for invoice_id in sent:
            # The last of them finds too little left, and is refused.
            with done.counting("paid"), suppress(Refused):
                billing.at(FIRM, by=BY).payments.record(invoice_id, f"{_PART}.00", method=Method.CASH)

    seconds = _at_once(work)
    with store.read(FIRM) as work_:
        notes = work_.clients.get(client_id).notes
        kept = list(work_.invoices.all())
    numbers = sorted(int(invoice.number.rpartition("-")[2]) for invoice in kept if invoice.number is not None)
    if billing.verify(FIRM):
        raise AssertionError("the books do not agree with themselves")
    return Outcome(
        lost=done.counts["updated"] - len(notes),
        over_allocated=sum(invoice.sums.paid > invoice.total for invoice in kept),
        duplicates=len(numbers) - len(set(numbers)),
        gaps=numbers[-1] - len(set(numbers)),
        errors=done.errors,
        seconds=seconds,
    )


def _draft(billing: Billing, client_id: ClientId) -> InvoiceId:
    line = LineItem(description="Advice", unit_price=f"{_OPEN}.00")
    return billing.at(FIRM, by=BY).invoices.draft(client_id, lines=[line]).id


# ── Workers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Done:
    """What workers believe that they did."""

    def __init__(self) -> None:
        self.counts = {"updated": 0, "numbered": 0, "paid": 0}
        self.errors = 0
        self._lock = threading.Lock()

    @contextmanager
    def counting(self, what: str) -> Iterator[None]:
        """Count it, or the refusal of the database."""
        try:
            yield
        except (DBAPIError, BillcoreError):
            with self._lock:
                self.errors += 1
        else:
            with self._lock:
                self.counts[what] += 1


def _at_once(work: Callable[[int], None]) -> float:
    threads = [threading.Thread(target=work, args=(number,)) for number in range(WORKERS)]
    began = perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return perf_counter() - began


def main(rounds: int = 50, invoices: int = 20) -> None:
    """Print a row for each form on each database."""
    print(
        f"{WORKERS} workers, {WORKERS * rounds} updates and numbers, "
        f"{invoices} invoices of {_OPEN} with payments of {_PART}"
    )
    print(
        f"{'database':<12}{'form':<8}{'lost':>6}{'over-allocated':>16}{'duplicates':>12}{'gaps':>6}{'errors':>8}{'s':>8}"
    )
    databases = Databases()
    for name in NAMES:
        try:
            database = databases.get(name)
        except pytest.skip.Exception as skipped:
            print(f"{name:<12}not tested: {skipped}")
            continue
        forms = {"naive": naive(database.url, rounds=rounds, invoices=invoices)}
        forms["ours"] = ours(database, rounds=rounds, invoices=invoices)
        for form, seen in forms.items():
            figures = f"{seen.lost:>6}{seen.over_allocated:>16}{seen.duplicates:>12}{seen.gaps:>6}{seen.errors:>8}"
            print(f"{name:<12}{form:<8}{figures}{seen.seconds:>8.1f}", flush=True)
    databases.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
