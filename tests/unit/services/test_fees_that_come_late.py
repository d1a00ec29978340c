"""A fee that the gateway does not know at once is looked for, also when no webhook ever comes."""

from datetime import timedelta

from tests.office import FIRM, JANE

from billcore import Billing, LineItem, MemoryStore, Money
from billcore.testing import CountingIds, FakeGateway, ManualClock


def test_recovery_fetches_a_fee_that_no_webhook_told() -> None:
    clock = ManualClock()
    gateway = FakeGateway(clock, fee_after=timedelta(hours=2))
    billing = Billing(MemoryStore(), [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family")
    draft = desk.invoices.draft(client.id, lines=[LineItem(description="Advice", unit_price="100.00")])
    card = desk.methods.attach(client.id, gateway="fake", token="card_ok")
    payment = desk.payments.charge(desk.invoices.send(draft.id).id, method=card.id)
    assert payment.fee is None, "unknown is never written as zero"

    clock.advance(timedelta(hours=3))
    billing.recover()

    known = desk.payments.get(payment.id).fee
    assert known is not None
    assert known.total == Money(3_20, "USD")
    assert billing.recover().resolved == 0, "there is nothing left to look for"


def test_a_fee_that_is_never_told_is_not_looked_for_for_ever() -> None:
    clock = ManualClock()
    gateway = FakeGateway(clock, fee_after=None)
    billing = Billing(MemoryStore(), [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family")
    draft = desk.invoices.draft(client.id, lines=[LineItem(description="Advice", unit_price="100.00")])
    card = desk.methods.attach(client.id, gateway="fake", token="card_ok")
    payment = desk.payments.charge(desk.invoices.send(draft.id).id, method=card.id)

    clock.advance(timedelta(days=8))
    billing.recover()
    clock.advance(timedelta(days=1))

    assert billing.recover().open == 0
    assert desk.payments.get(payment.id).fee is None
