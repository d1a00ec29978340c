"""Late fees of a whole firm: all that are due, a batch of invoices in one transaction, each step asked for once."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Final

from attrs import frozen

from billcore.actors import Actor, System
from billcore.errors import BillcoreError
from billcore.ids import FirmId, InvoiceId
from billcore.invoices import late_fees
from billcore.invoices.invoice import Invoice
from billcore.ports.store import UnitOfWork
from billcore.services.booking import Page
from billcore.services.house import House, retried

BATCH: Final = 200
MOST_STEPS: Final = 100
"""How many fees one invoice gets at once; of an invoice that is late by centuries, the next assessment adds more."""
BY: Final = System("late-fees")


@frozen(kw_only=True)
class Assessed:
    """How many fees were added, the invoices that got them, and those that could bear none as ``(invoice, code)``."""

    fees: int = 0
    invoices: tuple[Invoice, ...] = ()
    failing: tuple[tuple[str, str], ...] = ()


class LateFees:
    """Any number of workers may assess at once, be killed and assess again: a step that was added is due no more."""

    def __init__(self, house: House, *, by: Actor = BY) -> None:
        self._house = house
        self._by = by

    def assess(self, firm_id: FirmId, on: date) -> Assessed:
        """Add every late fee that is due on the firm's day *on*, by its invoice's own policy (S3.28)."""
        with self._house.store.read(firm_id) as work:
            work.firm()
            late = [invoice.id for invoice in _due(work, on)]
        batches = [self._assess(firm_id, late[start : start + BATCH], on) for start in range(0, len(late), BATCH)]
        return Assessed(
            fees=sum(batch.fees for batch in batches),
            invoices=tuple(invoice for batch in batches for invoice in batch.invoices),
            failing=tuple(failure for batch in batches for failure in batch.failing),
        )

    @retried
    def _assess(self, firm_id: FirmId, invoice_ids: Sequence[InvoiceId], on: date) -> Assessed:
        fees, failing = 0, []
        with self._house.store.begin(firm_id) as work:
            page = Page(work, invoice_ids)
            before, at = dict(page.invoices), self._house.now_at(work.firm())
            for invoice_id in invoice_ids:
                try:
                    fees += self._add(page, invoice_id, on, at)
                except BillcoreError as error:
                    # One that can bear no more must not keep the others waiting.
                    failing.append((invoice_id, error.code))
            page.close()
            work.commit()
        changed = tuple(page.invoices[each] for each in invoice_ids if page.invoices[each] is not before[each])
        return Assessed(fees=fees, invoices=changed, failing=tuple(failing))

    def _add(self, page: Page, invoice_id: InvoiceId, on: date, at: datetime) -> int:
        """Every step that is due, up to ``MOST_STEPS``; of a run that comes late, that may be several."""
        for added in range(MOST_STEPS):
            step = late_fees.assess(page.invoices[invoice_id], on=on, at=at, by=self._by)
            if step is None:
                return added
            page.enter(step[1])
        return MOST_STEPS


def _due(work: UnitOfWork, on: date) -> Iterator[Invoice]:
    """Every invoice that bears a fee by then, page by page."""
    page = work.invoices.to_assess(on, limit=BATCH)
    while page:
        yield from page
        page = work.invoices.to_assess(on, limit=BATCH, after=page[-1])
