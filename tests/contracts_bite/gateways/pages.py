"""Faults in hosted pages."""

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.errors import GatewayRequestInvalid
from billcore.ids import GatewayRef, OperationId
from billcore.payments.instruction import CheckoutCommand
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus, PaymentSnapshot
from billcore.ports.gateway import Unknown
from billcore.testing import ManualClock
from billcore.testing.fake.line import Answers


class OpensPagesWithoutAddress(BrokenGateway):
    bites = "test_a_page_is_open_and_has_an_address"

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown:
        page = super().begin_checkout(command)
        return evolve(page, url=None) if isinstance(page, CheckoutSnapshot) else page


class OpensTwoPages(BrokenGateway):
    bites = "test_the_same_checkout_twice_is_one_page"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._opened = Answers(None)


class LeavesPagesOpen(BrokenGateway):
    bites = "test_a_page_can_be_closed_for_good"

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        return self.get_checkout(ref)


class RefusesToCloseTwice(BrokenGateway):
    bites = "test_closing_a_page_twice_is_no_error"

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        if self.get_checkout(ref).status is CheckoutStatus.EXPIRED:
            raise GatewayRequestInvalid("the page is expired already")
        return super().expire_checkout(ref)


class NamesNoPayment(BrokenGateway):
    bites = "test_a_paid_page_is_complete_and_names_its_payment"

    def get_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        return evolve(super().get_checkout(ref), payment=None)


class LeavesThePaymentAnonymous(BrokenGateway):
    """Metadata of the page is not metadata of its payment."""

    bites = "test_the_payment_of_a_page_carries_our_operation_id"

    def __init__(self, clock: ManualClock) -> None:
        super().__init__(clock)
        self._by_page: set[OperationId | None] = set()

    def begin_checkout(self, command: CheckoutCommand) -> CheckoutSnapshot | Unknown:
        self._by_page.add(command.operation_id)
        return super().begin_checkout(command)

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        payment = super().get_payment(ref)
        return evolve(payment, operation_id=None) if payment.operation_id in self._by_page else payment


class ClosesWhatIsPaid(BrokenGateway):
    bites = "test_closing_a_paid_page_answers_that_it_is_complete"

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        return evolve(super().expire_checkout(ref), status=CheckoutStatus.EXPIRED)
