"""What recovery does with an outcome in doubt, at gateways that can say less than others."""

from collections.abc import Callable
from datetime import timedelta
from typing import NoReturn

import pytest
from attrs import evolve
from tests.office import FIRM, PRIYA, Office, a_line

from billcore.billing import Billing
from billcore.ids import FirmId, GatewayRef, OperationId, PaymentId
from billcore.memory import MemoryStore
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import CheckoutStatus, PaymentSnapshot
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.ports.gateway import Capabilities, ChargeResult, Idempotency, Lookup
from billcore.reasons import Retry
from billcore.testing import CountingIds, FakeGateway, ManualClock, Silence, Succeed
from billcore.testing.fake_gateway import EVERYTHING

BLIND = evolve(EVERYTHING, lookup=Lookup.NONE)
"""It keeps keys, and finds nothing by our ids."""
DEAF = evolve(EVERYTHING, lookup=Lookup.NONE, idempotency=Idempotency.NONE)
"""It keeps no keys either."""
TWO_STEP = evolve(EVERYTHING, two_step=True)


def open_at(capabilities: Capabilities, kind: type[FakeGateway] = FakeGateway) -> Office:
    clock, store = ManualClock(), MemoryStore()
    gateway = kind(clock, capabilities=capabilities)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    office = Office(clock=clock, store=store, gateway=gateway, billing=billing)
    billing.firms.open(FIRM, "Acme", by=PRIYA)
    return office


def charged(office: Office, *, request_id: str | None = None) -> Payment:
    """An invoice of 100.00 charged by its client; the same invoice when that is asked again."""
    if not office.desk.clients.all():
        client = office.desk.clients.add("Patel Family")
        office.desk.invoices.send(office.desk.invoices.draft(client.id, lines=[a_line("100.00")]).id)
        office.desk.methods.attach(client.id, gateway="fake", token="card_ok")
    [client] = office.desk.clients.all()
    [method] = office.desk.methods.of_client(client.id)
    [invoice] = office.desk.invoices.page().invoices
    return office.by(PRIYA).payments.charge(invoice.id, method=method.id, request_id=request_id)


def recovered(office: Office, payment_id: PaymentId, after: timedelta) -> Payment:
    office.clock.advance(after)
    office.billing.recover()
    return office.desk.payments.get(payment_id)


def operation_of(office: Office, operation_id: OperationId | None) -> Operation:
    assert operation_id is not None
    with office.store.read(FirmId(FIRM)) as work:
        return work.operations.peek(operation_id)


@pytest.mark.parametrize("silence", [Silence(then=Succeed()), Silence(then=None)])
def test_where_nothing_can_be_found_the_same_key_is_sent_again_while_it_holds(silence: Silence) -> None:
    office = open_at(BLIND)
    office.gateway.script(charge=[silence])

    payment = recovered(office, charged(office).id, timedelta(minutes=5))

    assert payment.state is PaymentState.COMPLETED
    assert len(office.gateway.books().payments) == 1


@pytest.mark.parametrize("silence", [Silence(then=Succeed()), Silence(then=None)])
def test_a_refund_too_is_sent_again_under_its_key_where_nothing_can_be_found(silence: Silence) -> None:
    office = open_at(BLIND)
    payment = charged(office)
    office.gateway.script(refund=[silence])

    refund = office.desk.refunds.issue(payment.id, "40.00")
    recovered(office, payment.id, timedelta(minutes=5))

    assert office.desk.refunds.get(refund.id).state is RefundState.SUCCEEDED
    assert str(office.gateway.books().refunded("USD").amount) == "40.00"


@pytest.mark.parametrize("capabilities", [BLIND, DEAF])
def test_where_nothing_is_certain_a_person_is_asked_and_the_money_stays_reserved(capabilities: Capabilities) -> None:
    office = open_at(capabilities)
    office.gateway.script(charge=[Silence(then=Succeed())])

    payment = recovered(office, charged(office).id, capabilities.idempotency_window + timedelta(hours=1))

    assert operation_of(office, payment.operation_id).needs_review
    assert payment.is_waiting
    assert str(office.gateway.books().taken("USD").amount) == "100.00"


@pytest.mark.parametrize("capabilities", [BLIND, DEAF])
def test_where_nothing_is_certain_about_a_refund_a_person_is_asked(capabilities: Capabilities) -> None:
    office = open_at(capabilities)
    payment = charged(office)
    office.gateway.script(refund=[Silence(then=Succeed())])

    refund = office.desk.refunds.issue(payment.id, "40.00")
    recovered(office, payment.id, capabilities.idempotency_window + timedelta(hours=1))

    assert operation_of(office, refund.operation_id).needs_review
    assert office.desk.refunds.get(refund.id).state is RefundState.REQUESTED
    assert str(office.gateway.books().refunded("USD").amount) == "40.00"


def test_a_request_that_was_sent_again_just_now_may_still_be_on_its_way() -> None:
    office = open_at(EVERYTHING)
    office.gateway.script(charge=[Silence(then=None), Silence(then=None)])
    payment = charged(office)
    window = EVERYTHING.idempotency_window

    recovered(office, payment.id, window - timedelta(minutes=2))
    early = recovered(office, payment.id, timedelta(minutes=4))
    late = recovered(office, payment.id, timedelta(minutes=20))

    assert early.is_waiting
    assert late.state is PaymentState.FAILED


def paging(office: Office) -> Payment:
    client = office.desk.clients.add("Patel Family")
    invoice = office.desk.invoices.send(office.desk.invoices.draft(client.id, lines=[a_line("100.00")]).id)
    return office.desk.payments.checkout(
        invoice.id, gateway="fake", success_url="https://acme.example", cancel_url="https://acme.example"
    )


