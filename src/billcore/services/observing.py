"""Take a gateway's word into the books: the one way, for answers to calls, for webhooks and for recovery alike.

All of it is one transaction: payment, refunds, credit notes, invoices, operations and events agree, or nothing was
heard.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from billcore.actors import Actor, Staff
from billcore.clients import Firm
from billcore.errors import InvalidTransition
from billcore.events import Event, RefundSucceeded
from billcore.evolving import evolve
from billcore.fees import Fee, FeeBasis
from billcore.gateways import offering
from billcore.ids import CreditNoteId, FirmId, InvoiceId, PaymentId, RefundId
from billcore.invoices import crediting
from billcore.money import Money
from billcore.payments import fee_keeping, paying, refunding
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundSnapshot, RefundStatus
from billcore.payments.observing import (
    advance,
    advance_contest,
    advance_refund,
    contradiction,
    doubt,
    is_another,
    judged,
    refund_of,
)
from billcore.payments.operation import Operation, OperationState, move
from billcore.payments.payment import Payment, Refund, RefundState
from billcore.ports.gateway import ChargeGateway, GatewayEvent
from billcore.ports.store import UnitOfWork
from billcore.reasons import Failure, RefundReason, Retry
from billcore.services.booking import Page
from billcore.services.cancellation import asked_to_cancel
from billcore.services.house import House, retried

FEE_AWAITED_FOR = timedelta(days=7)
"""A fee that the gateway does not tell within a week is left unknown, or as the firm's schedule estimates it."""


class Observing:
    """Applies what gateways tell."""

    def __init__(self, house: House) -> None:
        self._house = house

    def payment(
        self,
        firm_id: FirmId,
        payment_id: PaymentId,
        seen: PaymentSnapshot,
        *,
        by: Actor,
        heard: GatewayEvent | None = None,
    ) -> Payment:
        """The payment after everything that *seen* tells; with *heard*, once for that event and never again.

        What contradicts our books may only be late: the gateway is read once more, and what it says then goes to a
        review.
        """
        taken = self._take(firm_id, payment_id, seen, by, heard, is_news=False)
        if taken is not None:
            return taken
        gateway = offering(self._house.gateway(seen.ref.gateway, seen.ref.account), ChargeGateway)
        self._take(firm_id, payment_id, gateway.get_payment(seen.ref), by, heard, is_news=True)
        with self._house.store.read(firm_id) as work:
            return work.payments.peek(payment_id)

    @retried
    def _take(
        self,
        firm_id: FirmId,
        payment_id: PaymentId,
        seen: PaymentSnapshot,
        by: Actor,
        heard: GatewayEvent | None,
        *,
        is_news: bool,
    ) -> Payment | None:
        """None, and nothing taken, where *seen* contradicts our books and may be older than they are."""
        with self._house.store.begin(firm_id) as work:
            if heard is not None and not work.hear(heard):
                return work.payments.peek(payment_id)
            books = PaymentBooks(self._house, work, payment_id, by=by)
            if not books.payment.needs_review and (reason := books.contradiction(seen)) is not None:
                if not is_news:
                    return None
                books.require_review(reason)
            books.take(seen)
            books.close()
            work.commit()
        return books.payment


