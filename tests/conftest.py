"""Settings that hold for every test."""

import os

import pytest
from hypothesis import settings

# A shared machine is slow at times; a property is judged by its truth, not by its speed.
settings.register_profile("quick", max_examples=25, deadline=None)
settings.register_profile("usual", max_examples=100, deadline=None)
settings.register_profile("long", max_examples=2_000, deadline=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "usual"))


@pytest.fixture(autouse=True)
def _no_real_account(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key in the developer's shell must never make a test move money at a real gateway."""
    monkeypatch.delenv("STRIPE_API_KEY", raising=False)
