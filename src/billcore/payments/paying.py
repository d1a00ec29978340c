"""Money comes in: recorded by hand at once, or asked of a gateway and then pending, completed, failed or canceled."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from billcore.actors import Actor, Contact, Staff
from billcore.clients import Client, Firm
from billcore.dates import day, instant
from billcore.errors import (
    BadDate,
    BadMoney,
    CurrencyMismatch,
    InvalidTransition,
    MethodNotAllowed,
    NotPermitted,
    OnHold,
    ReasonRequired,
)
from billcore.events import (
    Part,
    PaymentActionRequired,
    PaymentCanceled,
    PaymentCompleted,
    PaymentFailed,
    PaymentInitiated,
    PaymentPending,
    PaymentRecorded,
    PaymentReviewed,
    PaymentReviewRequired,
)
from billcore.evolving import evolve
from billcore.ids import InvoiceId, MethodId, OperationId, PaymentId
from billcore.invoices.invoice import Invoice
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.applying import Allocation, fitting, parts_of
from billcore.payments.payment import LEGAL_MOVES, Payment, PaymentState
from billcore.reasons import Failure, Initiator
from billcore.texts import optional_text, text


def record(
    payment_id: PaymentId,
    *,
    firm: Firm,
    client: Client,
    amount: Money,
    allocations: Sequence[Allocation],
    method: Method,
    received_on: date | None = None,
    reference: str | None = None,
    notes: str = "",
    at: datetime,
    by: Actor,
) -> tuple[Payment, PaymentRecorded]:
    """Money received outside any gateway (S1.3, S1.8-S1.16, S3.24).

    What the allocations leave over is the client's credit.

    *received_on* defaults to today and may lie in the past. Refuses a method that the policy does not take by hand
    (S1.17), and everything that an invoice cannot take: NotPayable, PaymentInFlight, Overpayment.
    """
    on = instant(at, "at").date() if received_on is None else day(received_on, "date received")
    if on > at.date():
        raise BadDate(f"money cannot have been received on {on}, which is after today, {at.date()}")
    _require_manual(firm, method, reference)
    parts = _checked(amount, allocations, client)
    payment = _new(payment_id, firm, client, amount, parts, method, state=PaymentState.COMPLETED, received_on=on, at=at)
    payment = evolve(
        payment,
        reference=optional_text(reference, "reference", longest=200),
        notes=text(notes, "notes", longest=5000),
        completed_at=at,
    )
    return payment, PaymentRecorded(
        firm_id=firm.id,
        payment_id=payment_id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        client_id=client.id,
        method=method,
        parts=parts,
        reference=reference,
        at=at,
        on=on,
        by=by,
    )


def initiate(
    payment_id: PaymentId,
    *,
    firm: Firm,
    client: Client,
    amount: Money,
    allocations: Sequence[Allocation],
    method: Method,
    gateway: str,
    initiator: Initiator,
    method_id: MethodId | None = None,
    operation_id: OperationId,
    at: datetime,
    by: Actor,
) -> tuple[Payment, PaymentInitiated]:
    """Reserve *amount* on its invoices, before a gateway is asked (S1.22): whoever comes second for it is refused here.

    Staff may charge a saved method only where the policy lets them (C7); a contact pays as the client and in nobody
    else's name, or NotPermitted; auto-pay and back-fill keep off an invoice on hold.
    """
    if method_id is not None:
        require_may_charge(firm, by)
    if isinstance(by, Contact) and initiator in (Initiator.STAFF, Initiator.AUTOPAY):
        raise NotPermitted(f"a contact pays as the client, not as {initiator.value!r}; leave the initiator out")
    if initiator.is_collecting:
        for invoice, _ in allocations:
            if invoice.hold is not None:
                raise OnHold(f"collection of invoice {invoice.id!r} is on hold; release the hold first")
    parts = _checked(amount, allocations, client)
    payment = _new(
        payment_id, firm, client, amount, parts, method, state=PaymentState.CREATED, received_on=at.date(), at=at
    )
    payment = evolve(payment, initiator=initiator, method_id=method_id, operation_id=operation_id, gateway=gateway)
    return payment, PaymentInitiated(
        firm_id=firm.id,
        payment_id=payment_id,
        amount=amount,
        invoice_ids=payment.invoice_ids,
        client_id=client.id,
        method=method,
        initiator=initiator,
        parts=parts,
        at=at,
        by=by,
    )


def require_may_charge(firm: Firm, by: Actor) -> None:
    """Refuse staff who would charge a saved method where the policy leaves that to clients and auto-pay (C7, S1.17)."""
    # Asked of the person who does it, not of the initiator that they name; on a hosted page it is the client who pays.
    if isinstance(by, Staff) and not firm.policy.staff_can_charge_saved_method:
        raise MethodNotAllowed("this firm's policy lets clients and auto-pay charge saved methods, not staff")


def pend(payment: Payment, *, at: datetime, by: Actor) -> tuple[Payment, PaymentPending]:
    """The gateway has it (S1.23)."""
    pending = _moved(payment, PaymentState.PENDING)
    return evolve(pending, action_url=None), PaymentPending(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        at=instant(at, "at"),
        by=by,
    )


def require_action(
    payment: Payment, action_url: str | None, *, at: datetime, by: Actor
) -> tuple[Payment, PaymentActionRequired]:
    """The client must answer a challenge, at *action_url* where there is one; the amount stays reserved."""
    waiting = evolve(_moved(payment, PaymentState.REQUIRES_ACTION), action_url=action_url)
    return waiting, PaymentActionRequired(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        at=instant(at, "at"),
        by=by,
    )


def complete(
    payment: Payment, invoices: Mapping[InvoiceId, Invoice], *, at: datetime, by: Actor
) -> tuple[Payment, PaymentCompleted]:
    """The money is there (S1.23).

    Late money, after a failure, goes where it was meant as far as it fits, else to credit.
    """
    if payment.completed_at is not None:
        # A disputed payment completes again by winning, which moves no money.
        raise InvalidTransition(f"a payment that is {payment.state.value} was completed before; its money came once")
    completed = _moved(payment, PaymentState.COMPLETED)
    parts = payment.applications if payment.is_waiting else fitting(payment.intended, invoices)
    completed = evolve(
        completed,
        applications=parts,
        completed_at=instant(at, "at"),
        received_on=at.date(),
        failure=None,
        action_url=None,
    )
    return completed, PaymentCompleted(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=completed.invoice_ids,
        method=payment.method,
        initiator=_initiator(payment),
        released=payment.applications,  # Nothing, when it is late: a failure or a cancellation let go of it.
        parts=parts,
        at=at,
        by=by,
    )


def fail(payment: Payment, failure: Failure, *, at: datetime, by: Actor) -> tuple[Payment, PaymentFailed]:
    """It will not come: only when the gateway can no longer take it is the reservation lifted (S1.24)."""
    failed = evolve(_moved(payment, PaymentState.FAILED), applications=(), failure=failure, action_url=None)
    return failed, PaymentFailed(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        initiator=_initiator(payment),
        failure=failure,
        released=payment.applications,
        at=instant(at, "at"),
        by=by,
    )


def cancel(payment: Payment, *, reason: str, at: datetime, by: Actor) -> tuple[Payment, PaymentCanceled]:
    """Given up before it was completed; the balance is back."""
    canceled = evolve(_moved(payment, PaymentState.CANCELED), applications=(), action_url=None)
    return canceled, PaymentCanceled(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        initiator=_initiator(payment),
        reason=text(reason, "reason", longest=1000),
        released=payment.applications,
        at=instant(at, "at"),
        by=by,
    )


def require_review(payment: Payment, reason: str, *, at: datetime, by: Actor) -> tuple[Payment, PaymentReviewRequired]:
    """The gateway's word cannot be reconciled with ours: a person must look. What is reserved stays reserved."""
    if payment.needs_review:
        raise InvalidTransition("the payment waits for a review already")
    return evolve(payment, needs_review=True), PaymentReviewRequired(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        reason=text(reason, "reason", longest=200),
        at=instant(at, "at"),
        by=by,
    )


