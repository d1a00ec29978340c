"""Product P, a therapy practice (S3): sessions become charges and charges invoices; it voids and refunds in its way."""

from collections.abc import Callable
from datetime import date

import pytest
from attrs import evolve
from tests.office import JANE, PRIYA, Office, a_line

from billcore.clients import Client, Terms
from billcore.codec import to_json
from billcore.dates import Period
from billcore.errors import (
    ChargeNotOpen,
    InvalidTransition,
    MethodNotAllowed,
    NotPayable,
    NotPermitted,
    NotRefundable,
    OverRefund,
    ReasonRequired,
)
from billcore.ids import ChargeId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue, can_pay_now, is_visible_to_client
from billcore.lines import Allowance, Codes, LineItem, Surcharge
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import PaymentState
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRACTICE
from billcore.reasons import RefundReason
from billcore.reports.payment_history import RowStatus


@pytest.fixture
def office() -> Office:
    return Office.open(PRACTICE)


@pytest.fixture
def client(office: Office) -> Client:
    return office.client()


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def a_session(office: Office, client: Client, day: int = 4, rate: str = "150.00") -> ChargeId:
    charge = office.desk.charges.add(
        client.id,
        "Session",
        unit_price=rate,
        quantity="1.5",
        unit="hour",
        served_on=date(2026, 5, day),
        codes=Codes(service="90837"),
    )
    return charge.id


def unbilled(office: Office) -> list[ChargeId]:
    return [charge.id for charge in office.desk.charges.unbilled()]


def paid(office: Office, client: Client) -> Invoice:
    """Of 100.00, paid by check."""
    invoice = office.sent(client)
    office.desk.payments.record(invoice.id, method=Method.CHECK)
    return office.invoice(invoice)


# ── Unbilled charges ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.5")
def test_unbilled_sessions_are_counted_and_seen_by_client(office: Office) -> None:
    patel, smith = office.client("Patel"), office.client("Smith")
    first, other, second = a_session(office, patel), a_session(office, smith), a_session(office, patel, 11)

    assert len(office.desk.charges.unbilled()) == 3
    assert [charge.id for charge in office.desk.charges.unbilled(patel.id)] == [first, second]
    assert [charge.id for charge in office.desk.charges.unbilled(smith.id)] == [other]


@pytest.mark.rule("S3.7")
def test_an_empty_practice_is_a_valid_one(office: Office, client: Client) -> None:
    assert office.desk.charges.unbilled() == ()
    assert office.desk.invoices.page().invoices == ()
    assert [tile.count for tile in office.desk.reports.queues()] == [0, 0, 0, 0]
    assert office.desk.reports.aging().rows == ()
    with pytest.raises(ChargeNotOpen, match="no open charges"):
        office.desk.invoices.draft_unbilled(client.id)


def test_a_charge_shows_date_code_units_and_rate_and_a_draft_what_its_line_comes_to(
    office: Office, client: Client
) -> None:
    charge = office.desk.charges.get(a_session(office, client))

    draft = office.desk.invoices.draft(client.id, charges=[charge.id])

    line = charge.line
    assert (line.served_on, line.codes.service) == (date(2026, 5, 4), "90837")
    assert (str(line.quantity), line.unit, str(line.unit_price)) == ("1.5", "hour", "150.00")
    assert draft.totals.line_nets == (usd(225_00),)


@pytest.mark.rule("S3.9")
def test_all_unbilled_charges_are_billed_or_those_that_are_selected(office: Office, client: Client) -> None:
    charges = [a_session(office, client, day) for day in (4, 11, 18)]

    selected = office.desk.invoices.draft(client.id, charges=charges[:1])
    rest = office.desk.invoices.draft_unbilled(client.id)

    assert selected.content.charge_ids == (charges[0],)
    assert rest.content.charge_ids == tuple(charges[1:])
    assert unbilled(office) == []


