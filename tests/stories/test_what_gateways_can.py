"""What a gateway cannot do is refused before it is asked; what it only can with more facts, it is given."""

from datetime import UTC, datetime, timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, Office

from billcore import Billing, LineItem
from billcore.errors import (
    BadMoney,
    BadText,
    BillcoreError,
    CurrencyMismatch,
    NotRefundable,
    UnsupportedByGateway,
)
from billcore.events import Event, InquiryClosed, InquiryOpened
from billcore.ids import FirmId, GatewayRef
from billcore.invoices.invoice import Invoice
from billcore.memory import MemoryStore
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import AttachCommand, ChargeCommand, CheckoutCommand, Consent, RefundCommand
from billcore.payments.observation import DisputeStatus, PaymentSnapshot, PaymentStatus, RefundStatus
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.ports.gateway import Capabilities
from billcore.testing import CountingIds, FakeGateway, ManualClock
from billcore.testing.fake_gateway import EVERYTHING

PAID, BACK = "https://acme.example/paid", "https://acme.example/back"


def office_of(capabilities: Capabilities) -> Office:
    clock, store = ManualClock(), MemoryStore()
    gateway = FakeGateway(clock, capabilities=capabilities)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    return Office(clock=clock, store=store, gateway=gateway, billing=billing)


def an_invoice(office: Office) -> Invoice:
    client = office.desk.clients.add("Patel Family")
    lines = [LineItem(description="Advice", unit_price="100.00")]
    return office.desk.invoices.send(office.desk.invoices.draft(client.id, lines=lines).id)


def charged(office: Office, invoice: Invoice) -> Payment:
    method = office.desk.methods.attach(invoice.client_id, gateway="fake", token="card_ok")
    return office.desk.payments.charge(invoice.id, method=method.id)


def commands(office: Office) -> list[object]:
    with office.store.read(FirmId(FIRM)) as work:
        return [operation.command for operation in work.operations.all()]


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("capabilities", "first", "days", "second"),
    [
        (evolve(EVERYTHING, partial_refunds=False), None, 0, "40.00"),
        (evolve(EVERYTHING, multiple_refunds=False), "40.00", 0, "10.00"),
        (evolve(EVERYTHING, refund_within=timedelta(days=180)), "40.00", 181, "10.00"),
    ],
)
def test_a_refund_that_the_gateway_cannot_make_is_refused_and_nothing_is_asked(
    capabilities: Capabilities, first: str | None, days: int, second: str
) -> None:
    office = office_of(capabilities)
    payment = charged(office, an_invoice(office))
    if first is not None:
        office.desk.refunds.issue(payment.id, first)
    office.clock.advance(timedelta(days=days))
    before, known = commands(office), office.desk.payments.get(payment.id)

    with pytest.raises(UnsupportedByGateway, match="through_gateway=False"):
        office.desk.refunds.issue(payment.id, second)

    assert (commands(office), office.desk.payments.get(payment.id)) == (before, known)
    by_hand = office.desk.refunds.issue(payment.id, second, through_gateway=False)
    assert by_hand.state is RefundState.SUCCEEDED


def test_a_refund_that_the_gateway_can_make_is_made() -> None:
    office = office_of(evolve(EVERYTHING, partial_refunds=False, refund_within=timedelta(days=180)))
    payment = charged(office, an_invoice(office))
    office.clock.advance(timedelta(days=180))

    assert office.desk.refunds.issue(payment.id).state is RefundState.SUCCEEDED


# ── Pages, methods, platform fees ────────────────────────────────────────────────────────────────────────────────────


def test_a_gateway_without_a_page_or_a_vault_is_not_asked_for_one() -> None:
    office = office_of(evolve(EVERYTHING, hosted_checkout=False, saved_methods=False))
    invoice = an_invoice(office)

    with pytest.raises(UnsupportedByGateway, match="no hosted page"):
        office.desk.payments.checkout(invoice.id, gateway="fake", success_url=PAID, cancel_url=BACK)
    with pytest.raises(UnsupportedByGateway, match="keeps no methods"):
        office.desk.methods.attach(invoice.client_id, gateway="fake", token="card_ok")

    assert commands(office) == []
    assert office.desk.invoices.get(invoice.id).in_flight.is_zero


def test_a_kind_of_method_that_the_gateway_does_not_charge_is_refused() -> None:
    office = office_of(evolve(EVERYTHING, methods=frozenset({Method.ACH})))

    with pytest.raises(UnsupportedByGateway, match="charges ach, not card"):
        charged(office, an_invoice(office))


