"""A firm that lives on recurring bills, worked for by four processes that are killed again and again.

Some of its clients pay automatically, at gateways of three kinds whose books are in a process of their own; some do not
pay, and bear late fees. However many workers died: one invoice for each due occurrence, no gap in the numbers, one
charge for each invoice at the bank, one late fee for each step.
"""

import os
import random
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final

import pytest
from attrs import evolve, field, frozen
from tests.faults.bank import KINDS, RemoteGateway
from tests.faults.conftest import IS_LONG
from tests.faults.deeds import JANE
from tests.faults.firm import Firm
from tests.faults.trial import Place
from tests.faults.workers import Workers

from billcore import STANDARD, Cadence, LineItem, Money, OccurrenceState, Plan, Source, Terms
from billcore.ids import InvoiceId, ScheduleId
from billcore.invoices.invoice import Invoice
from billcore.payments.observation import PaymentStatus
from billcore.policy import LateFeeRule, RetryPlan
from billcore.testing import Silence, Succeed

WORKERS: Final = 4
SCHEDULES: Final = 24
BATCH: Final = 5
KILLS: Final = int(os.environ.get("BILLCORE_FAULT_KILLS", "200" if IS_LONG else "12"))
SEED: Final = os.environ.get("BILLCORE_FAULT_SEED", "20261128")
LONGEST_LIFE: Final = 0.3
"""Seconds after which a worker that is to die has died; a run alone takes about as long."""
SOON, WEEK = 30, 7 * 24 * 60
"""Minutes to the next shift: what was interrupted is found first, and then falls a new occurrence of each schedule."""
CALM: Final = 2
"""Weeks at the end in which nobody dies, and a gateway that is asked answers."""
LATE: Final = LateFeeRule(amount=Money(5_00, "USD"), days_past_due=3, every_days=7)
PATIENT: Final = RetryPlan(days=(1,) * 10)
"""A try whose worker died before the bank heard of it is a try: with the usual four, one may run out of them."""
WEATHER: Final = (*(Succeed() for _ in range(6)), Silence(then=Succeed()), Silence(then=None))
MOVING: Final = (PaymentStatus.SUCCEEDED, PaymentStatus.PENDING)
TOKENS: Final = ("", "card_ok", "card_ok", "ach_ok")
CLEAR: Final = (Succeed(),)

durable = pytest.mark.parametrize("database", ["sqlite", "postgresql"], indirect=True)