# ── Drafts ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.6")
def test_every_invoice_ever_is_listed_with_status_amount_paid_and_balance(office: Office, client: Client) -> None:
    draft, sent, part = office.draft(client), office.sent(client), office.sent(client)
    office.desk.payments.record(part.id, "30.00", method=Method.CASH)
    void = office.sent(client)
    office.desk.invoices.void(void.id, reason="wrong client")

    listed = office.desk.invoices.page().invoices

    assert {
        each.id: (office.badge(each), f"{each.gross.amount} {each.paid.amount} {each.balance.amount}")
        for each in listed
    } == {
        draft.id: ("Draft", "100.00 0.00 0.00"),
        sent.id: ("Sent", "100.00 0.00 100.00"),
        part.id: ("Sent", "100.00 30.00 70.00"),
        void.id: ("Voided", "100.00 0.00 0.00"),
    }


@pytest.mark.rule("S3.10")
def test_an_invoice_is_due_by_the_payment_terms_from_the_day_it_was_made(office: Office) -> None:
    client = office.client(terms=Terms.net(30))
    draft = office.draft(client)
    office.days_later(10)

    sent = office.desk.invoices.send(draft.id)

    assert sent.due_on == date(2026, 6, 3)


@pytest.mark.rule("S3.10")
def test_the_due_date_can_be_set_by_hand(office: Office, client: Client) -> None:
    draft = office.desk.invoices.draft(client.id, lines=[a_line()], due_on=date(2026, 5, 20))

    assert (draft.due_on, office.desk.invoices.send(draft.id).due_on) == (date(2026, 5, 20), date(2026, 5, 20))


@pytest.mark.rule("S3.11")
def test_notes_are_for_the_client_and_memos_are_not_on_the_document(office: Office, client: Client) -> None:
    invoice = office.desk.invoices.draft(client.id, lines=[a_line()], notes="Thank you", memo="pays late")

    assert (invoice.content.notes, invoice.content.memo) == ("Thank you", "pays late")


@pytest.mark.rule("S3.12", "S3.13")
def test_an_invoice_begins_as_a_draft_that_is_edited_or_deleted_and_not_seen(office: Office, client: Client) -> None:
    draft = office.desk.invoices.draft(client.id, lines=[a_line(), a_line("20.00", "Report")])

    edited = office.desk.invoices.edit(draft.id, lines=[draft.lines[1], a_line("30.00", "Letter")])
    visible = is_visible_to_client(edited, PRACTICE)
    office.desk.invoices.delete(draft.id)

    assert office.happened()[-1].by == JANE
    assert [line.description for line in edited.lines] == ["Report", "Letter"]
    assert edited.gross == usd(50_00)
    assert not visible
    assert office.desk.invoices.page().total == 0
    assert office.desk.invoices.timeline(draft.id)[-1].text == "Draft deleted"


@pytest.mark.rule("S3.14")
def test_a_line_can_be_written_in_beside_the_sessions(office: Office, client: Client) -> None:
    a_session(office, client)
    draft = office.desk.invoices.draft_unbilled(client.id)

    edited = office.desk.invoices.edit(draft.id, lines=[*draft.lines, a_line("25.00", "Copy of records")])

    assert edited.gross == usd(250_00)
    assert edited.lines[1].charge_ids == ()


@pytest.mark.rule("S3.15")
def test_the_rate_of_a_session_is_adjusted_on_its_line_and_the_original_is_kept(office: Office, client: Client) -> None:
    charge = a_session(office, client)
    [line] = office.desk.invoices.draft_unbilled(client.id).lines
    draft = office.desk.invoices.page().invoices[0]

    reduced = evolve(line, unit_price="100.00", original_unit_price=line.unit_price)
    edited = office.desk.invoices.edit(draft.id, lines=[reduced])

    assert edited.gross == usd(150_00)
    assert str(edited.lines[0].original_unit_price) == "150.00"
    assert edited.content.charge_ids == (charge,)
    assert str(office.desk.charges.get(charge).line.unit_price) == "150.00"


