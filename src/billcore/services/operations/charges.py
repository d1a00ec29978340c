"""Carry out a charge: prepare, store the provider's id, confirm; look before every resend.

Settle what the gateway says.
"""

from typing import Final, assert_never

from billcore.actors import Processor
from billcore.errors import (
    AmountNotRepresentable,
    GatewayConfigurationError,
    GatewayProblem,
    GatewayRequestInvalid,
    GatewayUnavailable,
)
from billcore.evolving import evolve
from billcore.gateways import offering
from billcore.ids import GatewayRef
from billcore.payments import paying
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore.payments.operation import Operation, OperationState, move
from billcore.ports.gateway import (
    ChargeGateway,
    ChargeResult,
    Declined,
    Lookup,
    NeedsAction,
    Pending,
    Succeeded,
    TwoStepGateway,
    Unknown,
)
from billcore.reasons import NOT_PROCESSED, Failure, Retry
from billcore.services.booking import Page
from billcore.services.house import House, retried
from billcore.services.observing import Observing
from billcore.services.operations.claiming import (
    CLOCKS_DIFFER_BY,
    Claim,
    Claiming,
    Next,
    is_certainly_dead,
    may_resend,
)

TOO_LATE: Final = Failure(code=NOT_PROCESSED, message="the gateway never received it in time", retry=Retry.LATER)


