"""Faults that only several threads at once can see."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from time import sleep

from tests.contracts_bite.stores.broken import BrokenStore, SnapshotTrap, books_of

from billcore.charges.charge import Charge
from billcore.clients import Client
from billcore.ids import ChargeId, ClientId, FirmId
from billcore.memory.books import Books, Shelf
from billcore.memory.records import Charges, Clients
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork


class LosesUpdates(SnapshotTrap):
    """The lock is taken, and the old value is used."""

    bites = "test_a_record_that_was_got_cannot_change_before_it_is_saved"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        books_of(unit).shelf(unit.firm_id).clients = dict(before.shelf(unit.firm_id).clients)


class RemembersWhatItPeeked(SnapshotTrap):
    """An identity map that hands out what was read without a lock."""

    bites = "test_what_was_peeked_is_read_again_when_it_is_locked"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        unit.clients = _RememberedClients(unit._transaction, before.shelf(unit.firm_id))


class _RememberedClients(Clients):
    def __init__(self, transaction: Transaction, before: Shelf) -> None:
        super().__init__(transaction)
        self._before = before
        self._peeked: set[ClientId] = set()

    def peek(self, record_id: ClientId) -> Client:
        client = super().peek(record_id)
        self._peeked.add(record_id)
        return client

    def get(self, record_id: ClientId) -> Client:
        client = super().get(record_id)
        return self._before.clients[record_id] if record_id in self._peeked else client


class LocksInTheOrderAsked(BrokenStore):
    """As soon as another thread is there too, the database finds a deadlock."""

    bites = "test_charges_are_locked_in_one_order"
    is_a_race = True

    def __init__(self) -> None:
        super().__init__()
        self.threads = 0

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        self.threads += 1
        sleep(0.001)
        try:
            with super().begin(firm_id) as unit:
                unit.charges = _ChargesAsAsked(unit._transaction, self)
                yield unit
        finally:
            self.threads -= 1


class _ChargesAsAsked(Charges):
    def __init__(self, transaction: Transaction, store: LocksInTheOrderAsked) -> None:
        super().__init__(transaction)
        self._store = store

    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        asked = list(charge_ids)
        if self._store.threads > 1 and asked != sorted(asked):
            raise TimeoutError("deadlock detected")
        return super().get_all(asked)


class WritesBackTheWholeStore(SnapshotTrap):
    """Every commit carries the other firms as they were when it began."""

    bites = "test_firms_that_write_at_the_same_time_lose_nothing"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        books = books_of(unit)
        books.shelves = {**before.shelves, unit.firm_id: books.shelf(unit.firm_id)}
