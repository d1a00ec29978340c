"""Work and its charges: logged time, the unbilled queue, drafts of it, and who pays (S0, S2, S3)."""

from datetime import date
from decimal import Decimal

import pytest
from tests.office import FIRM, Office, a_line

from billcore.charges.charge import BillTo, Charge, ChargeState
from billcore.clients import Client
from billcore.errors import ChargeNotOpen, InvalidTransition
from billcore.invoices.invoice import Invoice, Origin
from billcore.lines import Codes, Timekeeper
from billcore.money import Money
from billcore.policy import PRACTICE, TimeRules, VoidedLines


@pytest.fixture
def office() -> Office:
    return Office.open()


def session(office: Office, client: Client, price: str = "150.00", *, bill_to: BillTo = BillTo.CLIENT) -> Charge:
    return office.desk.charges.add(client.id, "Session", unit_price=price, bill_to=bill_to)


def state(office: Office, charge: Charge) -> ChargeState:
    return office.desk.charges.get(charge.id).state


def usd(minor: int) -> Money:
    return Money(minor, "USD")


# ── Time ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.34")
def test_logged_hours_become_an_invoice_that_says_so(office: Office) -> None:
    client = office.client()
    ann = Timekeeper(id="ann", name="Ann Lee", classification="PT")
    charge = office.desk.charges.log_time(
        client.id, "Drafting the will", minutes=37, rate="250.00", timekeeper=ann, worked_on=date(2026, 5, 4)
    )

    invoice = office.desk.invoices.draft_unbilled(client.id)

    (line,) = invoice.lines
    assert (line.quantity, line.unit, line.unit_code) == (Decimal("0.7"), "hour", "HUR")
    assert (line.timekeeper, line.served_on, line.charge_ids) == (ann, date(2026, 5, 4), (charge.id,))
    assert (invoice.gross, invoice.origin) == (usd(175_00), Origin.TIME)
    assert office.told(invoice)[0][1] == "Drafted from logged time, 175.00 USD"


def test_time_is_billed_by_the_firms_rules_unless_an_entry_has_its_own(office: Office) -> None:
    client = office.client()
    quarters = TimeRules(increment=15, minimum=30)

    by_policy = office.desk.charges.log_time(client.id, "Call", minutes=5, rate="100.00")
    by_its_own = office.desk.charges.log_time(client.id, "Call", minutes=5, rate="100.00", rules=quarters)

    assert (by_policy.line.quantity, by_its_own.line.quantity) == (Decimal("0.1"), Decimal("0.5"))
    assert by_policy.line.served_on == office.today


def test_time_is_written_down_before_it_is_billed(office: Office) -> None:
    client = office.client()
    charge = office.desk.charges.log_time(client.id, "Research", minutes=120, rate="100.00", written_down=30)

    charge = office.desk.charges.write_down(charge.id, 60)

    assert charge.time is not None
    assert (charge.time.minutes, charge.line.quantity) == (120, Decimal(1))
    assert office.desk.invoices.draft_unbilled(client.id).gross == usd(100_00)
    with pytest.raises(ChargeNotOpen):
        office.desk.charges.write_down(charge.id, 0)


def test_what_is_not_billable_or_written_off_is_kept_and_never_billed(office: Office) -> None:
    client = office.client()
    internal = office.desk.charges.log_time(client.id, "Training", minutes=60, rate="100.00", is_billable=False)
    favor = session(office, client)
    office.desk.charges.write_off(favor.id, reason="goodwill")

    assert (state(office, internal), state(office, favor)) == (ChargeState.NON_BILLABLE, ChargeState.WRITTEN_OFF)
    assert office.desk.charges.unbilled() == ()
    with pytest.raises(ChargeNotOpen):
        office.desk.invoices.draft(client.id, charges=[internal.id])

    office.desk.charges.change(internal.id, is_billable=True)

    assert office.desk.invoices.draft_unbilled(client.id).gross == usd(100_00)
    assert office.billing.verify(FIRM) == ()


# ── The unbilled queue, and drafts of it ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S3.3", "S3.5")
def test_the_unbilled_queue_is_grouped_by_client_with_count_and_totals(office: Office) -> None:
    patel, adams = office.client("Patel"), office.client("Adams")
    euros = office.desk.clients.add("Kaya", currency="EUR")
    for client, price in ((patel, "150.00"), (patel, "75.50"), (adams, "20.00"), (euros, "10.00")):
        session(office, client, price)

    report = office.desk.reports.unbilled()

    assert [(row.client.name, row.count, str(row.total)) for row in report.clients] == [
        ("Adams", 1, "20.00 USD"),
        ("Kaya", 1, "10.00 EUR"),
        ("Patel", 2, "225.50 USD"),
    ]
    assert (report.count, report.totals) == (4, (Money(10_00, "EUR"), usd(245_50)))


