"""Questions answered by SQL: what the domain says of each of two thousand invoices, the database says of them all."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise

import pytest
from attrs import evolve
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.databases import Database
from tests.unit.reports.any_event import EVERY_EVENT, any_of

from billcore.dates import Period
from billcore.events import Event
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import status
from billcore.policy import Status
from billcore.ports.answers import Answers
from billcore.ports.pages import InvoiceFilter
from billcore.reports.aging import AgingBasis, AgingBuckets, aging
from billcore.reports.dashboard import dashboard
from billcore.reports.queues import queues
from billcore.reports.trial_balance import trial_balance
from billcore.testing import builders
from billcore.testing.clock import START
from billcore.testing.store_checks.lived_books import LivedBooks
from billcore.testing.store_checks.random_books import RandomBooks
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.unit_of_work import SqlUnitOfWork

TODAY = START.date()
# The books fall due on round days, so the day after one is the first on which they are overdue.
DAYS = [TODAY + timedelta(days=days) for days in (-400, -19, 0, 1, 26)]
# Each alone, each with its neighbour, all but one, and all: some are counted by their parts, some by all the others.
STATUSES = [
    *(frozenset({one}) for one in Status),
    *(frozenset(pair) for pair in pairwise(Status)),
    *(frozenset(Status) - {one} for one in Status),
    frozenset(Status),
]


@pytest.fixture(scope="module")
def books() -> RandomBooks:
    return RandomBooks(seed=7, count=2_000)


@pytest.fixture(scope="module")
def lived() -> LivedBooks:
    """Two thousand invoices with all that happened to them over four months."""
    return LivedBooks(seed=5, invoices=2_000)


@pytest.fixture(scope="module")
def expected(lived: LivedBooks) -> dict[str, object]:
    """What the domain's functions say of them."""
    with lived.store.read(lived.firm_id) as work:
        return asked(work.answers, lived)


@pytest.fixture
def work(database: Database, books: RandomBooks) -> Iterator[SqlUnitOfWork]:
    store = SqlStore(database.engine)
    books.add_to(store)
    with store.read(books.firm.id) as work:
        yield work


@pytest.fixture
def invoices(books: RandomBooks) -> list[Invoice]:
    return [invoice for invoice, _ in books.rows]


def listed(work: SqlUnitOfWork, wanted: InvoiceFilter) -> tuple[list[str], int]:
    """The ids of the first two pages, and how many there are said to be in all."""
    first = work.invoices.page(wanted)
    second = () if first.next is None else work.invoices.page(evolve(wanted, after=first.next)).invoices
    return [invoice.id for invoice in (*first.invoices, *second)], first.matching


def asked(answers: Answers, lived: LivedBooks) -> dict[str, object]:
    """Every question, on days and periods before, inside and after the months that were lived."""
    days = [lived.first_day + timedelta(days=days) for days in (-1, 0, 17, 60, 100, 119, 400)]
    periods = [*map(Period, days, days[1:]), Period(days[2], days[4])]
    buckets = [
        AgingBuckets(edges=(0, 10, 20, 30), basis=basis, separate_current=separate_current)
        for basis in AgingBasis
        for separate_current in (False, True)
    ]
    return {
        **{f"queues {on}": answers.queues(on) for on in days},
        **{f"{client_id} {on}": answers.dashboard(on, client_id) for client_id in lived.clients for on in days},
        **{f"aging {on} {each}": answers.aging(on, each) for on in days for each in buckets},
        **{f"trial balance {on}": answers.trial_balance(on) for on in days},
        **{f"takings {period}": answers.takings(period) for period in periods},
        **{
            f"{client_id} {each}": answers.statement(client_id, each) for client_id in lived.clients for each in periods
        },
    }


def test_every_report_of_two_thousand_lived_invoices(
    database: Database, lived: LivedBooks, expected: dict[str, object]
) -> None:
    store = SqlStore(database.engine)
    lived.add_to(store)

    with store.read(lived.firm_id) as work:
        found = asked(work.answers, lived)

    assert [question for question in expected if found[question] != expected[question]] == []


def test_queues_and_aging_of_two_thousand_invoices(work: SqlUnitOfWork, invoices: list[Invoice]) -> None:
    for on in DAYS:
        assert work.answers.queues(on) == queues(invoices, on)
        assert work.answers.dashboard(on) == dashboard(invoices, on)
        for basis in AgingBasis:
            for separate_current in (False, True):
                buckets = AgingBuckets(edges=(0, 7, 30, 45), basis=basis, separate_current=separate_current)
                assert work.answers.aging(on, buckets) == aging(invoices, on, buckets)


def test_the_dashboard_of_one_client_has_nothing_of_another(
    work: SqlUnitOfWork, books: RandomBooks, invoices: list[Invoice]
) -> None:
    for client in books.clients:
        of_client = [invoice for invoice in invoices if invoice.client_id == client.id]
        assert work.answers.dashboard(TODAY, client.id) == dashboard(of_client, TODAY)

    for nobody in (ClientId("nobody"), ClientId("no\x00body"), ClientId("x" * 1000)):
        assert work.answers.dashboard(TODAY, nobody) == dashboard([], TODAY)


def test_badges_of_two_thousand_invoices_in_any_combination(work: SqlUnitOfWork, invoices: list[Invoice]) -> None:
    newest_first = sorted(invoices, key=lambda invoice: (invoice.drafted_at, invoice.id), reverse=True)
    for on in (TODAY, TODAY + timedelta(days=1)):
        badges = {invoice.id: status(invoice, on) for invoice in newest_first}
        for wanted in STATUSES:
            expected: list[str] = [invoice_id for invoice_id, badge in badges.items() if badge in wanted]
            assert listed(work, InvoiceFilter(on=on, statuses=wanted, limit=40)) == (expected[:80], len(expected))


def test_a_search_that_finds_more_clients_than_a_statement_names_finds_their_invoices(database: Database) -> None:
    firm = builders.a_firm()
    store = SqlStore(database.engine)
    with store.begin(firm.id) as work:
        clients = [
            work.clients.add(builders.a_client(firm, f"client-{number}", name=f"Patel {number}"))
            for number in range(1_002)
        ]
        draft = work.invoices.add(builders.a_draft(firm, clients[-1]))
        work.commit()

    with store.read(firm.id) as work:
        page = work.invoices.page(InvoiceFilter(on=TODAY, search="PATEL"))

    assert [invoice.id for invoice in page.invoices] == [draft.id]


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(happened=st.lists(st.sampled_from(EVERY_EVENT).flatmap(any_of), max_size=12), on=st.dates())
def test_the_trial_balance_is_that_of_the_events(
    database: Database, books: RandomBooks, happened: list[Event], on: date
) -> None:
    database.empty()
    firm_id = books.firm.id
    store = SqlStore(database.engine)
    with store.begin(firm_id) as work:
        work.events.append(evolve(event, firm_id=firm_id) for event in happened)
        work.commit()

    with store.read(firm_id) as work:
        for day in (on, date.max):
            assert work.answers.trial_balance(day) == trial_balance(work.events.all(), day)
