"""The contract, held against every broken gateway: run by the test beside it, in a process of its own."""

import pytest
from tests.contracts.fake_harness import fake_harness
from tests.contracts_bite.gateways import (
    charging,
    finding,
    keeping,
    pages,
    refunding,
    settling,
    shape,
    two_step,
    webhooks,
)
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.testing import GatewayContract, GatewayHarness, ManualClock

MODULES = (shape, charging, finding, two_step, refunding, keeping, pages, webhooks, settling)

BROKEN = tuple(
    thing
    for module in MODULES
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, BrokenGateway) and thing is not BrokenGateway
)


class BrokenContract(GatewayContract):
    """The contract with every hook given."""

    broken: type[BrokenGateway]

    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock()

    @pytest.fixture
    def gateway(self, clock: ManualClock) -> BrokenGateway:
        return self.broken(clock)

    @pytest.fixture
    def harness(self, gateway: BrokenGateway, clock: ManualClock) -> GatewayHarness:
        return fake_harness(gateway, clock)


for broken in BROKEN:
    globals()[f"Test{broken.__name__}"] = type(f"Test{broken.__name__}", (BrokenContract,), {"broken": broken})
