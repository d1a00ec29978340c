"""Open a hosted page, follow it to its payment, and close it; while it can be paid, its amount is reserved."""

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
from billcore.payments import paying
from billcore.payments.instruction import CheckoutCommand
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus, PaymentSnapshot, PaymentStatus
from billcore.payments.observing import cancel_as_asked
from billcore.payments.operation import Operation, OperationState, move
from billcore.payments.payment import PaymentState
from billcore.ports.gateway import ChargeGateway, CheckoutGateway, GatewayEvent, Unknown
from billcore.services.booking import Page
from billcore.services.cancellation import asked_to_cancel
from billcore.services.house import House, retried
from billcore.services.observing import Observing
from billcore.services.operations.claiming import Claim, Claiming, Next, may_resend


class CheckoutDriver:
    """Drives hosted pages as far as they go now."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._claiming = Claiming(house)
        self._observing = Observing(house)

    def drive(self, claim: Claim, command: CheckoutCommand) -> None:
        operation = claim.operation
        gateway = offering(self._house.gateway(operation.gateway, operation.account), CheckoutGateway)
        if operation.ref is not None:
            try:
                self.follow(operation, command, gateway.get_checkout(operation.ref))
            except GatewayProblem as problem:
                self._claiming.release(operation, operation.state, error=problem.code)
            return
        # No page that nobody was shown can be paid, so opening one again is harmless.
        if claim.next is Next.LOOK and may_resend(operation, gateway.capabilities, now=self._house.clock.now()):
            operation = self._claiming.submit(operation)
        elif claim.next is not Next.SEND:
            self.close(operation, command, "the gateway never opened the page")
            return
        self._begin(operation, command, gateway)

    def _begin(self, operation: Operation, command: CheckoutCommand, gateway: CheckoutGateway) -> None:
        try:
            page = gateway.begin_checkout(command)
        except GatewayUnavailable as unavailable:
            self._claiming.release(operation, OperationState.UNKNOWN, error=unavailable.code)
            return
        except (GatewayConfigurationError, GatewayRequestInvalid, AmountNotRepresentable) as refusal:
            self.close(operation, command, refusal.code)
            raise
        if isinstance(page, Unknown):
            self._claiming.release(operation, OperationState.UNKNOWN, error=page.reason)
        else:
            self.follow(operation, command, page)

    def follow(
        self,
        operation: Operation,
        command: CheckoutCommand,
        page: CheckoutSnapshot,
        heard: GatewayEvent | None = None,
    ) -> None:
        """Take in how the page stands: open, finished with a payment of its own, or expired."""
        match page.status:
            case CheckoutStatus.OPEN:
                self._opened(operation, command, page)
            case CheckoutStatus.EXPIRED:
                self.close(operation, command, "the page expired", heard=heard)
            case CheckoutStatus.COMPLETE:
                seen, by = self.behind(operation, page), Processor(operation.gateway)
                if seen is None:
                    self._claiming.release(operation, OperationState.PENDING)
                else:
                    self._observing.payment(operation.firm_id, command.payment_id, seen, by=by, heard=heard)

    def behind(self, operation: Operation, page: CheckoutSnapshot) -> PaymentSnapshot | None:
        """The payment of a page that is over, if there is one; what was declined there has failed for good."""
        if page.payment is None:
            return None
        gateway = offering(self._house.gateway(operation.gateway, operation.account), ChargeGateway)
        seen = gateway.get_payment(page.payment)
        was_declined = seen.status is PaymentStatus.OPEN and seen.failure is not None
        return evolve(seen, status=PaymentStatus.FAILED) if was_declined else seen

    @retried
    def _opened(self, operation: Operation, command: CheckoutCommand, page: CheckoutSnapshot) -> None:
        with self._house.store.begin(operation.firm_id) as work:
            payment = work.payments.get(command.payment_id)
            found = work.operations.get(operation.id)
            if payment.state is PaymentState.CREATED:
                at = self._house.now_at(work.firm())
                waiting, event = paying.require_action(payment, page.url, at=at, by=Processor(operation.gateway))
                work.payments.save(waiting)
                work.events.append([event])
            if not found.is_done and (found.state, found.ref) != (OperationState.PENDING, page.ref):
                work.operations.save(move(found, OperationState.PENDING, at=self._house.clock.now(), ref=page.ref))
            work.commit()

    @retried
    def close(
        self,
        operation: Operation,
        command: CheckoutCommand,
        reason: str,
        *,
        heard: GatewayEvent | None = None,
    ) -> None:
        """The page can certainly not be paid any more: the reservation is lifted."""
        with self._house.store.begin(operation.firm_id) as work:
            if heard is not None and not work.hear(heard):
                return
            payment = work.payments.get(command.payment_id)
            found = work.operations.get(operation.id)
            if payment.is_waiting:
                page = Page(work, payment.invoice_ids)
                at = self._house.now_at(work.firm())
                asked, by = asked_to_cancel(work, found), Processor(operation.gateway)
                canceled, event = cancel_as_asked(payment, asked, or_else=reason, at=at, by=by)
                page.enter(event)
                work.payments.save(canceled)
                page.close()
            if not found.is_done:
                rejected = move(found, OperationState.REJECTED, at=self._house.clock.now())
                work.operations.save(evolve(rejected, last_error=reason))
            work.commit()
