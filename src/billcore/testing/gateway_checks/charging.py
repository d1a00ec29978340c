"""Taking money: whole, once, and never twice; a decline is an answer."""

from concurrent.futures import ThreadPoolExecutor

import pytest
from attrs import evolve

from billcore.errors import AmountNotRepresentable, GatewayRequestInvalid
from billcore.payments.observation import PaymentStatus
from billcore.ports.gateway import ChargeResult, Declined, NeedsAction, Pending, Succeeded, Unknown
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till

FINAL = (PaymentStatus.FAILED, PaymentStatus.CANCELED)


def refs(*results: ChargeResult) -> set[str]:
    """The payments that these answers are about."""
    found = (result.snapshot for result in results if not isinstance(result, Unknown) and result.snapshot)
    return {snapshot.ref.id for snapshot in found}


class ChargingChecks(GatewayChecks):
    """Charges of a saved method."""

    # ── The amount ───────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_charge_takes_the_amount_it_was_asked_for(self, till: Till) -> None:
        """Convert minor units by the provider's own table of exponents, in Decimal or int; a float loses a cent."""
        for amount in (till.harness.amount, *till.harness.amounts):
            result = till.charging.charge(till.charge_command(amount=amount))

            assert isinstance(result, Succeeded | Pending), result
            assert result.snapshot.amount == amount
            assert till.charging.get_payment(result.snapshot.ref).amount == amount

    @check
    def test_an_amount_it_cannot_take_is_refused_before_any_call(self, till: Till) -> None:
        """Raise AmountNotRepresentable in check_amount, and call it first in charge."""
        amount = till.needs(till.harness.refused_amount, "refused_amount")

        with pytest.raises(AmountNotRepresentable):
            till.charging.check_amount(amount)
        with pytest.raises(AmountNotRepresentable):
            till.charging.charge(till.charge_command(amount=amount))

    @check
    def test_a_charge_carries_our_operation_id(self, till: Till) -> None:
        """Send operation_id in the provider's metadata or reference, and read it from there into every snapshot."""
        command = till.charge_command()

        result = till.charging.charge(command)

        if not isinstance(result, Succeeded | Pending):
            not_judged("the good method was not charged")
        assert result.snapshot.operation_id == command.operation_id
        assert till.charging.get_payment(result.snapshot.ref).operation_id == command.operation_id

    # ── Once ─────────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_the_same_command_twice_takes_the_money_once(self, till: Till) -> None:
        """Make the provider's idempotency key from operation_id alone; a key that is drawn per call guards nothing."""
        till.needs_keys()
        command = till.charge_command()

        first = till.charging.charge(command)
        second = till.charging.charge(command)

        assert len(refs(first, second)) == 1, "two payments"
        _assert_payments(till, 1)

    @check
    def test_two_threads_with_the_same_command_take_the_money_once(self, till: Till) -> None:
        """Leave the choice to the provider's key; looking first and charging then has a gap that two threads fit in."""
        till.needs_keys()
        probe, command = till.charge_command(amount=till.half), till.charge_command()
        with on_the_way():
            if len(refs(till.charging.charge(probe), till.charging.charge(probe))) != 1:
                not_judged("the same command takes the money twice, one after the other")
        before = till.harness.count_payments() if till.harness.count_payments else 0

        with ThreadPoolExecutor(4) as threads:
            answers = [threads.submit(till.charging.charge, command) for _ in range(4)]
        results = [answer.result() for answer in answers]

        assert len(refs(*results)) <= 1, "several payments"
        _assert_payments(till, before + 1)

    @check
    def test_two_commands_that_look_alike_take_the_money_twice(self, till: Till) -> None:
        """Compare by operation_id only: two sessions on one day at one price are two payments."""
        first = till.charge_command()
        second = evolve(first, operation_id=till.charge_command().operation_id)

        with on_the_way():
            results = (till.charging.charge(first), till.charging.charge(second))

        if not all(isinstance(result, Succeeded | Pending) for result in results):
            not_judged("the good method was not charged")
        assert len(refs(*results)) == 2, "one payment for two operations"

    @check
    def test_an_operation_id_is_not_taken_for_other_parameters(self, till: Till) -> None:
        """Let the provider compare, and answer GatewayRequestInvalid or Unknown: the first answer is of other money."""
        till.needs_keys()
        command = till.charge_command()
        with on_the_way():
            if len(refs(till.charging.charge(command), till.charging.charge(command))) != 1:
                not_judged("even the same command takes the money twice")

        try:
            result = till.charging.charge(evolve(command, amount=till.half))
        except GatewayRequestInvalid:
            return

        assert isinstance(result, Unknown), result

    # ── No ───────────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_decline_is_an_answer_with_a_reason(self, till: Till) -> None:
        """Return Declined with a failure code like insufficient_funds, and never let the SDK's exception through."""
        command = till.charge_command(till.needs(till.harness.declined_token, "declined_token"))

        result = till.charging.charge(command)

        assert isinstance(result, Declined), result
        assert result.failure.code
        assert result.failure.code == result.failure.code.lower().replace(" ", "_")

    @check
    def test_a_declined_payment_can_be_made_final(self, till: Till) -> None:
        """Put what could still be completed into Declined.snapshot, and really cancel it in cancel_payment."""
        command, declined = till.declined()
        with on_the_way():
            left = declined.snapshot or till.charging.find_payment(
                command.operation_id, customer=command.customer, since=command.created_at
            )
        if left is None:
            return

        status = left.status if left.status in FINAL else till.charging.cancel_payment(left.ref).status

        assert status in FINAL
        assert till.charging.get_payment(left.ref).status in FINAL

    @check
    def test_money_on_its_way_is_pending(self, till: Till) -> None:
        """Answer Pending until the provider says that the money is taken: a bank debit takes days, and may fail."""
        command = till.charge_command(till.needs(till.harness.pending_token, "pending_token"))

        result = till.charging.charge(command)

        assert isinstance(result, Pending), result
        assert result.snapshot.status is PaymentStatus.PENDING
        assert till.charging.get_payment(result.snapshot.ref).status is PaymentStatus.PENDING

    @check
    def test_a_pending_payment_is_seen_to_succeed(self, till: Till) -> None:
        """Read the payment from the provider each time; what charge answered is history."""
        settle = till.needs(till.harness.settle, "settle")
        payment = till.pending()

        settle(payment.ref)

        assert till.charging.get_payment(payment.ref).status is PaymentStatus.SUCCEEDED

    @check
    def test_a_pending_payment_is_seen_to_fail(self, till: Till) -> None:
        """Map every failed status of the provider to FAILED or CANCELED, with the reason in failure."""
        fail = till.needs(till.harness.fail, "fail")
        payment = till.pending()

        fail(payment.ref)

        read = till.charging.get_payment(payment.ref)
        assert read.status in (*FINAL, PaymentStatus.OPEN)
        assert read.failure is not None
        assert read.failure.code

    @check
    def test_a_payment_that_waits_for_the_client_says_so(self, till: Till) -> None:
        """Answer NeedsAction for a challenge: taken for pending, it would wait for ever."""
        command = till.charge_command(till.needs(till.harness.action_token, "action_token"))

        result = till.charging.charge(command)

        assert isinstance(result, NeedsAction), result
        assert result.snapshot.status is PaymentStatus.REQUIRES_ACTION

    # ── Giving up ────────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_canceling_a_completed_payment_answers_that_it_is_completed(self, till: Till) -> None:
        """Read the payment again when the provider will not cancel, and answer what it is: the money was taken."""
        payment = till.paid()

        assert till.charging.cancel_payment(payment.ref).status is PaymentStatus.SUCCEEDED

    @check
    def test_canceling_twice_is_no_error(self, till: Till) -> None:
        """Answer the canceled payment when the provider says that it is canceled already: recovery repeats itself."""
        payment = till.waiting()
        with on_the_way():
            if till.charging.cancel_payment(payment.ref).status is not PaymentStatus.CANCELED:
                not_judged("it cannot be canceled once")

        assert till.charging.cancel_payment(payment.ref).status is PaymentStatus.CANCELED

    # ── What was kept ────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_fee_that_is_not_known_yet_is_none(self, till: Till) -> None:
        """Leave settlement None until the provider states the fee; zero would be a fee that was waived."""
        till.needs(till.harness.delay_fee, "delay_fee")()

        assert till.paid().settlement is None

    @check
    def test_a_settlement_is_of_the_whole_payment_less_what_was_kept(self, till: Till) -> None:
        """gross is what the client paid, fees are positive when kept, net is the difference."""
        settlement = till.paid().settlement
        if settlement is None:
            pytest.skip("the fee is not known at once")

        assert settlement.gross == till.harness.amount or settlement.exchange_rate is not None
        assert [fee for fee in settlement.fees if fee.amount.is_negative] == []


def _assert_payments(till: Till, expected: int) -> None:
    if till.harness.count_payments is not None:
        assert till.harness.count_payments() == expected, "payments by the gateway's own books"
