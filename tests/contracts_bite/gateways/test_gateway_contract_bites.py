"""The contract bites: each broken gateway fails the check that names its fault, and no other."""

from collections.abc import Iterator

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

from billcore.testing import GatewayContract, ManualClock
from billcore.testing.gateway_checks.till import Till

MODULES = (shape, charging, finding, two_step, refunding, keeping, pages, webhooks, settling)
CHECKS = sorted(name for name in dir(GatewayContract) if name.startswith("test_"))
BROKEN = [
    thing
    for module in MODULES
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, BrokenGateway) and thing is not BrokenGateway
]


def failed_checks(broken: type[BrokenGateway]) -> Iterator[str]:
    """Every check of the contract, each at a new gateway, without the seconds that pytest takes to collect them."""
    for name in CHECKS:
        clock = ManualClock()
        gateway = broken(clock)
        try:
            getattr(GatewayContract(), name)(Till(gateway, fake_harness(gateway, clock)))
        except pytest.skip.Exception:
            continue
        except (Exception, pytest.fail.Exception):
            yield name


@pytest.mark.parametrize("broken", BROKEN, ids=[broken.__name__ for broken in BROKEN])
def test_a_broken_gateway_fails_the_check_that_names_its_fault_and_no_other(broken: type[BrokenGateway]) -> None:
    assert list(failed_checks(broken)) == [broken.bites]


def test_a_gateway_that_is_not_broken_fails_nothing() -> None:
    assert list(failed_checks(BrokenGateway)) == []


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_bitten_by_a_gateway_that_breaks_it(check: str) -> None:
    assert check in {broken.bites for broken in BROKEN}
