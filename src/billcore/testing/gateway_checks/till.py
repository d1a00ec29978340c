"""A gateway and its harness, at the hands of a contract: what a check does before it comes to its point."""

from datetime import timedelta
from typing import TypeVar
from uuid import uuid4

import pytest
from attrs import evolve, frozen

from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, PaymentId, RefundId
from billcore.money import Money
from billcore.payments.instruction import (
    AttachCommand,
    ChargeCommand,
    CheckoutCommand,
    DetachCommand,
    RefundCommand,
)
from billcore.payments.observation import MethodSnapshot, PaymentSnapshot, RefundSnapshot
from billcore.ports.gateway import (
    ChargeGateway,
    CheckoutGateway,
    Declined,
    Gateway,
    Idempotency,
    Lookup,
    NeedsAction,
    Pending,
    RefundAccepted,
    RefundGateway,
    SettlementGateway,
    Succeeded,
    TwoStepGateway,
    VaultGateway,
    WebhookGateway,
)
from billcore.reasons import Initiator, RefundReason
from billcore.testing.contract import not_judged, on_the_way
from billcore.testing.gateway_harness import GatewayHarness

Port = TypeVar("Port")
Hook = TypeVar("Hook")

FIRM = FirmId("firm_contract")


def new(prefix: str) -> str:
    """An id that no run before this one has used, because a sandbox remembers."""
    return f"{prefix}_{uuid4().hex}"


