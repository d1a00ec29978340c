"""Hear a gateway: verify, know each event once, read the object again, and take what it says into the books.

The event is a hint only. It is noted in the same transaction as its effect, so that it is neither lost nor applied
twice; what cannot be placed or read yet is parked and tried again by recovery.
"""

from collections.abc import Mapping

from attrs import frozen

from billcore.actors import Processor
from billcore.errors import GatewayProblem, NotFound
from billcore.gateways import offering
from billcore.ids import FirmId, OperationId, PaymentId
from billcore.kinds import of_kind
from billcore.payments.instruction import ChargeCommand, CheckoutCommand
from billcore.payments.operation import Operation
from billcore.ports.gateway import ChargeGateway, CheckoutGateway, EventKind, GatewayEvent, WebhookGateway
from billcore.services.house import House
from billcore.services.observing import Observing
from billcore.services.operations.checkouts import CheckoutDriver

ABOUT_PAYMENTS = frozenset(
    {
        EventKind.PAYMENT_PENDING,
        EventKind.PAYMENT_REQUIRES_ACTION,
        EventKind.PAYMENT_SUCCEEDED,
        EventKind.PAYMENT_FAILED,
        EventKind.PAYMENT_CANCELED,
        EventKind.PAYMENT_RETURNED,
        EventKind.FEE_KNOWN,
        EventKind.REFUND_CHANGED,
        EventKind.DISPUTE_CHANGED,
    }
)
ABOUT_CHECKOUTS = frozenset({EventKind.CHECKOUT_COMPLETED, EventKind.CHECKOUT_EXPIRED})
OF_CONCERN = ABOUT_PAYMENTS | ABOUT_CHECKOUTS


@frozen(kw_only=True)
class Heard:
    """What became of a webhook's events: how many were applied, known before, parked for later, or of no concern.

    ``acknowledgement`` is the body that the gateway expects in the answer.
    """

    applied: int = 0
    repeated: int = 0
    parked: int = 0
    ignored: int = 0
    acknowledgement: bytes = b""


class Hearing:
    """Hears gateways for all firms."""

    def __init__(self, house: House) -> None:
        self._house = house
        self._observing = Observing(house)

    def hear(self, gateway: str, body: bytes, headers: Mapping[str, str]) -> Heard:
        """Take in one webhook request; WebhookRejected, and nothing changed, unless the gateway signed it.

        Once this returns, answer the gateway with success: everything in it is applied or kept.
        """
        of_kind(headers, Mapping, "headers")
        for name, value in headers.items():
            of_kind(name, str, "a header's name")
            of_kind(value, str, "a header's value")
        batch = offering(self._house.gateway(gateway), WebhookGateway).parse_webhook(body, headers)
        counts = {"applied": 0, "repeated": 0, "parked": 0, "ignored": 0}
        for event in batch.events:
            counts[self._take(event)] += 1
        return Heard(acknowledgement=batch.acknowledgement, **counts)

    def retry(self, event: GatewayEvent) -> bool:
        """Try a parked event again; whether it is in the books now."""
        was_heard, operation = self._look(event)
        return was_heard or self._apply(event, operation)

    def _take(self, event: GatewayEvent) -> str:
        if event.kind not in OF_CONCERN or event.subject is None:
            return "ignored"
        was_heard, operation = self._look(event)
        if was_heard:
            return "repeated"
        if self._apply(event, operation):
            return "applied"
        return "parked" if self._house.store.park(event, at=self._house.clock.now()) else "repeated"

    def _look(self, event: GatewayEvent) -> tuple[bool, Operation | None]:
        """Whether the event was heard, and the operation that it is about if we know it: one look at the books."""
        store, place = self._house.store, self._operation_place(event)
        if place is None:
            return store.was_heard(event), None
        firm_id, operation_id = place
        with store.read(firm_id) as work:
            # A hint, which spares the gateway's being asked; what decides is the writing unit's own hearing.
            was_heard = store.was_heard(event)
            try:
                operation = work.operations.peek(operation_id)
            except NotFound:
                return was_heard, None
        # Our ids come from outside here: they count only where they agree with the gateway and account that said them.
        is_ours = operation.gateway == event.gateway and operation.account == event.account
        return was_heard, operation if is_ours else None

    def _operation_place(self, event: GatewayEvent) -> tuple[FirmId, OperationId] | None:
        if event.firm_id is not None and event.operation_id is not None:
            return event.firm_id, event.operation_id
        return None if event.subject is None else self._house.store.find_operation(event.subject)

    def _apply(self, event: GatewayEvent, operation: Operation | None) -> bool:
        try:
            if event.kind in ABOUT_CHECKOUTS:
                return self._checkout(event, operation)
            return self._payment(event, operation)
        except (GatewayProblem, NotFound):
            # Not readable now, or not ours yet: kept, and tried again.
            return False

    def _payment(self, event: GatewayEvent, operation: Operation | None) -> bool:
        place = self._payment_place(event, operation)
        if place is None or event.subject is None:
            return False
        firm_id, payment_id = place
        gateway = offering(self._house.gateway(event.gateway, event.account), ChargeGateway)
        seen = gateway.get_payment(event.subject)
        self._observing.payment(firm_id, payment_id, seen, by=Processor(event.gateway), heard=event)
        return True

    def _payment_place(self, event: GatewayEvent, operation: Operation | None) -> tuple[FirmId, PaymentId] | None:
        """Whose payment the event is about: by our own ids in it, then by the gateway's."""
        if operation is not None and isinstance(operation.command, ChargeCommand | CheckoutCommand):
            return operation.firm_id, operation.command.payment_id
        return None if event.subject is None else self._house.store.find_payment(event.subject)

    def _checkout(self, event: GatewayEvent, operation: Operation | None) -> bool:
        if operation is None or event.subject is None or not isinstance(operation.command, CheckoutCommand):
            return False
        gateway = offering(self._house.gateway(event.gateway, event.account), CheckoutGateway)
        page = gateway.get_checkout(event.subject)
        CheckoutDriver(self._house).follow(operation, operation.command, page, heard=event)
        return True
