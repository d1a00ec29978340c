"""Product A, the overview of an accounting firm (S0): one list, its queues, badges and filters, and who may do what."""

from collections.abc import Callable
from datetime import date

import pytest
from tests.office import AUTOPAY, FIRM, JANE, PRIYA, Office, a_line

from billcore.actors import Contact, Importer, Staff, System
from billcore.documents.csv import Column
from billcore.errors import MethodNotAllowed, NotFound, NotPermitted
from billcore.ids import InvoiceId
from billcore.invoices.invoice import Invoice, Origin
from billcore.invoices.status import Queue, is_visible_to_client
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import PaymentState
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRO_FIRM, Status
from billcore.ports.pages import InvoicePage
from billcore.reports.queues import Tile


@pytest.fixture
def office() -> Office:
    return Office.open(PRO_FIRM)


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def tile(office: Office, queue: Queue) -> Tile:
    return next(tile for tile in office.desk.reports.queues() if tile.queue is queue)


def listed(page: InvoicePage) -> list[InvoiceId]:
    return sorted(invoice.id for invoice in page.invoices)


def is_seen(office: Office, invoice: Invoice) -> bool:
    return is_visible_to_client(office.invoice(invoice), PRO_FIRM)


# ── One record, one list ─────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.2")
def test_our_books_are_the_truth_and_the_gateway_is_an_actor_in_them() -> None:
    office = Office.open(PRO_FIRM, gateway_name="stripe")
    invoice = office.sent(office.client())

    payment = office.charged(invoice)
    with office.gateway.down():
        badge, told = office.badge(invoice), office.told(invoice)

    assert payment.state is PaymentState.COMPLETED
    assert badge == "Paid"
    assert ("Stripe", "Payment of 100.00 USD by card completed") in told


@pytest.mark.rule("S0.5")
def test_the_saved_cards_and_bank_accounts_of_each_client_are_listed(office: Office) -> None:
    patel, smith = office.client(), office.client("Smith")
    card, account = office.card(patel), office.card(patel, "ach_ok")

    saved = office.desk.methods.of_client(patel.id)

    assert [(method.id, method.kind, method.last4) for method in saved] == [
        (card, Method.CARD, "4242"),
        (account, Method.ACH, "6789"),
    ]
    assert office.desk.methods.of_client(smith.id) == ()


@pytest.mark.rule("S0.38", "S0.33", "S0.34")
def test_invoices_of_every_origin_flow_into_the_same_list(office: Office) -> None:
    client = office.client()
    typed = office.draft(client)
    office.desk.charges.add(client.id, "Bookkeeping", unit_price="80.00", quantity="2.5", unit="hour")
    billed_hours = office.desk.invoices.draft_unbilled(client.id)
    others = [
        office.desk.invoices.draft(client.id, lines=[a_line()], origin=origin)
        for origin in (Origin.SCHEDULE, Origin.ENGAGEMENT, Origin.ADD_ON)
    ]

    page = office.desk.invoices.page()

    assert listed(page) == sorted(invoice.id for invoice in (typed, billed_hours, *others))
    assert {invoice.origin for invoice in page.invoices} == set(Origin)
    assert billed_hours.gross == usd(200_00)


# ── Queues ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.7")
def test_a_draft_is_in_drafts_until_it_is_sent(office: Office) -> None:
    draft = office.draft(office.client())
    before = office.piles(draft)

    office.desk.invoices.send(draft.id)

    assert before == {Queue.DRAFTS}
    assert office.piles(draft) == {Queue.AWAITING}


@pytest.mark.rule("S0.8")
def test_what_is_out_but_unpaid_is_awaiting(office: Office) -> None:
    invoice = office.sent(office.client())

    assert office.piles(invoice) == {Queue.AWAITING}
    office.desk.payments.mark_paid(invoice.id)
    assert office.piles(invoice) == frozenset()


@pytest.mark.rule("S0.9", "S0.19")
def test_what_is_past_its_due_date_and_unpaid_is_overdue(office: Office) -> None:
    invoice = office.sent(office.client())

    office.days_later(30)
    piles, badge = office.piles(invoice), office.badge(invoice)
    office.days_later(1)

    assert piles == {Queue.AWAITING}
    assert badge == "Sent"
    assert office.piles(invoice) == {Queue.OVERDUE}
    assert office.badge(invoice) == "Overdue"
    assert is_seen(office, invoice)


