"""What nobody can resolve now keeps nothing else from being resolved."""

from datetime import timedelta

from attrs import evolve
from tests.office import FIRM, PRIYA, Office

from billcore.billing import Billing
from billcore.errors import GatewayUnavailable
from billcore.ids import GatewayRef
from billcore.memory import MemoryStore
from billcore.payments.observation import PaymentSnapshot
from billcore.payments.payment import PaymentState
from billcore.ports.gateway import Capabilities, Idempotency, Lookup
from billcore.services.house import House
from billcore.services.recovery import Recovery
from billcore.testing import CountingIds, Down, FakeGateway, ManualClock, Silence
from billcore.testing.fake_gateway import EVERYTHING


def open_at(*gateways: FakeGateway, clock: ManualClock) -> Office:
    store = MemoryStore()
    billing = Billing(store, gateways, clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=PRIYA)
    return Office(clock=clock, store=store, gateway=gateways[0], billing=billing)


def recovery_of(billing: Billing) -> Recovery:
    house: House = billing._house
    return Recovery(house)


def test_payments_that_wait_for_a_person_do_not_keep_a_younger_one_waiting() -> None:
    deaf: Capabilities = evolve(EVERYTHING, lookup=Lookup.NONE, idempotency=Idempotency.NONE)
    clock = ManualClock()
    office = open_at(FakeGateway(clock, capabilities=deaf), clock=clock)
    for _ in range(3):
        office.gateway.script(charge=[Silence(then=None)])
        office.charged(office.sent(office.client()))
    clock.advance(timedelta(hours=1))
    office.billing.recover()
    office.gateway.script(charge=[Down()])
    younger = office.charged(office.sent(office.client()))
    clock.advance(timedelta(minutes=5))

    recovered = recovery_of(office.billing).run(limit=2)

    assert office.desk.payments.get(younger.id).state is PaymentState.COMPLETED
    assert (recovered.resolved, recovered.open) == (1, 3)


def test_payments_of_a_gateway_that_is_gone_do_not_keep_another_gateways_waiting() -> None:
    clock = ManualClock()
    gone, kept = FakeGateway(clock, name="gone"), FakeGateway(clock)
    office = open_at(gone, kept, clock=clock)
    for _ in range(3):
        gone.script(charge=[Down()])
        office.charged(office.sent(office.client()))
    kept.script(charge=[Down()])
    younger = evolve(office, gateway=kept).charged(office.sent(office.client()))
    clock.advance(timedelta(minutes=5))
    smaller = Billing(office.store, [kept], clock=clock, ids=CountingIds())

    recovered = recovery_of(smaller).run(limit=2)

    assert office.desk.payments.get(younger.id).state is PaymentState.COMPLETED
    assert [line.split(": ")[1] for line in recovered.failing] == ["unknown_gateway"] * 3


class Hidden(FakeGateway):
    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        raise GatewayUnavailable("not now")


def test_an_event_that_cannot_be_read_any_more_is_named_and_stops_nothing() -> None:
    clock = ManualClock()
    gateway = Hidden(clock)
    office = open_at(gateway, clock=clock)
    payment = office.charged(office.sent(office.client()))
    assert payment.state is PaymentState.COMPLETED
    office.hear()
    without = Billing(office.store, [], clock=clock, ids=CountingIds())

    recovered = without.recover()

    assert (recovered.placed, recovered.parked) == (0, 1)
    assert [line.split(": ")[1] for line in recovered.failing] == ["unknown_gateway"]
