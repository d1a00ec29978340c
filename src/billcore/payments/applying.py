"""Where the money of a payment lies: on which invoices how much, and what is left as the client's credit."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import BadMoney, InvalidTransition, NothingToApply, NotPayable, PaymentInFlight
from billcore.events import Part, PaymentApplied, PaymentUnapplied
from billcore.evolving import evolve
from billcore.ids import ClientId, InvoiceId
from billcore.invoices.guards import require_payable, whole_balance
from billcore.invoices.invoice import Invoice
from billcore.money import Money
from billcore.payments.payment import Payment

Allocation = tuple[Invoice, Money]
"""An invoice and how much of a payment goes onto it."""


def apply(
    payment: Payment, allocations: Sequence[Allocation], *, at: datetime, by: Actor
) -> tuple[Payment, PaymentApplied]:
    """Put client credit of a completed payment onto invoices; NothingToApply for more than there is."""
    _require_landed(payment, "apply")
    parts = parts_of(allocations, client_id=payment.client_id)
    wanted = Money.sum((part.amount for part in parts), payment.amount.currency)
    free = _free(payment)
    if wanted > free:
        raise NothingToApply(
            f"asked to apply {wanted}, only {free} of this payment is unapplied and not being refunded"
        )
    applied = evolve(payment, applications=merge(payment.applications, parts))
    return applied, PaymentApplied(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=wanted,
        invoice_ids=applied.invoice_ids,
        parts=parts,
        at=instant(at, "at"),
        by=by,
    )


def as_much_as_fits(payment: Payment, invoice: Invoice) -> Money:
    """What of the payment's credit *invoice* can take; NothingToApply or NotPayable where that is nothing."""
    _require_landed(payment, "apply")
    free = _free(payment)
    if not free.is_positive:
        raise NothingToApply("nothing of this payment is unapplied and not being refunded")
    return min(free, whole_balance(invoice))


def unapply(
    payment: Payment, invoice_id: InvoiceId, amount: Money, *, at: datetime, by: Actor
) -> tuple[Payment, PaymentUnapplied]:
    """Take *amount* off an invoice; it is the client's credit again."""
    _require_landed(payment, "unapply")
    there = on_invoice(payment.applications, invoice_id, payment.amount.currency)
    if there.is_zero:
        raise NothingToApply("nothing of this payment is on that invoice")
    if not amount.is_positive:
        raise BadMoney(f"asked to unapply {amount}; the amount must be above zero")
    if amount > there:
        raise NothingToApply(f"asked to unapply {amount}, only {there} of this payment is on that invoice")
    parts = (Part(invoice_id, amount),)
    unapplied = evolve(payment, applications=less(payment.applications, parts))
    return unapplied, PaymentUnapplied(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        parts=parts,
        at=instant(at, "at"),
        by=by,
    )


def onto_one(invoice: Invoice, amount: Money) -> list[Allocation]:
    """How *amount* for one invoice is allocated: all onto it, or where overpayments are taken, as much as fits.

    PaymentInFlight for an overpayment while money for the invoice waits on a gateway: what is over is not known yet.
    """
    takes_more = invoice.policy.allow_overpayment and invoice.is_open
    if not takes_more or amount <= invoice.balance:
        return [(invoice, amount)]
    if invoice.in_flight.is_positive:
        raise PaymentInFlight(
            f"asked for {amount}, of which {invoice.balance} fits while {invoice.in_flight} is waiting on a gateway; "
            f"wait for it, or cancel it first",
            invoice_id=invoice.id,
            lacking=(min(amount, invoice.owed) - invoice.balance).minor,
        )
    return [(invoice, invoice.balance)] if invoice.balance.is_positive else []


def require_none_awaiting(invoice: Invoice, payments: Iterable[Payment]) -> None:
    """Refuse with PaymentInFlight what means all of the invoice, also what is reserved until the client acts."""
    parts = (on_invoice(each.applications, invoice.id, invoice.currency) for each in payments if each.awaits_its_client)
    reserved = Money.sum(parts, invoice.currency)
    if reserved.is_positive:
        raise PaymentInFlight(
            f"{reserved} of the invoice waits for the client, on a page or at their bank; wait, or cancel it first",
            invoice_id=invoice.id,
            lacking=reserved.minor,
        )


