"""The reference keeps its own contract."""

import pytest

from billcore.memory import MemoryStore
from billcore.testing.store_contract import StoreContract


class TestMemoryStore(StoreContract):
    @pytest.fixture
    def store(self) -> MemoryStore:
        return MemoryStore()
