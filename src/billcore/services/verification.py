"""Verify a firm: read all of its books at one moment and derive everything a second time."""

from itertools import chain

from billcore.ids import FirmId
from billcore.services.house import House
from billcore.texts import text
from billcore.verifying.books import Books, Discrepancy
from billcore.verifying.invoices import check_invoices
from billcore.verifying.ledger import check_journal
from billcore.verifying.payments import check_payments
from billcore.verifying.schedules import check_schedules


class Verification:
    """An empty list means that every road leads to the same books."""

    def __init__(self, house: House) -> None:
        self._house = house

    def run(self, firm_id: FirmId) -> tuple[Discrepancy, ...]:
        with self._house.store.read(FirmId(text(firm_id, "firm id", longest=100, required=True))) as work:
            work.firm()
            books = Books(
                invoices=tuple(work.invoices.all()),
                credit_notes=tuple(work.credit_notes.all()),
                charges=tuple(work.charges.all()),
                payments=tuple(work.payments.all()),
                refunds=tuple(work.refunds.all()),
                operations=tuple(work.operations.all()),
                schedules=tuple(work.schedules.all()),
                occurrences=tuple(work.occurrences.all()),
                recorded=tuple(work.events.all()),
            )
        checks = (check_invoices, check_payments, check_schedules, check_journal)
        return tuple(chain.from_iterable(check(books) for check in checks))
