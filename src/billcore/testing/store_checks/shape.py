"""What the checks of every module stand on: the store, books that are open, and threads that start together."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import ClassVar, Final, TypeVar

import pytest
from attrs import frozen

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm
from billcore.ids import ClientId, FirmId
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.money import Money
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.ports.store import Store
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.contract import Contract, not_judged

Answer = TypeVar("Answer")

THREADS: Final = 8
PATIENCE: Final = 60.0
"""Seconds after which a thread counts as stuck."""


class StoreChecks(Contract):
    """The fixtures of the contract."""

    has_threads: ClassVar[bool] = True
    """Whether several threads may have units of work open at once; without, the checks of that are skipped by name."""

    @pytest.fixture
    def store(self) -> Store:
        raise NotImplementedError("write a fixture named store that returns a new, empty store")

    @pytest.fixture
    def second_store(self, store: Store) -> Store:
        """Another handle on the same books, as a second process would have; where there is none, the same."""
        return store

    def needs_threads(self) -> None:
        if not self.has_threads:
            not_judged("this store is for one thread (has_threads is False)")


@frozen
class Opened:
    """The books of a firm with one record of each kind in them."""

    firm: Firm
    client: Client
    catalog_item: CatalogItem
    charge: Charge
    draft: Invoice
    invoice: Invoice
    credit_note: CreditNote
    payment: Payment
    refund: Refund
    method: SavedMethod
    operation: Operation
    schedule: Schedule
    occurrence: Occurrence

    @property
    def id(self) -> FirmId:
        return self.firm.id


def opened(store: Store, firm_id: str = "acme", *, suffix: str | None = None) -> Opened:
    """Open a firm's books and commit one record of each kind.

    Their ids are ``client-0`` and so on, in every firm but acme with its own id or *suffix* behind.
    """
    if suffix is None:
        suffix = "" if firm_id == "acme" else f"-{firm_id}"
    firm = builders.a_firm(firm_id)
    client = builders.a_client(firm, f"client-0{suffix}")
    invoice = builders.an_issued_invoice(firm, client, f"invoice-0{suffix}", number="INV-0000")
    credit_note, invoice = builders.a_credit_note(invoice, Money(10_00, "USD"), f"note-0{suffix}")
    payment, invoice = builders.a_recorded_payment(firm, client, invoice, Money(50_00, "USD"), f"payment-0{suffix}")
    refund, payment = builders.a_requested_refund(payment, invoice, Money(20_00, "USD"), f"refund-0{suffix}")
    schedule = builders.a_schedule(client, f"schedule-0{suffix}")
    with store.begin(firm.id) as work:
        books = Opened(
            firm=work.add_firm(firm),
            client=work.clients.add(client),
            catalog_item=work.catalog.add(builders.a_catalog_item(firm, f"item-0{suffix}")),
            charge=work.charges.add(builders.a_charge(client, f"charge-0{suffix}")),
            draft=work.invoices.add(builders.a_draft(firm, client, f"draft-0{suffix}", at=later(1))),
            invoice=work.invoices.add(invoice),
            credit_note=work.credit_notes.add(credit_note),
            payment=work.payments.add(payment),
            refund=work.refunds.add(refund),
            method=work.methods.add(builders.a_saved_method(client, f"method-0{suffix}")),
            operation=work.operations.add(builders.an_operation(firm, f"operation-0{suffix}")),
            schedule=work.schedules.add(schedule),
            occurrence=work.occurrences.add(builders.an_occurrence(schedule, invoice_id=invoice.id)),
        )
        work.commit()
    return books


def add_client(store: Store, firm: Firm, client_id: str) -> ClientId:
    """Commit one more client."""
    with store.begin(firm.id) as work:
        client = work.clients.add(builders.a_client(firm, client_id))
        work.commit()
    return client.id


def at_once(job: Callable[[int], Answer], times: int = THREADS) -> list[Answer]:
    """The answers of *job*, done by so many threads that start together; an error in one of them is raised here."""
    start = Barrier(times)
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run(number: int) -> None:
        start.wait(PATIENCE)
        try:
            answers.append(job(number))
        except BaseException as error:  # It is raised in the thread that asked.
            errors.append(error)

    threads = [Thread(target=run, args=(number,), daemon=True) for number in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    if errors:
        raise errors[0]
    assert len(answers) == times, f"{times - len(answers)} of {times} threads were stuck for {PATIENCE:.0f} seconds"
    return answers


def elsewhere(job: Callable[[], Answer], *, within: float = PATIENCE) -> Answer:
    """The answer of *job* in another thread, which must have it before this thread goes on."""
    answers: list[Answer] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            answers.append(job())
        except BaseException as error:  # It is raised in the thread that asked.
            errors.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(within)
    if errors:
        raise errors[0]
    assert answers, f"the other thread waited for {within:.0f} seconds"
    return answers[0]
