"""What happens to an invoice from its draft on."""

from datetime import date

from attrs import field, frozen

from billcore.events.happened import Happened
from billcore.ids import ChargeId, ClientId, CreditNoteId, InvoiceId, RefundId
from billcore.money import Money


@frozen(kw_only=True)
class OfInvoice(Happened):
    invoice_id: InvoiceId


@frozen(kw_only=True)
class InvoiceDrafted(OfInvoice):
    client_id: ClientId
    gross: Money
    origin: str
    claimed: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceEdited(OfInvoice):
    gross: Money
    claimed: tuple[ChargeId, ...] = ()
    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceDeleted(OfInvoice):
    """A draft is gone; this is its tombstone."""

    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceIssued(OfInvoice):
    number: str
    due_on: date
    net: Money
    tax: Money
    gross: Money
    billed: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceDelivered(OfInvoice):
    channel: str


@frozen(kw_only=True)
class InvoiceViewed(OfInvoice):
    pass


@frozen(kw_only=True)
class InvoiceVoided(OfInvoice):
    """What no longer stands in the books: ``net`` and ``tax`` not credited before, ``late_fees``, and over against them
    ``owed`` and ``written_off``.
    """

    reason: str = field(repr=False)
    net: Money
    tax: Money
    late_fees: Money
    owed: Money
    written_off: Money
    released: tuple[ChargeId, ...] = ()


@frozen(kw_only=True)
class InvoiceWrittenOff(OfInvoice):
    amount: Money
    reason: str = field(repr=False)


@frozen(kw_only=True)
class WriteOffReversed(OfInvoice):
    amount: Money
    reason: str = field(repr=False)


@frozen(kw_only=True)
class InvoiceCredited(OfInvoice):
    """A credit note lowered the total; ``refund_id`` where a refund wrote it (C4)."""

    credit_note_id: CreditNoteId
    number: str
    amount: Money
    net: Money
    tax: Money
    reason: str = field(repr=False)
    refund_id: RefundId | None = None


@frozen(kw_only=True)
class CreditReversed(OfInvoice):
    """A credit note was canceled because the refund that wrote it failed."""

    credit_note_id: CreditNoteId
    amount: Money
    net: Money
    tax: Money


@frozen(kw_only=True)
class InvoiceBecameOverdue(OfInvoice):
    """Noted once, on the first day on which somebody looked; whether it is overdue now is asked of the invoice."""

    due_on: date
    balance: Money


@frozen(kw_only=True)
class AutopayStopped(OfInvoice):
    """Auto-pay will not try again: ``code`` is ``declined``, ``no_method`` or ``method_expired`` (S0.10)."""

    code: str


@frozen(kw_only=True)
class LateFeeAssessed(OfInvoice):
    """A step of the policy's late fee rule fell; each step is on an invoice once."""

    rule: str
    step: int
    amount: Money
    reason: str


@frozen(kw_only=True)
class LateFeeWaived(OfInvoice):
    rule: str
    step: int
    amount: Money
    reason: str = field(repr=False)


@frozen(kw_only=True)
class HoldPlaced(OfInvoice):
    reason: str = field(repr=False)


@frozen(kw_only=True)
class HoldReleased(OfInvoice):
    pass
