"""Books of a firm as its desks wrote them: every record with its events, over months of ordinary days, from a seed."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import date, timedelta
from random import Random
from typing import Final, TypeVar

from billcore.actors import Staff
from billcore.billing import Billing
from billcore.errors import BillcoreError
from billcore.fees import FeeRate, FeeSchedule
from billcore.ids import ClientId, FirmId, InvoiceId, MethodId, PaymentId
from billcore.lines import LineItem, TaxRate
from billcore.memory import MemoryStore
from billcore.methods import Method
from billcore.money import Money
from billcore.ports.store import Store
from billcore.testing.clock import ManualClock
from billcore.testing.fake_gateway import FakeGateway
from billcore.testing.ids import CountingIds

Id = TypeVar("Id", bound=str)

BY: Final = Staff("jane", "Jane Chen")
DAYS: Final = 120
_TOKENS: Final = ("card_ok", "card_declined", "ach_ok", "ach_fails", "ach_returns")
_VAT: Final = TaxRate(name="VAT", percent="19")


class LivedBooks:
    """A firm in New York, five clients in two currencies, and so many invoices; every sum has gone every way."""

    firm_id: Final = FirmId("lived")

    def __init__(self, seed: int, invoices: int) -> None:
        self._random = Random(seed)  # noqa: S311  Nothing here is secret; the same seed makes the same books.
        self._clock = ManualClock()
        # Fees that come days after the payment, some after its refund.
        self._gateway = FakeGateway(self._clock, fee_after=timedelta(days=3))
        self.store = MemoryStore()
        self._billing = Billing(self.store, [self._gateway], clock=self._clock, ids=CountingIds())
        fees = FeeSchedule.of({Method.CARD: FeeRate("2.9", Money(30, "USD"))})
        self._billing.firms.open(self.firm_id, "Lived", by=BY, timezone="America/New_York", fee_schedule=fees)
        self._desk = self._billing.at(self.firm_id, by=BY)
        self.clients: list[ClientId] = [
            self._desk.clients.add(name, currency=currency).id
            for name, currency in (("Patel", "USD"), ("Kim", "EUR"), ("Zoë", "USD"), ("Reyes", "USD"), ("Ng", "EUR"))
        ]
        self._methods: dict[ClientId, list[MethodId]] = {
            client_id: [
                self._desk.methods.attach(client_id, gateway=self._gateway.name, token=token).id for token in _TOKENS
            ]
            for client_id in self.clients
        }
        self._invoices: list[InvoiceId] = []
        self._payments: list[PaymentId] = []
        self.first_day: date = self._clock.now().date()
        self._bill(is_sent=True)
        self._deposit()
        self._live(invoices - 1)
        self.last_day: date = self._clock.now().date()

    def add_to(self, store: Store) -> None:
        """Commit the same records and events to another store."""
        with self.store.read(self.firm_id) as lived, store.begin(self.firm_id) as work:
            work.add_firm(lived.firm())
            for client in lived.clients.all():
                work.clients.add(client)
            work.invoices.add_all(tuple(lived.invoices.all()))
            for payment in lived.payments.all():
                work.payments.add(payment)
            for refund in lived.refunds.all():
                work.refunds.add(refund)
            for note in lived.credit_notes.all():
                work.credit_notes.add(note)
            work.events.append(recorded.event for recorded in lived.events.all())
            work.commit()

    def _live(self, invoices: int) -> None:
        happens: list[Callable[[], None]] = [
            *(self._record, self._record, self._charge, self._charge, self._charge, self._deposit, self._apply),
            *(self._refund, self._refund, self._credit, self._write_off, self._void, self._unapply, self._trouble),
        ]
        for day in range(DAYS):
            self._clock.advance(timedelta(hours=self._random.choice((20, 24, 28))))
            for _ in range(invoices * (day + 1) // DAYS - invoices * day // DAYS):
                self._bill()
            for _ in range(3 * invoices // DAYS + 2):
                happen = self._random.choice(happens)
                # What the books refuse does not happen.
                with suppress(BillcoreError):
                    happen()
            if day % 4 == 0:
                self._gateway.deliver_webhooks(self._billing.hear)

    # ── What happens ─────────────────────────────────────────────────────────────────────────────────────────────────

    def _bill(self, *, is_sent: bool = False) -> None:
        client_id = self._random.choice(self.clients)
        line = LineItem(
            description="Advice",
            unit_price=f"{self._random.randrange(1, 500)}.{self._random.randrange(100):02}",
            taxes=self._random.choice(((), (_VAT,))),
        )
        draft = self._desk.invoices.draft(client_id, lines=[line])
        if is_sent or self._random.random() < 0.9:
            self._desk.invoices.send(draft.id)
            self._invoices.append(draft.id)

    def _record(self) -> None:
        invoice = self._desk.invoices.get(self._one_of(self._invoices))
        # Some money is written down days after it came, and some for days that are still to come.
        received_on = self._clock.now().date() + timedelta(days=self._random.choice((-9, -2, 0, 0)))
        amount = Money(max(1, invoice.balance.minor // self._random.choice((1, 2, 3))), invoice.currency)
        method = self._random.choice((Method.CHECK, Method.CASH, Method.WIRE))
        self._keep(self._desk.payments.record(invoice.id, amount, method=method, received_on=received_on).id)

    def _charge(self) -> None:
        invoice = self._desk.invoices.get(self._one_of(self._invoices))
        method = self._random.choice(self._methods[invoice.client_id])
        self._keep(self._desk.payments.charge(invoice.id, method=method).id)

    def _deposit(self) -> None:
        client_id = self._random.choice(self.clients)
        currency = self._desk.clients.get(client_id).currency
        theirs = [
            invoice for invoice in map(self._desk.invoices.get, self._invoices[-40:]) if invoice.balance.minor > 0
        ]
        onto = {invoice.id: invoice.balance for invoice in theirs if invoice.client_id == client_id}
        amount = Money.sum(onto.values(), currency) + Money(self._random.choice((0, 50_00)), currency)
        self._keep(self._desk.payments.receive(client_id, amount, onto=onto, method=Method.WIRE).id)

    def _apply(self) -> None:
        self._desk.payments.apply(self._one_of(self._payments), self._one_of(self._invoices))

    def _unapply(self) -> None:
        payment = self._desk.payments.get(self._one_of(self._payments))
        if payment.applications:
            self._desk.payments.unapply(payment.id, payment.applications[0].invoice_id)

    def _refund(self) -> None:
        payment = self._desk.payments.get(self._one_of(self._payments))
        part = Money(max(1, payment.amount.minor // self._random.choice((1, 2))), payment.amount.currency)
        self._desk.refunds.issue(payment.id, part)

    def _credit(self) -> None:
        self._desk.adjustments.credit(self._one_of(self._invoices), reason="late")

    def _write_off(self) -> None:
        self._desk.adjustments.write_off(self._one_of(self._invoices), reason="bad debt")

    def _void(self) -> None:
        self._desk.invoices.void(self._one_of(self._invoices), reason="in error")

    def _trouble(self) -> None:
        """A bank or a client at the gateway: a dispute, won or lost later, or a refund in the dashboard."""
        payment = self._desk.payments.get(self._one_of(self._payments))
        if payment.ref is None:
            return
        if payment.disputes:
            self._random.choice((self._gateway.win_dispute, self._gateway.lose_dispute))(payment.disputes[-1].ref)
        elif self._random.random() < 0.5:
            self._gateway.open_dispute(payment.ref)
        else:
            self._gateway.refund_in_dashboard(payment.ref)

    def _one_of(self, ids: Sequence[Id]) -> Id:
        # Mostly the newer ones.
        return self._random.choice(ids[-60:] if self._random.random() < 0.7 else ids)

    def _keep(self, payment_id: PaymentId) -> None:
        self._payments.append(payment_id)
