"""The run in four processes at once, killed and started again: one invoice for every due occurrence, and no other."""

import os
import random
from datetime import date

import pytest
from attrs import evolve
from tests.faults.conftest import IS_LONG
from tests.faults.firm import Firm
from tests.faults.trial import Place
from tests.faults.workers import Workers

from billcore import Cadence, LineItem, OccurrenceState, Plan, Source
from billcore.ids import InvoiceId, ScheduleId

WORKERS = 4
SCHEDULES = 24
BATCH = 5
TRIALS = int(os.environ.get("BILLCORE_FAULT_TRIALS", "200" if IS_LONG else "4"))
SEED = os.environ.get("BILLCORE_FAULT_SEED", "20261122")
ON = date(2026, 7, 10)

durable = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


def opened(place: Place, count: int = SCHEDULES) -> tuple[Firm, dict[ScheduleId, int]]:
    """A firm with schedules of one to three due occurrences, of which some cannot be billed; how many each has due."""
    firm = Firm.open(place)
    due: dict[ScheduleId, int] = {}
    for number in range(count):
        client = firm.desk.clients.add(f"Client {number}")
        anchor = date(2026, 7 - number % 3, 1 + number % 9)
        lines = [LineItem(description="Bookkeeping", unit_price="100.00")]
        is_broken = number % 8 == 7
        if is_broken:
            lines.append(LineItem(description="Credit", unit_price="-500.00"))
        plan = Plan(source=Source.BOTH if number % 4 == 0 else Source.TEMPLATE)
        started = firm.desk.schedules.start(client.id, Cadence.monthly(), lines=lines, anchor=anchor, plan=plan)
        firm.desk.charges.add(client.id, "Advice", unit_price="10.00")
        due[started.id] = 0 if is_broken else 1 + number % 3
    return firm, due


def discrepancies(firm: Firm, due: dict[ScheduleId, int]) -> list[str]:
    """Where the books are not those of one run by one worker that nobody killed."""
    found = [*firm.discrepancies()]
    invoices = firm.desk.invoices.page(limit=1000).invoices
    billed: list[InvoiceId] = []
    for schedule_id, expected in due.items():
        occurrences = firm.desk.schedules.occurrences(schedule_id)
        made = [each.invoice_id for each in occurrences if each.invoice_id is not None]
        failed = [each for each in occurrences if each.state is OccurrenceState.FAILED]
        if (len(made), len(failed)) != (expected, expected == 0):
            found.append(f"{schedule_id}: {len(made)} of {expected} billed, {len(failed)} failed")
        billed += made
    if sorted(billed) != sorted(invoice.id for invoice in invoices):
        found.append(f"{len(invoices)} invoices for {len(billed)} occurrences")
    numbers = sorted(invoice.number or "" for invoice in invoices)
    if numbers != [f"INV-{number:04}" for number in range(1, len(invoices) + 1)]:
        found.append("the numbers have a gap or a double")
    return found


def test_four_workers_at_once_bill_every_due_occurrence_once(place: Place, crew: Workers) -> None:
    firm, due = opened(place)
    job = evolve(firm.job("run", rounds=BATCH), subject=ON.isoformat(), copies=WORKERS)

    ended = crew.together(job)

    assert [each.said for each in ended] == ["done"] * WORKERS
    assert discrepancies(firm, due) == []


@durable
def test_workers_killed_at_random_and_started_again_bill_every_due_occurrence_once(place: Place, crew: Workers) -> None:
    chance = random.Random(SEED)

    failures, killed = [], 0
    for number in range(TRIALS):
        firm, due = opened(place, count=8)
        job = evolve(firm.job("run", rounds=chance.choice((1, 3, 8))), subject=ON.isoformat(), copies=WORKERS)
        for _ in range(3):
            # Half of them die at a boundary between two statements, the others at any instruction.
            by = {"kill_at": chance.randint(1, 120)} if number % 2 else {"kill_after": chance.uniform(0.005, 0.12)}
            killed += sum(each.said == "killed" for each in crew.together(evolve(job, **by)))
        ended = crew.together(job)
        found = [each.said for each in ended if each.said != "done"] + discrepancies(firm, due)
        if found:
            failures.append((number, found))

    assert failures == [], f"seed {SEED}, of {TRIALS} trials"
    assert killed >= TRIALS, f"only {killed} workers were killed in {TRIALS} trials"


@durable
def test_a_run_killed_at_every_boundary_leaves_nothing_half_done(place: Place, crew: Workers) -> None:
    firm, due = opened(place, count=4)
    job = evolve(firm.job("run", rounds=2), subject=ON.isoformat(), copies=1)
    points = crew.run(job).points
    assert discrepancies(firm, due) == []
    assert points > 20, "the boundaries are not counted: are the engine's events in place?"

    failures = {}
    for kill_at in range(1, points + 1, 1 if IS_LONG else 7):
        firm, due = opened(place, count=4)
        again = evolve(job, firm=firm.id)
        crew.run(evolve(again, kill_at=kill_at))
        crew.run(again)
        if found := discrepancies(firm, due):
            failures[kill_at] = found

    assert failures == {}, f"of {points} points"
