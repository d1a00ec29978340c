"""What the desks add to the verbs: request ids, versions, policies, and several records that change at once."""

import pytest
from attrs import evolve
from tests.office import AUTOPAY, PRIYA, Office, a_line

from billcore.errors import (
    ChargeNotOpen,
    InvalidInput,
    InvalidTransition,
    MethodDeclined,
    MethodNotAllowed,
    NotFound,
    PaymentInFlight,
    RequestIdReused,
    StaleWrite,
)
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.methods import Method
from billcore.money import Money
from billcore.parties import Address, Party
from billcore.payments.payment import PaymentState, RefundState
from billcore.policy import STANDARD, VoidWithPayments
from billcore.testing import AskClient, Silence, Succeed, Wait


@pytest.fixture
def office() -> Office:
    return Office.open()


@pytest.fixture
def invoice(office: Office) -> Invoice:
    return office.sent(office.client())


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# ── The host's retries ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_same_request_pays_once(office: Office, invoice: Invoice) -> None:
    first, again = (
        office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK, request_id="r-1") for _ in range(2)
    )

    assert again == first
    assert office.balance(invoice) == "60.00"


def test_the_same_request_for_all_that_is_left_is_answered_when_nothing_is(office: Office, invoice: Invoice) -> None:
    first, again = (office.desk.payments.mark_paid(invoice.id, request_id="r-1") for _ in range(2))

    assert again == first


def test_the_same_request_charges_and_refunds_once(office: Office, invoice: Invoice) -> None:
    card = office.card(office.desk.clients.get(invoice.client_id))

    charges = [office.desk.payments.charge(invoice.id, method=card, request_id="r-1") for _ in range(2)]
    refunds = [office.desk.refunds.issue(charges[0].id, "40.00", request_id="r-2") for _ in range(2)]

    assert charges[0].id == charges[1].id
    assert refunds[0].id == refunds[1].id
    [at_the_gateway] = office.gateway.books().payments
    assert [refund.amount for refund in at_the_gateway.refunds] == [usd(40_00)]


def test_a_request_whose_answer_was_lost_is_driven_on_and_not_repeated(office: Office, invoice: Invoice) -> None:
    card = office.card(office.desk.clients.get(invoice.client_id))
    office.gateway.script(charge=[Silence(then=Succeed())])

    unknown = office.desk.payments.charge(invoice.id, method=card, request_id="r-1")
    known = office.desk.payments.charge(invoice.id, method=card, request_id="r-1")

    assert (unknown.state, known.state) == (PaymentState.CREATED, PaymentState.COMPLETED)
    assert len(office.gateway.books().payments) == 1


def test_a_request_id_with_other_parameters_or_for_another_command_is_a_conflict(
    office: Office, invoice: Invoice
) -> None:
    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK, request_id="r-1")

    with pytest.raises(RequestIdReused):
        office.desk.payments.record(invoice.id, "40.01", method=Method.CHECK, request_id="r-1")
    with pytest.raises(RequestIdReused):
        office.desk.payments.record(invoice.id, "40.00", method=Method.CASH, request_id="r-1")
    with pytest.raises(RequestIdReused):
        office.desk.payments.receive(
            invoice.client_id, "40.00", onto={invoice.id: "40.00"}, method=Method.CHECK, request_id="r-1"
        )


def test_a_refused_request_can_be_made_again(office: Office, invoice: Invoice) -> None:
    pending = office.charged(invoice, token="card_pending")
    with pytest.raises(PaymentInFlight):
        office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK, request_id="r-1")
    assert pending.ref is not None
    office.gateway.fail(pending.ref)
    office.hear()

    assert office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK, request_id="r-1").amount == usd(40_00)


# ── Drafts and charges ───────────────────────────────────────────────────────────────────────────────────────────────


def test_an_edit_of_an_older_version_overwrites_nothing(office: Office) -> None:
    draft = office.draft(office.client())
    office.desk.invoices.edit(draft.id, notes="first", version=draft.version)

    with pytest.raises(StaleWrite):
        office.desk.invoices.edit(draft.id, notes="second", version=draft.version)

    assert office.invoice(draft).content.notes == "first"


def test_an_edit_changes_what_is_given_and_leaves_the_rest(office: Office) -> None:
    client = office.client()
    charge = office.desk.charges.add(client.id, "Advice", unit_price="80.00")
    draft = office.desk.invoices.draft(client.id, lines=[a_line()], notes="Thank you", memo="pays late")

    edited = office.desk.invoices.edit(draft.id, charges=[charge.id], memo="")

    assert (edited.gross, edited.content.notes, edited.content.memo) == (usd(180_00), "Thank you", "")
    assert edited.content.charge_ids == (charge.id,)


def test_a_charge_is_on_one_draft_only(office: Office) -> None:
    client = office.client()
    charge = office.desk.charges.add(client.id, "Advice", unit_price="80.00")
    office.desk.invoices.draft(client.id, charges=[charge.id])
    before = office.books()

    with pytest.raises(ChargeNotOpen, match="drafted"):
        office.desk.invoices.draft(client.id, charges=[charge.id])

    assert office.books() == before


def test_a_deleted_draft_keeps_its_timeline_and_what_never_was_has_none(office: Office) -> None:
    draft = office.draft(office.client())
    office.desk.invoices.delete(draft.id)

    assert [text for _, text in office.told(draft)] == ["Drafted, 100.00 USD", "Draft deleted"]
    with pytest.raises(NotFound):
        office.desk.invoices.timeline(InvoiceId("inv_nobody"))


