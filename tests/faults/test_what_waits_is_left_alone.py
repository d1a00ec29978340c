"""What only waits is looked at once an hour, and a hosted page is paid as its client chose."""

from collections import Counter
from datetime import timedelta

import pytest
from tests.office import FIRM, PRIYA, Office

from billcore.billing import Billing
from billcore.fees import FeeRate, FeeSchedule
from billcore.ids import FirmId, GatewayRef
from billcore.memory import MemoryStore
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import CheckoutSnapshot, RefundSnapshot
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.testing import CountingIds, FakeGateway, ManualClock, Wait


class Counted(FakeGateway):
    """A gateway that counts how often it is looked at."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, fee_after=None)
        self.looks: Counter[str] = Counter()

    def get_refund(self, ref: GatewayRef) -> RefundSnapshot:
        self.looks["refund"] += 1
        return super().get_refund(ref)

    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        self.looks["page"] += 1
        return super().get_checkout(ref)


def opened() -> tuple[Office, Counted]:
    clock, store = ManualClock(), MemoryStore()
    gateway = Counted(clock)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    # ACH is free, a card is not.
    rates = {Method.CARD: FeeRate("2.9", Money(30, "USD")), Method.ACH: FeeRate("0", Money(0, "USD"))}
    billing.firms.open(FIRM, "Acme", by=PRIYA, fee_schedule=FeeSchedule.of(rates))
    return Office(clock=clock, store=store, gateway=gateway, billing=billing), gateway


def paging(office: Office) -> tuple[Payment, GatewayRef]:
    invoice = office.sent(office.client())
    payment = office.by(PRIYA).payments.checkout(
        invoice.id, gateway="fake", success_url="https://acme.example", cancel_url="https://acme.example"
    )
    assert payment.operation_id is not None
    with office.store.read(FirmId(FIRM)) as work:
        page = work.operations.peek(payment.operation_id).ref
    assert page is not None
    return payment, page


def half_an_hour(office: Office) -> None:
    for _ in range(30):
        office.clock.advance(timedelta(minutes=1))
        office.billing.recover()


def test_a_pending_refund_is_looked_at_once_and_then_left_alone_for_an_hour() -> None:
    office, gateway = opened()
    payment = office.charged(office.sent(office.client()))
    gateway.script(refund=[Wait(after=None)])

    refund = office.desk.refunds.issue(payment.id)
    half_an_hour(office)

    assert office.desk.refunds.get(refund.id).state is RefundState.PENDING
    assert gateway.looks["refund"] == 1


def test_an_open_page_is_looked_at_once_and_then_left_alone_for_an_hour() -> None:
    office, gateway = opened()
    payment, _ = paging(office)

    half_an_hour(office)

    assert office.desk.payments.get(payment.id).is_waiting
    assert gateway.looks["page"] == 1


@pytest.mark.rule("S1.40")
def test_what_a_client_pays_by_bank_on_a_hosted_page_is_a_bank_payment_in_every_book() -> None:
    office, gateway = opened()
    payment, page = paging(office)

    gateway.client_pays(page, "ach_ok")
    office.hear()
    office.days_later(7)
    office.hear()

    payment = office.desk.payments.get(payment.id)
    assert (payment.state, payment.method) == (PaymentState.COMPLETED, Method.ACH)
    assert payment.fee is not None
    assert payment.fee.total == Money(0, "USD")
    told = [text for _, text in office.told(office.desk.invoices.get(payment.invoice_ids[0]))]
    assert "Payment of 100.00 USD by ACH completed" in told
    assert office.billing.verify(FIRM) == ()
