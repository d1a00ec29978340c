"""What stands in the rows: what changed and no more, nothing that disagrees with the facts, nothing that leaks."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from attrs import asdict
from sqlalchemy import Engine, create_engine, event, func, select, update
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from tests.databases import Database

from billcore.events import Part, PaymentRecorded
from billcore.ids import InvoiceId, PaymentId
from billcore.methods import Method
from billcore.money import Money
from billcore.testing import builders
from billcore.testing.clock import START
from billcore.testing.store_checks.random_books import RandomBooks
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import TABLES, SqlStore
from billcore_sqlalchemy.failures import in_our_words
from billcore_sqlalchemy.remembered import Remembered

FIRM = builders.a_firm()
CLIENT = builders.a_client(FIRM)
CENT = Money(1, "USD")


@contextmanager
def written(engine: Engine) -> Iterator[list[tuple[str, int]]]:
    """Every statement that changes something in this block, with the bytes of its values."""
    found: list[tuple[str, int]] = []

    def note(_c: object, _cursor: object, statement: str, parameters: Any, _context: object, _many: bool) -> None:
        if not statement.lstrip("( ").upper().startswith(("SELECT", "BEGIN", "SET")):
            found.append((statement, len(repr(parameters))))

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(engine, "before_cursor_execute", note)


@pytest.mark.parametrize("lines", [1, 300])
def test_a_payment_writes_the_same_few_bytes_on_an_invoice_of_one_line_and_of_hundreds(
    database: Database, lines: int
) -> None:
    store = SqlStore(database.engine)
    invoice = builders.an_issued_invoice(FIRM, CLIENT, lines=[builders.a_line() for _ in range(lines)])
    with store.begin(FIRM.id) as work:
        work.add_firm(FIRM)
        work.clients.add(CLIENT)
        work.invoices.add(invoice)
        work.commit()

    with written(database.engine) as statements, store.begin(FIRM.id) as work:
        payment, paid = builders.a_recorded_payment(FIRM, CLIENT, work.invoices.get(invoice.id), CENT)
        work.payments.add(payment)
        work.invoices.save(paid)
        work.commit()

    assert len(statements) == 3, "the payment, where it went, and the sums of the invoice"
    assert sum(size for _, size in statements) < 2_500


def test_the_policy_of_a_thousand_invoices_is_one_row(database: Database) -> None:
    store = SqlStore(database.engine)
    books = RandomBooks(5, 100)
    books.add_to(store)

    with database.engine.connect() as connection:
        kept = connection.scalar(select(func.count()).select_from(TABLES.policies))

    assert kept == len({invoice.policy for invoice, _ in books.rows})


def test_an_event_about_several_invoices_stands_in_the_timeline_of_each_once(database: Database) -> None:
    store = SqlStore(database.engine)
    first, second = InvoiceId("invoice-1"), InvoiceId("invoice-2")
    payment = PaymentRecorded(
        firm_id=FIRM.id,
        payment_id=PaymentId("payment-1"),
        client_id=CLIENT.id,
        amount=Money(3, "USD"),
        method=Method.CHECK,
        parts=(Part(first, CENT), Part(second, CENT), Part(first, CENT)),
        invoice_ids=(first, second, first),
        at=START,
        by=builders.BY,
    )
    events = [builders.an_event(FIRM, first), payment, builders.an_event(FIRM, second)]
    with store.begin(FIRM.id) as work:
        work.events.append(events)
        work.commit()

    with store.read(FIRM.id) as work:
        timelines = [[each.event for each in work.events.about_invoice(invoice_id)] for invoice_id in (first, second)]

    assert timelines == [events[:2], events[1:]]


@pytest.mark.parametrize(
    "change",
    [
        {"paid": 1},
        {"balance": 1},
        {"owed": 1},
        {"collect_from": None},
        {"owing_since": None},
        {"voided_at": datetime.now(UTC)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_no_hand_in_the_database_makes_a_balance_disagree_with_the_facts(
    database: Database, change: dict[str, object]
) -> None:
    opened(SqlStore(database.engine), FIRM.id)

    with database.engine.connect() as connection, pytest.raises(SQLAlchemyError):
        connection.execute(update(TABLES.invoices).where(TABLES.invoices.c.owed > 0).values(**change))


def test_what_is_remembered_of_an_invoice_is_what_would_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Down to the timezone of every moment in it: otherwise a date would depend on who asked first."""
    store = SqlStore(database.engine)
    late = datetime(2026, 5, 4, 23, 30, tzinfo=ZoneInfo("America/New_York"))
    with store.begin(FIRM.id) as work:
        work.invoices.add(builders.a_draft(FIRM, CLIENT, at=late))
        work.invoices.add(builders.an_issued_invoice(FIRM, CLIENT, "invoice-2", at=late))
        work.commit()

    with store.read(FIRM.id) as work:
        remembered = list(work.invoices.all())
        monkeypatch.setattr("billcore_sqlalchemy.invoices._AS_ISSUED", Remembered(1))
        read = list(work.invoices.all())

    assert remembered == read
    assert [list(moments(asdict(invoice))) for invoice in remembered] == [
        list(moments(asdict(invoice))) for invoice in read
    ]


def moments(value: object) -> Iterator[str]:
    """Every moment in a record, with its timezone."""
    match value:
        case datetime():
            yield repr(value)
        case dict():
            for part in value.values():
                yield from moments(part)
        case tuple() | list():
            for part in value:
                yield from moments(part)


def test_an_unexpected_error_of_the_database_shows_no_value(database: Database) -> None:
    opened(SqlStore(database.engine), FIRM.id)
    engine, secret = create_engine(database.url), "her " + "secret"

    with engine.connect() as connection, pytest.raises(DBAPIError) as caught:
        connection.execute(update(TABLES.invoices).values(hold_reason=secret, balance=7))
    engine.dispose()

    assert secret in str(caught.value)
    shown = "".join(traceback.format_exception(in_our_words(caught.value)))
    assert secret not in shown
    assert "invoice-0" not in shown


def test_thousands_of_events_of_one_unit_of_work_are_numbered_one_by_one(database: Database) -> None:
    store, books = SqlStore(database.engine), opened(SqlStore(database.engine))
    counts = (400, 2_946)

    for count in counts:
        with store.begin(books.id) as work:
            work.events.append(builders.an_event(books.firm, reason=f"{count}: {number}") for number in range(count))
            work.commit()

    with store.read(books.id) as work:
        told = [each.event for each in work.events.all()]
    assert told == [
        builders.an_event(books.firm, reason=f"{count}: {number}") for count in counts for number in range(count)
    ]