@pytest.mark.rule("S3.16")
def test_a_line_that_is_removed_returns_its_session_to_unbilled(office: Office, client: Client) -> None:
    kept, removed = a_session(office, client), a_session(office, client, 11)
    draft = office.desk.invoices.draft(client.id, charges=[kept, removed])

    office.desk.invoices.edit(draft.id, lines=[line for line in draft.lines if removed not in line.charge_ids])

    assert unbilled(office) == [removed]


@pytest.mark.rule("S3.17")
def test_a_discount_or_a_surcharge_stands_on_the_whole_invoice(office: Office, client: Client) -> None:
    invoice = office.desk.invoices.draft(
        client.id,
        lines=[a_line(), a_line()],
        allowances=[Allowance(percent="10", reason="Scholarship")],
        surcharges=[Surcharge(amount=usd(5_00), reason="Weekend")],
    )

    assert (invoice.totals.subtotal, invoice.totals.allowances, invoice.totals.surcharges) == (
        usd(200_00),
        usd(20_00),
        usd(5_00),
    )
    assert invoice.gross == usd(185_00)


# ── Sent ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.18", "S3.19")
def test_after_send_the_lines_are_read_only(office: Office, client: Client) -> None:
    charge = a_session(office, client)
    invoice = office.desk.invoices.send(office.desk.invoices.draft_unbilled(client.id).id)

    assert office.badge(invoice) == "Sent"
    with pytest.raises(InvalidTransition, match="only a draft"):
        office.desk.invoices.edit(invoice.id, lines=[])
    with pytest.raises(InvalidTransition):
        office.desk.invoices.delete(invoice.id)
    with pytest.raises(ChargeNotOpen, match="billed"):
        office.desk.charges.change(charge, unit_price="1.00")


@pytest.mark.rule("S3.22")
def test_the_portal_has_all_that_it_shows(office: Office, client: Client) -> None:
    a_session(office, client)
    invoice = office.desk.invoices.send(office.desk.invoices.draft_unbilled(client.id).id)
    office.desk.payments.record(invoice.id, "25.00", method=Method.CASH)

    shown = office.by(PRIYA).invoices.view(invoice.id)

    assert shown.issue is not None
    assert (shown.number, shown.issue.on, shown.due_on) == ("INV-0001", date(2026, 5, 4), date(2026, 6, 3))
    assert [(line.served_on, line.description) for line in shown.lines] == [(date(2026, 5, 4), "Session")]
    assert shown.totals.line_nets == (usd(225_00),)
    assert (shown.total, shown.paid, shown.balance) == (usd(225_00), usd(25_00), usd(200_00))
    assert can_pay_now(shown)


@pytest.mark.rule("S3.23")
def test_a_client_can_look_and_pay_and_nothing_else() -> None:
    office = Office.open(
        PRACTICE, authorizer=AllowListed({JANE.id: frozenset(Permission), PRIYA.id: frozenset({Permission.VIEW})})
    )
    client = office.client()
    invoice, draft = office.sent(client), office.draft(client)
    priya = office.by(PRIYA)

    priya.invoices.view(invoice.id)
    payment = priya.payments.charge(invoice.id, "40.00", method=office.card(client))

    assert payment.state is PaymentState.COMPLETED
    forbidden: list[Callable[[], object]] = [
        lambda: priya.payments.record(invoice.id, method=Method.CASH),
        lambda: priya.refunds.issue(payment.id),
        lambda: priya.invoices.edit(draft.id, notes=""),
        lambda: priya.invoices.delete(draft.id),
        lambda: priya.invoices.send(draft.id),
        lambda: priya.invoices.draft(client.id, lines=[a_line()]),
        lambda: priya.invoices.void(invoice.id, reason="too dear"),
        lambda: priya.adjustments.write_off(invoice.id, reason="too dear"),
        lambda: priya.payments.unapply(payment.id, invoice.id),
    ]
    for verb in forbidden:
        with pytest.raises(NotPermitted):
            verb()


