"""From draft to the client: issue, deliver, and the client's first look."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.unit.invoices.voided import a_void_invoice

from billcore.actors import Contact
from billcore.clients import Terms
from billcore.errors import BadDate, BadText, EmptyInvoice, InvalidTransition
from billcore.ids import ClientId
from billcore.invoices import sending
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Settlement, settlement, status
from billcore.policy import PRO_FIRM, STANDARD, DueBasis, Policy, Status
from billcore.testing.builders import BY, a_client, a_draft, a_firm, a_line, an_issued_invoice
from billcore.testing.clock import START

FIRM = a_firm()
CLIENT = a_client(FIRM)
PRIYA = Contact("priya", "Priya Patel", ClientId("client-1"))
TODAY = START.date()


def issued(draft: Invoice, policy: Policy = STANDARD, terms: Terms | None = None, on: date | None = None) -> Invoice:
    firm = a_firm(policy=policy)
    client = a_client(firm, terms=terms)
    invoice, _ = sending.issue(draft, firm=firm, client=client, number="INV-0001", on=on, at=START, by=BY)
    return invoice


# ── Issue ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_issue_numbers_the_draft_and_copies_the_parties_the_terms_and_the_policy() -> None:
    draft = a_draft(FIRM, CLIENT)
    firm = a_firm(policy=PRO_FIRM)
    client = evolve(a_client(firm, name="Patel & Sons"), terms=Terms.net(10))

    invoice, event = sending.issue(draft, firm=firm, client=client, number="INV-0042", at=START, by=BY)

    assert invoice.issue is not None
    assert (invoice.number, event.number) == ("INV-0042", "INV-0042")
    assert (invoice.issue.issuer, invoice.issue.recipient) == (firm.party, client.party)
    assert (invoice.policy, invoice.terms) == (PRO_FIRM, Terms.net(10))
    assert (invoice.due_on, event.due_on) == (date(2026, 5, 14), date(2026, 5, 14))
    assert invoice.owed == invoice.balance == invoice.gross


def test_terms_count_from_the_day_of_issue() -> None:
    draft = a_draft(FIRM, CLIENT, at=START - timedelta(days=10))

    assert issued(draft, terms=Terms.net(30)).due_on == TODAY + timedelta(days=30)


def test_terms_count_from_the_day_of_drafting_where_the_policy_says_so() -> None:
    draft = a_draft(FIRM, CLIENT, at=START - timedelta(days=10))

    invoice = issued(draft, evolve(STANDARD, due_basis=DueBasis.ON_DRAFT), Terms.net(30))

    assert invoice.due_on == TODAY + timedelta(days=20)


def test_a_draft_that_lay_longer_than_its_terms_is_due_at_once_and_not_overdue() -> None:
    draft = a_draft(FIRM, CLIENT, at=START - timedelta(days=40))

    assert issued(draft, evolve(STANDARD, due_basis=DueBasis.ON_DRAFT), Terms.net(30)).due_on == TODAY


def test_a_due_date_that_the_draft_fixes_goes_before_the_terms() -> None:
    draft = a_draft(FIRM, CLIENT, due_on=TODAY)

    assert issued(draft, terms=Terms.net(30)).due_on == TODAY


def test_a_due_date_before_the_date_of_issue_is_refused() -> None:
    draft = a_draft(FIRM, CLIENT, due_on=TODAY - timedelta(days=1))

    with pytest.raises(BadDate, match="before its date of issue"):
        issued(draft)


def test_an_invoice_can_be_dated_on_another_day() -> None:
    invoice = issued(a_draft(FIRM, CLIENT), terms=Terms.net(1), on=date(2026, 4, 30))

    assert invoice.issue is not None
    assert (invoice.issue.on, invoice.due_on) == (date(2026, 4, 30), date(2026, 5, 1))


def test_a_due_date_after_the_end_of_the_calendar_is_refused() -> None:
    with pytest.raises(BadDate, match="after the year 9999"):
        issued(a_draft(FIRM, CLIENT), terms=Terms.net(30), on=date(9999, 12, 15))


def test_an_invoice_without_lines_is_not_issued() -> None:
    with pytest.raises(EmptyInvoice):
        issued(a_draft(FIRM, CLIENT, lines=[]))


def test_an_invoice_of_nothing_is_settled_as_soon_as_it_is_issued() -> None:
    invoice = issued(a_draft(FIRM, CLIENT, lines=[a_line(unit_price="0.00")]))

    assert settlement(invoice) is Settlement.PAID
    assert status(invoice, TODAY) is Status.PAID


def test_an_invoice_is_issued_once() -> None:
    with pytest.raises(InvalidTransition, match="cannot issue an invoice that is issued"):
        issued(an_issued_invoice(FIRM, CLIENT))


# ── Deliver ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_first_delivery_is_the_fact_and_later_ones_are_events_only() -> None:
    invoice = an_issued_invoice(FIRM, CLIENT)

    once, _ = sending.deliver(invoice, channel="email", at=START, by=BY)
    twice, event = sending.deliver(once, channel="print", at=START + timedelta(days=1), by=BY)

    assert once.delivered_at == twice.delivered_at == START
    assert event.channel == "print"


@pytest.mark.parametrize("channel", ["", "   ", "x" * 51, "e\x00mail"])
def test_a_delivery_names_its_channel(channel: str) -> None:
    with pytest.raises(BadText):
        sending.deliver(an_issued_invoice(FIRM, CLIENT), channel=channel, at=START, by=BY)


def test_neither_a_draft_nor_a_void_invoice_is_delivered() -> None:
    with pytest.raises(InvalidTransition, match="cannot deliver a draft; issue it first"):
        sending.deliver(a_draft(FIRM, CLIENT), channel="email", at=START, by=BY)
    with pytest.raises(InvalidTransition, match="cannot deliver a void invoice"):
        sending.deliver(a_void_invoice(FIRM, CLIENT), channel="email", at=START, by=BY)


# ── View ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_only_the_first_look_is_an_event() -> None:
    invoice = an_issued_invoice(FIRM, CLIENT)

    seen, first = sending.view(invoice, at=START, by=PRIYA)
    seen_again, second = sending.view(seen, at=START + timedelta(days=1), by=PRIYA)

    assert first is not None
    assert second is None
    assert seen_again.first_viewed_at == START


def test_staff_who_look_as_the_client_do_not_count_unless_the_policy_says_so() -> None:
    as_priya = evolve(PRIYA, impersonated_by=BY)
    counting = an_issued_invoice(a_firm(policy=evolve(STANDARD, impersonated_views_count=True)), CLIENT)

    _, ignored = sending.view(an_issued_invoice(FIRM, CLIENT), at=START, by=as_priya)
    _, counted = sending.view(counting, at=START, by=as_priya)

    assert ignored is None
    assert counted is not None


@pytest.mark.rule("S0.22")
def test_what_the_client_does_not_see_is_not_viewed() -> None:
    undelivered = an_issued_invoice(a_firm(policy=PRO_FIRM), CLIENT)

    for invoice in (a_draft(FIRM, CLIENT), undelivered):
        with pytest.raises(InvalidTransition, match="does not see this invoice"):
            sending.view(invoice, at=START, by=PRIYA)


@pytest.mark.rule("S0.20")
def test_a_void_invoice_may_be_looked_at_and_nothing_is_noted() -> None:
    void = a_void_invoice(FIRM, CLIENT)

    seen, event = sending.view(void, at=START, by=PRIYA)

    assert seen == void
    assert event is None


def test_a_void_invoice_that_the_policy_hides_is_not_viewed() -> None:
    hidden = a_void_invoice(a_firm(policy=evolve(STANDARD, void_visible_to_client=False)), CLIENT)

    with pytest.raises(InvalidTransition):
        sending.view(hidden, at=START, by=PRIYA)
