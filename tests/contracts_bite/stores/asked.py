"""Faults in answering what belongs where, and what is to do."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.charges.charge import Charge, ChargeState
from billcore.ids import ChargeId, ClientId, FirmId, GatewayRef, InvoiceId, OperationId
from billcore.invoices.invoice import CreditNote
from billcore.memory.records import Charges, CreditNotes, Payments, Refunds
from billcore.payments.payment import Payment, Refund


class _RefundsAsInserted(Refunds):
    def all(self) -> Iterable[Refund]:
        return list(self._transaction.shelf().refunds.values())


class LeavesTheOrderToTheDatabase(BrokenStore):
    bites = "test_all_is_in_order_of_id"
    repository = _RefundsAsInserted


class _CreditNotesById(CreditNotes):
    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[CreditNote]:
        return sorted(super().of_invoice(invoice_id), key=lambda note: note.id)


class OrdersListsById(BrokenStore):
    bites = "test_lists_are_oldest_first"
    repository = _CreditNotesById


class _PaymentsOnTheInvoice(Payments):
    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        found = super().of_invoice(invoice_id)
        return [payment for payment in found if any(part.invoice_id == invoice_id for part in payment.applications)]


class ForgetsWhereMoneyWasMeantToGo(BrokenStore):
    bites = "test_the_payments_of_an_invoice_are_those_meant_for_it_or_on_it"
    repository = _PaymentsOnTheInvoice


class _PaymentsOfAFoldedClient(Payments):
    def of_client(self, client_id: ClientId) -> Sequence[Payment]:
        theirs = [payment for payment in self.all() if payment.client_id.casefold() == client_id.casefold()]
        return sorted(theirs, key=lambda payment: payment.created_at)


class JoinsWithoutCase(BrokenStore):
    bites = "test_lists_of_a_record_have_nothing_of_another"
    repository = _PaymentsOfAFoldedClient


class _ChargesNotBilled(Charges):
    def unbilled(self, client_id: ClientId | None = None) -> Sequence[Charge]:
        waiting = (ChargeState.OPEN, ChargeState.DRAFTED)
        charges = [
            charge for charge in self._all() if charge.state in waiting and client_id in (None, charge.client_id)
        ]
        return sorted(charges, key=lambda charge: charge.added_at)


class TakesDraftedForOpen(BrokenStore):
    bites = "test_unbilled_charges_are_the_open_ones"
    repository = _ChargesNotBilled


class _ChargesOncePerMention(Charges):
    def get_all(self, charge_ids: Iterable[ChargeId]) -> Sequence[Charge]:
        return [self.get(charge_id) for charge_id in sorted(charge_ids)]


class GivesAChargeTwice(BrokenStore):
    bites = "test_many_charges_are_got_in_order_of_id_or_not_at_all"
    repository = _ChargesOncePerMention


# ── Operations ───────────────────────────────────────────────────────────────────────────────────────────────────────


class IgnoresLeases(BrokenStore):
    bites = "test_operations_in_doubt_are_those_not_done_and_not_leased"

    def operations_in_doubt(self, *, before: datetime, limit: int) -> Sequence[tuple[FirmId, OperationId]]:
        waiting = [
            operation
            for shelf in self._books.shelves.values()
            for operation in shelf.operations.values()
            if not operation.is_done and operation.created_at < before
        ]
        waiting.sort(key=lambda operation: (operation.created_at, operation.id))
        return [(operation.firm_id, operation.id) for operation in waiting[:limit]]


class TakesTheFirstItFinds(BrokenStore):
    bites = "test_the_oldest_operations_in_doubt_come_first"

    def operations_in_doubt(self, *, before: datetime, limit: int) -> Sequence[tuple[FirmId, OperationId]]:
        return sorted(super().operations_in_doubt(before=before, limit=1000))[:limit]


class FindsOperationsOfTheDefaultAccount(BrokenStore):
    bites = "test_an_operation_is_found_by_its_ref"

    def find_operation(self, ref: GatewayRef) -> tuple[FirmId, OperationId] | None:
        return super().find_operation(evolve(ref, account=None))
