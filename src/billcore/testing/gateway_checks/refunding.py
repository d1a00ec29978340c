"""Giving money back: what was asked, once, and never more than was taken."""

import pytest
from attrs import evolve

from billcore.money import Money
from billcore.payments.observation import PaymentStatus, RefundStatus
from billcore.ports.gateway import RefundAccepted, RefundRejected, RejectedBecause, Unknown
from billcore.reasons import RefundReason
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till

GIVEN = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)


class RefundingChecks(GatewayChecks):
    """Refunds of completed payments."""

    @check
    def test_a_refund_gives_back_the_amount_it_was_asked_for(self, till: Till) -> None:
        """Always send the amount: without one, providers refund everything."""
        payment, amount = till.paid(), _part(till)

        result = till.refunding.refund(till.refund_command(payment, amount))

        assert isinstance(result, RefundAccepted), result
        assert result.snapshot.amount == amount
        assert result.snapshot.status in GIVEN

    @check
    def test_the_same_refund_twice_gives_money_back_once(self, till: Till) -> None:
        """Make the key from refund_id alone, and look among the payment's refunds before sending again."""
        till.needs_keys()
        payment = till.paid()
        command, first = till.refunded(payment, _part(till))

        second = till.refunding.refund(command)

        assert isinstance(second, RefundAccepted | Unknown), second
        assert isinstance(second, Unknown) or second.snapshot.ref == first.ref, "two refunds"
        assert len(till.charging.get_payment(payment.ref).refunds) <= 1, "two refunds"

    @check
    def test_two_refunds_that_look_alike_are_two(self, till: Till) -> None:
        """Compare by refund_id only: two halves of a payment are the same amount of the same payment."""
        if not (till.gateway.capabilities.partial_refunds and till.gateway.capabilities.multiple_refunds):
            pytest.skip("capabilities allow one refund of a payment")
        payment = till.paid()
        _, first = till.refunded(payment, till.half)

        result = till.refunding.refund(till.refund_command(payment, till.half))

        if first.amount != till.half:
            not_judged("the refund is of another amount")
        assert isinstance(result, RefundAccepted), result
        assert result.snapshot.ref != first.ref, "one refund for two commands"

    @check
    def test_more_than_was_paid_is_never_given_back(self, till: Till) -> None:
        """Answer RefundRejected(OVER_REFUND); never give what is left instead of what was asked."""
        payment = till.paid()
        more = Money(payment.amount.minor + 1, payment.amount.currency)

        result = till.refunding.refund(till.refund_command(payment, more))

        assert isinstance(result, RefundRejected), result
        assert result.because is RejectedBecause.OVER_REFUND

    @check
    def test_a_payment_that_is_refunded_in_full_gives_nothing_more(self, till: Till) -> None:
        """Answer RefundRejected(ALREADY_REFUNDED): an exception would stop the job that refunds a hundred others."""
        payment = till.paid()
        till.refunded(payment, payment.amount)

        result = till.refunding.refund(till.refund_command(payment, payment.amount))

        assert isinstance(result, RefundRejected), result
        assert result.because in (RejectedBecause.ALREADY_REFUNDED, RejectedBecause.OVER_REFUND)

    @check
    def test_a_payment_that_is_not_completed_is_not_refunded(self, till: Till) -> None:
        """Answer RefundRejected(NOT_SETTLED), with can_void where the payment could be canceled instead."""
        payment = till.waiting() if till.harness.action_token else till.pending()

        result = till.refunding.refund(till.refund_command(payment, payment.amount))

        assert isinstance(result, RefundRejected), result

    @check
    def test_every_reason_is_taken(self, till: Till) -> None:
        """Map the reasons the provider does not know to one it does, and keep ours in metadata."""
        for number, reason in enumerate(RefundReason, start=1):
            payment = till.paid(evolve(till.harness.amount, minor=till.harness.amount.minor + number))

            result = till.refunding.refund(till.refund_command(payment, payment.amount, reason))

            assert not isinstance(result, RefundRejected), f"{reason.value}: {result}"

    # ── Seen at the payment ──────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_refund_shows_in_its_payment(self, till: Till) -> None:
        """Read the refunds with the payment, each with our refund_id; providers do not embed them on their own."""
        payment = till.paid()
        command, refund = till.refunded(payment, _part(till))

        read = till.charging.get_payment(payment.ref)

        assert [(shown.ref, shown.refund_id) for shown in read.refunds] == [(refund.ref, command.refund_id)]

    @check
    def test_a_refunded_payment_is_still_a_completed_payment(self, till: Till) -> None:
        """Refunds are facts of their own: the status stays SUCCEEDED and the amount what was paid."""
        payment = till.paid()
        till.refunded(payment, payment.amount)

        read = till.charging.get_payment(payment.ref)

        assert read.status is PaymentStatus.SUCCEEDED
        assert read.amount == payment.amount

    # ── Finding out ──────────────────────────────────────────────────────────────────────────────────────────────────

    @check
    def test_a_refund_reads_as_it_was_answered(self, till: Till) -> None:
        """Answer the refund of that reference, with our refund_id and the amount that was asked for."""
        payment = till.paid()
        command, refund = till.refunded(payment, _part(till))

        read = till.refunding.get_refund(refund.ref)

        assert (read.ref, read.refund_id, read.amount) == (refund.ref, command.refund_id, refund.amount)

    @check
    def test_a_refund_is_found_by_our_id_at_once(self, till: Till) -> None:
        """List the payment's refunds and compare the refund_id in their metadata."""
        till.needs_lookup()
        payment = till.paid()
        command, refund = till.refunded(payment, _part(till))

        found = till.refunding.find_refund(command.refund_id, payment=payment.ref)

        assert found is not None, "not found"
        assert found.ref == refund.ref

    @check
    def test_a_refund_that_never_happened_is_not_found(self, till: Till) -> None:
        """Compare the refund_id of each candidate: a payment may have other refunds."""
        till.needs_lookup()
        payment = till.paid()
        till.refunded(payment, _part(till))

        found = till.refunding.find_refund(till.refund_command(payment, till.half).refund_id, payment=payment.ref)

        assert found is None, found

    @check
    def test_silence_about_a_refund_is_unknown(self, till: Till) -> None:
        """Return Unknown for a timeout, a cut connection or a server error: the money may have gone back."""
        lose = till.needs(till.harness.lose_refund_answer, "lose_refund_answer")
        payment = till.paid()
        command = till.refund_command(payment, _part(till))
        lose()

        result = till.refunding.refund(command)

        assert isinstance(result, Unknown), result

    @check
    def test_after_silence_the_refund_is_found(self, till: Till) -> None:
        """Look at the provider, not in what this process has heard."""
        till.needs_lookup()
        lose = till.needs(till.harness.lose_refund_answer, "lose_refund_answer")
        heard, unheard = till.paid(), till.paid(till.half)
        command, _ = till.refunded(heard, _part(till))
        with on_the_way():
            if till.refunding.find_refund(command.refund_id, payment=heard.ref) is None:
                not_judged("no refund is found at all")
        lost = till.refund_command(unheard, unheard.amount)
        lose()
        with on_the_way():
            till.refunding.refund(lost)

        assert till.refunding.find_refund(lost.refund_id, payment=unheard.ref) is not None


def _part(till: Till) -> Money:
    """An amount that can be refunded: a part, unless the gateway refunds payments whole."""
    return till.half if till.gateway.capabilities.partial_refunds else till.harness.amount