# ── Payments ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.24")
@pytest.mark.parametrize("method", Method)
def test_checks_transfers_cards_on_file_cash_and_others_are_recorded_with_a_reference(
    office: Office, client: Client, method: Method
) -> None:
    invoice = office.sent(client)

    if method is Method.WIRE:
        with pytest.raises(MethodNotAllowed):
            office.desk.payments.record(invoice.id, method=method, reference="4521")
    else:
        payment = office.desk.payments.record(invoice.id, method=method, reference="4521")
        assert (payment.method, payment.reference) == (method, "4521")


@pytest.mark.rule("S3.25")
def test_a_full_payment_makes_paid_and_otherwise_it_stays_sent_with_the_new_balance(
    office: Office, client: Client
) -> None:
    invoice = office.sent(client)

    office.desk.payments.record(invoice.id, "40.00", method=Method.CHECK)
    part = office.badge(invoice), office.balance(invoice)
    office.desk.payments.record(invoice.id, method=Method.CHECK)

    assert part == ("Sent", "60.00")
    assert (office.badge(invoice), office.balance(invoice)) == ("Paid", "0.00")


@pytest.mark.rule("S3.26")
def test_a_payment_by_the_processor_posts_itself_with_the_transactions_id(office: Office, client: Client) -> None:
    invoice = office.sent(client)
    office.charged(invoice, token="ach_ok")

    office.days_later(3)
    office.hear()

    [row] = office.desk.payments.history(invoice.id)
    [transaction] = office.gateway.books().payments
    assert row.status is RowStatus.COMPLETED
    assert row.reference == transaction.ref.id
    assert office.badge(invoice) == "Paid"


@pytest.mark.rule("S3.27")
def test_an_invoice_becomes_overdue_by_itself_when_its_due_date_passes(office: Office, client: Client) -> None:
    invoice = office.sent(client)
    before = office.invoice(invoice)

    office.days_later(31)

    assert (office.badge(invoice), office.piles(invoice)) == ("Overdue", frozenset({Queue.OVERDUE}))
    assert office.invoice(invoice) == before


@pytest.mark.rule("S3.29")
def test_receivables_age_in_four_buckets(office: Office, client: Client) -> None:
    for days, amount in ((0, "1.00"), (31, "10.00"), (61, "100.00"), (91, "1000.00")):
        due_on = date(2026, 5, 4)
        invoice = office.desk.invoices.draft(client.id, lines=[a_line(amount)], due_on=due_on)
        office.desk.invoices.send(invoice.id)
        on = date.fromordinal(due_on.toordinal() + days)

        [total] = office.desk.reports.aging(on=on).totals
        [bucket] = [
            label
            for label, owed in zip(office.desk.reports.aging(on=on).labels, total.amounts, strict=True)
            if owed.is_positive
        ]

        assert bucket == {0: "0–30", 31: "31–60", 61: "61–90", 91: "90+"}[days]


# ── Void ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.30", "S3.34")
@pytest.mark.parametrize("reason", ["wrong client", "duplicate", "invalid charges"])
def test_an_invoice_issued_in_error_is_voided_for_a_reason_that_is_logged(
    office: Office, client: Client, reason: str
) -> None:
    invoice = office.sent(client)
    with pytest.raises(ReasonRequired):
        office.desk.invoices.void(invoice.id)

    office.desk.invoices.void(invoice.id, reason=reason)

    assert office.told(invoice)[-1] == ("Jane Chen", f"Voided: {reason}")


@pytest.mark.rule("S3.31")
def test_a_voided_invoice_accepts_no_payment(office: Office, client: Client) -> None:
    invoice = office.sent(client)
    card = office.card(client)
    office.desk.invoices.void(invoice.id, reason="duplicate")

    assert not can_pay_now(office.invoice(invoice))
    with pytest.raises(NotPayable):
        office.desk.payments.record(invoice.id, "1.00", method=Method.CASH)
    with pytest.raises(NotPayable):
        office.by(PRIYA).payments.charge(invoice.id, method=card)


