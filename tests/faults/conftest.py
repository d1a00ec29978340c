"""The bank, the workers and the databases that the fault tests share."""

import os
from collections.abc import Iterator

import pytest
from tests.databases import Database
from tests.faults.bank import bank
from tests.faults.trial import Place, warm_up
from tests.faults.workers import Workers, workers

IS_LONG = os.environ.get("BILLCORE_FAULTS") == "long"


@pytest.fixture(scope="session")
def the_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bank(tmp_path_factory.mktemp("bank")) as address:
        yield address


@pytest.fixture(scope="session")
def crew() -> Iterator[Workers]:
    with workers() as forking:
        yield forking


@pytest.fixture
def place(database: Database, the_bank: str, crew: Workers) -> Iterator[Place]:
    """A database with empty tables, known to the workers."""
    found = Place.at(database, the_bank)
    warm_up(crew, found)
    yield found
    found.engine.dispose()
