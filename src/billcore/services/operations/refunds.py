"""Carry out a refund: look before every resend, and take the answer into the books."""

from typing import assert_never

from billcore.actors import Processor
from billcore.errors import GatewayConfigurationError, GatewayProblem, GatewayRequestInvalid, GatewayUnavailable
from billcore.gateways import offering
from billcore.payments import refunding
from billcore.payments.instruction import RefundCommand
from billcore.payments.observation import RefundSnapshot
from billcore.payments.operation import Operation, OperationState, move
from billcore.payments.payment import RefundState
from billcore.ports.gateway import Lookup, RefundAccepted, RefundGateway, RefundRejected, Unknown
from billcore.reasons import NOT_PROCESSED
from billcore.services.house import House, retried
from billcore.services.observing import PaymentBooks
from billcore.services.operations.claiming import Claim, Claiming, Next, is_certainly_dead, may_resend


class RefundDriver:
    """Drives refunds as far as they go now."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)

    def drive(self, claim: Claim, command: RefundCommand) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), RefundGateway)
        match claim.next:
            case Next.SEND | Next.PREPARE:
                self._send(operation, command, gateway, was_certain=True)
            case Next.LOOK:
                self._look(operation, command, gateway)
            case Next.GIVE_UP:
                self._fail(operation, command, NOT_PROCESSED)
            case _:
                assert_never(claim.next)

    def _send(self, operation: Operation, command: RefundCommand, gateway: RefundGateway, *, was_certain: bool) -> None:
        try:
            result = gateway.refund(command)
        except GatewayUnavailable as unavailable:
            state = OperationState.RESERVED if was_certain else OperationState.UNKNOWN
            self._claiming.release(operation, state, error=unavailable.code)
            return
        except (GatewayConfigurationError, GatewayRequestInvalid) as refusal:
            if was_certain:
                self._fail(operation, command, refusal.code)
            else:
                self._claiming.release(operation, OperationState.UNKNOWN, error=refusal.code)
            raise
        match result:
            case RefundAccepted(snapshot):
                self._observe(operation, command, snapshot)
            case RefundRejected(because=because):
                self._fail(operation, command, because.value)
            case Unknown(reason=reason):
                self._claiming.release(operation, OperationState.UNKNOWN, error=reason)
            case _:
                assert_never(result)

    def _look(self, operation: Operation, command: RefundCommand, gateway: RefundGateway) -> None:
        try:
            seen = self._seen(operation, command, gateway)
        except GatewayProblem as problem:
            self._claiming.release(operation, operation.state, error=problem.code)
            return
        now = self._house.clock.now()
        if seen is not None:
            self._observe(operation, command, seen)
        elif may_resend(operation, gateway.capabilities, now=now):
            operation = self._claiming.submit(operation)
            if not operation.is_done:
                self._send(operation, command, gateway, was_certain=False)
        elif is_certainly_dead(operation, gateway.capabilities, now=now):
            self._fail(operation, command, NOT_PROCESSED)
        elif gateway.capabilities.lookup is Lookup.STRONG:
            self._claiming.release(operation, OperationState.UNKNOWN, error="not found yet")
        else:
            self._claiming.ask_a_person(operation, "the gateway cannot say whether it was refunded")

    def _seen(self, operation: Operation, command: RefundCommand, gateway: RefundGateway) -> RefundSnapshot | None:
        if operation.ref is not None:
            return gateway.get_refund(operation.ref)
        if gateway.capabilities.lookup is not Lookup.STRONG:
            return None
        return gateway.find_refund(command.refund_id, payment=command.payment)

    @retried
    def _observe(self, operation: Operation, command: RefundCommand, seen: RefundSnapshot) -> None:
        with self._house.store.begin(operation.firm_id) as work:
            payment_id = work.refunds.peek(command.refund_id).payment_id
            books = PaymentBooks(self._house, work, payment_id, by=Processor(operation.gateway))
            books.take_refund(seen)
            books.close()
            work.commit()

    @retried
    def _fail(self, operation: Operation, command: RefundCommand, code: str) -> None:
        """Certainly not refunded: the amount can be refunded again."""
        with self._house.store.begin(operation.firm_id) as work:
            payment_id = work.refunds.peek(command.refund_id).payment_id
            books = PaymentBooks(self._house, work, payment_id, by=Processor(operation.gateway))
            refund = books.refunds[command.refund_id]
            if refund.state not in (RefundState.REQUESTED, RefundState.PENDING):
                return
            at = self._house.now_at(work.firm())
            books.refunds[refund.id], books.payment, event = refunding.fail(
                refund, books.payment, books.page.invoices, code=code, at=at, by=Processor(operation.gateway)
            )
            books.page.enter(event)
            work.operations.save(move(work.operations.get(operation.id), OperationState.REJECTED, at=at))
            books.close()
            work.commit()
