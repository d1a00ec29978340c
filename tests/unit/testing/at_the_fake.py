"""Commands and payments for the tests of the fake gateway."""

from datetime import timedelta

from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, PaymentId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import AttachCommand, ChargeCommand, CheckoutCommand, RefundCommand
from billcore.payments.observation import CheckoutSnapshot, MethodSnapshot
from billcore.ports.gateway import EventKind, Succeeded
from billcore.reasons import Initiator, RefundReason
from billcore.testing import FakeGateway, ManualClock

HUNDRED = Money(100_00, "USD")
FIRM = FirmId("firm_1")


def kept(gateway: FakeGateway, clock: ManualClock, token: str, operation: str = "op_attach") -> MethodSnapshot:
    method = gateway.attach_method(attach_command(clock, token, operation))
    assert isinstance(method, MethodSnapshot)
    return method


def attach_command(clock: ManualClock, token: str, operation: str = "op_attach") -> AttachCommand:
    return AttachCommand(
        operation_id=OperationId(operation),
        firm_id=FIRM,
        client_id=ClientId("cli_1"),
        gateway="fake",
        account=None,
        token=token,
        client_name="Patel Family",
        created_at=clock.now(),
    )


def command(gateway: FakeGateway, clock: ManualClock, token: str = "card_ok", operation: str = "op_1") -> ChargeCommand:
    method = kept(gateway, clock, token, f"op_attach_{operation}")
    return ChargeCommand(
        operation_id=OperationId(operation),
        firm_id=FIRM,
        payment_id=PaymentId("pay_1"),
        customer=method.customer,
        method=method.ref,
        method_kind=method.kind,
        amount=HUNDRED,
        initiator=Initiator.STAFF,
        created_at=clock.now(),
    )


def paid(gateway: FakeGateway, clock: ManualClock) -> GatewayRef:
    result = gateway.charge(command(gateway, clock))
    assert isinstance(result, Succeeded)
    return result.snapshot.ref


def refund_command(
    clock: ManualClock, payment: GatewayRef, amount: Money = HUNDRED, id: str = "ref_1"
) -> RefundCommand:
    return RefundCommand(
        operation_id=OperationId(f"op_{id}"),
        firm_id=FIRM,
        refund_id=RefundId(id),
        payment=payment,
        amount=amount,
        reason=RefundReason.DUPLICATE,
        created_at=clock.now(),
    )


def checkout(
    gateway: FakeGateway, clock: ManualClock, operation: str = "op_page", customer: GatewayRef | None = None
) -> CheckoutSnapshot:
    page = gateway.begin_checkout(
        CheckoutCommand(
            operation_id=OperationId(operation),
            firm_id=FIRM,
            payment_id=PaymentId("pay_1"),
            client_id=ClientId("cli_1"),
            customer=customer,
            amount=HUNDRED,
            methods=(Method.CARD,),
            save_method=True,
            success_url="https://host.example/paid",
            cancel_url="https://host.example/invoice",
            expires_at=clock.now() + timedelta(hours=1),
            created_at=clock.now(),
        )
    )
    assert isinstance(page, CheckoutSnapshot)
    return page


def told(gateway: FakeGateway) -> list[EventKind]:
    """The kinds of the events that were not taken yet, taken now."""
    return [event.kind for hook in gateway.webhooks() for event in gateway.parse_webhook(*hook).events]