def parts_of(allocations: Sequence[Allocation], *, client_id: ClientId) -> tuple[Part, ...]:
    """The allocations as parts, each checked: above zero, payable, of that client, no invoice twice."""
    seen: set[InvoiceId] = set()
    for invoice, amount in allocations:
        if invoice.client_id != client_id:
            raise NotPayable(f"invoice {invoice.id!r} is of another client; record one payment per client")
        if invoice.id in seen:
            raise NotPayable(f"invoice {invoice.id!r} is named twice; name it once with the sum")
        if not amount.is_positive:
            raise BadMoney(f"asked to pay {amount}; the amount must be above zero")
        require_payable(invoice, amount)
        seen.add(invoice.id)
    return tuple(Part(invoice.id, amount) for invoice, amount in allocations)


def fitting(parts: Sequence[Part], invoices: Mapping[InvoiceId, Invoice]) -> tuple[Part, ...]:
    """As much of *parts* as their invoices can take now; money that comes late or back is else the client's credit."""
    placed = []
    for part in parts:
        invoice = invoices[part.invoice_id]
        amount = min(part.amount, invoice.balance) if invoice.is_open else Money.zero(part.amount.currency)
        if amount.is_positive:
            placed.append(Part(part.invoice_id, amount))
    return tuple(placed)


def at_most(amount: Money, parts: Sequence[Part]) -> tuple[Part, ...]:
    """The first of *parts*, *amount* of them in all."""
    kept, rest = [], amount
    for part in parts:
        taken = min(part.amount, rest)
        if taken.is_positive:
            kept.append(Part(part.invoice_id, taken))
            rest -= taken
    return tuple(kept)


def taken_from(payment: Payment, amount: Money) -> tuple[tuple[Part, ...], Money]:
    """Where *amount* leaves the payment: the client's credit first, then the invoices, the one applied last first.

    Returns the parts and what comes off the credit. More than there is comes off the credit, which is then below
    zero: the client owes it (``Payment.overdrawn``). That happens only when a bank takes, or somebody refunds in the
    gateway's dashboard, what is given back besides.
    """
    zero = Money.zero(amount.currency)
    credit = min(max(payment.unapplied, zero), amount)
    parts = at_most(amount - credit, payment.applications[::-1])
    return parts, amount - Money.sum((part.amount for part in parts), amount.currency)


def merge(applications: Iterable[Part], more: Iterable[Part]) -> tuple[Part, ...]:
    """The applications with *more* added; what was applied last stands last."""
    amounts: dict[InvoiceId, Money] = {}
    for part in (*applications, *more):
        before = amounts.pop(part.invoice_id, None)
        amounts[part.invoice_id] = part.amount if before is None else before + part.amount
    return tuple(Part(invoice_id, amount) for invoice_id, amount in amounts.items())


def less(applications: Iterable[Part], parts: Iterable[Part]) -> tuple[Part, ...]:
    """The applications without *parts*."""
    amounts = {part.invoice_id: part.amount for part in applications}
    for part in parts:
        amounts[part.invoice_id] -= part.amount
    return tuple(Part(invoice_id, amount) for invoice_id, amount in amounts.items() if amount.is_positive)


def on_invoice(applications: Iterable[Part], invoice_id: InvoiceId, currency: str) -> Money:
    """How much of the applications lies on that invoice."""
    return Money.sum((part.amount for part in applications if part.invoice_id == invoice_id), currency)


def _free(payment: Payment) -> Money:
    return payment.unapplied - payment.refund_reserved


def _require_landed(payment: Payment, verb: str) -> None:
    if not payment.has_landed:
        raise InvalidTransition(f"cannot {verb} a payment that is {payment.state.value}; it must be completed")
