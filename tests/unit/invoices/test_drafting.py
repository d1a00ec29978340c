"""Drafts: made, edited and deleted at will; lines keep their ids, charges are claimed and released."""

from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve

from billcore.clients import Terms
from billcore.errors import BadLine, CurrencyMismatch, InvalidTransition, NegativeTotal, NotFound
from billcore.ids import ChargeId, InvoiceId, LineId
from billcore.invoices import drafting
from billcore.invoices.invoice import Content, Origin
from billcore.invoices.status import is_visible_to_client
from billcore.lines import LineItem
from billcore.money import Money
from billcore.policy import STANDARD, VisibleFrom
from billcore.testing.builders import BY, a_client, a_draft, a_firm, a_line, an_issued_invoice
from billcore.testing.clock import START

FIRM = a_firm()
CLIENT = a_client(FIRM)


def billing(charge_id: str, unit_price: str = "100.00") -> LineItem:
    return LineItem(description="Work", unit_price=unit_price, charge_ids=(ChargeId(charge_id),))


def test_a_draft_has_no_number_owes_nothing_and_is_invisible() -> None:
    draft = a_draft(FIRM, CLIENT)

    assert draft.is_draft
    assert draft.number is None
    assert draft.gross == Money(100_00, "USD")
    assert (draft.owed, draft.balance) == (Money.zero("USD"), Money.zero("USD"))
    assert not is_visible_to_client(draft, evolve(STANDARD, visible_from=VisibleFrom.ISSUED))


def test_a_draft_is_under_the_clients_terms_or_else_the_firms() -> None:
    assert a_draft(FIRM, a_client(FIRM, terms=Terms.net(7))).terms == Terms.net(7)
    assert a_draft(FIRM, CLIENT).terms == FIRM.terms


def test_a_draft_may_be_empty() -> None:
    assert a_draft(FIRM, CLIENT, lines=[]).gross == Money.zero("USD")


def test_lines_are_numbered_and_a_number_is_never_given_twice() -> None:
    draft = a_draft(FIRM, CLIENT, lines=[a_line("One"), a_line("Two")])
    one, two = draft.lines

    kept, _ = drafting.edit(draft, Content(lines=(one,)), at=START, by=BY)
    grown, _ = drafting.edit(kept, Content(lines=(one, a_line("Three"))), at=START, by=BY)

    assert [line.id for line in draft.lines] == ["L1", "L2"]
    assert [line.id for line in grown.lines] == ["L1", "L3"]
    assert two.id not in {line.id for line in grown.lines}


def test_an_edited_line_keeps_its_id() -> None:
    draft = a_draft(FIRM, CLIENT)
    cheaper = evolve(draft.lines[0], unit_price="80.00", original_unit_price="100.00")

    edited, event = drafting.edit(draft, evolve(draft.content, lines=(cheaper,)), at=START, by=BY)

    assert edited.lines == (cheaper,)
    assert edited.gross == event.gross == Money(80_00, "USD")


def test_an_edit_says_which_charges_it_claims_and_which_it_releases() -> None:
    draft = a_draft(FIRM, CLIENT, lines=[billing("c1"), billing("c2")])

    _, event = drafting.edit(draft, Content(lines=(draft.lines[1], billing("c3"))), at=START, by=BY)

    assert event.claimed == ("c3",)
    assert event.released == ("c1",)


@pytest.mark.rule("S3.14")
def test_a_line_is_written_in_at_the_end() -> None:
    draft, event = drafting.add_line(a_draft(FIRM, CLIENT), a_line("Copies", unit_price="5.00"), at=START, by=BY)

    assert [(line.id, line.description) for line in draft.lines] == [("L1", "Tax return"), ("L2", "Copies")]
    assert draft.gross == event.gross == Money(105_00, "USD")


@pytest.mark.rule("S3.16")
def test_a_removed_line_releases_its_charge() -> None:
    draft = a_draft(FIRM, CLIENT, lines=[billing("charge-1"), billing("charge-2", "30.00")])

    draft, event = drafting.remove_line(draft, LineId("L1"), at=START, by=BY)

    assert (event.released, event.claimed) == ((ChargeId("charge-1"),), ())
    assert draft.gross == Money(30_00, "USD")