@frozen(kw_only=True)
class Year:
    """The firm, and how far its time has come."""

    firm: Firm
    began: datetime
    anchors: dict[ScheduleId, date]
    automatic: frozenset[ScheduleId]
    chance: random.Random
    minutes: list[int] = field(factory=lambda: [0])

    @classmethod
    def open(cls, place: Place) -> "Year":
        """Weekly schedules: three of four are paid automatically, and one of four sweeps what was not billed yet."""
        firm = Firm.open(place)
        began = datetime.now(UTC)
        billing = place.billing(firm.gateway)
        books = billing.firms.get(firm.id)
        billing.firms.change(evolve(books, policy=evolve(STANDARD, late_fee=LATE, retry_plan=PATIENT)), by=JANE)
        anchors: dict[ScheduleId, date] = {}
        automatic: set[ScheduleId] = set()
        for number in range(SCHEDULES):
            client = firm.desk.clients.add(f"Client {number}", terms=Terms.net(0))
            kind = list(KINDS)[number % len(KINDS)]
            anchor = began.date() + timedelta(days=number % 7)
            method = (
                firm.desk.methods.attach(client.id, gateway=kind, token=TOKENS[number % 4]).id if number % 4 else False
            )
            schedule = firm.desk.schedules.start(
                client.id,
                Cadence.weekly(),
                lines=[LineItem(description="Bookkeeping", unit_price=f"{100 + number}.00")],
                anchor=anchor,
                plan=Plan(source=Source.BOTH if number % 4 == 1 else Source.TEMPLATE),
                autopay=method,
            )
            anchors[schedule.id] = anchor
            if method:
                automatic.add(schedule.id)
        chance = random.Random(f"{SEED} {place.engine.dialect.name}")
        return cls(firm=firm, began=began, anchors=anchors, automatic=frozenset(automatic), chance=chance)

    @property
    def today(self) -> date:
        return (self.began + timedelta(minutes=self.minutes[0])).date()

    def later(self, minutes: int, weather: Sequence[object]) -> None:
        """The workers' clock and the bank's go on, and the next charges meet that weather."""
        self.minutes[0] += minutes
        for kind in KINDS:
            gateway = RemoteGateway(self.firm.place.bank, kind)
            gateway.ask("rescript", charge=[self.chance.choice(weather) for _ in range(SCHEDULES)])
            gateway.ask("be_later", self.minutes[0])

    def warm_up(self, crew: Workers) -> None:
        """The first week is done by the process that forks the workers: they inherit statements that are compiled."""
        [ended] = crew.together(evolve(self.firm.job("run"), copies=0))
        assert ended.said == "done"
        self.later(WEEK, WEATHER)

    def shift(self, crew: Workers, kills: int) -> Counter[str]:
        """Four workers run it all at once, until all four come to an end; how many did, and how many died."""
        for schedule_id in list(self.anchors)[1::4]:
            client_id = self.firm.desk.schedules.get(schedule_id).client_id
            self.firm.desk.charges.add(client_id, "A call", unit_price="7.00")
        job = self.firm.job("run", rounds=BATCH, seed=self.chance.randrange(10**9))
        job = evolve(job, copies=WORKERS, minutes_later=self.minutes[0])
        if kills:
            job = evolve(job, kills=kills, kill_after=LONGEST_LIFE)
        return Counter(ended.said for ended in crew.together(job))

    # ── What must be true at the end ─────────────────────────────────────────────────────────────────────────────────

    def discrepancies(self) -> list[str]:
        """Where the books are not those of one worker whom nobody killed, or not the bank's."""
        desk = self.firm.desk
        invoices = {invoice.id: invoice for invoice in desk.invoices.page(limit=1000).invoices}
        found, billed = self.firm.discrepancies(), list[InvoiceId]()
        for schedule_id, anchor in self.anchors.items():
            occurrences = desk.schedules.occurrences(schedule_id)
            due = list(range(1 + (self.today - anchor).days // 7))
            if [each.index for each in occurrences if each.state is OccurrenceState.GENERATED] != due:
                found.append(f"{schedule_id}: {len(occurrences)} occurrences, due are {len(due)}")
            made = [each.invoice_id for each in occurrences if each.invoice_id is not None]
            billed += made
            for invoice_id in made:
                check = self._paid_once if schedule_id in self.automatic else self._bears_its_fees
                found += check(invoices[invoice_id])
        if sorted(billed) != sorted(invoices):
            found.append(f"{len(invoices)} invoices for {len(billed)} occurrences")
        if sorted(self._numbers(invoices)) != list(range(1, len(invoices) + 1)):
            found.append("the numbers have a gap or a double")
        return found + self._bank(invoices)

    def _numbers(self, invoices: dict[InvoiceId, Invoice]) -> list[int]:
        return [int((invoice.number or "INV-0").removeprefix("INV-")) for invoice in invoices.values()]

    def _paid_once(self, invoice: Invoice) -> list[str]:
        """By one payment that came, or is on its way from a bank account."""
        payments = self.firm.desk.payments.of_invoice(invoice.id)
        paid = [each for each in payments if each.completed_at is not None or each.is_waiting]
        if len(paid) == 1 and paid[0].amount == invoice.total and invoice.balance.is_zero:
            return []
        ways = [f"{each.state.value} {each.failure.code if each.failure else ''}".strip() for each in payments]
        return [f"{invoice.number}: {invoice.balance} left, auto-pay on {invoice.autopay_on}, tries: {ways}"]

    def _bears_its_fees(self, invoice: Invoice) -> list[str]:
        """Late fees came every day or late, and one for each step."""
        assert invoice.due_on is not None
        steps = list(range(1, 1 + LATE.steps_until(self.today, invoice.due_on)))
        if [fee.step for fee in invoice.late_fees] == steps:
            return []
        return [f"{invoice.id}: late fees {[fee.step for fee in invoice.late_fees]}, due are {steps}"]

    def _bank(self, invoices: dict[InvoiceId, Invoice]) -> list[str]:
        """What the three gateways took is what the invoices with auto-pay came to, each once."""
        seen = [each for kind in KINDS for each in RemoteGateway(self.firm.place.bank, kind).payments_of(self.firm.id)]
        taken = sorted(each.amount.minor for each in seen if each.status in MOVING)
        asked = sorted(each.total.minor for each in invoices.values() if each.schedule_id in self.automatic)
        return [] if taken == asked else [f"the bank took {len(taken)} payments for {len(asked)} invoices"]


@durable
def test_four_workers_killed_at_random_and_replaced_bill_and_charge_every_occurrence_once(
    place: Place, crew: Workers
) -> None:
    year, ended = Year.open(place), Counter[str]()
    year.warm_up(crew)

    while ended["killed"] < KILLS:
        ended += year.shift(crew, KILLS - ended["killed"])
        year.later(SOON, WEATHER)
        ended += year.shift(crew, KILLS - ended["killed"])
        year.later(WEEK - SOON, WEATHER)
    for _ in range(CALM):
        ended += year.shift(crew, 0)
        year.later(WEEK, CLEAR)
    ended += year.shift(crew, 0)

    assert set(ended) == {"done", "killed"}, f"seed {SEED}"
    assert year.discrepancies() == [], f"seed {SEED}, {ended['killed']} killed"
