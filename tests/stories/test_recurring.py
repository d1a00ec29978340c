"""Recurring bills, as an accounting firm, a portal and a practice use them (S0.3, S0.36, S2.1, S3.3)."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA, Office, a_line

from billcore import (
    PRACTICE,
    AfterPause,
    AllowListed,
    Cadence,
    CatchUp,
    LineItem,
    Method,
    Money,
    NumberSeries,
    OccurrenceState,
    Origin,
    Output,
    Permission,
    Plan,
    Queue,
    Schedule,
    ScheduleState,
    Source,
    Terms,
    Weekday,
)
from billcore.errors import (
    BadText,
    InvalidTransition,
    NotFound,
    NotPermitted,
)
from billcore.events import InvoiceBecameOverdue, OccurrenceFailed, OccurrenceGenerated
from billcore.ids import ClientId, InvoiceId, ScheduleId
from billcore.invoices.invoice import Invoice
from billcore.services.running import Progress

MAY = date(2026, 5, 4)
"""The day on which the office opens."""


def monthly(office: Office, *, amount: str = "100.00", plan: Plan | None = None, anchor: date = MAY) -> Schedule:
    client = office.client()
    return office.desk.schedules.start(
        client.id,
        Cadence.monthly(),
        title="Bookkeeping",
        lines=[a_line(amount, "Bookkeeping")],
        anchor=anchor,
        plan=plan,
    )


def invoices(office: Office) -> list[Invoice]:
    return sorted(office.desk.invoices.page(limit=1000).invoices, key=lambda invoice: invoice.number or "")


def states(office: Office, schedule: Schedule) -> list[tuple[int, str, str]]:
    return [(each.index, each.state.value, each.reason) for each in office.desk.schedules.occurrences(schedule.id)]


# ── The ordinary month ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.3", "S0.36", "S0.38")
@pytest.mark.parametrize(
    ("cadence", "years_invoices"),
    [(Cadence.monthly(), 12), (Cadence.quarterly(), 4), (Cadence.annual(), 1)],
)
def test_monthly_quarterly_and_annual_schedules_bill_into_the_same_list(cadence: Cadence, years_invoices: int) -> None:
    office = Office.open()
    office.sent(office.client("Okafor LLC"))
    office.desk.schedules.start(office.client().id, cadence, lines=[a_line()])

    for _ in range(365):
        office.billing.run()
        office.days_later(1)

    origins = [invoice.origin for invoice in invoices(office)]
    assert (origins.count(Origin.TYPED), origins.count(Origin.SCHEDULE)) == (1, years_invoices)


@pytest.mark.rule("S0.3")
def test_every_schedule_of_the_firm_is_listed() -> None:
    office = Office.open()
    one, two = monthly(office), monthly(office)

    assert office.desk.schedules.all() == (one, two)
    assert office.desk.schedules.all(two.client_id) == (two,)
    assert office.desk.schedules.get(one.id) == one


def test_an_invoice_of_a_schedule_is_sent_with_number_period_and_due_date() -> None:
    office = Office.open()
    schedule = monthly(office)

    ran = office.billing.run()

    [invoice] = invoices(office)
    assert (ran.invoices, ran.generated, ran.failed) == (1, 1, ())
    assert (invoice.number, invoice.schedule_id, str(invoice.balance)) == ("INV-0001", schedule.id, "100.00 USD")
    assert invoice.content.service_period is not None
    assert (invoice.content.service_period.start, invoice.content.service_period.end) == (MAY, date(2026, 6, 4))
    assert invoice.due_on == date(2026, 6, 3)
    assert office.told(invoice) == [
        ("System (schedule)", "Drafted by a recurring schedule, 100.00 USD"),
        ("System (schedule)", "Issued as INV-0001, 100.00 USD, due on 2026-06-03"),
        ("System (schedule)", "Sent to the client by email"),
    ]


@pytest.mark.parametrize("output", Output)
def test_the_run_goes_as_far_as_the_plan_says(output: Output) -> None:
    office = Office.open()
    monthly(office, plan=Plan(output=output))

    office.billing.run()

    [invoice] = invoices(office)
    assert invoice.is_draft is (output is Output.DRAFT)
    assert (invoice.delivered_at is not None) is (output is Output.SEND)
    assert office.billing.verify(FIRM) == ()


def test_run_twice_is_run_once() -> None:
    office = Office.open()
    schedule = monthly(office)

    ran = [office.billing.run() for _ in range(3)]

    assert [each.invoices for each in ran] == [1, 0, 0]
    assert states(office, schedule) == [(0, "generated", "")]
    assert len([event for event in office.happened() if isinstance(event, OccurrenceGenerated)]) == 1


def test_a_firm_bills_on_its_own_day() -> None:
    # 23:30 in UTC is the next morning in Tokyo and still the same evening in New York.
    office = Office.open(timezone="Asia/Tokyo")
    monthly(office, anchor=MAY + timedelta(days=1))
    office.billing.firms.open("ny", "New York", by=JANE, timezone="America/New_York")
    ny = office.billing.at("ny", by=JANE)
    client = ny.clients.add("Patel Family")
    ny.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], anchor=MAY + timedelta(days=1))
    office.clock.set(datetime(2026, 5, 4, 23, 30, tzinfo=UTC))

    office.billing.run()

    assert (len(invoices(office)), ny.invoices.page().total) == (1, 0)


def test_a_run_can_be_of_one_firm_and_of_another_day() -> None:
    office = Office.open()
    monthly(office)
    office.billing.firms.open("other", "Other", by=JANE)
    told: list[Progress] = []

    nothing = office.billing.run(firm_id="other", on=date(2026, 7, 1), progress=told.append)
    ran = office.billing.run(firm_id=FIRM, on=date(2026, 7, 1), progress=told.append)

    assert (nothing.invoices, ran.invoices) == (0, 2)
    assert [(each.firm_id, each.on, each.ran.invoices) for each in told] == [(FIRM, date(2026, 7, 1), 2)]
    assert {invoice.issue.on for invoice in invoices(office) if invoice.issue} == {date(2026, 7, 1)}


# ── Charges on a cycle ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S2.1", "S3.3")
@pytest.mark.parametrize("cadence", [Cadence.monthly(), Cadence.weekly(Weekday.MONDAY)])
def test_a_billing_cycle_bundles_the_clients_unbilled_charges(cadence: Cadence) -> None:
    office = Office.open(PRACTICE)
    client, desk = office.client(), office.desk
    schedule = desk.schedules.start(client.id, cadence, plan=Plan(source=Source.UNBILLED))
    for number in (1, 2):
        desk.charges.add(client.id, f"Session {number}", unit_price="80.00", served_on=MAY)
    other = desk.charges.add(office.client("Okafor LLC").id, "Session", unit_price="80.00")

    ran = office.billing.run()

    [invoice] = invoices(office)
    assert (ran.invoices, str(invoice.balance)) == (1, "160.00 USD")
    assert [line.description for line in invoice.lines] == ["Session 1", "Session 2"]
    assert [charge.id for charge in desk.charges.unbilled()] == [other.id]
    assert invoice.schedule_id == schedule.id
    assert office.billing.verify(FIRM) == ()


def test_a_period_without_charges_is_skipped_and_says_so() -> None:
    office = Office.open()
    schedule = office.desk.schedules.start(office.client().id, Cadence.monthly(), plan=Plan(source=Source.UNBILLED))

    ran = office.billing.run()

    assert (ran.invoices, ran.skipped) == (0, 1)
    assert states(office, schedule) == [(0, "skipped", "nothing to bill")]


@pytest.mark.rule("S1.5")
def test_a_retainer_and_the_hours_come_on_one_invoice_and_void_gives_the_hours_back() -> None:
    office = Office.open()
    client, desk = office.client(), office.desk
    desk.schedules.start(
        client.id, Cadence.monthly(), lines=[a_line("500.00", "Retainer")], plan=Plan(source=Source.BOTH)
    )
    hours = desk.charges.add(client.id, "Advice", quantity="2.5", unit="hour", unit_price="200.00")

    office.billing.run()

    [invoice] = invoices(office)
    assert [line.description for line in invoice.lines] == ["Retainer", "Advice"]
    assert desk.charges.unbilled() == ()
    desk.invoices.void(invoice.id, reason="an error")
    assert [charge.id for charge in desk.charges.unbilled()] == [hours.id]


def test_a_charge_that_two_schedules_could_take_is_billed_by_one() -> None:
    office = Office.open()
    client, desk = office.client(), office.desk
    for _ in range(2):
        desk.schedules.start(client.id, Cadence.monthly(), plan=Plan(source=Source.UNBILLED))
    desk.charges.add(client.id, "Advice", unit_price="200.00")

    ran = office.billing.run()

    assert (ran.invoices, ran.skipped) == (1, 1)


# ── Decisions of staff ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_foreseen_is_what_is_billed() -> None:
    office = Office.open()
    client = office.client()
    schedule = office.desk.schedules.start(
        client.id, Cadence.monthly(15), lines=[a_line("310.00")], anchor=date(2026, 5, 5), count=3
    )
    office.desk.schedules.skip(schedule.id, 1, reason="August is free")
    foreseen = office.desk.schedules.preview(schedule.id)

    for each in foreseen:
        office.clock.set(datetime(each.due_on.year, each.due_on.month, each.due_on.day, 12, tzinfo=UTC))
        office.billing.run()

    billed = [each.total for each in foreseen if each.skipped is None]
    assert (
        [invoice.total for invoice in invoices(office)] == billed == [Money(103_33, "USD"), *[Money(310_00, "USD")] * 2]
    )
    assert [each.skipped for each in foreseen] == [None, None, "August is free", None]
    assert office.desk.schedules.get(schedule.id).state is ScheduleState.COMPLETED
    assert [each.state for each in office.desk.schedules.occurrences(schedule.id)] == [
        OccurrenceState.GENERATED, OccurrenceState.GENERATED, OccurrenceState.SKIPPED, OccurrenceState.GENERATED,
    ]  # fmt: skip


def test_an_amendment_changes_the_next_invoice_and_none_that_was_made() -> None:
    office = Office.open()
    schedule = monthly(office)
    office.billing.run()

    office.desk.schedules.amend(schedule.id, lines=[a_line("150.00", "Bookkeeping and payroll")])
    office.billing.run(on=date(2026, 6, 4))

    assert [str(invoice.total) for invoice in invoices(office)] == ["100.00 USD", "150.00 USD"]


def test_what_fell_into_a_pause_is_noted_on_the_day_of_the_resumption() -> None:
    office = Office.open()
    schedule = monthly(office)
    office.billing.run()
    office.desk.schedules.pause(schedule.id, reason="on leave")
    office.days_later(70)
    assert office.billing.run().invoices == 0

    resumed = office.desk.schedules.resume(schedule.id)

    assert resumed.state is ScheduleState.ACTIVE
    assert states(office, schedule)[1:] == [(1, "skipped", "paused"), (2, "skipped", "paused")]
    assert office.billing.run().invoices == 0


def test_a_pause_may_move_the_bills_instead() -> None:
    office = Office.open()
    schedule = monthly(office, plan=Plan(after_pause=AfterPause.SHIFT))
    office.billing.run()
    office.desk.schedules.pause(schedule.id)
    office.days_later(10)

    office.desk.schedules.resume(schedule.id)

    assert office.desk.schedules.preview(schedule.id, 1)[0].due_on == date(2026, 6, 14)


def test_a_schedule_ends_on_a_day_or_is_canceled_now() -> None:
    office = Office.open()
    one, two = monthly(office), monthly(office)
    office.billing.run()

    office.desk.schedules.end(one.id, until=date(2026, 6, 30))
    canceled = office.desk.schedules.end(two.id, reason="moved away")
    for month in (6, 7, 8):
        office.billing.run(on=date(2026, month, 10))

    assert canceled.state is ScheduleState.CANCELED
    assert office.desk.schedules.get(one.id).state is ScheduleState.COMPLETED
    assert [invoice.schedule_id for invoice in invoices(office)] == [one.id, two.id, one.id]
    with pytest.raises(InvalidTransition):
        office.desk.schedules.resume(two.id)
    with pytest.raises(BadText):
        office.desk.schedules.end(monthly(office).id, count=3, reason="moved away")


def test_a_skip_can_be_taken_back() -> None:
    office = Office.open()
    schedule = monthly(office)
    office.desk.schedules.skip(schedule.id, 1, reason="a gift")

    office.desk.schedules.unskip(schedule.id, 1)

    assert office.billing.run(on=date(2026, 6, 4)).invoices == 2


# ── A run that was late ──────────────────────────────────────────────────────────────────────────────────────────────


def test_what_was_missed_is_caught_up_with_and_too_much_waits_for_a_person() -> None:
    office = Office.open()
    schedule = monthly(office, anchor=date(2026, 1, 4))

    first = office.billing.run()
    nothing = office.billing.run()
    office.desk.schedules.resume(schedule.id)
    second = office.billing.run()

    assert (first.invoices, first.suspended) == (3, (schedule.id,))
    assert (nothing.invoices, nothing.suspended, second.invoices) == (0, (), 2)
    assert [each.is_late for each in office.desk.schedules.occurrences(schedule.id)] == [True, True, True, True, False]


def test_one_invoice_can_bill_all_that_was_missed() -> None:
    office = Office.open()
    schedule = monthly(office, anchor=date(2026, 3, 4), plan=Plan(catch_up=CatchUp.CONSOLIDATE))

    ran = office.billing.run()

    [invoice] = invoices(office)
    assert (ran.invoices, ran.generated, str(invoice.total)) == (1, 3, "300.00 USD")
    assert {each.invoice_id for each in office.desk.schedules.occurrences(schedule.id)} == {invoice.id}


# ── Failures ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def broken(office: Office) -> Schedule:
    """Its invoice would be below zero."""
    lines = [a_line("10.00"), LineItem(description="Credit", unit_price="-20.00")]
    return office.desk.schedules.start(office.client().id, Cadence.monthly(), lines=lines)


def test_one_schedule_that_fails_is_reported_and_stops_no_other_and_uses_no_number() -> None:
    office = Office.open()
    before, bad, after = monthly(office), broken(office), monthly(office)

    ran = office.billing.run()

    assert ran.failed == ((f"{bad.id}:0", "negative_total"),)
    assert [(invoice.schedule_id, invoice.number) for invoice in invoices(office)] == [
        (before.id, "INV-0001"),
        (after.id, "INV-0002"),
    ]
    [failed] = office.desk.schedules.occurrences(bad.id)
    assert (failed.state, failed.failure_code) == (OccurrenceState.FAILED, "negative_total")
    assert [event.code for event in office.happened() if isinstance(event, OccurrenceFailed)] == ["negative_total"]


def test_a_mended_schedule_bills_what_failed() -> None:
    office = Office.open()
    bad = broken(office)
    office.billing.run()

    office.desk.schedules.amend(bad.id, lines=[a_line("10.00")])
    ran = office.billing.run()

    assert (ran.invoices, ran.failed) == (1, ())
    [occurrence] = office.desk.schedules.occurrences(bad.id)
    assert (occurrence.state, occurrence.attempts) == (OccurrenceState.GENERATED, 2)


def test_what_fails_day_after_day_is_suspended() -> None:
    office = Office.open()
    bad = broken(office)

    reports = []
    for _ in range(5):
        reports.append(office.billing.run())
        office.days_later(1)

    assert [len(report.failed) for report in reports] == [1, 1, 1, 0, 0]
    assert reports[2].suspended == (bad.id,)
    assert office.desk.schedules.get(bad.id).state is ScheduleState.SUSPENDED


# ── Overdue ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.27")
def test_that_an_invoice_became_overdue_is_told_once() -> None:
    office = Office.open()
    overdue = office.desk.invoices.send(office.draft(office.client(terms=Terms.net(10))).id)
    paid = office.sent(office.client(terms=Terms.net(10)))
    office.desk.payments.record(paid.id, method=Method.CHECK)

    reports = []
    for _ in range(15):
        reports.append(office.billing.run().overdue)
        office.days_later(1)

    told = [event for event in office.happened() if isinstance(event, InvoiceBecameOverdue)]
    assert (sum(reports), reports.index(1)) == (1, 11)
    assert [(event.invoice_id, event.due_on, str(event.balance)) for event in told] == [
        (overdue.id, date(2026, 5, 14), "100.00 USD")
    ]
    assert office.piles(overdue) == {Queue.OVERDUE}
    assert office.told(overdue)[-1] == ("System (schedule)", "Overdue: 100.00 USD was due on 2026-05-14")


@pytest.mark.rule("S3.27")
def test_a_bank_debit_on_its_way_is_not_overdue() -> None:
    office = Office.open()
    invoice = office.desk.invoices.send(office.draft(office.client(terms=Terms.net(1))).id)
    office.charged(invoice, token="ach_ok")
    office.days_later(10)

    assert office.billing.run().overdue == 0


# ── Whose it is ──────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_schedule_of_another_firm_is_not_found() -> None:
    office = Office.open()
    schedule = monthly(office)
    office.billing.firms.open("other", "Other", by=JANE)
    other = office.billing.at("other", by=JANE).schedules

    for ask in (other.get, other.preview, other.occurrences, other.pause, other.resume, other.amend, other.end):
        with pytest.raises(NotFound):
            ask(schedule.id)
    assert other.all() == ()


def test_permissions_are_asked_before_anything() -> None:
    office = Office.open(
        authorizer=AllowListed({"jane": frozenset(Permission) - {Permission.CREATE, Permission.EDIT, Permission.VIEW}})
    )
    desk, nobody = office.desk.schedules, ScheduleId("sch_nobody")

    refused: tuple[Callable[[], object], ...] = (
        lambda: desk.start(ClientId("cli_nobody"), Cadence.monthly(), lines=[a_line()]),
        lambda: desk.pause(nobody),
        lambda: desk.resume(nobody),
        lambda: desk.skip(nobody, 1, reason="x"),
        lambda: desk.end(nobody),
        lambda: desk.preview(nobody),
        lambda: desk.all(),
    )

    for command in refused:
        with pytest.raises(NotPermitted):
            command()


@pytest.mark.rule("S4.11", "S4.12")
def test_a_client_sees_its_subscriptions_and_pays_them_by_another_card() -> None:
    office = Office.open()
    schedule = monthly(office)
    client = office.desk.clients.get(schedule.client_id)
    card, stranger = office.card(client), office.card(office.client("Okafor LLC"))
    portal = office.by(PRIYA)

    changed = portal.schedules.change_method(schedule.id, card)

    assert [each.id for each in portal.schedules.all(client.id)] == [schedule.id]
    assert (changed.autopay, changed.method_id) == (True, card)
    with pytest.raises(NotFound):
        portal.schedules.change_method(schedule.id, stranger)
    with pytest.raises(NotPermitted):
        portal.schedules.change_method(schedule.id, False)


def test_numbers_have_no_gap_whoever_draws_them() -> None:
    office = Office.open()
    firm = office.billing.firms.get(FIRM)
    office.billing.firms.change(evolve(firm, invoice_series=NumberSeries("R-", 3)), by=JANE)
    for number in range(6):
        broken(office) if number == 3 else monthly(office)

    office.billing.run()
    office.sent(office.client())

    assert [invoice.number for invoice in invoices(office)] == [f"R-{number:03}" for number in range(1, 7)]


def test_the_books_hold_an_invoice_for_every_occurrence_that_was_billed() -> None:
    office = Office.open()
    schedules = [monthly(office, anchor=MAY + timedelta(days=number)) for number in range(5)]

    for _ in range(40):
        office.billing.run()
        office.days_later(1)

    billed: list[InvoiceId | None] = [
        each.invoice_id for schedule in schedules for each in office.desk.schedules.occurrences(schedule.id)
    ]
    assert sorted(filter(None, billed)) == sorted(invoice.id for invoice in invoices(office))
    assert office.billing.verify(FIRM) == ()
