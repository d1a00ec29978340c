"""Storage: a store begins units of work, each bound to one firm and committed whole or not at all.

What every store keeps, and ``billcore.testing.StoreContract`` checks:

- Nothing is visible to others before ``commit``; leaving the block without it undoes everything, also the numbers
  drawn.
- ``get`` in a writing unit locks the record until its end, so that what was read is still true when it is saved. Locks
  are taken in one order, schedules before payments before refunds before invoices before charges, and among equals by
  id.
- ``save`` compares the version that was read: a record changed in between is StaleWrite. It returns the record as
  stored. Versions count from 1, one up with each save; 0 is a record that was never stored.
- Events are appended in the same transaction and get a position; within one stream positions follow the order of
  commits.
- A firm sees its own records only; another firm's id is NotFound, exactly as an unknown one. The same id in two firms
  is two records. To add a record or an event of another firm is UnitOfWorkMisuse.
- A number is on one invoice of the firm, and on one credit note: a second one with it is AlreadyExists.
- A gateway's payment is in the books once: a second payment with the same ref, of whatever firm, is AlreadyExists.
- One unit of work per thread: beginning a second inside the first is UnitOfWorkMisuse, and so is calling a gateway
  inside one. ``park``, ``delivered``, claiming, putting off and letting go are units of their own. What is only looked
  up across firms may be asked inside a unit of work, which then has one transaction and not two.
- What workers share out among themselves (``due``, ``newly_overdue``, ``to_collect``) is locked in a writing unit, and
  what another worker has locked is left out instead of waited for.
- What workers claim across firms (``claim_operations``, ``claim_parked``, ``claim_undelivered``) goes to one of them.
- Lists are oldest first and equal moments in order of id; what ``all`` gives is in order of id. Ids that differ in case
  only are different ids.
"""

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from datetime import date, datetime
from typing import Protocol, TypeVar

from attrs import frozen

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm, NumberSeries
from billcore.events import Event
from billcore.ids import (
    CatalogItemId,
    ChargeId,
    ClientId,
    CreditNoteId,
    FirmId,
    GatewayRef,
    InvoiceId,
    MethodId,
    OccurrenceId,
    OperationId,
    PaymentId,
    RefundId,
    ScheduleId,
)
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.ports.answers import Answers
from billcore.ports.gateway import GatewayEvent
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore.recorded import RecordedEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule

Id = TypeVar("Id", contravariant=True)
Record = TypeVar("Record")


class Repository(Protocol[Id, Record]):
    """The records of one kind of one firm."""

    def get(self, record_id: Id) -> Record:
        """The record, locked in a writing unit; NotFound for an id of nobody or of another firm."""

    def peek(self, record_id: Id) -> Record:
        """The record without a lock, as last committed, to learn which others to lock first. Never to be saved."""

    def add(self, record: Record) -> Record:
        """Keep a new record; AlreadyExists for an id that is taken."""

    def save(self, record: Record) -> Record:
        """Keep a changed record, or StaleWrite; returns it with its new version."""


class Batches(Repository[Id, Record], Protocol):
    """The records of a kind of which a run writes hundreds at once."""

    def add_all(self, records: Sequence[Record]) -> None:
        """As ``add`` of each; AlreadyExists where one of the ids is taken, and the unit of work is then to be left."""

    def save_all(self, records: Sequence[Record]) -> None:
        """As ``save`` of each; StaleWrite where one was changed, and the unit of work is then to be left."""


class Invoices(Batches[InvoiceId, Invoice], Protocol):
    def remove(self, invoice: Invoice) -> None:
        """Delete a draft; its event stays as a tombstone. StaleWrite if it changed."""

    def page(self, wanted: InvoiceFilter) -> InvoicePage: ...
    def newly_overdue(self, on: date, *, limit: int) -> Sequence[Invoice]:
        """Those overdue on that day that were not noted as overdue before, the longest overdue first."""

    def to_collect(self, on: date, *, limit: int) -> Sequence[Invoice]:
        """Those for which auto-pay has something to do on that day or before, the longest waiting first."""

    def to_assess(self, on: date, *, limit: int, after: Invoice | None = None) -> Sequence[Invoice]:
        """Those whose next late fee is due on that day or before, by that day and then by id, without a lock.

        *after* is the last one of the page before.
        """

    def all(self) -> Iterable[Invoice]:
        """Every invoice of the firm, in order of id."""