def test_a_party_says_its_own_address(office: Office) -> None:
    party = Party(name="Patel", address=Address(country="US"))

    assert office.desk.clients.add(party).party == party
    with pytest.raises(InvalidInput, match="give them there"):
        office.desk.clients.add(party, email="patel@example.com")


# ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_where_the_policy_takes_overpayments_what_is_too_much_is_credit() -> None:
    office = Office.open(evolve(STANDARD, allow_overpayment=True))
    invoice = office.sent(office.client())

    payment = office.desk.payments.record(invoice.id, "130.00", method=Method.CHECK)
    again = office.desk.payments.record(invoice.id, "5.00", method=Method.CHECK)

    assert (payment.unapplied, again.unapplied) == (usd(30_00), usd(5_00))
    assert office.balance(invoice) == "0.00"


def test_where_the_policy_says_so_a_void_makes_the_money_on_it_credit() -> None:
    office = Office.open(evolve(STANDARD, void_with_payments=VoidWithPayments.UNAPPLY_TO_CREDIT))
    client = office.client()
    first, second = office.sent(client), office.sent(client)
    payment = office.desk.payments.receive(
        client.id, "60.00", onto={first.id: "40.00", second.id: "20.00"}, method=Method.CHECK
    )

    office.desk.invoices.void(first.id)

    after = office.desk.payments.get(payment.id)
    assert (office.badge(first), office.balance(second)) == ("Void", "80.00")
    assert (after.unapplied, after.applied) == (usd(40_00), usd(20_00))
    assert office.desk.reports.trial_balance().is_balanced
    assert office.billing.verify("acme") == ()


def test_one_payment_for_several_invoices_pays_all_of_them_or_none(office: Office) -> None:
    client = office.client()
    first, second = office.sent(client), office.sent(client)
    office.charged(second, token="card_pending")
    before = office.books()

    with pytest.raises(PaymentInFlight):
        office.desk.payments.receive(
            client.id, "150.00", onto={first.id: "100.00", second.id: "50.00"}, method=Method.CHECK
        )

    assert office.books() == before


def test_a_payment_that_nobody_sent_is_canceled_here_and_now(office: Office, invoice: Invoice) -> None:
    card = office.card(office.desk.clients.get(invoice.client_id))
    with office.gateway.down():
        payment = office.desk.payments.charge(invoice.id, method=card)

        canceled = office.desk.payments.cancel(payment.id, reason="entered twice")

    assert (payment.state, canceled.state) == (PaymentState.CREATED, PaymentState.CANCELED)
    assert office.balance(invoice) == "100.00"
    assert office.told(invoice)[-1] == ("Jane Chen", "Payment of 100.00 USD by card canceled: entered twice")


def test_a_payment_that_waits_for_the_client_is_canceled_at_the_gateway(office: Office, invoice: Invoice) -> None:
    office.gateway.script(charge=[AskClient()])
    payment = office.charged(invoice)

    canceled = office.desk.payments.cancel(payment.id)

    assert (payment.state, canceled.state) == (PaymentState.REQUIRES_ACTION, PaymentState.CANCELED)
    assert office.balance(invoice) == "100.00"


def test_money_on_its_way_is_too_late_to_cancel(office: Office, invoice: Invoice) -> None:
    office.gateway.script(charge=[Wait()])
    payment = office.charged(invoice)

    assert office.desk.payments.cancel(payment.id).state is PaymentState.PENDING
    assert office.balance(invoice) == "0.00"


def test_what_is_completed_or_came_by_hand_is_refunded_and_not_canceled(office: Office) -> None:
    client = office.client()
    by_hand = office.desk.payments.record(office.sent(client).id, method=Method.CASH)
    by_card = office.charged(office.sent(client))

    for payment in (by_hand, by_card):
        with pytest.raises(InvalidTransition, match="refund it instead"):
            office.desk.payments.cancel(payment.id)


def test_a_detached_or_anothers_card_is_not_charged(office: Office, invoice: Invoice) -> None:
    client = office.desk.clients.get(invoice.client_id)
    detached, anothers = office.card(client), office.card(office.client("Smith"))
    office.desk.methods.detach(detached)

    for card, refusal in ((detached, MethodNotAllowed), (anothers, NotFound)):
        with pytest.raises(refusal):
            office.by(PRIYA).payments.charge(invoice.id, method=card)


def test_a_card_that_the_gateway_will_not_keep_is_not_kept(office: Office) -> None:
    client = office.client()

    with pytest.raises(MethodDeclined):
        office.card(client, "card_not_attachable")

    assert office.desk.methods.of_client(client.id) == ()


def test_a_refund_made_in_the_gateways_dashboard_comes_into_the_books(office: Office, invoice: Invoice) -> None:
    payment = office.charged(invoice)
    assert payment.ref is not None

    office.gateway.refund_in_dashboard(payment.ref, usd(30_00))
    office.hear()

    [refund] = office.desk.refunds.of_payment(payment.id)
    assert (refund.state, refund.is_foreign, refund.amount) == (RefundState.SUCCEEDED, True, usd(30_00))
    assert office.balance(invoice) == "30.00"
    assert office.billing.verify("acme") == ()


def test_a_failed_auto_pay_leaves_its_queue_by_a_hold(office: Office, invoice: Invoice) -> None:
    client = office.desk.clients.get(invoice.client_id)
    declined = office.card(client, "card_declined")
    office.by(AUTOPAY).payments.charge(invoice.id, method=declined)
    failed = office.piles(invoice)

    office.desk.adjustments.hold(invoice.id, reason="the client changes banks")

    assert failed == {Queue.AWAITING, Queue.FAILED}
    assert office.piles(invoice) == {Queue.AWAITING}
