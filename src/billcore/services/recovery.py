"""Resolve what is in doubt: operations not answered, payments that wait, and events that could not be placed."""

from datetime import timedelta

from attrs import frozen

from billcore.errors import BadDate, BillcoreError, GatewayProblem
from billcore.kinds import of_kind
from billcore.services.house import House
from billcore.services.operations.driver import Driver
from billcore.services.webhooks import Hearing

MIN_AGE = timedelta(seconds=60)
BATCH = 200


@frozen(kw_only=True)
class Recovered:
    """What one run did: operations resolved, still open, and failing with an error.

    Parked events placed and still parked.
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
        """One pass over the oldest *limit* operations that are at least *min_age* old, and as many parked events."""
        if of_kind(min_age, timedelta, "min_age") < timedelta(0):
            raise BadDate("min_age must not be below zero: nothing is younger than now")
        self._house.require_no_unit_of_work()
        resolved, still_open, failing = 0, 0, []
        before = self._house.clock.now() - min_age
        for firm_id, operation_id in self._house.store.operations_in_doubt(before=before, limit=limit):
            try:
                operation = self._driver.drive(firm_id, operation_id)
            except BillcoreError as error:
                # One that cannot be driven (a missing gateway, a revoked key) must not keep the others waiting.
                failing.append(f"{operation_id}: {error.code}")
                continue
            resolved += operation.is_done
            still_open += not operation.is_done
        placed, parked = self._replay(limit)
        return Recovered(resolved=resolved, open=still_open, failing=tuple(failing), placed=placed, parked=parked)

    def _replay(self, limit: int) -> tuple[int, int]:
        placed, parked = 0, 0
        for kept in self._house.store.parked(limit=limit):
            try:
                is_placed = self._hearing.retry(kept.event)
            except GatewayProblem:
                is_placed = False
            if is_placed:
                placed += 1
            else:
                self._house.store.retried(kept.event)
                parked += 1
        return placed, parked
