"""A fake gateway with one fault, and the check that names it."""

from typing import ClassVar

from tests.contracts.fake_harness import SECRET

from billcore.ports.gateway import Capabilities
from billcore.testing import FakeGateway, ManualClock
from billcore.testing.fake_gateway import EVERYTHING


class BrokenGateway(FakeGateway):
    """Every subclass breaks one promise in the way a real gateway package does, and keeps the others."""

    bites: ClassVar[str]
    """The check that must fail, and be the only one."""
    offers: ClassVar[Capabilities] = EVERYTHING

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, webhook_secret=SECRET, capabilities=self.offers)
