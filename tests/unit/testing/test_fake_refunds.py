"""Money that goes back through the fake gateway, or is fought over, and what is kept of it."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.unit.testing.at_the_fake import HUNDRED, command, paid, refund_command, told

from billcore.errors import GatewayUnavailable, InvalidTransition, UnsupportedByGateway
from billcore.fees import FeeRate
from billcore.money import Money
from billcore.payments.observation import DisputeStatus, PaymentStatus, RefundStatus
from billcore.ports.gateway import (
    Capabilities,
    Declined,
    EventKind,
    NeedsAction,
    Pending,
    RefundAccepted,
    RefundRejected,
    RejectedBecause,
    Unknown,
)
from billcore.testing import Decline, Down, FakeGateway, ManualClock, Reject, Silence, Succeed, Wait
from billcore.testing.fake_gateway import EVERYTHING

# ── Refunds ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_refund_of_a_bank_transfer_takes_days(gateway: FakeGateway, clock: ManualClock) -> None:
    charged = gateway.charge(command(gateway, clock, "ach_ok"))
    assert isinstance(charged, Pending)
    gateway.settle(charged.snapshot.ref)

    result = gateway.refund(refund_command(clock, charged.snapshot.ref))
    assert isinstance(result, RefundAccepted)
    clock.advance(timedelta(days=3))

    assert result.snapshot.status is RefundStatus.PENDING
    assert gateway.get_refund(result.snapshot.ref).status is RefundStatus.SUCCEEDED


def test_a_refund_can_fail_after_it_succeeded_and_the_books_follow(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    gateway.script(refund=[Succeed(undone_after=timedelta(days=5))])

    result = gateway.refund(refund_command(clock, payment))
    assert isinstance(result, RefundAccepted)
    refunded = gateway.books().refunded("USD")
    clock.advance(timedelta(days=5))

    assert refunded == HUNDRED
    assert gateway.get_refund(result.snapshot.ref).status is RefundStatus.FAILED
    assert gateway.books().refunded("USD") == Money.zero("USD")
    assert gateway.books().net("USD") == Money(96_80, "USD")


def test_a_failed_refund_can_be_made_again_and_a_pending_one_cannot(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    gateway.script(refund=[Wait(after=None), Succeed()])
    pending = gateway.refund(refund_command(clock, payment, id="ref_1"))
    assert isinstance(pending, RefundAccepted)

    while_pending = gateway.refund(refund_command(clock, payment, id="ref_2"))
    gateway.fail(pending.snapshot.ref)
    after_failure = gateway.refund(refund_command(clock, payment, id="ref_3"))

    assert while_pending == RefundRejected(because=RejectedBecause.ALREADY_REFUNDED)
    assert isinstance(after_failure, RefundAccepted)


def test_a_refund_can_be_rejected_silent_or_refused(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    asked = refund_command(clock, payment)
    gateway.script(refund=[Silence(then=None), Down(), Reject(RejectedBecause.INSUFFICIENT_BALANCE)])

    assert isinstance(gateway.refund(asked), Unknown)
    with pytest.raises(GatewayUnavailable):
        gateway.refund(asked)
    assert gateway.refund(asked) == RefundRejected(because=RejectedBecause.INSUFFICIENT_BALANCE)
    assert gateway.get_payment(payment).refunds == ()


@pytest.mark.parametrize(
    ("capabilities", "after", "amount", "because"),
    [
        (evolve(EVERYTHING, partial_refunds=False), 0, 50_00, RejectedBecause.UNSUPPORTED),
        (evolve(EVERYTHING, refund_within=timedelta(days=180)), 181, 50_00, RejectedBecause.TOO_OLD),
        (evolve(EVERYTHING, refund_within=timedelta(days=180)), 180, 50_00, None),
    ],
)
def test_a_refund_obeys_the_capabilities(
    clock: ManualClock,
    capabilities: Capabilities,
    after: int,
    amount: int,
    because: RejectedBecause | None,
) -> None:
    gateway = FakeGateway(clock, capabilities=capabilities)
    payment = paid(gateway, clock)
    clock.advance(timedelta(days=after))

    result = gateway.refund(refund_command(clock, payment, Money(amount, "USD")))

    if because is None:
        assert isinstance(result, RefundAccepted)
    else:
        assert result == RefundRejected(because=because)


@pytest.mark.parametrize(("after", "amount", "can_void"), [(1, 100_00, True), (1, 50_00, False), (2, 50_00, None)])
def test_what_is_not_settled_is_voided_whole_where_it_cannot_be_refunded(
    clock: ManualClock, after: int, amount: int, can_void: bool | None
) -> None:
    gateway = FakeGateway(clock, refunds_before_settlement=False)
    payment = paid(gateway, clock)
    clock.advance(timedelta(days=after))

    result = gateway.refund(refund_command(clock, payment, Money(amount, "USD")))

    if can_void is None:
        assert isinstance(result, RefundAccepted)
    else:
        assert result == RefundRejected(because=RejectedBecause.NOT_SETTLED, can_void=can_void)


def test_one_refund_only_means_one_refund_only(clock: ManualClock) -> None:
    gateway = FakeGateway(clock, capabilities=evolve(EVERYTHING, multiple_refunds=False))
    payment = paid(gateway, clock)

    gateway.refund(refund_command(clock, payment, Money(1, "USD"), "ref_1"))
    second = gateway.refund(refund_command(clock, payment, Money(1, "USD"), "ref_2"))

    assert second == RefundRejected(because=RejectedBecause.UNSUPPORTED)


# ── The bank, the client, the dashboard ───────────────────────────────────────────────────────────────────────────────


def test_a_refund_in_the_dashboard_is_nobodys_and_is_told(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    told(gateway)

    refund = gateway.refund_in_dashboard(payment, Money(40_00, "USD"))

    assert refund.refund_id is None
    assert told(gateway) == [EventKind.REFUND_CHANGED]
    with pytest.raises(InvalidTransition, match=r"only 60\.00 USD is left"):
        gateway.refund_in_dashboard(payment, Money(60_01, "USD"))
    assert gateway.refund_in_dashboard(payment, Money(60_00, "USD")).status is RefundStatus.SUCCEEDED


@pytest.mark.parametrize(("is_won", "net"), [(True, Money(81_80, "USD")), (False, Money(-18_20, "USD"))])
def test_a_dispute_withdraws_the_money_until_it_is_won(
    gateway: FakeGateway, clock: ManualClock, is_won: bool, net: Money
) -> None:
    payment = paid(gateway, clock)
    told(gateway)
    dispute = gateway.open_dispute(payment, fee=Money(15_00, "USD"))
    withdrawn = gateway.books().net("USD")

    decided = (gateway.win_dispute if is_won else gateway.lose_dispute)(dispute.ref)

    assert withdrawn == Money(-18_20, "USD")
    assert decided.status is (DisputeStatus.WON if is_won else DisputeStatus.LOST)
    assert gateway.books().net("USD") == net
    assert told(gateway) == [EventKind.DISPUTE_CHANGED, EventKind.DISPUTE_CHANGED]
    with pytest.raises(InvalidTransition, match="already"):
        gateway.lose_dispute(dispute.ref)


def test_a_disputed_payment_is_not_refunded(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)
    gateway.open_dispute(payment)

    result = gateway.refund(refund_command(clock, payment))

    assert result == RefundRejected(because=RejectedBecause.DISPUTED)


def test_a_bank_takes_a_completed_payment_back_once(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)

    returned = gateway.bank_return(payment, "R10", Money(4_00, "USD")).returned

    assert returned is not None
    assert (returned.code, returned.fee) == ("R10", Money(4_00, "USD"))
    assert gateway.books().net("USD") == Money(-7_20, "USD")
    with pytest.raises(InvalidTransition, match="only once"):
        gateway.bank_return(payment)


def test_a_declined_payment_can_still_be_paid_by_the_client_until_it_is_cancelled(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    first, second = (
        gateway.charge(command(gateway, clock, "card_declined", operation)) for operation in ("op_1", "op_2")
    )
    assert isinstance(first, Declined)
    assert isinstance(second, Declined)
    assert first.snapshot is not None
    assert second.snapshot is not None

    late = gateway.client_acts(first.snapshot.ref, Succeed())
    gateway.cancel_payment(second.snapshot.ref)

    assert late.status is PaymentStatus.SUCCEEDED
    with pytest.raises(InvalidTransition, match="canceled"):
        gateway.client_acts(second.snapshot.ref, Succeed())


def test_a_final_decline_leaves_nothing_to_cancel(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.script(charge=[Decline("do_not_honor", is_final=True)])

    result = gateway.charge(command(gateway, clock))

    assert isinstance(result, Declined)
    assert result.snapshot is None
    assert gateway.books().payments[0].status is PaymentStatus.FAILED


def test_a_client_who_acts_completes_the_payment(gateway: FakeGateway, clock: ManualClock) -> None:
    asked = gateway.charge(command(gateway, clock, "card_requires_action"))
    assert isinstance(asked, NeedsAction)
    assert asked.snapshot.action_url is not None

    payment = gateway.client_acts(asked.snapshot.ref)

    assert payment.status is PaymentStatus.SUCCEEDED
    assert payment.action_url is None


# ── Fees ──────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.40", "S1.43")
def test_a_hundred_by_card_refunded_in_full_costs_the_fee(gateway: FakeGateway, clock: ManualClock) -> None:
    payment = paid(gateway, clock)

    gateway.refund(refund_command(clock, payment))

    assert gateway.books().fees("USD") == Money(3_20, "USD")
    assert gateway.books().net("USD") == Money(-3_20, "USD")


def test_a_bank_transfer_is_free_and_its_fee_is_known(gateway: FakeGateway, clock: ManualClock) -> None:
    charged = gateway.charge(command(gateway, clock, "ach_ok"))
    assert isinstance(charged, Pending)

    gateway.settle(charged.snapshot.ref)

    settlement = gateway.get_payment(charged.snapshot.ref).settlement
    assert settlement is not None
    assert settlement.net == settlement.gross == HUNDRED


def test_a_fee_is_unknown_until_it_is_told(clock: ManualClock) -> None:
    by_clock = FakeGateway(clock, fee=FeeRate("1.5", Money(25, "USD")), fee_after=timedelta(hours=1))
    by_hand = FakeGateway(clock, fee_after=None)
    first, second = paid(by_clock, clock), paid(by_hand, clock)
    unknown = by_clock.get_payment(first).settlement, by_hand.get_payment(second).settlement
    told(by_clock)

    clock.advance(timedelta(hours=1))
    by_hand.tell_fee(second)

    assert unknown == (None, None)
    assert by_clock.books().fees("USD") == Money(1_75, "USD")
    assert told(by_clock) == [EventKind.FEE_KNOWN]
    assert by_hand.books().fees("USD") == Money(3_20, "USD")


def test_a_platform_fee_is_kept_besides(gateway: FakeGateway, clock: ManualClock) -> None:
    gateway.charge(evolve(command(gateway, clock), platform_fee=Money(1_00, "USD")))

    assert gateway.books().fees("USD") == Money(4_20, "USD")


def test_a_platform_fee_where_there_is_none_is_refused(clock: ManualClock) -> None:
    gateway = FakeGateway(clock, capabilities=evolve(EVERYTHING, platform_fees=False))

    with pytest.raises(UnsupportedByGateway, match="platform fee"):
        gateway.charge(evolve(command(gateway, clock), platform_fee=Money(1_00, "USD")))

    assert gateway.books().payments == ()
