"""What a run asks of a store: what is due, hundreds of records at once, and a fair share for every worker."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

import pytest
from attrs import evolve

from billcore.clients import Firm, NumberSeries
from billcore.errors import AlreadyExists, StaleWrite
from billcore.ids import ClientId, InvoiceId, ScheduleId
from billcore.invoices import adjusting, late_fees
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import is_overdue
from billcore.money import Money
from billcore.policy import STANDARD, LateFeeRule
from billcore.ports.store import Store, UnitOfWork
from billcore.recurring.schedule import Schedule
from billcore.testing import builders
from billcore.testing.builders import later
from billcore.testing.clock import START
from billcore.testing.contract import check, not_judged
from billcore.testing.store_checks.shape import THREADS, Opened, StoreChecks, at_once, opened

TODAY: Final = START.date()
MANY: Final = 25


class RunChecks(StoreChecks):
    """Batches, and the lists that workers share out."""

    # ── Many at once ─────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_many_records_are_added_and_saved_as_one_by_one(self, store: Store) -> None:
        """Write every field and the version, for records that changed in different fields too."""
        books = opened(store)
        schedules = [builders.a_schedule(books.client, f"schedule-{number:02}") for number in range(1, MANY)]
        drafts = [builders.a_draft(books.firm, books.client, f"new-{number:02}") for number in range(1, MANY)]
        with store.begin(books.id) as work:
            work.schedules.add_all(schedules)
            work.invoices.add_all(drafts)
            work.occurrences.add_all([builders.an_occurrence(schedule) for schedule in schedules])
            work.invoices.add_all([])
            work.commit()
        with store.begin(books.id) as work:
            due = list(work.schedules.due(TODAY, limit=100))
            changed = [_changed(schedule, number) for number, schedule in enumerate(due)]
            work.schedules.save_all(changed)
            work.schedules.save_all([])
            noted = [evolve(work.invoices.get(draft.id), overdue_noted_on=TODAY) for draft in drafts]
            work.invoices.save_all(noted)
            work.commit()

        with store.read(books.id) as work:
            assert list(work.schedules.all()) == [evolve(each, version=2) for each in sorted(changed, key=_id)]
            assert [work.invoices.get(draft.id) for draft in drafts] == [evolve(each, version=2) for each in noted]
            assert [work.occurrences.of_schedule(each.id)[0].version for each in schedules] == [1] * len(schedules)

    @check
    def test_many_records_are_not_added_where_one_is_there(self, store: Store) -> None:
        """Raise AlreadyExists: two workers that bill the same occurrence must not both commit."""
        books = opened(store)
        with store.begin(books.id) as work, pytest.raises(AlreadyExists):
            work.occurrences.add_all([builders.an_occurrence(books.schedule, 1), books.occurrence])

        with store.read(books.id) as work:
            assert len(work.occurrences.of_schedule(books.schedule.id)) == 1

    @check
    def test_many_records_are_not_saved_where_one_was_changed(self, store: Store) -> None:
        """Compare the version of every record, and count the rows: raise StaleWrite where one is missing."""
        books = opened(store)
        with store.begin(books.id) as work:
            other = work.schedules.add(builders.a_schedule(books.client, "schedule-1"))
            work.commit()
        with store.begin(books.id) as work:
            work.schedules.save(evolve(work.schedules.get(other.id), title="Changed"))
            work.commit()

        with store.begin(books.id) as work, pytest.raises(StaleWrite):
            work.schedules.save_all([books.schedule, evolve(other, title="Changed at the same time")])

        with store.read(books.id) as work:
            assert work.schedules.get(other.id).title == "Changed"

    @check
    def test_many_numbers_are_the_next_ones(self, store: Store) -> None:
        """Count up by so many in one statement: what next_number() draws goes on behind them."""
        books = opened(store)
        series = NumberSeries("RUN-")
        with store.begin(books.id) as work:
            first = work.next_number(series)
        if first != "RUN-0001":
            not_judged("a series does not count from one")
        with store.begin(books.id) as work:
            if work.next_number(series) != first:
                not_judged("a rollback leaves a gap")
        with store.begin(books.id) as work:
            drawn = [work.next_number(series), *work.next_numbers(series, 3), work.next_number(series)]
            none = work.next_numbers(series, 0)
            work.commit()
        with store.begin(books.id) as work:
            given_up = work.next_numbers(series, 2)
        with store.begin(books.id) as work:
            again = work.next_numbers(series, 2)

        assert [*drawn, *again] == [f"RUN-{number:04}" for number in range(1, 8)]
        assert (list(none), list(given_up)) == ([], list(again))

    @check
    def test_clients_are_peeked_together(self, store: Store) -> None:
        """Give each of those that there are once, in order of id."""
        books = opened(store)
        with store.begin(books.id) as work:
            for client_id in ("b", "a", "A"):
                work.clients.add(builders.a_client(books.firm, client_id))
            work.commit()

        with store.read(books.id) as work:
            wanted = [ClientId(client_id) for client_id in ("b", "nobody", "A", "b", "nul\x00")]
            found = [client.id for client in work.clients.peek_all(iter(wanted))]
            none = work.clients.peek_all([])
        assert (found, list(none)) == (["A", "b"], [])

    # ── What is due ──────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_the_schedules_that_waited_longest_are_due_first(self, store: Store) -> None:
        """Order by the day on which to look, then by id, before the limit is applied; leave out those without a day."""
        books = opened(store)
        days = {"d": 0, "c": -2, "b": 0, "a": 1, "e": -1, "B": 0}
        with store.begin(books.id) as work:
            for schedule_id, ahead in days.items():
                _add_schedule(work, books, schedule_id, TODAY + timedelta(days=ahead))
            _add_schedule(work, books, "done", None)
            work.commit()

        with store.read(books.id) as work:
            found = [schedule.id for schedule in work.schedules.due(TODAY, limit=100)]
            first = [schedule.id for schedule in work.schedules.due(TODAY, limit=3)]
        assert [schedule_id for schedule_id in found if schedule_id != books.schedule.id] == ["c", "e", "B", "b", "d"]
        assert first == found[:3]

    @check
    def test_workers_share_out_what_is_due(self, store: Store) -> None:
        """Lock what due() gives to a writing unit, and leave out what another one has locked: SKIP LOCKED."""
        self.needs_threads()
        books = opened(store)
        with store.begin(books.id) as work:
            for number in range(MANY):
                _add_schedule(work, books, f"schedule-{number + 1:02}", TODAY)
            work.commit()

        def take(_: int) -> list[str]:
            taken: list[str] = []
            while True:
                with store.begin(books.id) as work:
                    due = work.schedules.due(TODAY, limit=2)
                    work.schedules.save_all([evolve(schedule, look_on=None) for schedule in due])
                    work.commit()
                if not due:
                    return taken
                taken += [schedule.id for schedule in due]

        taken = [schedule_id for worker in at_once(take, THREADS // 2) for schedule_id in worker]
        with store.read(books.id) as work:
            if [schedule for schedule in work.schedules.all() if schedule.look_on is not None]:
                not_judged("what is due is not always found")
        assert sorted(taken) == sorted(schedule.id for schedule in _all_schedules(store, books))

    @check
    def test_an_overdue_invoice_is_new_until_it_is_noted(self, store: Store) -> None:
        """Ask by the day, the balance and the policy of each invoice, as billcore.invoices.status does."""
        books = opened(store)
        day = TODAY + timedelta(days=40)
        with store.begin(books.id) as work:
            for invoice in _overdue_or_not(books):
                work.invoices.add(invoice)
            work.commit()

        with store.begin(books.id) as work:
            found = [invoice.id for invoice in work.invoices.newly_overdue(day, limit=100)]
            expected = [each for each in work.invoices.all() if is_overdue(each, day) and not each.overdue_noted_on]
            assert found == [each.id for each in sorted(expected, key=_overdue_since)]
            assert {"processing-strict", "unpaid-1"} <= {*found}
            assert [invoice.id for invoice in work.invoices.newly_overdue(day, limit=2)] == found[:2]
            noted = work.invoices.newly_overdue(day, limit=100)
            work.invoices.save_all([evolve(invoice, overdue_noted_on=day) for invoice in noted])
            work.commit()
        with store.read(books.id) as work:
            assert list(work.invoices.newly_overdue(day, limit=100)) == []

    @check
    def test_what_waits_for_auto_pay_is_found_by_its_day(self, store: Store) -> None:
        """Order by the day and then by id, leave out what has none, and keep the day that a save moved."""
        books = opened(store)
        days = {"c": 0, "e": 0, "b": 1, "a": None, "later": 8, "d": -1}
        with store.begin(books.id) as work:
            for invoice_id, ahead in days.items():
                draft = builders.a_draft(books.firm, books.client, invoice_id)
                waits = None if ahead is None else TODAY + timedelta(days=ahead)
                work.invoices.add(evolve(draft, autopay_on=waits))
            work.commit()

        with store.begin(books.id) as work:
            found = work.invoices.to_collect(TODAY + timedelta(days=1), limit=100)
            assert [invoice.id for invoice in found] == ["d", "c", "e", "b"]
            assert len(work.invoices.to_collect(TODAY + timedelta(days=1), limit=2)) == 2
            work.invoices.save(evolve(found[0], autopay_on=None))
            work.invoices.save(evolve(found[1], autopay_on=TODAY + timedelta(days=5)))
            work.commit()
        with store.read(books.id) as work:
            found = work.invoices.to_collect(TODAY + timedelta(days=5), limit=100)
            assert [(invoice.id, invoice.autopay_on) for invoice in found] == [
                ("e", TODAY),
                ("b", TODAY + timedelta(days=1)),
                ("c", TODAY + timedelta(days=5)),
            ]

    @check
    def test_what_bears_a_late_fee_is_found_by_its_day(self, store: Store) -> None:
        """Keep what billcore.invoices.late_fees.due_from says of each invoice, with every save: page by it, then id."""
        books = opened(store)
        day = TODAY + timedelta(days=75)
        with store.begin(books.id) as work:
            for invoice in late_or_not(books):
                work.invoices.add(invoice)
            work.commit()

        with store.begin(books.id) as work:
            due = ["monthly-5", "paid-part", "flat", "monthly-1", "monthly-2", "on-the-day"]
            found = work.invoices.to_assess(day, limit=100)
            assert [invoice.id for invoice in found] == due
            page = work.invoices.to_assess(day, limit=4)
            assert [*page, *work.invoices.to_assess(day, limit=4, after=page[-1])] == list(found)
            assert list(work.invoices.to_assess(day, limit=4, after=found[-1])) == []
            for invoice_id in ("flat", "monthly-1"):
                step = late_fees.assess(work.invoices.get(InvoiceId(invoice_id)), on=day, at=later(1), by=builders.BY)
                assert step is not None
                work.invoices.save(step[0])
            held, _ = adjusting.hold(work.invoices.get(found[0].id), reason="a test", at=later(1), by=builders.BY)
            work.invoices.save_all([held])
            work.commit()
        with store.read(books.id) as work:
            found = work.invoices.to_assess(day + timedelta(days=5), limit=100)
            due = ["paid-part", "monthly-2", "on-the-day", "a-day-later", "monthly-1"]
            assert [invoice.id for invoice in found] == due

    @check
    def test_occurrences_are_in_order_of_their_index(self, store: Store) -> None:
        """Order by the number, which may be -1 for a stub: as text, 10 would come before 9."""
        books = opened(store)
        with store.begin(books.id) as work:
            schedule = work.schedules.add(builders.a_schedule(books.client, "schedule-1"))
            for index in (10, 2, -1, 9):
                work.occurrences.add(builders.an_occurrence(schedule, index, invoice_id=books.draft.id))
            work.occurrences.add(builders.an_occurrence(schedule, 3))
            work.commit()

        with store.read(books.id) as work:
            of_schedule = [each.index for each in work.occurrences.of_schedule(ScheduleId("schedule-1"))]
            of_invoice = [each.index for each in work.occurrences.of_invoice(InvoiceId("draft-0"))]
        assert (of_schedule, of_invoice) == ([-1, 2, 3, 9, 10], [-1, 2, 9, 10])


def _id(schedule: Schedule) -> str:
    return schedule.id


def _changed(schedule: Schedule, number: int) -> Schedule:
    match number % 3:
        case 0:
            return evolve(schedule, next_index=schedule.next_index + 1, look_on=TODAY + timedelta(days=number))
        case 1:
            return evolve(schedule, title=f"Number {number}")
        case _:
            return evolve(schedule, failures=1, failed=(0, number), retry_on=TODAY, completed_at=later(number))


def _add_schedule(work: UnitOfWork, books: Opened, schedule_id: str, look_on: date | None) -> None:
    work.schedules.add(evolve(builders.a_schedule(books.client, schedule_id), look_on=look_on))


def _all_schedules(store: Store, books: Opened) -> Sequence[Schedule]:
    with store.read(books.id) as work:
        return tuple(work.schedules.all())


def _overdue_since(invoice: Invoice) -> tuple[int, str]:
    assert invoice.due_on is not None
    return invoice.due_on.toordinal() + invoice.policy.grace_days, invoice.id


def _overdue_or_not(books: Opened) -> list[Invoice]:
    """Issued on the first day and due 30 days later, in some ways; only some of them are then overdue."""
    strict = evolve(books.firm, policy=evolve(STANDARD, name="strict", overdue_while_processing=True))
    patient = evolve(books.firm, policy=evolve(STANDARD, name="patient", grace_days=10))
    whole = Money(100_00, "USD")
    made = []
    for name, firm in (("standard", books.firm), ("strict", strict), ("patient", patient)):
        invoice = builders.an_issued_invoice(firm, books.client, f"processing-{name}", number=f"P-{name}")
        made.append(builders.an_initiated_payment(firm, books.client, invoice, whole)[1])
        unpaid = builders.an_issued_invoice(firm, books.client, f"unpaid-{name}", number=f"U-{name}")
        noted = builders.an_issued_invoice(firm, books.client, f"noted-{name}", number=f"N-{name}")
        made += [unpaid, evolve(noted, overdue_noted_on=TODAY)]
        paid = builders.an_issued_invoice(firm, books.client, f"paid-{name}", number=f"D-{name}")
        made.append(builders.a_recorded_payment(firm, books.client, paid, whole)[1])
    due_soon = TODAY + timedelta(days=5)
    made.append(builders.an_issued_invoice(patient, books.client, "unpaid-5", number="INV-95", due_on=due_soon))
    for number in (2, 1, 14):
        due_on = TODAY + timedelta(days=number)
        made.append(
            builders.an_issued_invoice(
                books.firm, books.client, f"unpaid-{number}", number=f"INV-9{number}", due_on=due_on
            )
        )
    return made


def late_or_not(books: Opened) -> list[Invoice]:
    """Issued on the first day, most due 30 days later: only some of them bear a late fee 45 days after that."""
    monthly = LateFeeRule(percent="1.5", days_past_due=15, every_days=30)
    flat = LateFeeRule(amount=Money(25_00, "USD"), days_past_due=20)
    by_month, by_amount = (evolve(books.firm, policy=evolve(STANDARD, late_fee=rule)) for rule in (monthly, flat))

    def issued(name: str, firm: Firm = by_month, *, due_in: int = 35) -> Invoice:
        due_on = TODAY + timedelta(days=due_in)
        return builders.an_issued_invoice(firm, books.client, name, number=f"F-{name}", due_on=due_on)

    def paid(invoice: Invoice, minor: int) -> Invoice:
        return builders.a_recorded_payment(by_month, books.client, invoice, Money(minor, "USD"))[1]

    in_flight = builders.an_initiated_payment(by_month, books.client, issued("in-flight"), Money(100_00, "USD"))[1]
    return [
        *(issued("monthly-2"), issued("monthly-1"), issued("monthly-5", due_in=30)),
        *(issued("flat", by_amount, due_in=28), issued("no-rule", books.firm)),
        *(issued("on-the-day", due_in=60), issued("a-day-later", due_in=61)),
        *(paid(issued("paid"), 100_00), paid(issued("paid-part", due_in=31), 40_00), in_flight),
    ]
