"""Auto-pay: a recurring schedule charges the client's saved method, tries again by plan, and gives up (S1.5, S0.10)."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, PRIYA, Office, a_line

from billcore import events
from billcore.clients import Client, Terms
from billcore.errors import GatewayConfigurationError, GatewayPermissionError, PaymentInFlight
from billcore.ids import FirmId, MethodId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot
from billcore.payments.payment import Payment, PaymentState
from billcore.policy import PRO_FIRM, STANDARD, LateFeeRule, Policy, RetryPlan
from billcore.ports.gateway import ChargeResult, Unknown
from billcore.reasons import Initiator, Retry
from billcore.recurring.cadence import Cadence
from billcore.recurring.schedule import CatchUp, Plan, Schedule
from billcore.testing import FakeGateway
from billcore.testing.fake.outcomes import Decline, Down, Silence, Succeed, Wait


@pytest.fixture
def office() -> Office:
    """Invoices are due on receipt, so that auto-pay charges on the day on which they are made."""
    return opened()


def opened(policy: Policy = PRO_FIRM) -> Office:
    return Office.open(policy, terms=Terms.on_receipt())


def subscribed(
    office: Office,
    client: Client,
    autopay: MethodId | bool = True,
    *,
    anchor: date | None = None,
    plan: Plan | None = None,
) -> Schedule:
    return office.desk.schedules.start(
        client.id, Cadence.monthly(), lines=[a_line()], autopay=autopay, anchor=anchor, plan=plan
    )


def billed(office: Office, token: str = "card_ok") -> Invoice:
    """One invoice of a schedule that is paid by a method that does what *token* says; the run has been."""
    client = office.client()
    office.card(client, token)
    subscribed(office, client)
    office.billing.run()
    [invoice] = office.desk.invoices.page().invoices
    return invoice


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def tries(office: Office, invoice: Invoice) -> list[Payment]:
    return list(office.desk.payments.of_invoice(invoice.id))


def stops(office: Office) -> list[str]:
    return [event.code for event in office.happened() if isinstance(event, events.AutopayStopped)]


# ── The ordinary month ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.5", "S1.47")
def test_a_recurring_schedule_charges_the_clients_saved_method(office: Office) -> None:
    client = office.client()
    card = office.card(client)
    subscribed(office, client, card)

    ran = office.billing.run()

    [invoice] = office.desk.invoices.page().invoices
    [payment] = tries(office, invoice)
    assert (ran.invoices, ran.collected, ran.uncollected) == (1, 1, ())
    assert (payment.state, payment.initiator, payment.method_id) == (PaymentState.COMPLETED, Initiator.AUTOPAY, card)
    assert (office.badge(invoice), office.piles(invoice)) == ("Paid", frozenset())
    assert ("Auto-Pay or System", "Auto-pay of 100.00 USD by card started") in office.told(invoice)
    assert office.billing.verify(FIRM) == ()


def test_it_charges_when_the_invoice_falls_due_and_not_before() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.net(14))
    invoice = billed(office)

    office.days_later(13)
    early = office.billing.run(firm_id=FIRM).collected
    office.days_later(1)
    late = office.billing.run().collected

    assert (early, late) == (0, 1)
    assert office.balance(invoice) == "0.00"


def test_the_clients_default_is_charged_where_the_schedule_names_none(office: Office) -> None:
    client = office.client()
    office.card(client)
    chosen = office.card(client, "card_mastercard")
    office.by(PRIYA).methods.make_default(chosen)
    subscribed(office, client)

    office.billing.run()

    [invoice] = office.desk.invoices.page().invoices
    assert tries(office, invoice)[0].method_id == chosen


def test_a_schedule_without_auto_pay_charges_nothing(office: Office) -> None:
    client = office.client()
    office.card(client)
    subscribed(office, client, False)

    assert office.billing.run().collected == 0


def test_what_the_client_paid_already_is_not_charged() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.net(14))
    invoice = billed(office)
    office.desk.payments.record(invoice.id, method=Method.CHECK)

    office.days_later(14)

    assert office.billing.run().collected == 0
    assert len(tries(office, invoice)) == 1


def test_the_rest_of_a_part_paid_invoice_is_charged() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.net(14))
    invoice = billed(office)
    office.desk.payments.record(invoice.id, "30.00", method=Method.CHECK)

    office.days_later(14)
    office.billing.run()

    assert [str(payment.amount.amount) for payment in tries(office, invoice)] == ["30.00", "70.00"]


# ── Declined ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.10")
def test_a_declined_auto_pay_lies_in_the_failed_queue_until_money_comes(office: Office) -> None:
    invoice = billed(office, "card_insufficient_funds")
    failed = office.piles(invoice)

    office.desk.payments.record(invoice.id, method=Method.CHECK)

    assert failed == {Queue.AWAITING, Queue.FAILED}
    assert office.piles(invoice) == frozenset()
    assert office.desk.invoices.page(queue=Queue.FAILED).invoices == ()


@pytest.mark.rule("S0.10")
def test_a_soft_decline_is_tried_again_by_plan_and_then_given_up() -> None:
    office = opened(evolve(PRO_FIRM, retry_plan=RetryPlan(days=(3, 5))))
    invoice = billed(office, "card_insufficient_funds")
    begun = [len(tries(office, invoice))]

    for _ in range(20):
        office.days_later(1)
        office.billing.run()
        office.billing.run()
        begun.append(len(tries(office, invoice)))

    assert begun == [*[1] * 3, *[2] * 5, *[3] * 13]
    assert stops(office) == ["declined"]
    assert Queue.FAILED in office.piles(invoice)


def test_a_retry_that_works_leaves_the_failed_queue(office: Office) -> None:
    office.gateway.script(charge=[Decline("insufficient_funds", retry=Retry.LATER)])
    invoice = billed(office)
    before = office.piles(invoice)

    office.days_later(3)
    office.billing.run()

    assert Queue.FAILED in before
    assert office.badge(invoice) == "Paid"
    assert stops(office) == []


def test_a_try_that_never_reached_the_gateway_is_made_again_the_next_day_and_uses_up_no_step_of_the_plan() -> None:
    office = opened(evolve(PRO_FIRM, retry_plan=RetryPlan(days=(3, 5))))
    poor = Decline("insufficient_funds", retry=Retry.LATER)
    # The second try is lost on its way on day 3, and nobody looks for it before it is too late to send it again.
    office.gateway.script(charge=[poor, Silence(then=None), poor, poor])
    invoice = billed(office)
    begun = []

    for day in range(1, 21):
        office.days_later(1)
        if day != 4:
            office.billing.run()
        begun.append(len(tries(office, invoice)))

    codes = [payment.failure.code for payment in tries(office, invoice) if payment.failure is not None]
    assert codes == ["insufficient_funds", "not_processed", "insufficient_funds", "insufficient_funds"]
    assert begun == [*[1] * 2, *[2] * 3, *[3] * 5, *[4] * 10], (
        "found out on day 5: again on day 6, and 5 days after that"
    )
    assert stops(office) == ["declined"]
    assert office.billing.verify(FIRM) == ()


def test_a_gateway_that_is_down_for_weeks_uses_up_nothing(office: Office) -> None:
    office.gateway.script(charge=[Down()] * 5)
    invoice = billed(office)

    for _ in range(20):
        office.days_later(1)
        office.billing.run()

    lost = [payment.failure.code for payment in tries(office, invoice) if payment.failure is not None]
    assert len(lost) > len(office.invoice(invoice).policy.retry_plan.days)
    assert {*lost} == {"not_processed"}
    assert stops(office) == []
    assert office.badge(invoice) == "Paid"
    assert len(office.gateway.books().payments) == 1


@pytest.mark.parametrize("token", ["card_declined", "card_stolen", "card_expired"])
def test_a_hard_decline_stops_at_once(office: Office, token: str) -> None:
    invoice = billed(office, token)

    for _ in range(20):
        office.days_later(1)
        office.billing.run()

    assert len(tries(office, invoice)) == 1
    assert stops(office) == ["declined"]
    assert Queue.FAILED in office.piles(invoice)
    assert ("Auto-Pay or System", "Auto-pay stopped: declined") in office.told(invoice)
    assert office.billing.verify(FIRM) == ()


@pytest.mark.rule("S0.10")
def test_without_a_method_to_charge_the_invoice_is_in_the_failed_queue_too(office: Office) -> None:
    subscribed(office, office.client())

    office.billing.run()

    [invoice] = office.desk.invoices.page(queue=Queue.FAILED).invoices
    assert tries(office, invoice) == []
    assert stops(office) == ["no_method"]
    assert office.billing.verify(FIRM) == ()


def test_an_expired_card_is_left_alone_and_no_other_is_taken_for_it(office: Office) -> None:
    client = office.client()
    card = office.card(client)
    office.card(client, "card_mastercard")
    expire(office, card)
    subscribed(office, client, card)

    office.billing.run()

    [invoice] = office.desk.invoices.page().invoices
    assert tries(office, invoice) == []
    assert stops(office) == ["method_expired"]


def expire(office: Office, method: MethodId) -> None:
    with office.store.begin(FirmId(FIRM)) as work:
        card = work.methods.get(method)
        work.methods.save(evolve(card, expires_on=office.today - timedelta(days=1)))
        work.commit()


# ── Money under way, and holds ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.24")
def test_a_bank_transfer_under_way_is_never_charged_again_and_is_not_overdue() -> None:
    office = opened(evolve(STANDARD, late_fee=LateFeeRule(amount=usd(5_00))))
    office.gateway.script(charge=[Wait(after=timedelta(days=10))])
    invoice = billed(office, "ach_ok")

    for _ in range(9):
        office.days_later(1)
        office.billing.run()
        office.desk.adjustments.assess_late_fees()
    under_way = office.piles(invoice), office.badge(invoice), office.invoice(invoice).late_fees
    office.days_later(1)
    office.hear()
    office.billing.run()

    assert under_way == (frozenset(), "Processing", ())
    assert [payment.state for payment in tries(office, invoice)] == [PaymentState.COMPLETED]


def test_a_bank_transfer_that_fails_days_later_is_tried_again_by_plan(office: Office) -> None:
    office.gateway.script(charge=[Wait(then=Decline("insufficient_funds", retry=Retry.LATER), after=timedelta(days=4))])
    invoice = billed(office, "ach_ok")
    begun = []

    for _ in range(8):
        office.days_later(1)
        office.hear()
        office.billing.run()
        begun.append(len(tries(office, invoice)))

    assert begun == [1, 1, 1, 1, 1, 1, 2, 2], "it failed on the fourth day, and the plan says three days after"


def test_what_a_bank_took_back_is_not_charged_again(office: Office) -> None:
    invoice = billed(office, "ach_returns")

    for _ in range(20):
        office.days_later(1)
        office.hear()
        office.billing.run()

    assert [payment.state for payment in tries(office, invoice)] == [PaymentState.RETURNED]
    assert Queue.FAILED in office.piles(invoice)


def test_a_hold_keeps_auto_pay_away_until_staff_release_it(office: Office) -> None:
    invoice = billed(office, "card_insufficient_funds")
    office.desk.adjustments.hold(invoice.id, reason="we talk about it")

    for _ in range(10):
        office.days_later(1)
        office.billing.run()
    held = len(tries(office, invoice)), office.piles(invoice)
    office.desk.adjustments.release_hold(invoice.id)
    office.days_later(1)
    office.billing.run()

    assert held == (1, frozenset({Queue.OVERDUE}))
    assert len(tries(office, invoice)) == 2


def test_a_refunded_invoice_is_not_charged_a_second_time(office: Office) -> None:
    invoice = billed(office)
    office.desk.refunds.issue(tries(office, invoice)[0].id)

    for _ in range(10):
        office.days_later(1)
        office.billing.run()

    assert office.balance(invoice) == "100.00"
    assert len(tries(office, invoice)) == 1


def test_a_schedule_that_is_canceled_charges_nothing_more() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.net(14))
    invoice = billed(office)
    office.desk.schedules.end(office.desk.schedules.all()[0].id)

    office.days_later(14)

    assert office.billing.run().collected == 0
    assert office.piles(invoice) == {Queue.AWAITING}


# ── Once ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("catch_up", [CatchUp.EACH, CatchUp.CONSOLIDATE, CatchUp.LATEST_ONLY])
def test_a_catch_up_charges_at_most_once(office: Office, catch_up: CatchUp) -> None:
    client = office.client()
    office.card(client)
    subscribed(office, client, anchor=date(2026, 3, 4), plan=Plan(catch_up=catch_up))

    ran = office.billing.run()
    for _ in range(10):
        office.days_later(1)
        office.billing.run()

    assert ran.collected == 1
    assert ran.invoices == (3 if catch_up is CatchUp.EACH else 1)
    completed = [event for event in office.happened() if isinstance(event, events.PaymentCompleted)]
    assert len(completed) == 1


@pytest.mark.parametrize("happened", [Succeed(), None])
def test_silence_is_no_decline_and_no_second_charge(office: Office, happened: Succeed | None) -> None:
    office.gateway.script(charge=[Silence(then=happened)])
    invoice = billed(office)

    office.billing.run()
    office.clock.advance(timedelta(hours=2))
    office.billing.run()
    office.days_later(1)
    office.billing.run()

    assert len(tries(office, invoice)) == 1
    assert office.badge(invoice) == "Paid"
    assert len(office.gateway.books().payments) == 1


def test_one_that_cannot_be_charged_is_told_and_does_not_keep_the_others(office: Office) -> None:
    first, second = office.client(), office.client("Smith")
    office.card(first, "card_mastercard")
    office.card(second)
    for client in (first, second):
        subscribed(office, client)
    with office.store.begin(FirmId(FIRM)) as work:
        [card] = work.methods.of_client(first.id)
        work.methods.save(evolve(card, ref=evolve(card.ref, gateway="gone")))
        work.commit()

    ran = office.billing.run()
    again = office.billing.run()

    assert ran.collected == 1
    assert [code for _, code in ran.uncollected] == ["unknown_gateway"]
    assert (again.collected, again.uncollected) == (0, ()), "it is tried again tomorrow"


def test_a_gateway_that_refuses_the_firms_key_is_asked_once_a_day_and_not_for_every_client() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.on_receipt(), kind=Revocable)
    gateway = office.gateway
    assert isinstance(gateway, Revocable)
    for name in ("Patel", "Kim", "Smith"):
        client = office.client(name)
        office.card(client)
        subscribed(office, client)

    gateway.is_revoked = True
    ran = [office.billing.run()]
    office.days_later(1)
    ran.append(office.billing.run())

    failed = [each for each in office.happened() if isinstance(each, events.PaymentFailed)]
    assert [[code for _, code in each.uncollected] for each in ran] == [["gateway_configuration"] * 3] * 2
    assert len(failed) == 2

    gateway.is_revoked = False
    office.days_later(1)

    assert office.billing.run().collected == 3
    assert {invoice.balance.minor for invoice in office.desk.invoices.page().invoices} == {0}


def test_what_a_key_may_not_do_for_one_client_keeps_nobody_else_waiting() -> None:
    office = Office.open(PRO_FIRM, terms=Terms.on_receipt(), kind=Revocable)
    gateway = office.gateway
    assert isinstance(gateway, Revocable)
    for name, token in (("Patel", "ach_ok"), ("Kim", "card_ok"), ("Smith", "card_ok")):
        client = office.client(name)
        office.card(client, token)
        subscribed(office, client)
    gateway.forbids = Method.ACH

    ran = office.billing.run()

    assert ran.collected == 2
    assert [code for _, code in ran.uncollected] == ["gateway_permission"]


class Revocable(FakeGateway):
    """One whose owner can take the firm's key away, or forbid it a kind of method."""

    is_revoked = False
    forbids: Method | None = None

    def prepare(self, command: ChargeCommand, *, attempt: int) -> PaymentSnapshot | Unknown:
        self._require_allowed(command)
        return super().prepare(command, attempt=attempt)

    def charge(self, command: ChargeCommand) -> ChargeResult:
        self._require_allowed(command)
        return super().charge(command)

    def _require_allowed(self, command: ChargeCommand) -> None:
        if self.is_revoked:
            raise GatewayConfigurationError("this key was revoked")
        if command.method_kind is self.forbids:
            raise GatewayPermissionError("this key may not do that")


def test_a_client_who_pays_at_the_same_moment_pays_once(office: Office) -> None:
    client = office.client()
    card = office.card(client, "ach_ok")
    subscribed(office, client)
    office.billing.run()
    [invoice] = office.desk.invoices.page().invoices

    with pytest.raises(PaymentInFlight):
        office.by(PRIYA).payments.charge(invoice.id, method=card)

    assert len(tries(office, invoice)) == 1
