"""What a client does on the hosted pages and forms of the fake gateway."""

from datetime import timedelta

import pytest
from tests.unit.testing.at_the_fake import HUNDRED, attach_command, checkout, kept, told

from billcore.errors import InvalidTransition
from billcore.ids import OperationId
from billcore.payments.observation import CheckoutStatus, PaymentStatus
from billcore.ports.gateway import EventKind, SetupSession
from billcore.testing import FakeGateway, ManualClock


def test_a_client_pays_on_a_page_after_a_decline_and_the_method_is_kept(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    page = checkout(gateway, clock)

    declined = gateway.client_pays(page.ref, "card_declined")
    still_open = gateway.get_checkout(page.ref).status
    payment = gateway.client_pays(page.ref)

    assert declined.status is PaymentStatus.OPEN
    assert still_open is CheckoutStatus.OPEN
    assert payment.ref == declined.ref
    assert payment.status is PaymentStatus.SUCCEEDED
    assert gateway.get_checkout(page.ref).status is CheckoutStatus.COMPLETE
    assert gateway.books().taken("USD") == HUNDRED
    with pytest.raises(InvalidTransition, match="complete"):
        gateway.client_pays(page.ref)


def test_a_payment_on_a_page_is_the_client_s_customer_s(gateway: FakeGateway, clock: ManualClock) -> None:
    customer = kept(gateway, clock, "card_ok").customer
    assert customer is not None

    gateway.client_pays(checkout(gateway, clock).ref)
    gateway.client_pays(checkout(gateway, clock, operation="op_known", customer=customer).ref)

    assert [
        gateway.find_payment(OperationId(operation), customer=customer, since=clock.now()) is not None
        for operation in ("op_page", "op_known")
    ] == [True, True]
    assert len(gateway.list_methods(customer)) == 3


def test_a_page_expires_with_the_clock_and_takes_its_declined_payment_along(
    gateway: FakeGateway, clock: ManualClock
) -> None:
    page = checkout(gateway, clock)
    declined = gateway.client_pays(page.ref, "card_declined")
    told(gateway)

    clock.advance(timedelta(hours=1))

    assert gateway.get_checkout(page.ref).status is CheckoutStatus.EXPIRED
    assert gateway.get_payment(declined.ref).status is PaymentStatus.CANCELED
    assert told(gateway) == [EventKind.PAYMENT_CANCELED, EventKind.CHECKOUT_EXPIRED]


def test_cancelling_a_page_s_payment_closes_the_page(gateway: FakeGateway, clock: ManualClock) -> None:
    page = checkout(gateway, clock)
    waiting = gateway.client_pays(page.ref, "card_requires_action")

    gateway.cancel_payment(waiting.ref)

    assert gateway.get_checkout(page.ref).status is CheckoutStatus.EXPIRED


def test_a_client_who_acts_completes_the_page(gateway: FakeGateway, clock: ManualClock) -> None:
    page = checkout(gateway, clock)
    waiting = gateway.client_pays(page.ref, "card_requires_action")

    gateway.client_acts(waiting.ref)

    assert gateway.get_checkout(page.ref).status is CheckoutStatus.COMPLETE


def test_a_page_takes_the_methods_it_offers(gateway: FakeGateway, clock: ManualClock) -> None:
    page = checkout(gateway, clock)

    with pytest.raises(InvalidTransition, match="takes card"):
        gateway.client_pays(page.ref, "ach_ok")


def test_a_client_enters_a_method_on_a_form(gateway: FakeGateway, clock: ManualClock) -> None:
    session = gateway.begin_setup(attach_command(clock, ""))
    assert isinstance(session, SetupSession)

    refused = gateway.client_enters(session.ref, "card_not_attachable")
    entered = gateway.client_enters(session.ref)

    assert refused.is_complete is False
    assert entered.is_complete
    assert entered.method is not None
    assert gateway.get_method(entered.method).customer == session.customer
    assert told(gateway) == [EventKind.METHOD_CHANGED, EventKind.SETUP_SUCCEEDED]
    with pytest.raises(InvalidTransition, match="complete"):
        gateway.client_enters(session.ref)
