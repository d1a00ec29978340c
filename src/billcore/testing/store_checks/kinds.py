"""The kinds of record that a store keeps: how to make one, change it, and hold it from one unit of work to another."""

from collections.abc import Callable
from typing import Final, Protocol, TypeVar

from attrs import evolve, frozen

from billcore.catalog import CatalogItem
from billcore.charges import charging
from billcore.charges.charge import Charge
from billcore.clients import Client
from billcore.ids import (
    CatalogItemId,
    ChargeId,
    ClientId,
    CreditNoteId,
    FirmId,
    InvoiceId,
    MethodId,
    OccurrenceId,
    OperationId,
    PaymentId,
    RefundId,
    ScheduleId,
)
from billcore.invoices import drafting
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.money import Money
from billcore.payments import refunding
from billcore.payments.operation import Operation, submit
from billcore.payments.payment import Payment, Refund
from billcore.ports.store import Repository, UnitOfWork
from billcore.reasons import RefundReason
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule
from billcore.testing import builders
from billcore.testing.builders import BY, later
from billcore.testing.store_checks.shape import Opened

Id = TypeVar("Id", bound=str)
Record = TypeVar(
    "Record",
    CatalogItem,
    Client,
    Charge,
    Invoice,
    CreditNote,
    Payment,
    Refund,
    SavedMethod,
    Operation,
    Schedule,
    Occurrence,
)

CENT: Final = Money(1, "USD")


class Kept(Protocol):
    """What every record has."""

    @property
    def id(self) -> str: ...
    @property
    def firm_id(self) -> FirmId: ...
    @property
    def version(self) -> int: ...


@frozen
class Held:
    """A record as it was read; ``save`` changes it and saves it, in this unit of work or in a later one."""

    record: Kept
    save: Callable[[UnitOfWork], Kept]
    add_again: Callable[[UnitOfWork], Kept]


@frozen
class Kind:
    """One kind of record; ``known`` is the id of the one that ``opened`` puts into every firm's books."""

    name: str
    known: str
    add: Callable[[UnitOfWork, Opened, str], Held]
    get: Callable[[UnitOfWork, str], Held]
    peek: Callable[[UnitOfWork, str], Held]


def _kind(
    name: str,
    known: str,
    repository: Callable[[UnitOfWork], Repository[Id, Record]],
    as_id: Callable[[str], Id],
    new: Callable[[Opened, str], Record],
    changed: Callable[[Record], Record],
) -> Kind:
    def held(record: Record) -> Held:
        return Held(
            record,
            save=lambda work: repository(work).save(changed(record)),
            add_again=lambda work: repository(work).add(record),
        )

    return Kind(
        name=name,
        known=known,
        add=lambda work, books, record_id: held(repository(work).add(new(books, record_id))),
        get=lambda work, record_id: held(repository(work).get(as_id(record_id))),
        peek=lambda work, record_id: held(repository(work).peek(as_id(record_id))),
    )


def _client(books: Opened, record_id: str) -> Client:
    return builders.a_client(books.firm, record_id)


def _catalog_item(books: Opened, record_id: str) -> CatalogItem:
    return builders.a_catalog_item(books.firm, record_id)


def _charge(books: Opened, record_id: str) -> Charge:
    return builders.a_charge(books.client, record_id)


def _invoice(books: Opened, record_id: str) -> Invoice:
    return builders.a_draft(books.firm, books.client, record_id)


def _credit_note(books: Opened, record_id: str) -> CreditNote:
    note, _ = builders.a_credit_note(books.invoice, CENT, record_id, number=f"CN-{record_id}")
    return note


def _payment(books: Opened, record_id: str) -> Payment:
    payment, _ = builders.a_recorded_payment(books.firm, books.client, books.invoice, CENT, record_id)
    return payment


def _refund(books: Opened, record_id: str) -> Refund:
    refund, _ = builders.a_requested_refund(books.payment, books.invoice, CENT, record_id)
    return refund


def _method(books: Opened, record_id: str) -> SavedMethod:
    return builders.a_saved_method(books.client, record_id)


def _operation(books: Opened, record_id: str) -> Operation:
    return builders.an_operation(books.firm, record_id)


def _schedule(books: Opened, record_id: str) -> Schedule:
    return builders.a_schedule(books.client, record_id)


def _occurrence(books: Opened, record_id: str) -> Occurrence:
    another = evolve(books.schedule, id=ScheduleId(f"of-{record_id}"))
    return evolve(builders.an_occurrence(another), id=OccurrenceId(record_id))


def _changed_client(client: Client) -> Client:
    return evolve(client, notes=f"{client.notes}.")


def _changed_catalog_item(item: CatalogItem) -> CatalogItem:
    return evolve(item, name=f"{item.name}.")


def _changed_charge(charge: Charge) -> Charge:
    line = builders.a_line(f"{charge.line.description}.")
    return charging.change(charge, line, at=later(1), by=BY)[0]


def _changed_invoice(invoice: Invoice) -> Invoice:
    content = evolve(invoice.content, memo=f"{invoice.content.memo}.")
    return drafting.edit(invoice, content, at=later(1), by=BY)[0]


def _changed_credit_note(note: CreditNote) -> CreditNote:
    return evolve(note, canceled_at=later(note.version))


def _changed_payment(payment: Payment) -> Payment:
    return refunding.reserve(RefundId("any"), payment, CENT, reason=RefundReason.OTHER, at=later(1))[1]


def _changed_refund(refund: Refund) -> Refund:
    return evolve(refund, failure_code=f"{refund.failure_code or ''}.")


def _changed_method(method: SavedMethod) -> SavedMethod:
    return evolve(method, detached_at=later(method.version))


def _changed_operation(operation: Operation) -> Operation:
    return submit(operation, at=later(1), until=later(2))


def _changed_schedule(schedule: Schedule) -> Schedule:
    """By the run and by staff in turn: a store may keep the two apart."""
    if schedule.version % 2:
        return evolve(schedule, title=f"{schedule.title}.")
    return evolve(schedule, next_index=schedule.next_index + 1, failed=(schedule.next_index,), look_on=None)


def _changed_occurrence(occurrence: Occurrence) -> Occurrence:
    return evolve(occurrence, attempts=occurrence.attempts + 1)


KINDS: Final = (
    _kind("client", "client-0", lambda work: work.clients, ClientId, _client, _changed_client),
    _kind("catalog item", "item-0", lambda work: work.catalog, CatalogItemId, _catalog_item, _changed_catalog_item),
    _kind("charge", "charge-0", lambda work: work.charges, ChargeId, _charge, _changed_charge),
    _kind("invoice", "draft-0", lambda work: work.invoices, InvoiceId, _invoice, _changed_invoice),
    _kind("credit note", "note-0", lambda work: work.credit_notes, CreditNoteId, _credit_note, _changed_credit_note),
    _kind("payment", "payment-0", lambda work: work.payments, PaymentId, _payment, _changed_payment),
    _kind("refund", "refund-0", lambda work: work.refunds, RefundId, _refund, _changed_refund),
    _kind("saved method", "method-0", lambda work: work.methods, MethodId, _method, _changed_method),
    _kind("operation", "operation-0", lambda work: work.operations, OperationId, _operation, _changed_operation),
    _kind("schedule", "schedule-0", lambda work: work.schedules, ScheduleId, _schedule, _changed_schedule),
    _kind("occurrence", "schedule-0:0", lambda work: work.occurrences, OccurrenceId, _occurrence, _changed_occurrence),
)
