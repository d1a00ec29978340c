"""What a store in memory holds: one shelf of records per firm, and beside them what workers ask across firms."""

from datetime import datetime

from attrs import Factory, define, evolve, frozen

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm
from billcore.ids import FirmId, OperationId
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import ParkedEvent, Request, Undelivered
from billcore.recorded import RecordedEvent
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Schedule


@define(kw_only=True)
class Shelf:
    """The records of one firm, by id; ``numbers`` holds the last count of each series, by its prefix."""

    firm: Firm | None = None
    catalog: dict[str, CatalogItem] = Factory(dict)
    clients: dict[str, Client] = Factory(dict)
    charges: dict[str, Charge] = Factory(dict)
    invoices: dict[str, Invoice] = Factory(dict)
    credit_notes: dict[str, CreditNote] = Factory(dict)
    payments: dict[str, Payment] = Factory(dict)
    refunds: dict[str, Refund] = Factory(dict)
    methods: dict[str, SavedMethod] = Factory(dict)
    operations: dict[str, Operation] = Factory(dict)
    schedules: dict[str, Schedule] = Factory(dict)
    occurrences: dict[str, Occurrence] = Factory(dict)
    requests: dict[str, Request] = Factory(dict)
    numbers: dict[str, int] = Factory(dict)
    events: list[RecordedEvent] = Factory(list)

    def copy(self) -> "Shelf":
        """The same records on a shelf of their own; records never change, so they are shared."""
        return Shelf(
            firm=self.firm,
            catalog=dict(self.catalog),
            clients=dict(self.clients),
            charges=dict(self.charges),
            invoices=dict(self.invoices),
            credit_notes=dict(self.credit_notes),
            payments=dict(self.payments),
            refunds=dict(self.refunds),
            methods=dict(self.methods),
            operations=dict(self.operations),
            schedules=dict(self.schedules),
            occurrences=dict(self.occurrences),
            requests=dict(self.requests),
            numbers=dict(self.numbers),
            events=list(self.events),
        )


@frozen
class EventKey:
    """By what a gateway's event is told from every other: its id means nothing without gateway and account."""

    gateway: str
    account: str | None
    id: str

    @classmethod
    def of(cls, event: GatewayEvent) -> "EventKey":
        return cls(event.gateway, event.account, event.id)


@frozen(kw_only=True)
class Turn:
    """When due work is handed out next, and how often it was."""

    at: datetime
    tries: int = 0


@define(kw_only=True)
class Books:
    """Everything at one moment. Books that were committed are never changed again: a change is made in a copy."""

    shelves: dict[FirmId, Shelf] = Factory(dict)
    heard: set[EventKey] = Factory(set)
    parked: dict[EventKey, ParkedEvent] = Factory(dict)
    undelivered: dict[int, Undelivered] = Factory(dict)
    operation_turns: dict[tuple[FirmId, OperationId], Turn] = Factory(dict)
    event_turns: dict[EventKey, Turn] = Factory(dict)
    stream_turns: dict[tuple[FirmId, str], Turn] = Factory(dict)
    last_position: int = 0

    def copy(self) -> "Books":
        """The same shelves and a list of each kind of our own."""
        return evolve(
            self,
            shelves=dict(self.shelves),
            heard=set(self.heard),
            parked=dict(self.parked),
            undelivered=dict(self.undelivered),
            operation_turns=dict(self.operation_turns),
            event_turns=dict(self.event_turns),
            stream_turns=dict(self.stream_turns),
        )

    def shelf(self, firm_id: FirmId) -> Shelf:
        """The firm's shelf; an empty one for a firm that has none yet."""
        return self.shelves.get(firm_id) or Shelf()
