"""For tests: a fake gateway, a clock and ids that hold still, and proof that a gateway or store keeps its contract."""

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
from billcore.testing.ids import CountingIds

__all__ = [
    "TOKENS",
    "AskClient",
    "Books",
    "CountingIds",
    "Decline",
    "Down",
    "FakeGateway",
    "ManualClock",
    "Reject",
    "Silence",
    "Succeed",
    "Wait",
    "Webhook",
]
