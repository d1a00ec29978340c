"""The books as a contact of one client finds them: what is another client's, or a draft, is not there.

A contact's desk works in such a unit of work, so no desk asks whose record it has been given. What is not the client's
is refused in the words for an id of nobody: whoever guesses ids learns nothing. What the firm wrote for its own eyes is
left out of what is.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from typing import Generic, Protocol, TypeVar

from billcore.charges.charge import Charge
from billcore.clients import Client, Firm, NumberSeries
from billcore.errors import NotFound
from billcore.events import Event, stream
from billcore.evolving import evolve
from billcore.ids import (
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
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.policy import Status
from billcore.ports.gateway import GatewayEvent
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore.ports.store import Batches, Repository, Requests, Store, UnitOfWork
from billcore.recorded import RecordedEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule
from billcore.services import own_words
from billcore.services.own_answers import OwnAnswers
from billcore.texts import shown


class _Known(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def version(self) -> int: ...


Id = TypeVar("Id", bound=str, contravariant=True)
Record = TypeVar("Record", bound=_Known)
_NOT_DRAFTS = frozenset(Status) - {Status.DRAFT}


@contextmanager
def begin_own(store: Store, firm_id: FirmId, client_id: ClientId) -> Iterator[UnitOfWork]:
    """A writing unit of work with nothing in it but that client's."""
    with store.begin(firm_id) as work:
        yield Own(work, client_id)


@contextmanager
def read_own(store: Store, firm_id: FirmId, client_id: ClientId) -> Iterator[UnitOfWork]:
    """The same, to read."""
    with store.read(firm_id) as work:
        yield Own(work, client_id)


class Own:
    """One client's part of a firm's transaction."""

    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        self._work = work
        self.catalog = work.catalog
        self.clients = _Clients(work, client_id)
        self.charges = _Charges(work, client_id)
        self.invoices = _Invoices(work, client_id)
        self.payments = _Payments(work, client_id)
        self.methods = _Methods(work, client_id)
        self.operations = _Operations(work)
        self.schedules = _Schedules(work, client_id)
        self.credit_notes = _CreditNotes(work, self.invoices)
        self.refunds = _Refunds(work, self.payments)
        self.occurrences = _Occurrences(work, self.schedules)
        self.events = _Events(work, client_id, self.invoices)
        self.answers = OwnAnswers(work, client_id, self.invoices, self.events)

    @property
    def firm_id(self) -> FirmId:
        return self._work.firm_id

    @property
    def requests(self) -> Requests:
        return self._work.requests

    def firm(self) -> Firm:
        return self._work.firm()

    def add_firm(self, firm: Firm) -> Firm:
        return self._work.add_firm(firm)

    def save_firm(self, firm: Firm) -> Firm:
        return self._work.save_firm(firm)

    def next_number(self, series: NumberSeries) -> str:
        return self._work.next_number(series)

    def next_numbers(self, series: NumberSeries, count: int) -> Sequence[str]:
        return self._work.next_numbers(series, count)

    def hear(self, event: GatewayEvent) -> bool:
        return self._work.hear(event)

    def commit(self) -> None:
        self._work.commit()


# ── Records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Records(Generic[Id, Record]):
    def __init__(
        self, all_of_them: Repository[Id, Record], what: str, firm_id: FirmId, is_own: Callable[[Record], bool]
    ) -> None:
        self._all, self._what, self._firm_id, self._is_own = all_of_them, what, firm_id, is_own
        self._shown: dict[str, tuple[Record, Record]] = {}
        """What was handed out, beside what is kept."""

    def get(self, record_id: Id) -> Record:
        # Looked at first: nobody is to lock what is not theirs.
        self.peek(record_id)
        return self._own(self._all.get(record_id), record_id)

    def peek(self, record_id: Id) -> Record:
        return self._own(self._all.peek(record_id), record_id)

    def add(self, record: Record) -> Record:
        return self.show(self._all.add(record))

    def save(self, record: Record) -> Record:
        return self.show(self._all.save(self.whole(record)))

    def own(self, records: Iterable[Record]) -> list[Record]:
        """Those of them that are there."""
        return [self.show(record) for record in records if self._is_own(record)]

    def show(self, record: Record) -> Record:
        """The record as the client reads it: the same each time, for parts of it may come back in another."""
        if (before := self._shown.get(record.id)) is not None and before[1].version == record.version:
            return before[0]
        shown = own_words.left_out(record)
        self._shown[record.id] = shown, record
        return shown

    def whole(self, record: Record) -> Record:
        """The record as it is kept."""
        return own_words.put_back(record, *self._shown[record.id]) if record.id in self._shown else record

    def _own(self, record: Record, record_id: Id) -> Record:
        if self._is_own(record):
            return self.show(record)
        raise NotFound(f"no {self._what} {shown(record_id)} in firm {self._firm_id!r}")


