"""Events for the tests of what is derived from events, with the fields that a test does not care for filled in."""

from collections.abc import Iterable
from datetime import UTC, date, datetime

from billcore import events
from billcore.actors import Actor, Processor, Staff
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.ids import ClientId, CreditNoteId, FirmId, GatewayRef, InvoiceId, PaymentId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.reasons import Initiator, RefundReason
from billcore.recorded import RecordedEvent

FIRM = FirmId("acme")
PATEL = ClientId("patel")
INVOICE = InvoiceId("I1")
PAYMENT = PaymentId("P1")
REFUND = RefundId("R1")
JANE = Staff("jane", "Jane Chen")
STRIPE = Processor("stripe")
TODAY = date(2026, 5, 4)


def noon(on: date) -> datetime:
    return datetime(on.year, on.month, on.day, 12, tzinfo=UTC)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def on_invoice(amount: Money, invoice_id: InvoiceId = INVOICE) -> tuple[events.Part, ...]:
    return (events.Part(invoice_id, amount),)


def recorded(*happened: events.Event) -> list[RecordedEvent]:
    return [RecordedEvent(position=position, event=event) for position, event in enumerate(happened, start=1)]


def drafted(
    gross: Money,
    *,
    invoice_id: InvoiceId = INVOICE,
    client_id: ClientId = PATEL,
    origin: str = "typed",
    on: date = TODAY,
) -> events.InvoiceDrafted:
    return events.InvoiceDrafted(
        firm_id=FIRM, invoice_id=invoice_id, client_id=client_id, gross=gross, origin=origin, at=noon(on), by=JANE
    )


def issued(
    net: Money, tax: Money | None = None, *, invoice_id: InvoiceId = INVOICE, number: str = "INV-0001", on: date = TODAY
) -> events.InvoiceIssued:
    tax = tax or Money.zero(net.currency)
    return events.InvoiceIssued(
        firm_id=FIRM,
        invoice_id=invoice_id,
        number=number,
        due_on=on,
        net=net,
        tax=tax,
        gross=net + tax,
        at=noon(on),
        by=JANE,
    )


def credited(amount: Money, tax: Money, *, on: date = TODAY) -> events.InvoiceCredited:
    return events.InvoiceCredited(
        firm_id=FIRM,
        invoice_id=INVOICE,
        credit_note_id=CreditNoteId("C1"),
        number="CN-0001",
        amount=amount,
        net=amount - tax,
        tax=tax,
        reason="too many hours",
        at=noon(on),
        by=JANE,
    )


def recorded_by_hand(
    amount: Money,
    parts: tuple[events.Part, ...] | None = None,
    *,
    payment_id: PaymentId = PAYMENT,
    method: Method = Method.CHECK,
    reference: str | None = None,
    client_id: ClientId = PATEL,
    on: date = TODAY,
    by: Actor = JANE,
) -> events.PaymentRecorded:
    parts = on_invoice(amount) if parts is None else parts
    return events.PaymentRecorded(
        firm_id=FIRM,
        payment_id=payment_id,
        client_id=client_id,
        amount=amount,
        invoice_ids=_invoice_ids(parts),
        method=method,
        parts=parts,
        reference=reference,
        at=noon(on),
        by=by,
    )


def initiated(
    amount: Money,
    parts: tuple[events.Part, ...] | None = None,
    *,
    payment_id: PaymentId = PAYMENT,
    method: Method = Method.CARD,
    initiator: Initiator = Initiator.CLIENT,
    client_id: ClientId = PATEL,
    on: date = TODAY,
    by: Actor = JANE,
) -> events.PaymentInitiated:
    parts = on_invoice(amount) if parts is None else parts
    return events.PaymentInitiated(
        firm_id=FIRM,
        payment_id=payment_id,
        client_id=client_id,
        amount=amount,
        invoice_ids=_invoice_ids(parts),
        method=method,
        initiator=initiator,
        parts=parts,
        at=noon(on),
        by=by,
    )


def completed(
    amount: Money,
    parts: tuple[events.Part, ...] | None = None,
    *,
    payment_id: PaymentId = PAYMENT,
    method: Method = Method.CARD,
    initiator: Initiator = Initiator.CLIENT,
    on: date = TODAY,
) -> events.PaymentCompleted:
    parts = on_invoice(amount) if parts is None else parts
    return events.PaymentCompleted(
        firm_id=FIRM,
        payment_id=payment_id,
        amount=amount,
        invoice_ids=_invoice_ids(parts),
        method=method,
        initiator=initiator,
        released=parts,
        parts=parts,
        at=noon(on),
        by=STRIPE,
    )


