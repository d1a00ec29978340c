"""A gateway may have more than one object with our ids on it: only the one that was asked for the money counts."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, PRIYA, Office

from billcore.billing import Billing
from billcore.ids import FirmId, GatewayRef
from billcore.memory import MemoryStore
from billcore.payments.observation import PaymentSnapshot
from billcore.payments.payment import Payment, PaymentState
from billcore.ports.gateway import EventKind, GatewayEvent
from billcore.testing import CountingIds, FakeGateway, ManualClock, Silence, Succeed
from billcore.testing.fake_gateway import EVERYTHING


class Seeing(FakeGateway):
    """A gateway that shows what else there is."""

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, capabilities=evolve(EVERYTHING, two_step=True))
        self.others: dict[str, PaymentSnapshot] = {}

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self.others.get(ref.id) or super().get_payment(ref)


def prepared_twice(token: str) -> tuple[Office, Seeing, Payment, PaymentSnapshot]:
    """A payment whose first preparation was not answered, and what lies at the gateway since then."""
    clock, store = ManualClock(), MemoryStore()
    gateway = Seeing(clock)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    office = Office(clock=clock, store=store, gateway=gateway, billing=billing)
    billing.firms.open(FIRM, "Acme", by=PRIYA)
    invoice = office.sent(office.client())
    gateway.script(prepare=[Silence(then=Succeed())])
    payment = office.charged(invoice, token=token)
    assert payment.operation_id is not None
    with office.store.read(FirmId(FIRM)) as work:
        created_at = work.operations.peek(payment.operation_id).created_at
    forgotten = gateway.find_payment(payment.operation_id, customer=None, since=created_at)
    assert forgotten is not None
    clock.advance(timedelta(minutes=5))
    billing.recover()
    payment = office.desk.payments.get(payment.id)
    assert payment.ref is not None
    assert payment.ref != forgotten.ref
    return office, gateway, payment, forgotten


def test_what_was_prepared_and_forgotten_can_be_canceled_while_the_money_is_on_its_way() -> None:
    office, gateway, payment, forgotten = prepared_twice("ach_ok")

    gateway.cancel_payment(forgotten.ref)
    office.hear()

    assert office.desk.payments.get(payment.id) == payment
    assert payment.state is PaymentState.PENDING
    [invoice_id] = payment.invoice_ids
    assert office.desk.invoices.get(invoice_id).in_flight == payment.amount


@pytest.mark.parametrize("token", ["card_ok", "ach_ok"])
def test_money_on_a_copy_of_our_payment_is_never_booked_but_reviewed_once(token: str) -> None:
    office, gateway, payment, forgotten = prepared_twice(token)
    gateway.others[forgotten.ref.id] = evolve(gateway.get_payment(payment.ref or forgotten.ref), ref=forgotten.ref)

    for number in (1, 2):
        copied = GatewayEvent(
            id=f"evt_copy_{number}",
            kind=EventKind.PAYMENT_SUCCEEDED,
            gateway="fake",
            account=None,
            subject=forgotten.ref,
            occurred_at=office.clock.now(),
            firm_id=FirmId(FIRM),
            operation_id=payment.operation_id,
        )
        webhook = gateway.webhook(copied)
        office.billing.hear("fake", webhook.body, webhook.headers)

    reviewed = office.desk.payments.get(payment.id)
    assert reviewed.needs_review
    assert evolve(reviewed, needs_review=False, version=payment.version) == payment
    assert [text for _, text in office.told(office.desk.invoices.get(payment.invoice_ids[0]))][-1].endswith(
        f"needs a review: the gateway also has {forgotten.ref.id}"
    )
    assert office.billing.verify(FIRM) == ()