def test_a_platform_fee_reaches_the_gateway_and_goes_back_where_that_is_asked() -> None:
    office = office_of(EVERYTHING)
    invoice = an_invoice(office)
    method = office.desk.methods.attach(invoice.client_id, gateway="fake", token="card_ok")

    payment = office.desk.payments.charge(invoice.id, "60.00", method=method.id, platform_fee="1.50")
    office.desk.refunds.issue(payment.id, return_platform_fee=True)
    office.desk.payments.checkout(
        invoice.id, gateway="fake", platform_fee=Money(2_00, "USD"), success_url=PAID, cancel_url=BACK
    )

    asked = commands(office)
    [charge] = [command for command in asked if isinstance(command, ChargeCommand)]
    [page] = [command for command in asked if isinstance(command, CheckoutCommand)]
    [refund] = [command for command in asked if isinstance(command, RefundCommand)]
    assert (charge.platform_fee, page.platform_fee) == (Money(1_50, "USD"), Money(2_00, "USD"))
    assert refund.return_platform_fee


@pytest.mark.parametrize(
    ("fee", "capabilities", "refusal"),
    [
        ("1.00", evolve(EVERYTHING, platform_fees=False), UnsupportedByGateway),
        ("0.00", EVERYTHING, BadMoney),
        ("-1.00", EVERYTHING, BadMoney),
        ("100.01", EVERYTHING, BadMoney),
        (Money(1_00, "EUR"), EVERYTHING, CurrencyMismatch),
    ],
)
def test_a_platform_fee_that_cannot_be_is_refused_before_anything_changes(
    fee: str | Money, capabilities: Capabilities, refusal: type[BillcoreError]
) -> None:
    office = office_of(capabilities)
    invoice = an_invoice(office)
    method = office.desk.methods.attach(invoice.client_id, gateway="fake", token="card_ok")
    before = commands(office)

    with pytest.raises(refusal):
        office.desk.payments.charge(invoice.id, method=method.id, platform_fee=fee)
    with pytest.raises(refusal):
        office.desk.payments.checkout(invoice.id, gateway="fake", platform_fee=fee, success_url=PAID, cancel_url=BACK)

    assert commands(office) == before
    assert office.desk.payments.of_invoice(invoice.id) == ()


# ── What only the host knows ─────────────────────────────────────────────────────────────────────────────────────────


def test_the_address_to_come_back_to_is_part_of_the_charge() -> None:
    office = office_of(EVERYTHING)
    invoice = an_invoice(office)
    method = office.desk.methods.attach(invoice.client_id, gateway="fake", token="card_ok")

    office.desk.payments.charge(invoice.id, method=method.id, return_url="https://acme.example/back/7")

    [command] = [each for each in commands(office) if isinstance(each, ChargeCommand)]
    assert command.return_url == "https://acme.example/back/7"


def test_the_evidence_of_consent_is_kept_with_the_method_that_it_is_for() -> None:
    office = office_of(EVERYTHING)
    consent = Consent(
        text="I authorize Acme to debit my account.",
        accepted_at=datetime(2026, 5, 4, tzinfo=UTC),
        ip_address="203.0.113.7",
        user_agent="Mozilla/5.0",
    )

    office.desk.methods.attach(an_invoice(office).client_id, gateway="fake", token="ach_ok", consent=consent)

    [command] = [each for each in commands(office) if isinstance(each, AttachCommand)]
    assert command.consent == consent
    assert not any(secret in repr(command) for secret in ("authorize", "203.0", "Mozilla"))


@pytest.mark.parametrize(
    ("address", "browser"), [("203.0.113.7", None), (None, "Mozilla"), ("localhost", "Mozilla"), ("203.0.113.7", "")]
)
def test_evidence_that_is_none_is_refused(address: str | None, browser: str | None) -> None:
    with pytest.raises(BadText):
        Consent(text="Yes.", accepted_at=datetime(2026, 5, 4, tzinfo=UTC), ip_address=address, user_agent=browser)


# ── Inquiries, and what is left of a charge-back ─────────────────────────────────────────────────────────────────────


def test_an_inquiry_moves_no_money_and_closes() -> None:
    office = office_of(EVERYTHING)
    payment = charged(office, an_invoice(office))
    assert payment.ref is not None

    inquiry = office.gateway.open_inquiry(payment.ref)
    office.gateway.deliver_webhooks(office.billing.hear)
    asked = office.desk.payments.get(payment.id)
    office.gateway.close_inquiry(inquiry.ref)
    office.gateway.deliver_webhooks(office.billing.hear)

    assert (asked.state, asked.refundable) == (PaymentState.COMPLETED, payment.amount)
    said = [type(event) for event in happened(office) if isinstance(event, InquiryOpened | InquiryClosed)]
    assert said == [InquiryOpened, InquiryClosed]
    assert office.billing.verify(FIRM) == ()


