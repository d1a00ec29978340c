"""The bank, the workers and the databases that the fault tests share."""

import os
from collections.abc import Iterator

import pytest
from tests.databases import Database
from tests.faults.bank import bank
from tests.faults.stripe_bank import IS_HERE, stripe_bank
from tests.faults.trial import Place, warm_up
from tests.faults.workers import Workers, workers

IS_LONG = os.environ.get("BILLCORE_FAULTS") == "long"


@pytest.fixture(scope="session")
def the_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bank(tmp_path_factory.mktemp("bank")) as address:
        yield address


@pytest.fixture(scope="session")
def the_stripe_bank() -> Iterator[str]:
    """The Stripe stand-in; where it is absent, the tests that need it are reported as skipped, by name."""
    if not IS_HERE:
        pytest.skip("the stand-in is absent: set BILLCORE_STRIPE_TWIN to its folder")
    with stripe_bank() as address:
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


@pytest.fixture
def stripe_place(database: Database, the_stripe_bank: str, crew: Workers) -> Iterator[Place]:
    """The same, with Stripe's stand-in for a bank."""
    found = Place.at(database, the_stripe_bank)
    warm_up(crew, found, "stripe")
    yield found
    found.engine.dispose()
