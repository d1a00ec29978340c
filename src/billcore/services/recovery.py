"""Resolve what is in doubt: operations not answered, payments that wait, and events that could not be placed.

And give up what a client was to confirm and did not, so that nothing waits for ever.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from billcore.errors import BadDate, BillcoreError, GatewayUnavailable
from billcore.evolving import evolve
from billcore.kinds import of_kind
from billcore.payments.operation import Operation
from billcore.ports.store import DueOperation
from billcore.services.house import House
from billcore.services.operations.claiming import LEASE
from billcore.services.operations.driver import Driver
from billcore.services.unconfirmed import end_unconfirmed
from billcore.services.webhooks import Hearing

MIN_AGE = timedelta(seconds=60)
BATCH = 200
CHUNK = 10
"""How many operations are claimed at once: the last of them is still ours when its turn comes."""
LONGEST_REST = 2**6
"""How many times *min_age* what cannot be resolved is left alone at most: each time twice as long as the last."""
FOREIGN_AFTER = timedelta(days=30)
"""After so long an event whose payment never became known was another program's."""


@frozen(kw_only=True)
class Recovered:
    """What one run did: operations resolved and still open, parked events placed, still parked, and let go.

    ``failing`` names each operation and event that met an error, with its code. What was let go was not ours: in a
    month nothing became known that it is about.
    """

    resolved: int = 0
    open: int = 0
    failing: tuple[str, ...] = ()
    placed: int = 0
    parked: int = 0
    let_go: int = 0


class Recovery:
    """Safe to run at any time, by any number of workers, and to be killed and run again.

    Workers share the work by claims, and lose nothing but calls where a claim runs out: an operation is driven under a
    lease of its own, and an event takes effect once.
    """

    def __init__(self, house: House) -> None:
        self._house = house
        self._driver = Driver(house)
        self._hearing = Hearing(house)

    def run(self, *, min_age: timedelta = MIN_AGE, limit: int = BATCH) -> Recovered:
        """One pass over the *limit* operations that wait longest, at least *min_age* old, and as many parked events.

        Operations that cannot be driven at all come on top of the limit. What is still open rests for *min_age*, and
        twice as long each time after. A gateway that cannot be reached is asked once in a pass.
        """
        if of_kind(min_age, timedelta, "min_age") < timedelta(0):
            raise BadDate("min_age must not be below zero: nothing is younger than now")
        self._house.require_no_unit_of_work()
        operations = self._operations(min_age, limit)
        return self._replay(min_age, limit, operations)

    def _operations(self, min_age: timedelta, limit: int) -> Recovered:
        resolved, for_a_person, failing = 0, 0, list[str]()
        rests: list[DueOperation] = []
        unreachable: set[tuple[str, str | None]] = set()
        # What waits for a person, a missing gateway or a valid key may wait long: it must not keep the others waiting.
        while claimed := self._claim(min_age, limit - (resolved + len(rests) - for_a_person - len(failing))):
            for due in claimed:
                try:
                    operation = self._drive(due, unreachable)
                except BillcoreError as error:
                    failing.append(f"{due.operation_id}: {error.code}")
                    rests.append(due)
                    continue
                if operation.is_done:
                    resolved += 1
                    continue
                rests.append(due)
                for_a_person += operation.needs_review
                if operation.last_error == GatewayUnavailable.code:
                    unreachable.add((operation.gateway, operation.account))
        # Only now, or this very pass would come upon them again.
        for due in rests:
            until = self._turn(min_age, due.tries)
            self._house.store.put_off_operation(due.firm_id, due.operation_id, until=until)
        return Recovered(resolved=resolved, open=len(rests) - len(failing), failing=tuple(failing))

    def _claim(self, min_age: timedelta, limit: int) -> Sequence[DueOperation]:
        if limit < 1:
            return ()
        now = self._house.clock.now()
        return self._house.store.claim_operations(
            created_before=now - min_age, at=now, until=now + LEASE, limit=min(limit, CHUNK)
        )

    def _drive(self, due: DueOperation, unreachable: set[tuple[str, str | None]]) -> Operation:
        if unreachable:
            with self._house.store.read(due.firm_id) as work:
                operation = work.operations.peek(due.operation_id)
            if (operation.gateway, operation.account) in unreachable:
                return operation
        return end_unconfirmed(self._house, self._driver.drive(due.firm_id, due.operation_id))

    def _replay(self, min_age: timedelta, limit: int, recovered: Recovered) -> Recovered:
        placed, parked, let_go, failing = 0, 0, 0, list(recovered.failing)
        now, store = self._house.clock.now(), self._house.store
        for kept in store.claim_parked(at=now, until=now + LEASE, limit=limit):
            try:
                is_placed = self._hearing.retry(kept.event)
            except BillcoreError as error:
                failing.append(f"{kept.event.id}: {error.code}")
                is_placed = False
            if is_placed:
                placed += 1
            elif now - kept.heard_at > FOREIGN_AFTER:
                store.let_go(kept.event)
                let_go += 1
            else:
                store.put_off_parked(kept.event, until=self._turn(min_age, kept.tries))
                parked += 1
        return evolve(recovered, failing=tuple(failing), placed=placed, parked=parked, let_go=let_go)

    def _turn(self, min_age: timedelta, tries: int) -> datetime:
        """When something is looked at again that was handed out so many times before."""
        return self._house.clock.now() + min_age * min(1 << min(tries, 10), LONGEST_REST)