class CreditNotes(Repository[CreditNoteId, CreditNote], Protocol):
    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[CreditNote]: ...
    def all(self) -> Iterable[CreditNote]: ...


class Catalog(Repository[CatalogItemId, CatalogItem], Protocol):
    def all(self) -> Iterable[CatalogItem]: ...


class Clients(Repository[ClientId, Client], Protocol):
    def peek_all(self, client_ids: Iterable[ClientId]) -> Sequence[Client]:
        """Those of them that there are, each once, in order of id and without a lock."""

    def all(self) -> Iterable[Client]: ...


class Charges(Repository[ChargeId, Charge], Protocol):
    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        """All of them, locked in order of id and returned in it."""

    def unbilled(self, client_id: ClientId | None = None) -> Sequence[Charge]:
        """The open charges, of one client or all, oldest first."""

    def all(self) -> Iterable[Charge]: ...


class Payments(Repository[PaymentId, Payment], Protocol):
    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        """Those that were meant for the invoice or are on it, oldest first, without a lock."""

    def of_client(self, client_id: ClientId) -> Sequence[Payment]: ...
    def all(self) -> Iterable[Payment]: ...


class Refunds(Repository[RefundId, Refund], Protocol):
    def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        """Oldest first; a refund changes only while its payment is locked."""

    def all(self) -> Iterable[Refund]: ...


class Methods(Repository[MethodId, SavedMethod], Protocol):
    def of_client(self, client_id: ClientId) -> Sequence[SavedMethod]: ...


class Operations(Repository[OperationId, Operation], Protocol):
    def all(self) -> Iterable[Operation]: ...


class Schedules(Batches[ScheduleId, Schedule], Protocol):
    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        """Those on which the run is to look on that day or before, the longest waiting first."""

    def of_client(self, client_id: ClientId) -> Sequence[Schedule]: ...
    def all(self) -> Iterable[Schedule]: ...


class Occurrences(Batches[OccurrenceId, Occurrence], Protocol):
    def of_schedule(self, schedule_id: ScheduleId) -> Sequence[Occurrence]:
        """In order of index."""

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Occurrence]:
        """Those that the invoice bills, in order of index."""

    def all(self) -> Iterable[Occurrence]: ...


@frozen(kw_only=True)
class Request:
    """What a host's request id was used for: the command and its parameters, and the record it made."""

    request_id: str
    fingerprint: str
    result_id: str


class Requests(Protocol):
    """The host's own idempotency keys (a double click, a retried HTTP request), for ever, per firm."""

    def find(self, request_id: str) -> Request | None: ...
    def add(self, request: Request) -> None:
        """AlreadyExists when another transaction used the id first."""


class Events(Protocol):
    """What happened in the firm, in order, and the timeline of each invoice."""

    def append(self, events: Iterable[Event]) -> None: ...
    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]: ...
    def all(self) -> Iterable[RecordedEvent]: ...


class UnitOfWork(Protocol):
    """One transaction of one firm."""

    @property
    def firm_id(self) -> FirmId: ...
    @property
    def catalog(self) -> Catalog: ...
    @property
    def clients(self) -> Clients: ...
    @property
    def charges(self) -> Charges: ...
    @property
    def invoices(self) -> Invoices: ...
    @property
    def credit_notes(self) -> CreditNotes: ...
    @property
    def payments(self) -> Payments: ...
    @property
    def refunds(self) -> Refunds: ...
    @property
    def methods(self) -> Methods: ...
    @property
    def operations(self) -> Operations: ...
    @property
    def schedules(self) -> Schedules: ...
    @property
    def occurrences(self) -> Occurrences: ...
    @property
    def requests(self) -> Requests: ...
    @property
    def events(self) -> Events: ...
    @property
    def answers(self) -> Answers: ...

    def firm(self) -> Firm:
        """The firm itself; NotFound before it is opened."""

    def add_firm(self, firm: Firm) -> Firm: ...
    def save_firm(self, firm: Firm) -> Firm: ...
    def next_number(self, series: NumberSeries) -> str:
        """The next number of the series, gapless: it is used up only if this unit commits.

        A series is known by its prefix: with more digits it counts on.
        """

    def next_numbers(self, series: NumberSeries, count: int) -> Sequence[str]:
        """So many numbers at once, in order, as ``next_number`` would draw them."""

    def hear(self, event: GatewayEvent) -> bool:
        """Note a gateway's event as heard and applied, in this transaction; False if it was before, by whatever firm.

        An event is known by its gateway, account and id. Hearing one that is parked ends its parking.
        """

    def commit(self) -> None:
        """Make everything durable. Using the unit afterwards is UnitOfWorkMisuse."""


