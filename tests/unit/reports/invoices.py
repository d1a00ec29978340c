"""Real invoices for the tests of reports, made by the verbs of an invoice's life."""

from datetime import date

from attrs import evolve
from tests.unit.reports.happened import FIRM, JANE, PATEL, noon

from billcore.clients import Client, Firm, Terms
from billcore.ids import ClientId, InvoiceId
from billcore.invoices.drafting import draft
from billcore.invoices.invoice import Content, Invoice, with_sums
from billcore.invoices.sending import issue
from billcore.lines import LineItem
from billcore.money import Money
from billcore.parties import Party
from billcore.policy import STANDARD, Policy

ISSUED_ON = date(2026, 4, 1)
DUE_ON = date(2026, 5, 1)


def firm(policy: Policy = STANDARD) -> Firm:
    return Firm(id=FIRM, party=Party(name="Acme Law"), currency="USD", policy=policy, terms=Terms.net(30))


def client(client_id: ClientId = PATEL, name: str = "Patel Family", currency: str = "USD") -> Client:
    return Client(
        id=client_id, firm_id=FIRM, party=Party(name=name), currency=currency, created_at=noon(date(2026, 1, 1))
    )


def a_draft(amount: Money, *, invoice_id: str = "I1", of: Client | None = None, policy: Policy = STANDARD) -> Invoice:
    invoice, _ = draft(
        InvoiceId(invoice_id),
        firm=firm(policy),
        client=of or client(currency=amount.currency),
        content=Content(lines=(LineItem(description="Tax return", unit_price=amount.amount),)),
        at=noon(ISSUED_ON),
        by=JANE,
    )
    return invoice


def an_invoice(
    amount: Money,
    *,
    invoice_id: str = "I1",
    of: Client | None = None,
    due_on: date = DUE_ON,
    issued_on: date = ISSUED_ON,
    paid: int = 0,
    in_flight: int = 0,
    policy: Policy = STANDARD,
) -> Invoice:
    """Issued, with so many minor units paid and in flight."""
    of = of or client(currency=amount.currency)
    drafted = a_draft(amount, invoice_id=invoice_id, of=of, policy=policy)
    drafted = evolve(drafted, content=evolve(drafted.content, due_on=due_on))
    issued, _ = issue(
        drafted, firm=firm(policy), client=of, number=f"INV-{invoice_id}", on=issued_on, at=noon(issued_on), by=JANE
    )
    return with_sums(issued, paid=paid, in_flight=in_flight)