@pytest.mark.rule("S3.32")
def test_a_voided_invoice_returns_its_sessions_to_unbilled_and_not_its_written_in_lines(
    office: Office, client: Client
) -> None:
    charge = a_session(office, client)
    draft = office.desk.invoices.draft(client.id, charges=[charge], lines=[a_line("25.00", "Report")])
    invoice = office.desk.invoices.send(draft.id)

    office.desk.invoices.void(invoice.id, reason="wrong client")

    assert unbilled(office) == [charge]
    assert office.desk.invoices.draft_unbilled(client.id).gross == usd(225_00)


@pytest.mark.rule("S3.33")
def test_a_voided_invoice_stays_listed_with_its_badge(office: Office, client: Client) -> None:
    invoice = office.sent(client)

    office.desk.invoices.void(invoice.id, reason="duplicate")

    assert [each.number for each in office.desk.invoices.page().invoices] == ["INV-0001"]
    assert office.badge(invoice) == "Voided"


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.35")
def test_a_paid_invoice_is_refunded_and_an_unpaid_one_is_not(office: Office, client: Client) -> None:
    invoice, unpaid = paid(office, client), office.sent(client)
    part = office.desk.payments.record(unpaid.id, "40.00", method=Method.CHECK)
    [payment] = office.desk.payments.of_invoice(invoice.id)

    refund = office.desk.refunds.issue(payment.id, "30.00", reason=RefundReason.SERVICE_NOT_RENDERED)

    assert (refund.amount, refund.reason) == (usd(30_00), RefundReason.SERVICE_NOT_RENDERED)
    with pytest.raises(NotRefundable, match="paid invoices only"):
        office.desk.refunds.issue(part.id)


@pytest.mark.rule("S3.36", "S3.37")
def test_a_partial_refund_raises_the_balance_again(office: Office, client: Client) -> None:
    invoice = paid(office, client)
    [payment] = office.desk.payments.of_invoice(invoice.id)

    refund = office.desk.refunds.issue(payment.id, "30.00")

    assert (office.invoice(invoice).paid, office.balance(invoice)) == (usd(70_00), "30.00")
    row = office.desk.payments.history(invoice.id)[-1]
    assert (row.refund_id, row.amount, row.here) == (refund.id, usd(-30_00), usd(-30_00))


@pytest.mark.rule("S3.36", "S3.37")
def test_a_full_refund_leaves_the_balance_at_zero(office: Office, client: Client) -> None:
    invoice = paid(office, client)
    [payment] = office.desk.payments.of_invoice(invoice.id)

    office.desk.refunds.issue(payment.id)

    assert (office.invoice(invoice).paid, office.balance(invoice)) == (usd(0), "0.00")
    assert office.piles(invoice) == frozenset()
    assert office.desk.payments.history(invoice.id)[-1].amount == usd(-100_00)
    [note] = office.desk.adjustments.credit_notes(invoice.id)
    assert (note.number, note.amount) == ("CN-0001", usd(100_00))
    with pytest.raises(OverRefund):
        office.desk.refunds.issue(payment.id)


@pytest.mark.rule("S3.36")
def test_a_full_refund_leaves_the_balance_at_zero_also_after_goodwill(office: Office, client: Client) -> None:
    invoice = office.sent(client)
    office.desk.adjustments.credit(invoice.id, "40.00", reason="a session cut short")
    payment = office.desk.payments.record(invoice.id, method=Method.CHECK)

    office.desk.refunds.issue(payment.id)

    assert payment.amount == usd(60_00)
    assert (office.invoice(invoice).paid, office.balance(invoice)) == (usd(0), "0.00")


