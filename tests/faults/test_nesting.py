"""No gateway is called while a transaction is open: not by billcore, and not by a host that nests one by accident."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

import pytest
from tests.databases import Databases
from tests.office import FIRM, JANE

from billcore import Billing, LineItem
from billcore.errors import UnitOfWorkMisuse
from billcore.ids import FirmId
from billcore.memory import MemoryStore
from billcore.ports.store import Store
from billcore.testing import CountingIds, Decline, FakeGateway, ManualClock, Silence, Succeed
from billcore_sqlalchemy import SqlStore


class WatchfulGateway(FakeGateway):
    """Refuses every request that comes while the store has a unit of work open."""

    store: Store
    calls = 0

    @contextmanager
    def _call(self) -> Iterator[datetime]:
        assert not self.store.is_in_unit_of_work, "a gateway was called inside a unit of work"
        self.calls += 1
        with super()._call() as now:
            yield now


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Store:
    if request.param == "memory":
        return MemoryStore()
    databases: Databases = request.getfixturevalue("databases")
    databases.get(request.param).empty()
    return SqlStore(databases.get(request.param).engine)


@pytest.fixture
def gateway(store: Store) -> WatchfulGateway:
    gateway = WatchfulGateway(ManualClock())
    gateway.store = store
    return gateway


@pytest.fixture
def billing(store: Store, gateway: WatchfulGateway) -> Billing:
    billing = Billing(store, [gateway], clock=gateway._clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    return billing


def test_no_request_is_sent_while_a_transaction_is_open(billing: Billing, gateway: WatchfulGateway) -> None:
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family")
    method = desk.methods.attach(client.id, gateway="fake", token="card_ok")
    invoice_id = desk.invoices.send(
        desk.invoices.draft(client.id, lines=[LineItem(description="Advice", unit_price="100.00")]).id
    ).id

    for outcome in (Succeed(), Decline(), Silence(then=Succeed())):
        gateway.script(charge=[outcome])
        desk.payments.charge(invoice_id, "10.00", method=method.id)
    page = desk.payments.checkout(
        invoice_id, "10.00", gateway="fake", success_url="https://acme.example", cancel_url="https://acme.example"
    )
    desk.payments.cancel(page.id)
    refund = [desk.refunds.issue(each.id) for each in desk.payments.of_invoice(invoice_id) if each.has_landed]
    clock = gateway._clock
    assert isinstance(clock, ManualClock)
    clock.advance(timedelta(hours=2))
    billing.recover()
    gateway.deliver_webhooks(billing.hear)
    desk.methods.detach(method.id)

    assert refund
    assert gateway.calls > 10
    assert billing.verify(FIRM) == ()


CALLS: dict[str, Callable[[Billing], object]] = {
    "open another unit of work": lambda billing: billing.firms.get(FIRM),
    "charge": lambda billing: billing.at(FIRM, by=JANE).payments.charge(FirmId("inv"), method=FirmId("pm")),  # type: ignore[arg-type]
    "attach": lambda billing: billing.at(FIRM, by=JANE).methods.attach(FirmId("cli"), gateway="fake", token="card_ok"),  # type: ignore[arg-type]
    "hear": lambda billing: billing.hear("fake", b"{}", {}),
    "recover": lambda billing: billing.recover(),
}


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("is_writing", [True, False])
def test_a_host_that_calls_from_inside_a_unit_of_work_is_refused(
    call: str, is_writing: bool, billing: Billing, gateway: WatchfulGateway, store: Store
) -> None:
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family")
    calls = gateway.calls

    with store.begin(FirmId(FIRM)) if is_writing else store.read(FirmId(FIRM)), pytest.raises(UnitOfWorkMisuse):
        CALLS[call](billing)

    assert gateway.calls == calls
    assert desk.clients.get(client.id) == client
