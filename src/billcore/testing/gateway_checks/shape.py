"""What every gateway shows of itself before it is asked for anything."""

import re
from typing import Final

import pytest

from billcore.ports.gateway import (
    Capabilities,
    ChargeGateway,
    CheckoutGateway,
    Gateway,
    RefundGateway,
    SettlementGateway,
    TwoStepGateway,
    VaultGateway,
    WebhookGateway,
)
from billcore.testing.contract import Contract, check
from billcore.testing.gateway_checks.till import Till
from billcore.testing.gateway_harness import GatewayHarness

# The methods of each Protocol that no other has.
PROTOCOLS: Final[tuple[tuple[type, tuple[str, ...]], ...]] = (
    (ChargeGateway, ("check_amount", "charge", "get_payment", "find_payment", "cancel_payment")),
    (TwoStepGateway, ("prepare", "confirm")),
    (RefundGateway, ("refund", "get_refund", "find_refund")),
    (
        VaultGateway,
        ("attach_method", "begin_setup", "get_setup", "get_method", "list_methods", "detach_method"),
    ),
    (CheckoutGateway, ("begin_checkout", "get_checkout", "expire_checkout")),
    (WebhookGateway, ("parse_webhook",)),
    (SettlementGateway, ("iter_settlements", "iter_events")),
)


class GatewayChecks(Contract):
    """What the checks of every module stand on: the gateway, its harness, and a till with both."""

    @pytest.fixture
    def gateway(self) -> Gateway:
        raise NotImplementedError("write a fixture named gateway that returns a new gateway in test mode")

    @pytest.fixture
    def harness(self, gateway: Gateway) -> GatewayHarness:
        return GatewayHarness()

    @pytest.fixture
    def till(self, gateway: Gateway, harness: GatewayHarness) -> Till:
        return Till(gateway, harness)


class ShapeChecks(GatewayChecks):
    """Name, capabilities, Protocols, secrets."""

    @check
    def test_it_has_a_name_and_capabilities(self, till: Till) -> None:
        """Name it in lower-case letters, digits, - and _, for records keep the name; list a method in capabilities."""
        name, capabilities = till.gateway.name, till.gateway.capabilities

        assert re.fullmatch(r"[a-z][a-z0-9_-]*", name), name
        assert isinstance(capabilities, Capabilities)
        assert capabilities.methods

    @check
    def test_a_protocol_is_implemented_whole_or_not_at_all(self, till: Till) -> None:
        """Write the missing methods, or billcore takes the whole Protocol for not offered."""
        for protocol, methods in PROTOCOLS:
            missing = [method for method in methods if not callable(getattr(till.gateway, method, None))]
            assert missing == [] or len(missing) == len(methods), f"{protocol.__name__} without {', '.join(missing)}"

    @check
    def test_what_its_capabilities_promise_is_there(self, till: Till) -> None:
        """A capability is a promise that buttons are shown for: implement its Protocol, or take the flag back."""
        promised = till.gateway.capabilities

        assert isinstance(till.gateway, ChargeGateway | CheckoutGateway), "no way to pay"
        assert isinstance(till.gateway, TwoStepGateway) or not promised.two_step
        assert isinstance(till.gateway, VaultGateway) or not promised.saved_methods
        assert isinstance(till.gateway, CheckoutGateway) or not promised.hosted_checkout

    @check
    def test_its_repr_shows_no_secret(self, till: Till) -> None:
        """A repr ends in logs and error trackers: write attrs fields of keys with repr=False."""
        secrets = till.needs(till.harness.secrets or None, "secrets")

        assert [secret for secret in secrets if secret in repr(till.gateway)] == []

    @check
    def test_every_reference_names_the_gateway_and_its_account(self, till: Till) -> None:
        """Build every GatewayRef from self.name and self.account: an id means nothing without them."""
        payment = till.paid()

        assert (payment.ref.gateway, payment.ref.account) == (till.gateway.name, till.gateway.account)