@pytest.mark.rule("S3.15")
def test_an_overridden_rate_keeps_the_first_one_until_it_is_back_at_it() -> None:
    draft = a_draft(FIRM, CLIENT)
    shown = []

    for price in ("80.00", "60", "100"):
        draft, _ = drafting.override_rate(draft, LineId("L1"), price, at=START, by=BY)
        shown.append((draft.lines[0].unit_price, draft.lines[0].original_unit_price, draft.gross.minor))

    first = Decimal(100)
    assert shown == [(Decimal(80), first, 80_00), (Decimal(60), first, 60_00), (first, None, 100_00)]


def test_a_line_that_is_not_there_is_not_found() -> None:
    draft = a_draft(FIRM, CLIENT)

    with pytest.raises(NotFound):
        drafting.remove_line(draft, LineId("L2"), at=START, by=BY)
    with pytest.raises(NotFound):
        drafting.override_rate(draft, LineId(""), "1.00", at=START, by=BY)


@pytest.mark.rule("S3.18")
def test_lines_of_an_issued_invoice_are_read_only() -> None:
    issued = an_issued_invoice(FIRM, CLIENT)

    with pytest.raises(InvalidTransition):
        drafting.add_line(issued, a_line(), at=START, by=BY)
    with pytest.raises(InvalidTransition):
        drafting.remove_line(issued, LineId("L1"), at=START, by=BY)
    with pytest.raises(InvalidTransition):
        drafting.override_rate(issued, LineId("L1"), "1.00", at=START, by=BY)


def test_a_deleted_draft_leaves_a_tombstone_that_releases_its_charges() -> None:
    draft = a_draft(FIRM, CLIENT, lines=[billing("c1"), a_line()])

    tombstone = drafting.delete(draft, at=START, by=BY)

    assert (tombstone.invoice_id, tombstone.released) == (draft.id, ("c1",))


@pytest.mark.parametrize("origin", Origin)
def test_a_draft_says_where_it_came_from(origin: Origin) -> None:
    draft, event = drafting.draft(
        a_draft(FIRM, CLIENT).id, firm=FIRM, client=CLIENT, content=Content(), origin=origin, at=START, by=BY
    )

    assert (draft.origin, event.origin) == (origin, origin.value)


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_an_issued_invoice_is_neither_edited_nor_deleted() -> None:
    issued = an_issued_invoice(FIRM, CLIENT)

    with pytest.raises(InvalidTransition, match="issued; only a draft"):
        drafting.edit(issued, Content(), at=START, by=BY)
    with pytest.raises(InvalidTransition, match="issued; only a draft"):
        drafting.delete(issued, at=START, by=BY)


def test_a_charge_stands_on_a_draft_once() -> None:
    with pytest.raises(BadLine, match="'c1' stands on the invoice twice"):
        a_draft(FIRM, CLIENT, lines=[billing("c1"), billing("c1")])


def test_a_line_stands_on_a_draft_once() -> None:
    draft = a_draft(FIRM, CLIENT)

    with pytest.raises(BadLine, match="'L1' stands on the invoice twice"):
        drafting.edit(draft, Content(lines=draft.lines * 2), at=START, by=BY)


def test_a_line_of_another_invoice_is_refused() -> None:
    with pytest.raises(BadLine, match="'L7' is not of this invoice"):
        a_draft(FIRM, CLIENT, lines=[evolve(a_line(), id=LineId("L7"))])


def test_more_than_a_thousand_lines_are_refused() -> None:
    a_draft(FIRM, CLIENT, lines=[a_line()] * 1000)

    with pytest.raises(BadLine, match="at most 1000 lines, asked for 1001"):
        a_draft(FIRM, CLIENT, lines=[a_line()] * 1001)


def test_a_draft_below_zero_is_refused() -> None:
    with pytest.raises(NegativeTotal):
        a_draft(FIRM, CLIENT, lines=[a_line(unit_price="-1.00")])


def test_the_day_of_drafting_is_the_one_in_the_firms_timezone() -> None:
    at_two_in_the_morning_in_utc = START - timedelta(hours=7)

    draft = a_draft(FIRM, CLIENT, at=at_two_in_the_morning_in_utc.astimezone(ZoneInfo("America/New_York")))

    assert draft.drafted_on == date(2026, 5, 3)


def test_content_that_was_worded_in_one_currency_is_not_drafted_in_another() -> None:
    worded = drafting.word(Content(lines=(a_line(),)), "EUR")

    with pytest.raises(CurrencyMismatch, match="in EUR"):
        drafting.draft(InvoiceId("invoice-1"), firm=FIRM, client=CLIENT, content=worded, at=START, by=BY)
