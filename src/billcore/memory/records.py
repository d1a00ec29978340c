"""The repositories of one unit of work: dictionaries on the firm's shelf, with the refusals that the port promises."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Generic, TypeVar

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge, ChargeState
from billcore.clients import Client
from billcore.errors import AlreadyExists, NotFound, StaleWrite
from billcore.events import Event, invoices_of, stream
from billcore.evolving import evolve
from billcore.ids import (
    CatalogItemId,
    ChargeId,
    ClientId,
    CreditNoteId,
    InvoiceId,
    MethodId,
    OccurrenceId,
    OperationId,
    PaymentId,
    RefundId,
    ScheduleId,
)
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.invoices.late_fees import due_from
from billcore.invoices.status import is_overdue
from billcore.memory.books import Shelf
from billcore.memory.page import page
from billcore.memory.transaction import Transaction
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore.ports.store import Request, Undelivered
from billcore.recorded import RecordedEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule
from billcore.texts import shown

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


class _Records(Generic[Id, Record]):
    """The records of one kind; a subclass says which, and what it is called."""

    what = "record"

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def _on(self, shelf: Shelf) -> dict[str, Record]:
        raise NotImplementedError

    def get(self, record_id: Id) -> Record:
        # The store's lock is held by the whole unit of work, so every record it reads is locked.
        return self._stored(self._on(self._transaction.shelf()), record_id)

    def peek(self, record_id: Id) -> Record:
        return self.get(record_id)

    def add(self, record: Record) -> Record:
        records = self._on(self._transaction.changing_shelf())
        self._transaction.require_own(record.firm_id, f"the {self.what}")
        if record.id in records:
            raise AlreadyExists(f"{self.what} {record.id!r} exists already")
        self._require_unique(record)
        records[record.id] = evolve(record, version=1)
        return records[record.id]

    def save(self, record: Record) -> Record:
        records = self._on(self._transaction.changing_shelf())
        self._require_as_read(records, record)
        self._require_unique(record)
        records[record.id] = evolve(record, version=record.version + 1)
        return records[record.id]

    def add_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self.add(record)

    def save_all(self, records: Sequence[Record]) -> None:
        for record in records:
            self.save(record)

    def _require_as_read(self, records: dict[str, Record], record: Record) -> None:
        if record.firm_id != self._transaction.firm_id:
            raise self._not_found(record.id)
        if self._stored(records, record.id).version != record.version:
            raise StaleWrite(f"{self.what} {record.id!r} was changed since it was read; read it again and repeat")

    def _require_unique(self, record: Record) -> None:
        """Refuse with AlreadyExists what one record only can have, when another one has it."""

    def _stored(self, records: dict[str, Record], record_id: str) -> Record:
        # What is no text is no record's id, and may not even be fit for a look-up.
        found = records.get(record_id) if isinstance(record_id, str) else None
        if found is None:
            raise self._not_found(record_id)
        return found

    def _not_found(self, record_id: str) -> NotFound:
        return NotFound(f"no {self.what} {shown(record_id)} in firm {self._transaction.firm_id!r}")

    def _all(self) -> list[Record]:
        records = self._on(self._transaction.shelf())
        return [records[record_id] for record_id in sorted(records)]


class Catalog(_Records[CatalogItemId, CatalogItem]):
    what = "catalog item"

    def _on(self, shelf: Shelf) -> dict[str, CatalogItem]:
        return shelf.catalog

    def all(self) -> Iterable[CatalogItem]:
        return self._all()


class Clients(_Records[ClientId, Client]):
    what = "client"

    def _on(self, shelf: Shelf) -> dict[str, Client]:
        return shelf.clients

    def peek_all(self, client_ids: Iterable[ClientId]) -> Sequence[Client]:
        clients = self._on(self._transaction.shelf())
        return [clients[client_id] for client_id in sorted(set(client_ids)) if client_id in clients]

    def all(self) -> Iterable[Client]:
        return self._all()


class Charges(_Records[ChargeId, Charge]):
    what = "charge"

    def _on(self, shelf: Shelf) -> dict[str, Charge]:
        return shelf.charges

    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        return [self.get(charge_id) for charge_id in sorted(set(charge_ids))]

    def unbilled(self, client_id: ClientId | None = None) -> Sequence[Charge]:
        theirs = [
            charge
            for charge in self._all()
            if charge.state is ChargeState.OPEN and client_id in (None, charge.client_id)
        ]
        return sorted(theirs, key=lambda charge: charge.added_at)

    def all(self) -> Iterable[Charge]:
        return self._all()


class Invoices(_Records[InvoiceId, Invoice]):
    what = "invoice"

    def _on(self, shelf: Shelf) -> dict[str, Invoice]:
        return shelf.invoices

    def _require_unique(self, record: Invoice) -> None:
        for invoice in self._on(self._transaction.shelf()).values():
            if record.number is not None and invoice.number == record.number and invoice.id != record.id:
                raise AlreadyExists(f"number {record.number!r} is on invoice {invoice.id!r} already")

    def remove(self, invoice: Invoice) -> None:
        invoices = self._on(self._transaction.changing_shelf())
        self._require_as_read(invoices, invoice)
        del invoices[invoice.id]

    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        return page(self._transaction.shelf(), wanted)

    def newly_overdue(self, on: date, *, limit: int) -> Sequence[Invoice]:
        overdue = [invoice for invoice in self._all() if invoice.overdue_noted_on is None and is_overdue(invoice, on)]
        return sorted(overdue, key=_overdue_since)[:limit]

    def to_collect(self, on: date, *, limit: int) -> Sequence[Invoice]:
        waiting = [invoice for invoice in self._all() if invoice.autopay_on is not None and invoice.autopay_on <= on]
        return sorted(waiting, key=lambda invoice: invoice.autopay_on or on)[:limit]

    def to_assess(self, on: date, *, limit: int, after: Invoice | None = None) -> Sequence[Invoice]:
        due = [each for each in self._all() if (day := due_from(each)) is not None and day <= on]
        left = due if after is None else [each for each in due if _fee_turn(each) > _fee_turn(after)]
        return sorted(left, key=_fee_turn)[:limit]

    def all(self) -> Iterable[Invoice]:
        return self._all()


def _overdue_since(invoice: Invoice) -> int:
    return 0 if invoice.due_on is None else invoice.due_on.toordinal() + invoice.policy.grace_days


def _fee_turn(invoice: Invoice) -> tuple[date, InvoiceId]:
    return due_from(invoice) or date.max, invoice.id


class CreditNotes(_Records[CreditNoteId, CreditNote]):
    what = "credit note"

    def _on(self, shelf: Shelf) -> dict[str, CreditNote]:
        return shelf.credit_notes

    def _require_unique(self, record: CreditNote) -> None:
        for note in self._on(self._transaction.shelf()).values():
            if note.number == record.number and note.id != record.id:
                raise AlreadyExists(f"number {record.number!r} is on credit note {note.id!r} already")

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[CreditNote]:
        notes = [note for note in self._all() if note.invoice_id == invoice_id]
        return sorted(notes, key=lambda note: note.issued_at)

    def all(self) -> Iterable[CreditNote]:
        return self._all()


class Payments(_Records[PaymentId, Payment]):
    what = "payment"

    def _on(self, shelf: Shelf) -> dict[str, Payment]:
        return shelf.payments

    def _require_unique(self, record: Payment) -> None:
        if record.ref is None:
            return
        for shelf in self._transaction.books().shelves.values():
            for payment in shelf.payments.values():
                is_same = payment.firm_id == record.firm_id and payment.id == record.id
                if payment.ref == record.ref and not is_same:
                    raise AlreadyExists(f"{record.ref.gateway} payment {record.ref.id!r} is in the books already")

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        return _oldest_first(payment for payment in self._all() if invoice_id in payment.invoice_ids)

    def of_client(self, client_id: ClientId) -> Sequence[Payment]:
        return _oldest_first(payment for payment in self._all() if payment.client_id == client_id)

    def all(self) -> Iterable[Payment]:
        return self._all()


def _oldest_first(payments: Iterable[Payment]) -> list[Payment]:
    return sorted(payments, key=lambda payment: payment.created_at)


class Refunds(_Records[RefundId, Refund]):
    what = "refund"

    def _on(self, shelf: Shelf) -> dict[str, Refund]:
        return shelf.refunds

    def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        refunds = [refund for refund in self._all() if refund.payment_id == payment_id]
        return sorted(refunds, key=lambda refund: refund.requested_at)

    def all(self) -> Iterable[Refund]:
        return self._all()


class Methods(_Records[MethodId, SavedMethod]):
    what = "saved method"

    def _on(self, shelf: Shelf) -> dict[str, SavedMethod]:
        return shelf.methods

    def of_client(self, client_id: ClientId) -> Sequence[SavedMethod]:
        methods = [method for method in self._all() if method.client_id == client_id]
        return sorted(methods, key=lambda method: method.attached_at)


class Operations(_Records[OperationId, Operation]):
    what = "operation"

    def _on(self, shelf: Shelf) -> dict[str, Operation]:
        return shelf.operations

    def all(self) -> Iterable[Operation]:
        return self._all()


class Schedules(_Records[ScheduleId, Schedule]):
    what = "schedule"

    def _on(self, shelf: Shelf) -> dict[str, Schedule]:
        return shelf.schedules

    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        waiting = [schedule for schedule in self._all() if schedule.look_on is not None and schedule.look_on <= on]
        return sorted(waiting, key=lambda schedule: schedule.look_on or on)[:limit]

    def of_client(self, client_id: ClientId) -> Sequence[Schedule]:
        schedules = [schedule for schedule in self._all() if schedule.client_id == client_id]
        return sorted(schedules, key=lambda schedule: schedule.started_at)

    def all(self) -> Iterable[Schedule]:
        return self._all()


class Occurrences(_Records[OccurrenceId, Occurrence]):
    what = "occurrence"

    def _on(self, shelf: Shelf) -> dict[str, Occurrence]:
        return shelf.occurrences

    def of_schedule(self, schedule_id: ScheduleId) -> Sequence[Occurrence]:
        return _by_index(each for each in self._all() if each.schedule_id == schedule_id)

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Occurrence]:
        return _by_index(each for each in self._all() if each.invoice_id == invoice_id)

    def all(self) -> Iterable[Occurrence]:
        return self._all()


def _by_index(occurrences: Iterable[Occurrence]) -> list[Occurrence]:
    return sorted(occurrences, key=lambda occurrence: occurrence.index)


class Requests:
    """The host's idempotency keys that this firm has used."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def find(self, request_id: str) -> Request | None:
        return self._transaction.shelf().requests.get(request_id)

    def add(self, request: Request) -> None:
        requests = self._transaction.changing_shelf().requests
        if request.request_id in requests:
            raise AlreadyExists("this request id is used already; find it and compare its parameters")
        requests[request.request_id] = request


class Events:
    """What happened in this firm, in order."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    def append(self, events: Iterable[Event]) -> None:
        books, shelf = self._transaction.changing_books(), self._transaction.changing_shelf()
        happened = tuple(events)
        for event in happened:
            self._transaction.require_own(event.firm_id, "the event")
        for event in happened:
            books.last_position += 1
            recorded = RecordedEvent(position=books.last_position, event=event)
            shelf.events.append(recorded)
            books.undelivered[recorded.position] = Undelivered(
                firm_id=event.firm_id, stream=stream(event), recorded=recorded
            )

    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]:
        return [recorded for recorded in self._transaction.shelf().events if invoice_id in invoices_of(recorded.event)]

    def all(self) -> Iterable[RecordedEvent]:
        return tuple(self._transaction.shelf().events)
