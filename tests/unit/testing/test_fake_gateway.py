"""What a token, the clock and a script make of a charge; that the contract is kept is shown in tests/contracts."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.unit.testing.at_the_fake import FIRM, HUNDRED, attach_command, command, paid, told

from billcore.errors import (
    AmountNotRepresentable,
    BadText,
    GatewayRequestInvalid,
    GatewayUnavailable,
    HouseRule,
    InvalidTransition,
)
from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import DetachCommand
from billcore.payments.observation import MethodSnapshot, PaymentSnapshot, PaymentStatus
from billcore.ports.gateway import (
    Capabilities,
    Declined,
    EventKind,
    Idempotency,
    NeedsAction,
    Pending,
    SetupSession,
    Succeeded,
    Unknown,
)
from billcore.reasons import Retry
from billcore.testing import TOKENS, AskClient, Decline, Down, FakeGateway, ManualClock, Reject, Silence, Succeed, Wait
from billcore.testing.fake_gateway import EVERYTHING

# ── Tokens ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("token", "result"),
    [
        ("card_ok", Succeeded),
        ("card_mastercard", Succeeded),
        ("card_declined", Declined),
        ("card_insufficient_funds", Declined),
        ("card_expired", Declined),
        ("card_stolen", Declined),
        ("card_requires_action", NeedsAction),
        ("card_pending", Pending),
        ("ach_ok", Pending),
        ("ach_fails", Pending),
        ("ach_returns", Pending),
    ],
)
def test_a_token_decides_what_a_charge_comes_to(
    gateway: FakeGateway, clock: ManualClock, token: str, result: type
) -> None:
    assert isinstance(gateway.charge(command(gateway, clock, token)), result)


def test_every_token_is_a_card_or_a_bank_account_with_four_digits() -> None:
    assert {instrument.kind for instrument in TOKENS.values()} == {Method.CARD, Method.ACH}
    assert all(len(instrument.last4) == 4 for instrument in TOKENS.values())


def test_a_decline_says_why_and_what_may_be_tried_next(gateway: FakeGateway, clock: ManualClock) -> None:
    result = gateway.charge(command(gateway, clock, "card_stolen"))

    assert isinstance(result, Declined)
    assert (result.failure.code, result.failure.retry) == ("stolen_card", Retry.NEVER)


def test_an_unknown_token_is_refused_with_the_tokens_there_are(gateway: FakeGateway, clock: ManualClock) -> None:
    with pytest.raises(GatewayRequestInvalid, match="card_ok") as refused:
        gateway.attach_method(attach_command(clock, "tok_visa"))

    assert refused.value.field == "token"


# ── Under the clock ───────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("token", "after", "status", "is_returned"),
    [
        ("ach_ok", timedelta(days=3) - timedelta(seconds=1), PaymentStatus.PENDING, False),
        ("ach_ok", timedelta(days=3), PaymentStatus.SUCCEEDED, False),
        ("ach_fails", timedelta(days=3), PaymentStatus.FAILED, False),
        ("ach_returns", timedelta(days=3), PaymentStatus.SUCCEEDED, False),
        ("ach_returns", timedelta(days=6), PaymentStatus.SUCCEEDED, True),
        ("card_pending", timedelta(days=365), PaymentStatus.PENDING, False),
    ],
)
def test_a_bank_transfer_comes_to_its_end_when_the_clock_does(
    gateway: FakeGateway, clock: ManualClock, token: str, after: timedelta, status: PaymentStatus, is_returned: bool
) -> None:
    pending = gateway.charge(command(gateway, clock, token))
    assert isinstance(pending, Pending)

    clock.advance(after)

    payment = gateway.get_payment(pending.snapshot.ref)
    assert payment.status is status
    assert (payment.returned is not None) is is_returned


def test_what_was_due_happens_at_its_own_moment_and_in_order(gateway: FakeGateway, clock: ManualClock) -> None:
    start = clock.now()
    gateway.charge(command(gateway, clock, "ach_returns", "op_1"))
    gateway.charge(command(gateway, clock, "ach_ok", "op_2"))
    told(gateway)

    clock.advance(timedelta(days=30))

    events = [event for event in gateway.iter_events(since=start) if event.occurred_at > start]
    assert [(event.kind, event.operation_id, (event.occurred_at - start).days) for event in events] == [
        (EventKind.PAYMENT_SUCCEEDED, "op_1", 3),
        (EventKind.PAYMENT_SUCCEEDED, "op_2", 3),
        (EventKind.PAYMENT_RETURNED, "op_1", 6),
    ]


def test_settle_and_fail_do_not_wait_for_the_clock(gateway: FakeGateway, clock: ManualClock) -> None:
    first, second = (gateway.charge(command(gateway, clock, "ach_ok", operation)) for operation in ("op_1", "op_2"))
    assert isinstance(first, Pending)
    assert isinstance(second, Pending)

    gateway.settle(first.snapshot.ref)
    gateway.fail(second.snapshot.ref, "account_closed")
    clock.advance(timedelta(days=30))

    failed = gateway.get_payment(second.snapshot.ref)
    assert gateway.get_payment(first.snapshot.ref).status is PaymentStatus.SUCCEEDED
    assert failed.status is PaymentStatus.FAILED
    assert failed.failure is not None
    assert failed.failure.code == "account_closed"
    assert gateway.books().taken("USD") == HUNDRED


def test_a_payment_that_is_decided_cannot_be_decided_again(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)

    for decide in (gateway.settle, gateway.fail, gateway.client_acts):
        with pytest.raises(InvalidTransition, match="succeeded"):
            decide(payment)


# ── The network ───────────────────────────────────────────────────────────────────────────────────────────────────────


def test_silence_after_the_money_moved_is_healed_by_the_same_command(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)
    gateway.script(charge=[Silence(then=Succeed())])

    first, second = gateway.charge(charge), gateway.charge(charge)

    assert isinstance(first, Unknown)
    assert isinstance(second, Succeeded)
    assert gateway.books().taken("USD") == HUNDRED


def test_silence_before_the_money_moved_leaves_nothing_behind(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)
    gateway.script(charge=[Silence(then=None)])

    assert isinstance(gateway.charge(charge), Unknown)
    assert gateway.find_payment(charge.operation_id, customer=charge.customer, since=charge.created_at) is None
    assert gateway.books().payments == ()
    assert isinstance(gateway.charge(charge), Succeeded)


def test_a_script_is_played_in_order_and_then_the_token_decides_again(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.script(charge=[Decline("insufficient_funds"), Down(retry_after=30), Wait(), AskClient()])
    charges = [command(gateway, clock, operation=f"op_{number}") for number in range(5)]

    declined = gateway.charge(charges[0])
    with pytest.raises(GatewayUnavailable) as down:
        gateway.charge(charges[1])
    results = [gateway.charge(charge) for charge in charges[2:]]

    assert isinstance(declined, Declined)
    assert down.value.retry_after == 30
    assert [type(result) for result in results] == [Pending, NeedsAction, Succeeded]


def test_every_other_call_can_be_silent_and_is_healed_by_its_repetition(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    silent = [Silence(then=Succeed())]
    gateway.script(attach=silent, setup=silent, detach=silent, prepare=silent)
    attaching = attach_command(clock, "card_ok", "op_kept")

    assert isinstance(gateway.attach_method(attaching), Unknown)
    assert isinstance(gateway.begin_setup(attaching), Unknown)
    kept, opened = gateway.attach_method(attaching), gateway.begin_setup(attaching)

    assert isinstance(kept, MethodSnapshot)
    assert isinstance(opened, SetupSession)
    assert kept.customer is not None
    assert gateway.list_methods(kept.customer) == (kept,)
    detaching = DetachCommand(
        operation_id=OperationId("op_forget"), firm_id=FIRM, method=kept.ref, created_at=clock.now()
    )
    told(gateway)
    assert isinstance(gateway.detach_method(detaching), Unknown)
    assert told(gateway) == [EventKind.METHOD_CHANGED]
    assert gateway.get_method(kept.ref).is_attached is False
    preparing = command(gateway, clock)
    assert isinstance(gateway.prepare(preparing, attempt=0), Unknown)
    assert isinstance(gateway.prepare(preparing, attempt=0), PaymentSnapshot)
    assert len(gateway.books().payments) == 1


def test_a_gateway_that_is_down_answers_nothing_and_loses_nothing(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)

    with gateway.down(), pytest.raises(GatewayUnavailable):
        gateway.get_payment(payment)

    assert gateway.get_payment(payment).status is PaymentStatus.SUCCEEDED


def test_the_same_operation_with_other_parameters_is_refused(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)
    gateway.charge(charge)

    with pytest.raises(GatewayRequestInvalid) as refused:
        gateway.charge(evolve(charge, amount=Money(1, "USD")))

    assert refused.value.field == "operation_id"


@pytest.mark.parametrize(
    ("capabilities", "after", "times"),
    [
        (EVERYTHING, timedelta(hours=23), 1),
        (EVERYTHING, timedelta(hours=23, seconds=1), 2),
        (evolve(EVERYTHING, idempotency=Idempotency.NONE), timedelta(0), 2),
    ],
)
def test_a_key_is_forgotten_after_its_window_and_the_money_is_taken_again(
    clock: ManualClock, capabilities: Capabilities, after: timedelta, times: int
) -> None:
    gateway = FakeGateway(clock, capabilities=capabilities)
    charge = command(gateway, clock)

    gateway.charge(charge)
    clock.advance(after)
    gateway.charge(charge)

    assert gateway.books().taken("USD") == Money(times * 100_00, "USD")


def test_a_hundred_threads_with_one_command_make_one_payment(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)

    with ThreadPoolExecutor(8) as threads:
        results = list(threads.map(gateway.charge, [charge] * 100))

    assert len(set(results)) == 1
    assert len(gateway.books().payments) == 1


# ── Finding ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_payment_is_found_among_its_customer_s_since_that_moment(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)
    gateway.charge(charge)
    other = evolve(charge.method, id="gcus_other")
    just_after = charge.created_at + timedelta(microseconds=1)

    def is_found(customer: GatewayRef | None, since: datetime) -> bool:
        return gateway.find_payment(charge.operation_id, customer=customer, since=since) is not None

    assert is_found(charge.customer, charge.created_at)
    assert is_found(None, charge.created_at)
    assert not is_found(other, charge.created_at)
    assert not is_found(charge.customer, just_after)


def test_settlements_are_listed_from_a_moment_to_before_another(gateway: FakeGateway, clock: ManualClock) -> None:
    noon = clock.now()
    paid(gateway, clock)
    a_day = timedelta(days=1)

    def count(since: datetime, until: datetime) -> int:
        return len(list(gateway.iter_settlements(since=since, until=until)))

    assert (count(noon, noon + a_day), count(noon - a_day, noon), count(noon + a_day, noon + 2 * a_day)) == (1, 0, 0)


# ── Made wrongly, asked wrongly ───────────────────────────────────────────────────────────────────────────────────────


def test_a_gateway_without_a_webhook_secret_is_refused(clock: ManualClock) -> None:
    with pytest.raises(BadText):
        FakeGateway(clock, webhook_secret="")


def test_another_accounts_payment_is_refused(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)

    with pytest.raises(GatewayRequestInvalid, match="acct_2"):
        gateway.get_payment(evolve(payment, account="acct_2"))


@pytest.mark.parametrize(("minor", "is_taken"), [(0, False), (1, True), (999_999_99, True), (1_000_000_00, False)])
def test_an_amount_is_taken_up_to_a_million(
    gateway: FakeGateway, clock: ManualClock, minor: int, is_taken: bool
) -> None:
    charge = evolve(command(gateway, clock), amount=Money(minor, "USD"))

    if is_taken:
        assert isinstance(gateway.charge(charge), Succeeded)
    else:
        with pytest.raises(AmountNotRepresentable, match="1 to 99999999 minor units"):
            gateway.charge(charge)


def test_a_currency_that_is_not_offered_is_refused(clock: ManualClock) -> None:
    gateway = FakeGateway(clock, capabilities=evolve(EVERYTHING, currencies=frozenset({"EUR"})))

    with pytest.raises(AmountNotRepresentable, match="takes EUR"):
        gateway.check_amount(HUNDRED)


def test_a_method_of_another_customer_is_not_charged(gateway: FakeGateway, clock: ManualClock) -> None:
    charge = command(gateway, clock)

    with pytest.raises(GatewayRequestInvalid) as refused:
        gateway.charge(evolve(charge, customer=None))

    assert refused.value.field == "method"
    assert gateway.books().payments == ()


def test_an_outcome_that_makes_no_sense_is_a_mistake_of_the_test(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.script(charge=[Silence(then=Reject())])

    with pytest.raises(HouseRule, match="let a charge Decline"):
        gateway.charge(command(gateway, clock))