def test_an_inquiry_that_is_not_answered_becomes_a_dispute() -> None:
    office = office_of(EVERYTHING)
    payment = charged(office, an_invoice(office))
    assert payment.ref is not None

    inquiry = office.gateway.open_inquiry(payment.ref)
    office.gateway.deliver_webhooks(office.billing.hear)
    office.gateway.escalate_inquiry(inquiry.ref)
    office.gateway.deliver_webhooks(office.billing.hear)

    disputed = office.desk.payments.get(payment.id)
    assert (disputed.state, len(disputed.disputes)) == (PaymentState.DISPUTED, 1)
    assert office.billing.verify(FIRM) == ()


def test_what_a_charge_back_left_of_a_payment_can_be_refunded() -> None:
    office = office_of(EVERYTHING)
    payment = charged(office, an_invoice(office))
    assert payment.ref is not None

    dispute = office.gateway.open_dispute(payment.ref, Money(60_00, "USD"))
    office.gateway.lose_dispute(dispute.ref)
    office.gateway.deliver_webhooks(office.billing.hear)

    left = office.desk.payments.get(payment.id)
    assert (left.state, left.refundable) == (PaymentState.COMPLETED, Money(40_00, "USD"))
    assert office.desk.refunds.issue(payment.id).amount == Money(40_00, "USD")
    assert office.billing.verify(FIRM) == ()


# ── What a gateway takes back of its own word ────────────────────────────────────────────────────────────────────────


class Contradicting(FakeGateway):
    """Says of the next payment that is read what nobody should say."""

    denial: PaymentSnapshot | None = None
    lies = 0

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        if self.denial is None or not self.lies:
            return super().get_payment(ref)
        self.lies -= 1
        return self.denial


def contradicting() -> tuple[Office, Contradicting, Payment]:
    clock, store = ManualClock(), MemoryStore()
    gateway = Contradicting(clock)
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE)
    office = Office(clock=clock, store=store, gateway=gateway, billing=billing)
    return office, gateway, charged(office, an_invoice(office))


@pytest.mark.parametrize("what", ["payment", "refund", "dispute"])
def test_a_gateway_that_denies_what_it_said_is_brought_before_a_person(what: str) -> None:
    office, gateway, payment = contradicting()
    assert payment.ref is not None
    seen = gateway.get_payment(payment.ref)
    if what == "payment":
        gateway.denial = evolve(seen, status=PaymentStatus.FAILED)
    elif what == "dispute":
        dispute = gateway.open_dispute(payment.ref, Money(10_00, "USD"))
        lost = gateway.lose_dispute(dispute.ref)
        office.gateway.deliver_webhooks(office.billing.hear)
        gateway.denial = evolve(seen, disputes=(evolve(lost, status=DisputeStatus.WON),))
    else:
        refund = office.desk.refunds.issue(payment.id, "10.00")
        assert refund.ref is not None
        arrived = gateway.get_payment(payment.ref)
        gateway.fail(refund.ref)
        office.gateway.deliver_webhooks(office.billing.hear)
        assert arrived.refunds[0].status is RefundStatus.SUCCEEDED
        gateway.denial = arrived
    gateway.lies = 2

    office.gateway.refund_in_dashboard(payment.ref, Money(1_00, "USD"))
    office.gateway.deliver_webhooks(office.billing.hear)

    contested = office.desk.payments.get(payment.id)
    assert (contested.state, contested.needs_review) == (PaymentState.COMPLETED, True)
    with pytest.raises(NotRefundable, match="review"):
        office.desk.refunds.issue(payment.id, "1.00")
    resolved = office.desk.payments.resolve(payment.id, has_arrived=True, evidence="Seen in the dashboard")
    assert not resolved.needs_review


def test_what_contradicts_our_books_only_because_it_is_late_is_no_news() -> None:
    office, gateway, payment = contradicting()
    assert payment.ref is not None
    gateway.denial = evolve(gateway.get_payment(payment.ref), status=PaymentStatus.CANCELED)
    gateway.lies = 1

    office.gateway.refund_in_dashboard(payment.ref, Money(1_00, "USD"))
    office.gateway.deliver_webhooks(office.billing.hear)

    told = office.desk.payments.get(payment.id)
    assert (told.needs_review, told.refunded) == (False, Money(1_00, "USD"))


def happened(office: Office) -> list[Event]:
    with office.store.read(FirmId(FIRM)) as work:
        return [recorded.event for recorded in work.events.all()]