class ChargeDriver:
    """Drives charges as far as they go now; first try, user's retry and recovery are the same code."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)
        self._observing = Observing(house)

    def drive(self, claim: Claim, command: ChargeCommand) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), ChargeGateway)
        match claim.next:
            case Next.PREPARE:
                self._prepare(operation, command, offering(gateway, TwoStepGateway))
            case Next.SEND:
                self._send(operation, command, gateway, was_certain=True)
            case Next.LOOK:
                self._look(operation, command, gateway)
            case Next.GIVE_UP:
                self._fail(operation, command, TOO_LATE)
            case _:
                assert_never(claim.next)

    def _prepare(self, operation: Operation, command: ChargeCommand, gateway: TwoStepGateway) -> None:
        try:
            prepared = gateway.prepare(command, attempt=operation.prepares + 1)
        except GatewayUnavailable as unavailable:
            self._claiming.release(operation, OperationState.RESERVED, error=unavailable.code)
            return
        except (GatewayConfigurationError, GatewayRequestInvalid, AmountNotRepresentable) as refusal:
            self._refused(operation, command, refusal)
            raise
        if isinstance(prepared, Unknown):
            self._claiming.not_prepared(operation, prepared.reason)
            return
        operation = self._claiming.submit(operation, prepared.ref)
        if not operation.is_done:
            self._send(operation, command, gateway, was_certain=True)

    def _send(self, operation: Operation, command: ChargeCommand, gateway: ChargeGateway, *, was_certain: bool) -> None:
        """Let the money move. *was_certain*: until now it certainly had not."""
        try:
            if operation.ref is None:
                result = gateway.charge(command)
            else:
                result = offering(gateway, TwoStepGateway).confirm(command, operation.ref)
        except GatewayUnavailable as unavailable:
            state = OperationState.RESERVED if was_certain else OperationState.UNKNOWN
            self._claiming.release(operation, state, error=unavailable.code)
            return
        except (GatewayConfigurationError, GatewayRequestInvalid, AmountNotRepresentable) as refusal:
            if was_certain and operation.ref is None:
                self._refused(operation, command, refusal)
            else:
                # An earlier try, or the prepared payment, is still there: it is looked at and canceled by recovery.
                self._claiming.release(operation, OperationState.UNKNOWN, error=refusal.code)
            raise
        self._settle(operation, command, gateway, result)

    def _settle(
        self, operation: Operation, command: ChargeCommand, gateway: ChargeGateway, result: ChargeResult
    ) -> None:
        match result:
            case Succeeded(snapshot) | Pending(snapshot) | NeedsAction(snapshot):
                self._observe(operation, command, snapshot)
            case Declined(failure=failure, snapshot=snapshot):
                if snapshot is None:
                    self._fail(operation, command, failure)
                else:
                    self._abandon(operation, command, gateway, snapshot, failure)
            case Unknown(reason=reason):
                self._claiming.release(operation, OperationState.UNKNOWN, error=reason)
            case _:
                assert_never(result)

    def _look(self, operation: Operation, command: ChargeCommand, gateway: ChargeGateway) -> None:
        """Find out what became of it, before anything is sent again."""
        try:
            seen = self._seen(operation, command, gateway)
        except GatewayProblem as problem:
            self._claiming.release(operation, operation.state, error=problem.code)
            return
        now = self._house.clock.now()
        if seen is not None and seen.status is PaymentStatus.OPEN:
            self._reopen(operation, command, gateway, seen)
        elif seen is not None:
            self._observe(operation, command, seen)
        elif may_resend(operation, gateway.capabilities, now=now):
            operation = self._claiming.submit(operation)
            if not operation.is_done:
                self._send(operation, command, gateway, was_certain=False)
        elif is_certainly_dead(operation, gateway.capabilities, now=now):
            self._fail(operation, command, TOO_LATE)
        else:
            self._in_doubt(operation, gateway)

    def _in_doubt(self, operation: Operation, gateway: ChargeGateway) -> None:
        if gateway.capabilities.lookup is Lookup.STRONG:
            # It may still be on its way; the next look, after the grace, decides.
            self._claiming.release(operation, OperationState.UNKNOWN, error="not found yet")
        else:
            self._claiming.ask_a_person(operation, "the gateway cannot say whether it was charged")

    def _seen(self, operation: Operation, command: ChargeCommand, gateway: ChargeGateway) -> PaymentSnapshot | None:
        if operation.ref is not None:
            return gateway.get_payment(operation.ref)
        if gateway.capabilities.lookup is not Lookup.STRONG:
            return None
        since = command.created_at - CLOCKS_DIFFER_BY
        return gateway.find_payment(operation.id, customer=command.customer, since=since)

    def _reopen(
        self, operation: Operation, command: ChargeCommand, gateway: ChargeGateway, seen: PaymentSnapshot
    ) -> None:
        """It exists and no money moves: declined before, or never confirmed."""
        is_fresh = may_resend(operation, gateway.capabilities, now=self._house.clock.now())
        failure = operation.verdict or seen.failure
        if failure is not None or not is_fresh or not isinstance(gateway, TwoStepGateway):
            self._abandon(operation, command, gateway, seen, failure or TOO_LATE)
            return
        operation = self._claiming.submit(operation, seen.ref)
        if not operation.is_done:
            self._send(operation, command, gateway, was_certain=False)

    def _abandon(
        self,
        operation: Operation,
        command: ChargeCommand,
        gateway: ChargeGateway,
        seen: PaymentSnapshot,
        failure: Failure,
    ) -> None:
        """Declined, but the gateway could still complete it: only a payment that is canceled there has failed here."""
        operation = self._claiming.give_up(operation, seen.ref, failure)
        if operation.is_done:
            return
        try:
            canceled = gateway.cancel_payment(seen.ref)
        except GatewayProblem as problem:
            self._remember(operation, seen.ref, problem.code)
            return
        if canceled.status is PaymentStatus.OPEN:
            self._remember(operation, seen.ref, "not canceled yet")
        else:
            self._observe(operation, command, canceled)

    @retried
    def _remember(self, operation: Operation, ref: GatewayRef, error: str) -> None:
        with self._house.store.begin(operation.firm_id) as work:
            found = work.operations.get(operation.id)
            if not found.is_done:
                found = move(found, OperationState.UNKNOWN, at=self._house.clock.now(), ref=ref)
                work.operations.save(evolve(found, last_error=error))
                work.commit()

    def _observe(self, operation: Operation, command: ChargeCommand, seen: PaymentSnapshot) -> None:
        self._observing.payment(operation.firm_id, command.payment_id, seen, by=Processor(operation.gateway))

    def _refused(self, operation: Operation, command: ChargeCommand, refusal: GatewayProblem) -> None:
        self._fail(operation, command, Failure(code=refusal.code, retry=Retry.NEVER))

    @retried
    def _fail(self, operation: Operation, command: ChargeCommand, failure: Failure) -> None:
        """The gateway certainly will not take it: the reservation is lifted."""
        with self._house.store.begin(operation.firm_id) as work:
            payment = work.payments.get(command.payment_id)
            if not payment.is_waiting:
                return
            page = Page(work, payment.invoice_ids)
            at = self._house.now_at(work.firm())
            payment, event = paying.fail(payment, failure, at=at, by=Processor(operation.gateway))
            page.enter(event)
            work.payments.save(payment)
            found = work.operations.get(operation.id)
            work.operations.save(move(found, OperationState.REJECTED, at=at))
            page.close()
            work.commit()
