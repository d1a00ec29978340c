"""Keeping methods: bound to one customer, recognised by four digits, forgotten for good."""

from billcore.errors import GatewayRequestInvalid
from billcore.payments.instruction import AttachCommand
from billcore.payments.observation import MethodSnapshot
from billcore.ports.gateway import Declined, SetupSession
from billcore.reasons import Failure
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till, new


class KeepingChecks(GatewayChecks):
    """The vault."""

    @check
    def test_a_method_is_kept_for_a_customer(self, till: Till) -> None:
        """Bind the method to the client's customer record, and answer that record in customer."""
        method = till.vault.attach_method(till.attach_command(_good(till)))

        assert isinstance(method, MethodSnapshot), method
        assert method.is_attached
        assert method.customer is not None

    @check
    def test_attaching_twice_keeps_one_method(self, till: Till) -> None:
        """Make the key from operation_id: the first answer may have been lost."""
        command = till.attach_command(_good(till))
        first = _attach(till, command)

        second = till.vault.attach_method(command)

        assert isinstance(second, MethodSnapshot), second
        assert second.ref == first.ref, "two methods"

    @check
    def test_a_client_has_one_customer(self, till: Till) -> None:
        """Key the customer by firm and client, and look for it before making one."""
        client_id = new("cli")

        first, second = (_attached(till, client_id) for _ in range(2))

        assert first.customer == second.customer, "two customers"

    @check
    def test_a_method_that_is_refused_is_a_failure(self, till: Till) -> None:
        """Return Failure with a code: the issuer's no is an answer, not an exception."""
        token = till.needs(till.harness.unattachable_token, "unattachable_token")

        result = till.vault.attach_method(till.attach_command(token))

        assert isinstance(result, Failure), result
        assert result.code

    @check
    def test_no_card_number_is_kept(self, till: Till) -> None:
        """Answer the last four digits at most: nobody wants to hold a card number."""
        method = _attached(till)

        assert method.last4 is None or (method.last4.isdigit() and len(method.last4) <= 4)

    @check
    def test_a_kept_method_reads_as_it_was_attached(self, till: Till) -> None:
        """Answer the method of that reference, with its kind and whether it is attached."""
        method = _attached(till)

        read = till.vault.get_method(method.ref)

        assert (read.ref, read.kind, read.is_attached) == (method.ref, method.kind, True)

    @check
    def test_a_customer_s_methods_are_listed_and_no_other_s(self, till: Till) -> None:
        """List by customer, all pages of it: what is listed is offered to that client to pay with."""
        mine, other = _attached(till), _attached(till)
        if mine.customer is None or mine.customer == other.customer:
            not_judged("two clients share a customer, or have none")

        listed = till.vault.list_methods(mine.customer)

        assert [method.ref for method in listed] == [mine.ref]

    @check
    def test_forgetting_twice_is_no_error(self, till: Till) -> None:
        """Answer the detached method when the provider no longer knows it: recovery repeats itself."""
        command = till.detach_command(_attached(till))
        with on_the_way():
            till.vault.detach_method(command)

        again = till.vault.detach_method(command)

        assert isinstance(again, MethodSnapshot), again
        assert not again.is_attached

    @check
    def test_a_forgotten_method_is_never_charged(self, till: Till) -> None:
        """Detach it at the provider, too: a client who removed a card must not see it charged."""
        command = till.charge_command()
        method = MethodSnapshot(ref=command.method, customer=command.customer, kind=command.method_kind)
        with on_the_way():
            till.vault.detach_method(till.detach_command(method))

        try:
            result = till.charging.charge(command)
        except GatewayRequestInvalid:
            return

        assert isinstance(result, Declined), result

    @check
    def test_the_same_form_is_opened_once(self, till: Till) -> None:
        """Make the key from operation_id: a client who comes back finds the same form."""
        till.needs_keys()
        command = till.attach_command("")
        first = _form(till, command)

        second = till.vault.begin_setup(command)

        assert isinstance(second, SetupSession), second
        assert second.ref == first.ref, "two forms"

    @check
    def test_a_form_reads_as_it_was_opened(self, till: Till) -> None:
        """Answer the form of that reference, with its customer, complete only when the client is done."""
        session = _form(till, till.attach_command(""))

        read = till.vault.get_setup(session.ref)

        assert (read.ref, read.customer, read.is_complete) == (session.ref, session.customer, False)


def _good(till: Till) -> str:
    return till.needs(till.harness.good_token, "good_token")


def _attached(till: Till, client_id: str | None = None) -> MethodSnapshot:
    return _attach(till, till.attach_command(_good(till), client_id))


def _attach(till: Till, command: AttachCommand) -> MethodSnapshot:
    vault = till.vault
    with on_the_way():
        method = vault.attach_method(command)
    return method if isinstance(method, MethodSnapshot) else not_judged("the method was not attached")


def _form(till: Till, command: AttachCommand) -> SetupSession:
    vault = till.vault
    with on_the_way():
        session = vault.begin_setup(command)
    return session if isinstance(session, SetupSession) else not_judged("no form was opened")