def returned(
    amount: Money,
    parts: tuple[events.Part, ...] | None = None,
    *,
    payment_id: PaymentId = PAYMENT,
    initiator: Initiator = Initiator.CLIENT,
    on: date = TODAY,
) -> events.PaymentReturned:
    parts = on_invoice(amount) if parts is None else parts
    return events.PaymentReturned(
        firm_id=FIRM,
        payment_id=payment_id,
        amount=amount,
        invoice_ids=_invoice_ids(parts),
        code="R01",
        initiator=initiator,
        parts=parts,
        unapplied=amount - Money.sum((part.amount for part in parts), amount.currency),
        at=noon(on),
        by=STRIPE,
    )


def dispute_opened(amount: Money, *, on: date = TODAY) -> events.DisputeOpened:
    return events.DisputeOpened(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=amount,
        invoice_ids=(INVOICE,),
        dispute=GatewayRef("stripe", None, "dp_1"),
        reason="fraudulent",
        at=noon(on),
        by=STRIPE,
    )


def dispute_won(amount: Money, *, on: date = TODAY) -> events.DisputeWon:
    return events.DisputeWon(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=amount,
        invoice_ids=(INVOICE,),
        dispute=GatewayRef("stripe", None, "dp_1"),
        at=noon(on),
        by=STRIPE,
    )


def dispute_lost(amount: Money, *, on: date = TODAY) -> events.DisputeLost:
    return events.DisputeLost(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=amount,
        invoice_ids=(INVOICE,),
        dispute=GatewayRef("stripe", None, "dp_1"),
        initiator=Initiator.CLIENT,
        parts=on_invoice(amount),
        unapplied=Money.zero(amount.currency),
        at=noon(on),
        by=STRIPE,
    )


def fee_of(amount: Money, basis: FeeBasis = FeeBasis.ACTUAL) -> Fee:
    return Fee(lines=(FeeLine(FeeKind.PROCESSING, amount),), basis=basis)


def fee_assessed(
    fee: Fee, replaces: Fee | None = None, *, payment_id: PaymentId = PAYMENT, on: date = TODAY
) -> events.FeeAssessed:
    return events.FeeAssessed(
        firm_id=FIRM,
        payment_id=payment_id,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        fee=fee,
        replaces=replaces,
        at=noon(on),
        by=STRIPE,
    )


def extra_fee(kind: FeeKind, amount: Money, *, on: date = TODAY) -> events.ExtraFeeCharged:
    return events.ExtraFeeCharged(
        firm_id=FIRM,
        payment_id=PAYMENT,
        amount=usd(100_00),
        invoice_ids=(INVOICE,),
        source="re_1",
        line=FeeLine(kind, amount),
        at=noon(on),
        by=STRIPE,
    )


def refunded(
    amount: Money,
    parts: tuple[events.Part, ...] | None = None,
    *,
    payment_id: PaymentId = PAYMENT,
    reason: RefundReason = RefundReason.DUPLICATE,
    is_external: bool = False,
    is_manual: bool = False,
    on: date = TODAY,
) -> events.RefundSucceeded:
    parts = on_invoice(amount) if parts is None else parts
    return events.RefundSucceeded(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=payment_id,
        amount=amount,
        invoice_ids=(INVOICE,),
        reason=reason,
        is_external=is_external,
        is_manual=is_manual,
        parts=parts,
        unapplied=amount - Money.sum((part.amount for part in parts), amount.currency),
        at=noon(on),
        by=JANE,
    )


def refund_failed(
    amount: Money, parts: tuple[events.Part, ...] | None = None, *, had_succeeded: bool = True, on: date = TODAY
) -> events.RefundFailed:
    parts = on_invoice(amount) if parts is None else parts
    return events.RefundFailed(
        firm_id=FIRM,
        refund_id=REFUND,
        payment_id=PAYMENT,
        amount=amount,
        invoice_ids=(INVOICE,),
        code="account_closed",
        had_succeeded=had_succeeded,
        is_external=False,
        is_manual=False,
        undone=parts if had_succeeded else (),
        parts=parts if had_succeeded else (),
        unapplied=amount - Money.sum((part.amount for part in parts), amount.currency),
        at=noon(on),
        by=STRIPE,
    )


def _invoice_ids(parts: Iterable[events.Part]) -> tuple[InvoiceId, ...]:
    return tuple(part.invoice_id for part in parts)
