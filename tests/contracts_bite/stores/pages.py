"""Faults in the list of invoices."""

import re

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.errors import BadText
from billcore.invoices.invoice import Content, Invoice
from billcore.invoices.status import has
from billcore.memory.records import Invoices
from billcore.ports.pages import InvoiceFilter, InvoicePage


class _InvoicesOfAnyTrueStatus(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        page = super().page(evolve(wanted, statuses=frozenset()))
        if not wanted.statuses:
            return page
        found = [one for one in page.invoices if any(has(one, status, wanted.on) for status in wanted.statuses)]
        return evolve(page, invoices=tuple(found), matching=len(found))


class TakesEveryTrueStatusForTheBadge(BrokenStore):
    """An overdue invoice that is part paid has both statuses, and one badge."""

    bites = "test_filters_say_what_the_domain_says"
    repository = _InvoicesOfAnyTrueStatus


class _InvoicesCountedOnce(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        page = super().page(wanted)
        return evolve(page, total=page.matching)


class SaysXOfX(BrokenStore):
    bites = "test_a_page_says_x_of_y"
    repository = _InvoicesCountedOnce


class _InvoicesAfterAMoment(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        if wanted.after is not None and " " in wanted.after:
            # No id sorts before it.
            wanted = evolve(wanted, after=f"{wanted.after.partition(' ')[0]} !")
        return super().page(wanted)


class SkipsInvoicesOfTheSameMoment(BrokenStore):
    bites = "test_pages_are_newest_first_without_a_gap_or_a_repeat"
    repository = _InvoicesAfterAMoment


class _InvoiceSummaries(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        page = super().page(wanted)
        return evolve(page, invoices=tuple(evolve(invoice, content=Content()) for invoice in page.invoices))


class LeavesTheLinesOut(BrokenStore):
    bites = "test_invoices_on_a_page_are_whole"
    repository = _InvoiceSummaries


class _InvoicesByOffset(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        cursor = re.fullmatch(r"offset (\d+)", "offset 0" if wanted.after is None else wanted.after)
        if cursor is None:
            return super().page(wanted)
        start = int(cursor[1])
        page = super().page(evolve(wanted, after=None, limit=1000))
        end = start + wanted.limit
        following = f"offset {end}" if end < len(page.invoices) else None
        return evolve(page, invoices=page.invoices[start:end], next=following)


class CountsPagesByOffset(BrokenStore):
    bites = "test_a_cursor_holds_when_invoices_come_and_go"
    repository = _InvoicesByOffset


class _InvoicesFromTheStart(Invoices):
    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        try:
            return super().page(wanted)
        except BadText:
            return super().page(evolve(wanted, after=None))


class BeginsAgainAfterNonsense(BrokenStore):
    bites = "test_what_is_no_cursor_is_refused"
    repository = _InvoicesFromTheStart


# ── Search ───────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Search(Invoices):
    """Looks through all that match otherwise, in its own way."""

    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        if not wanted.search:
            return super().page(wanted)
        page = super().page(evolve(wanted, search="", limit=1000))
        found = [invoice for invoice in page.invoices if self.is_found(invoice, self._name(invoice), wanted.search)]
        return evolve(page, invoices=tuple(found), matching=len(found))

    def _name(self, invoice: Invoice) -> str:
        return self._transaction.shelf().clients[invoice.client_id].name

    def is_found(self, invoice: Invoice, name: str, search: str) -> bool:
        folded = search.casefold()
        return folded in name.casefold() or (invoice.number or "").casefold().startswith(folded)


class _SearchInLowerCase(_Search):
    def is_found(self, invoice: Invoice, name: str, search: str) -> bool:
        return search.lower() in name.lower() or (invoice.number or "").lower().startswith(search.lower())


class SearchesInLowerCase(BrokenStore):
    bites = "test_search_ignores_case_in_every_script"
    repository = _SearchInLowerCase


class _SearchByPattern(_Search):
    def is_found(self, invoice: Invoice, name: str, search: str) -> bool:
        pattern = re.escape(search.casefold()).replace("%", ".*").replace("_", ".")
        return bool(re.search(pattern, name.casefold()) or re.match(pattern, (invoice.number or "").casefold()))


class SearchesByPattern(BrokenStore):
    """LIKE, without an ESCAPE."""

    bites = "test_search_takes_every_character_for_itself"
    repository = _SearchByPattern


class _SearchAnywhere(_Search):
    def is_found(self, invoice: Invoice, name: str, search: str) -> bool:
        return super().is_found(invoice, name, search) or search.casefold() in (invoice.number or "").casefold()


class FindsAnyPartOfANumber(BrokenStore):
    bites = "test_a_number_is_found_by_its_beginning_only"
    repository = _SearchAnywhere


class _SearchOnTheDocument(_Search):
    def _name(self, invoice: Invoice) -> str:
        return super()._name(invoice) if invoice.issue is None else invoice.issue.recipient.name


class SearchesTheNameOnTheDocument(BrokenStore):
    bites = "test_search_finds_the_name_that_the_client_has_now"
    repository = _SearchOnTheDocument
