"""A fake gateway under a clock that stands still."""

import pytest

from billcore.testing import FakeGateway, ManualClock


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def gateway(clock: ManualClock) -> FakeGateway:
    return FakeGateway(clock)
