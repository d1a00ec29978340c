"""Schedules are held against occurrences, invoices and events: what one of them lost or doubled is named."""

from collections.abc import Callable
from datetime import date

import pytest
from attrs import evolve
from tests.office import FIRM, Office, a_line

from billcore import Cadence, Output, Plan, Schedule
from billcore.ids import OccurrenceId
from billcore.ports.store import UnitOfWork


def billed_twice(office: Office, plan: Plan | None = None) -> Schedule:
    schedule = office.desk.schedules.start(office.client().id, Cadence.monthly(), lines=[a_line()], plan=plan)
    office.billing.run(on=date(2026, 6, 4))
    assert office.billing.verify(FIRM) == ()
    return schedule


def an_occurrence_without_its_invoice(work: UnitOfWork, schedule: Schedule) -> None:
    occurrence = work.occurrences.get(OccurrenceId(f"{schedule.id}:0"))
    work.occurrences.save(evolve(occurrence, invoice_id=None))


def an_occurrence_too_many(work: UnitOfWork, schedule: Schedule) -> None:
    occurrence = work.occurrences.get(OccurrenceId(f"{schedule.id}:0"))
    work.occurrences.add(evolve(occurrence, id=OccurrenceId("again"), index=2, invoice_id=None))


def an_occurrence_passed_over(work: UnitOfWork, schedule: Schedule) -> None:
    work.schedules.save(evolve(work.schedules.get(schedule.id), next_index=5))


def a_failure_that_is_not_remembered(work: UnitOfWork, schedule: Schedule) -> None:
    work.schedules.save(evolve(work.schedules.get(schedule.id), failed=(1,)))


def an_invoice_of_another_schedule(work: UnitOfWork, schedule: Schedule) -> None:
    invoice = next(iter(work.invoices.all()))
    work.invoices.save(evolve(invoice, schedule_id=None))


@pytest.mark.parametrize(
    ("fault", "check"),
    [
        (an_occurrence_without_its_invoice, "billed"),
        (an_occurrence_too_many, "occurrences"),
        (an_occurrence_passed_over, "occurrences"),
        (a_failure_that_is_not_remembered, "failed"),
        (an_invoice_of_another_schedule, "billed"),
    ],
)
def test_a_fault_is_named(fault: Callable[[UnitOfWork, Schedule], None], check: str) -> None:
    office = Office.open()
    schedule = billed_twice(office)
    with office.store.begin(office.desk.invoices.firm_id) as work:
        fault(work, schedule)
        work.commit()

    assert check in {discrepancy.check for discrepancy in office.billing.verify(FIRM)}


def test_a_draft_of_a_schedule_that_staff_deleted_is_no_fault() -> None:
    office = Office.open()
    billed_twice(office, Plan(output=Output.DRAFT))

    office.desk.invoices.delete(office.desk.invoices.page().invoices[0].id)

    assert office.billing.verify(FIRM) == ()
