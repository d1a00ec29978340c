"""The list of invoices: filtered as the domain's own predicates say, in pages that neither skip nor repeat."""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from random import Random
from typing import ClassVar, Final

import pytest
from attrs import evolve

from billcore.errors import InvalidInput
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue, queues, status
from billcore.policy import Status
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore.ports.store import Store
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.clock import START
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.random_books import RandomBooks
from billcore.testing.store_checks.shape import Opened, StoreChecks, opened

TODAY: Final = START.date()
SEARCHES: Final = ("", "", "", "Patel", "Family", "INV-", "2026_0000", "client", "100")


class PageChecks(StoreChecks):
    """Filters, search, order and cursors."""

    size_of_books: ClassVar[int] = 80
    """How many invoices the random books have; a store with an index to prove sets more."""
    filters_tried: ClassVar[int] = 60

    @check
    def test_filters_say_what_the_domain_says(self, store: Store) -> None:
        """Translate status(), queues() and the invoice's own policy term by term; conditions are joined by AND."""
        books = RandomBooks(1, self.size_of_books)
        books.add_to(store)

        for wanted in _filters(books, self.filters_tried):
            expected = {invoice.id for invoice, name in _newest_first(books) if _is_wanted(invoice, name, wanted)}
            found = _ids(_pages(store, books, wanted))
            assert len(found) == len(set(found))
            assert set(found) == expected, wanted

    @check
    def test_a_page_says_x_of_y(self, store: Store) -> None:
        """Count in `matching` what the filter allows, whatever the page, and in `total` every invoice of the firm."""
        books = RandomBooks(2, self.size_of_books)
        books.add_to(store)

        for queue in (None, *Queue):
            wanted = InvoiceFilter(on=TODAY, queue=queue, limit=len(books.rows) // 40 + 5)
            expected = sum(_is_wanted(invoice, name, wanted) for invoice, name in _newest_first(books))
            for page in _pages(store, books, wanted):
                assert (page.matching, page.total) == (expected, len(books.rows)), wanted

    @check
    def test_pages_are_newest_first_without_a_gap_or_a_repeat(self, store: Store) -> None:
        """Order by moment of drafting and id, both descending, and begin the next page after the last of both."""
        books = RandomBooks(3, self.size_of_books)
        books.add_to(store)
        expected = [invoice.id for invoice, _ in _newest_first(books)]

        for limit in (len(expected) // 40 + 1, len(expected) - 1, len(expected), len(expected) + 1):
            limit = min(limit, 1000)
            pages = list(_pages(store, books, InvoiceFilter(on=TODAY, limit=limit)))

            assert _ids(pages) == expected
            assert all(len(page.invoices) == limit for page in pages[:-1])
            assert pages[-1].invoices, "the last page is empty"

        for queue in Queue:
            whole = list(_pages(store, books, InvoiceFilter(on=TODAY, queue=queue, limit=1000)))
            parts = list(_pages(store, books, InvoiceFilter(on=TODAY, queue=queue, limit=len(expected) // 40 + 3)))
            assert _ids(parts) == _ids(whole)

    @check
    def test_invoices_on_a_page_are_whole(self, store: Store) -> None:
        """Give the invoices as get() gives them."""
        books = RandomBooks(4, 20)
        books.add_to(store)

        with store.read(books.firm.id) as work:
            page = work.invoices.page(InvoiceFilter(on=TODAY))
            got = [work.invoices.get(invoice.id) for invoice in page.invoices]

        assert list(page.invoices) == got

    @check
    def test_a_cursor_holds_when_invoices_come_and_go(self, store: Store) -> None:
        """Let the cursor be the place of the last invoice shown, moment and id, and no offset."""
        books = opened(store)
        drafts = [f"invoice-{minute}" for minute in range(10, 20)]
        _draft(store, books, drafts)
        wanted = InvoiceFilter(on=TODAY, limit=3)
        with store.read(books.id) as work:
            first = work.invoices.page(wanted)
        if not first.next or [invoice.id for invoice in first.invoices] != drafts[:-4:-1]:
            not_judged("pages are not newest first")

        _draft(store, books, ["invoice-30"])
        with store.begin(books.id) as work:
            for invoice in first.invoices[1:]:
                work.invoices.remove(work.invoices.get(invoice.id))
            work.commit()
        with store.read(books.id) as work:
            second = work.invoices.page(evolve(wanted, after=first.next))

        assert [invoice.id for invoice in second.invoices] == drafts[-4:-7:-1]

    @check
    def test_what_is_no_cursor_is_refused(self, store: Store) -> None:
        """Check the cursor before it is used, and raise BadText; it comes back from a browser."""
        books = opened(store)

        with store.read(books.id) as work:
            for cursor in ("nonsense", "", "0", "2026-01-01", "' OR 1=1 --", "🧾"):
                with pytest.raises(InvalidInput):
                    work.invoices.page(InvoiceFilter(on=TODAY, after=cursor))

    # ── Search ───────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_search_ignores_case_in_every_script(self, store: Store) -> None:
        """Compare casefolded text with casefolded text, folded in Python: LOWER() of SQLite knows ASCII only."""
        books = _with_names(store, "Zoë Straße", "ΩΜΕΓΑ", "Ørsted")

        searches = {"zoË": 1, "STRASSE": 1, "ωμέγα": None, "ωμεγα": 2, "øRSTED": 3, "inv-1002": 2}

        for search, number in searches.items():
            expected = [] if number is None else [f"invoice-{number}"]
            assert _found(store, books, search) == expected, search

    @check
    def test_search_takes_every_character_for_itself(self, store: Store) -> None:
        """Escape %, _ and the escape character itself in LIKE, or compare without it."""
        books = _with_names(
            store, "100% Pure", "100 Pure", "under_score", "underscore", "back\\slash", "backslash", "a*b"
        )

        searches = {"100%": [1], "0% p": [1], "r_s": [3], "k\\s": [5], "a*b": [7], "[a-z]": [], "%": [1], "'": []}

        for search, numbers in searches.items():
            assert _found(store, books, search) == [f"invoice-{number}" for number in numbers], search

    @check
    def test_a_number_is_found_by_its_beginning_only(self, store: Store) -> None:
        """Compare the beginning of the number, which an index can; a name is found by any part."""
        books = _with_names(store, "Patel", "Lindqvist")

        assert _found(store, books, "INV-100") == ["invoice-1", "invoice-2"]
        assert _found(store, books, "INV-1002") == ["invoice-2"]
        assert _found(store, books, "1002") == []
        assert _found(store, books, "qvi") == ["invoice-2"]

    @check
    def test_search_finds_the_name_that_the_client_has_now(self, store: Store) -> None:
        """Search the client's record and not a copy on the invoice: people look for who they know today."""
        books = _with_names(store, "Maiden")
        with store.begin(books.id) as work:
            client = work.clients.get(builders.a_client(books.firm, "name-1").id)
            work.clients.save(evolve(client, party=evolve(client.party, name="Married")))
            work.commit()

        assert (_found(store, books, "Married"), _found(store, books, "Maiden")) == (["invoice-1"], [])


def _filters(books: RandomBooks, count: int) -> Iterator[InvoiceFilter]:
    """Each status, each queue, and combinations of everything, from a seed."""
    yield from (InvoiceFilter(on=TODAY, statuses=frozenset({one}), limit=1000) for one in Status)
    yield from (InvoiceFilter(on=TODAY, queue=queue, limit=1000) for queue in Queue)
    random = Random(5)  # noqa: S311  Nothing here is secret; the same seed asks the same questions.
    for _ in range(count):
        yield InvoiceFilter(
            on=TODAY + timedelta(days=random.randrange(-60, 60)),
            statuses=frozenset(random.sample(list(Status), random.randrange(4))),
            queue=random.choice((None, None, *Queue)),
            client_id=random.choice((None, None, *(client.id for client in books.clients))),
            search=random.choice(SEARCHES),
            limit=1000,
        )


def _is_wanted(invoice: Invoice, name: str, wanted: InvoiceFilter) -> bool:
    search = wanted.search.casefold()
    return (
        (not wanted.statuses or status(invoice, wanted.on) in wanted.statuses)
        and (wanted.queue is None or wanted.queue in queues(invoice, wanted.on))
        and wanted.client_id in (None, invoice.client_id)
        and (search in name.casefold() or (invoice.number or "").casefold().startswith(search))
    )


def _newest_first(books: RandomBooks) -> list[tuple[Invoice, str]]:
    rows = sorted(books.rows, key=lambda row: (row[0].drafted_at, row[0].id), reverse=True)
    return [(invoice, client.name) for invoice, client in rows]


def _pages(store: Store, books: RandomBooks, wanted: InvoiceFilter) -> Iterator[InvoicePage]:
    """Page after page, until there is no next one."""
    with store.read(books.firm.id) as work:
        for _ in range(len(books.rows) + 1):
            page = work.invoices.page(wanted)
            yield page
            if page.next is None:
                return
            wanted = evolve(wanted, after=page.next)
    pytest.fail("the pages have no end")


def _ids(pages: Iterable[InvoicePage]) -> list[str]:
    return [invoice.id for page in pages for invoice in page.invoices]


def _draft(store: Store, books: Opened, invoice_ids: list[str]) -> None:
    """Commit drafts, each made at the minute that its id says."""
    with store.begin(books.id) as work:
        for invoice_id in invoice_ids:
            at = later(int(invoice_id.removeprefix("invoice-")))
            work.invoices.add(builders.a_draft(books.firm, books.client, invoice_id, at=at))
        work.commit()


def _with_names(store: Store, *names: str) -> Opened:
    """Books in which each of these clients has one invoice, INV-1001 and so on."""
    books = opened(store)
    with store.begin(books.id) as work:
        for number, name in enumerate(names, start=1):
            client = work.clients.add(builders.a_client(books.firm, f"name-{number}", name=name))
            invoice = builders.an_issued_invoice(
                books.firm, client, f"invoice-{number}", number=f"INV-{1000 + number}", at=later(100 - number)
            )
            work.invoices.add(invoice)
        work.commit()
    return books


def _found(store: Store, books: Opened, search: str) -> list[str]:
    with store.read(books.id) as work:
        page = work.invoices.page(InvoiceFilter(on=TODAY, search=search))
    return [invoice.id for invoice in page.invoices]