class PaymentBooks:
    """A payment with all that hangs on it, in one unit of work: locked together, changed together, saved once."""

    def __init__(self, house: House, work: UnitOfWork, payment_id: PaymentId, *, by: Actor) -> None:
        self._house, self._work, self._by = house, work, by
        self._firm: Firm = work.firm()
        self._at: datetime = house.now_at(self._firm)
        self.payment: Payment = work.payments.get(payment_id)
        self.refunds: dict[str, Refund] = {refund.id: refund for refund in work.refunds.of_payment(payment_id)}
        self.page = Page(work, self._invoices_of(self.payment, self.refunds.values()))
        self._stored_payment = self.payment
        self._stored_refunds = dict(self.refunds)

    def contradiction(self, seen: PaymentSnapshot) -> str | None:
        """What our books say is over and *seen* denies; what we had canceled there is canceled as it should be."""
        if seen.status is PaymentStatus.CANCELED and asked_to_cancel(self._work, self._operation()) is not None:
            return None
        return contradiction(self.payment, self.refunds, seen)

    def require_review(self, reason: str) -> None:
        """A person must look, before anything new is tried with this payment."""
        self._step(*paying.require_review(self.payment, reason, at=self._at, by=self._by))

    def take(self, seen: PaymentSnapshot) -> None:
        """Step forward until the books know all that *seen* tells; in any order of arrivals the end is the same."""
        operation = self._operation()
        if is_another(self.payment, operation, seen):
            if step := doubt(self.payment, seen, at=self._at, by=self._by):
                self._step(*step)
            return
        seen = judged(operation, seen)
        if self.payment.ref != seen.ref:
            self.payment = evolve(self.payment, ref=seen.ref)
        is_unfinished = self.payment.completed_at is None
        if self.payment.is_on_a_page and self.payment.method is not seen.method and is_unfinished:
            self.payment = evolve(self.payment, method=seen.method)
        canceled = asked_to_cancel(self._work, operation) if seen.status is PaymentStatus.CANCELED else None
        while step := advance(self.payment, seen, self.page.invoices, canceled=canceled, at=self._at, by=self._by):
            self._step(*step)
        self._estimate_fee()
        if self.payment.completed_at is not None:
            for refund_seen in sorted(seen.refunds, key=lambda refund: (refund.created_at, refund.ref.id)):
                self.take_refund(refund_seen)
        while step := advance_contest(self.payment, seen, at=self._at, by=self._by):
            self._step(*step)
        if operation is not None:
            state = OperationState.PENDING if self._awaits_fee(operation) else _state_of(seen.status)
            self._save_operation(operation, state, seen)

    def _awaits_fee(self, operation: Operation) -> bool:
        """Completed, and its fee is not told yet: recovery looks again for a while (a webhook may be lost)."""
        payment = self.payment
        if payment.completed_at is None or (payment.fee is not None and payment.fee.basis is FeeBasis.ACTUAL):
            return False
        gateway = self._house.gateways.get(operation.gateway, operation.account)
        return gateway.capabilities.tells_fees and self._at - payment.completed_at < FEE_AWAITED_FOR

    def take_refund(self, seen: RefundSnapshot) -> None:
        """The same for one refund; one that was made in the gateway's dashboard is taken into the books first."""
        refund = refund_of(self.refunds, seen) or self._foreign(seen)
        if refund.ref is None:
            refund = evolve(refund, ref=seen.ref)
        if seen.status is RefundStatus.FAILED and refund.state is RefundState.SUCCEEDED:
            self._reverse_credit_notes(refund)
        while step := advance_refund(refund, self.payment, seen, self.page.invoices, at=self._at, by=self._by):
            refund, self.payment, event = step
            refund = self.book_refund(refund, event)
        self.refunds[refund.id] = refund
        if refund.operation_id is not None:
            operation = self._work.operations.get(refund.operation_id)
            state = _refund_operation_state(refund.state)
            # What stays pending keeps its rest; a move would end it.
            if not operation.is_done and (operation.state, operation.ref) != (state, seen.ref):
                self._work.operations.save(move(operation, state, at=self._at, ref=seen.ref))

    def book_refund(self, refund: Refund, event: Event) -> Refund:
        """Book a refund's event, with the credit notes that the policy writes on success (C4)."""
        if not isinstance(event, RefundSucceeded):
            self.page.enter(event)
            return refund
        credited = {
            part.invoice_id: crediting.credit_for_refund(self.page.invoices[part.invoice_id], part.amount)
            for part in event.parts
        }
        self.page.enter(event)
        for invoice_id, amount in credited.items():
            if amount.is_positive:
                refund = self._credit(refund, invoice_id, amount)
        return refund

    def resolve(self, *, has_arrived: bool, evidence: str, by: Staff) -> None:
        """What a person found out about a payment that waits for one; it is completed or failed by the usual verbs."""
        operation = self._operation()
        if not self.payment.needs_review and operation is not None and operation.needs_review:
            reason = "the gateway cannot say what happened"
            self._step(*paying.require_review(self.payment, reason, at=self._at, by=by))
        self._step(*paying.review(self.payment, evidence=evidence, at=self._at, by=by))
        if self.payment.completed_at is not None or not (has_arrived or self.payment.is_waiting):
            return
        if has_arrived:
            # Also where it failed or was canceled in our books meanwhile: money that came is never dropped.
            self._step(*paying.complete(self.payment, self.page.invoices, at=self._at, by=by))
        else:
            failure = Failure(code="resolved_as_failed", retry=Retry.NEW_METHOD)
            self._step(*paying.fail(self.payment, failure, at=self._at, by=by))
        state = OperationState.SUCCEEDED if has_arrived else OperationState.REJECTED
        if operation is not None and operation.state is not state and (has_arrived or not operation.is_done):
            self._work.operations.save(move(operation, state, at=self._at))

    def resolve_refund(self, refund_id: RefundId, *, has_arrived: bool, evidence: str, by: Staff) -> None:
        """The same for a refund: its payment carries the evidence, and the usual verbs do the rest."""
        refund = self.refunds[refund_id]
        operation = None if refund.operation_id is None else self._work.operations.get(refund.operation_id)
        if operation is None or not operation.needs_review:
            raise InvalidTransition("the refund does not wait for a person; its gateway tells what became of it")
        if not self.payment.needs_review:
            reason = "the gateway cannot say whether it was refunded"
            self._step(*paying.require_review(self.payment, reason, at=self._at, by=by))
        self._step(*paying.review(self.payment, evidence=evidence, at=self._at, by=by))
        event: Event
        if has_arrived:
            refund, self.payment, event = refunding.succeed(
                refund, self.payment, self.page.invoices, at=self._at, by=by
            )
        else:
            refund, self.payment, event = refunding.fail(
                refund, self.payment, self.page.invoices, code="resolved_as_failed", at=self._at, by=by
            )
        self.refunds[refund_id] = self.book_refund(refund, event)
        state = OperationState.SUCCEEDED if has_arrived else OperationState.REJECTED
        self._work.operations.save(move(operation, state, at=self._at))

    def _operation(self) -> Operation | None:
        """What asked for the payment; None where it was recorded by hand."""
        operation_id = self.payment.operation_id
        return None if operation_id is None else self._work.operations.get(operation_id)

    def close(self) -> None:
        """Write what changed into the unit of work; the caller commits."""
        self.page.close()
        if self.payment is not self._stored_payment:
            self.payment = self._work.payments.save(self.payment)
        for refund_id, refund in self.refunds.items():
            if refund_id not in self._stored_refunds:
                self.refunds[refund_id] = self._work.refunds.add(refund)
            elif refund is not self._stored_refunds[refund_id]:
                self.refunds[refund_id] = self._work.refunds.save(refund)

    def _step(self, payment: Payment, event: Event) -> None:
        self.payment = payment
        self.page.enter(event)

    def _estimate_fee(self) -> None:
        """Where the gateway does not tell its fee (yet), the firm's own schedule estimates it (S1.40)."""
        payment = self.payment
        if payment.completed_at is None or payment.fee is not None or payment.is_manual:
            return
        fee: Fee | None = self._firm.fee_schedule.estimate(payment.method, payment.amount)
        if fee is not None:
            self._step(*fee_keeping.assess(payment, fee, at=self._at, by=self._by))

    def _foreign(self, seen: RefundSnapshot) -> Refund:
        refund, self.payment = refunding.reserve(
            RefundId(self._house.ids.new("ref")),
            self.payment,
            seen.amount,
            reason=RefundReason.OTHER,
            note="made in the gateway's own dashboard",
            is_foreign=True,
            ref=seen.ref,
            at=self._at,
        )
        return refund

    def _reverse_credit_notes(self, refund: Refund) -> None:
        # Before the money is put back, so that the invoice can take it again; a void invoice takes nothing.
        for credit_note_id in refund.credit_note_ids:
            note = self._work.credit_notes.get(credit_note_id)
            if self.page.invoices[note.invoice_id].is_open:
                note, event = crediting.reverse_credit(note, at=self._at, by=self._by)
                self._work.credit_notes.save(note)
                self.page.enter(event)

    def _credit(self, refund: Refund, invoice_id: InvoiceId, amount: Money) -> Refund:
        note, event = crediting.credit(
            self.page.invoices[invoice_id],
            amount,
            credit_note_id=CreditNoteId(self._house.ids.new("crn")),
            number=self._work.next_number(self._firm.credit_note_series),
            reason="refunded",
            refund_id=refund.id,
            at=self._at,
            by=self._by,
        )
        self._work.credit_notes.add(note)
        self.page.enter(event)
        return refunding.with_credit_note(refund, note.id)

    def _save_operation(self, operation: Operation, state: OperationState | None, seen: PaymentSnapshot) -> None:
        # A checkout's operation is about its page, whose reference it keeps.
        ref = operation.ref or seen.ref
        if state is None or operation.state is OperationState.SUCCEEDED:
            return
        if operation.state is state and operation.ref == ref:
            return
        if operation.state is OperationState.REJECTED and state is not OperationState.SUCCEEDED:
            return
        moved = move(operation, state, at=self._at, ref=ref)
        self._work.operations.save(evolve(moved, last_error=None))

    def _invoices_of(self, payment: Payment, refunds: Iterable[Refund]) -> set[InvoiceId]:
        ids = set(payment.invoice_ids)
        for refund in refunds:
            ids.update(part.invoice_id for part in refund.parts)
        return ids


def _state_of(status: PaymentStatus) -> OperationState | None:
    match status:
        case PaymentStatus.SUCCEEDED:
            return OperationState.SUCCEEDED
        case PaymentStatus.FAILED | PaymentStatus.CANCELED:
            return OperationState.REJECTED
        case PaymentStatus.PENDING | PaymentStatus.REQUIRES_ACTION:
            return OperationState.PENDING
        case PaymentStatus.OPEN:
            # It exists and nothing moves: whoever drives the operation confirms or cancels it.
            return None


def _refund_operation_state(state: RefundState) -> OperationState:
    match state:
        case RefundState.REQUESTED | RefundState.PENDING:
            return OperationState.PENDING
        case RefundState.SUCCEEDED:
            return OperationState.SUCCEEDED
        case RefundState.FAILED | RefundState.CANCELED:
            return OperationState.REJECTED
