"""The transactions before the calls: what money commands decide and commit before any gateway is asked."""

from collections.abc import Mapping
from datetime import date, timedelta

from attrs import frozen

from billcore.errors import InvalidTransition, MethodNotAllowed
from billcore.events import Event
from billcore.evolving import evolve
from billcore.gateways import offering, require_hosted_page, require_method, require_platform_fee
from billcore.ids import ClientId, InvoiceId, MethodId, OperationId, PaymentId
from billcore.invoices.guards import whole_balance
from billcore.invoices.invoice import Invoice
from billcore.methods import Method
from billcore.money import Money
from billcore.payments import paying
from billcore.payments.applying import onto_one
from billcore.payments.instruction import CancelCommand, ChargeCommand, CheckoutCommand, Command
from billcore.payments.operation import Operation, OperationState, move
from billcore.payments.payment import Payment
from billcore.ports.gateway import ChargeGateway, CheckoutGateway
from billcore.ports.store import UnitOfWork
from billcore.reasons import Initiator
from billcore.services.amounts import Amount, amount_in
from billcore.services.booking import Page, require_no_client_awaited
from billcore.services.cancellation import cancellation_of
from billcore.services.house import Desk, retried
from billcore.services.requests import Asked

CHECKOUT_OPEN_FOR = timedelta(hours=1)


