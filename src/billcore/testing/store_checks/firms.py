"""Firms: nothing of one is seen, changed or counted in another, whatever id is asked for."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Final

import pytest
from attrs import evolve

from billcore.clients import Firm
from billcore.dates import Period
from billcore.errors import BillcoreError, NotFound, UnitOfWorkMisuse
from billcore.invoices.invoice import Invoice
from billcore.policy import LateFeeRule
from billcore.ports.pages import InvoiceFilter
from billcore.ports.store import Request, Store, UnitOfWork
from billcore.reports.aging import STANDARD_BUCKETS
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import check
from billcore.testing.store_checks.kinds import KINDS, Kept
from billcore.testing.store_checks.shape import Opened, StoreChecks, opened

DAY: Final = date(2199, 1, 1)
PERIOD: Final = Period(date(2000, 1, 1), DAY)


class FirmChecks(StoreChecks):
    """Isolation, for every method of every repository."""

    @check
    def test_a_record_of_another_firm_is_not_found(self, store: Store) -> None:
        """Put the firm into every query by id: asked for in another firm, a record is as unknown as an invented one."""
        acme, other = opened(store), _empty(store)
        _request(store, acme)
        with store.read(acme.id) as work:
            theirs = [kind.get(work, kind.known) for kind in KINDS]

        with store.begin(other.id) as work:
            assert work.requests.find("request-0") is None
            for kind in KINDS:
                for ask in (kind.get, kind.peek):
                    with pytest.raises(NotFound):
                        ask(work, kind.known)
            with pytest.raises(NotFound):
                work.charges.get_all([acme.charge.id])
            assert list(work.clients.peek_all([acme.client.id])) == []
            for held in theirs:
                with pytest.raises(NotFound):
                    held.save(work)
            with pytest.raises(NotFound):
                work.invoices.remove(acme.draft)
            with pytest.raises(NotFound):
                work.invoices.save_all([acme.draft])
            with pytest.raises(NotFound):
                work.schedules.save_all([acme.schedule])
            with pytest.raises(NotFound):
                work.occurrences.save_all([acme.occurrence])
            with pytest.raises(NotFound):
                work.save_firm(acme.firm)
            work.commit()

        assert _records(store, acme) == [held.record for held in theirs]

    @check
    def test_a_list_has_the_records_of_its_own_firm_only(self, store: Store) -> None:
        """Put the firm into every query of a list, also where the list is of one client, invoice or payment."""
        acme, other = opened(store), _empty(store)
        with store.begin(acme.id) as work:
            work.events.append([builders.an_event(acme.firm, acme.invoice.id)])
            work.invoices.add(_on_every_list_of_a_run(acme))
            work.commit()

        with store.read(other.id) as work:
            found = {name: list(ask()) for name, ask in _lists(work, acme).items()}
            page = work.invoices.page(InvoiceFilter(on=later(0).date()))

        assert found == {name: [] for name in found}
        assert (page.invoices, page.matching, page.total) == ((), 0, 0)

    @check
    def test_the_same_id_in_two_firms_is_two_records(self, store: Store) -> None:
        """Make the firm a part of every primary key, or one firm could learn which ids another one uses."""
        acme = opened(store)
        try:
            other = opened(store, "other", suffix="")
        except BillcoreError as error:
            pytest.fail(f"the same ids in a second firm: {type(error).__name__}: {error}")

        before = _records(store, acme)

        with store.begin(other.id) as work:
            for kind in KINDS:
                kind.get(work, kind.known).save(work)
            work.invoices.remove(work.invoices.get(other.draft.id))
            work.commit()

        assert _records(store, acme) == before

    @check
    def test_a_record_or_event_of_another_firm_cannot_be_added(self, store: Store) -> None:
        """Compare the record's firm with the unit's own, and raise UnitOfWorkMisuse: the program mixed two firms up."""
        acme, other = opened(store), _empty(store)
        with store.read(acme.id) as work:
            theirs = [kind.get(work, kind.known) for kind in KINDS]

        for held in theirs:
            with store.begin(other.id) as work, pytest.raises(UnitOfWorkMisuse):
                held.add_again(work)
        with store.begin(other.id) as work:
            with pytest.raises(UnitOfWorkMisuse):
                work.invoices.add_all([acme.draft])
            with pytest.raises(UnitOfWorkMisuse):
                work.schedules.add_all([acme.schedule])
            with pytest.raises(UnitOfWorkMisuse):
                work.occurrences.add_all([acme.occurrence])
        with store.begin(other.id) as work, pytest.raises(UnitOfWorkMisuse):
            work.events.append([builders.an_event(acme.firm)])
        with store.begin(builders.a_firm("third").id) as work, pytest.raises(UnitOfWorkMisuse):
            work.add_firm(acme.firm)

    @check
    def test_every_firm_that_was_opened_is_listed(self, store: Store) -> None:
        """List the firms that were committed, each once."""
        before = list(store.firms())
        for firm_id in ("other", "acme"):
            opened(store, firm_id)
        with store.begin(builders.a_firm("third").id) as work:
            work.add_firm(builders.a_firm("third"))

        assert (before, sorted(store.firms())) == ([], ["acme", "other"])

    @check
    def test_a_unit_of_work_says_whose_it_is(self, store: Store) -> None:
        """Keep the firm id that begin() and read() were given; they open also for a firm that is not there yet."""
        firm = builders.a_firm("new")

        with store.read(firm.id) as work:
            assert work.firm_id == firm.id
        with store.begin(firm.id) as work:
            assert work.firm_id == firm.id
            assert work.add_firm(firm) == work.firm() == evolve(firm, version=1)


def _empty(store: Store) -> Firm:
    """A second firm, with nothing in its books."""
    firm = builders.a_firm("other")
    with store.begin(firm.id) as work:
        work.add_firm(firm)
        work.commit()
    return firm


def _request(store: Store, books: Opened) -> None:
    with store.begin(books.id) as work:
        work.requests.add(Request(request_id="request-0", fingerprint="f", result_id=books.id))
        work.commit()


def _on_every_list_of_a_run(books: Opened) -> Invoice:
    """One that auto-pay is to charge, and that is overdue and bears a fee by DAY."""
    rule = LateFeeRule(percent="1", days_past_due=1)
    late = evolve(books.firm, policy=evolve(books.firm.policy, late_fee=rule))
    invoice = builders.an_issued_invoice(late, books.client, "listed", number="LISTED")
    return evolve(invoice, autopay_on=later(0).date())


def _lists(work: UnitOfWork, acme: Opened) -> dict[str, Callable[[], Iterable[object]]]:
    """Every list that a unit of work gives, asked for with the ids of another firm."""
    return {
        "catalog.all": work.catalog.all,
        "clients.all": work.clients.all,
        "charges.all": work.charges.all,
        "charges.unbilled": work.charges.unbilled,
        "charges.unbilled of a client": lambda: work.charges.unbilled(acme.client.id),
        "invoices.all": work.invoices.all,
        "invoices.page of a client": lambda: (
            work.invoices.page(InvoiceFilter(on=later(0).date(), client_id=acme.client.id)).invoices
        ),
        "invoices.page of a number": lambda: (
            work.invoices.page(InvoiceFilter(on=later(0).date(), search="INV-0000")).invoices
        ),
        "invoices.newly_overdue": lambda: work.invoices.newly_overdue(DAY, limit=10),
        "invoices.to_collect": lambda: work.invoices.to_collect(DAY, limit=10),
        "invoices.to_assess": lambda: work.invoices.to_assess(DAY, limit=10),
        "schedules.all": work.schedules.all,
        "schedules.due": lambda: work.schedules.due(DAY, limit=10),
        "schedules.of_client": lambda: work.schedules.of_client(acme.client.id),
        "occurrences.all": work.occurrences.all,
        "occurrences.of_schedule": lambda: work.occurrences.of_schedule(acme.schedule.id),
        "occurrences.of_invoice": lambda: work.occurrences.of_invoice(acme.invoice.id),
        "credit_notes.all": work.credit_notes.all,
        "credit_notes.of_invoice": lambda: work.credit_notes.of_invoice(acme.invoice.id),
        "payments.all": work.payments.all,
        "payments.of_invoice": lambda: work.payments.of_invoice(acme.invoice.id),
        "payments.of_client": lambda: work.payments.of_client(acme.client.id),
        "refunds.all": work.refunds.all,
        "refunds.of_payment": lambda: work.refunds.of_payment(acme.payment.id),
        "methods.of_client": lambda: work.methods.of_client(acme.client.id),
        "operations.all": work.operations.all,
        "answers.aging": lambda: work.answers.aging(DAY, STANDARD_BUCKETS).rows,
        "answers.queues": lambda: [tile for tile in work.answers.queues(DAY) if tile.count],
        "answers.dashboard": lambda: [tile for tile in work.answers.dashboard(DAY, acme.client.id).tiles if tile.count],
        "answers.statement": lambda: work.answers.statement(acme.client.id, PERIOD).currencies,
        "answers.takings": lambda: work.answers.takings(PERIOD).methods,
        "answers.trial_balance": lambda: work.answers.trial_balance(DAY).rows,
        "events.all": work.events.all,
        "events.about_invoice": lambda: work.events.about_invoice(acme.invoice.id),
    }


def _records(store: Store, books: Opened) -> list[Kept]:
    with store.read(books.id) as work:
        return [kind.get(work, kind.known).record for kind in KINDS]
