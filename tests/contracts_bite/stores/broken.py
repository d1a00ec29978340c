"""A store in memory with one fault, and the check that names it."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import ClassVar

from billcore.ids import FirmId
from billcore.memory import MemoryStore
from billcore.memory.books import Books, Shelf
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.ports.store import Store


class BrokenStore(MemoryStore):
    """Every subclass breaks one promise in the way a real store does, and keeps the others."""

    bites: ClassVar[str]
    """The check that must fail, and be the only one."""
    is_a_race: ClassVar[bool] = False
    """The fault shows when threads meet: on a busy machine not at every try."""
    unit: ClassVar[type[MemoryUnitOfWork]] = MemoryUnitOfWork
    repository: ClassVar[type | None] = None
    """The repository that is broken; it takes the place of the one that it is a kind of."""

    def second_handle(self) -> Store:
        """Another handle on the same books."""
        return self

    def published(self, firm_id: FirmId) -> Shelf:
        """The firm's shelf as everybody sees it, to write where only a commit should."""
        return self._books.shelf(firm_id)

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = self.unit(transaction)
        for name, repository in list(vars(unit).items()):
            if self.repository is not None and issubclass(self.repository, type(repository)):
                setattr(unit, name, self.repository(transaction))
        return unit


class SnapshotTrap(BrokenStore):
    """Reads before it has the lock and believes it afterwards, as REPEATABLE READ does after a first query."""

    is_a_race = True

    @contextmanager
    def begin(self, firm_id: FirmId) -> Iterator[MemoryUnitOfWork]:
        before = self._books
        # Long enough for the other threads to read the same.
        sleep(0.001)
        with super().begin(firm_id) as unit:
            self.believe(before, unit)
            yield unit

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        """Put into the unit of work what was read *before*."""
        raise NotImplementedError


def books_of(unit: MemoryUnitOfWork) -> Books:
    """The private copy that the unit of work will commit."""
    return unit._transaction._books