class _Batches(_Records[Id, Record]):
    def __init__(
        self, all_of_them: Batches[Id, Record], what: str, firm_id: FirmId, is_own: Callable[[Record], bool]
    ) -> None:
        super().__init__(all_of_them, what, firm_id, is_own)
        self._many = all_of_them

    def add_all(self, records: Sequence[Record]) -> None:
        self._many.add_all(records)

    def save_all(self, records: Sequence[Record]) -> None:
        self._many.save_all([self.whole(record) for record in records])


class _Clients(_Records[ClientId, Client]):
    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(work.clients, "client", work.firm_id, lambda client: client.id == client_id)
        self._clients, self._client_id = work.clients, client_id

    def peek_all(self, client_ids: Iterable[ClientId]) -> Sequence[Client]:
        return self.own(self._clients.peek_all(client_ids))

    def all(self) -> Iterable[Client]:
        return self.peek_all([self._client_id])


class _Operations(_Records[OperationId, Operation]):
    """No desk takes an operation's id: they are reached through records that are the client's."""

    def __init__(self, work: UnitOfWork) -> None:
        super().__init__(work.operations, "operation", work.firm_id, lambda _: True)
        self._operations = work.operations

    def all(self) -> Iterable[Operation]:
        return self.own(self._operations.all())


class _Charges(_Records[ChargeId, Charge]):
    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(work.charges, "charge", work.firm_id, lambda charge: charge.client_id == client_id)
        self._charges, self._client_id = work.charges, client_id

    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        return [self.get(charge_id) for charge_id in sorted(set(charge_ids))]

    def unbilled(self, client_id: ClientId | None = None) -> Sequence[Charge]:
        return self.own(self._charges.unbilled(self._client_id)) if client_id in (None, self._client_id) else []

    def all(self) -> Iterable[Charge]:
        return self.own(self._charges.all())


class _Invoices(_Batches[InvoiceId, Invoice]):
    """Without drafts: a client has none before they are sent (S0.22, S2.3, S3.13)."""

    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(
            work.invoices, "invoice", work.firm_id, lambda one: one.client_id == client_id and not one.is_draft
        )
        self._invoices, self._client_id = work.invoices, client_id

    def remove(self, invoice: Invoice) -> None:
        self._invoices.remove(self.get(invoice.id))

    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        statuses = wanted.statuses & _NOT_DRAFTS if wanted.statuses else _NOT_DRAFTS
        nothing = InvoicePage(invoices=(), next=None, matching=0, total=self._count(wanted.on))
        if wanted.client_id not in (None, self._client_id) or not statuses:
            return nothing
        found = self._invoices.page(evolve(wanted, client_id=self._client_id, statuses=statuses))
        return evolve(found, invoices=tuple(map(self.show, found.invoices)), total=nothing.total)

    def newly_overdue(self, on: date, *, limit: int) -> Sequence[Invoice]:
        return self.own(self._invoices.newly_overdue(on, limit=limit))

    def to_collect(self, on: date, *, limit: int) -> Sequence[Invoice]:
        return self.own(self._invoices.to_collect(on, limit=limit))

    def to_assess(self, on: date, *, limit: int, after: Invoice | None = None) -> Sequence[Invoice]:
        return self.own(self._invoices.to_assess(on, limit=limit, after=after))

    def all(self) -> Iterable[Invoice]:
        after: str | None = None
        while True:
            # The day matters to statuses only, and all of them are wanted.
            page = self._invoices.page(
                InvoiceFilter(on=date.min, client_id=self._client_id, statuses=_NOT_DRAFTS, after=after, limit=1000)
            )
            yield from map(self.show, page.invoices)
            if page.next is None:
                return
            after = page.next

    def _count(self, on: date) -> int:
        """How many the client has in all: the firm's number is none of its business."""
        every = InvoiceFilter(on=on, client_id=self._client_id, statuses=_NOT_DRAFTS, limit=1)
        return self._invoices.page(every).matching


