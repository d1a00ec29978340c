"""For tests: a fake gateway, a clock and ids that hold still, and proof that a gateway or store keeps its contract."""

from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from billcore.errors import MissingExtra
from billcore.testing.clock import ManualClock
from billcore.testing.fake.books import Books
from billcore.testing.fake.outcomes import (
    TOKENS,
    AskClient,
    Decline,
    Down,
    Reject,
    Silence,
    Succeed,
    Wait,
)
from billcore.testing.fake.webhooks import Webhook
from billcore.testing.fake_gateway import FakeGateway
from billcore.testing.gateway_harness import GatewayHarness
from billcore.testing.ids import CountingIds

if TYPE_CHECKING:
    from billcore.testing.gateway_contract import GatewayContract
    from billcore.testing.store_contract import StoreContract

__all__ = [
    "TOKENS",
    "AskClient",
    "Books",
    "CountingIds",
    "Decline",
    "Down",
    "FakeGateway",
    "GatewayContract",
    "GatewayHarness",
    "ManualClock",
    "Reject",
    "Silence",
    "StoreContract",
    "Succeed",
    "Wait",
    "Webhook",
]

# The contracts need pytest, which a program that only wants the fake gateway may not have.
_CONTRACTS = {
    "GatewayContract": "billcore.testing.gateway_contract",
    "StoreContract": "billcore.testing.store_contract",
}


def __getattr__(name: str) -> object:
    if name not in _CONTRACTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if find_spec("pytest") is None:
        raise MissingExtra(f"{name} needs pytest: pip install 'billcore[testing]'")
    return getattr(import_module(_CONTRACTS[name]), name)
