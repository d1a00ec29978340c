"""Faults in keeping methods."""

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import GatewayRequestInvalid
from billcore.ids import ClientId, GatewayRef
from billcore.payments.instruction import AttachCommand, ChargeCommand, DetachCommand
from billcore.payments.observation import MethodSnapshot
from billcore.ports.gateway import ChargeResult, SetupSession, Unknown
from billcore.reasons import Failure
from billcore.testing import ManualClock
from billcore.testing.fake.line import Answers


class KeepsMethodsForNobody(BrokenGateway):
    bites = "test_a_method_is_kept_for_a_customer"

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        method = super().attach_method(command)
        return evolve(method, customer=None) if isinstance(method, MethodSnapshot) else method

    def charge(self, command: ChargeCommand) -> ChargeResult:
        return super().charge(evolve(command, customer=self.get_method(command.method).customer))


class AttachesTwice(BrokenGateway):
    bites = "test_attaching_twice_keeps_one_method"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._attached = Answers(None)


class MakesACustomerPerMethod(BrokenGateway):
    bites = "test_a_client_has_one_customer"

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        return super().attach_method(evolve(command, client_id=ClientId(command.operation_id)))


class RaisesARefusedMethod(BrokenGateway):
    bites = "test_a_method_that_is_refused_is_a_failure"

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        method = super().attach_method(command)
        if isinstance(method, Failure):
            raise GatewayRequestInvalid("402 Payment Required")
        return method


class KeepsTheNumber(BrokenGateway):
    bites = "test_no_card_number_is_kept"

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        method = super().attach_method(command)
        return evolve(method, last4="4242424242424242") if isinstance(method, MethodSnapshot) else method


class ReadsMethodsAsForgotten(BrokenGateway):
    bites = "test_a_kept_method_reads_as_it_was_attached"

    def get_method(self, ref: GatewayRef) -> MethodSnapshot:
        return evolve(super().get_method(ref), is_attached=False)


class ListsNoMethods(BrokenGateway):
    bites = "test_a_customer_s_methods_are_listed_and_no_other_s"

    def list_methods(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]:
        return ()


class ListsEverybodysMethods(BrokenGateway):
    bites = "test_a_customer_s_methods_are_listed_and_no_other_s"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._every: list[MethodSnapshot] = []

    def attach_method(self, command: AttachCommand) -> MethodSnapshot | Failure | Unknown:
        method = super().attach_method(command)
        if isinstance(method, MethodSnapshot):
            self._every.append(method)
        return method

    def list_methods(self, customer: GatewayRef) -> tuple[MethodSnapshot, ...]:
        return tuple(self._every)


class ForgetsOnlyOnce(BrokenGateway):
    bites = "test_forgetting_twice_is_no_error"

    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        if not self.get_method(command.method).is_attached:
            raise GatewayRequestInvalid("404 no such method")
        return super().detach_method(command)


class ForgetsOnlyHere(BrokenGateway):
    """The provider is never told."""

    bites = "test_a_forgotten_method_is_never_charged"

    def detach_method(self, command: DetachCommand) -> MethodSnapshot | Unknown:
        return evolve(self.get_method(command.method), is_attached=False)


class OpensTwoForms(BrokenGateway):
    bites = "test_the_same_form_is_opened_once"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._set_up = Answers(None)


class CallsAnyFormComplete(BrokenGateway):
    bites = "test_a_form_reads_as_it_was_opened"

    def get_setup(self, ref: GatewayRef) -> SetupSession:
        return evolve(super().get_setup(ref), is_complete=True)
