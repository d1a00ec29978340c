"""Faults in what must count once."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore, SnapshotTrap, books_of

from billcore.errors import AlreadyExists
from billcore.ids import FirmId, GatewayRef, PaymentId
from billcore.memory.books import Books, EventKey
from billcore.memory.records import Payments, Requests
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.payments.payment import Payment
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import ParkedEvent, Request

# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


class _RequestsCutShort(Requests):
    def add(self, request: Request) -> None:
        super().add(evolve(request, fingerprint=request.fingerprint[:32]))


class CutsTheFingerprint(BrokenStore):
    bites = "test_a_request_is_found_again_by_its_id"
    repository = _RequestsCutShort


class _RequestsOfEverybody(Requests):
    def add(self, request: Request) -> None:
        if any(request.request_id in shelf.requests for shelf in self._transaction.books().shelves.values()):
            raise AlreadyExists("this request id is used already")
        super().add(request)


class SharesRequestIdsBetweenFirms(BrokenStore):
    bites = "test_a_request_id_is_used_once_in_a_firm"
    repository = _RequestsOfEverybody


class NotesRequestsOnTheSide(BrokenStore):
    """A cache beside the database, which no rollback empties."""

    bites = "test_a_request_that_was_not_committed_is_free_again"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = super()._unit_of_work(transaction)
        unit.requests = _RequestsInACache(transaction, self)
        return unit


class _RequestsInACache(Requests):
    def __init__(self, transaction: Transaction, store: BrokenStore) -> None:
        super().__init__(transaction)
        self._store = store

    def add(self, request: Request) -> None:
        super().add(request)
        self._store.published(self._transaction.firm_id).requests[request.request_id] = request


class LooksBeforeItNotesTheRequest(SnapshotTrap):
    bites = "test_one_of_eight_equal_requests_is_the_first"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        books_of(unit).shelf(unit.firm_id).requests = dict(before.shelf(unit.firm_id).requests)


# ── Gateways' events ─────────────────────────────────────────────────────────────────────────────────────────────────


class HearsForEachFirm(BrokenStore):
    bites = "test_an_event_is_heard_once_by_whatever_firm"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def hear(self, event: GatewayEvent) -> bool:
            super().hear(event)
            return super().hear(evolve(event, id=f"{event.id} of {self.firm_id}"))


class ForgetsTheAccount(BrokenStore):
    bites = "test_events_of_another_gateway_account_or_id_are_others"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def hear(self, event: GatewayEvent) -> bool:
            return super().hear(evolve(event, account=None))

    def was_heard(self, event: GatewayEvent) -> bool:
        return super().was_heard(evolve(event, account=None))

    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        return not self.was_heard(event) and super().park(event, at=at)


class MarksBeforeItApplies(BrokenStore):
    bites = "test_an_event_whose_effect_was_not_committed_was_not_heard"

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        return _MarkedFirst(transaction, self)


class _MarkedFirst(MemoryUnitOfWork):
    def __init__(self, transaction: Transaction, store: BrokenStore) -> None:
        super().__init__(transaction)
        self._store = store

    def hear(self, event: GatewayEvent) -> bool:
        is_first = super().hear(event)
        self._store._books.heard.add(EventKey.of(event))
        return is_first


class LooksBeforeItHears(SnapshotTrap):
    bites = "test_one_of_eight_deliveries_is_heard"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        books_of(unit).heard = set(before.heard)


class ParksWhatWasHeard(BrokenStore):
    bites = "test_an_event_is_parked_once_and_not_after_it_was_heard"

    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        with self._changed("park an event") as books:
            is_new = EventKey.of(event) not in books.parked
            books.parked.setdefault(EventKey.of(event), ParkedEvent(event=event, heard_at=at))
            return is_new


class ParksHalfAnEvent(BrokenStore):
    bites = "test_a_parked_event_comes_back_whole_and_was_not_heard"

    def park(self, event: GatewayEvent, *, at: datetime) -> bool:
        return super().park(evolve(event, is_live=True), at=at)


class ParksForEver(BrokenStore):
    bites = "test_an_event_that_is_heard_is_parked_no_longer"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def hear(self, event: GatewayEvent) -> bool:
            parked = dict(self._transaction.books().parked)
            is_first = super().hear(event)
            self._transaction.books().parked = parked
            return is_first


class TriesTheOldestForEver(BrokenStore):
    bites = "test_parked_events_with_the_fewest_tries_come_first"

    def parked(self, *, limit: int) -> Sequence[ParkedEvent]:
        return sorted(super().parked(limit=1000), key=lambda kept: kept.heard_at)[:limit]


# ── Gateways' payments ───────────────────────────────────────────────────────────────────────────────────────────────


class _PaymentsUniqueInTheFirm(Payments):
    def _require_unique(self, record: Payment) -> None:
        if any(payment.ref == record.ref for payment in self.all()):
            super()._require_unique(record)


class LetsTwoFirmsHaveAPayment(BrokenStore):
    bites = "test_a_second_payment_with_the_same_ref_already_exists"
    repository = _PaymentsUniqueInTheFirm


class _PaymentsUniqueWithAnAccount(Payments):
    def _require_unique(self, record: Payment) -> None:
        if record.ref is not None and record.ref.account is not None:
            super()._require_unique(record)


class TakesNullForUnlikeNull(BrokenStore):
    """A unique index with a NULL in it."""

    bites = "test_a_second_payment_with_the_same_ref_already_exists"
    repository = _PaymentsUniqueWithAnAccount


class _PaymentsUniqueWhenAdded(Payments):
    def _require_unique(self, record: Payment) -> None:
        if record.version == 0:
            super()._require_unique(record)


class LooksAtRefsOnlyWhenAdding(BrokenStore):
    bites = "test_a_ref_that_is_taken_cannot_be_saved_either"
    repository = _PaymentsUniqueWhenAdded


class FindsPaymentsByIdAlone(BrokenStore):
    bites = "test_a_payment_is_found_by_its_ref"

    def find_payment(self, ref: GatewayRef) -> tuple[FirmId, PaymentId] | None:
        for shelf in self._books.shelves.values():
            for payment in shelf.payments.values():
                if payment.ref is not None and payment.ref.id == ref.id:
                    return payment.firm_id, payment.id
        return None


class LooksBeforeItAddsAPayment(SnapshotTrap):
    bites = "test_one_of_eight_payments_with_the_same_ref_is_kept"

    def believe(self, before: Books, unit: MemoryUnitOfWork) -> None:
        unit.payments = _PaymentsLookedUpBefore(unit._transaction, before)


class _PaymentsLookedUpBefore(Payments):
    def __init__(self, transaction: Transaction, before: Books) -> None:
        super().__init__(transaction)
        self._before = Payments(Transaction(transaction.firm_id, before, publish=None))

    def _require_unique(self, record: Payment) -> None:
        self._before._require_unique(record)