def page_of(office: Office, payment: Payment) -> GatewayRef:
    ref = operation_of(office, payment.operation_id).ref
    assert ref is not None
    return ref


def test_a_hosted_page_that_is_given_up_is_closed_at_the_gateway_and_its_amount_is_free() -> None:
    office = open_at(EVERYTHING)
    payment = paging(office)

    canceled = office.desk.payments.cancel(payment.id)

    assert canceled.state is PaymentState.CANCELED
    assert office.gateway.get_checkout(page_of(office, payment)).status is CheckoutStatus.EXPIRED
    assert str(office.desk.invoices.get(payment.invoice_ids[0]).balance.amount) == "100.00"
    assert office.billing.verify(FIRM) == ()


def test_a_hosted_page_that_was_paid_in_the_meantime_is_not_given_up_but_paid() -> None:
    office = open_at(EVERYTHING)
    payment = paging(office)
    office.gateway.client_pays(page_of(office, payment))

    assert office.desk.payments.cancel(payment.id).state is PaymentState.COMPLETED
    assert office.billing.verify(FIRM) == ()


def test_a_hosted_page_that_could_not_be_closed_is_closed_by_recovery() -> None:
    office = open_at(EVERYTHING)
    payment = paging(office)
    with office.gateway.down():
        assert office.desk.payments.cancel(payment.id).is_waiting

    assert recovered(office, payment.id, timedelta(minutes=5)).state is PaymentState.CANCELED


class BusyGateway(FakeGateway):
    """While it works on a charge, something else happens."""

    meanwhile: Callable[[], object]

    def charge(self, command: ChargeCommand) -> ChargeResult:
        self.meanwhile()
        return super().charge(command)

    def find_payment(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise AssertionError("another worker is on it")


def test_an_operation_that_a_worker_is_on_is_left_to_it() -> None:
    clock, store = ManualClock(), MemoryStore()
    gateway = BusyGateway(clock)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    office = Office(clock=clock, store=store, gateway=gateway, billing=billing)
    billing.firms.open(FIRM, "Acme", by=PRIYA)
    found = []

    def click_again() -> None:
        clock.advance(timedelta(minutes=2))
        found.append(charged(office, request_id="click").state)
        billing.recover()

    gateway.meanwhile = click_again

    assert charged(office, request_id="click").state is PaymentState.COMPLETED
    assert found == [PaymentState.CREATED]


@pytest.mark.parametrize("silence", [Silence(then=Succeed()), Silence(then=None)])
def test_where_no_keys_are_kept_what_is_in_doubt_is_looked_for_and_never_sent_again(silence: Silence) -> None:
    office = open_at(evolve(EVERYTHING, idempotency=Idempotency.NONE))
    office.gateway.script(charge=[silence])
    payment = recovered(office, charged(office).id, timedelta(minutes=20))

    is_taken = silence.then is not None
    assert payment.state is (PaymentState.COMPLETED if is_taken else PaymentState.FAILED)
    assert len(office.gateway.books().payments) == int(is_taken)


@pytest.mark.parametrize("silence", [Silence(then=Succeed()), Silence(then=None)])
def test_where_no_keys_are_kept_a_refund_in_doubt_is_looked_for_and_never_sent_again(silence: Silence) -> None:
    office = open_at(evolve(EVERYTHING, idempotency=Idempotency.NONE))
    payment = charged(office)
    office.gateway.script(refund=[silence])
    refund = office.desk.refunds.issue(payment.id, "40.00")
    recovered(office, payment.id, timedelta(minutes=20))

    is_given = silence.then is not None
    assert office.desk.refunds.get(refund.id).state is (RefundState.SUCCEEDED if is_given else RefundState.FAILED)
    assert office.gateway.books().refunded("USD").minor == (40_00 if is_given else 0)


def test_a_payment_is_found_at_a_gateway_whose_clock_is_behind_ours() -> None:
    clock, behind, store = ManualClock(), ManualClock(), MemoryStore()
    clock.advance(timedelta(minutes=2))
    gateway = FakeGateway(behind, capabilities=evolve(EVERYTHING, idempotency=Idempotency.NONE))
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    office = Office(clock=clock, store=store, gateway=gateway, billing=billing)
    billing.firms.open(FIRM, "Acme", by=PRIYA)
    gateway.script(charge=[Silence(then=Succeed())])

    assert recovered(office, charged(office).id, timedelta(minutes=20)).state is PaymentState.COMPLETED


class CutOff(FakeGateway):
    """The line is cut, or the worker killed, when the gateway has just canceled what it was told to cancel."""

    is_cut = True

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        canceled = super().cancel_payment(ref)
        if self.is_cut:
            raise KeyboardInterrupt
        return canceled


@pytest.mark.parametrize("is_told", [False, True], ids=["recovery looks", "a webhook tells"])
def test_what_we_gave_up_and_canceled_at_the_gateway_has_failed_whoever_hears_of_it_first(is_told: bool) -> None:
    office = open_at(TWO_STEP, CutOff)
    office.gateway.script(charge=[Silence(then=None)])
    payment = charged(office)
    assert payment.state is PaymentState.CREATED
    # Too late to be confirmed under its key: recovery has it canceled, and is killed before it is told so.
    office.clock.advance(timedelta(days=2))
    with pytest.raises(KeyboardInterrupt):
        office.billing.recover()

    if is_told:
        office.hear()
    recovered(office, payment.id, timedelta(hours=2))

    payment = office.desk.payments.get(payment.id)
    assert payment.state is PaymentState.FAILED
    assert payment.failure is not None
    # Nobody canceled it: auto-pay may try again.
    assert (payment.failure.code, payment.failure.retry) == ("not_processed", Retry.LATER)
    assert office.billing.verify(FIRM) == ()
