"""The bulk desk: one verb for several invoices; each stands for itself, and the answer says what became of each."""

from collections.abc import Callable, Sequence
from datetime import date

from attrs import frozen

from billcore.dates import day
from billcore.documents.csv import STANDARD_COLUMNS, Column, invoices_csv
from billcore.errors import BillcoreError, HouseRule, InvalidInput
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.kinds import each_of_kind, of_kind
from billcore.methods import Method
from billcore.permissions import Permission
from billcore.policy import VoidedLines
from billcore.services.house import Desk
from billcore.services.invoices import InvoicesDesk
from billcore.services.payments import PaymentsDesk
from billcore.texts import text

MOST = 1000
"""How many invoices one call takes."""


@frozen(kw_only=True)
class BulkResult:
    """What became of one invoice: as it is now, or why it was refused, in which case it is as it was."""

    invoice_id: InvoiceId
    invoice: Invoice | None = None
    refused: BillcoreError | None = None

    @property
    def is_done(self) -> bool:
        return self.refused is None


@frozen(kw_only=True)
class BulkDesk(Desk):
    """Several invoices at once (S0.27-S0.31, S3.41). Results come in the order asked for, each invoice once.

    Each invoice is a transaction of its own: one that is refused keeps none of the others back.
    """

    def send(self, invoice_ids: Sequence[InvoiceId], *, channel: str = "email") -> tuple[BulkResult, ...]:
        """Send drafts (S0.28, S3.41)."""
        self.require(Permission.CREATE)
        text(channel, "channel", longest=50, required=True)
        return _each(invoice_ids, lambda invoice_id: self._invoices.send(invoice_id, channel=channel))

    def mark_paid(
        self, invoice_ids: Sequence[InvoiceId], *, method: Method = Method.OTHER, received_on: date | None = None
    ) -> tuple[BulkResult, ...]:
        """Record the whole balance of each as received outside (S0.29)."""
        self.require(Permission.EDIT)
        of_kind(method, Method, "method")
        if received_on is not None:
            day(received_on, "date received")

        def mark(invoice_id: InvoiceId) -> Invoice:
            self._payments.mark_paid(invoice_id, method=method, received_on=received_on)
            with self.read() as work:
                return work.invoices.get(invoice_id)

        return _each(invoice_ids, mark)

    def void(
        self, invoice_ids: Sequence[InvoiceId], *, reason: str = "", lines: VoidedLines | None = None
    ) -> tuple[BulkResult, ...]:
        """Take issued invoices back (S0.30)."""
        self.require(Permission.DELETE)
        text(reason, "reason", longest=1000)
        if lines is not None:
            of_kind(lines, VoidedLines, "lines")
        return _each(invoice_ids, lambda invoice_id: self._invoices.void(invoice_id, reason=reason, lines=lines))

    def export(
        self,
        invoice_ids: Sequence[InvoiceId],
        *,
        on: date | None = None,
        columns: Sequence[Column] = STANDARD_COLUMNS,
        bom: bool = False,
    ) -> bytes:
        """The invoices as a CSV file, in the order asked for (S0.31); NotFound if one of them is not there."""
        self.require(Permission.VIEW)
        of_kind(bom, bool, "bom")
        chosen = each_of_kind(columns, Column, "columns")
        with self.read() as work:
            invoices = [work.invoices.get(invoice_id) for invoice_id in _once(invoice_ids)]
            names = {client_id: work.clients.get(client_id).name for client_id in {each.client_id for each in invoices}}
            today = self.house.now_at(work.firm()).date() if on is None else day(on, "on")
        return b"".join(invoices_csv(invoices, on=today, columns=chosen, client_names=names, bom=bom))

    @property
    def _invoices(self) -> InvoicesDesk:
        return InvoicesDesk(house=self.house, firm_id=self.firm_id, by=self.by)

    @property
    def _payments(self) -> PaymentsDesk:
        return PaymentsDesk(house=self.house, firm_id=self.firm_id, by=self.by)


def _each(invoice_ids: Sequence[InvoiceId], command: Callable[[InvoiceId], Invoice]) -> tuple[BulkResult, ...]:
    results = []
    for invoice_id in _once(invoice_ids):
        try:
            result = BulkResult(invoice_id=invoice_id, invoice=command(invoice_id))
        except HouseRule:
            raise
        except BillcoreError as refused:
            result = BulkResult(invoice_id=invoice_id, refused=refused)
        results.append(result)
    return tuple(results)


def _once(invoice_ids: Sequence[InvoiceId]) -> tuple[InvoiceId, ...]:
    asked = tuple(dict.fromkeys(each_of_kind(invoice_ids, str, "invoice ids")))
    if not 1 <= len(asked) <= MOST:
        raise InvalidInput(f"name 1 to {MOST} invoices, asked for {len(asked)}")
    return asked
