"""Taking money in two steps: prepared, it has not moved; confirmed, it has, once."""

from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore.ports.gateway import Declined, Pending, Succeeded, Unknown
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till


class TwoStepChecks(GatewayChecks):
    """Payments that are prepared, then confirmed."""

    @check
    def test_preparing_moves_no_money(self, till: Till) -> None:
        """Create without confirming: the provider's id must be stored before money moves."""
        payment = till.two_step.prepare(till.charge_command(), attempt=0)

        assert isinstance(payment, PaymentSnapshot), payment
        assert payment.status is PaymentStatus.OPEN
        assert till.two_step.get_payment(payment.ref).status is PaymentStatus.OPEN

    @check
    def test_a_prepared_payment_carries_our_operation_id(self, till: Till) -> None:
        """Send operation_id when the payment is created, not when it is confirmed."""
        command = till.charge_command()

        payment = _prepared(till, command)

        assert payment.operation_id == command.operation_id

    @check
    def test_confirming_takes_the_money_of_the_prepared_payment(self, till: Till) -> None:
        """Confirm the payment that was prepared, and make no new one."""
        command = till.charge_command()
        payment = _prepared(till, command)

        result = till.two_step.confirm(command, payment.ref)

        assert isinstance(result, Succeeded | Pending), result
        assert result.snapshot.ref == payment.ref

    @check
    def test_confirming_twice_answers_the_same(self, till: Till) -> None:
        """Read the payment when the provider says it is confirmed already: the first answer may have been lost."""
        command = till.charge_command()
        payment = _prepared(till, command)
        with on_the_way():
            first = till.two_step.confirm(command, payment.ref)

        second = till.two_step.confirm(command, payment.ref)

        assert type(second) is type(first)

    @check
    def test_a_declined_confirmation_is_an_answer(self, till: Till) -> None:
        """Return Declined with the payment in snapshot: it is still there, and billcore cancels it."""
        command = till.charge_command(till.needs(till.harness.declined_token, "declined_token"))
        payment = _prepared(till, command)

        result = till.two_step.confirm(command, payment.ref)

        assert isinstance(result, Declined), result
        assert result.failure.code

    @check
    def test_silence_about_a_confirmation_is_unknown(self, till: Till) -> None:
        """Return Unknown for a timeout, a cut connection or a server error: the money may have moved."""
        lose = till.needs(till.harness.lose_charge_answer, "lose_charge_answer")
        command = till.charge_command()
        payment = _prepared(till, command)
        lose()

        result = till.two_step.confirm(command, payment.ref)

        assert isinstance(result, Unknown), result

    @check
    def test_of_several_prepared_payments_the_confirmed_one_is_found(self, till: Till) -> None:
        """When find_payment meets several of one operation, answer the one that came furthest."""
        till.needs_lookup()
        command = till.charge_command()
        with on_the_way():
            till.two_step.prepare(command, attempt=0)
            chosen = till.two_step.prepare(command, attempt=1)
            if not isinstance(chosen, PaymentSnapshot):
                not_judged("nothing was prepared")
            till.two_step.confirm(command, chosen.ref)
            till.two_step.prepare(command, attempt=2)

        found = till.two_step.find_payment(command.operation_id, customer=command.customer, since=command.created_at)

        if found is None:
            not_judged("no payment is found at all")
        assert found.status in (PaymentStatus.SUCCEEDED, PaymentStatus.PENDING), found


def _prepared(till: Till, command: ChargeCommand) -> PaymentSnapshot:
    two_step = till.two_step
    with on_the_way():
        payment = two_step.prepare(command, attempt=0)
    if not isinstance(payment, PaymentSnapshot) or payment.status is not PaymentStatus.OPEN:
        not_judged("nothing was prepared")
    return payment
