"""One unit of work in memory: the firm, its repositories, its numbers, and the events it heard."""

from collections.abc import Sequence

from billcore.clients import Firm, NumberSeries
from billcore.errors import AlreadyExists, NotFound, StaleWrite
from billcore.evolving import evolve
from billcore.ids import FirmId
from billcore.memory.answers import Answers
from billcore.memory.books import EventKey
from billcore.memory.records import (
    Catalog,
    Charges,
    Clients,
    CreditNotes,
    Events,
    Invoices,
    Methods,
    Occurrences,
    Operations,
    Payments,
    Refunds,
    Requests,
    Schedules,
)
from billcore.memory.transaction import Transaction
from billcore.ports.gateway import GatewayEvent


class MemoryUnitOfWork:
    """One transaction of one firm."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.catalog = Catalog(transaction)
        self.clients = Clients(transaction)
        self.charges = Charges(transaction)
        self.invoices = Invoices(transaction)
        self.credit_notes = CreditNotes(transaction)
        self.payments = Payments(transaction)
        self.refunds = Refunds(transaction)
        self.methods = Methods(transaction)
        self.operations = Operations(transaction)
        self.schedules = Schedules(transaction)
        self.occurrences = Occurrences(transaction)
        self.requests = Requests(transaction)
        self.events = Events(transaction)
        self.answers = Answers(transaction)

    @property
    def firm_id(self) -> FirmId:
        return self._transaction.firm_id

    def firm(self) -> Firm:
        firm = self._transaction.shelf().firm
        if firm is None:
            raise self._not_found(self.firm_id)
        return firm

    def add_firm(self, firm: Firm) -> Firm:
        shelf = self._transaction.changing_shelf()
        self._transaction.require_own(firm.id, "the books")
        if shelf.firm is not None:
            raise AlreadyExists(f"firm {firm.id!r} exists already")
        shelf.firm = evolve(firm, version=1)
        return shelf.firm

    def save_firm(self, firm: Firm) -> Firm:
        shelf = self._transaction.changing_shelf()
        if shelf.firm is None or firm.id != self.firm_id:
            raise self._not_found(firm.id)
        if firm.version != shelf.firm.version:
            raise StaleWrite(f"firm {firm.id!r} was changed since it was read; read it again and repeat")
        shelf.firm = evolve(firm, version=firm.version + 1)
        return shelf.firm

    def next_number(self, series: NumberSeries) -> str:
        numbers = self._transaction.changing_shelf().numbers
        numbers[series.prefix] = numbers.get(series.prefix, 0) + 1
        return series.number(numbers[series.prefix])

    def next_numbers(self, series: NumberSeries, count: int) -> Sequence[str]:
        return [self.next_number(series) for _ in range(count)]

    def hear(self, event: GatewayEvent) -> bool:
        books, key = self._transaction.changing_books(), EventKey.of(event)
        if key in books.heard:
            return False
        books.heard.add(key)
        books.parked.pop(key, None)
        return True

    def commit(self) -> None:
        self._transaction.commit()

    def _not_found(self, firm_id: FirmId) -> NotFound:
        return NotFound(f"no firm {firm_id!r} here; check the id, and open the firm first")
