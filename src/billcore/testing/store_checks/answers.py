"""The reports: what a store adds up in its own way is what the domain's functions say of all records and events."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import ClassVar, Final

from billcore.dates import Period
from billcore.ids import ClientId
from billcore.ports.answers import Answers
from billcore.ports.store import Store
from billcore.reports.aging import STANDARD_BUCKETS, AgingBasis, AgingBuckets
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.lived_books import LivedBooks
from billcore.testing.store_checks.shape import StoreChecks, opened

SEED: Final = 11
BUCKETS: Final = (
    STANDARD_BUCKETS,
    AgingBuckets(edges=(0, 7, 30, 45), separate_current=True),
    AgingBuckets(edges=(0, 14), basis=AgingBasis.ISSUE_DATE),
)


class AnswerChecks(StoreChecks):
    """Every answer on books that were lived, against the store in memory."""

    size_of_life: ClassVar[int] = 60
    """How many invoices the lived books have; a store with an index to prove sets more."""

    @check
    def test_queues_and_dashboards_say_what_the_domain_says(self, store: Store) -> None:
        """Count and add up what status.queues() says of each invoice, per currency, for the firm and for one client."""
        books = _lived(store, self.size_of_life)

        for ours, theirs in _asked(books, store):
            for on in _days(books):
                assert theirs.queues(on) == ours.queues(on)
                assert theirs.dashboard(on) == ours.dashboard(on)
                for client_id in _clients(books):
                    assert theirs.dashboard(on, client_id) == ours.dashboard(on, client_id)

    @check
    def test_aging_is_as_of_its_day(self, store: Store) -> None:
        """Undo what has its business date after the day, invoice by invoice: what was paid since was owed then."""
        books = _lived(store, self.size_of_life)

        for ours, theirs in _asked(books, store):
            for on in _days(books):
                for buckets in BUCKETS:
                    assert theirs.aging(on, buckets) == ours.aging(on, buckets), (on, buckets)

    @check
    def test_takings_count_by_business_date_and_by_order(self, store: Store) -> None:
        """Add up what is dated in the period; what a refund lost of its fee follows from all that came before it."""
        books = _lived(store, self.size_of_life)

        for ours, theirs in _asked(books, store):
            for period in _periods(books):
                assert theirs.takings(period) == ours.takings(period), period

    @check
    def test_a_statement_has_one_client_and_closes_at_what_was_open_then(self, store: Store) -> None:
        """Take the events of the client's invoices and payments, and of what is open undo what came after the end."""
        books = _lived(store, self.size_of_life)

        for ours, theirs in _asked(books, store):
            for period in _periods(books)[-5:]:
                for client_id in _clients(books):
                    assert theirs.statement(client_id, period) == ours.statement(client_id, period), period

    @check
    def test_the_trial_balance_is_that_of_the_events(self, store: Store) -> None:
        """Add up the postings of every event with its business date on the day or before, per account and currency."""
        books = _lived(store, self.size_of_life)

        for ours, theirs in _asked(books, store):
            for on in _days(books):
                assert theirs.trial_balance(on) == ours.trial_balance(on)

    @check
    def test_answers_are_of_one_firm_and_of_this_moment(self, store: Store) -> None:
        """Count what this unit of work has changed already, and nothing of another firm."""
        acme, other = opened(store), opened(store, "other")
        on = later(0).date()
        with store.begin(acme.id) as work:
            before = work.answers.queues(on), work.answers.trial_balance(on)
            work.invoices.add(builders.a_draft(acme.firm, acme.client, "one-more"))
            work.events.append([builders.an_event(acme.firm)])
            drafts = [tile.count for tile in work.answers.queues(on)]
            work.commit()

        with store.read(other.id) as work:
            assert (work.answers.queues(on), work.answers.trial_balance(on)) == before
        assert drafts[0] == before[0][0].count + 1


def _lived(store: Store, invoices: int) -> LivedBooks:
    books = _LIVED.get(invoices)
    if books is None:
        books = _LIVED[invoices] = LivedBooks(SEED, invoices)
    books.add_to(store)
    # Another firm with the same ids must not be in any sum.
    opened(store, "other")
    with books.store.read(books.firm_id) as ours, store.read(books.firm_id) as theirs:
        if [each.event for each in theirs.events.all()] != [each.event for each in ours.events.all()]:
            not_judged("events do not come back as they were")
    return books


_LIVED: Final[dict[int, LivedBooks]] = {}


def _asked(books: LivedBooks, store: Store) -> Iterator[tuple[Answers, Answers]]:
    """The answers of the store in memory, and those of the store that is judged."""
    with books.store.read(books.firm_id) as ours, store.read(books.firm_id) as theirs:
        yield ours.answers, theirs.answers


def _days(books: LivedBooks) -> list[date]:
    """Before everything, in the middle of it, at its end, and long after."""
    length = (books.last_day - books.first_day).days
    inside = [books.first_day + timedelta(days=length * part // 5) for part in range(6)]
    return [books.first_day - timedelta(days=30), *inside, books.last_day + timedelta(days=1), date(2099, 12, 31)]


def _periods(books: LivedBooks) -> list[Period]:
    days = _days(books)
    return [*map(Period, days, days[1:]), Period(days[2], days[4]), Period(days[0], days[-1])]


def _clients(books: LivedBooks) -> list[ClientId]:
    return [*books.clients, ClientId("nobody"), ClientId("client-0-other"), ClientId("x" * 300)]