@frozen(kw_only=True)
class DueOperation:
    """An operation in doubt that was handed out, and how often it was before."""

    firm_id: FirmId
    operation_id: OperationId
    tries: int = 0


@frozen(kw_only=True)
class ParkedEvent:
    """A gateway's event that could not be applied yet: its payment is not known to us, or could not be read."""

    event: GatewayEvent
    heard_at: datetime
    tries: int = 0


@frozen(kw_only=True)
class Undelivered:
    """An event that no subscriber has taken yet; ``tries`` counts how often its stream was handed out before."""

    firm_id: FirmId
    stream: str
    recorded: RecordedEvent
    tries: int = 0


class Store(Protocol):
    """Where the books are kept, for any number of firms."""

    def begin(self, firm_id: FirmId) -> AbstractContextManager[UnitOfWork]:
        """A writing unit of work."""

    def read(self, firm_id: FirmId) -> AbstractContextManager[UnitOfWork]:
        """A reading unit of work, consistent in itself: takes no locks, refuses every change with UnitOfWorkMisuse."""

    @property
    def is_in_unit_of_work(self) -> bool:
        """Whether this thread has one open; desks ask before they call a gateway."""

    def firms(self) -> Sequence[FirmId]: ...

    # Across firms: what workers and webhooks need before they know whose it is.

    def operations_in_doubt(self, *, before: datetime, limit: int) -> Sequence[tuple[FirmId, OperationId]]:
        """Operations not done, created before that moment and not leased beyond it by a worker, oldest first."""

    def find_payment(self, ref: GatewayRef) -> tuple[FirmId, PaymentId] | None:
        """Whose payment that gateway object is."""

    def find_operation(self, ref: GatewayRef) -> tuple[FirmId, OperationId] | None:
        """Whose operation (a checkout, say) that gateway object belongs to; the oldest where several are about it."""

    def was_heard(self, event: GatewayEvent) -> bool: ...
    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        """Keep an event for later, once; False if it is kept or was heard already."""

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        """Those kept and not heard since, fewest tries first: to look at, not to work on."""

    def undelivered(self, *, limit: int) -> Sequence[Undelivered]:
        """Events not delivered yet, in order of position: to look at, not to work on."""

    def delivered(self, positions: Iterable[int]) -> None:
        """Mark events as taken by the subscriber; those marked already stay so."""

    # Due work is claimed: what is handed out to one caller is kept from all others until the moment *until*, and comes
    # again then if it is still to be done. A claim spares work; what is true never rests on it.

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        """Operations in doubt whose turn has come, the longest waiting first: not done, and not leased beyond *at*."""

    def put_off_operation(self, firm_id: FirmId, operation_id: OperationId, *, until: datetime) -> None:
        """Its turn comes at that moment, whoever claimed it."""

    def claim_parked(self, *, at: datetime, until: datetime, limit: int) -> Sequence[ParkedEvent]:
        """Parked events whose turn has come, the longest waiting first."""

    def put_off_parked(self, event: GatewayEvent, *, until: datetime) -> None:
        """Its turn comes at that moment; nothing happens where it is not parked."""

    def let_go(self, event: GatewayEvent) -> None:
        """Keep a parked event no longer. Heard again, it is a new one."""

    def claim_undelivered(self, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
        """Events not delivered yet, in order of position: of each stream that is handed out, all there are.

        A stream goes to one caller at a time, so that its events stay in order; streams are chosen by their oldest
        events, at most *limit* of them.
        """

    def put_off_stream(self, firm_id: FirmId, stream: str, *, until: datetime | None) -> None:
        """The stream's turn comes at that moment; None where all went well, and nothing is remembered of it."""
