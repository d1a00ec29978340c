"""Schedules become invoices, a batch at a time: decided one by one in memory, numbered together, written together."""

from collections.abc import Iterable, Sequence
from datetime import UTC, date

from attrs import define, field, frozen

from billcore.actors import Actor
from billcore.charges import charging
from billcore.charges.charge import Charge, ChargeState
from billcore.clients import Client
from billcore.errors import BillcoreError, NotFound
from billcore.events import Event, InvoiceIssued
from billcore.evolving import evolve
from billcore.ids import ClientId, InvoiceId
from billcore.invoices import drafting, sending
from billcore.invoices.invoice import Invoice, Origin
from billcore.ports.store import UnitOfWork
from billcore.recurring import autopay, occurring
from billcore.recurring.invoicing import worded
from billcore.recurring.occurrence import NOTHING_TO_BILL, Bill, Occurrence, Pass, Slot, Stop, due
from billcore.recurring.schedule import Output, Schedule, Source
from billcore.services.house import House

_UNNUMBERED = "?"
"""Until all of a batch are made: a number that is drawn must be used, and the next one may turn out not to be."""


@frozen(kw_only=True)
class Billed:
    """What one batch did; ``schedules`` is how many it looked at."""

    schedules: int
    invoices: int
    generated: int
    skipped: int
    failed: tuple[tuple[str, str], ...]
    suspended: tuple[str, ...]


@define
class _Made:
    """What is to be written."""

    schedules: list[Schedule] = field(factory=list)
    invoices: list[Invoice] = field(factory=list)
    occurrences: list[Occurrence] = field(factory=list)
    tried_again: list[Occurrence] = field(factory=list)
    charges: list[Charge] = field(factory=list)
    events: list[Event] = field(factory=list)
    failed: list[tuple[str, str]] = field(factory=list)
    suspended: list[str] = field(factory=list)


