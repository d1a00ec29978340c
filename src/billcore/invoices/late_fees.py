"""Late fees: what the policy of an invoice adds to it once it is past due (S3.28).

Its content stays as it was issued (S3.18): a fee is a fact added after issue, one for each step of the rule, and it is
waived rather than credited.
"""

from datetime import date, datetime

from billcore.actors import Actor
from billcore.dates import day, instant
from billcore.decimals import Rounding
from billcore.errors import InvalidTransition, NotFound
from billcore.events import LateFeeAssessed, LateFeeWaived
from billcore.evolving import evolve
from billcore.invoices.crediting import require_lowerable
from billcore.invoices.guards import require_open, required_reason
from billcore.invoices.invoice import Invoice, LateFee
from billcore.invoices.settling import settle
from billcore.money import Money
from billcore.policy import LateFeeRule


def next_fee(invoice: Invoice, on: date) -> LateFee | None:
    """The next fee that is due on the firm's day *on* and not on the invoice yet; None where there is none."""
    fee = _coming(invoice)
    return None if fee is None or fee.on > on else evolve(fee, on=on)


def due_from(invoice: Invoice) -> date | None:
    """The day from which the next fee is due, as the invoice stands; None where none will be.

    It follows from the invoice alone: the rule is the policy's under which it was issued, whatever the firm's is now.
    So a store can keep the day beside the invoice, and find what bears a fee without reading all that is overdue.
    """
    fee = _coming(invoice)
    return None if fee is None else fee.on


def assess(invoice: Invoice, *, on: date, at: datetime, by: Actor) -> tuple[Invoice, LateFeeAssessed] | None:
    """Add the next fee that is due on that day; None where none is, so that a repetition adds nothing."""
    fee = next_fee(invoice, day(on, "on"))
    if fee is None or invoice.policy.late_fee is None:
        return None
    event = LateFeeAssessed(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        rule=fee.rule,
        step=fee.step,
        amount=fee.amount,
        reason=invoice.policy.late_fee.reason,
        at=instant(at, "at"),
        on=on,
        by=by,
    )
    return settle(invoice, event), event


def waive(invoice: Invoice, step: int, *, reason: str, at: datetime, by: Actor) -> tuple[Invoice, LateFeeWaived]:
    """Take the fee of that step back, for good: it is never assessed again.

    Refuses with NotFound a step without a fee, with InvalidTransition one that is waived, and with OverCredit or
    PaymentInFlight one that is paid: refund or unapply the money first.
    """
    require_open(invoice, "waive a late fee of")
    fee = next((fee for fee in invoice.late_fees if type(step) is int and fee.step == step), None)
    if fee is None:
        raise NotFound("no late fee of this step on the invoice; its late_fees say which there are")
    if fee.waived_at is not None:
        raise InvalidTransition(f"the late fee of step {fee.step} is waived already")
    require_lowerable(invoice, fee.amount, "waive")
    event = LateFeeWaived(
        firm_id=invoice.firm_id,
        invoice_id=invoice.id,
        rule=fee.rule,
        step=fee.step,
        amount=fee.amount,
        reason=required_reason(reason, is_required=False),
        at=instant(at, "at"),
        by=by,
    )
    return settle(invoice, event), event


def _coming(invoice: Invoice) -> LateFee | None:
    """The next fee, on the day on which it falls.

    Its base is the balance without earlier fees: no fee on a fee, and none while money in flight covers the rest (C10)
    or collection is on hold (C5). Steps that fell into a hold are let go.
    """
    rule = invoice.policy.late_fee
    if rule is None or invoice.issue is None or invoice.hold is not None:
        return None
    base = invoice.balance - invoice.sums.late_fees
    if not base.is_positive or rule.currency not in (None, invoice.currency):
        return None
    step = _next_step(invoice, rule, invoice.issue.due_on)
    falls_on = rule.falls_on(step, invoice.issue.due_on)
    if falls_on is None:
        return None
    amount = _amount(invoice, rule, base)
    return LateFee(rule=rule.name, step=step, amount=amount, on=falls_on) if amount.is_positive else None


def _next_step(invoice: Invoice, rule: LateFeeRule, due_on: date) -> int:
    """The step after the last fee, and after the last hold."""
    after_fees = 1 + max((fee.step for fee in invoice.late_fees), default=0)
    if invoice.held_until is None:
        return after_fees
    return max(after_fees, 1 + rule.steps_until(invoice.held_until, due_on))


def _amount(invoice: Invoice, rule: LateFeeRule, base: Money) -> Money:
    """The fee on *base*, or what the cap leaves of it; what was waived counts, or a waiver would make room for more."""
    amount = rule.amount if rule.percent is None else base.percent(rule.percent, Rounding.HALF_UP)
    if amount is None:
        return Money.zero(invoice.currency)
    if rule.cap is None:
        return amount
    return min(amount, rule.cap - Money.sum((fee.amount for fee in invoice.late_fees), invoice.currency))
