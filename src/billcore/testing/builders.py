"""Valid records for tests, made by the verbs themselves: say what matters to the test, the rest is sensible.

>>> firm = a_firm()
>>> client = a_client(firm)
>>> invoice = an_issued_invoice(firm, client, lines=[a_line(unit_price="250.00")])
>>> payment, invoice = a_recorded_payment(firm, client, invoice, Money(100_00, "USD"))
>>> str(invoice.balance)
'150.00 USD'

Ids are plain and can be given; two records of one kind need two of them. Nothing is stored: that is the store's work.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Final

from billcore.actors import Staff
from billcore.catalog import CatalogItem
from billcore.charges import charging
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm, Terms
from billcore.dates import Period
from billcore.events import Event, HoldPlaced
from billcore.ids import (
    CatalogItemId,
    ChargeId,
    ClientId,
    CreditNoteId,
    FirmId,
    GatewayRef,
    InvoiceId,
    MethodId,
    OperationId,
    PaymentId,
    RefundId,
    ScheduleId,
)
from billcore.invoices import crediting, drafting, sending
from billcore.invoices.invoice import Content, CreditNote, Invoice
from billcore.invoices.settling import settle
from billcore.lines import LineItem, TaxRate
from billcore.methods import Method, SavedMethod
from billcore.money import Money
from billcore.parties import Party
from billcore.payments import paying, refunding
from billcore.payments.instruction import ChargeCommand
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.policy import STANDARD, Policy
from billcore.ports.gateway import EventKind, GatewayEvent
from billcore.reasons import Initiator, RefundReason
from billcore.recurring import scheduling
from billcore.recurring.cadence import Cadence
from billcore.recurring.occurrence import Occurrence, occurrence_id
from billcore.recurring.schedule import Plan, Schedule
from billcore.testing.clock import START

BY: Final = Staff("jane", "Jane Chen")
"""Whoever does it, where a test does not care."""

GATEWAY: Final = "fake"


def a_ref(ref_id: str, *, gateway: str = GATEWAY, account: str | None = None) -> GatewayRef:
    return GatewayRef(gateway=gateway, account=account, id=ref_id)


# ── Who bills and who is billed ──────────────────────────────────────────────────────────────────────────────────────


def a_firm(firm_id: str = "acme", *, currency: str = "USD", policy: Policy = STANDARD, timezone: str = "UTC") -> Firm:
    return Firm(id=FirmId(firm_id), party=Party(name="Acme Law"), currency=currency, policy=policy, timezone=timezone)


def a_client(
    firm: Firm,
    client_id: str = "client-1",
    *,
    name: str = "Patel Family",
    currency: str | None = None,
    terms: Terms | None = None,
    at: datetime = START,
) -> Client:
    return Client(
        id=ClientId(client_id),
        firm_id=firm.id,
        party=Party(name=name),
        currency=currency or firm.currency,
        terms=terms,
        created_at=at,
    )


def a_saved_method(
    client: Client, method_id: str = "method-1", *, kind: Method = Method.CARD, at: datetime = START
) -> SavedMethod:
    """A card or account at the fake gateway whose object is called as the record is."""
    return SavedMethod(
        id=MethodId(method_id),
        firm_id=client.firm_id,
        client_id=client.id,
        kind=kind,
        ref=a_ref(method_id),
        customer=a_ref(f"customer-{client.id}"),
        brand="visa",
        last4="4242",
        attached_at=at,
    )


# ── Work and invoices ────────────────────────────────────────────────────────────────────────────────────────────────


def a_line(
    description: str = "Tax return",
    *,
    quantity: str = "1",
    unit_price: str = "100.00",
    taxes: tuple[TaxRate, ...] = (),
) -> LineItem:
    return LineItem(description=description, quantity=quantity, unit_price=unit_price, taxes=taxes)


def a_catalog_item(
    firm: Firm, item_id: str = "item-1", *, name: str = "Tax return", at: datetime = START
) -> CatalogItem:
    return CatalogItem(id=CatalogItemId(item_id), firm_id=firm.id, name=name, template=a_line(), added_at=at)


def a_charge(
    client: Client, charge_id: str = "charge-1", *, line: LineItem | None = None, at: datetime = START
) -> Charge:
    charge, _ = charging.add(
        ChargeId(charge_id), firm_id=client.firm_id, client_id=client.id, line=line or a_line(), at=at, by=BY
    )
    return charge


def a_draft(
    firm: Firm,
    client: Client,
    invoice_id: str = "invoice-1",
    *,
    lines: Sequence[LineItem] | None = None,
    due_on: date | None = None,
    memo: str = "",
    at: datetime = START,
) -> Invoice:
    """A draft of 100.00, or of *lines*."""
    content = Content(lines=tuple(lines if lines is not None else [a_line()]), due_on=due_on, memo=memo)
    invoice, _ = drafting.draft(InvoiceId(invoice_id), firm=firm, client=client, content=content, at=at, by=BY)
    return invoice


def an_issued_invoice(
    firm: Firm,
    client: Client,
    invoice_id: str = "invoice-1",
    *,
    number: str = "INV-0001",
    lines: Sequence[LineItem] | None = None,
    due_on: date | None = None,
    at: datetime = START,
) -> Invoice:
    """An invoice drafted and issued at once; due by the terms, 30 days where a test says nothing, or on *due_on*."""
    draft = a_draft(firm, client, invoice_id, lines=lines, due_on=due_on, at=at)
    issued, _ = sending.issue(draft, firm=firm, client=client, number=number, at=at, by=BY)
    return issued


def a_credit_note(
    invoice: Invoice,
    amount: Money,
    note_id: str = "note-1",
    *,
    number: str = "CN-0001",
    at: datetime = START,
) -> tuple[CreditNote, Invoice]:
    """A credit note, and the invoice lowered by it."""
    note, event = crediting.credit(
        invoice, amount, credit_note_id=CreditNoteId(note_id), number=number, reason="goodwill", at=at, by=BY
    )
    return note, settle(invoice, event)


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def a_recorded_payment(
    firm: Firm,
    client: Client,
    invoice: Invoice,
    amount: Money,
    payment_id: str = "payment-1",
    *,
    method: Method = Method.CHECK,
    at: datetime = START,
) -> tuple[Payment, Invoice]:
    """Money received by hand for *invoice*, and the invoice with it."""
    payment, event = paying.record(
        PaymentId(payment_id),
        firm=firm,
        client=client,
        amount=amount,
        allocations=[(invoice, amount)],
        method=method,
        at=at,
        by=BY,
    )
    return payment, settle(invoice, event)


def an_initiated_payment(
    firm: Firm,
    client: Client,
    invoice: Invoice,
    amount: Money,
    payment_id: str = "payment-1",
    *,
    initiator: Initiator = Initiator.CLIENT,
    at: datetime = START,
) -> tuple[Payment, Invoice]:
    """A charge that waits on the fake gateway, and the invoice on which it is reserved."""
    payment, event = paying.initiate(
        PaymentId(payment_id),
        firm=firm,
        client=client,
        amount=amount,
        allocations=[(invoice, amount)],
        method=Method.CARD,
        gateway=GATEWAY,
        initiator=initiator,
        operation_id=OperationId(f"operation-{payment_id}"),
        at=at,
        by=BY,
    )
    return payment, settle(invoice, event)


def a_requested_refund(
    payment: Payment, invoice: Invoice, amount: Money, refund_id: str = "refund-1", *, at: datetime = START
) -> tuple[Refund, Payment]:
    """A refund of a payment on *invoice*, not sent yet, and the payment on which its amount is reserved."""
    refund, reserved, _ = refunding.request(
        RefundId(refund_id),
        payment,
        amount,
        {invoice.id: invoice},
        reason=RefundReason.REQUESTED_BY_CUSTOMER,
        is_external=payment.is_manual,
        at=at,
        by=BY,
    )
    return refund, reserved


def an_operation(firm: Firm, operation_id: str = "operation-1", *, at: datetime = START) -> Operation:
    """A reserved charge of 100.00 to a card at the fake gateway."""
    command = ChargeCommand(
        operation_id=OperationId(operation_id),
        firm_id=firm.id,
        payment_id=PaymentId(f"payment-of-{operation_id}"),
        customer=a_ref("customer-1"),
        method=a_ref("method-1"),
        method_kind=Method.CARD,
        amount=Money(100_00, "USD"),
        initiator=Initiator.CLIENT,
        created_at=at,
    )
    return Operation(
        id=command.operation_id, firm_id=firm.id, command=command, gateway=GATEWAY, account=None, created_at=at
    )


# ── Recurring bills ──────────────────────────────────────────────────────────────────────────────────────────────────


def a_schedule(
    client: Client,
    schedule_id: str = "schedule-1",
    *,
    anchor: date | None = None,
    cadence: Cadence | None = None,
    lines: Sequence[LineItem] | None = None,
    plan: Plan | None = None,
    at: datetime = START,
) -> Schedule:
    """Of 100.00 or of *lines*, monthly from the day on which tests begin."""
    schedule, _ = scheduling.start(
        ScheduleId(schedule_id),
        firm_id=client.firm_id,
        client_id=client.id,
        title="Bookkeeping",
        cadence=cadence or Cadence.monthly(),
        anchor=anchor or START.date(),
        lines=tuple(lines if lines is not None else [a_line()]),
        plan=plan or Plan(),
        at=at,
        by=BY,
    )
    return schedule


def an_occurrence(
    schedule: Schedule, index: int = 0, *, invoice_id: str | None = None, at: datetime = START
) -> Occurrence:
    """Billed on that invoice, or else skipped."""
    return Occurrence(
        id=occurrence_id(schedule.id, index),
        firm_id=schedule.firm_id,
        schedule_id=schedule.id,
        index=index,
        nominal=at.date(),
        period=Period(at.date(), at.date() + timedelta(days=30)),
        invoice_id=None if invoice_id is None else InvoiceId(invoice_id),
        reason="" if invoice_id is not None else "a test",
        settled_at=at,
    )


# ── Things that happen ───────────────────────────────────────────────────────────────────────────────────────────────


def an_event(firm: Firm, invoice_id: str = "invoice-1", *, reason: str = "a test", at: datetime = START) -> Event:
    """An event of that invoice's stream that moves no money."""
    return HoldPlaced(firm_id=firm.id, invoice_id=InvoiceId(invoice_id), reason=reason, at=at, by=BY)


def a_gateway_event(
    event_id: str = "evt_1",
    *,
    gateway: str = GATEWAY,
    account: str | None = None,
    subject: str = "pay_1",
    at: datetime = START,
) -> GatewayEvent:
    """What a webhook would say of the payment *subject*."""
    return GatewayEvent(
        id=event_id,
        kind=EventKind.PAYMENT_SUCCEEDED,
        gateway=gateway,
        account=account,
        subject=a_ref(subject, gateway=gateway, account=account),
        occurred_at=at,
    )


def later(minutes: int) -> datetime:
    """So many minutes after the moment at which tests begin."""
    return START + timedelta(minutes=minutes)