def review(payment: Payment, *, evidence: str, at: datetime, by: Staff) -> tuple[Payment, PaymentReviewed]:
    """A person looked and says how they know; what follows (complete, fail) are verbs of their own."""
    if not payment.needs_review:
        raise InvalidTransition("the payment does not wait for a review")
    if not text(evidence, "evidence", longest=2000).strip():
        raise ReasonRequired("say how you know: the gateway's id, a bank statement, who confirmed it")
    return evolve(payment, needs_review=False), PaymentReviewed(
        firm_id=payment.firm_id,
        payment_id=payment.id,
        amount=payment.amount,
        invoice_ids=payment.invoice_ids,
        evidence=evidence,
        at=instant(at, "at"),
        by=by,
    )


def _require_manual(firm: Firm, method: Method, reference: str | None) -> None:
    policy = firm.policy
    if not isinstance(method, Method):
        raise MethodNotAllowed(f"method must be one of Method, not {type(method).__name__}")
    if method not in policy.manual_methods:
        allowed = ", ".join(sorted(allowed.value for allowed in policy.manual_methods))
        raise MethodNotAllowed(
            f"{method.value} cannot be recorded by hand at this firm, only {allowed}; charge it through a gateway"
        )
    if method in policy.reference_required_for and not (reference or "").strip():
        raise ReasonRequired(f"this firm's policy requires a reference for {method.value}, such as the check's number")


def _checked(amount: Money, allocations: Sequence[Allocation], client: Client) -> tuple[Part, ...]:
    if not isinstance(amount, Money):
        raise BadMoney(f"the amount must be Money, not {type(amount).__name__}")
    if not amount.is_positive:
        raise BadMoney(f"asked to pay {amount}; the amount must be above zero")
    for invoice, part in allocations:
        if {invoice.currency, part.currency} != {amount.currency}:
            raise CurrencyMismatch(f"the payment is in {amount.currency}, the invoice in {invoice.currency}")
    parts = parts_of(allocations, client_id=client.id)
    applied = Money.sum((part.amount for part in parts), amount.currency)
    if applied > amount:
        raise BadMoney(f"asked to apply {applied} of a payment of {amount}")
    return parts


def _new(
    payment_id: PaymentId,
    firm: Firm,
    client: Client,
    amount: Money,
    parts: tuple[Part, ...],
    method: Method,
    *,
    state: PaymentState,
    received_on: date,
    at: datetime,
) -> Payment:
    zero = Money.zero(amount.currency)
    return Payment(
        id=payment_id,
        firm_id=firm.id,
        client_id=client.id,
        method=method,
        amount=amount,
        state=state,
        intended=parts,
        applications=parts,
        refunded=zero,
        refund_reserved=zero,
        taken_back=zero,
        received_on=received_on,
        created_at=instant(at, "at"),
    )


def _moved(payment: Payment, to: PaymentState) -> Payment:
    if to not in LEGAL_MOVES[payment.state]:
        allowed = ", ".join(sorted(state.value for state in LEGAL_MOVES[payment.state])) or "none"
        raise InvalidTransition(f"a payment cannot go from {payment.state.value} to {to.value}; allowed: {allowed}")
    return evolve(payment, state=to)


def _initiator(payment: Payment) -> Initiator:
    if payment.initiator is None:
        raise InvalidTransition("a payment recorded by hand has no gateway to wait for")
    return payment.initiator
