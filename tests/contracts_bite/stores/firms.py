"""Faults in keeping firms apart."""

from collections.abc import Sequence

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.clients import Client
from billcore.errors import AlreadyExists
from billcore.ids import ClientId, FirmId, MethodId
from billcore.memory.records import Clients, Methods, Operations
from billcore.memory.unit import MemoryUnitOfWork
from billcore.methods import SavedMethod
from billcore.payments.operation import Operation


class _MethodsOfEveryFirm(Methods):
    def get(self, record_id: MethodId) -> SavedMethod:
        for shelf in (self._transaction.shelf(), *self._transaction.books().shelves.values()):
            if isinstance(record_id, str) and record_id in shelf.methods:
                return shelf.methods[record_id]
        raise self._not_found(record_id)


class FindsByIdAlone(BrokenStore):
    bites = "test_a_record_of_another_firm_is_not_found"
    repository = _MethodsOfEveryFirm


class _MethodsOfAnyClient(Methods):
    def of_client(self, client_id: ClientId) -> Sequence[SavedMethod]:
        everywhere = [
            method for shelf in self._transaction.books().shelves.values() for method in shelf.methods.values()
        ]
        theirs = [method for method in everywhere if method.client_id == client_id]
        return sorted(theirs, key=lambda method: (method.attached_at, method.id))


class ListsByClientAlone(BrokenStore):
    bites = "test_a_list_has_the_records_of_its_own_firm_only"
    repository = _MethodsOfAnyClient


class _OperationsWithOneKey(Operations):
    def add(self, record: Operation) -> Operation:
        others = [shelf for firm, shelf in self._transaction.books().shelves.items() if firm != record.firm_id]
        if record.firm_id == self._transaction.firm_id and any(record.id in shelf.operations for shelf in others):
            raise AlreadyExists("duplicate key value violates unique constraint")
        return super().add(record)


class LeavesTheFirmOutOfTheKey(BrokenStore):
    bites = "test_the_same_id_in_two_firms_is_two_records"
    repository = _OperationsWithOneKey


class _ClientsOfWhomever(Clients):
    def add(self, record: Client) -> Client:
        return super().add(evolve(record, firm_id=self._transaction.firm_id))


class RelabelsWhatIsAdded(BrokenStore):
    """The row gets the firm of the unit of work, whatever the record says."""

    bites = "test_a_record_or_event_of_another_firm_cannot_be_added"
    repository = _ClientsOfWhomever


class ListsTheFirstFirmOnly(BrokenStore):
    bites = "test_every_firm_that_was_opened_is_listed"

    def firms(self) -> Sequence[FirmId]:
        return super().firms()[:1]


class ForgetsItsFirm(BrokenStore):
    bites = "test_a_unit_of_work_says_whose_it_is"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        @property
        def firm_id(self) -> FirmId:
            return super().firm_id if self._transaction._publish else FirmId("default")