class Batch:
    """Schedules of one firm on its day *on*, in one unit of work; the caller commits."""

    def __init__(self, house: House, work: UnitOfWork, on: date, *, by: Actor) -> None:
        self._house = house
        self._work = work
        self._on = on
        self._by = by
        self._firm = work.firm()
        self._at = house.now_at(self._firm)
        self._clients: dict[ClientId, Client] = {}
        self._open: dict[ClientId, list[Charge]] = {}
        self._made = _Made()

    def bill(self, schedules: Sequence[Schedule]) -> Billed:
        """Do what is due for each of *schedules*, which are locked; a schedule that cannot be billed is noted so."""
        self._clients = {client.id: client for client in self._work.clients.peek_all({s.client_id for s in schedules})}
        self._open = self._open_charges({s.client_id for s in schedules if s.plan.sweeps})
        for schedule in schedules:
            self._made.schedules.append(self._do(schedule))
        self._number()
        self._write()
        made = self._made
        generated = [each for each in (*made.occurrences, *made.tried_again) if each.invoice_id is not None]
        return Billed(
            schedules=len(schedules),
            invoices=len(made.invoices),
            generated=len(generated),
            skipped=len(made.occurrences) + len(made.tried_again) - len(generated) - len(made.failed),
            failed=tuple(made.failed),
            suspended=tuple(made.suspended),
        )

    def _do(self, schedule: Schedule) -> Schedule:
        for step in due(schedule, self._on, self._house.calendar):
            match step:
                case Bill():
                    before = schedule.failures
                    schedule = self._bill(schedule, step)
                    if schedule.failures > before and schedule.plan.ordered:
                        break
                case Pass(slot, reason):
                    schedule = self._skip(schedule, slot, reason)
                case Stop():
                    schedule, stopped = occurring.suspend(schedule, occurring.CATCH_UP, at=self._at, by=self._by)
                    self._made.suspended.append(schedule.id)
                    self._made.events.append(stopped)
        closed, event = occurring.close(schedule, calendar=self._house.calendar, at=self._at, by=self._by)
        if event is not None:
            self._made.events.append(event)
        if closed.suspension is not schedule.suspension:
            self._made.suspended.append(schedule.id)
        return closed

    # ── One invoice ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _bill(self, schedule: Schedule, bill: Bill) -> Schedule:
        charges = self._open.get(schedule.client_id, []) if schedule.plan.sweeps else []
        if schedule.plan.source is Source.UNBILLED and not charges:
            for slot in bill.slots:
                schedule = self._skip(schedule, slot, NOTHING_TO_BILL)
            return schedule
        try:
            invoice, events = self._invoice(schedule, bill, charges)
        except BillcoreError as error:
            return self._fail(schedule, bill.slots[0], error)
        claimed = [self._claimed(charge, invoice) for charge in charges]
        self._made.charges += claimed
        if claimed:
            self._open[schedule.client_id] = []
        settled, occurrences, generated = occurring.generate(schedule, bill, invoice.id, at=self._at, by=self._by)
        for occurrence in occurrences:
            self._keep(schedule, occurrence)
        self._made.invoices.append(invoice)
        self._made.events += events
        self._made.events += generated
        return settled

    def _invoice(self, schedule: Schedule, bill: Bill, charges: Iterable[Charge]) -> tuple[Invoice, list[Event]]:
        client = self._clients.get(schedule.client_id)
        if client is None:
            raise NotFound(f"no client {schedule.client_id!r} in firm {self._firm.id!r}")
        events: list[Event] = []
        invoice, drafted = drafting.draft(
            InvoiceId(self._house.ids.new("inv")),
            firm=self._firm,
            client=client,
            content=worded(
                schedule,
                bill.slots,
                client.currency,
                [charging.as_line(charge) for charge in charges],
                timezone=self._at.tzinfo or UTC,
            ),
            origin=Origin.SCHEDULE,
            schedule_id=schedule.id,
            on=self._on,
            at=self._at,
            by=self._by,
        )
        events.append(drafted)
        if schedule.plan.output is Output.DRAFT:
            return invoice, events
        invoice, issued = sending.issue(
            invoice, firm=self._firm, client=client, number=_UNNUMBERED, on=self._on, at=self._at, by=self._by
        )
        invoice = autopay.awaiting(invoice, schedule, bill)
        events.append(issued)
        if schedule.plan.output is Output.SEND:
            invoice, delivered = sending.deliver(invoice, channel="email", at=self._at, by=self._by)
            events.append(delivered)
        return invoice, events

    def _claimed(self, charge: Charge, invoice: Invoice) -> Charge:
        claimed = charging.claim(charge, invoice.id, invoice.client_id)
        return claimed if invoice.is_draft else charging.bill(claimed, at=self._at)

    # ── No invoice ───────────────────────────────────────────────────────────────────────────────────────────────────

    def _skip(self, schedule: Schedule, slot: Slot, reason: str) -> Schedule:
        skipped, occurrence, event = occurring.skip(schedule, slot, reason, at=self._at, by=self._by)
        self._keep(schedule, occurrence)
        self._made.events.append(event)
        return skipped

    def _fail(self, schedule: Schedule, slot: Slot, error: BillcoreError) -> Schedule:
        failed, occurrence, event = occurring.fail(schedule, slot, error.code, on=self._on, at=self._at, by=self._by)
        self._keep(schedule, occurrence)
        self._made.failed.append((occurrence.id, error.code))
        self._made.events.append(event)
        return failed

    # ── The unit of work ─────────────────────────────────────────────────────────────────────────────────────────────

    def _open_charges(self, client_ids: set[ClientId]) -> dict[ClientId, list[Charge]]:
        """The open charges of those clients, locked in one order; one that is taken meanwhile is left out."""
        found = [charge.id for client_id in client_ids for charge in self._work.charges.unbilled(client_id)]
        charges: dict[ClientId, list[Charge]] = {}
        for charge in self._work.charges.get_all(found):
            if charge.state is ChargeState.OPEN:
                charges.setdefault(charge.client_id, []).append(charge)
        return {client_id: sorted(theirs, key=_oldest_first) for client_id, theirs in charges.items()}

    def _keep(self, before: Schedule, occurrence: Occurrence) -> None:
        if occurrence.index not in before.failed:
            self._made.occurrences.append(occurrence)
            return
        tried = self._work.occurrences.get(occurrence.id)
        self._made.tried_again.append(evolve(occurrence, attempts=tried.attempts + 1, version=tried.version))

    def _number(self) -> None:
        """Give each invoice that is issued its number, in the order in which they were made."""
        made = self._made
        issued = [place for place, invoice in enumerate(made.invoices) if invoice.issue is not None]
        numbers = self._work.next_numbers(self._firm.invoice_series, len(issued))
        number_of: dict[InvoiceId, str] = {}
        for place, number in zip(issued, numbers, strict=True):
            invoice = made.invoices[place]
            if invoice.issue is not None:
                made.invoices[place] = evolve(invoice, issue=evolve(invoice.issue, number=number))
                number_of[invoice.id] = number
        for place, event in enumerate(made.events):
            if isinstance(event, InvoiceIssued):
                made.events[place] = evolve(event, number=number_of[event.invoice_id])

    def _write(self) -> None:
        work, made = self._work, self._made
        work.invoices.add_all(made.invoices)
        work.occurrences.add_all(made.occurrences)
        work.occurrences.save_all(made.tried_again)
        work.schedules.save_all(made.schedules)
        for charge in made.charges:
            work.charges.save(charge)
        work.events.append(made.events)


def _oldest_first(charge: Charge) -> tuple[object, str]:
    return charge.added_at, charge.id
