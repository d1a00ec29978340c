"""The run: schedules become invoices, what became overdue is noted, money is collected, late fees are added.

It may run at any time, in any number of workers, and be killed and run again: a batch of schedules of one firm is one
transaction in which their rows are locked, and each occurrence has one record.
"""

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime
from typing import Final

from attrs import frozen

from billcore.actors import System
from billcore.dates import day
from billcore.errors import Conflict, InvalidInput
from billcore.events import InvoiceBecameOverdue
from billcore.evolving import evolve
from billcore.ids import FirmId
from billcore.invoices.invoice import Invoice
from billcore.services.autopay import Autopay
from billcore.services.generating import Batch, Billed
from billcore.services.house import TRIES, House
from billcore.services.late_fees import LateFees
from billcore.services.recovery import Recovered, Recovery
from billcore.texts import text

BATCH: Final = 500
"""How many schedules, or overdue invoices, are one transaction."""
BY: Final = System("schedule")


@frozen(kw_only=True)
class Ran:
    """What one run did.

    Invoices made, occurrences that they bill, occurrences skipped, those that failed as ``(schedule:index, code)``, and
    schedules suspended; invoices that became overdue; payments that auto-pay began, and the invoices that it could not
    charge as ``(invoice, code)``; late fees that were added, and the invoices that could bear none, in the same form;
    and what was recovered.
    """

    invoices: int = 0
    generated: int = 0
    skipped: int = 0
    failed: tuple[tuple[str, str], ...] = ()
    suspended: tuple[str, ...] = ()
    overdue: int = 0
    collected: int = 0
    uncollected: tuple[tuple[str, str], ...] = ()
    late_fees: int = 0
    unassessed: tuple[tuple[str, str], ...] = ()
    recovered: Recovered = Recovered()


@frozen(kw_only=True)
class Progress:
    """How far a run has come in one firm, told after each batch that is committed."""

    firm_id: FirmId
    on: date
    ran: Ran


class Running:
    """The run of one program."""

    def __init__(self, house: House, *, batch: int = BATCH) -> None:
        self._house = house
        self._autopay = Autopay(house)
        self._late_fees = LateFees(house)
        self._batch = batch

    def run(
        self,
        *,
        on: date | None = None,
        firm_id: FirmId | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Ran:
        """Every firm or one of them, on its own today or on the day *on*."""
        if on is not None:
            day(on, "on")
        if firm_id is not None:
            text(firm_id, "firm id", longest=100, required=True)
        if progress is not None and not callable(progress):
            raise InvalidInput(f"progress must be a function of what was done so far, not {type(progress).__name__}")
        ran = Ran()
        for each in self._house.store.firms() if firm_id is None else (firm_id,):
            ran = self._firm(each, on, ran, progress)
        return evolve(ran, recovered=Recovery(self._house).run())

    def _firm(self, firm_id: FirmId, on: date | None, ran: Ran, progress: Callable[[Progress], None] | None) -> Ran:
        with self._house.store.read(firm_id) as work:
            today = self._house.now_at(work.firm()).date() if on is None else on
            has_due = bool(work.schedules.due(today, limit=1))
            has_overdue = bool(work.invoices.newly_overdue(today, limit=1))
        while has_due:
            billed = self._bill(firm_id, today)
            has_due = billed.schedules > 0
            ran = _with(ran, billed)
            if progress is not None and has_due:
                progress(Progress(firm_id=firm_id, on=today, ran=ran))
        while has_overdue:
            noted = self._note_overdue(firm_id, today)
            has_overdue = noted == self._batch
            ran = evolve(ran, overdue=ran.overdue + noted)
        # Money that auto-pay has just set on its way keeps the fee away.
        collected = self._autopay.collect(firm_id, today)
        assessed = self._late_fees.assess(firm_id, today)
        return evolve(
            ran,
            collected=ran.collected + collected.begun,
            uncollected=ran.uncollected + collected.failing,
            late_fees=ran.late_fees + assessed.fees,
            unassessed=ran.unassessed + assessed.failing,
        )

    def _bill(self, firm_id: FirmId, today: date) -> Billed:
        """One batch; where it loses a race it is done again, from what is then due."""
        for tries_left in reversed(range(TRIES)):
            try:
                with _without_collections(), self._house.store.begin(firm_id) as work:
                    batch = Batch(self._house, work, today, by=BY)
                    billed = batch.bill(work.schedules.due(today, limit=self._batch))
                    work.commit()
            except Conflict:
                if not tries_left:
                    raise
            else:
                return billed
        raise AssertionError("the last try returns or raises")

    def _note_overdue(self, firm_id: FirmId, today: date) -> int:
        with self._house.store.begin(firm_id) as work:
            overdue = work.invoices.newly_overdue(today, limit=self._batch)
            at = self._house.now_at(work.firm())
            work.invoices.save_all([evolve(invoice, overdue_noted_on=today) for invoice in overdue])
            work.events.append([_became_overdue(invoice, at=at, on=today) for invoice in overdue])
            work.commit()
        return len(overdue)


@contextmanager
def _without_collections() -> Iterator[None]:
    """Spare Python its searches for circles of garbage while a batch is made.

    A batch makes some hundred thousand records at once, none of which refers to itself; looking through them again and
    again costs a tenth of the run. What the program drops meanwhile is freed as ever, except for circles, and those
    after the batch.
    """
    is_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if is_on:
            gc.enable()


def _with(ran: Ran, billed: Billed) -> Ran:
    return evolve(
        ran,
        invoices=ran.invoices + billed.invoices,
        generated=ran.generated + billed.generated,
        skipped=ran.skipped + billed.skipped,
        failed=ran.failed + billed.failed,
        suspended=ran.suspended + billed.suspended,
    )


def _became_overdue(invoice: Invoice, *, at: datetime, on: date) -> InvoiceBecameOverdue:
    return InvoiceBecameOverdue(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        due_on=invoice.due_on or on,
        balance=invoice.balance,
        at=at,
        on=on,
        by=BY,
    )
