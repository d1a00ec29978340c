"""The refunds desk: money given back, through the gateway that took it or by hand."""

from attrs import frozen

from billcore.actors import Staff
from billcore.errors import NotPermitted, NotRefundable
from billcore.gateways import offering, require_refund
from billcore.ids import OperationId, PaymentId, RefundId
from billcore.kinds import of_kind
from billcore.payments import refunding
from billcore.payments.instruction import RefundCommand
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.permissions import Permission
from billcore.ports.gateway import RefundGateway
from billcore.reasons import RefundReason
from billcore.services.amounts import Amount, amount_in, written
from billcore.services.house import Desk, retried
from billcore.services.observing import PaymentBooks
from billcore.services.operations.driver import Driver
from billcore.services.requests import Asked, asked


@frozen(kw_only=True)
class RefundsDesk(Desk):
    """The refunds of one firm."""

    def issue(
        self,
        payment_id: PaymentId,
        amount: Amount | None = None,
        *,
        reason: RefundReason = RefundReason.REQUESTED_BY_CUSTOMER,
        note: str = "",
        through_gateway: bool = True,
        return_platform_fee: bool = False,
        request_id: str | None = None,
    ) -> Refund:
        """Give back *amount*, by default all that is left of the payment (S1.30-S1.35).

        A payment taken by a gateway is refunded there; with ``through_gateway=False`` the firm settles it by hand and
        it is only recorded (S3.39), as it always is for cash, checks and wires. Look at the refund's ``state``:
        succeeded, pending, failed with its ``failure_code``, or still requested while the gateway's answer is in
        doubt. What the gateway cannot do is UnsupportedByGateway before it is asked. With *return_platform_fee* the
        platform's part of the payment goes back as well.
        """
        self.require(Permission.EDIT)
        of_kind(through_gateway, bool, "through_gateway")
        of_kind(return_platform_fee, bool, "return_platform_fee")
        ask = asked(
            request_id,
            "refunds.issue",
            payment=payment_id,
            amount=written(amount),
            reason=str(reason),
            note=note,
            through_gateway=through_gateway,
            return_platform_fee=return_platform_fee,
        )
        refund = self._reserve(ask, payment_id, amount, reason, note, through_gateway, return_platform_fee)
        if refund.operation_id is None:
            return refund
        if refund.is_live and refund.succeeded_at is None:
            Driver(self.house).drive(self.firm_id, refund.operation_id)
        # What the command answers is part of the command: whoever may refund may know what became of it.
        with self.read() as work:
            return work.refunds.get(refund.id)

    @retried
    def resolve(self, refund_id: RefundId, *, has_arrived: bool, evidence: str) -> Refund:
        """Decide what no gateway could tell: a person has seen that the client got the money, or that they never will.

        Only for a refund whose operation waits for a person, else InvalidTransition. Only staff resolve, and *evidence*
        says how they know.
        """
        self.require(Permission.EDIT)
        of_kind(has_arrived, bool, "has_arrived")
        if not isinstance(self.by, Staff):
            raise NotPermitted("only a member of staff resolves a refund in doubt")
        with self.begin() as work:
            payment_id = work.refunds.peek(refund_id).payment_id
            books = PaymentBooks(self.house, work, payment_id, by=self.by)
            books.resolve_refund(refund_id, has_arrived=has_arrived, evidence=evidence, by=self.by)
            books.close()
            work.commit()
        return books.refunds[refund_id]

    def get(self, refund_id: RefundId) -> Refund:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.refunds.get(refund_id)

    def of_payment(self, payment_id: PaymentId) -> tuple[Refund, ...]:
        """All refunds of a payment, oldest first, failed ones too."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.payments.get(payment_id)
            return tuple(work.refunds.of_payment(payment_id))

    @retried
    def _reserve(
        self,
        ask: Asked,
        payment_id: PaymentId,
        amount: Amount | None,
        reason: RefundReason,
        note: str,
        through_gateway: bool,
        return_platform_fee: bool,
    ) -> Refund:
        """Reserve the amount on the payment; a refund by hand succeeds in the same transaction."""
        with self.begin() as work:
            books = PaymentBooks(self.house, work, payment_id, by=self.by)
            # Asked before the payment is locked, two at the same moment would both find it new.
            known = ask.result_in(work)
            if known is not None:
                return work.refunds.peek(RefundId(known))
            payment, at = books.payment, self.house.now_at(work.firm())
            is_external = payment.is_manual or not through_gateway
            wanted = payment.refundable if amount is None else amount_in(payment.amount.currency, amount)
            operation_id = None if is_external else OperationId(self.house.ids.new("op"))
            refund, books.payment, requested = refunding.request(
                RefundId(self.house.ids.new("ref")),
                payment,
                wanted,
                books.page.invoices,
                reason=reason,
                note=note,
                is_external=is_external,
                operation_id=operation_id,
                at=at,
                by=self.by,
            )
            if operation_id is None:
                refund, books.payment, succeeded = refunding.succeed(
                    refund, books.payment, books.page.invoices, at=at, by=self.by
                )
                refund = books.book_refund(refund, succeeded)
            else:
                work.operations.add(self._operation(refund, operation_id, payment, return_platform_fee))
                books.page.enter(requested)
            books.refunds[refund.id] = refund
            books.close()
            ask.remember(work, refund.id)
            work.commit()
        return books.refunds[refund.id]

    def _operation(
        self, refund: Refund, operation_id: OperationId, payment: Payment, return_platform_fee: bool
    ) -> Operation:
        ref = payment.ref
        if ref is None:
            raise NotRefundable("the payment is not known at its gateway; record the refund with through_gateway=False")
        gateway = offering(self.house.gateways.get(ref.gateway, ref.account), RefundGateway)
        at = refund.requested_at
        require_refund(gateway, payment, refund.amount, return_platform_fee=return_platform_fee, at=at)
        command = RefundCommand(
            operation_id=operation_id,
            firm_id=self.firm_id,
            refund_id=refund.id,
            payment=ref,
            amount=refund.amount,
            reason=refund.reason,
            return_platform_fee=return_platform_fee,
            created_at=refund.requested_at,
        )
        return Operation(
            id=operation_id,
            firm_id=self.firm_id,
            command=command,
            gateway=ref.gateway,
            account=ref.account,
            created_at=refund.requested_at,
        )
