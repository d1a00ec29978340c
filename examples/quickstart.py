"""The main job, on a SQLite file: bill a client, take a cheque and a card, refund a part, and look at the books."""

import os
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from billcore import Billing, LineItem, Method, Period, RefundReason, Staff, Terms
from billcore.documents.plain import aging_text, invoice_text, queues_text, takings_text, timeline_text, titled
from billcore.services.system import RandomIds, SystemClock
from billcore.testing import FakeGateway
from billcore_sqlalchemy import SqlStore
from billcore_stripe import StripeGateway

# A gateway that only pretends; with STRIPE_API_KEY the same program runs against Stripe's test mode.
gateway: FakeGateway | StripeGateway = FakeGateway(SystemClock(), ids=RandomIds())
if key := os.environ.get("STRIPE_API_KEY"):
    base = os.environ.get("STRIPE_API_BASE")
    gateway = StripeGateway(api_key=key, base_addresses={"api": base} if base else None)
store = SqlStore.open(os.environ.get("BILLCORE_DATABASE", "sqlite:///billing.db"))
billing = Billing(store=store, gateways=[gateway])

# One firm, one actor: every call is scoped to the firm and attributed to the person.
jane = Staff("jane", "Jane Chen")
if "acme-law" not in billing.firms.all():
    billing.firms.open("acme-law", "Acme Law LLP", timezone="America/New_York", by=jane)
desk = billing.at("acme-law", by=jane)

# Time entries and a typed line become an invoice; sending gives it a number and locks it.
client = desk.clients.add("Patel Family", email="patel@example.com", terms=Terms.net(30))
desk.charges.add(client.id, "Tax return", quantity="3.5", unit="hour", unit_price="180.00", served_on=date(2026, 5, 4))
desk.charges.add(client.id, "Call with the IRS", quantity="0.4", unit="hour", unit_price="180.00")
invoice = desk.invoices.draft_unbilled(client.id)
filing_fee = LineItem(description="Filing fee", unit_price="58.00")
invoice = desk.invoices.edit(invoice.id, lines=[*invoice.lines, filing_fee])
invoice = desk.invoices.send(invoice.id)

# A cheque pays a part, a saved card the rest: pending at first, completed by a signed webhook.
desk.payments.record(invoice.id, "200.00", method=Method.CHECK, reference="4521")
token = "card_pending" if isinstance(gateway, FakeGateway) else "pm_card_visa"
card = desk.methods.attach(client.id, gateway=gateway.name, token=token)
payment = desk.payments.charge(invoice.id, method=card.id)
print(f"The card payment of {payment.amount} is {payment.state.value}.")
if isinstance(gateway, FakeGateway) and payment.ref is not None:
    gateway.settle(payment.ref)
    gateway.deliver_webhooks(billing.hear)
billing.recover(min_age=timedelta(0))  # what no webhook told, such as a fee that comes late, is looked up
print(f"Now it is {desk.payments.get(payment.id).state.value}.")

# A part goes back. The processor keeps its fee, and the invoice asks for the amount again.
refund = desk.refunds.issue(payment.id, "100.00", reason=RefundReason.DUPLICATE)
print(f"The refund of {refund.amount} has {refund.state.value}.")

today = datetime.now(ZoneInfo("America/New_York")).date()
print(titled("The invoice", invoice_text(desk.invoices.get(invoice.id), on=today)))
print(titled("Queues", queues_text(desk.reports.queues())))
print(titled("Timeline", timeline_text(desk.invoices.timeline(invoice.id))))
print(titled("Takings of today", takings_text(desk.reports.takings(Period(today, today + timedelta(days=1))))))
print(titled("Receivables by days past due", aging_text(desk.reports.aging())))
print(titled("Verified", f"discrepancies in the books: {list(billing.verify('acme-law'))}"))
