"""Every method of the gateway over real HTTP, on each of the two peers."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.stripe import commands
from tests.stripe.commands import now
from tests.stripe.loopback import Loopback
from tests.stripe.peers import Peer, gateway_to, misbehave, pay_out, settle_fees

from billcore.errors import GatewayConfigurationError, GatewayPermissionError, GatewayRequestInvalid, GatewayUnavailable
from billcore.ids import GatewayRef, OperationId, RefundId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import (
    CheckoutSnapshot,
    CheckoutStatus,
    MethodSnapshot,
    PaymentSnapshot,
    PaymentStatus,
    RefundStatus,
)
from billcore.ports.gateway import (
    ChargeGateway,
    CheckoutGateway,
    Declined,
    NeedsAction,
    Pending,
    RefundAccepted,
    RefundGateway,
    RefundRejected,
    RejectedBecause,
    SettlementGateway,
    SetupSession,
    Succeeded,
    TwoStepGateway,
    Unknown,
    VaultGateway,
    WebhookGateway,
)
from billcore.reasons import Failure, Initiator, Retry
from billcore_stripe import StripeGateway

AFTER = ["reset_after", "truncated", "error_after"]
"""Faults after which the money has moved."""


def attached(gateway: StripeGateway, token: str = "pm_card_visa") -> MethodSnapshot:
    method = gateway.attach_method(commands.attach(token))
    assert isinstance(method, MethodSnapshot)
    return method


def charged(gateway: StripeGateway, operation: str = "op_charge") -> PaymentSnapshot:
    result = gateway.charge(commands.charge(attached(gateway), operation=operation))
    assert isinstance(result, Succeeded)
    return result.snapshot


def test_the_gateway_offers_every_port(gateway: StripeGateway) -> None:
    ports = (
        ChargeGateway,
        TwoStepGateway,
        RefundGateway,
        VaultGateway,
        CheckoutGateway,
        WebhookGateway,
        SettlementGateway,
    )

    assert [port for port in ports if not isinstance(gateway, port)] == []


# ── Charges ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_charge_takes_the_money_and_names_our_operation(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))

    result = gateway.charge(command)

    assert isinstance(result, Succeeded)
    assert result.snapshot.amount == Money(100_00, "USD")
    assert result.snapshot.operation_id == command.operation_id
    assert result.snapshot.method is Method.CARD
    assert result.snapshot.settlement is None, "the fee is not known yet, and unknown is not zero"


def test_the_same_command_twice_moves_money_once(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))

    first, second = gateway.charge(command), gateway.charge(command)

    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert first.snapshot.ref == second.snapshot.ref


def test_a_repeated_charge_tells_the_payment_as_it_is_now(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))
    first = gateway.charge(command)
    assert isinstance(first, Succeeded)
    gateway.refund(commands.refund(first.snapshot.ref, Money(40_00, "USD")))

    again = gateway.charge(command)

    assert isinstance(again, Succeeded)
    assert [each.amount for each in again.snapshot.refunds] == [Money(40_00, "USD")]


def test_a_payment_is_prepared_then_confirmed_once(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))

    prepared = gateway.prepare(command, attempt=1)
    assert isinstance(prepared, PaymentSnapshot)
    first = gateway.confirm(command, prepared.ref)
    second = gateway.confirm(command, prepared.ref)

    assert prepared.status is PaymentStatus.OPEN
    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert first.snapshot.ref == second.snapshot.ref == prepared.ref


def test_preparing_again_gives_the_same_payment_and_a_new_attempt_another(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))

    first = gateway.prepare(command, attempt=1)
    repeated = gateway.prepare(command, attempt=1)
    other = gateway.prepare(command, attempt=2)

    assert isinstance(first, PaymentSnapshot)
    assert isinstance(repeated, PaymentSnapshot)
    assert isinstance(other, PaymentSnapshot)
    assert first.ref == repeated.ref != other.ref


def test_confirming_a_payment_that_another_process_confirmed_tells_its_outcome(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))
    prepared = gateway.prepare(command, attempt=1)
    assert isinstance(prepared, PaymentSnapshot)
    elsewhere = evolve(command, operation_id=OperationId("op_elsewhere"))
    gateway.confirm(elsewhere, prepared.ref)

    result = gateway.confirm(command, prepared.ref)

    assert isinstance(result, Succeeded)


def test_a_decline_leaves_a_payment_that_can_be_cancelled(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway, "pm_card_chargeCustomerFail"))

    result = gateway.charge(command)

    assert isinstance(result, Declined)
    assert result.failure.code == "declined"
    assert result.failure.provider_code == "generic_decline"
    assert result.snapshot is not None
    assert result.snapshot.status is PaymentStatus.OPEN
    assert gateway.cancel_payment(result.snapshot.ref).status is PaymentStatus.CANCELED
    assert gateway.cancel_payment(result.snapshot.ref).status is PaymentStatus.CANCELED


def test_a_stolen_card_is_never_tried_again(gateway: StripeGateway) -> None:
    result = gateway.charge(commands.charge(attached(gateway, "pm_card_twinStolenAfterAttach")))

    assert isinstance(result, Declined)
    assert (result.failure.code, result.failure.retry) == ("lost_or_stolen", Retry.NEVER)


def test_a_challenge_is_for_a_client_who_is_present(gateway: StripeGateway) -> None:
    method = attached(gateway, "pm_card_authenticationRequired")

    present = gateway.charge(commands.charge(method, operation="op_1", initiator=Initiator.CLIENT))
    away = gateway.charge(commands.charge(method, operation="op_2", initiator=Initiator.AUTOPAY))

    assert isinstance(present, NeedsAction)
    assert (present.snapshot.action_url or "").startswith("https://hooks.stripe.")
    assert isinstance(away, Declined)
    assert away.failure.retry is Retry.CLIENT_ACTION


def test_a_bank_debit_is_pending(gateway: StripeGateway) -> None:
    result = gateway.charge(commands.charge(attached(gateway, "pm_usBankAccount_success")))

    assert isinstance(result, Pending)
    assert result.snapshot.method is Method.ACH
    assert result.snapshot.settlement is None


def test_cancelling_a_completed_payment_tells_that_it_succeeded(gateway: StripeGateway) -> None:
    payment = charged(gateway)

    assert gateway.cancel_payment(payment.ref).status is PaymentStatus.SUCCEEDED


def test_a_payment_is_found_by_our_operation_among_many(gateway: StripeGateway) -> None:
    method = attached(gateway)
    for number in range(5):
        gateway.charge(commands.charge(method, operation=f"op_{number}"))

    found = gateway.find_payment(OperationId("op_1"), customer=method.customer, since=now())
    missing = gateway.find_payment(OperationId("op_9"), customer=method.customer, since=now())

    assert found is not None
    assert found.operation_id == OperationId("op_1")
    assert missing is None


def test_of_several_attempts_the_one_that_moved_money_is_found(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))
    gateway.prepare(command, attempt=1)
    second = gateway.prepare(command, attempt=2)
    assert isinstance(second, PaymentSnapshot)
    gateway.confirm(command, second.ref)
    gateway.prepare(command, attempt=3)

    found = gateway.find_payment(command.operation_id, customer=command.customer, since=command.created_at)

    assert found is not None
    assert (found.ref, found.status) == (second.ref, PaymentStatus.SUCCEEDED)


def test_a_command_older_than_the_window_is_looked_up_before_it_is_sent(gateway: StripeGateway, peer: Peer) -> None:
    command = commands.charge(attached(gateway))
    gateway.charge(command)
    a_day_later = evolve(gateway, now=lambda: now() + timedelta(hours=26))
    before = len(peer.requests)

    result = a_day_later.charge(command)

    assert isinstance(result, Succeeded)
    assert _posts(peer, before) == 0


# ── When the answer does not come ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("kind", AFTER)
def test_a_lost_answer_is_never_a_second_charge(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    command = commands.charge(attached(gateway))
    misbehave(peer, kind, "/payment_intents")

    result = gateway.charge(command)
    found = gateway.find_payment(command.operation_id, customer=command.customer, since=command.created_at)

    assert isinstance(result, Succeeded | Unknown)
    assert found is not None
    assert found.status is PaymentStatus.SUCCEEDED
    if isinstance(result, Succeeded):
        assert result.snapshot.ref == found.ref


@pytest.mark.parametrize("kind", [*AFTER, "api_error", "html", "key_in_use", "reset_before"])
def test_silence_is_unknown_and_never_a_decline(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    command = commands.charge(attached(gateway))
    misbehave(peer, kind, "/payment_intents", times=9)

    result = gateway.charge(command)

    assert isinstance(result, Unknown)


@pytest.mark.parametrize("kind", [*AFTER, "api_error", "html", "key_in_use", "reset_before"])
def test_a_confirmation_without_an_answer_is_unknown(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    command = commands.charge(attached(gateway))
    prepared = gateway.prepare(command, attempt=1)
    assert isinstance(prepared, PaymentSnapshot)
    misbehave(peer, kind, "/confirm", times=9)

    assert isinstance(gateway.confirm(command, prepared.ref), Unknown)


@pytest.mark.parametrize("kind", ["rate_limit", "unauthorized", "permission"])
def test_a_refusal_after_silence_is_still_unknown(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    command = commands.charge(attached(gateway))
    misbehave(peer, "reset_after", "/payment_intents")
    misbehave(peer, kind, "/payment_intents")

    result = gateway.charge(command)

    assert isinstance(result, Unknown), "the first attempt took the money, whatever the second was told"


def test_a_rate_limit_means_certainly_not_done(gateway: StripeGateway, peer: Peer) -> None:
    command = commands.charge(attached(gateway))
    misbehave(peer, "rate_limit", "/payment_intents")

    with pytest.raises(GatewayUnavailable):
        gateway.charge(command)

    assert gateway.find_payment(command.operation_id, customer=command.customer, since=command.created_at) is None


@pytest.mark.parametrize(("kind", "word"), [("unauthorized", "API key"), ("permission", "permission")])
def test_key_and_permission_are_told_apart(gateway: StripeGateway, peer: Peer, kind: str, word: str) -> None:
    command = commands.charge(attached(gateway))
    misbehave(peer, kind, "/payment_intents")

    with pytest.raises(GatewayConfigurationError, match=word) as refused:
        gateway.charge(command)

    assert isinstance(refused.value, GatewayPermissionError) is (kind == "permission")


@pytest.mark.parametrize("kind", ["unauthorized", "permission", "rate_limit", "html"])
def test_when_a_repeated_answer_cannot_be_read_again_the_outcome_is_unknown(loopback: Loopback, kind: str) -> None:
    gateway = gateway_to(loopback.url)
    payment = charged(gateway)
    command = commands.refund(payment.ref)
    given = gateway.refund(command)
    assert isinstance(given, RefundAccepted)
    loopback.misbehave(kind, f"/refunds/{given.snapshot.ref.id}", times=9)

    result = gateway.refund(command)

    assert isinstance(result, Unknown), "an error would claim that nothing was refunded"


def test_other_parameters_under_an_old_key_are_unknown(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))
    gateway.charge(command)

    result = gateway.charge(evolve(command, amount=Money(99_00, "USD")))

    assert isinstance(result, Unknown)


def test_a_method_that_does_not_exist_is_a_malformed_request(gateway: StripeGateway) -> None:
    command = commands.charge(attached(gateway))

    with pytest.raises(GatewayRequestInvalid) as caught:
        gateway.charge(evolve(command, method=GatewayRef("stripe", None, "pm_nobody")))

    assert caught.value.provider_code == "resource_missing"


def test_hostile_ids_stay_inside_their_path(gateway: StripeGateway) -> None:
    with pytest.raises(GatewayRequestInvalid):
        gateway.get_payment(GatewayRef("stripe", None, "../customers?limit=3#"))


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.31")
def test_partial_refunds_are_listed_with_the_payment_under_our_ids(gateway: StripeGateway) -> None:
    payment = charged(gateway)
    for number in range(3):
        gateway.refund(commands.refund(payment.ref, Money(10_00, "USD"), refund_id=f"ref_{number}"))

    seen = gateway.get_payment(payment.ref)

    assert seen.status is PaymentStatus.SUCCEEDED, "a payment never becomes refunded: its refunds are facts beside it"
    assert sorted(str(each.refund_id) for each in seen.refunds) == ["ref_0", "ref_1", "ref_2"]
    assert {each.status for each in seen.refunds} == {RefundStatus.SUCCEEDED}


def test_the_same_refund_twice_gives_back_once(gateway: StripeGateway) -> None:
    payment = charged(gateway)
    command = commands.refund(payment.ref, Money(60_00, "USD"))

    first, second = gateway.refund(command), gateway.refund(command)

    assert isinstance(first, RefundAccepted)
    assert isinstance(second, RefundAccepted)
    assert first.snapshot.ref == second.snapshot.ref
    assert len(gateway.get_payment(payment.ref).refunds) == 1


@pytest.mark.rule("S1.43")
def test_a_full_refund_does_not_bring_the_fee_back(gateway: StripeGateway, peer: Peer) -> None:
    payment = charged(gateway)
    settle_fees(peer)

    result = gateway.refund(commands.refund(payment.ref))
    settlement = gateway.get_payment(payment.ref).settlement

    assert isinstance(result, RefundAccepted)
    assert result.snapshot.fee_returned == Money(0, "USD")
    assert settlement is not None
    assert settlement.net - result.snapshot.amount == Money(-3_20, "USD")


@pytest.mark.parametrize("kind", AFTER)
def test_a_lost_answer_is_never_a_second_refund(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    payment = charged(gateway)
    misbehave(peer, kind, "/refunds")

    result = gateway.refund(commands.refund(payment.ref, Money(40_00, "USD")))
    found = gateway.find_refund(RefundId("ref_1"), payment=payment.ref)

    assert isinstance(result, RefundAccepted | Unknown)
    assert found is not None
    assert [each.ref for each in gateway.get_payment(payment.ref).refunds] == [found.ref]
    assert gateway.get_refund(found.ref) == found


@pytest.mark.parametrize("kind", [*AFTER, "api_error", "html", "key_in_use", "reset_before"])
def test_a_refund_without_an_answer_is_unknown(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    payment = charged(gateway)
    misbehave(peer, kind, "/refunds", times=9)

    assert isinstance(gateway.refund(commands.refund(payment.ref)), Unknown)


def test_a_refund_older_than_the_window_is_looked_up_before_it_is_sent(gateway: StripeGateway, peer: Peer) -> None:
    payment = charged(gateway)
    command = commands.refund(payment.ref, Money(40_00, "USD"))
    gateway.refund(command)
    a_day_later = evolve(gateway, now=lambda: now() + timedelta(hours=26))
    before = len(peer.requests)

    result = a_day_later.refund(command)

    assert isinstance(result, RefundAccepted)
    assert _posts(peer, before) == 0


def test_rejected_refunds_say_why(gateway: StripeGateway) -> None:
    payment = charged(gateway)

    over = gateway.refund(commands.refund(payment.ref, Money(100_01, "USD"), refund_id="ref_over"))
    gateway.refund(commands.refund(payment.ref, refund_id="ref_all"))
    again = gateway.refund(commands.refund(payment.ref, Money(1, "USD"), refund_id="ref_again"))

    assert isinstance(over, RefundRejected)
    assert over.because is RejectedBecause.OVER_REFUND
    assert isinstance(again, RefundRejected)
    assert again.because is RejectedBecause.ALREADY_REFUNDED


def test_a_refund_that_does_not_exist_is_not_found(gateway: StripeGateway) -> None:
    payment = charged(gateway)

    assert gateway.find_refund(RefundId("ref_nobody"), payment=payment.ref) is None


# ── Saved methods ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.21")
def test_a_saved_card_is_known_by_brand_last_digits_and_expiry(gateway: StripeGateway) -> None:
    method = attached(gateway)

    assert (method.kind, method.brand, method.last4, method.is_attached) == (Method.CARD, "visa", "4242", True)
    assert method.expires_on is not None
    assert (method.expires_on + timedelta(days=1)).day == 1, "a card is good to the last day of its month"
    assert gateway.get_method(method.ref) == method


def test_attaching_is_safe_to_repeat(gateway: StripeGateway) -> None:
    first, second = gateway.attach_method(commands.attach()), gateway.attach_method(commands.attach())

    assert isinstance(first, MethodSnapshot)
    assert isinstance(second, MethodSnapshot)
    assert (first.ref, first.customer) == (second.ref, second.customer)


def test_a_method_that_a_form_has_attached_is_taken_as_it_is(gateway: StripeGateway, peer: Peer) -> None:
    method = attached(gateway)
    before = len(peer.requests)

    again = gateway.attach_method(commands.attach(method.ref.id, operation="op_again"))

    assert again == method
    assert not any("/attach" in str(request) for request in peer.requests[before:])


def test_all_methods_of_a_client_belong_to_one_customer(gateway: StripeGateway) -> None:
    card = attached(gateway)
    bank = gateway.attach_method(commands.attach("pm_usBankAccount_success", operation="op_bank"))
    other = gateway.attach_method(commands.attach(client="cl_other", operation="op_other"))

    assert isinstance(bank, MethodSnapshot)
    assert isinstance(other, MethodSnapshot)
    assert card.customer is not None
    assert card.customer == bank.customer != other.customer
    assert {method.kind for method in gateway.list_methods(card.customer)} == {Method.CARD, Method.ACH}


def test_a_card_that_its_bank_refuses_is_not_saved(gateway: StripeGateway) -> None:
    result = gateway.attach_method(commands.attach("pm_card_chargeDeclined"))

    assert isinstance(result, Failure)
    assert result.code == "declined"


def test_forgetting_twice_is_no_error(gateway: StripeGateway) -> None:
    method = attached(gateway)

    first = gateway.detach_method(commands.detach(method.ref))
    second = gateway.detach_method(commands.detach(method.ref))

    assert isinstance(first, MethodSnapshot)
    assert isinstance(second, MethodSnapshot)
    assert (first.is_attached, second.is_attached) == (False, False)


@pytest.mark.parametrize("kind", ["reset_after", "api_error", "html"])
def test_attaching_without_an_answer_is_unknown(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    misbehave(peer, kind, "/attach", times=9)

    assert isinstance(gateway.attach_method(commands.attach()), Unknown)


def test_a_form_for_a_new_method_has_a_secret_for_the_browser(gateway: StripeGateway) -> None:
    session = gateway.begin_setup(commands.attach(""))

    assert isinstance(session, SetupSession)
    assert session.client_secret is not None
    assert session.client_secret not in repr(session)
    assert not session.is_complete
    assert gateway.get_setup(session.ref) == session


# ── Hosted page ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.20")
def test_a_hosted_page_is_opened_read_and_closed(gateway: StripeGateway) -> None:
    command = commands.checkout()

    opened = gateway.begin_checkout(command)
    assert isinstance(opened, CheckoutSnapshot)
    again = gateway.begin_checkout(command)
    closed = gateway.expire_checkout(opened.ref)

    assert again == opened
    assert (opened.status, opened.operation_id) == (CheckoutStatus.OPEN, command.operation_id)
    assert opened.expires_at == command.expires_at
    assert (opened.url or "").startswith("https://")
    assert closed.status is CheckoutStatus.EXPIRED
    assert gateway.expire_checkout(opened.ref) == gateway.get_checkout(opened.ref) == closed


@pytest.mark.parametrize("kind", ["reset_after", "api_error", "html"])
def test_a_page_without_an_answer_is_unknown(gateway: StripeGateway, peer: Peer, kind: str) -> None:
    misbehave(peer, kind, "/sessions", times=9)

    assert isinstance(gateway.begin_checkout(commands.checkout()), Unknown)


def test_a_page_that_saves_the_method_does_so_for_this_client(gateway: StripeGateway, peer: Peer) -> None:
    method = attached(gateway)

    gateway.begin_checkout(evolve(commands.checkout(), save_method=True))

    assert method.customer is not None
    assert method.customer.id in str(peer.requests[-1])


# ── What Stripe's own books say ──────────────────────────────────────────────────────────────────────────────────────


def test_lines_of_a_payout_add_up(gateway: StripeGateway, peer: Peer) -> None:
    for number in range(3):
        charged(gateway, f"op_{number}")
    settle_fees(peer)
    payout_id = pay_out(peer)

    lines = [
        line
        for line in gateway.iter_settlements(since=now() - timedelta(days=1), until=now() + timedelta(days=30))
        if line.payout == GatewayRef("stripe", None, payout_id)
    ]

    assert len(lines) == 4
    for line in lines:
        assert line.gross - Money.sum((fee.amount for fee in line.fees), "USD") == line.net
    assert Money.sum((line.net for line in lines), "USD") == Money(0, "USD")
    earned = [line for line in lines if line.kind == "charge"]
    assert Money.sum((line.net for line in earned), "USD") == Money(3 * 96_80, "USD")
    assert all(line.payment is not None for line in earned)


def _posts(peer: Peer, since: int) -> int:
    sent = peer.requests[since:]
    return sum("POST" in (str(each)[:60] if isinstance(each, tuple) else str(each["method"])) for each in sent)
