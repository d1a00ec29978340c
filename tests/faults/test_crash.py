"""A worker killed at any point, and recovery killed again: nothing is lost and nothing is doubled."""

import os
import random
from collections import Counter

import pytest
from tests.faults.bank import KINDS
from tests.faults.conftest import IS_LONG
from tests.faults.trial import SCENARIOS, WEATHER, Place, Trial
from tests.faults.workers import Workers

RANDOM_TRIALS = int(os.environ.get("BILLCORE_FAULT_TRIALS", "500" if IS_LONG else "25"))
MOST_TRIALS = 4 * RANDOM_TRIALS
"""When half of the deaths come by the clock, so does what a trial comes to: it goes on until enough came to enough."""
SEED = os.environ.get("BILLCORE_FAULT_SEED", "20261122")
ENOUGH = {"paid": 10, "refunded": 3, "declined": 2, "in doubt": 5, "recovered": 4}
"""Of 25 trials, how many must come to what: trials in which nothing happens prove nothing."""

durable = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@durable
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("gateway", KINDS if IS_LONG else ["twostep"])
def test_a_worker_killed_at_every_statement_boundary_loses_and_doubles_nothing(
    scenario: str, gateway: str, place: Place, crew: Workers
) -> None:
    unharmed = Trial.prepare(scenario, gateway, place)
    ended = crew.run(unharmed.job(scenario))
    assert ended.said == "done"
    assert unharmed.discrepancies() == []
    assert ended.points > 20, "the boundaries are not counted: are the engine's events in place?"

    chance = random.Random(f"{SEED} {scenario} {gateway}")
    failures = {}
    # Quickly, a server is tried at every third point, another third for each scenario; SQLite always at every one.
    step = 3 if not IS_LONG and place.engine.dialect.name != "sqlite" else 1
    for kill_at in range(1 + SCENARIOS.index(scenario) % step, ended.points + 1, step):
        trial = Trial.prepare(scenario, gateway, place)
        found = trial.survive(crew, kill_at=kill_at, kill_recovery_at=chance.randint(1, 40))
        if found:
            failures[kill_at] = found

    assert failures == {}, f"of {ended.points} points, at these the books differ afterwards"


@durable
def test_workers_killed_at_random_lose_and_double_nothing(place: Place, crew: Workers) -> None:
    chance = random.Random(SEED)

    failures, outcomes = [], Counter[str]()
    for number in range(MOST_TRIALS):
        if number >= RANDOM_TRIALS and not too_few(outcomes):
            break
        scenario, gateway = chance.choice(SCENARIOS), chance.choice(list(KINDS))
        weather = chance.choice(WEATHER) if scenario != "hear" else None
        kill_at, kill_after, again_at = chance.randint(1, 60), chance.uniform(0.001, 0.04), chance.randint(1, 40)
        trial = Trial.prepare(scenario, gateway, place, weather)
        # Half of them die at a boundary, the others at any instruction.
        by = {"kill_at": kill_at} if number % 2 else {"kill_after": kill_after}
        found = trial.survive(crew, kill_recovery_at=again_at, **by)
        outcomes.update(trial.outcomes)
        if found:
            failures.append((number, scenario, gateway, weather, by, again_at, found))

    assert failures == [], f"seed {SEED}, of {number} trials"
    assert too_few(outcomes) == {}, f"too few trials came to this, seed {SEED}: {dict(outcomes)}"


def too_few(outcomes: Counter[str]) -> dict[str, int]:
    return {what: outcomes[what] for what, count in ENOUGH.items() if outcomes[what] < count * RANDOM_TRIALS // 25}
