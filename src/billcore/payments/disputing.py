"""What banks do to completed payments: an inquiry, a dispute opened, won or lost, and a bank return.

All but an inquiry move the money where it now is. Each is booked for what the gateway says, once for its reference and
whatever was refunded or taken besides: which of two was heard of first must make no difference. What was taken beyond
the payment is owed by the client, as credit below zero (``Payment.overdrawn``).
"""

from datetime import datetime

from billcore.actors import Actor
from billcore.dates import instant
from billcore.errors import InvalidTransition
from billcore.events import DisputeLost, DisputeOpened, DisputeWon, InquiryClosed, InquiryOpened, PaymentReturned
from billcore.evolving import evolve
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.applying import less, taken_from
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import Dispute, Payment, PaymentState
from billcore.reasons import Initiator


def open_inquiry(
    payment: Payment, ref: GatewayRef, amount: Money, *, reason: str = "", at: datetime, by: Actor
) -> tuple[Payment, InquiryOpened]:
    """The client's bank asks, and may contest it later: no money moves, and the payment can still be refunded."""
    _require_completed(payment, "inquire about")
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
    """The client contests *amount*: the gateway holds it, the invoice stays paid until the decision.

    A payment of which a bank took all can be contested once more, and stays what it is. An inquiry of the same
    reference becomes the dispute.
    """
    _require_completed(payment, "dispute")
    dispute = Dispute(ref=ref, amount=amount, status=DisputeStatus.OPEN, reason=reason)
    others = tuple(other for other in payment.disputes if other.ref != ref)
    disputed = evolve(payment, disputes=(*others, dispute))
    return evolve(disputed, state=_standing(disputed)), DisputeOpened(
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

    What was refunded or taken besides is then owed by the client, as credit below zero.
    """
    _require_completed(payment, "return")
    if payment.state is PaymentState.RETURNED:
        raise InvalidTransition("the bank returned this payment already")
    amount = payment.amount
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


def _standing(payment: Payment) -> PaymentState:
    """Where a completed payment stands by what banks hold and took of it; a return stays one whatever else comes."""
    if payment.state is PaymentState.RETURNED:
        return payment.state
    # Not by what was refunded: that may be heard of before or after, and the end must be the same.
    if payment.taken_back >= payment.amount:
        return PaymentState.CHARGED_BACK
    is_contested = any(dispute.status is DisputeStatus.OPEN for dispute in payment.disputes)
    return PaymentState.DISPUTED if is_contested else PaymentState.COMPLETED


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


def _require_completed(payment: Payment, verb: str) -> None:
    if payment.completed_at is None:
        raise InvalidTransition(f"cannot {verb} a payment that is {payment.state.value}; it must be completed")


def _initiator(payment: Payment) -> Initiator:
    if payment.initiator is None:
        raise InvalidTransition("a payment recorded by hand cannot be taken back by a gateway")
    return payment.initiator
