"""The durable instruction to a gateway: committed before the call, so that no crash can lose or double it."""

from datetime import datetime
from enum import Enum

from attrs import field, frozen

from billcore.dates import instant
from billcore.errors import InvalidTransition
from billcore.evolving import evolve
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.payments.instruction import (
    AttachCommand,
    CancelCommand,
    ChargeCommand,
    CheckoutCommand,
    Command,
    DetachCommand,
    RefundCommand,
)
from billcore.reasons import Failure


class OperationState(Enum):
    """What we know of an instruction.

    RESERVED: committed, certainly not sent. SUBMITTING: it may have been sent. PENDING: the gateway has it and is not
    done. SUCCEEDED, REJECTED: done. UNKNOWN: sent, and the outcome is in doubt; never treated as failed.
    """

    RESERVED = "reserved"
    SUBMITTING = "submitting"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    REJECTED = "rejected"
    UNKNOWN = "unknown"


_R, _S, _P = OperationState.RESERVED, OperationState.SUBMITTING, OperationState.PENDING
_OK, _NO, _U = OperationState.SUCCEEDED, OperationState.REJECTED, OperationState.UNKNOWN

LEGAL_MOVES: dict[OperationState, frozenset[OperationState]] = {
    # A reserved operation may be found done: a webhook or another worker was first.
    _R: frozenset({_S, _P, _OK, _NO, _U}),
    # Back to reserved when the gateway says that it certainly did not process what was sent.
    _S: frozenset({_S, _R, _P, _OK, _NO, _U}),
    _P: frozenset({_P, _OK, _NO, _U}),
    _U: frozenset({_S, _P, _OK, _NO, _U}),
    # Late truths: money that came after a rejection is booked; nothing undoes a success here, refunds and returns are
    # facts of their own.
    _NO: frozenset({_OK}),
    _OK: frozenset(),
}
"""The only moves there are."""

IN_DOUBT = frozenset({_R, _S, _U})
"""States that recovery resolves; PENDING waits for the gateway and is looked at again when it is old."""


class OperationKind(Enum):
    CHARGE = "charge"
    REFUND = "refund"
    CANCEL = "cancel"
    CHECKOUT = "checkout"
    ATTACH = "attach"
    DETACH = "detach"


@frozen(kw_only=True, slots=False)
class Operation:
    """One instruction, with its parameters frozen; the gateway's idempotency key is derived from ``id`` and the step.

    ``ref`` is the gateway's object once it is known. ``sends`` counts how often it was or may have been sent, and
    ``submitted_at`` is when it last was; ``prepares`` counts how often making it ready was not answered.
    ``leased_until``: another worker is on it until then. ``verdict``: we gave the charge up for this reason, and it has
    failed as soon as it is canceled at the gateway. ``cancel_id``: the last operation that asked the gateway to cancel
    the payment, and says for whom and why. ``needs_review``: only a person can say what happened.
    """

    id: OperationId
    firm_id: FirmId
    command: Command
    gateway: str
    account: str | None
    state: OperationState = OperationState.RESERVED
    ref: GatewayRef | None = None
    sends: int = 0
    prepares: int = 0
    created_at: datetime
    submitted_at: datetime | None = None
    leased_until: datetime | None = None
    resolved_at: datetime | None = None
    last_error: str | None = field(default=None, repr=False)
    verdict: Failure | None = None
    cancel_id: OperationId | None = None
    needs_review: bool = False
    version: int = 0

    @property
    def kind(self) -> OperationKind:
        match self.command:
            case ChargeCommand():
                return OperationKind.CHARGE
            case RefundCommand():
                return OperationKind.REFUND
            case CancelCommand():
                return OperationKind.CANCEL
            case CheckoutCommand():
                return OperationKind.CHECKOUT
            case AttachCommand():
                return OperationKind.ATTACH
            case DetachCommand():
                return OperationKind.DETACH

    @property
    def is_done(self) -> bool:
        return self.state in (OperationState.SUCCEEDED, OperationState.REJECTED)


def move(operation: Operation, to: OperationState, *, at: datetime, ref: GatewayRef | None = None) -> Operation:
    """The operation in its next state; a move that the table does not list is InvalidTransition."""
    if to is not operation.state and to not in LEGAL_MOVES[operation.state]:
        allowed = ", ".join(sorted(state.value for state in LEGAL_MOVES[operation.state])) or "none"
        raise InvalidTransition(
            f"operation {operation.id} cannot go from {operation.state.value} to {to.value}; allowed: {allowed}"
        )
    moment = instant(at, "at")
    is_done = to in (OperationState.SUCCEEDED, OperationState.REJECTED)
    is_in_doubt = to is OperationState.UNKNOWN
    return evolve(
        operation,
        state=to,
        ref=ref or operation.ref,
        resolved_at=moment if is_done else None,
        leased_until=None,
        # Once the gateway has told, no person has to find out.
        needs_review=operation.needs_review if is_in_doubt else False,
    )


def submit(operation: Operation, *, at: datetime, until: datetime, ref: GatewayRef | None = None) -> Operation:
    """About to be sent, by one worker until *until*: from now on it may have happened."""
    submitting = move(operation, OperationState.SUBMITTING, at=at, ref=ref)
    return evolve(
        submitting,
        sends=operation.sends + 1,
        submitted_at=at,
        leased_until=until,
        last_error=None,
    )
