"""Books of a firm as years of work leave them: invoices in every stage, from a seed."""

from contextlib import suppress
from datetime import timedelta
from random import Random
from typing import Final

from attrs import evolve

from billcore.actors import Contact
from billcore.clients import Client, Firm
from billcore.errors import Refused
from billcore.events import LateFeeAssessed
from billcore.invoices import adjusting, sending, voiding
from billcore.invoices.invoice import Invoice
from billcore.invoices.settling import settle
from billcore.money import Money
from billcore.payments import paying, refunding
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD
from billcore.ports.store import Store
from billcore.reasons import Failure, Initiator
from billcore.testing import builders
from billcore.testing.builders import BY
from billcore.testing.clock import START

NAMES: Final = ("Patel Family", "patel & sons", "Zoë Straße", "ACME 100%", "Under_score", "Ωμέγα")
POLICIES: Final = (
    STANDARD,
    PRO_FIRM,
    PRACTICE,
    evolve(STANDARD, name="patient", grace_days=10, overdue_while_processing=True, viewed_survives_refund=True),
)


class RandomBooks:
    """Clients and invoices of one firm; ``add_to`` commits them, and ``rows`` has each invoice with its client."""

    def __init__(self, seed: int, count: int) -> None:
        self._random = Random(seed)  # noqa: S311  Nothing here is secret; the same seed makes the same books.
        self.firm = builders.a_firm("random")
        self.clients = [
            builders.a_client(self.firm, f"client-{number}", name=name) for number, name in enumerate(NAMES)
        ]
        self._drawn = [self._invoice(number, self._random.choice(self.clients)) for number in range(count)]
        self.rows: list[tuple[Invoice, Client]] = []

    def add_to(self, store: Store) -> None:
        with store.begin(self.firm.id) as work:
            work.add_firm(self.firm)
            by_id = {client.id: work.clients.add(client) for client in self.clients}
            self.rows = [(work.invoices.add(invoice), by_id[invoice.client_id]) for invoice in self._drawn]
            work.commit()

    def _invoice(self, number: int, client: Client) -> Invoice:
        random = self._random
        firm = evolve(self.firm, policy=random.choice(POLICIES))
        # Few moments for many invoices: the order within one moment is a part of the order.
        at = START - timedelta(days=5 * random.randrange(18), hours=random.randrange(2))
        lines = [builders.a_line(unit_price=f"{random.randrange(1, 500)}.00")]
        invoice = builders.a_draft(firm, client, f"invoice-{random.randrange(10**6)}-{number}", lines=lines, at=at)
        if random.random() < 0.15:
            return invoice
        due_on = at.date() + timedelta(days=random.choice((0, 10, 30, 60)))
        invoice = evolve(invoice, content=evolve(invoice.content, due_on=due_on))
        series = random.choice(("INV-", "inv/", "2026_"))
        invoice, _ = sending.issue(invoice, firm=firm, client=client, number=f"{series}{number:05d}", at=at, by=BY)
        if random.random() < 0.7:
            invoice, _ = sending.deliver(invoice, channel="email", at=at, by=BY)
        # What the books refuse, such as a look at what was not delivered, does not happen.
        with suppress(Refused):
            if random.random() < 0.5:
                invoice, _ = sending.view(invoice, at=at, by=Contact("contact-1", "A Contact", invoice.client_id))
        for _ in range(random.randrange(4)):
            share = random.choice((1, 2))
            happen = random.choice((_pay, _charge, _refund, _decline, _credit, _write_off, _late_fee, _hold, _void))
            if invoice.balance.minor >= share:
                with suppress(Refused):
                    invoice = happen(firm, client, invoice, Money(invoice.balance.minor // share, invoice.currency))
        return invoice


# What can happen to an open invoice, done or refused by the verbs.


def _pay(firm: Firm, client: Client, invoice: Invoice, amount: Money) -> Invoice:
    return builders.a_recorded_payment(firm, client, invoice, amount, at=invoice.drafted_at)[1]


def _charge(firm: Firm, client: Client, invoice: Invoice, amount: Money) -> Invoice:
    return builders.an_initiated_payment(firm, client, invoice, amount, at=invoice.drafted_at)[1]


def _refund(firm: Firm, client: Client, invoice: Invoice, amount: Money) -> Invoice:
    at = invoice.drafted_at
    payment, invoice = builders.a_recorded_payment(firm, client, invoice, amount, at=at)
    refund, payment = builders.a_requested_refund(payment, invoice, amount, at=at)
    _, _, event = refunding.succeed(refund, payment, {invoice.id: invoice}, at=at, by=BY)
    return settle(invoice, event)


def _decline(firm: Firm, client: Client, invoice: Invoice, amount: Money) -> Invoice:
    at = invoice.drafted_at
    payment, invoice = builders.an_initiated_payment(firm, client, invoice, amount, initiator=Initiator.AUTOPAY, at=at)
    _, event = paying.fail(payment, Failure(code="card_declined"), at=at, by=BY)
    return settle(invoice, event)


def _credit(_firm: Firm, _client: Client, invoice: Invoice, amount: Money) -> Invoice:
    return builders.a_credit_note(invoice, amount, at=invoice.drafted_at)[1]


def _write_off(_firm: Firm, _client: Client, invoice: Invoice, amount: Money) -> Invoice:
    return adjusting.write_off(invoice, amount, reason="bad debt", at=invoice.drafted_at, by=BY)[0]


def _late_fee(firm: Firm, _client: Client, invoice: Invoice, amount: Money) -> Invoice:
    at, step = invoice.drafted_at, len(invoice.late_fees) + 1
    return settle(
        invoice,
        LateFeeAssessed(
            firm_id=firm.id, invoice_id=invoice.id, rule="late_fee", step=step, amount=amount, reason="", at=at, by=BY
        ),
    )


def _hold(_firm: Firm, _client: Client, invoice: Invoice, _amount: Money) -> Invoice:
    return adjusting.hold(invoice, reason="a dispute", at=invoice.drafted_at, by=BY)[0]


def _void(_firm: Firm, _client: Client, invoice: Invoice, _amount: Money) -> Invoice:
    return voiding.void(invoice, reason="an error", at=invoice.drafted_at, by=BY)[0]
