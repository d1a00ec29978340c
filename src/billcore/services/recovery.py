"""Resolve what is in doubt: operations not answered, payments that wait, and events that could not be placed."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from attrs import frozen

from billcore.errors import BadDate, BillcoreError
from billcore.ids import FirmId, OperationId
from billcore.kinds import of_kind
from billcore.services.house import House
from billcore.services.operations.driver import Driver
from billcore.services.webhooks import Hearing

MIN_AGE = timedelta(seconds=60)
BATCH = 200

Place = tuple[FirmId, OperationId]


@frozen(kw_only=True)
class Recovered:
    """What one run did: operations resolved and still open, parked events placed and still parked.

    ``failing`` names each operation and event that met an error, with its code.
    """

    resolved: int = 0
    open: int = 0
    failing: tuple[str, ...] = ()
    placed: int = 0
    parked: int = 0


class Recovery:
    """Safe to run at any time, by any number of workers, and to be killed and run again."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._driver = Driver(house)
        self._hearing = Hearing(house)

    def run(self, *, min_age: timedelta = MIN_AGE, limit: int = BATCH) -> Recovered:
        """One pass over the oldest *limit* operations that are at least *min_age* old, and as many parked events.

        Operations that cannot be driven at all come on top of the limit.
        """
        if of_kind(min_age, timedelta, "min_age") < timedelta(0):
            raise BadDate("min_age must not be below zero: nothing is younger than now")
        self._house.require_no_unit_of_work()
        resolved, still_open, for_a_person, failing = 0, 0, 0, []
        before, tried = self._house.clock.now() - min_age, set[Place]()
        # What waits for a person, a missing gateway or a valid key may wait long: it must not keep the others waiting.
        while new := self._oldest(before, tried, limit - (resolved + still_open - for_a_person)):
            tried.update(new)
            for firm_id, operation_id in new:
                try:
                    operation = self._driver.drive(firm_id, operation_id)
                except BillcoreError as error:
                    failing.append(f"{operation_id}: {error.code}")
                    continue
                resolved += operation.is_done
                still_open += not operation.is_done
                for_a_person += operation.needs_review
        placed, parked = self._replay(limit, failing)
        return Recovered(resolved=resolved, open=still_open, failing=tuple(failing), placed=placed, parked=parked)

    def _oldest(self, before: datetime, tried: set[Place], limit: int) -> Sequence[Place]:
        """The oldest *limit* operations in doubt that were not *tried* in this run."""
        if limit < 1:
            return ()
        found = self._house.store.operations_in_doubt(before=before, limit=limit + len(tried))
        return [place for place in found if place not in tried][:limit]

    def _replay(self, limit: int, failing: list[str]) -> tuple[int, int]:
        placed, parked = 0, 0
        for kept in self._house.store.parked(limit=limit):
            try:
                is_placed = self._hearing.retry(kept.event)
            except BillcoreError as error:
                failing.append(f"{kept.event.id}: {error.code}")
                is_placed = False
            if is_placed:
                placed += 1
            else:
                self._house.store.retried(kept.event)
                parked += 1
        return placed, parked
