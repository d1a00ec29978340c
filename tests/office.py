"""A firm at work, for the tests of its desks: the books in memory, a fake gateway, and a clock that stands still."""

from datetime import date, timedelta

from attrs import evolve, frozen

from billcore import events
from billcore.actors import Actor, Contact, Staff, System
from billcore.billing import Billing, FrontDesk
from billcore.clients import Client, Terms
from billcore.fees import FeeSchedule
from billcore.ids import ClientId, FirmId, InvoiceId, MethodId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue, label, queues
from billcore.lines import LineItem
from billcore.memory import MemoryStore
from billcore.payments.payment import Payment
from billcore.permissions import Authorizer
from billcore.policy import STANDARD, Policy
from billcore.ports.store import Store
from billcore.testing import CountingIds, FakeGateway, ManualClock

FIRM = "acme"
JANE = Staff("jane", "Jane Chen")
PRIYA = Contact("priya", "Priya Patel", ClientId("cli_000001"))
"""She acts for the first client of an office."""
AUTOPAY = System("auto-pay")


@frozen(kw_only=True)
class Office:
    """One firm under one policy, in UTC; Jane works there, Priya is her client's contact."""

    clock: ManualClock
    store: Store
    gateway: FakeGateway
    billing: Billing

    @classmethod
    def open(
        cls,
        policy: Policy = STANDARD,
        *,
        timezone: str = "UTC",
        terms: Terms | None = None,
        fee_schedule: FeeSchedule | None = None,
        authorizer: Authorizer | None = None,
        gateway_name: str = "fake",
        store: Store | None = None,
        kind: type[FakeGateway] = FakeGateway,
    ) -> "Office":
        clock, store = ManualClock(), store or MemoryStore()
        gateway = kind(clock, name=gateway_name)
        billing = Billing(store, [gateway], clock=clock, ids=CountingIds(), authorizer=authorizer)
        billing.firms.open(
            FIRM, "Acme", by=JANE, policy=policy, timezone=timezone, terms=terms, fee_schedule=fee_schedule
        )
        return cls(clock=clock, store=store, gateway=gateway, billing=billing)

    # ── Who works ────────────────────────────────────────────────────────────────────────────────────────────────────

    @property
    def desk(self) -> FrontDesk:
        """Jane's."""
        return self.by(JANE)

    def by(self, actor: Actor) -> FrontDesk:
        return self.billing.at(FIRM, by=actor)

    def portal(self, client_id: ClientId) -> FrontDesk:
        """That of the client's own contact."""
        return self.by(evolve(PRIYA, client_id=client_id))

    # ── Time and the gateway ─────────────────────────────────────────────────────────────────────────────────────────

    @property
    def today(self) -> date:
        return self.clock.now().date()

    def days_later(self, days: int) -> None:
        self.clock.advance(timedelta(days=days))

    def hear(self) -> int:
        """Every webhook that the gateway has to tell."""
        return self.gateway.deliver_webhooks(self.billing.hear)

    # ── Ordinary days ────────────────────────────────────────────────────────────────────────────────────────────────

    def client(self, name: str = "Patel Family", *, terms: Terms | None = None) -> Client:
        return self.desk.clients.add(name, terms=terms)

    def draft(self, client: Client, amount: str = "100.00", *, description: str = "Tax return") -> Invoice:
        return self.desk.invoices.draft(client.id, lines=[a_line(amount, description)])

    def sent(self, client: Client, amount: str = "100.00") -> Invoice:
        return self.desk.invoices.send(self.draft(client, amount).id)

    def card(self, client: Client, token: str = "card_ok") -> MethodId:
        return self.desk.methods.attach(client.id, gateway=self.gateway.name, token=token).id

    def charged(self, invoice: Invoice, amount: str | None = None, *, token: str = "card_ok") -> Payment:
        """The client pays online, with a card or account that does what *token* says."""
        method = self.card(self.desk.clients.get(invoice.client_id), token)
        return self.portal(invoice.client_id).payments.charge(invoice.id, amount, method=method)

    # ── What there is to see ─────────────────────────────────────────────────────────────────────────────────────────

    def invoice(self, invoice: Invoice) -> Invoice:
        """As it is now."""
        return self.desk.invoices.get(invoice.id)

    def balance(self, invoice: Invoice) -> str:
        return str(self.invoice(invoice).balance.amount)

    def badge(self, invoice: Invoice) -> str:
        return label(self.invoice(invoice), self.today)

    def piles(self, invoice: Invoice) -> frozenset[Queue]:
        return queues(self.invoice(invoice), self.today)

    def told(self, invoice: Invoice) -> list[tuple[str, str]]:
        """The timeline as actor and words."""
        return [(entry.actor, entry.text) for entry in self.desk.invoices.timeline(invoice.id)]

    def happened(self) -> list[events.Event]:
        with self.store.read(self.desk.invoices.firm_id) as work:
            return [recorded.event for recorded in work.events.all()]

    def books(self, firm_id: str = FIRM) -> object:
        """Everything that is kept, to compare before and after."""
        with self.store.read(FirmId(firm_id)) as work:
            clients = list(work.clients.all())
            return (
                work.firm(),
                list(work.catalog.all()),
                clients,
                [work.methods.of_client(client.id) for client in clients],
                list(work.charges.all()),
                list(work.invoices.all()),
                [work.credit_notes.of_invoice(invoice.id) for invoice in work.invoices.all()],
                list(work.payments.all()),
                list(work.refunds.all()),
                list(work.operations.all()),
                list(work.schedules.all()),
                list(work.occurrences.all()),
                list(work.events.all()),
                self.store.parked(limit=100),
                self.store.firms(),
            )


def a_line(amount: str = "100.00", description: str = "Tax return") -> LineItem:
    return LineItem(description=description, unit_price=amount)


def ids(invoices: tuple[Invoice, ...]) -> list[InvoiceId]:
    return [invoice.id for invoice in invoices]


def nobody() -> ClientId:
    return ClientId("cli_nobody")
