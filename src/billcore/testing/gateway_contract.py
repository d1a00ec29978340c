"""Proof that a gateway keeps the contract: one class to inherit from, one fixture to write, one harness to fill in.

    from billcore.testing import GatewayContract, GatewayHarness

    class TestAcmeGateway(GatewayContract):
        @pytest.fixture
        def gateway(self) -> AcmeGateway:
            return AcmeGateway(api_key="test_…", webhook_secret="test_…")

        @pytest.fixture
        def harness(self) -> GatewayHarness:
            return GatewayHarness(good_token="acme_visa", declined_token="acme_poor")

A check that does not apply is skipped, and says which Protocol, capability or hook it misses. A check that is known to
fail is overridden with ``pytest.mark.xfail(reason="…")``; any other override is refused when the class is made.
"""

from billcore.testing.gateway_checks.charging import ChargingChecks
from billcore.testing.gateway_checks.finding import FindingChecks
from billcore.testing.gateway_checks.keeping import KeepingChecks
from billcore.testing.gateway_checks.pages import PageChecks
from billcore.testing.gateway_checks.refunding import RefundingChecks
from billcore.testing.gateway_checks.settling import SettlingChecks
from billcore.testing.gateway_checks.shape import ShapeChecks
from billcore.testing.gateway_checks.two_step import TwoStepChecks
from billcore.testing.gateway_checks.webhooks import WebhookChecks


class GatewayContract(
    ShapeChecks,
    ChargingChecks,
    FindingChecks,
    TwoStepChecks,
    RefundingChecks,
    KeepingChecks,
    PageChecks,
    WebhookChecks,
    SettlingChecks,
):
    """Every check of every Protocol of ``billcore.ports.gateway``."""
