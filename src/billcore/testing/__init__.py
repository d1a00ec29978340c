"""For tests: a fake gateway, a clock and ids that hold still, and proof that a gateway or store keeps its contract."""

from importlib import import_module
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
    "Succeed",
    "Wait",
    "Webhook",
]

# The contracts need pytest, which a program that only wants the fake gateway may not have.
_CONTRACTS = {"GatewayContract": "billcore.testing.gateway_contract"}


def __getattr__(name: str) -> object:
    if name not in _CONTRACTS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    try:
        import pytest
    except ModuleNotFoundError:
        raise MissingExtra(f"{name} needs pytest: pip install 'billcore[testing]'") from None
    # Failures of an assert show both sides only if pytest rewrites the module before it is imported.
    pytest.register_assert_rewrite("billcore.testing.gateway_checks", *_CONTRACTS.values())
    return getattr(import_module(_CONTRACTS[name]), name)