@pytest.mark.rule("S3.8")
def test_a_charge_shows_date_code_units_rate_and_line_total(office: Office) -> None:
    client = office.client()
    office.desk.charges.add(
        client.id, "Session", unit_price="150.00", quantity="2", unit="unit", served_on=date(2026, 5, 4),
        codes=Codes(service="90837"),
    )  # fmt: skip

    (row,) = office.desk.reports.unbilled().clients
    (shown,) = row.charges

    line = shown.charge.line
    assert (line.served_on, line.codes.service) == (date(2026, 5, 4), "90837")
    assert (line.quantity, line.unit_price) == (Decimal(2), Decimal(150))
    assert shown.price == usd(300_00)


@pytest.mark.rule("S2.4", "S3.9")
def test_a_draft_takes_all_the_clients_open_charges_and_no_others(office: Office) -> None:
    patel, smith = office.client(), office.client("Smith")
    charges = [session(office, patel, price) for price in ("10.00", "20.00", "30.00")]
    anothers = session(office, smith)

    draft = office.desk.invoices.draft_unbilled(patel.id)

    assert sorted(draft.content.charge_ids) == sorted(charge.id for charge in charges)
    assert draft.gross == usd(60_00)
    assert [charge.id for charge in office.desk.charges.unbilled()] == [anothers.id]


@pytest.mark.rule("S2.5", "S3.9")
def test_a_draft_takes_the_selected_charges_and_leaves_the_rest_unbilled(office: Office) -> None:
    client = office.client()
    first, second, third = (session(office, client, price) for price in ("10.00", "20.00", "30.00"))

    draft = office.desk.invoices.draft(client.id, charges=[first.id, third.id])

    assert draft.gross == usd(40_00)
    assert [charge.id for charge in office.desk.charges.unbilled()] == [second.id]
    with pytest.raises(ChargeNotOpen):
        office.desk.invoices.draft(client.id, charges=[second.id, third.id])
    assert [charge.id for charge in office.desk.charges.unbilled()] == [second.id]


@pytest.mark.rule("S2.6")
def test_deleting_a_draft_returns_its_charges_to_open_and_leaves_no_trace_on_them(office: Office) -> None:
    client = office.client()
    charge = session(office, client)
    draft = office.desk.invoices.draft_unbilled(client.id)
    assert state(office, charge) is ChargeState.DRAFTED

    office.desk.invoices.delete(draft.id)

    assert state(office, charge) is ChargeState.OPEN
    assert office.sent(client).number == "INV-0001"
    assert office.billing.verify(FIRM) == ()


@pytest.mark.rule("S3.32")
@pytest.mark.parametrize(
    ("lines", "then"),
    [(VoidedLines.RETURN_TO_UNBILLED, ChargeState.OPEN), (VoidedLines.KEEP_BILLED, ChargeState.BILLED)],
)
def test_a_voided_invoices_charges_go_where_the_policy_says(
    office: Office, lines: VoidedLines, then: ChargeState
) -> None:
    client = office.client()
    charge = session(office, client)
    sent = office.desk.invoices.send(office.desk.invoices.draft_unbilled(client.id).id)

    office.desk.invoices.void(sent.id, reason="wrong month", lines=lines)

    assert state(office, charge) is then
    assert office.billing.verify(FIRM) == ()


# ── The lines of a draft ─────────────────────────────────────────────────────────────────────────────────────────────


def drafted(office: Office) -> tuple[Charge, Invoice]:
    client = office.client()
    charge = session(office, client)
    return charge, office.desk.invoices.draft_unbilled(client.id)


@pytest.mark.rule("S3.13", "S3.14")
def test_a_line_is_written_in_beside_those_of_charges(office: Office) -> None:
    _, draft = drafted(office)

    draft = office.desk.lines.add(draft.id, a_line("12.00", "Workbook"))

    assert [line.description for line in draft.lines] == ["Session", "Workbook"]
    assert draft.gross == usd(162_00)


@pytest.mark.rule("S3.15")
def test_an_adjusted_rate_shows_the_original_and_leaves_the_charge_alone(office: Office) -> None:
    charge, draft = drafted(office)

    draft = office.desk.lines.override_rate(draft.id, draft.lines[0].id, "100.00")
    sent = office.desk.invoices.send(draft.id)

    assert (sent.lines[0].unit_price, sent.lines[0].original_unit_price, sent.gross) == (
        Decimal(100),
        Decimal(150),
        usd(100_00),
    )
    assert office.desk.charges.get(charge.id).line.unit_price == 150
    with pytest.raises(InvalidTransition):
        office.desk.lines.override_rate(sent.id, sent.lines[0].id, "90.00")