@pytest.mark.rule("S0.10")
def test_an_auto_pay_that_did_not_go_through_is_in_failed_until_money_comes(office: Office) -> None:
    client = office.client()
    invoice = office.sent(client)

    office.by(AUTOPAY).payments.charge(invoice.id, method=office.card(client, "card_declined"))

    assert office.piles(invoice) == {Queue.AWAITING, Queue.FAILED}
    assert tile(office, Queue.FAILED).count == 1
    office.charged(invoice)
    assert tile(office, Queue.FAILED).count == 0


@pytest.mark.rule("S0.10")
def test_a_card_that_the_client_tried_in_vain_is_no_failed_auto_pay(office: Office) -> None:
    invoice = office.sent(office.client())

    office.charged(invoice, token="card_declined")

    assert office.piles(invoice) == {Queue.AWAITING}


@pytest.mark.rule("S0.12")
def test_the_failed_tile_counts_each_invoice_whose_retries_fail_once(office: Office) -> None:
    client = office.client()
    invoices = [office.sent(client), office.sent(client)]
    declined = office.card(client, "card_declined")

    for _ in range(2):
        for invoice in invoices:
            office.by(AUTOPAY).payments.charge(invoice.id, method=declined)

    assert tile(office, Queue.FAILED).count == 2


@pytest.mark.rule("S0.11")
def test_the_awaiting_and_overdue_tiles_show_what_is_still_open(office: Office) -> None:
    client = office.client()
    _, part_paid = office.sent(client, "70.00"), office.sent(client, "50.00")
    office.desk.payments.record(part_paid.id, "20.00", method=Method.CHECK)
    office.days_later(31)
    office.sent(client, "100.00")
    office.draft(client, "999.00")

    assert tile(office, Queue.AWAITING).open_balance == (usd(100_00),)
    assert tile(office, Queue.OVERDUE).open_balance == (usd(100_00),)
    assert tile(office, Queue.OVERDUE).count == 2
    assert tile(office, Queue.DRAFTS).open_balance == ()


@pytest.mark.rule("S0.6", "S0.13")
def test_a_tile_filters_the_list_and_says_x_of_y(office: Office) -> None:
    client = office.client()
    drafts = [office.draft(client), office.draft(client)]
    office.sent(client)

    page = office.desk.invoices.page(queue=Queue.DRAFTS)

    assert listed(page) == sorted(draft.id for draft in drafts)
    assert (page.matching, page.total) == (2, 3)
    assert [tile.count for tile in office.desk.reports.queues()] == [2, 1, 0, 0]


# ── Badges and what the client sees ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.14", "S0.22")
def test_a_draft_is_created_but_not_sent_and_never_in_the_portal(office: Office) -> None:
    draft = office.draft(office.client())

    assert office.badge(draft) == "Draft"
    assert not is_seen(office, draft)
    with pytest.raises(NotFound):
        office.by(PRIYA).invoices.view(draft.id)


@pytest.mark.rule("S0.15")
def test_a_sent_invoice_went_to_the_client_who_sees_it(office: Office) -> None:
    issued = office.desk.invoices.issue(office.draft(office.client()).id)
    before = is_seen(office, issued)

    sent = office.desk.invoices.deliver(issued.id, channel="email")

    assert not before
    assert is_seen(office, sent)
    assert office.badge(sent) == "Sent"
    assert ("Jane Chen", "Sent to the client by email") in office.told(sent)


@pytest.mark.rule("S0.16")
def test_an_invoice_is_viewed_once_the_client_opened_it(office: Office) -> None:
    invoice = office.sent(office.client())

    for _ in range(3):
        office.by(PRIYA).invoices.view(invoice.id)

    assert office.badge(invoice) == "Viewed"
    assert is_seen(office, invoice)
    assert office.told(invoice).count(("Priya Patel", "Viewed by the client")) == 1


@pytest.mark.rule("S0.17")
def test_an_invoice_with_some_money_on_it_is_partially_paid(office: Office) -> None:
    invoice = office.sent(office.client())

    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK)

    assert (office.badge(invoice), office.balance(invoice)) == ("Partially paid", "60.00")
    assert is_seen(office, invoice)


@pytest.mark.rule("S0.18")
def test_an_invoice_is_paid_when_nothing_is_left(office: Office) -> None:
    invoice = office.sent(office.client())

    office.desk.payments.record(invoice.id, method=Method.WIRE)

    assert (office.badge(invoice), office.balance(invoice)) == ("Paid", "0.00")
    assert is_seen(office, invoice)


