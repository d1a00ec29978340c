"""What no gateway can tell, a person resolves: with evidence, by the usual verbs, and only where there is a doubt."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA

from billcore import Billing, LineItem, MemoryStore, Money, PaymentState, RefundState
from billcore.errors import InvalidTransition, NotPermitted, ReasonRequired
from billcore.ids import InvoiceId, PaymentId
from billcore.ports.gateway import Idempotency, Lookup
from billcore.testing import CountingIds, FakeGateway, ManualClock, Silence, Succeed
from billcore.testing.fake_gateway import EVERYTHING


def in_doubt(*, over: str = "charge") -> tuple[Billing, PaymentId, InvoiceId]:
    """A gateway without keys and without a lookup did not answer: nobody but a person can know."""
    clock = ManualClock()
    capabilities = evolve(EVERYTHING, idempotency=Idempotency.NONE, lookup=Lookup.NONE)
    gateway = FakeGateway(clock, capabilities=capabilities)
    billing = Billing(MemoryStore(), [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family")
    line = LineItem(description="Advice", unit_price="100.00")
    invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[line]).id)
    card = desk.methods.attach(client.id, gateway="fake", token="card_ok")
    silence = [Silence(then=Succeed())]
    gateway.script(charge=silence if over == "charge" else [])
    payment = desk.payments.charge(invoice.id, method=card.id)
    if over == "refund":
        gateway.script(refund=silence)
        desk.refunds.issue(payment.id, "40.00")
    clock.advance(timedelta(minutes=30))
    billing.recover()
    return billing, payment.id, invoice.id


@pytest.mark.parametrize(
    ("has_arrived", "state", "balance"),
    [(True, PaymentState.COMPLETED, Money(0, "USD")), (False, PaymentState.FAILED, Money(100_00, "USD"))],
)
def test_staff_resolve_what_only_a_person_can_know(has_arrived: bool, state: PaymentState, balance: Money) -> None:
    billing, payment_id, invoice_id = in_doubt()
    desk = billing.at(FIRM, by=JANE)
    assert desk.payments.get(payment_id).is_waiting, "what is in doubt stays reserved"

    resolved = desk.payments.resolve(payment_id, has_arrived=has_arrived, evidence="bank statement of 4 May")

    assert resolved.state is state
    assert desk.invoices.get(invoice_id).balance == balance
    assert billing.recover(min_age=timedelta(0)).open == 0
    assert billing.verify(FIRM) == ()


def test_a_resolution_needs_evidence_staff_and_a_doubt() -> None:
    billing, payment_id, _ = in_doubt()
    desk = billing.at(FIRM, by=JANE)
    contact = billing.at(FIRM, by=PRIYA)

    with pytest.raises(ReasonRequired):
        desk.payments.resolve(payment_id, has_arrived=True, evidence=" ")
    with pytest.raises(NotPermitted):
        contact.payments.resolve(payment_id, has_arrived=True, evidence="I paid it")
    desk.payments.resolve(payment_id, has_arrived=True, evidence="statement")
    with pytest.raises(InvalidTransition):
        desk.payments.resolve(payment_id, has_arrived=False, evidence="statement")

    assert desk.payments.get(payment_id).state is PaymentState.COMPLETED


@pytest.mark.parametrize(
    ("has_arrived", "state", "balance"),
    [(True, RefundState.SUCCEEDED, Money(40_00, "USD")), (False, RefundState.FAILED, Money(0, "USD"))],
)
def test_a_refund_in_doubt_is_resolved_in_the_same_way(has_arrived: bool, state: RefundState, balance: Money) -> None:
    billing, payment_id, invoice_id = in_doubt(over="refund")
    desk = billing.at(FIRM, by=JANE)
    [refund] = desk.refunds.of_payment(payment_id)
    assert refund.state is RefundState.REQUESTED, "what is in doubt stays reserved"

    resolved = desk.refunds.resolve(refund.id, has_arrived=has_arrived, evidence="bank statement of 4 May")

    assert resolved.state is state
    assert desk.invoices.get(invoice_id).balance == balance
    assert billing.recover(min_age=timedelta(0)).open == 0
    assert billing.verify(FIRM) == ()
    with pytest.raises(InvalidTransition):
        desk.refunds.resolve(refund.id, has_arrived=has_arrived, evidence="again")
