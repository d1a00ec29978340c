"""The SQL store keeps the contract on every database."""

from collections.abc import Iterator

import pytest
from tests.databases import Database

from billcore.testing.store_contract import StoreContract
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import engine_for


class TestSqlStore(StoreContract):
    @pytest.fixture
    def store(self, database: Database) -> SqlStore:
        return SqlStore(database.engine)

    @pytest.fixture
    def second_store(self, database: Database) -> Iterator[SqlStore]:
        """As another process would have: connections of its own, and nothing remembered."""
        engine = engine_for(database.url)
        yield SqlStore(engine)
        engine.dispose()
