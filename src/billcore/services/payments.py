"""The payments desk: money recorded by hand, charged through a gateway, applied and unapplied."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from attrs import frozen

from billcore.actors import Contact, Staff, System
from billcore.errors import BadMoney, NotPermitted
from billcore.ids import ClientId, InvoiceId, MethodId, PaymentId
from billcore.kinds import each_of_kind, of_kind
from billcore.methods import Method
from billcore.money import Money
from billcore.payments import applying
from billcore.payments.payment import Payment
from billcore.permissions import Permission
from billcore.reasons import Initiator
from billcore.reports.payment_history import HistoryRow, payment_history
from billcore.services.amounts import Amount, amount_in, written
from billcore.services.booking import Page
from billcore.services.canceling import cancel_payment
from billcore.services.house import Desk, retried
from billcore.services.making_way import makes_way, making_way
from billcore.services.operations.driver import Driver
from billcore.services.requests import asked
from billcore.services.reserving import Reserving
from billcore.services.resolving import Resolution
from billcore.texts import text


@frozen(kw_only=True)
class PaymentsDesk(Desk):
    """The payments of one firm.

    Every command that moves money takes a ``request_id``, the host's own idempotency key. What waits for its client, on
    a hosted page or at their bank, is given up first where a person needs the amount (``services/making_way.py``).
    """

    @makes_way
    def record(
        self,
        invoice_id: InvoiceId,
        amount: Amount | None = None,
        *,
        method: Method,
        received_on: date | None = None,
        reference: str | None = None,
        notes: str = "",
        request_id: str | None = None,
    ) -> Payment:
        """Money received by hand for one invoice, by default its balance (S1.3, S1.8-S1.16).

        More than the balance is Overpayment, or where the policy allows it becomes the client's credit.
        """
        self.require(Permission.EDIT)
        of_kind(invoice_id, str, "invoice id")
        ask = asked(
            request_id,
            "payments.record",
            invoice=invoice_id,
            amount=written(amount),
            method=str(method),
            received_on=str(received_on),
            reference=reference,
            notes=notes,
        )
        return self._reserving.record(
            ask, {invoice_id: amount}, None, method=method, received_on=received_on, reference=reference, notes=notes
        )

    def mark_paid(
        self,
        invoice_id: InvoiceId,
        *,
        method: Method = Method.OTHER,
        received_on: date | None = None,
        reference: str | None = None,
        notes: str = "",
        request_id: str | None = None,
    ) -> Payment:
        """The whole balance came outside, noted in one click (S0.29, S2.14); NotPayable where nothing is left."""
        return self.record(
            invoice_id,
            method=method,
            received_on=received_on,
            reference=reference,
            notes=notes,
            request_id=request_id,
        )

    @makes_way
    def receive(
        self,
        client_id: ClientId,
        amount: Amount,
        *,
        onto: Mapping[InvoiceId, Amount],
        method: Method,
        received_on: date | None = None,
        reference: str | None = None,
        notes: str = "",
        request_id: str | None = None,
    ) -> Payment:
        """One payment for several invoices, or for none yet: what *onto* leaves over is the client's credit."""
        self.require(Permission.EDIT)
        of_kind(onto, Mapping, "onto")
        each_of_kind(tuple(onto), str, "onto")
        each_of_kind(tuple(onto.values()), Money | Decimal | str, "amounts of onto", BadMoney)
        ask = asked(
            request_id,
            "payments.receive",
            client=client_id,
            amount=written(amount),
            onto=tuple(f"{invoice_id} {written(part)}" for invoice_id, part in sorted(onto.items())),
            method=str(method),
            received_on=str(received_on),
            reference=reference,
            notes=notes,
        )
        return self._reserving.record(
            ask,
            onto,
            (client_id, amount),
            method=method,
            received_on=received_on,
            reference=reference,
            notes=notes,
        )

    def charge(
        self,
        invoice_id: InvoiceId,
        amount: Amount | None = None,
        *,
        method: MethodId,
        initiator: Initiator | None = None,
        platform_fee: Amount | None = None,
        return_url: str | None = None,
        request_id: str | None = None,
    ) -> Payment:
        """Charge a saved method, by default the balance: reserve, ask the gateway, settle what it says.

        *return_url* is where a client who is present comes back to from a bank's challenge. *platform_fee* is the part
        that the host's platform keeps, where the gateway has such fees: else UnsupportedByGateway.

        Returns the payment in every case that reached the books; look at its ``state``: completed, pending, failed
        with its ``failure``, or still created when the gateway's answer is in doubt, which ``billing.recover()`` and
        webhooks resolve. Whoever comes second for the same amount is refused before any charge, with PaymentInFlight;
        what waits for its client is given up first, but for auto-pay and back-fill.
        """
        self.require_paying()
        who = self._initiator() if initiator is None else of_kind(initiator, Initiator, "initiator")
        ask = asked(
            request_id,
            "payments.charge",
            invoice=invoice_id,
            amount=written(amount),
            method=method,
            initiator=who.value,
            platform_fee=written(platform_fee),
            return_url=return_url,
        )

        def reserve() -> Payment:
            return self._reserving.charge(
                ask, invoice_id, amount, method, who, platform_fee=platform_fee, return_url=return_url
            )

        payment = reserve() if who.is_collecting else making_way(self, reserve)
        if payment.operation_id is not None and payment.is_waiting:
            Driver(self.house).drive(self.firm_id, payment.operation_id)
        return self._as_it_is(payment.id)

    @makes_way
    def checkout(
        self,
        invoice_id: InvoiceId,
        amount: Amount | None = None,
        *,
        gateway: str,
        account: str | None = None,
        success_url: str,
        cancel_url: str,
        save_method: bool = False,
        platform_fee: Amount | None = None,
        request_id: str | None = None,
    ) -> Payment:
        """Open a hosted page on which the client pays (S1.20); its address is the payment's ``action_url``.

        The amount is reserved while the page is open: it expires after an hour, when the payment is canceled, or when
        a person needs the amount otherwise. It replaces another page of the same invoice, and a charge that its client
        was to confirm. *platform_fee* as in ``charge``.
        """
        self.require_paying()
        ask = asked(
            request_id,
            "payments.checkout",
            invoice=invoice_id,
            amount=written(amount),
            gateway=gateway,
            account=account,
            success_url=success_url,
            cancel_url=cancel_url,
            save_method=save_method,
            platform_fee=written(platform_fee),
        )
        payment = self._reserving.checkout(
            ask,
            invoice_id,
            amount,
            gateway=gateway,
            account=account,
            success_url=success_url,
            cancel_url=cancel_url,
            save_method=save_method,
            platform_fee=platform_fee,
        )
        if payment.operation_id is not None and payment.is_waiting:
            Driver(self.house).drive(self.firm_id, payment.operation_id)
        return self._as_it_is(payment.id)

    def cancel(self, payment_id: PaymentId, *, reason: str = "") -> Payment:
        """Give up a payment that is not completed; the gateway is asked first, and may say that it is too late.

        The event of its end tells who asked and the *reason*, also where a webhook brings it.
        """
        self.require(Permission.EDIT)
        why = text(reason, "reason", longest=1000)
        cancel_payment(self.house, self.firm_id, payment_id, reason=why, by=self.by)
        return self._as_it_is(payment_id)

    def resolve(self, payment_id: PaymentId, *, has_arrived: bool, evidence: str) -> Payment:
        """Decide what no gateway could tell: a person has seen that the money came, or that it never will.

        For a payment under review, or whose operation waits for a person; InvalidTransition for any other. Only staff
        resolve, and *evidence* says how they know: the gateway's id, a bank statement, who confirmed it. What the
        client could still confirm is canceled at the gateway first: PaymentInFlight if that does not answer. Money that
        arrived is booked, also where the payment failed or was canceled meanwhile.
        """
        self.require(Permission.EDIT)
        of_kind(has_arrived, bool, "has_arrived")
        staff = self.by
        if not isinstance(staff, Staff):
            raise NotPermitted("only a member of staff resolves a payment in doubt")
        return Resolution(
            house=self.house,
            firm_id=self.firm_id,
            payment_id=payment_id,
            has_arrived=has_arrived,
            evidence=evidence,
            by=staff,
        ).carry_out()

    @makes_way
    @retried
    def apply(self, payment_id: PaymentId, invoice_id: InvoiceId, amount: Amount | None = None) -> Payment:
        """Put client credit of a payment onto an invoice, by default as much as fits (S2.15)."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            payment = work.payments.get(payment_id)
            page = Page(work, [invoice_id])
            invoice = page.invoices[invoice_id]
            fits = applying.as_much_as_fits(payment, invoice) if amount is None else amount_in(invoice.currency, amount)
            at = self.house.now_at(work.firm())
            payment, event = applying.apply(payment, [(invoice, fits)], at=at, by=self.by)
            page.enter(event)
            payment = work.payments.save(payment)
            page.close()
            work.commit()
        return payment

    @retried
    def unapply(self, payment_id: PaymentId, invoice_id: InvoiceId, amount: Amount | None = None) -> Payment:
        """Take money of a payment off an invoice, by default all of it; it is the client's credit again."""
        self.require(Permission.EDIT)
        with self.begin() as work:
            payment = work.payments.get(payment_id)
            page = Page(work, [invoice_id])
            currency = payment.amount.currency
            there = applying.on_invoice(payment.applications, invoice_id, currency)
            taken = there if amount is None else amount_in(currency, amount)
            at = self.house.now_at(work.firm())
            payment, event = applying.unapply(payment, invoice_id, taken, at=at, by=self.by)
            page.enter(event)
            payment = work.payments.save(payment)
            page.close()
            work.commit()
        return payment

    def get(self, payment_id: PaymentId) -> Payment:
        self.require(Permission.VIEW)
        with self.read() as work:
            return work.payments.get(payment_id)

    def of_invoice(self, invoice_id: InvoiceId) -> tuple[Payment, ...]:
        """The payments of an invoice, oldest first (S1.2)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.invoices.get(invoice_id)
            return tuple(work.payments.of_invoice(invoice_id))

    def history(self, invoice_id: InvoiceId) -> tuple[HistoryRow, ...]:
        """The payments and refunds of an invoice as rows with signed amounts and who made them (S1.36, S1.44)."""
        self.require(Permission.VIEW)
        with self.read() as work:
            work.invoices.get(invoice_id)
            payments = work.payments.of_invoice(invoice_id)
            refunds = [refund for payment in payments for refund in work.refunds.of_payment(payment.id)]
            return payment_history(payments, refunds, work.events.about_invoice(invoice_id), invoice_id)

    def _as_it_is(self, payment_id: PaymentId) -> Payment:
        # What a command answers is part of the command: whoever may do it may know what became of it.
        with self.read() as work:
            return work.payments.get(payment_id)

    @property
    def _reserving(self) -> Reserving:
        return Reserving(house=self.house, firm_id=self.firm_id, by=self.by)

    def _initiator(self) -> Initiator:
        match self.by:
            case Contact():
                return Initiator.CLIENT
            case System(job="auto-pay"):
                return Initiator.AUTOPAY
            case _:
                return Initiator.STAFF
