"""A processor's fees: estimated at completion, actual when the gateway knows, and extra ones for trouble."""

from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import InvalidTransition
from billcore.events import ExtraFeeCharged, FeeAssessed
from billcore.evolving import evolve
from billcore.fees import Fee, FeeBasis, FeeLine
from billcore.payments.payment import ExtraFee, Payment


def assess(payment: Payment, fee: Fee, *, at: datetime, by: Actor) -> tuple[Payment, FeeAssessed]:
    """The fee became known (S1.40, S1.41): an estimate gives way to the gateway's word, which nothing replaces."""
    if payment.completed_at is None:
        raise InvalidTransition(f"a payment that is {payment.state.value} has no fee; it has one once it is completed")
    if payment.fee is not None and payment.fee.basis is FeeBasis.ACTUAL:
        raise InvalidTransition("the fee of this payment is known from the gateway; a further one is an extra fee")
    return evolve(payment, fee=fee), FeeAssessed(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        fee=fee,
        replaces=payment.fee,
        at=instant(at, "at"),
        by=by,
    )


def charge_extra(
    payment: Payment, source: str, line: FeeLine, *, at: datetime, by: Actor
) -> tuple[Payment, ExtraFeeCharged]:
    """A fee for a dispute, a bank return or a refund, once per *source* and kind; negative gives fees back."""
    if has_extra(payment, source, line):
        raise InvalidTransition(f"the {line.kind.value} fee for {source} is in the books already")
    charged = evolve(payment, extra_fees=(*payment.extra_fees, ExtraFee(source=source, line=line)))
    return charged, ExtraFeeCharged(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        source=source,
        line=line,
        at=instant(at, "at"),
        by=by,
    )


def has_extra(payment: Payment, source: str, line: FeeLine) -> bool:
    """Whether that fee is booked."""
    return any(extra.source == source and extra.line.kind is line.kind for extra in payment.extra_fees)
