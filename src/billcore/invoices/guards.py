"""The refusals that several stages share; each is raised before anything changes."""

from billcore.errors import (
    InvalidTransition,
    NotPayable,
    Overpayment,
    PaymentInFlight,
    ReasonRequired,
)
from billcore.invoices.invoice import Invoice
from billcore.money import Money
from billcore.texts import text


def require_draft(invoice: Invoice, verb: str) -> None:
    """Refuse with InvalidTransition what only a draft allows (S3.18)."""
    if not invoice.is_draft:
        state = "void" if invoice.is_void else "issued"
        raise InvalidTransition(
            f"cannot {verb} an invoice that is {state}; only a draft can change, correct it by a credit note or void it"
        )


def require_open(invoice: Invoice, verb: str) -> None:
    """Refuse with InvalidTransition what needs an issued invoice that is not void."""
    if invoice.is_draft:
        raise InvalidTransition(f"cannot {verb} a draft; issue it first")
    if invoice.is_void:
        raise InvalidTransition(f"cannot {verb} a void invoice; void is final")


def require_payable(invoice: Invoice, amount: Money) -> None:
    """Refuse money that the invoice cannot take: NotPayable, PaymentInFlight or Overpayment (S3.31)."""
    _require_can_take_money(invoice)
    if amount > invoice.balance:
        if invoice.in_flight.is_positive and amount <= invoice.owed:
            raise PaymentInFlight(
                f"asked for {amount}, but {invoice.in_flight} of the {invoice.owed} owed is waiting on a gateway "
                f"and only {invoice.balance} is left; wait for it, or cancel it first",
                invoice_id=invoice.id,
                lacking=(amount - invoice.balance).minor,
            )
        raise Overpayment(f"asked for {amount}, only {invoice.balance} is left to pay")


def whole_balance(invoice: Invoice) -> Money:
    """All that can still be paid (S1.8); NotPayable where that is nothing, PaymentInFlight where it is on its way."""
    _require_can_take_money(invoice)
    if invoice.balance.is_positive:
        return invoice.balance
    if invoice.in_flight.is_positive:
        raise PaymentInFlight(
            f"nothing is left to pay: {invoice.in_flight} is waiting on a gateway; wait for it, or cancel it first",
            invoice_id=invoice.id,
            lacking=1,
        )
    raise NotPayable("nothing is left to pay on this invoice")


def required_reason(reason: str, *, is_required: bool) -> str:
    """The reason, checked; ReasonRequired where the policy asks for one and there is none (S3.34)."""
    text(reason, "reason", longest=1000)
    if is_required and not reason.strip():
        raise ReasonRequired("this firm's policy requires a reason; say why in a few words")
    return reason


def _require_can_take_money(invoice: Invoice) -> None:
    if invoice.is_draft:
        raise NotPayable("cannot pay a draft; issue the invoice first")
    if invoice.is_void:
        raise NotPayable("cannot pay a void invoice")
