"""What banks do to completed payments: an inquiry, a dispute opened, won or lost, and a bank return.

All but an inquiry move the money where it now is.
"""

from datetime import datetime

from attrs import evolve

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import InvalidTransition
from billcore.events import DisputeLost, DisputeOpened, DisputeWon, InquiryClosed, InquiryOpened, PaymentReturned
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.applying import less, taken_from
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import LANDED, Dispute, Payment, PaymentState
from billcore.reasons import Initiator


def open_inquiry(
    payment: Payment, ref: GatewayRef, amount: Money, *, reason: str = "", at: datetime, by: Actor
) -> tuple[Payment, InquiryOpened]:
    """The client's bank asks, and may contest it later: no money moves, and the payment can still be refunded."""
    _require_landed(payment, "inquire about")
    asked = Dispute(ref=ref, amount=amount, status=DisputeStatus.INQUIRY, reason=reason)
    return evolve(payment, disputes=(*payment.disputes, asked)), InquiryOpened(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        reason=reason,
        at=instant(at, "at"),
        by=by,
    )


def close_inquiry(payment: Payment, ref: GatewayRef, *, at: datetime, by: Actor) -> tuple[Payment, InquiryClosed]:
    """The bank was answered, or the payment refunded: nothing is contested."""
    asked, closed = _decided(payment, ref, DisputeStatus.CLOSED, of=DisputeStatus.INQUIRY)
    return closed, InquiryClosed(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=asked.amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        at=instant(at, "at"),
        by=by,
    )


def open_dispute(
    payment: Payment, ref: GatewayRef, amount: Money, *, reason: str = "", at: datetime, by: Actor
) -> tuple[Payment, DisputeOpened]:
    """The client contests what the gateway says, up to what no bank holds or took already.

    The gateway holds it, the invoice stays paid until the decision. Refunds do not lessen it: they may be heard of
    before or after, and the amount must be the same. An inquiry of the same reference becomes the dispute.
    """
    _require_landed(payment, "dispute")
    amount = min(amount, _not_taken(payment))
    dispute = Dispute(ref=ref, amount=amount, status=DisputeStatus.OPEN, reason=reason)
    others = tuple(other for other in payment.disputes if other.ref != ref)
    disputed = evolve(payment, state=PaymentState.DISPUTED, disputes=(*others, dispute))
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
    return evolve(won, state=_standing(won)), DisputeWon(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=dispute.amount,
        invoice_ids=payment.invoice_ids,
        dispute=ref,
        at=instant(at, "at"),
        by=by,
    )


def lose_dispute(payment: Payment, ref: GatewayRef, *, at: datetime, by: Actor) -> tuple[Payment, DisputeLost]:
    """The bank gave the money to the client: off the credit first, then off the invoices, which are owed again.

    A payment of which a part is left stays completed, and that part can be refunded.
    """
    dispute, lost = _decided(payment, ref, DisputeStatus.LOST)
    parts, unapplied = taken_from(payment, dispute.amount)
    lost = evolve(lost, applications=less(payment.applications, parts), taken_back=payment.taken_back + dispute.amount)
    return evolve(lost, state=_standing(lost)), DisputeLost(
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


def _standing(payment: Payment) -> PaymentState:
    """Where a payment stands once a dispute is decided; what a bank took already stays taken."""
    if payment.state is not PaymentState.DISPUTED:
        return payment.state
    if any(dispute.status is DisputeStatus.OPEN for dispute in payment.disputes):
        return PaymentState.DISPUTED
    # Not by what was refunded: that may be heard of before or after, and the end must be the same.
    return PaymentState.CHARGED_BACK if payment.taken_back == payment.amount else PaymentState.COMPLETED


def _decided(
    payment: Payment, ref: GatewayRef, status: DisputeStatus, *, of: DisputeStatus = DisputeStatus.OPEN
) -> tuple[Dispute, Payment]:
    for dispute in payment.disputes:
        if dispute.ref == ref and dispute.status is of:
            decided = evolve(dispute, status=status)
            disputes = tuple(decided if other is dispute else other for other in payment.disputes)
            return dispute, evolve(payment, disputes=disputes)
    what = "open dispute" if of is DisputeStatus.OPEN else of.value
    raise InvalidTransition(f"payment {payment.id} has no {what} {ref.id}")


def _require_landed(payment: Payment, verb: str) -> None:
    if payment.state not in LANDED:
        raise InvalidTransition(f"cannot {verb} a payment that is {payment.state.value}; it must be completed")


def _initiator(payment: Payment) -> Initiator:
    if payment.initiator is None:
        raise InvalidTransition("a payment recorded by hand cannot be taken back by a gateway")
    return payment.initiator
