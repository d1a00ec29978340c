"""The fake gateway keeps the contract that others are tested by, in each shape that a host may give it."""

import pytest
from attrs import evolve
from tests.contracts.fake_harness import SECRET, fake_harness

from billcore.ports.gateway import Idempotency, Lookup
from billcore.testing import FakeGateway, GatewayContract, GatewayHarness, ManualClock
from billcore.testing.fake_gateway import EVERYTHING


class FakeContract(GatewayContract):
    """The contract with every hook given."""

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def harness(self, gateway: FakeGateway, clock: ManualClock) -> GatewayHarness:
        return fake_harness(gateway, clock)


class TestFakeGateway(FakeContract):
    @pytest.fixture
    def gateway(self, clock: ManualClock) -> FakeGateway:
        return FakeGateway(clock, webhook_secret=SECRET)


class TestFakeGatewayInTwoSteps(FakeContract):
    @pytest.fixture
    def gateway(self, clock: ManualClock) -> FakeGateway:
        return FakeGateway(clock, webhook_secret=SECRET, capabilities=evolve(EVERYTHING, two_step=True))


class TestFakeGatewayOfAnAccount(FakeContract):
    @pytest.fixture
    def gateway(self, clock: ManualClock) -> FakeGateway:
        return FakeGateway(clock, name="acme", account="acct_1", webhook_secret=SECRET)


class TestFakeGatewayWithoutKeysAndLookup(FakeContract):
    @pytest.fixture
    def gateway(self, clock: ManualClock) -> FakeGateway:
        bare = evolve(EVERYTHING, idempotency=Idempotency.NONE, lookup=Lookup.NONE, partial_refunds=False)
        return FakeGateway(clock, webhook_secret=SECRET, capabilities=bare)
