"""What nobody can resolve now keeps nothing else from being resolved."""

from datetime import timedelta

from attrs import evolve
from tests.office import FIRM, PRIYA, Office

from billcore.billing import Billing
from billcore.errors import GatewayUnavailable
from billcore.events import ClientAdded
from billcore.ids import FirmId, GatewayRef
from billcore.memory import MemoryStore
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot
from billcore.payments.payment import PaymentState
from billcore.ports.gateway import Capabilities, ChargeResult, Idempotency, Lookup
from billcore.recorded import RecordedEvent
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


class Unplugged(FakeGateway):
    """A gateway that cannot be reached at all, and counts how often it was tried."""

    tries = 0
    is_down = False

    def charge(self, command: ChargeCommand) -> ChargeResult:
        if self.is_down:
            self.tries += 1
            raise GatewayUnavailable("connection refused")
        return super().charge(command)


def test_a_gateway_that_is_down_is_asked_once_in_a_pass_and_the_others_as_ever() -> None:
    clock = ManualClock()
    down, up = Unplugged(clock, name="down"), FakeGateway(clock)
    office = open_at(down, up, clock=clock)
    down.is_down = True
    for _ in range(25):
        office.charged(office.sent(office.client()))
    up.script(charge=[Down()])
    younger = evolve(office, gateway=up).charged(office.sent(office.client()))
    clock.advance(timedelta(minutes=5))
    down.tries = 0

    recovered = office.billing.recover()

    assert down.tries == 1
    assert (recovered.resolved, recovered.open) == (1, 25)
    assert office.desk.payments.get(younger.id).state is PaymentState.COMPLETED


def test_what_cannot_be_resolved_rests_twice_as_long_each_time() -> None:
    clock = ManualClock()
    down = Unplugged(clock)
    office = open_at(down, clock=clock)
    down.is_down = True
    office.charged(office.sent(office.client()))
    clock.advance(timedelta(minutes=1, seconds=1))
    down.tries = 0

    looked: list[int] = []
    for minute in range(40):
        before = down.tries
        office.billing.recover()
        looked += [minute] * (down.tries - before)
        clock.advance(timedelta(minutes=1))
    down.is_down = False
    clock.advance(timedelta(hours=1))

    assert looked == [0, 1, 3, 7, 15, 31]
    assert office.billing.recover().resolved == 1


def test_an_event_of_another_program_is_let_go_after_a_month() -> None:
    clock = ManualClock()
    gateway = FakeGateway(clock)
    foreign = open_at(gateway, clock=clock)
    foreign.charged(foreign.sent(foreign.client()))
    office = open_at(gateway, clock=clock)
    foreign.gateway.deliver_webhooks(office.billing.hear)
    assert office.store.parked(limit=10)

    let_go = 0
    for _ in range(40):
        clock.advance(timedelta(days=1))
        let_go += office.billing.recover().let_go

    assert let_go > 0
    assert office.store.parked(limit=10) == []


def test_events_that_cannot_be_delivered_do_not_keep_those_of_other_records_waiting() -> None:
    clock = ManualClock()
    office = open_at(FakeGateway(clock), clock=clock)
    office.billing.deliver_events(lambda firm_id, recorded: None, limit=1_000)
    for number in range(30):
        office.draft(office.client(f"Client {number}"))
    taken: list[str] = []

    def subscriber(_: FirmId, recorded: RecordedEvent) -> None:
        if isinstance(recorded.event, ClientAdded):
            raise ConnectionError("the subscriber's database is full")
        taken.append(type(recorded.event).__name__)

    first = office.billing.deliver_events(subscriber, limit=10)
    for _ in range(3):
        office.billing.deliver_events(subscriber, limit=10)
    clock.advance(timedelta(seconds=2))
    again = office.billing.deliver_events(lambda firm_id, recorded: None, limit=1_000)

    assert (first.delivered, len(first.failed)) == (10, 10)
    assert taken == ["InvoiceDrafted"] * 30
    assert (again.delivered, again.failed) == (30, ())