@frozen(kw_only=True)
class Reserving(Desk):
    """Each method is one transaction; a request id that was used before returns what it made then.

    The request id is looked for once the invoices are locked: asked before, two at the same moment would both find it
    new, and the second would be refused for what the first had reserved.
    """

    @retried
    def record(
        self,
        ask: Asked,
        onto: Mapping[InvoiceId, Amount | None],
        received: tuple[ClientId, Amount] | None,
        *,
        method: Method,
        received_on: date | None,
        reference: str | None,
        notes: str,
    ) -> Payment:
        """Money received by hand: for the one invoice of *onto*, or *received* from a client and spread over *onto*."""
        with self.begin() as work:
            page = Page(work, onto)
            known = ask.result_in(work)
            if known is not None:
                return work.payments.peek(PaymentId(known))
            allocations = [
                (invoice, _wanted(work, invoice, onto[invoice_id])) for invoice_id, invoice in page.invoices.items()
            ]
            if received is None:
                [(invoice, amount)] = allocations
                client = work.clients.peek(invoice.client_id)
                allocations = onto_one(invoice, amount)
            else:
                client = work.clients.peek(received[0])
                amount = amount_in(client.currency, received[1])
            firm = work.firm()
            payment, event = paying.record(
                PaymentId(self.house.ids.new("pay")),
                firm=firm,
                client=client,
                amount=amount,
                allocations=allocations,
                method=method,
                received_on=received_on,
                reference=reference,
                notes=notes,
                at=self.house.now_at(firm),
                by=self.by,
            )
            payment = work.payments.add(payment)
            self._commit(work, page, event, ask, payment)
        return payment

    @retried
    def charge(
        self,
        ask: Asked,
        invoice_id: InvoiceId,
        amount: Amount | None,
        method_id: MethodId,
        initiator: Initiator,
        *,
        platform_fee: Amount | None = None,
        return_url: str | None = None,
    ) -> Payment:
        """A payment with its operation, reserved on the invoice."""
        with self.read() as work:
            method = work.methods.peek(method_id)
        gateway = offering(self.house.gateway(method.ref.gateway, method.ref.account), ChargeGateway)
        with self.begin() as work:
            page = Page(work, [invoice_id])
            known = ask.result_in(work)
            if known is not None:
                return work.payments.peek(PaymentId(known))
            invoice, method, firm = page.invoices[invoice_id], work.methods.get(method_id), work.firm()
            if method.client_id != invoice.client_id or not method.is_active:
                raise MethodNotAllowed(
                    "the saved method is another client's or was detached; take an active one of this client"
                )
            wanted, at = _wanted(work, invoice, amount), self.house.now_at(firm)
            operation_id = OperationId(self.house.ids.new("op"))
            payment, event = paying.initiate(
                PaymentId(self.house.ids.new("pay")),
                firm=firm,
                client=work.clients.peek(invoice.client_id),
                amount=wanted,
                allocations=[(invoice, wanted)],
                method=method.kind,
                method_id=method.id,
                gateway=gateway.name,
                initiator=initiator,
                operation_id=operation_id,
                at=at,
                by=self.by,
            )
            fee = None if platform_fee is None else amount_in(invoice.currency, platform_fee)
            require_method(gateway, method.kind)
            require_platform_fee(gateway, fee, wanted)
            gateway.check_amount(wanted)
            command = ChargeCommand(
                operation_id=operation_id,
                firm_id=self.firm_id,
                payment_id=payment.id,
                customer=method.customer,
                method=method.ref,
                method_kind=method.kind,
                amount=wanted,
                initiator=initiator,
                description=f"Invoice {invoice.number}",
                statement_hint=invoice.number,
                platform_fee=fee,
                return_url=return_url,
                created_at=at,
            )
            self._instruct(work, command, gateway.name, method.ref.account)
            payment = work.payments.add(payment)
            self._commit(work, page, event, ask, payment)
        return payment

    @retried
    def checkout(
        self,
        ask: Asked,
        invoice_id: InvoiceId,
        amount: Amount | None,
        *,
        gateway: str,
        account: str | None,
        success_url: str,
        cancel_url: str,
        save_method: bool,
        platform_fee: Amount | None,
    ) -> Payment:
        """A payment that waits for the client on a hosted page, reserved on the invoice."""
        hosted = offering(self.house.gateway(gateway, account), CheckoutGateway)
        require_hosted_page(hosted)
        methods = tuple(sorted(hosted.capabilities.methods, key=lambda method: method.value))
        with self.begin() as work:
            page = Page(work, [invoice_id])
            known = ask.result_in(work)
            if known is not None:
                return work.payments.peek(PaymentId(known))
            invoice, firm = page.invoices[invoice_id], work.firm()
            # A client pays an invoice in one way at a time: a page, of whatever amount, replaces what waits for them.
            require_no_client_awaited(work, invoice)
            wanted, at = _wanted(work, invoice, amount), self.house.now_at(firm)
            operation_id = OperationId(self.house.ids.new("op"))
            payment, event = paying.initiate(
                PaymentId(self.house.ids.new("pay")),
                firm=firm,
                client=work.clients.peek(invoice.client_id),
                amount=wanted,
                allocations=[(invoice, wanted)],
                method=Method.CARD,
                gateway=gateway,
                initiator=Initiator.CLIENT,
                operation_id=operation_id,
                at=at,
                by=self.by,
            )
            fee = None if platform_fee is None else amount_in(invoice.currency, platform_fee)
            require_platform_fee(hosted, fee, wanted)
            if isinstance(hosted, ChargeGateway):
                hosted.check_amount(wanted)
            customers = [method.customer for method in work.methods.of_client(invoice.client_id) if method.is_active]
            command = CheckoutCommand(
                operation_id=operation_id,
                firm_id=self.firm_id,
                payment_id=payment.id,
                client_id=invoice.client_id,
                customer=next((customer for customer in customers if customer and customer.gateway == gateway), None),
                amount=wanted,
                methods=methods,
                description=f"Invoice {invoice.number}",
                save_method=save_method,
                platform_fee=fee,
                success_url=success_url,
                cancel_url=cancel_url,
                expires_at=at + CHECKOUT_OPEN_FOR,
                created_at=at,
            )
            self._instruct(work, command, gateway, account)
            payment = work.payments.add(payment)
            self._commit(work, page, event, ask, payment)
        return payment

    @retried
    def cancel(self, payment_id: PaymentId, reason: str) -> OperationId | None:
        """The operation that cancels the payment at its gateway.

        None where nothing was sent and it is canceled here and now.
        """
        with self.begin() as work:
            payment = work.payments.get(payment_id)
            if payment.operation_id is None or not payment.is_waiting:
                raise InvalidTransition(f"cannot cancel a payment that is {payment.state.value}; refund it instead")
            page = Page(work, payment.invoice_ids)
            operation = work.operations.get(payment.operation_id)
            at = self.house.now_at(work.firm())
            if operation.state is OperationState.RESERVED and operation.ref is None:
                payment, event = paying.cancel(payment, reason=reason, at=at, by=self.by)
                work.payments.save(payment)
                work.operations.save(move(operation, OperationState.REJECTED, at=at))
                page.enter(event)
                page.close()
                work.commit()
                return None
            if operation.ref is None:
                raise InvalidTransition(
                    "the payment's outcome is in doubt; billing.recover() finds it out, then it can be canceled"
                )
            asking = cancellation_of(work, operation)
            if asking is not None and not asking.is_done:
                # It is asked for already; whose wish it was first, it stays.
                return asking.id
            command = CancelCommand(
                operation_id=OperationId(self.house.ids.new("op")),
                firm_id=self.firm_id,
                payment_id=payment.id,
                payment=operation.ref,
                reason=reason,
                by=self.by,
                created_at=at,
            )
            self._instruct(work, command, operation.gateway, operation.account)
            # Whoever hears of its end first, this worker or a webhook, then knows whose wish it was.
            work.operations.save(evolve(operation, cancel_id=command.operation_id))
            work.commit()
        return command.operation_id

    def _instruct(self, work: UnitOfWork, command: Command, gateway: str, account: str | None) -> Operation:
        return work.operations.add(
            Operation(
                id=command.operation_id,
                firm_id=self.firm_id,
                command=command,
                gateway=gateway,
                account=account,
                created_at=command.created_at,
            )
        )

    def _commit(self, work: UnitOfWork, page: Page, event: Event, ask: Asked, payment: Payment) -> None:
        page.enter(event)
        page.close()
        ask.remember(work, payment.id)
        work.commit()


def _wanted(work: UnitOfWork, invoice: Invoice, amount: Amount | None) -> Money:
    if amount is not None:
        return amount_in(invoice.currency, amount)
    require_no_client_awaited(work, invoice)
    return whole_balance(invoice)
