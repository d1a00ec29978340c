"""Who works on an operation, and what may be done with it: decided under its lock, from what is certain."""

from collections.abc import Callable
from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from billcore.evolving import evolve
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.payments.instruction import ChargeCommand
from billcore.payments.operation import Operation, OperationState, move, submit
from billcore.ports.gateway import Capabilities, Idempotency, Lookup
from billcore.reasons import Failure
from billcore.services.house import House, retried

LEASE = timedelta(seconds=180)
"""Longer than any gateway's time-out: while it runs, no other worker touches the operation."""

REST = timedelta(hours=1)
"""How long a pending operation is left alone after a look: its gateway tells the end by webhook, looking is the net."""

GRACE = timedelta(minutes=10)
"""How long a request that was not answered may still be on its way.

A lookup that finds nothing is believed after it.
"""

CLOCKS_DIFFER_BY = timedelta(hours=1)
"""A gateway is asked for payments since so much before we asked for them: its clock may be behind ours."""


class Next(Enum):
    """What a worker that holds the lease does."""

    PREPARE = "prepare"
    """Create at the gateway without moving money."""
    SEND = "send"
    """Ask the gateway to do it: for the first time, or again with the same key inside its window."""
    LOOK = "look"
    """It may have happened: find out before anything else."""
    GIVE_UP = "give_up"
    """Certainly not sent, and too old to be sent now."""


@frozen(kw_only=True)
class Claim:
    """An operation under lease, and what to do with it."""

    operation: Operation
    next: Next


def decide(operation: Operation, capabilities: Capabilities, *, now: datetime) -> Next:
    """What may be done with an operation now: nothing is sent twice unless the gateway takes it as once."""
    if operation.state is not OperationState.RESERVED:
        return Next.LOOK
    if now - operation.created_at > capabilities.idempotency_window:
        return Next.GIVE_UP if operation.ref is None else Next.LOOK
    is_charge = isinstance(operation.command, ChargeCommand)
    return Next.PREPARE if is_charge and capabilities.two_step and operation.ref is None else Next.SEND


def may_resend(operation: Operation, capabilities: Capabilities, *, now: datetime) -> bool:
    """Whether the same command may go out again after a lookup found nothing: only under a key that still holds."""
    is_fresh = now - operation.created_at <= capabilities.idempotency_window
    return capabilities.idempotency is Idempotency.NATIVE and is_fresh


def is_certainly_dead(operation: Operation, capabilities: Capabilities, *, now: datetime) -> bool:
    """Whether a lookup that found nothing proves that it never happened."""
    last_sent = operation.submitted_at or operation.created_at
    return capabilities.lookup is Lookup.STRONG and now - last_sent > GRACE


class Claiming:
    """Takes, keeps and gives back the lease of operations."""

    def __init__(self, house: House) -> None:
        self._house = house

    @retried
    def claim(self, firm_id: FirmId, operation_id: OperationId, capabilities: Capabilities) -> Claim | None:
        """The operation for this worker alone; None if it is done, waits for a person, or is another worker's."""
        with self._house.store.begin(firm_id) as work:
            operation = work.operations.get(operation_id)
            now = self._house.clock.now()
            is_taken = operation.leased_until is not None and operation.leased_until > now
            if operation.is_done or operation.needs_review or is_taken:
                return None
            step = decide(operation, capabilities, now=now)
            if step is Next.SEND:
                operation = submit(operation, at=now, until=now + LEASE)
            else:
                is_pending = operation.state is OperationState.PENDING
                until = now + (REST if is_pending else LEASE)
                # What went wrong before says nothing of this look.
                operation = evolve(operation, leased_until=until, last_error=None)
            operation = work.operations.save(operation)
            work.commit()
        return Claim(operation=operation, next=step)

    def submit(self, operation: Operation, ref: GatewayRef | None = None) -> Operation:
        """About to be sent by the worker that holds the lease; *ref* is what was prepared for it."""
        return self._change(operation, lambda found, now: submit(found, at=now, until=now + LEASE, ref=ref))

    def give_up(self, operation: Operation, ref: GatewayRef, failure: Failure) -> Operation:
        """It is about to be canceled at the gateway: whoever hears of that then knows what it has failed of."""
        return self._change(
            operation,
            lambda found, now: evolve(found, ref=ref, verdict=failure, leased_until=now + LEASE),
        )

    def not_prepared(self, operation: Operation, error: str) -> Operation:
        """Making it ready was not answered; nothing can have moved, the next try takes another key."""
        return self._change(
            operation,
            lambda found, now: evolve(found, prepares=found.prepares + 1, leased_until=None, last_error=error),
        )

    def release(self, operation: Operation, to: OperationState, error: str | None = None) -> Operation:
        """The worker is through with it for now; *to* is what is known."""
        return self._change(operation, lambda found, now: evolve(move(found, to, at=now), last_error=error))

    def ask_a_person(self, operation: Operation, error: str) -> Operation:
        """Nobody but a person can find out what happened; what is reserved stays reserved."""
        return self._change(
            operation,
            lambda found, now: evolve(move(found, OperationState.UNKNOWN, at=now), needs_review=True, last_error=error),
        )

    @retried
    def _change(self, operation: Operation, change: Callable[[Operation, datetime], Operation]) -> Operation:
        with self._house.store.begin(operation.firm_id) as work:
            found = work.operations.get(operation.id)
            # A webhook may have brought the answer meanwhile.
            if found.is_done:
                return found
            changed = work.operations.save(change(found, self._house.clock.now()))
            work.commit()
        return changed
