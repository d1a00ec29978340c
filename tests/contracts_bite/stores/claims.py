"""Faults in handing out due work."""

from collections.abc import Sequence
from datetime import datetime
from time import sleep

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.ids import FirmId, OperationId
from billcore.memory.books import EventKey
from billcore.ports.gateway import GatewayEvent
from billcore.ports.store import DueOperation, Undelivered

AGES_AGO = datetime.fromisoformat("2000-01-01T00:00:00+00:00")


class ForgetsToCountTries(BrokenStore):
    """What never succeeds is tried as often as what failed once."""

    bites = "test_an_operation_is_claimed_once_until_its_claim_runs_out"

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        claimed = super().claim_operations(created_before=created_before, at=at, until=until, limit=limit)
        return [evolve(due, tries=0) for due in claimed]


class ChoosesBeforeTheLock(BrokenStore):
    """A SELECT without FOR UPDATE, and an UPDATE of what it found."""

    bites = "test_workers_that_claim_at_the_same_time_share_the_operations"
    is_a_race = True

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        before = dict(self._books.operation_turns)
        sleep(0.0005)
        with self._changed("forget what others claimed") as books:
            books.operation_turns = before
        return super().claim_operations(created_before=created_before, at=at, until=until, limit=limit)


class HandsOutTheOldestFirst(BrokenStore):
    """By age and not by turn: what never succeeds is always the oldest."""

    bites = "test_the_longest_waiting_operation_is_claimed_first"

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        claimed = super().claim_operations(created_before=created_before, at=at, until=until, limit=limit)
        return sorted(claimed, key=lambda due: due.operation_id)


class PutsOffLaterOnly(BrokenStore):
    """GREATEST(turn_at, :until): the turn that a claim gave is kept, also where the worker is through."""

    bites = "test_an_operation_that_was_put_off_waits_for_its_turn"

    def put_off_operation(self, firm_id: FirmId, operation_id: OperationId, *, until: datetime) -> None:
        if (firm_id, operation_id) in self._books.operation_turns:
            super().put_off_operation(firm_id, operation_id, until=until)


class ClaimsWhatIsLeased(BrokenStore):
    bites = "test_only_operations_in_doubt_are_claimed"

    def claim_operations(
        self, *, created_before: datetime, at: datetime, until: datetime, limit: int
    ) -> Sequence[DueOperation]:
        with self._changed("forget leases") as books:
            for firm_id, shelf in books.shelves.items():
                operations = {key: evolve(each, leased_until=None) for key, each in shelf.operations.items()}
                books.shelves[firm_id] = evolve(shelf.copy(), operations=operations)
        return super().claim_operations(created_before=created_before, at=at, until=until, limit=limit)


class RemembersWhatItLetGo(BrokenStore):
    """As heard, so that it is taken for a repetition when the gateway tells it again."""

    bites = "test_a_parked_event_is_claimed_in_turn_put_off_and_let_go"

    def let_go(self, event: GatewayEvent) -> None:
        super().let_go(event)
        with self._changed("remember") as books:
            books.heard.add(EventKey.of(event))


class ClaimsEventsOneByOne(BrokenStore):
    """LIMIT on events cuts a stream in two."""

    bites = "test_a_stream_is_claimed_whole_and_in_order_by_one_worker"

    def claim_undelivered(self, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
        return super().claim_undelivered(at=at, until=until, limit=limit)[: max(limit, 3)]


class CountsEveryDeliveryAsATry(BrokenStore):
    """What goes well is remembered as what failed: the outbox waits longer and longer."""

    bites = "test_a_stream_that_was_put_off_keeps_no_other_waiting"

    def put_off_stream(self, firm_id: FirmId, stream: str, *, until: datetime | None) -> None:
        super().put_off_stream(firm_id, stream, until=until or AGES_AGO)


class ReadsEventsBeforeTheStreamIsWon(BrokenStore):
    """Two workers find the same stream free, and both tell its events."""

    bites = "test_workers_that_claim_streams_at_the_same_time_share_them"
    is_a_race = True

    def claim_undelivered(self, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
        before = dict(self._books.stream_turns)
        sleep(0.0005)
        with self._changed("forget what others won") as books:
            books.stream_turns = before
        return super().claim_undelivered(at=at, until=until, limit=limit)