@pytest.mark.rule("S0.20")
def test_a_cancelled_invoice_is_kept_and_the_client_still_sees_it(office: Office) -> None:
    invoice = office.sent(office.client())

    office.desk.invoices.void(invoice.id)

    assert office.badge(invoice) == "Cancelled"
    assert listed(office.desk.invoices.page()) == [invoice.id]
    assert is_seen(office, invoice)
    assert office.by(PRIYA).invoices.view(invoice.id).number == "INV-0001"


@pytest.mark.rule("S0.21")
def test_a_paid_invoice_flips_back_to_partially_paid_by_a_refund(office: Office) -> None:
    invoice = office.sent(office.client())
    payment = office.desk.payments.record(invoice.id, method=Method.CHECK)
    before = office.badge(invoice)

    office.desk.refunds.issue(payment.id, "30.00")

    assert (before, office.badge(invoice)) == ("Paid", "Partially paid")


# ── Finding ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.23")
@pytest.mark.parametrize(("search", "found"), [("inv-0002", 1), ("INV-", 3), ("patel", 2), ("PATEL F", 2), ("xyz", 0)])
def test_invoices_are_found_by_number_or_by_the_clients_name(office: Office, search: str, found: int) -> None:
    patel, smith = office.client("Patel Family"), office.client("Smith & Co")
    for client in (patel, smith, patel):
        office.sent(client)

    page = office.desk.invoices.page(search=search)

    assert (page.matching, page.total) == (found, 3)


@pytest.mark.rule("S0.24")
def test_any_combination_of_statuses_can_be_chosen(office: Office) -> None:
    client = office.client()
    draft, sent, paid = office.draft(client), office.sent(client), office.sent(client)
    office.desk.payments.mark_paid(paid.id)
    page = office.desk.invoices.page

    assert listed(page(statuses=[Status.DRAFT, Status.PAID])) == sorted([draft.id, paid.id])
    assert listed(page(statuses=[Status.SENT])) == [sent.id]
    assert page(statuses=[]).matching == 3


@pytest.mark.rule("S0.26")
def test_the_status_filter_and_the_queue_filter_compose(office: Office) -> None:
    client = office.client()
    overdue, overdue_in_part = office.sent(client), office.sent(client)
    office.desk.payments.record(overdue_in_part.id, "1.00", method=Method.CASH)
    office.days_later(31)
    in_part = office.sent(client)
    office.desk.payments.record(in_part.id, "1.00", method=Method.CASH)
    page = office.desk.invoices.page

    assert listed(page(queue=Queue.OVERDUE, statuses=[Status.PARTIALLY_PAID])) == [overdue_in_part.id]
    assert listed(page(queue=Queue.OVERDUE)) == sorted([overdue.id, overdue_in_part.id])
    assert listed(page(statuses=[Status.PARTIALLY_PAID])) == sorted([overdue_in_part.id, in_part.id])


# ── Several at once ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.27", "S0.28")
def test_drafts_are_sent_together_and_what_is_no_draft_says_so(office: Office) -> None:
    client = office.client()
    draft, sent, other = office.draft(client), office.sent(client), office.draft(client)

    results = office.desk.bulk.send([draft.id, sent.id, other.id])

    assert [result.is_done for result in results] == [True, False, True]
    refused = results[1].refused
    assert refused is not None
    assert refused.code == "invalid_transition"
    assert [office.badge(invoice) for invoice in (draft, sent, other)] == ["Sent"] * 3


@pytest.mark.rule("S0.29")
def test_several_are_marked_paid_for_money_received_outside(office: Office) -> None:
    client = office.client()
    invoices = [office.sent(client), office.sent(client)]

    results = office.desk.bulk.mark_paid(
        [invoice.id for invoice in invoices], method=Method.CHECK, received_on=date(2026, 5, 2)
    )

    assert all(result.is_done for result in results)
    assert [office.badge(invoice) for invoice in invoices] == ["Paid", "Paid"]
    [payment] = office.desk.payments.of_invoice(invoices[0].id)
    assert (payment.method, payment.received_on) == (Method.CHECK, date(2026, 5, 2))


@pytest.mark.rule("S0.30")
def test_several_are_cancelled_and_one_with_money_on_it_is_not(office: Office) -> None:
    client = office.client()
    unpaid, paid = office.sent(client), office.sent(client)
    office.desk.payments.mark_paid(paid.id)

    results = office.desk.bulk.void([unpaid.id, paid.id], reason="duplicate")

    assert [office.badge(invoice) for invoice in (unpaid, paid)] == ["Cancelled", "Paid"]
    assert [None if result.refused is None else result.refused.code for result in results] == [
        None,
        "invoice_has_payments",
    ]


