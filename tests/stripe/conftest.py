"""Two peers over real HTTP: the project's own small loopback server anywhere, the full stand-in where it is installed.

The stand-in is a package ``stripe_twin`` in the folder that BILLCORE_STRIPE_TWIN names, or in a folder beside the
checkout. Where it is absent, the tests that need it are reported as skipped, by name.
"""

import sys
from collections.abc import Callable, Iterator
from importlib import import_module

import pytest
from tests.stripe.loopback import Loopback
from tests.stripe.peers import TWIN_FOLDER, Peer, Twin, gateway_to

from billcore_stripe import StripeGateway, client


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "stripe_twin: needs the full Stripe stand-in, found by BILLCORE_STRIPE_TWIN")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if isinstance(item, pytest.Function) and _needs_the_stand_in(item):
            item.add_marker("stripe_twin")
            if not (TWIN_FOLDER / "stripe_twin").is_dir():
                item.add_marker(
                    pytest.mark.skip(reason="the stand-in is absent: set BILLCORE_STRIPE_TWIN to its folder")
                )


def _needs_the_stand_in(item: pytest.Function) -> bool:
    runs_with = item.callspec.params.get("peer") if hasattr(item, "callspec") else None
    return "twin" in item.fixturenames or runs_with == "twin"


@pytest.fixture(autouse=True)
def _pauses_are_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "FIRST_PAUSE_SECONDS", 0.01)


@pytest.fixture
def twin() -> Iterator[Twin]:
    if str(TWIN_FOLDER) not in sys.path:
        sys.path.append(str(TWIN_FOLDER))
    make: Callable[..., Twin] = import_module("stripe_twin").Twin
    with make(seed=1) as running:
        yield running
        assert running.internal_errors == []


@pytest.fixture
def loopback() -> Iterator[Loopback]:
    with Loopback() as running:
        yield running


@pytest.fixture(params=["loopback", "twin"])
def peer(request: pytest.FixtureRequest) -> Peer:
    """Each of the two: what holds on one must hold on the other."""
    found: Peer = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def gateway(peer: Peer) -> StripeGateway:
    return gateway_to(peer.url)


@pytest.fixture
def stripe(twin: Twin) -> StripeGateway:
    """A gateway to the stand-in only."""
    return gateway_to(twin.url)
