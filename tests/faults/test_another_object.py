"""A gateway may have more than one object with our ids on it: only the one that was asked for the money counts."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA, Office

from billcore.billing import Billing
from billcore.errors import GatewayUnavailable, InvalidTransition, PaymentInFlight, ReasonRequired
from billcore.ids import FirmId, GatewayRef
from billcore.memory import MemoryStore
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore.payments.payment import Payment, PaymentState
from billcore.ports.gateway import EventKind, GatewayEvent
from billcore.testing import CountingIds, FakeGateway, ManualClock, Silence, Succeed
from billcore.testing.fake_gateway import EVERYTHING


class Seeing(FakeGateway):
    """A gateway that shows what else there is, and may be silent when it is to cancel."""

    is_mute = False

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock, capabilities=evolve(EVERYTHING, two_step=True))
        self.others: dict[str, PaymentSnapshot] = {}

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self.others.get(ref.id) or super().get_payment(ref)

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        if self.is_mute:
            raise GatewayUnavailable("no answer")
        return super().cancel_payment(ref)


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


def hear_of(office: Office, gateway: Seeing, payment: Payment, copy: PaymentSnapshot, number: int = 1) -> None:
    """The gateway tells that the copy succeeded."""
    copied = GatewayEvent(
        id=f"evt_copy_{number}",
        kind=EventKind.PAYMENT_SUCCEEDED,
        gateway="fake",
        account=None,
        subject=copy.ref,
        occurred_at=office.clock.now(),
        firm_id=FirmId(FIRM),
        operation_id=payment.operation_id,
    )
    webhook = gateway.webhook(copied)
    office.billing.hear("fake", webhook.body, webhook.headers)


def unconfirmed_with_money_on_a_copy() -> tuple[Office, Seeing, Payment]:
    """A charge that its client did not confirm, while the gateway has money on a copy of it: a person must look."""
    office, gateway, payment, forgotten = prepared_twice("card_requires_action")
    seen = gateway.get_payment(payment.ref or forgotten.ref)
    gateway.others[forgotten.ref.id] = evolve(seen, ref=forgotten.ref, status=PaymentStatus.SUCCEEDED, action_url=None)
    hear_of(office, gateway, payment, forgotten)
    payment = office.desk.payments.get(payment.id)
    assert (payment.state, payment.needs_review) == (PaymentState.REQUIRES_ACTION, True)
    return office, gateway, payment


def test_what_a_person_is_to_look_at_does_not_make_way_nor_end_by_itself() -> None:
    office, _, payment = unconfirmed_with_money_on_a_copy()
    invoice = office.desk.invoices.get(payment.invoice_ids[0])

    with pytest.raises(PaymentInFlight):
        office.charged(invoice)
    with pytest.raises(PaymentInFlight):
        office.desk.payments.mark_paid(invoice.id)
    office.days_later(30)
    office.billing.recover()
    still = office.desk.payments.get(payment.id)
    resolved = office.desk.payments.resolve(payment.id, has_arrived=True, evidence="seen in the dashboard")

    assert (still.state, still.needs_review) == (PaymentState.REQUIRES_ACTION, True)
    assert (resolved.state, office.badge(invoice)) == (PaymentState.COMPLETED, "Paid")
    assert office.billing.verify(FIRM) == ()


def test_money_that_a_person_saw_is_booked_also_when_staff_had_canceled_the_payment() -> None:
    office, _, payment = unconfirmed_with_money_on_a_copy()
    invoice = office.desk.invoices.get(payment.invoice_ids[0])
    canceled = office.desk.payments.cancel(payment.id, reason="the client called")

    resolved = office.desk.payments.resolve(payment.id, has_arrived=True, evidence="seen in the dashboard")

    assert (canceled.state, canceled.needs_review) == (PaymentState.CANCELED, True)
    assert (resolved.state, resolved.needs_review) == (PaymentState.COMPLETED, False)
    assert office.badge(invoice) == "Paid"
    assert office.billing.verify(FIRM) == ()


@pytest.mark.parametrize("has_arrived", [True, False])
def test_nobody_can_confirm_any_more_what_a_person_has_decided(has_arrived: bool) -> None:
    office, gateway, payment = unconfirmed_with_money_on_a_copy()
    assert payment.ref is not None

    resolved = office.desk.payments.resolve(payment.id, has_arrived=has_arrived, evidence="seen in the dashboard")
    with pytest.raises(InvalidTransition):
        gateway.client_acts(payment.ref)
    office.hear()
    office.days_later(1)
    office.billing.recover()

    assert resolved.state is (PaymentState.COMPLETED if has_arrived else PaymentState.CANCELED)
    after = office.desk.payments.get(payment.id)
    assert (after.state, after.needs_review) == (resolved.state, False), "its end at the gateway is no news"
    assert office.balance(office.desk.invoices.get(payment.invoice_ids[0])) == ("0.00" if has_arrived else "100.00")
    assert office.billing.verify(FIRM) == ()


def test_while_the_gateway_does_not_answer_a_client_might_still_confirm_and_nothing_is_decided() -> None:
    office, gateway, payment = unconfirmed_with_money_on_a_copy()
    gateway.is_mute = True
    with pytest.raises(PaymentInFlight, match=r"billing\.recover"):
        office.desk.payments.resolve(payment.id, has_arrived=True, evidence="seen in the dashboard")
    gateway.is_mute = False
    office.clock.advance(timedelta(minutes=5))
    office.billing.recover()
    still = office.desk.payments.get(payment.id)

    resolved = office.desk.payments.resolve(payment.id, has_arrived=True, evidence="seen in the dashboard")

    assert (still.state, still.needs_review) == (PaymentState.CANCELED, True)
    assert resolved.state is PaymentState.COMPLETED


def test_a_decision_that_is_refused_cancels_nothing() -> None:
    office, gateway, payment = unconfirmed_with_money_on_a_copy()

    with pytest.raises(ReasonRequired):
        office.desk.payments.resolve(payment.id, has_arrived=True, evidence=" ")

    assert payment.ref is not None
    assert gateway.get_payment(payment.ref).status is PaymentStatus.REQUIRES_ACTION


def test_of_a_gateway_that_is_gone_the_person_is_believed() -> None:
    office, _, payment = unconfirmed_with_money_on_a_copy()
    elsewhere = Billing(office.store, [], clock=office.clock).at(FIRM, by=JANE)

    resolved = elsewhere.payments.resolve(payment.id, has_arrived=True, evidence="seen in the dashboard")

    assert (resolved.state, resolved.needs_review) == (PaymentState.COMPLETED, False)


@pytest.mark.parametrize("token", ["card_ok", "ach_ok"])
def test_money_on_a_copy_of_our_payment_is_never_booked_but_reviewed_once(token: str) -> None:
    office, gateway, payment, forgotten = prepared_twice(token)
    gateway.others[forgotten.ref.id] = evolve(gateway.get_payment(payment.ref or forgotten.ref), ref=forgotten.ref)

    for number in (1, 2):
        hear_of(office, gateway, payment, forgotten, number)

    reviewed = office.desk.payments.get(payment.id)
    assert reviewed.needs_review
    assert evolve(reviewed, needs_review=False, version=payment.version) == payment
    assert [text for _, text in office.told(office.desk.invoices.get(payment.invoice_ids[0]))][-1].endswith(
        f"needs a review: the gateway also has {forgotten.ref.id}"
    )
    assert office.billing.verify(FIRM) == ()