@pytest.mark.rule("S0.31")
def test_a_selection_is_exported_as_csv_in_its_order(office: Office) -> None:
    patel, smith = office.client("Patel Family"), office.client("=Smith")
    sent, draft = office.sent(patel, "100.00"), office.draft(smith, "50.00")
    office.desk.payments.record(sent.id, "40.00", method=Method.CHECK)

    exported = office.desk.bulk.export(
        [draft.id, sent.id], columns=[Column.NUMBER, Column.STATUS, Column.CLIENT, Column.AMOUNT, Column.BALANCE]
    )

    assert exported.decode().splitlines() == [
        "Number,Status,Client,Amount,Balance",
        ",Draft,'=Smith,50.00,0.00",
        "INV-0001,Partially paid,Patel Family,100.00,60.00",
    ]


# ── Permissions ──────────────────────────────────────────────────────────────────────────────────────────────────────

SAM = Staff("sam", "Sam Park")


def permitted(*permissions: Permission) -> Office:
    """An office where Sam has only these, and Jane, its owner, everything."""
    granted = {JANE.id: frozenset(Permission), SAM.id: frozenset(permissions)}
    return Office.open(PRO_FIRM, authorizer=AllowListed(granted))


EVERYTHING = {
    "view",
    "see queues",
    "create",
    "edit",
    "record payment",
    "refund",
    "write off",
    "delete",
    "cancel",
    "change settings",
}


def refused(office: Office, invoice: Invoice, draft: Invoice) -> set[str]:
    """What Sam may not do."""
    desk = office.by(SAM)
    firm = office.billing.firms.get(FIRM)
    verbs: dict[str, Callable[[], object]] = {
        "view": lambda: desk.invoices.page(),
        "see queues": lambda: desk.reports.queues(),
        "create": lambda: desk.invoices.draft(invoice.client_id, lines=[a_line()]),
        "edit": lambda: desk.invoices.edit(draft.id, notes="Thank you"),
        "record payment": lambda: desk.payments.record(invoice.id, "1.00", method=Method.CASH),
        "refund": lambda: desk.refunds.issue(office.desk.payments.of_invoice(invoice.id)[0].id, "0.50"),
        "write off": lambda: desk.adjustments.write_off(invoice.id, "1.00"),
        "delete": lambda: desk.invoices.delete(draft.id),
        "cancel": lambda: desk.invoices.void(office.sent(office.client()).id),
        "change settings": lambda: office.billing.firms.change(firm, by=SAM),
    }
    refused = set()
    for name, verb in verbs.items():
        before = office.books()
        try:
            verb()
        except NotPermitted:
            refused.add(name)
            if name != "cancel":
                assert office.books() == before
    return refused


@pytest.mark.parametrize(
    ("permission", "allowed"),
    [
        (Permission.VIEW, {"view", "see queues"}),
        (Permission.CREATE, {"create"}),
        (Permission.EDIT, {"edit", "record payment", "refund"}),
        (Permission.DELETE, {"delete", "cancel", "write off"}),
        (Permission.SETTINGS, {"change settings"}),
        (Permission.CATALOG, set()),
    ],
)
def test_each_permission_allows_its_own_verbs_and_no_others(permission: Permission, allowed: set[str]) -> None:
    office = permitted(permission)
    client = office.client()
    invoice, draft = office.sent(client), office.draft(client)
    office.desk.payments.record(invoice.id, "10.00", method=Method.CASH)

    assert EVERYTHING - refused(office, invoice, draft) == allowed


@pytest.mark.rule("S0.40")
def test_owners_have_full_access() -> None:
    office = permitted(*Permission)
    client = office.client()
    invoice, draft = office.sent(client), office.draft(client)
    office.desk.payments.record(invoice.id, "10.00", method=Method.CASH)

    assert refused(office, invoice, draft) == set()


def test_whoever_is_not_listed_may_do_nothing_and_jobs_are_never_asked() -> None:
    office = permitted()
    client = office.client()
    invoice = office.sent(client)
    stranger = Contact("eve", "Eve", client.id)

    with pytest.raises(NotPermitted, match="lacks the permission 'view_billing'"):
        office.by(stranger).invoices.get(invoice.id)
    assert office.by(System("auto-pay")).invoices.get(invoice.id) == invoice
    assert office.by(Importer("old system")).invoices.get(invoice.id) == invoice


def test_staff_who_may_edit_still_run_no_card_where_the_policy_keeps_it_from_them(office: Office) -> None:
    client = office.client()
    invoice = office.sent(client)

    with pytest.raises(MethodNotAllowed):
        office.desk.payments.charge(invoice.id, method=office.card(client))
