"""A store with one firm and one client in it, on each database."""

from typing import Final

import pytest
from tests.databases import Database

from billcore.testing import builders
from billcore_sqlalchemy import SqlStore

FIRM: Final = builders.a_firm()
CLIENT: Final = builders.a_client(FIRM)


@pytest.fixture
def store(database: Database) -> SqlStore:
    store = SqlStore(database.engine)
    with store.begin(FIRM.id) as work:
        work.add_firm(FIRM)
        work.clients.add(CLIENT)
        work.commit()
    return store
