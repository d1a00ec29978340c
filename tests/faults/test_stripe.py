"""The Stripe gateway over HTTP, killed and raced under every fault of the stand-in: the books equal its audit."""

import os
import random
from collections import Counter

import pytest
from tests.faults.conftest import IS_LONG
from tests.faults.firm import Firm
from tests.faults.stripe_bank import KINDS_OF_FAULT, STEPS, Fault, weathers
from tests.faults.trial import SCENARIOS, Place, Trial
from tests.faults.workers import Workers, missing

from billcore.payments.payment import RefundState

SEED = os.environ.get("BILLCORE_FAULT_SEED", "20261122")
RANDOM_TRIALS = int(os.environ.get("BILLCORE_FAULT_TRIALS", "300" if IS_LONG else "8"))
MOST_TRIALS = 4 * RANDOM_TRIALS
"""When half of the deaths come by the clock, so does what a trial comes to: it goes on until enough came to enough."""
OUTCOMES = ("paid", "refunded", "in doubt", "recovered")
DATABASES = ["sqlite", "postgresql"] if IS_LONG else ["sqlite"]
STEP = 1 if IS_LONG else 9
"""Which boundaries a worker is killed at: every one, or every so manieth."""

ROUNDS = int(os.environ.get("BILLCORE_FAULT_ROUNDS", "40" if IS_LONG else "12"))
RACE_SEED = int(SEED)
TOKENS = ("ok", "ok", "declined", "pending", "pending", "requires_action")
HAPPENED = ("charge: completed", "charge: failed", "charge: pending", "page: ", "refund: succeeded", "hear: heard")

durable = pytest.mark.parametrize("database", DATABASES, indirect=True)


@durable
@pytest.mark.parametrize("kind", KINDS_OF_FAULT)
def test_under_every_fault_the_books_equal_the_audit(kind: str, stripe_place: Place, crew: Workers) -> None:
    tried = [("charge", each) for each in weathers("charge")] + [("refund", each) for each in weathers("refund")]
    tried = [(verb, each) for verb, each in tried if each.kind == kind]
    if not IS_LONG:
        worst = [("charge", Fault(kind=kind, step=STEPS["charge"][1], times=4))]
        tried = [*worst, ("refund", Fault(kind=kind, step=STEPS["refund"][0], times=1))]

    failures = []
    for scenario, weather in tried:
        trial = Trial.prepare(scenario, "stripe", stripe_place, weather)
        found = trial.survive(crew)
        if found:
            failures.append((scenario, weather, found))

    assert failures == []


@durable
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_worker_killed_at_every_boundary_loses_and_doubles_nothing(
    scenario: str, stripe_place: Place, crew: Workers
) -> None:
    unharmed = Trial.prepare(scenario, "stripe", stripe_place)
    ended = crew.run(unharmed.job(scenario))
    assert ended.said == "done"
    assert ended.points > 20, "the boundaries are not counted: are the engine's events and the line in place?"

    chance = random.Random(f"{SEED} {scenario}")
    failures = {}
    for kill_at in range(1 + SCENARIOS.index(scenario) % STEP, ended.points + 1, STEP):
        trial = Trial.prepare(scenario, "stripe", stripe_place)
        found = trial.survive(crew, kill_at=kill_at, kill_recovery_at=chance.randint(1, 40))
        if found:
            failures[kill_at] = found

    assert failures == {}, f"of {ended.points} points, at these the books differ afterwards"


@durable
def test_workers_killed_at_random_under_random_faults_lose_and_double_nothing(
    stripe_place: Place, crew: Workers
) -> None:
    chance = random.Random(SEED)

    failures, outcomes = [], Counter[str]()
    for number in range(MOST_TRIALS):
        if number >= RANDOM_TRIALS and not missing(OUTCOMES, outcomes):
            break
        scenario = chance.choice(SCENARIOS)
        weather = chance.choice(weathers("refund" if scenario == "refund" else "charge"))
        kill_at, kill_after, again_at = chance.randint(1, 60), chance.uniform(0.02, 0.3), chance.randint(1, 40)
        trial = Trial.prepare(scenario, "stripe", stripe_place, weather)
        by = {"kill_at": kill_at} if number % 2 else {"kill_after": kill_after}
        found = trial.survive(crew, kill_recovery_at=again_at, **by)
        outcomes.update(trial.outcomes)
        if found:
            failures.append((number, scenario, weather, by, again_at, found))

    assert failures == [], f"seed {SEED}, of {number} trials"
    assert missing(OUTCOMES, outcomes) == set(), outcomes


@durable
@pytest.mark.parametrize("token", ["ok", "pending"])
def test_what_clients_and_banks_do_afterwards_is_in_both_books(token: str, stripe_place: Place) -> None:
    firm = Firm.open(stripe_place, "stripe", tokens=[token])
    invoices = [firm.invoice().id for _ in range(4)]
    bank, desk = firm.gateway, firm.desk
    payments = [desk.payments.charge(each, method=firm.method_id) for each in invoices]
    refs = [payment.ref for payment in payments if payment.ref is not None]
    bank.decide(firm.id, token == "ok")
    firm.settle_down()

    if token == "ok":
        desk.refunds.issue(payments[0].id, "30.00")
        bank.refund_some(refs[0])
    else:
        assert [each.state.value for each in firm.payments(invoices)].count("failed") == 1
    for ref, cents in zip(refs[1:], (10000, 2500, 500), strict=True):
        bank.contest_some(ref, cents)
    firm.settle_down()
    assert firm.discrepancies() == []
    assert firm.difference_with_the_bank(invoices) == []

    bank.contest_some(refs[1], 0)
    bank.decide(firm.id, False)
    firm.settle_down()
    assert firm.discrepancies() == []
    assert firm.difference_with_the_bank(invoices) == []


@durable
def test_a_refusal_that_was_lost_behind_an_error_which_stripe_keeps_is_known_when_its_key_has_run_out(
    stripe_place: Place,
) -> None:
    firm = Firm.open(stripe_place, "stripe")
    desk, invoice = firm.desk, firm.invoice()
    payment = desk.payments.charge(invoice.id, method=firm.method_id)
    assert payment.ref is not None
    firm.gateway.refund_some(payment.ref)
    firm.gateway.meet("refund", Fault(kind="error_after", step=STEPS["refund"][0]))

    refund = desk.refunds.issue(payment.id)

    assert refund.state is RefundState.REQUESTED
    firm.settle_down()
    assert {each.amount.minor: each.state for each in desk.refunds.of_payment(payment.id)} == {
        100_00: RefundState.FAILED,
        2_00: RefundState.SUCCEEDED,
    }
    assert firm.difference_with_the_bank([invoice.id]) == []


@pytest.mark.parametrize("database", ["sqlite", "postgresql", "mariadb"] if IS_LONG else ["sqlite"], indirect=True)
def test_portal_staff_auto_pay_recovery_and_webhooks_race_in_a_storm(stripe_place: Place, crew: Workers) -> None:
    firm = Firm.open(stripe_place, "stripe", tokens=TOKENS)
    invoices = [firm.invoice().id for _ in range(12)]
    for paid in invoices[:6]:
        firm.desk.payments.charge(paid, "60.00", method=firm.method_id)
    firm.gateway.storm()

    ended = crew.race(firm.job("race", invoices=invoices, rounds=ROUNDS, seed=RACE_SEED), HAPPENED)

    assert missing(HAPPENED, ended) == set(), ended
    assert not any("believed" in each for each in ended), ended
    firm.settle_down()
    assert firm.discrepancies() == []
    assert firm.difference_with_the_bank(invoices) == []
    assert firm.negative(invoices) == []
