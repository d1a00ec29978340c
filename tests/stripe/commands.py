"""Commands for the tests, complete but for what a test is about."""

from datetime import UTC, datetime, timedelta

from attrs import evolve

from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, PaymentId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import AttachCommand, ChargeCommand, CheckoutCommand, DetachCommand, RefundCommand
from billcore.payments.observation import MethodSnapshot
from billcore.reasons import Initiator, RefundReason

FIRM = FirmId("acme-law")


def now() -> datetime:
    return datetime.now(UTC).replace(microsecond=0)


def attach(token: str = "pm_card_visa", *, client: str = "cl_patel", operation: str = "op_attach") -> AttachCommand:
    return AttachCommand(
        operation_id=OperationId(operation),
        firm_id=FIRM,
        client_id=ClientId(client),
        gateway="stripe",
        account=None,
        token=token,
        client_name="Patel Family",
        client_email="patel@example.com",
        created_at=now(),
    )


def attach_at(account: str | None, token: str = "pm_card_visa") -> AttachCommand:
    return evolve(attach(token), account=account)


def charge(
    method: MethodSnapshot,
    amount: Money = Money(100_00, "USD"),  # noqa: B008
    *,
    operation: str = "op_charge",
    initiator: Initiator = Initiator.STAFF,
) -> ChargeCommand:
    return ChargeCommand(
        operation_id=OperationId(operation),
        firm_id=FIRM,
        payment_id=PaymentId("pay_1"),
        customer=method.customer,
        method=method.ref,
        method_kind=method.kind,
        amount=amount,
        initiator=initiator,
        description="Invoice INV-1001",
        statement_hint="INV-1001",
        created_at=now(),
    )


def refund(
    payment: GatewayRef,
    amount: Money = Money(100_00, "USD"),  # noqa: B008
    *,
    refund_id: str = "ref_1",
    reason: RefundReason = RefundReason.REQUESTED_BY_CUSTOMER,
) -> RefundCommand:
    return RefundCommand(
        operation_id=OperationId(f"op_{refund_id}"),
        firm_id=FIRM,
        refund_id=RefundId(refund_id),
        payment=payment,
        amount=amount,
        reason=reason,
        created_at=now(),
    )


def checkout(amount: Money = Money(100_00, "USD"), *, hours: int = 4) -> CheckoutCommand:  # noqa: B008
    return CheckoutCommand(
        operation_id=OperationId("op_checkout"),
        firm_id=FIRM,
        payment_id=PaymentId("pay_1"),
        client_id=ClientId("cl_patel"),
        customer=None,
        amount=amount,
        methods=(Method.CARD, Method.ACH),
        description="Invoice INV-1001",
        success_url="https://example.com/paid",
        cancel_url="https://example.com/invoice",
        expires_at=now() + timedelta(hours=hours),
        created_at=now(),
    )


def detach(method: GatewayRef) -> DetachCommand:
    return DetachCommand(operation_id=OperationId("op_detach"), firm_id=FIRM, method=method, created_at=now())