@pytest.mark.rule("S3.16")
def test_a_removed_line_returns_to_unbilled_at_its_own_rate(office: Office) -> None:
    charge, draft = drafted(office)
    draft = office.desk.lines.override_rate(draft.id, draft.lines[0].id, "100.00")

    draft = office.desk.lines.remove(draft.id, draft.lines[0].id)

    assert draft.lines == ()
    assert [(open_charge.id, open_charge.line.unit_price) for open_charge in office.desk.charges.unbilled()] == [
        (charge.id, Decimal(150))
    ]
    assert office.desk.invoices.draft_unbilled(draft.client_id).gross == usd(150_00)
    assert office.billing.verify(FIRM) == ()


# ── Who pays ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def practice() -> Office:
    return Office.open(PRACTICE)


@pytest.mark.rule("S3.1", "S3.2")
def test_what_an_insurer_is_asked_for_is_no_invoice_unless_it_leaves_a_balance(practice: Office) -> None:
    client = practice.client()
    covered, left = (session(practice, client, bill_to=BillTo.INSURANCE) for _ in range(2))
    with pytest.raises(ChargeNotOpen):
        practice.desk.invoices.draft_unbilled(client.id)
    with pytest.raises(ChargeNotOpen):
        practice.desk.invoices.draft(client.id, charges=[covered.id])

    practice.desk.charges.post_claim(covered.id, "0.00")
    practice.desk.charges.post_claim(left.id, "25.00")

    assert state(practice, covered) is ChargeState.COVERED
    assert practice.desk.reports.unbilled().totals == (usd(25_00),)


@pytest.mark.rule("S3.4")
def test_of_a_hybrid_charge_the_clients_part_is_unbilled_once_its_claim_posts(practice: Office) -> None:
    client = practice.client()
    charge = practice.desk.charges.add(
        client.id, "Session", unit_price="150.00", bill_to=BillTo.HYBRID, claim_reference="clm_7"
    )
    assert practice.desk.reports.unbilled().count == 0

    practice.desk.charges.post_claim(charge.id, "30.00")
    invoice = practice.desk.invoices.send(practice.desk.invoices.draft_unbilled(client.id).id)

    (line,) = invoice.lines
    assert (invoice.gross, line.original_unit_price) == (usd(30_00), Decimal(150))
    assert state(practice, charge) is ChargeState.BILLED
    assert practice.billing.verify(FIRM) == ()

    practice.desk.invoices.void(invoice.id, reason="duplicate")

    assert practice.desk.reports.unbilled().totals == (usd(30_00),)


def test_of_all_modes_only_what_is_the_clients_reaches_the_unbilled_queue(practice: Office) -> None:
    client = practice.client()
    session(practice, client, "100.00")
    for bill_to in (BillTo.INSURANCE, BillTo.HYBRID):
        session(practice, client, "100.00", bill_to=bill_to)
        posted = session(practice, client, "100.00", bill_to=bill_to)
        practice.desk.charges.post_claim(posted.id, "10.00")

    assert practice.desk.reports.unbilled().totals == (usd(120_00),)
    assert practice.desk.invoices.draft_unbilled(client.id).gross == usd(120_00)


# ── Where invoices come from ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S0.35")
def test_a_signed_engagement_letter_with_a_retainer_has_its_invoice_at_once(office: Office) -> None:
    client = office.client()

    retainer = office.desk.invoices.draft(
        client.id, lines=[a_line("2000.00", "Retainer")], origin=Origin.ENGAGEMENT, reference="letter 12"
    )
    retainer = office.desk.invoices.send(retainer.id)

    assert (retainer.origin, retainer.balance) == (Origin.ENGAGEMENT, usd(2000_00))
    assert office.told(retainer)[0][1] == "Drafted for a signed engagement, 2000.00 USD"


@pytest.mark.rule("S0.37")
def test_a_signed_add_on_has_an_invoice_of_its_own(office: Office) -> None:
    add_on = office.desk.invoices.draft(office.client().id, lines=[a_line("300.00", "Payroll")], origin=Origin.ADD_ON)

    assert office.told(add_on)[0][1] == "Drafted for a signed add-on, 300.00 USD"


@pytest.mark.rule("S0.33", "S0.38")
@pytest.mark.parametrize("origin", Origin)
def test_an_origin_is_kept_from_the_draft_on_and_all_are_in_one_list(office: Office, origin: Origin) -> None:
    client = office.client()
    typed = office.sent(client)

    sent = office.desk.invoices.send(office.desk.invoices.draft(client.id, lines=[a_line()], origin=origin).id)

    assert typed.origin is Origin.TYPED
    assert office.invoice(sent).origin is origin
    assert {invoice.id for invoice in office.desk.invoices.page().invoices} == {typed.id, sent.id}
