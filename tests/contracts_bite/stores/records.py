"""Faults in keeping records."""

from collections.abc import Iterable
from datetime import UTC

from attrs import evolve
from tests.contracts_bite.stores.broken import BrokenStore

from billcore.charges.charge import Charge
from billcore.clients import Client, Firm
from billcore.errors import AlreadyExists
from billcore.events import Event
from billcore.ids import RefundId
from billcore.invoices.invoice import Invoice
from billcore.memory.records import Charges, Clients, Events, Invoices, Methods, Operations, Payments, Refunds
from billcore.memory.unit import MemoryUnitOfWork
from billcore.methods import SavedMethod
from billcore.money import Money
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund


class _MethodsWithoutBrand(Methods):
    def add(self, record: SavedMethod) -> SavedMethod:
        added = super().add(record)
        self._transaction.shelf().methods[record.id] = evolve(added, brand=None)
        return added


class ForgetsAField(BrokenStore):
    """A column that add() does not name."""

    bites = "test_every_kind_of_record_comes_back_as_it_was_added"
    repository = _MethodsWithoutBrand


class _MethodsNeverDetached(Methods):
    def save(self, record: SavedMethod) -> SavedMethod:
        before, saved = self.get(record.id), super().save(record)
        self._transaction.shelf().methods[record.id] = evolve(saved, detached_at=before.detached_at)
        return saved


class SavesTheVersionOnly(BrokenStore):
    bites = "test_every_kind_of_record_comes_back_as_it_was_saved"
    repository = _MethodsNeverDetached


class _InvoicesHeldByNobody(Invoices):
    def save(self, record: Invoice) -> Invoice:
        saved = super().save(record)
        if saved.hold is not None:
            self._transaction.shelf().invoices[record.id] = evolve(saved, hold=evolve(saved.hold, refund_id=None))
        return saved


class ForgetsWhichRefundPlacedTheHold(BrokenStore):
    """Two columns for a record of three fields."""

    bites = "test_all_that_happened_to_an_invoice_comes_back"
    repository = _InvoicesHeldByNobody


# ── Ids and versions ─────────────────────────────────────────────────────────────────────────────────────────────────


class _RefundsByStorableId(Refunds):
    def get(self, record_id: RefundId) -> Refund:
        if "\x00" in record_id:
            raise ValueError("a string literal cannot contain NUL (0x00) characters")
        return super().get(record_id)


class ChokesOnWhatCannotBeStored(BrokenStore):
    bites = "test_an_unknown_id_is_not_found"
    repository = _RefundsByStorableId


class _ClientsUpserted(Clients):
    def save(self, record: Client) -> Client:
        is_new = record.firm_id == self._transaction.firm_id and record.id not in self._transaction.shelf().clients
        return self.add(record) if is_new else super().save(record)


class InsertsOrUpdates(BrokenStore):
    bites = "test_what_was_never_added_cannot_be_saved"
    repository = _ClientsUpserted


class _ChargesReplaced(Charges):
    def add(self, record: Charge) -> Charge:
        self._transaction.changing_shelf().charges.pop(record.id, None)
        return super().add(record)


class ReplacesWhatIsThere(BrokenStore):
    """INSERT OR REPLACE."""

    bites = "test_an_id_that_is_taken_already_exists"
    repository = _ChargesReplaced


class _OperationsByFoldedId(Operations):
    def add(self, record: Operation) -> Operation:
        taken = {operation_id.casefold() for operation_id in self._transaction.shelf().operations}
        if record.id.casefold() in taken:
            raise AlreadyExists("duplicate entry for key PRIMARY")
        return super().add(record)


class IgnoresCase(BrokenStore):
    """MariaDB's default collation."""

    bites = "test_ids_that_differ_in_case_or_accent_only_are_different"
    repository = _OperationsByFoldedId


class _OperationsFromZero(Operations):
    def add(self, record: Operation) -> Operation:
        added = self._transaction.shelf().operations[record.id] = evolve(super().add(record), version=0)
        return added


class CountsVersionsFromZero(BrokenStore):
    bites = "test_versions_count_from_one"
    repository = _OperationsFromZero


class _PaymentsOfAnyVersion(Payments):
    def save(self, record: Payment) -> Payment:
        return super().save(evolve(record, version=self.get(record.id).version))


class LetsTheLastWriterWin(BrokenStore):
    bites = "test_a_record_changed_since_it_was_read_is_a_stale_write"
    repository = _PaymentsOfAnyVersion


class OverwritesTheFirm(BrokenStore):
    bites = "test_a_firm_changed_since_it_was_read_is_a_stale_write"

    class unit(MemoryUnitOfWork):  # noqa: N801  It stands for the attribute.
        def save_firm(self, firm: Firm) -> Firm:
            return super().save_firm(evolve(firm, version=self.firm().version))


class _InvoicesRemovedBlindly(Invoices):
    def remove(self, invoice: Invoice) -> None:
        super().remove(evolve(invoice, version=self.get(invoice.id).version))


class DeletesAnyVersion(BrokenStore):
    bites = "test_a_draft_changed_since_it_was_read_is_not_removed"
    repository = _InvoicesRemovedBlindly


class _InvoicesKeptForEver(Invoices):
    def remove(self, invoice: Invoice) -> None:
        super().remove(invoice)
        self._transaction.shelf().invoices[invoice.id] = invoice


class DeletesNothing(BrokenStore):
    bites = "test_a_removed_draft_is_gone"
    repository = _InvoicesKeptForEver


# ── What comes back ──────────────────────────────────────────────────────────────────────────────────────────────────


class _PaymentsInThirtyTwoBits(Payments):
    def add(self, record: Payment) -> Payment:
        amount = Money(min(record.amount.minor, 2**31 - 1), record.amount.currency)
        return super().add(evolve(record, amount=amount))


class KeepsAmountsInAnInteger(BrokenStore):
    """MariaDB cuts at 2,147,483,647 where it is not strict."""

    bites = "test_money_comes_back_to_the_last_minor_unit"
    repository = _PaymentsInThirtyTwoBits


class _InvoicesWithNumericColumns(Invoices):
    def add(self, record: Invoice) -> Invoice:
        lines = tuple(evolve(line, quantity=line.quantity.normalize()) for line in record.lines)
        return super().add(evolve(record, content=evolve(record.content, lines=lines)))


class DropsTrailingZeros(BrokenStore):
    bites = "test_decimals_come_back_digit_for_digit"
    repository = _InvoicesWithNumericColumns


class _ClientsInWholeSeconds(Clients):
    def add(self, record: Client) -> Client:
        return super().add(evolve(record, created_at=record.created_at.replace(microsecond=0)))


class DropsMicroseconds(BrokenStore):
    """MariaDB's DATETIME."""

    bites = "test_a_moment_comes_back_as_the_same_moment"
    repository = _ClientsInWholeSeconds


class _EventsOnTheDayInUtc(Events):
    def append(self, events: Iterable[Event]) -> None:
        super().append([evolve(event, on=event.at.astimezone(UTC).date()) for event in events])


class TakesTheDayFromTheMoment(BrokenStore):
    bites = "test_a_date_comes_back_as_the_same_date"
    repository = _EventsOnTheDayInUtc


class _ClientsTrimmed(Clients):
    def add(self, record: Client) -> Client:
        return super().add(evolve(record, party=evolve(record.party, name=record.name.strip())))


class TrimsText(BrokenStore):
    bites = "test_every_text_comes_back_character_for_character"
    repository = _ClientsTrimmed