@frozen
class Till:
    """Asks for a Protocol or a hook, and skips by its name where there is none; makes payments and commands.

    Where it fails on the way to a check's point, the check is skipped as *not judged*: that is the point of another.
    """

    gateway: Gateway
    harness: GatewayHarness

    # ── What the gateway and the harness offer ───────────────────────────────────────────────────────────────────────

    @property
    def charging(self) -> ChargeGateway:
        return self._offers(ChargeGateway)

    @property
    def two_step(self) -> TwoStepGateway:
        if not self.gateway.capabilities.two_step:
            pytest.skip("capabilities.two_step is false")
        return self._offers(TwoStepGateway)

    @property
    def refunding(self) -> RefundGateway:
        return self._offers(RefundGateway)

    @property
    def vault(self) -> VaultGateway:
        return self._offers(VaultGateway)

    @property
    def pages(self) -> CheckoutGateway:
        return self._offers(CheckoutGateway)

    @property
    def telling(self) -> WebhookGateway:
        return self._offers(WebhookGateway)

    @property
    def settling(self) -> SettlementGateway:
        return self._offers(SettlementGateway)

    def needs(self, hook: Hook | None, name: str) -> Hook:
        """The hook, or a skip by its name."""
        if hook is None:
            pytest.skip(f"harness.{name} is not given")
        return hook

    def needs_keys(self) -> None:
        """Skip where the gateway itself does not refuse to do the same thing twice."""
        if self.gateway.capabilities.idempotency is not Idempotency.NATIVE:
            pytest.skip("capabilities.idempotency is none: billcore sends a command once")

    def needs_lookup(self) -> None:
        """Skip where nothing is found by our ids."""
        if self.gateway.capabilities.lookup is not Lookup.STRONG:
            pytest.skip("capabilities.lookup is none: an outcome in doubt is left to a person")

    def _offers(self, port: type[Port]) -> Port:
        if not isinstance(self.gateway, port):
            pytest.skip(f"{type(self.gateway).__name__} is no {port.__name__}")
        return self.gateway

    # ── Commands ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def attach_command(self, token: str, client_id: str | None = None) -> AttachCommand:
        return AttachCommand(
            operation_id=OperationId(new("op")),
            firm_id=FIRM,
            client_id=ClientId(client_id or new("cli")),
            gateway=self.gateway.name,
            account=self.gateway.account,
            token=token,
            client_name="Contract Client",
            created_at=self.harness.now(),
        )

    def method(self, token: str) -> MethodSnapshot:
        """The method of this token: kept at the gateway, or the token itself where the gateway keeps none."""
        if not isinstance(self.gateway, VaultGateway):
            ref = GatewayRef(self.gateway.name, self.gateway.account, token)
            return MethodSnapshot(ref=ref, customer=None, kind=self.harness.method_kind)
        with on_the_way():
            method = self.gateway.attach_method(self.attach_command(token))
        return method if isinstance(method, MethodSnapshot) else not_judged("the method was not attached")

    def charge_command(self, token: str | None = None, amount: Money | None = None) -> ChargeCommand:
        """To charge a method of this token, by default the good one."""
        method = self.method(token or self.needs(self.harness.good_token, "good_token"))
        return ChargeCommand(
            operation_id=OperationId(new("op")),
            firm_id=FIRM,
            payment_id=PaymentId(new("pay")),
            customer=method.customer,
            method=method.ref,
            method_kind=method.kind,
            amount=amount or self.harness.amount,
            initiator=Initiator.CLIENT,
            description="Contract check",
            created_at=self.harness.now(),
        )

    def detach_command(self, method: MethodSnapshot) -> DetachCommand:
        return DetachCommand(
            operation_id=OperationId(new("op")), firm_id=FIRM, method=method.ref, created_at=self.harness.now()
        )

    def refund_command(
        self, payment: PaymentSnapshot, amount: Money, reason: RefundReason = RefundReason.DUPLICATE
    ) -> RefundCommand:
        return RefundCommand(
            operation_id=OperationId(new("op")),
            firm_id=FIRM,
            refund_id=RefundId(new("ref")),
            payment=payment.ref,
            amount=amount,
            reason=reason,
            created_at=self.harness.now(),
        )

    def checkout_command(self) -> CheckoutCommand:
        return CheckoutCommand(
            operation_id=OperationId(new("op")),
            firm_id=FIRM,
            payment_id=PaymentId(new("pay")),
            client_id=ClientId(new("cli")),
            customer=None,
            amount=self.harness.amount,
            methods=(self.harness.method_kind,),
            description="Contract check",
            success_url="https://host.example/paid",
            cancel_url="https://host.example/invoice",
            expires_at=self.harness.now() + timedelta(hours=2),
            created_at=self.harness.now(),
        )

    # ── On the way to the point ──────────────────────────────────────────────────────────────────────────────────────

    @property
    def half(self) -> Money:
        """Half of what a test pays."""
        return evolve(self.harness.amount, minor=self.harness.amount.minor // 2)

    def paid(self, amount: Money | None = None) -> PaymentSnapshot:
        """A completed payment."""
        command = self.charge_command(amount=amount)
        with on_the_way():
            result = self.charging.charge(command)
            if isinstance(result, Pending) and self.harness.settle is not None:
                self.harness.settle(result.snapshot.ref)
                return self.charging.get_payment(result.snapshot.ref)
            return result.snapshot if isinstance(result, Succeeded) else not_judged("the good method was not charged")

    def declined(self) -> tuple[ChargeCommand, Declined]:
        """A charge that was refused."""
        command = self.charge_command(self.needs(self.harness.declined_token, "declined_token"))
        with on_the_way():
            result = self.charging.charge(command)
            return command, result if isinstance(result, Declined) else not_judged("the charge was not declined")

    def pending(self) -> PaymentSnapshot:
        """A payment on its way."""
        command = self.charge_command(self.needs(self.harness.pending_token, "pending_token"))
        with on_the_way():
            result = self.charging.charge(command)
            return result.snapshot if isinstance(result, Pending) else not_judged("the charge is not pending")

    def waiting(self) -> PaymentSnapshot:
        """A payment that asks for the client."""
        command = self.charge_command(self.needs(self.harness.action_token, "action_token"))
        with on_the_way():
            result = self.charging.charge(command)
            return result.snapshot if isinstance(result, NeedsAction) else not_judged("the charge asks for nothing")

    def refunded(self, payment: PaymentSnapshot, amount: Money) -> tuple[RefundCommand, RefundSnapshot]:
        """A refund that was accepted."""
        command = self.refund_command(payment, amount)
        with on_the_way():
            result = self.refunding.refund(command)
            accepted = result if isinstance(result, RefundAccepted) else not_judged("the refund was not accepted")
            return command, accepted.snapshot
