"""What banks do to completed payments: a dispute opened, won or lost, and a bank return.

Each moves the money where it now is.
"""

from datetime import datetime

from attrs import evolve

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import InvalidTransition
from billcore.events import DisputeLost, DisputeOpened, DisputeWon, PaymentReturned
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.applying import less, taken_from
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import LANDED, Dispute, Payment, PaymentState
from billcore.reasons import Initiator


def open_dispute(
    payment: Payment, ref: GatewayRef, amount: Money, *, reason: str = "", at: datetime, by: Actor
) -> tuple[Payment, DisputeOpened]:
    """The client contests what the gateway says, up to what no bank holds or took already.

    The gateway holds it, the invoice stays paid until the decision. Refunds do not lessen it: they may be heard of
    before or after, and the amount must be the same.
    """
    _require_landed(payment, "dispute")
    amount = min(amount, _not_taken(payment))
    dispute = Dispute(ref=ref, amount=amount, status=DisputeStatus.OPEN, reason=reason)
    disputed = evolve(payment, state=PaymentState.DISPUTED, disputes=(*payment.disputes, dispute))
    return disputed, DisputeOpened(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        reason=reason,
        at=instant(at, "at"),
        by=by,
    )


def win_dispute(payment: Payment, ref: GatewayRef, *, at: datetime, by: Actor) -> tuple[Payment, DisputeWon]:
    """The firm keeps the money."""
    dispute, won = _decided(payment, ref, DisputeStatus.WON)
    has_open = any(other.status is DisputeStatus.OPEN for other in won.disputes)
    if payment.state is PaymentState.DISPUTED and not has_open:
        won = evolve(won, state=PaymentState.COMPLETED)
    return won, DisputeWon(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=dispute.amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        at=instant(at, "at"),
        by=by,
    )


def lose_dispute(payment: Payment, ref: GatewayRef, *, at: datetime, by: Actor) -> tuple[Payment, DisputeLost]:
    """The bank gave the money to the client: off the credit first, then off the invoices, which are owed again."""
    dispute, lost = _decided(payment, ref, DisputeStatus.LOST)
    parts, unapplied = taken_from(payment, dispute.amount)
    lost = evolve(
        lost,
        state=PaymentState.CHARGED_BACK,
        applications=less(payment.applications, parts),
        taken_back=payment.taken_back + dispute.amount,
    )
    return lost, DisputeLost(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=dispute.amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        initiator=_initiator(payment),
        parts=parts,
        unapplied=unapplied,
        at=instant(at, "at"),
        by=by,
    )


def take_back(payment: Payment, code: str, *, at: datetime, by: Actor) -> tuple[Payment, PaymentReturned]:
    """A bank returned a completed debit: the whole of it is gone, and its invoices are owed again.

    What was refunded besides is then owed by the client, as credit below zero.
    """
    if payment.state is not PaymentState.COMPLETED:
        raise InvalidTransition(f"a payment that is {payment.state.value} cannot be returned by a bank")
    amount = _not_taken(payment)
    parts, unapplied = taken_from(payment, amount)
    returned = evolve(
        payment,
        state=PaymentState.RETURNED,
        applications=less(payment.applications, parts),
        taken_back=payment.taken_back + amount,
    )
    return returned, PaymentReturned(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        code=code,
        initiator=_initiator(payment),
        parts=parts,
        unapplied=unapplied,
        at=instant(at, "at"),
        by=by,
    )


def _not_taken(payment: Payment) -> Money:
    contested = (dispute.amount for dispute in payment.disputes if dispute.status is DisputeStatus.OPEN)
    return payment.amount - payment.taken_back - Money.sum(contested, payment.amount.currency)


def _decided(payment: Payment, ref: GatewayRef, status: DisputeStatus) -> tuple[Dispute, Payment]:
    for dispute in payment.disputes:
        if dispute.ref == ref and dispute.status is DisputeStatus.OPEN:
            decided = evolve(dispute, status=status)
            disputes = tuple(decided if other is dispute else other for other in payment.disputes)
            return dispute, evolve(payment, disputes=disputes)
    raise InvalidTransition(f"payment {payment.id} has no open dispute {ref.id}")


def _require_landed(payment: Payment, verb: str) -> None:
    if payment.state not in LANDED:
        raise InvalidTransition(f"cannot {verb} a payment that is {payment.state.value}; it must be completed")


def _initiator(payment: Payment) -> Initiator:
    if payment.initiator is None:
        raise InvalidTransition("a payment recorded by hand cannot be taken back by a gateway")
    return payment.initiator
