"""Finding out: by our own id, after silence, and never *no* for *do not know*."""

import pytest

from billcore.errors import GatewayUnavailable
from billcore.ids import OperationId
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot
from billcore.ports.gateway import Succeeded, Unknown
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till, new


class FindingChecks(GatewayChecks):
    """Readings of payments, and silence."""

    @check
    def test_reading_a_payment_changes_nothing(self, till: Till) -> None:
        """Answer what the provider has, and nothing that depends on when or how often it is read."""
        payment = till.paid()

        assert till.charging.get_payment(payment.ref) == till.charging.get_payment(payment.ref)

    @check
    def test_a_payment_is_found_by_our_operation_id_at_once(self, till: Till) -> None:
        """Look in a list that is up to date, never in a search index, and include what was made at `since` itself."""
        till.needs_lookup()
        command, payment = _charged(till)

        found = _find(till, command)

        assert found is not None, "not found"
        assert found.ref == payment.ref

    @check
    def test_an_operation_that_never_happened_is_not_found(self, till: Till) -> None:
        """Compare the operation id of each candidate: the client's latest payment may be another one."""
        till.needs_lookup()
        command, _ = _charged(till)

        found = till.charging.find_payment(OperationId(new("op")), customer=command.customer, since=command.created_at)

        assert found is None, found

    @check
    def test_silence_is_unknown(self, till: Till) -> None:
        """Return Unknown for a timeout, a cut connection or a server error: the money may have moved."""
        lose = till.needs(till.harness.lose_charge_answer, "lose_charge_answer")
        command = till.charge_command()
        lose()

        result = till.charging.charge(command)

        assert isinstance(result, Unknown), result

    @check
    def test_after_silence_the_payment_is_found(self, till: Till) -> None:
        """Look at the provider, not in what this process has heard: another process may be the one that looks."""
        till.needs_lookup()
        lose = till.needs(till.harness.lose_charge_answer, "lose_charge_answer")
        with on_the_way():
            if _find(till, _charged(till)[0]) is None:
                not_judged("no payment is found at all")
        command = till.charge_command(amount=till.half)
        lose()
        with on_the_way():
            till.charging.charge(command)

        assert _find(till, command) is not None

    @check
    def test_an_unreachable_gateway_declines_nothing(self, till: Till) -> None:
        """Raise GatewayUnavailable when nothing was sent, else return Unknown: a decline is the bank's word only."""
        unreachable = till.needs(till.harness.unreachable, "unreachable")
        command = till.charge_command()

        try:
            with unreachable():
                result = till.charging.charge(command)
        except GatewayUnavailable:
            return

        assert isinstance(result, Unknown), result

    @check
    def test_an_unreachable_gateway_is_never_read_as_nothing_found(self, till: Till) -> None:
        """Raise GatewayUnavailable: None means certainly never happened, and lets billcore charge again."""
        till.needs_lookup()
        unreachable = till.needs(till.harness.unreachable, "unreachable")
        command = till.charge_command()

        with unreachable(), pytest.raises(GatewayUnavailable):
            _find(till, command)


def _charged(till: Till) -> tuple[ChargeCommand, PaymentSnapshot]:
    command = till.charge_command()
    with on_the_way():
        result = till.charging.charge(command)
    return command, result.snapshot if isinstance(result, Succeeded) else not_judged("the good method was not charged")


def _find(till: Till, command: ChargeCommand) -> PaymentSnapshot | None:
    return till.charging.find_payment(command.operation_id, customer=command.customer, since=command.created_at)
