"""A charge that its client was to confirm at their bank, and did not: nobody waits for ever, nothing is paid twice.

And whoever gives a payment up, the books say who, and why, whichever way the news of it comes.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import AUTOPAY, FIRM, JANE, Office

from billcore.actors import Actor, Processor, System
from billcore.clients import Terms
from billcore.errors import GatewayConfigurationError, GatewayUnavailable, Overpayment, PaymentInFlight
from billcore.events import PaymentCanceled
from billcore.ids import GatewayRef, OperationId
from billcore.invoices.invoice import Invoice
from billcore.methods import Method
from billcore.payments.instruction import CancelCommand
from billcore.payments.observation import CheckoutStatus, PaymentSnapshot, PaymentStatus
from billcore.payments.payment import Payment, PaymentState
from billcore.ports.clock import Clock
from billcore.ports.gateway import Idempotency, Lookup
from billcore.reasons import Initiator
from billcore.services.observing import Observing
from billcore.services.own import begin_own
from billcore.testing import FakeGateway
from billcore.testing.fake.outcomes import AskClient, Decline, Down, Silence, Succeed
from billcore.testing.fake_gateway import EVERYTHING

PAID, BACK = "https://acme.example/paid", "https://acme.example/back"
OTHERWISE = "the amount is needed otherwise"
NOT_CONFIRMED = "not confirmed in time"
CONFIRMED = Succeed()


class Watched(FakeGateway):
    """Somebody may pull a plug while a payment is being canceled, or a client may be quicker."""

    cancels = 0
    before: Callable[[GatewayRef], object] = staticmethod(lambda _: None)
    after: Callable[[GatewayRef], object] = staticmethod(lambda _: None)

    def cancel_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        self.cancels += 1
        self.before(ref)
        seen = super().cancel_payment(ref)
        self.after(ref)
        return seen


@pytest.fixture
def office() -> Office:
    return Office.open(kind=Watched, terms=Terms.net(0))


@pytest.fixture
def gateway(office: Office) -> Watched:
    assert isinstance(office.gateway, Watched)
    return office.gateway


@pytest.fixture
def invoice(office: Office) -> Invoice:
    """Of 100.00, sent to the client."""
    return office.sent(office.client())


def unconfirmed(office: Office, invoice: Invoice, amount: str | None = None) -> Payment:
    """The client is sent to their bank, and does not come back."""
    payment = office.charged(invoice, amount, token="card_requires_action")
    assert payment.state is PaymentState.REQUIRES_ACTION
    return payment


def ref_of(payment: Payment) -> GatewayRef:
    assert payment.ref is not None
    return payment.ref


def now(office: Office, payment: Payment) -> Payment:
    return office.desk.payments.get(payment.id)


def given_up(office: Office) -> list[tuple[Actor, str]]:
    """Who gave payments up, and why."""
    return [(event.by, event.reason) for event in office.happened() if isinstance(event, PaymentCanceled)]


def is_right(office: Office) -> bool:
    office.hear()
    return office.billing.verify(FIRM) == ()


def _silence(_: GatewayRef) -> None:
    raise GatewayUnavailable("no answer")


def _refuses(_: GatewayRef) -> None:
    raise GatewayConfigurationError("a wrong key")


def _dies(_: GatewayRef) -> None:
    raise KeyboardInterrupt


# ── The client, or somebody else, pays otherwise ─────────────────────────────────────────────────────────────────────


def test_a_client_who_did_not_confirm_tries_again_with_another_card(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    first = unconfirmed(office, invoice)
    assert office.balance(invoice) == "0.00"

    second = office.charged(invoice)

    assert (now(office, first).state, second.state) == (PaymentState.CANCELED, PaymentState.COMPLETED)
    assert gateway.get_payment(ref_of(first)).status is PaymentStatus.CANCELED
    assert (office.badge(invoice), gateway.cancels) == ("Paid", 1)
    assert is_right(office)


def test_a_cheque_comes_for_what_was_not_confirmed(office: Office, invoice: Invoice) -> None:
    unconfirmed(office, invoice)

    office.desk.payments.record(invoice.id, method=Method.CHECK)

    assert office.badge(invoice) == "Paid"
    assert given_up(office) == [(JANE, OTHERWISE)]
    assert is_right(office)


def test_no_more_is_given_up_than_is_needed(office: Office, gateway: Watched, invoice: Invoice) -> None:
    first, second = unconfirmed(office, invoice, "60.00"), unconfirmed(office, invoice, "30.00")

    office.desk.payments.record(invoice.id, "50.00", method=Method.CHECK)

    assert (now(office, first).state, now(office, second).state) == (
        PaymentState.CANCELED,
        PaymentState.REQUIRES_ACTION,
    )
    assert gateway.cancels == 1


def test_what_fits_beside_it_leaves_the_client_at_their_bank(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice, "60.00")

    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK)
    gateway.client_acts(ref_of(payment), CONFIRMED)
    office.hear()

    assert (gateway.cancels, office.badge(invoice)) == (0, "Paid")


def test_a_click_that_is_repeated_does_not_cancel_its_own_charge(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    method = office.card(office.desk.clients.get(invoice.client_id), "card_requires_action")
    portal = office.portal(invoice.client_id)

    clicks = [portal.payments.charge(invoice.id, method=method, request_id="click") for _ in range(2)]

    assert clicks[0] == clicks[1]
    assert (gateway.cancels, clicks[1].state) == (0, PaymentState.REQUIRES_ACTION)


def test_a_client_who_confirms_in_the_last_moment_has_paid_and_the_cheque_is_refused(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    gateway.before = lambda ref: gateway.client_acts(ref, CONFIRMED)

    with pytest.raises(Overpayment):
        office.desk.payments.record(invoice.id, "100.00", method=Method.CHECK)

    assert now(office, payment).state is PaymentState.COMPLETED
    assert (office.badge(invoice), given_up(office)) == ("Paid", [])
    assert is_right(office)


def test_a_gateway_that_does_not_answer_keeps_the_amount_until_recovery_has_asked_again(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    gateway.after = _silence
    with pytest.raises(PaymentInFlight):
        office.desk.payments.record(invoice.id, method=Method.CHECK)
    still = now(office, payment)

    gateway.after = lambda _: None
    office.clock.advance(timedelta(minutes=5))
    office.billing.recover()

    assert still.is_waiting, "silence is not success"
    assert now(office, payment).state is PaymentState.CANCELED
    assert given_up(office) == [(JANE, OTHERWISE)]
    assert office.balance(invoice) == "100.00"


def test_a_job_lets_the_client_be_at_their_bank(office: Office, gateway: Watched, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)
    card = office.card(office.desk.clients.get(invoice.client_id))

    with pytest.raises(PaymentInFlight):
        office.by(AUTOPAY).payments.charge(invoice.id, method=card, initiator=Initiator.AUTOPAY)

    assert (now(office, payment).is_waiting, gateway.cancels) == (True, 0)


# ── Nobody does anything ─────────────────────────────────────────────────────────────────────────────────────────────


def test_after_a_day_recovery_gives_it_up_and_says_why(office: Office, gateway: Watched, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)

    office.clock.advance(timedelta(hours=23))
    office.billing.recover()
    before = now(office, payment).state
    office.clock.advance(timedelta(hours=2))
    recovered = office.billing.recover()

    assert before is PaymentState.REQUIRES_ACTION
    assert now(office, payment).state is PaymentState.CANCELED
    assert gateway.get_payment(ref_of(payment)).status is PaymentStatus.CANCELED
    assert given_up(office) == [(System("recovery"), NOT_CONFIRMED)]
    assert (recovered.resolved, recovered.open) == (1, 0)
    assert office.balance(invoice) == "100.00"
    assert is_right(office)


def test_a_bank_account_is_given_time_for_its_small_deposits(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    gateway.script(charge=[AskClient()])
    payment = office.charged(invoice, token="ach_ok")

    office.days_later(13)
    office.billing.recover()
    before = now(office, payment).state
    office.days_later(2)
    office.billing.recover()

    assert (before, now(office, payment).state) == (PaymentState.REQUIRES_ACTION, PaymentState.CANCELED)


def test_the_day_begins_when_the_client_was_asked(office: Office, gateway: Watched, invoice: Invoice) -> None:
    gateway.script(charge=[Down()])
    payment = office.charged(invoice, token="card_requires_action")
    office.clock.advance(timedelta(hours=20))
    office.billing.recover()
    asked = now(office, payment).state

    office.clock.advance(timedelta(hours=23))
    office.billing.recover()
    before = now(office, payment).state
    office.clock.advance(timedelta(hours=2))
    office.billing.recover()

    assert (asked, before) == (PaymentState.REQUIRES_ACTION, PaymentState.REQUIRES_ACTION)
    assert now(office, payment).state is PaymentState.CANCELED


def test_a_gateway_that_does_not_answer_the_look_is_not_asked_to_cancel(
    office: Office, gateway: Watched, invoice: Invoice, monkeypatch: pytest.MonkeyPatch
) -> None:
    payment = unconfirmed(office, invoice)
    office.days_later(2)
    with monkeypatch.context() as plug:
        plug.setattr(gateway, "get_payment", _silence)
        office.billing.recover()
    cancels = gateway.cancels
    office.clock.advance(timedelta(hours=2))
    office.billing.recover()

    assert (cancels, gateway.cancels) == (0, 1)
    assert now(office, payment).state is PaymentState.CANCELED


class EndsItsPages(Watched):
    """Its pages are complete once the client has entered something, also where that is still to be confirmed."""

    def client_pays(self, ref: GatewayRef, token: str = "card_ok") -> PaymentSnapshot:
        seen = super().client_pays(ref, token)
        page = self._pages.get(ref)
        page.now = evolve(page.now, status=CheckoutStatus.COMPLETE)
        return seen


class Forgetful(Watched):
    """It keeps no keys and finds nothing: what it does not answer only a person, or a webhook, can tell."""

    def __init__(self, clock: Clock, *, name: str = "fake") -> None:
        weak = evolve(EVERYTHING, idempotency=Idempotency.NONE, lookup=Lookup.NONE)
        super().__init__(clock, name=name, capabilities=weak)


def finished_page(office: Office, invoice: Invoice) -> Payment:
    """The client entered an account that is still to be confirmed, and the page is over."""
    payment = _on_a_page(office, invoice)
    ref = GatewayRef("fake", None, str(payment.action_url).rpartition("/")[2])
    office.gateway.client_pays(ref, "card_requires_action")
    office.hear()
    assert now(office, payment).state is PaymentState.REQUIRES_ACTION
    return payment


def test_a_page_that_is_over_with_a_payment_to_be_confirmed_makes_way() -> None:
    office = Office.open(kind=EndsItsPages, terms=Terms.net(0))
    invoice = office.sent(office.client())
    payment = finished_page(office, invoice)

    office.desk.payments.record(invoice.id, method=Method.CHECK)

    assert (now(office, payment).state, office.badge(invoice)) == (PaymentState.CANCELED, "Paid")
    assert given_up(office) == [(JANE, OTHERWISE)]
    assert is_right(office)


def test_a_page_that_is_over_with_a_payment_to_be_confirmed_does_not_wait_for_ever() -> None:
    office = Office.open(kind=EndsItsPages, terms=Terms.net(0))
    invoice = office.sent(office.client())
    payment = finished_page(office, invoice)

    office.days_later(13)
    office.billing.recover()
    before = now(office, payment).state
    office.days_later(2)
    office.billing.recover()

    assert (before, now(office, payment).state) == (PaymentState.REQUIRES_ACTION, PaymentState.CANCELED)
    assert given_up(office) == [(System("recovery"), NOT_CONFIRMED)]
    assert is_right(office)


@pytest.mark.parametrize("look", ["recovery", "somebody who needs it otherwise"])
def test_what_was_declined_on_a_page_that_is_over_has_failed(look: str) -> None:
    office = Office.open(kind=EndsItsPages, terms=Terms.net(0))
    invoice = office.sent(office.client())
    payment = finished_page(office, invoice)
    gateway_ref = now(office, payment).ref
    assert gateway_ref is not None
    office.gateway.client_acts(gateway_ref, Decline("microdeposit_failed"))

    if look == "recovery":
        office.clock.advance(timedelta(hours=2))
        office.billing.recover()
        assert office.balance(invoice) == "100.00"
    office.desk.payments.record(invoice.id, method=Method.CHECK)

    after = now(office, payment)
    assert (after.state, after.failure and after.failure.code) == (PaymentState.FAILED, "microdeposit_failed")
    assert (office.badge(invoice), given_up(office)) == ("Paid", [])
    assert is_right(office)


def test_an_answer_that_a_webhook_brings_spares_a_person_and_its_end_comes_too() -> None:
    office = Office.open(kind=Forgetful, terms=Terms.net(0))
    invoice = office.sent(office.client())
    office.gateway.script(charge=[Silence(then=AskClient())])
    payment = office.charged(invoice)
    office.clock.advance(timedelta(minutes=30))
    office.billing.recover()
    assert payment.operation_id is not None
    with office.store.read(payment.firm_id) as work:
        asked_a_person = work.operations.peek(payment.operation_id).needs_review

    office.hear()
    office.days_later(2)
    office.billing.recover()

    assert asked_a_person
    assert now(office, payment).state is PaymentState.CANCELED
    assert office.balance(invoice) == "100.00"


def test_a_gateway_that_answers_again_is_asked_for_all_in_one_pass(office: Office, gateway: Watched) -> None:
    gateway.script(charge=[Down()] * 4)
    for _ in range(4):
        office.charged(office.sent(office.client()))
    office.clock.advance(timedelta(minutes=5))

    assert office.billing.recover().resolved == 4


def test_an_invoice_that_waited_for_its_client_becomes_overdue_after_all(office: Office, invoice: Invoice) -> None:
    unconfirmed(office, invoice)
    office.days_later(2)

    office.billing.run()
    office.billing.run()

    assert (office.badge(invoice), office.invoice(invoice).overdue_noted_on) == ("Overdue", office.today)


def test_money_on_its_way_is_never_given_up(office: Office, gateway: Watched, invoice: Invoice) -> None:
    payment = office.charged(invoice, token="card_pending")

    for _ in range(3):
        office.days_later(1)
        office.billing.recover()

    assert (now(office, payment).state, gateway.cancels) == (PaymentState.PENDING, 0)


def test_a_client_who_confirms_while_it_is_given_up_has_paid(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    gateway.before = lambda ref: gateway.client_acts(ref, CONFIRMED)
    office.days_later(2)

    office.billing.recover()

    assert now(office, payment).state is PaymentState.COMPLETED
    assert (office.badge(invoice), given_up(office)) == ("Paid", [])
    assert is_right(office)


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_worker_that_dies_while_it_gives_up_leaves_the_next_one_the_reason(
    moment: str, office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    office.days_later(2)
    setattr(gateway, moment, _dies)
    with pytest.raises(KeyboardInterrupt):
        office.billing.recover()
    setattr(gateway, moment, lambda _: None)

    office.clock.advance(timedelta(minutes=5))
    office.billing.recover()

    assert now(office, payment).state is PaymentState.CANCELED
    assert given_up(office) == [(System("recovery"), NOT_CONFIRMED)]
    assert is_right(office)


def test_what_the_gateway_refused_to_cancel_is_tried_again_a_day_later(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    office.days_later(2)
    gateway.before = _refuses
    failing = office.billing.recover().failing
    office.clock.advance(timedelta(hours=3))
    office.billing.recover()
    tries = gateway.cancels
    gateway.before = lambda _: None
    office.days_later(1)
    office.billing.recover()

    assert [line.endswith(": gateway_configuration") for line in failing] == [True]
    assert tries == 1, "not every hour"
    assert now(office, payment).state is PaymentState.CANCELED
    assert is_right(office)


# ── Who gave it up, and why ──────────────────────────────────────────────────────────────────────────────────────────


def _on_a_page(office: Office, invoice: Invoice) -> Payment:
    portal = office.portal(invoice.client_id)
    return portal.payments.checkout(invoice.id, gateway="fake", success_url=PAID, cancel_url=BACK)


@pytest.mark.parametrize("begin", [unconfirmed, _on_a_page])
def test_the_reason_that_staff_give_is_in_the_books(
    begin: Callable[[Office, Invoice], Payment], office: Office, invoice: Invoice
) -> None:
    payment = begin(office, invoice)

    office.desk.payments.cancel(payment.id, reason="the client called")

    assert now(office, payment).state is PaymentState.CANCELED
    assert given_up(office) == [(JANE, "the client called")]


def test_a_webhook_that_is_first_tells_whose_wish_it_was(office: Office, gateway: Watched, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)

    def is_heard(_: GatewayRef) -> None:
        office.hear()
        raise GatewayUnavailable("no answer")

    gateway.after = is_heard
    office.desk.payments.cancel(payment.id, reason="the client called")

    assert now(office, payment).state is PaymentState.CANCELED
    assert given_up(office) == [(JANE, "the client called")]


def test_whoever_asked_first_is_who_gave_it_up(office: Office, gateway: Watched, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)
    gateway.after = _silence
    office.desk.payments.cancel(payment.id, reason="the client called")
    gateway.after = lambda _: None

    office.charged(invoice)

    assert now(office, payment).state is PaymentState.CANCELED
    assert given_up(office) == [(JANE, "the client called")]
    assert office.badge(invoice) == "Paid"


def test_a_wish_that_the_gateway_refused_is_not_the_reason_of_a_later_end(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)
    gateway.before = _refuses
    with pytest.raises(GatewayConfigurationError):
        office.desk.payments.cancel(payment.id, reason="the client called")
    gateway.before = lambda _: None

    gateway.cancel_payment(ref_of(payment))
    office.hear()

    assert given_up(office) == [(Processor("fake"), "canceled at the gateway")]


def test_a_wish_that_came_too_late_is_not_the_reason_of_a_later_end(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = office.charged(invoice, token="card_pending")
    office.desk.payments.cancel(payment.id, reason="the client called")
    assert now(office, payment).state is PaymentState.PENDING

    seen = evolve(gateway.get_payment(ref_of(payment)), status=PaymentStatus.CANCELED)
    Observing(office.billing._house).payment(payment.firm_id, payment.id, seen, by=Processor("fake"))

    assert given_up(office) == [(Processor("fake"), "canceled at the gateway")]


def test_what_is_canceled_in_the_dashboard_is_the_gateways_word(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)

    gateway.cancel_payment(ref_of(payment))
    office.hear()

    assert given_up(office) == [(Processor("fake"), "canceled at the gateway")]


def test_a_charge_that_was_declined_has_failed_and_nobody_gave_it_up(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    payment = unconfirmed(office, invoice)

    gateway.client_acts(ref_of(payment), Decline("authentication_failure", is_final=True))
    office.hear()

    assert (now(office, payment).state, given_up(office)) == (PaymentState.FAILED, [])


def test_a_contacts_unit_of_work_leaves_the_reason_out_and_puts_it_back(office: Office, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)
    office.desk.payments.cancel(payment.id, reason="she never pays by card")

    with begin_own(office.store, payment.firm_id, invoice.client_id) as work:
        shown = {operation.id: repr(operation) + str(operation.command) for operation in work.operations.all()}
        reasons = [op.command.reason for op in work.operations.all() if isinstance(op.command, CancelCommand)]
        for operation_id in shown:
            work.operations.save(evolve(work.operations.get(OperationId(operation_id)), last_error="touched"))
        work.commit()

    assert reasons == [""]
    assert "never pays" not in str(shown)
    with office.store.read(payment.firm_id) as work:
        kept = [op.command.reason for op in work.operations.all() if isinstance(op.command, CancelCommand)]
    assert kept == ["she never pays by card"]


def test_the_clients_portal_does_not_read_the_firms_reason(office: Office, invoice: Invoice) -> None:
    payment = unconfirmed(office, invoice)
    office.desk.payments.cancel(payment.id, reason="she never pays by card")

    timeline = office.portal(invoice.client_id).invoices.timeline(invoice.id)

    assert "never pays" not in str(timeline)