class _Payments(_Records[PaymentId, Payment]):
    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(work.payments, "payment", work.firm_id, lambda payment: payment.client_id == client_id)
        self._payments, self._client_id = work.payments, client_id

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        return self.own(self._payments.of_invoice(invoice_id))

    def of_client(self, client_id: ClientId) -> Sequence[Payment]:
        return self.own(self._payments.of_client(client_id))

    def all(self) -> Iterable[Payment]:
        return self.of_client(self._client_id)


class _Methods(_Records[MethodId, SavedMethod]):
    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(work.methods, "saved method", work.firm_id, lambda method: method.client_id == client_id)
        self._methods = work.methods

    def of_client(self, client_id: ClientId) -> Sequence[SavedMethod]:
        return self.own(self._methods.of_client(client_id))


class _Schedules(_Batches[ScheduleId, Schedule]):
    def __init__(self, work: UnitOfWork, client_id: ClientId) -> None:
        super().__init__(work.schedules, "schedule", work.firm_id, lambda schedule: schedule.client_id == client_id)
        self._schedules, self._client_id = work.schedules, client_id

    def due(self, on: date, *, limit: int) -> Sequence[Schedule]:
        return self.own(self._schedules.due(on, limit=limit))

    def of_client(self, client_id: ClientId) -> Sequence[Schedule]:
        return self.own(self._schedules.of_client(client_id))

    def all(self) -> Iterable[Schedule]:
        return sorted(self.of_client(self._client_id), key=lambda schedule: schedule.id)


# ── Records that hang on others ──────────────────────────────────────────────────────────────────────────────────────


def _is_there(find: Callable[[Id], object], record_id: Id) -> bool:
    try:
        find(record_id)
    except NotFound:
        return False
    return True


class _CreditNotes(_Records[CreditNoteId, CreditNote]):
    def __init__(self, work: UnitOfWork, invoices: _Invoices) -> None:
        super().__init__(
            work.credit_notes, "credit note", work.firm_id, lambda note: _is_there(invoices.peek, note.invoice_id)
        )
        self._notes = work.credit_notes

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[CreditNote]:
        return self.own(self._notes.of_invoice(invoice_id))

    def all(self) -> Iterable[CreditNote]:
        return self.own(self._notes.all())


class _Refunds(_Records[RefundId, Refund]):
    def __init__(self, work: UnitOfWork, payments: _Payments) -> None:
        super().__init__(
            work.refunds, "refund", work.firm_id, lambda refund: _is_there(payments.peek, refund.payment_id)
        )
        self._refunds = work.refunds

    def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        return self.own(self._refunds.of_payment(payment_id))

    def all(self) -> Iterable[Refund]:
        return self.own(self._refunds.all())


class _Occurrences(_Batches[OccurrenceId, Occurrence]):
    def __init__(self, work: UnitOfWork, schedules: _Schedules) -> None:
        super().__init__(
            work.occurrences, "occurrence", work.firm_id, lambda each: _is_there(schedules.peek, each.schedule_id)
        )
        self._occurrences = work.occurrences

    def of_schedule(self, schedule_id: ScheduleId) -> Sequence[Occurrence]:
        return self.own(self._occurrences.of_schedule(schedule_id))

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Occurrence]:
        return self.own(self._occurrences.of_invoice(invoice_id))

    def all(self) -> Iterable[Occurrence]:
        return self.own(self._occurrences.all())


class _Events:
    def __init__(self, work: UnitOfWork, client_id: ClientId, invoices: _Invoices) -> None:
        self._events, self._client_id, self._invoices = work.events, client_id, invoices

    def append(self, events: Iterable[Event]) -> None:
        self._events.append(events)

    def about_invoice(self, invoice_id: InvoiceId) -> Sequence[RecordedEvent]:
        self._invoices.peek(invoice_id)
        return [_told(recorded) for recorded in self._events.about_invoice(invoice_id)]

    def all(self) -> Iterable[RecordedEvent]:
        """Those of the client's records: the first event of each names its client, and the record the later ones."""
        streams: set[str] = {self._client_id}
        for recorded in self._events.all():
            named = getattr(recorded.event, "client_id", None)
            if named == self._client_id:
                streams.add(stream(recorded.event))
            if named == self._client_id or (named is None and stream(recorded.event) in streams):
                yield _told(recorded)


def _told(recorded: RecordedEvent) -> RecordedEvent:
    return evolve(recorded, event=own_words.left_out(recorded.event))
