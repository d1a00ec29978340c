"""A worker killed at any point, and recovery killed again: nothing is lost and nothing is doubled."""

import os
import random
from collections.abc import Iterator

import pytest

from billcore_sqlalchemy import SqlStore
from tests.databases import Database, Databases, use_database
from tests.faults.bank import KINDS, bank
from tests.faults.trial import Trial, Zygote, survive, zygote

LONG = os.environ.get("BILLCORE_FAULTS") == "long"
RANDOM_TRIALS = int(os.environ.get("BILLCORE_FAULT_TRIALS", "500" if LONG else "12"))
SCENARIOS = ("charge", "refund", "hear")


@pytest.fixture(scope="module")
def the_bank(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with bank(tmp_path_factory.mktemp("bank")) as address:
        yield address


@pytest.fixture(scope="module")
def workers() -> Iterator[Zygote]:
    with zygote() as forking:
        yield forking


@pytest.fixture(params=["sqlite", "postgresql"])
def durable(request: pytest.FixtureRequest, databases: Databases) -> Database:
    return use_database(request, databases, request.param)


def _url(database: Database) -> str:
    return database.url.render_as_string(hide_password=False)


def _points(scenario: str, gateway: str, database: Database, the_bank: str, workers: Zygote) -> int:
    """How many points the scenario passes when nobody dies."""
    trial = Trial.prepare(scenario, gateway, SqlStore(database.engine), _url(database), the_bank)
    ended = workers.run(trial.job(scenario))
    assert ended.said == "done"
    assert trial.discrepancies() == []
    return ended.points


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("gateway", KINDS if LONG else ["twostep"])
def test_a_worker_killed_at_every_statement_boundary_loses_and_doubles_nothing(
    scenario: str, gateway: str, durable: Database, the_bank: str, workers: Zygote
) -> None:
    points = _points(scenario, gateway, durable, the_bank, workers)
    chance = random.Random(points)
    assert points > 10, "the boundaries are not counted: is the engine's event hook in place?"

    failures = {}
    for kill_at in range(1, points + 1):
        trial = Trial.prepare(scenario, gateway, SqlStore(durable.engine), _url(durable), the_bank)
        found = survive(trial, workers, scenario, kill_at=kill_at, kill_recovery_at=chance.randint(1, 30))
        if found:
            failures[kill_at] = found

    assert failures == {}, f"of {points} points, at these the books differ afterwards"


def test_workers_killed_at_random_lose_and_double_nothing(
    durable: Database, the_bank: str, workers: Zygote
) -> None:
    seed = int(os.environ.get("BILLCORE_FAULT_SEED", "20261122"))
    chance = random.Random(seed)

    failures = []
    for number in range(RANDOM_TRIALS):
        scenario, gateway = chance.choice(SCENARIOS), chance.choice(list(KINDS))
        trial = Trial.prepare(scenario, gateway, SqlStore(durable.engine), _url(durable), the_bank)
        kill_at, again_at = chance.randint(1, 60), chance.randint(1, 60)
        found = survive(trial, workers, scenario, kill_at=kill_at, kill_recovery_at=again_at)
        if found:
            failures.append((number, scenario, gateway, kill_at, again_at, found))

    assert failures == [], f"seed {seed}, of {RANDOM_TRIALS} trials"
