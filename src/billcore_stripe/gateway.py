"""The Stripe gateway: build a request, send it, interpret the answer.

What is asked and what an answer means is decided in the pure modules beside this one; here is only the order of calls.
"""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from attrs import field, frozen

from billcore.evolving import evolve
from billcore.ids import ClientId, FirmId, GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import AttachCommand, ChargeCommand, CheckoutCommand, DetachCommand, RefundCommand
from billcore.payments.observation import CheckoutSnapshot, MethodSnapshot, PaymentSnapshot, RefundSnapshot
from billcore.ports.gateway import (
    Capabilities,
    ChargeResult,
    EventKind,
    GatewayEvent,
    RefundAccepted,
    RefundResult,
    SettlementLine,
    SetupSession,
    Unknown,
    WebhookBatch,
)
from billcore.reasons import Failure
from billcore_stripe import charges, checkout, disputes, refunds, settlements, vault, webhooks
from billcore_stripe.amounts import STRIPE_EXPONENTS, check_charge
from billcore_stripe.binding import Binding, read_again, reading
from billcore_stripe.client import Answer, Door, Request, accepted, require_stripe
from billcore_stripe.credentials import checked_account, checked_key, checked_secrets
from billcore_stripe.payments import payment_of, was_accepted
from billcore_stripe.records import Record
from billcore_stripe.text import segment

if TYPE_CHECKING:
    from stripe import HTTPClient

_WINDOW: Final = timedelta(hours=23)
"""Stripe keeps an idempotency key for at least 24 hours; an hour is left for slow calls and clocks that differ."""