@pytest.mark.rule("S3.38")
def test_a_refund_does_not_bill_the_parent_again(office: Office, client: Client) -> None:
    invoice = paid(office, client)
    [payment] = office.desk.payments.of_invoice(invoice.id)
    invoices = office.desk.invoices.page().total

    office.desk.refunds.issue(payment.id, "30.00")

    assert office.desk.invoices.page().total == invoices
    assert office.invoice(invoice).hold is not None
    assert office.gateway.books().payments == ()


@pytest.mark.rule("S3.39")
@pytest.mark.parametrize("through_gateway", [True, False])
def test_a_refund_goes_through_the_processor_or_is_recorded_only(
    office: Office, client: Client, through_gateway: bool
) -> None:
    invoice = office.sent(client)
    payment = office.charged(invoice)

    refund = office.desk.refunds.issue(payment.id, through_gateway=through_gateway)

    [transaction] = office.gateway.books().payments
    assert refund.is_external is not through_gateway
    assert len(transaction.refunds) == int(through_gateway)
    assert office.balance(invoice) == "0.00"


# ── Statements, several at once, and privacy ─────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.40")
def test_a_statement_rolls_several_invoices_into_one(office: Office, client: Client) -> None:
    first = office.sent(client, "100.00")
    office.days_later(10)
    office.desk.payments.record(first.id, "40.00", method=Method.CHECK, reference="4521")
    office.sent(client, "50.00")

    statement = office.desk.reports.statement(client.id, Period(date(2026, 5, 10), date(2026, 6, 1)))

    [account] = statement.currencies
    assert (account.opening, account.closing) == (usd(100_00), usd(110_00))
    assert [(line.what, line.reference, line.amount) for line in account.movements] == [
        ("Payment by check", "4521", usd(-40_00)),
        ("Invoice", "INV-0002", usd(50_00)),
    ]
    assert [(item.number, item.owed) for item in account.open_items] == [
        ("INV-0001", usd(60_00)),
        ("INV-0002", usd(50_00)),
    ]


@pytest.mark.rule("S3.41")
def test_all_drafts_are_sent_at_once(office: Office) -> None:
    drafts = [office.draft(office.client(name)) for name in ("Patel", "Smith", "Jones")]

    results = office.desk.bulk.send([draft.id for draft in drafts])

    assert all(result.is_done for result in results)
    assert [office.badge(draft) for draft in drafts] == ["Sent"] * 3
    assert sorted(result.invoice.number or "" for result in results if result.invoice) == [
        "INV-0001",
        "INV-0002",
        "INV-0003",
    ]


@pytest.mark.rule("S3.42")
def test_what_the_work_was_stays_on_the_document(office: Office) -> None:
    client = office.desk.clients.add("Ana Doe", email="ana@example.com", notes="referred by Dr Roe")
    charge = office.desk.charges.add(client.id, "Trauma therapy", unit_price="150.00", codes=Codes(service="F43.1"))
    draft = office.desk.invoices.draft(
        client.id,
        charges=[charge.id],
        lines=[LineItem(description="Report to court", unit_price="20.00")],
        notes="See you on Monday",
        memo="diagnosis pending",
    )
    invoice = office.desk.invoices.send(draft.id)
    office.charged(invoice)

    events = "".join(f"{to_json(event)}{event!r}" for event in office.happened())
    reprs = f"{client!r}{office.desk.charges.get(charge.id)!r}{office.invoice(invoice)!r}"
    csv = office.desk.bulk.export([invoice.id]).decode()
    at_the_gateway = repr(office.gateway.books())

    for secret in ("Trauma", "F43.1", "court", "Monday", "diagnosis", "Roe"):
        for place in (events, reprs, csv, at_the_gateway):
            assert secret not in place
    assert "ana@example.com" not in events + reprs


def test_a_contact_who_is_impersonated_is_told_as_such(office: Office, client: Client) -> None:
    invoice = office.sent(client)
    as_priya = evolve(PRIYA, impersonated_by=JANE)

    office.by(as_priya).payments.charge(invoice.id, method=office.card(client))

    assert office.desk.payments.history(invoice.id)[0].by == "Jane Chen for Priya Patel"
