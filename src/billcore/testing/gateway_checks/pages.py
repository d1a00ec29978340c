"""Hosted pages: one for each command, closed for good, and never forgetting that a client has paid."""

from billcore.payments.instruction import CheckoutCommand
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus
from billcore.testing.contract import check, not_judged, on_the_way
from billcore.testing.gateway_checks.shape import GatewayChecks
from billcore.testing.gateway_checks.till import Till


class PageChecks(GatewayChecks):
    """Checkouts on which the client pays."""

    @check
    def test_a_page_is_open_and_has_an_address(self, till: Till) -> None:
        """Answer OPEN with the https address to send the client to, and the command's operation id."""
        command = till.checkout_command()

        page = till.pages.begin_checkout(command)

        assert isinstance(page, CheckoutSnapshot), page
        assert page.status is CheckoutStatus.OPEN
        assert page.url is not None
        assert page.url.startswith("https://")
        assert page.operation_id == command.operation_id

    @check
    def test_the_same_checkout_twice_is_one_page(self, till: Till) -> None:
        """Make the key from operation_id: two pages for one amount could both be paid."""
        till.needs_keys()
        command = till.checkout_command()
        first = _opened(till, command)

        second = till.pages.begin_checkout(command)

        assert isinstance(second, CheckoutSnapshot), second
        assert second.ref == first.ref, "two pages"

    @check
    def test_a_page_can_be_closed_for_good(self, till: Till) -> None:
        """Expire the page at the provider: while it is open, a client can still pay an invoice that is settled."""
        page = _opened(till, till.checkout_command())

        assert till.pages.expire_checkout(page.ref).status is CheckoutStatus.EXPIRED
        assert till.pages.get_checkout(page.ref).status is CheckoutStatus.EXPIRED

    @check
    def test_closing_a_page_twice_is_no_error(self, till: Till) -> None:
        """Answer the expired page when the provider says that it is expired already: recovery repeats itself."""
        page = _opened(till, till.checkout_command())
        with on_the_way():
            if till.pages.expire_checkout(page.ref).status is not CheckoutStatus.EXPIRED:
                not_judged("it cannot be closed once")

        assert till.pages.expire_checkout(page.ref).status is CheckoutStatus.EXPIRED

    @check
    def test_a_paid_page_is_complete_and_names_its_payment(self, till: Till) -> None:
        """Read the payment from the page once it is complete: that is where the money is."""
        page = _paid(till, till.checkout_command())

        read = till.pages.get_checkout(page.ref)

        assert read.status is CheckoutStatus.COMPLETE
        assert read.payment is not None

    @check
    def test_the_payment_of_a_page_carries_our_operation_id(self, till: Till) -> None:
        """Send operation_id for the payment too, not for the page alone: metadata is not inherited."""
        command = till.checkout_command()
        page = _paid(till, command)
        with on_the_way():
            read = till.pages.get_checkout(page.ref)
        if read.payment is None:
            not_judged("the page names no payment")

        payment = till.charging.get_payment(read.payment)

        assert (payment.operation_id, payment.amount) == (command.operation_id, command.amount)

    @check
    def test_closing_a_paid_page_answers_that_it_is_complete(self, till: Till) -> None:
        """Read the page again when the provider will not expire it: the client was faster."""
        page = _paid(till, till.checkout_command())

        assert till.pages.expire_checkout(page.ref).status is CheckoutStatus.COMPLETE


def _opened(till: Till, command: CheckoutCommand) -> CheckoutSnapshot:
    pages = till.pages
    with on_the_way():
        page = pages.begin_checkout(command)
    return page if isinstance(page, CheckoutSnapshot) else not_judged("no page was opened")


def _paid(till: Till, command: CheckoutCommand) -> CheckoutSnapshot:
    pay = till.needs(till.harness.client_pays, "client_pays")
    page = _opened(till, command)
    with on_the_way():
        pay(page.ref)
    return page