@frozen(kw_only=True)
class StripeGateway:
    """Takes cards and US bank debits through one Stripe account, or through a firm's own account connected to it.

    *webhook_secrets*: several while one is being replaced. *return_url*: where a client comes back to from a bank's
    challenge. *base_addresses* and *http* (a ``stripe.HTTPClient``) are for proxies and tests. A malformed key, secret
    or account raises GatewayConfigurationError; without the SDK, MissingExtra. Threads may share one gateway.
    """

    api_key: str = field(repr=False, converter=checked_key)
    webhook_secrets: tuple[str, ...] = field(default=(), repr=False, converter=checked_secrets)
    account: str | None = field(default=None, converter=checked_account)
    return_url: str | None = None
    base_addresses: Mapping[str, str] | None = None
    http: "HTTPClient | None" = field(default=None, repr=False)
    timeout_seconds: float = 30.0
    retries: int = 2
    now: Callable[[], datetime] = field(default=lambda: datetime.now(UTC), repr=False, eq=False)
    _door: Door = field(alias="_door", repr=False, eq=False)

    @_door.default
    def _new_door(self) -> Door:
        require_stripe()
        return Door(self.api_key, self.base_addresses, self.http, self.timeout_seconds, self.retries)

    @property
    def name(self) -> str:
        return "stripe"

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            methods=frozenset({Method.CARD, Method.ACH}),
            idempotency_window=_WINDOW,
            two_step=True,
            saved_methods=True,
            hosted_checkout=True,
            platform_fees=self.account is not None,
            currencies=frozenset(STRIPE_EXPONENTS),
        )

    def for_account(self, account: str) -> "StripeGateway":
        """The same gateway bound to a connected account, which every reference it gives and takes then names."""
        return evolve(self, account=account)

    # ── Charges ──────────────────────────────────────────────────────────────────────────────────────────────────

    def check_amount(self, amount: Money) -> None:
        check_charge(amount)

    def charge(self, command: ChargeCommand) -> ChargeResult:
        self._check_charge(command)
        if self._is_past_window(command.created_at):
            operation, since = command.operation_id, command.created_at
            if (found := self.find_payment(operation, customer=command.customer, since=since)) is not None:
                return charges.result_of(found)
        return self._moved(charges.build_charge(command, self.account, self.return_url))

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        self._check_charge(command)

        def interpret(answer: Answer) -> PaymentSnapshot:
            prepared = payment_of(accepted(answer), self.account)
            return read_again(lambda: self.get_payment(prepared.ref)) if answer.is_replay else prepared

        return self._at.tell(charges.build_prepare(command, self.account, attempt), interpret)

    def confirm(self, command: ChargeCommand, ref: GatewayRef) -> ChargeResult:
        self._check_charge(command)
        self._check_ours(ref)
        return self._moved(charges.build_confirm(command, ref.id, self.account, self.return_url))

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        """The payment as it is now, in two calls: itself with its charge and fees, then its refunds.

        A third call asks for disputes where Stripe says that there were any.
        """
        self._check_ours(ref)
        intent = self._at.read(charges.build_get(ref.id))
        charge = intent.record("latest_charge")
        was_disputed = charge is not None and charge.flag("disputed")
        with reading():
            return payment_of(
                intent,
                self.account,
                refunds=self._at.pages(refunds.build_refunds_of(ref.id)) if was_accepted(charge) else (),
                disputes=self._at.pages(disputes.build_disputes_of(ref.id)) if was_disputed else (),
            )

    def find_payment(
        self, operation_id: OperationId, *, customer: GatewayRef | None, since: datetime
    ) -> PaymentSnapshot | None:
        if customer is not None:
            self._check_ours(customer)
        with reading():
            intents = self._at.pages(charges.build_find(customer, since))
            found = charges.furthest([intent for intent in intents if charges.belongs_to(intent, operation_id)])
            return self.get_payment(self._at.ref(found.need_text("id"))) if found is not None else None

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        self._check_ours(ref)
        self._at.send(charges.build_cancel(ref.id))
        # Done, refused or lost on the way: the payment itself says what it is now.
        return self.get_payment(ref)

    # ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────

    def refund(self, command: RefundCommand) -> RefundResult:
        self._check_ours(command.payment)
        segment(command.payment.id)
        refunds.check_command(command, self.account)
        if self._is_past_window(command.created_at):
            found = self.find_refund(command.refund_id, payment=command.payment)
            if found is not None:
                return RefundAccepted(found)

        def interpret(answer: Answer) -> RefundResult:
            result = refunds.interpret_refund(answer, self.account)
            if answer.is_replay and isinstance(result, RefundAccepted):
                ref = result.snapshot.ref
                return RefundAccepted(read_again(lambda: self.get_refund(ref)))
            return result

        return self._at.tell(refunds.build_refund(command, self.account), interpret)

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        self._check_ours(ref)
        with reading():
            return refunds.refund_of(self._at.read(refunds.build_get_refund(ref.id)), self.account)

    def find_refund(self, refund_id: RefundId, *, payment: GatewayRef) -> RefundSnapshot | None:
        self._check_ours(payment)
        with reading():
            of_payment = self._at.pages(refunds.build_refunds_of(payment.id))
            found = next((refund for refund in of_payment if refunds.belongs_to(refund, refund_id)), None)
            return refunds.refund_of(found, self.account) if found is not None else None

    # ── Saved methods ────────────────────────────────────────────────────────────────────────────────────────────

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        self._at.check(command.gateway, command.account)
        customer_id = self._customer(command.firm_id, command.client_id, command)
        if isinstance(customer_id, Unknown):
            return customer_id
        with reading():
            if command.token.startswith("seti_"):
                setup = self._at.read(vault.build_get_setup(command.token))
                return vault.interpret_setup(setup, customer_id, self.account)
            method = self._at.read(vault.build_get_method(command.token))
            if method.reference("customer") == customer_id:
                return vault.method_of(method, self.account)
            is_bank_account = method.text("type") == "us_bank_account"
        if is_bank_account:
            request = vault.build_mandate(command, customer_id, self.account)
            return self._at.tell(request, lambda answer: vault.interpret_mandate(answer, customer_id, self.account))
        request = vault.build_attach(command, customer_id, self.account)
        return self._at.tell(request, lambda answer: vault.interpret_attach(answer, self.account))

    def begin_setup(self, command: AttachCommand) -> SetupSession | Unknown:
        self._at.check(command.gateway, command.account)
        customer_id = self._customer(command.firm_id, command.client_id, command)
        if isinstance(customer_id, Unknown):
            return customer_id
        request = vault.build_setup(command, customer_id, self.account)
        return self._at.tell(request, lambda answer: vault.setup_of(accepted(answer), self.account))

    def get_setup(self, ref: GatewayRef) -> SetupSession:
        self._check_ours(ref)
        with reading():
            return vault.setup_of(self._at.read(vault.build_get_setup(ref.id)), self.account)

    def get_method(self, ref: GatewayRef) -> MethodSnapshot:
        self._check_ours(ref)
        with reading():
            return vault.method_of(self._at.read(vault.build_get_method(ref.id)), self.account)

    def list_methods(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]:
        self._check_ours(customer)
        with reading():
            methods = self._at.pages(vault.build_methods_of(customer.id))
            return tuple(vault.method_of(method, self.account) for method in methods)

    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        self._check_ours(command.method)

        def interpret(answer: Answer) -> MethodSnapshot:
            # Refused means forgotten before, most likely: the method itself says so.
            return vault.method_of(answer.body, self.account) if answer.is_success else self.get_method(command.method)

        return self._at.tell(vault.build_detach(command), interpret)

    # ── Hosted page ──────────────────────────────────────────────────────────────────────────────────────────────

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown:
        checkout.check_command(command, self.account)
        customer_id = None
        if command.customer is not None:
            self._check_ours(command.customer)
            customer_id = command.customer.id
        elif command.save_method:
            # A customer that Stripe's page made by itself would not be known as this client's.
            made = self._customer(command.firm_id, command.client_id)
            if isinstance(made, Unknown):
                return made
            customer_id = made

        def interpret(answer: Answer) -> CheckoutSnapshot:
            opened = checkout.checkout_of(accepted(answer), self.account)
            return read_again(lambda: self.get_checkout(opened.ref)) if answer.is_replay else opened

        return self._at.tell(checkout.build_checkout(command, customer_id, self.account), interpret)

    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        self._check_ours(ref)
        with reading():
            return checkout.checkout_of(self._at.read(checkout.build_get_checkout(ref.id)), self.account)

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        self._check_ours(ref)
        self._at.send(checkout.build_expire_checkout(ref.id))
        # Closed, refused or lost on the way: the page itself says what it is now.
        return self.get_checkout(ref)

    # ── What Stripe tells ────────────────────────────────────────────────────────────────────────────────────────

    def parse_webhook(self, body: bytes, headers: Mapping[str, str]) -> WebhookBatch:
        webhooks.verify(body, headers, self.webhook_secrets, self.now())
        return WebhookBatch(events=(webhooks.parse(body, self.account),))

    def iter_events(self, *, since: datetime) -> Iterator[GatewayEvent]:
        """The events of the last 30 days at most, oldest first."""
        with reading():
            pages = self._at.pages(webhooks.build_events(since))
            newest_first = [webhooks.event_of(event, self.account) for event in pages]
        yield from (event for event in reversed(newest_first) if event.kind is not EventKind.IGNORED)

    def iter_settlements(self, *, since: datetime, until: datetime) -> Iterator[SettlementLine]:
        """Every balance transaction made in [since, until), newest first, with the automatic payout it went into.

        The lines of one payout, its own among them, add up to zero once *since* lies before its first one.
        """
        with reading():
            paid_out_in = dict(self._payouts(since))
            for transaction in self._at.pages(settlements.build_transactions(since, until)):
                payout_id = paid_out_in.get(transaction.need_text("id"))
                yield settlements.settlement_line(transaction, payout_id, self.account)

    # ── Inside ───────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def _at(self) -> Binding:
        return Binding(self.account, self._door)

    def _moved(self, request: Request) -> ChargeResult:
        """Ask for money to be moved; nothing that goes wrong after the answer may claim that it was not."""

        def interpret(answer: Answer) -> ChargeResult:
            if not charges.was_concluded_before(answer):
                return charges.interpret_charge(answer, self.account)
            intent = answer.body if answer.is_success else answer.error.record("payment_intent") or Record({})
            ref = self._at.ref(intent.need_text("id"))
            return charges.result_of(read_again(lambda: self.get_payment(ref)))

        return self._at.tell(request, interpret)

    def _customer(self, firm_id: FirmId, client_id: ClientId, details: AttachCommand | None = None) -> str | Unknown:
        """The id of the client's customer record, found or made, with name and e-mail brought up to date."""
        with reading():
            known = self._at.read(vault.build_find_customer(firm_id, client_id)).records("data")
            customer: Record | Unknown | None = vault.oldest(known)
            if customer is None:
                customer = self._at.tell(vault.build_customer(firm_id, client_id, self.account), accepted)
            if isinstance(customer, Unknown):
                return customer
            update = vault.build_customer_details(details, customer) if details is not None else None
            if update is not None:
                # For people who read the dashboard: no refusal of it keeps a method from being saved.
                self._at.send(update)
            return customer.need_text("id")

    def _payouts(self, since: datetime) -> Iterator[tuple[str, str]]:
        """Balance transactions and the payout they went into; a manual payout has only its own."""
        for payout in self._at.pages(settlements.build_payouts(since)):
            payout_id = payout.need_text("id")
            if payout.flag("automatic"):
                for transaction in self._at.pages(settlements.build_transactions_of(payout_id)):
                    yield transaction.need_text("id"), payout_id
            elif (own := payout.reference("balance_transaction")) is not None:
                yield own, payout_id

    def _check_charge(self, command: ChargeCommand) -> None:
        charges.check_command(command, self.account)
        self._check_ours(command.method)
        if command.customer is not None:
            self._check_ours(command.customer)

    def _check_ours(self, ref: GatewayRef) -> None:
        self._at.check(ref.gateway, ref.account)

    def _is_past_window(self, created_at: datetime) -> bool:
        return self.now() - created_at >= _WINDOW
