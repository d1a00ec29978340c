"""Lines to totals, in the order of EN 16931: every figure is rounded once, and all of them add up to the minor unit."""

from collections.abc import Sequence
from decimal import ROUND_UP, Clamped, Context, Decimal, Inexact, Rounded, localcontext
from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.errors import AmountTooLarge, CurrencyMismatch, NegativeTotal
from billcore.invoices.pricing import line_net, price
from billcore.invoices.totals import Totals
from billcore.lines import Allowance, LineItem, Surcharge, TaxRate
from billcore.money import Money

VAT = TaxRate(name="VAT", percent="20")
REDUCED = TaxRate(name="VAT", percent="5.5")
CITY = TaxRate(name="City", percent="8.875")
EXEMPT = TaxRate(name="VAT", percent="0", category="E", exemption_reason="Article 132")


def priced(
    *lines: LineItem,
    allowances: Sequence[Allowance] = (),
    surcharges: Sequence[Surcharge] = (),
    currency: str = "USD",
) -> Totals:
    return price(lines, allowances, surcharges, currency)


def a_line(unit_price: str, quantity: str = "1", *taxes: TaxRate) -> LineItem:
    return LineItem(description="Work", quantity=quantity, unit_price=unit_price, taxes=taxes)


def usd(amount: str) -> Money:
    return Money.of(amount, "USD")


# ── What stands on an invoice ────────────────────────────────────────────────────────────────────────────────────────


def test_tenths_of_an_hour_are_billed_exactly() -> None:
    totals = priced(a_line("180.00", "0.1"), a_line("180.00", "3.5"))

    assert totals.line_nets == (usd("18.00"), usd("630.00"))
    assert totals.gross == usd("648.00")


def test_a_unit_price_may_have_more_digits_than_the_currency_and_the_line_is_rounded_once() -> None:
    totals = priced(a_line("0.00125", "1000"), a_line("0.005", "1"))

    assert totals.line_nets == (usd("1.25"), usd("0.01"))


def test_half_a_unit_rounds_away_from_zero_on_both_sides_of_it() -> None:
    totals = priced(a_line("10.005"), a_line("-1.005"))

    assert totals.line_nets == (usd("10.01"), usd("-1.01"))


@pytest.mark.parametrize(("currency", "minor"), [("JPY", 1235), ("USD", 123450), ("KWD", 1234500), ("CLF", 12345000)])
def test_a_line_is_rounded_to_the_digits_of_its_currency(currency: str, minor: int) -> None:
    assert priced(a_line("1234.5"), currency=currency).gross == Money(minor, currency)
    assert line_net(a_line("1234.5", "1", VAT), currency) == minor


def test_allowances_and_surcharges_of_a_line_stand_on_its_gross_and_do_not_compound() -> None:
    line = LineItem(
        description="Work",
        unit_price="200.00",
        allowances=(Allowance(percent="10"), Allowance(amount=usd("5.00"))),
        surcharges=(Surcharge(percent="10"),),
    )

    assert priced(line).line_nets == (usd("195.00"),)
    assert line_net(line, "USD") == 195_00


def test_tax_is_rounded_once_per_rate_on_the_summed_base_and_not_per_line() -> None:
    # Three times 0.333 of tax: by line it would be 0.99.
    totals = priced(*[a_line("1.11", "1", TaxRate(name="VAT", percent="30"))] * 3)

    [tax] = totals.taxes
    assert (tax.base, tax.amount) == (usd("3.33"), usd("1.00"))


def test_several_taxes_on_one_line_each_stand_on_its_net() -> None:
    totals = priced(a_line("100.00", "1", VAT, CITY))

    assert {tax.rate: tax.amount for tax in totals.taxes} == {VAT: usd("20.00"), CITY: usd("8.88")}
    assert totals.gross == usd("128.88")


def test_the_same_percentage_of_another_category_is_another_tax() -> None:
    exported = TaxRate(name="VAT", percent="0", category="G")

    totals = priced(a_line("10.00", "1", EXEMPT), a_line("20.00", "1", exported))

    assert {tax.rate.category: tax.base for tax in totals.taxes} == {"E": usd("10.00"), "G": usd("20.00")}


@pytest.mark.rule("S3.17")
def test_a_document_discount_lowers_every_tax_base_in_proportion() -> None:
    totals = priced(
        a_line("100.00", "1", VAT),
        a_line("50.00", "1", REDUCED),
        a_line("50.00"),
        allowances=[Allowance(percent="10")],
    )

    assert totals.allowances == usd("20.00")
    assert {tax.rate: (tax.base, tax.amount) for tax in totals.taxes} == {
        VAT: (usd("90.00"), usd("18.00")),
        REDUCED: (usd("45.00"), usd("2.48")),
    }
    assert totals.gross == usd("200.48")


@pytest.mark.rule("S3.17")
def test_a_document_surcharge_raises_every_tax_base_in_proportion() -> None:
    totals = priced(a_line("10.00", "1", VAT), a_line("20.00", "1", EXEMPT), surcharges=[Surcharge(amount=usd("1.00"))])

    assert {tax.rate: tax.base for tax in totals.taxes} == {VAT: usd("10.33"), EXEMPT: usd("20.67")}


def test_the_odd_unit_of_a_document_surcharge_is_carried_once() -> None:
    totals = priced(
        a_line("10.00", "1", VAT),
        a_line("10.00", "1", REDUCED),
        a_line("10.00", "1", EXEMPT),
        surcharges=[Surcharge(amount=usd("1.00"))],
    )

    assert [tax.base for tax in totals.taxes] == [usd("10.33"), usd("10.34"), usd("10.33")]


def test_the_smallest_base_still_carries_a_document_surcharge() -> None:
    totals = priced(a_line("0.00", "1", VAT), a_line("0.01", "1", EXEMPT), surcharges=[Surcharge(amount=usd("1.00"))])

    assert {tax.rate: tax.base for tax in totals.taxes} == {VAT: usd("0.00"), EXEMPT: usd("1.01")}


def test_document_percentages_are_of_the_sum_of_lines_and_do_not_compound() -> None:
    totals = priced(a_line("100.00"), allowances=[Allowance(percent="10")] * 2, surcharges=[Surcharge(percent="50")])

    assert (totals.subtotal, totals.net) == (usd("100.00"), usd("130.00"))


def test_a_discount_of_everything_leaves_an_invoice_of_nothing() -> None:
    totals = priced(a_line("33.33", "1", VAT), a_line("0.01", "1", REDUCED), allowances=[Allowance(percent="100")])

    assert totals.gross == Money.zero("USD")
    assert all(tax.base.is_zero for tax in totals.taxes)


def test_where_bases_have_no_proportion_the_first_taxes_carry_the_document_discount() -> None:
    totals = priced(
        a_line("100.00", "1", VAT), a_line("-20.00", "1", REDUCED), allowances=[Allowance(amount=usd("8.00"))]
    )

    assert {tax.rate: tax.base for tax in totals.taxes} == {VAT: usd("92.00"), REDUCED: usd("-20.00")}


def test_what_is_free_carries_no_part_of_a_document_discount() -> None:
    totals = priced(a_line("0.00", "1", VAT), a_line("50.00", "1", REDUCED), allowances=[Allowance(percent="10")])

    assert {tax.rate: tax.base for tax in totals.taxes} == {VAT: usd("0.00"), REDUCED: usd("45.00")}


def test_a_surcharge_on_free_work_is_taxed_as_the_first_line_is() -> None:
    totals = priced(a_line("0.00", "1", VAT), a_line("0.00", "1", REDUCED), surcharges=[Surcharge(amount=usd("5.00"))])

    assert {tax.rate: tax.base for tax in totals.taxes} == {VAT: usd("5.00"), REDUCED: usd("0.00")}
    assert totals.gross == usd("6.00")


def test_an_empty_draft_can_carry_a_surcharge() -> None:
    totals = priced(surcharges=[Surcharge(amount=usd("5.00"))])

    assert (totals.line_nets, totals.taxes, totals.gross) == ((), (), usd("5.00"))


# ── What is refused ──────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_document_below_zero_is_refused() -> None:
    with pytest.raises(NegativeTotal, match=r"-0\.01 USD"):
        priced(a_line("10.00"), a_line("-10.01"))


def test_neither_the_net_nor_the_gross_is_below_zero() -> None:
    with pytest.raises(NegativeTotal) as net:
        priced(a_line("100.00", "1", VAT), a_line("-110.00"))
    with pytest.raises(NegativeTotal) as gross:
        priced(a_line("100.00"), a_line("-100.00", "1", VAT))

    way_out = "; neither may be below zero, give the client money back with a credit note"
    assert str(net.value) == f"the document comes to -10.00 USD before taxes and 10.00 USD with them{way_out}"
    assert str(gross.value) == f"the document comes to 0.00 USD before taxes and -20.00 USD with them{way_out}"


def test_a_discount_of_more_than_an_empty_draft_is_refused() -> None:
    with pytest.raises(NegativeTotal):
        priced(allowances=[Allowance(amount=usd("5.00"))])


def test_a_fixed_amount_in_another_currency_is_refused() -> None:
    with pytest.raises(CurrencyMismatch) as refused:
        priced(a_line("10.00"), allowances=[Allowance(amount=Money(500, "EUR"))])

    assert str(refused.value) == "the document is in USD, an allowance or surcharge is 5.00 EUR"


def test_a_line_beyond_what_is_stored_is_refused() -> None:
    with pytest.raises(AmountTooLarge):
        priced(a_line("1000000000000", "1000000000"))


def test_a_figure_beyond_what_is_stored_is_refused_whatever_the_document_comes_to() -> None:
    most = a_line("1000000000000", "9")
    with pytest.raises(AmountTooLarge):
        priced(most, most, allowances=[Allowance(percent="99")])


# ── Always ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def decimals(places: int, low: int, high: int) -> st.SearchStrategy[Decimal]:
    """Digits from *low* to *high*, with a point before any of the last *places* of them."""
    return st.builds(
        lambda digits, scale: Decimal(digits).scaleb(-scale), st.integers(low, high), st.integers(0, places)
    )


percents = decimals(4, 0, 1000)
amounts = st.integers(0, 50_00).map(lambda minor: Money(minor, "USD"))
rates = st.sampled_from([VAT, REDUCED, CITY, EXEMPT])
an_allowance = st.one_of(
    decimals(4, 0, 100).map(lambda percent: Allowance(percent=percent)),
    amounts.map(lambda amount: Allowance(amount=amount)),
)
a_surcharge = st.one_of(
    percents.map(lambda percent: Surcharge(percent=percent)),
    amounts.map(lambda amount: Surcharge(amount=amount)),
)
any_line = st.builds(
    LineItem,
    description=st.just("Work"),
    quantity=decimals(6, 1, 10_000),
    unit_price=decimals(8, -1_000, 100_000),
    allowances=st.lists(an_allowance, max_size=2).map(tuple),
    surcharges=st.lists(a_surcharge, max_size=2).map(tuple),
    taxes=st.lists(rates, max_size=2, unique=True).map(tuple),
)
any_document = st.tuples(
    st.lists(any_line, max_size=6), st.lists(an_allowance, max_size=2), st.lists(a_surcharge, max_size=2)
)
Document = tuple[list[LineItem], list[Allowance], list[Surcharge]]


def priced_or_refused(document: Document) -> Totals | None:
    try:
        return price(*document, "USD")
    except NegativeTotal:
        return None


@given(any_document)
def test_all_figures_of_a_document_add_up_to_the_minor_unit(document: Document) -> None:
    totals = priced_or_refused(document)

    if totals is not None:
        assert totals.subtotal == Money.sum(totals.line_nets, "USD")
        assert totals.net == totals.subtotal - totals.allowances + totals.surcharges
        assert totals.tax == Money.sum((tax.amount for tax in totals.taxes), "USD")
        assert totals.gross == totals.net + totals.tax
        assert not totals.net.is_negative
        assert not totals.gross.is_negative


@given(any_document)
def test_every_figure_is_the_exact_one_rounded_once(document: Document) -> None:
    lines, allowances, surcharges = document
    exact_nets = [_net_in_fractions(line) for line in lines]
    subtotal = sum(exact_nets)
    change = sum(_change(each, subtotal) for each in surcharges) - sum(_change(each, subtotal) for each in allowances)

    totals = priced_or_refused(document)

    if totals is not None:
        assert [net.minor for net in totals.line_nets] == exact_nets
        assert totals.net.minor == subtotal + change
        for tax in totals.taxes:
            assert tax.amount.minor == _half_up(tax.base.minor * Fraction(tax.rate.percent) / 100)


@given(any_document)
def test_every_base_is_the_nets_of_its_lines_and_their_share_of_what_the_document_changes(document: Document) -> None:
    totals = priced_or_refused(document)

    if totals is not None:
        nets = [net.minor for net in totals.line_nets]
        expected = _bases_in_fractions(document[0], nets, totals.net.minor - totals.subtotal.minor)
        assert {tax.rate: tax.base.minor for tax in totals.taxes} == expected


def test_lines_of_the_same_taxes_are_taxed_together_wherever_they_stand() -> None:
    totals = priced(a_line("0.02", "1", VAT), a_line("5.00", "1", REDUCED), a_line("0.01", "1", VAT))

    assert [(tax.rate, tax.base, tax.amount) for tax in totals.taxes] == [
        (VAT, usd("0.03"), usd("0.01")),
        (REDUCED, usd("5.00"), usd("0.28")),
    ]


@given(any_document)
def test_the_bases_of_single_taxes_add_up_to_the_net(document: Document) -> None:
    lines, allowances, surcharges = document
    taxed = [
        LineItem(
            description=line.description,
            quantity=line.quantity,
            unit_price=line.unit_price,
            allowances=line.allowances,
            surcharges=line.surcharges,
            taxes=line.taxes[:1] or (EXEMPT,),
        )
        for line in lines
    ]

    totals = priced_or_refused((taxed, allowances, surcharges))

    if totals is not None and taxed:
        assert Money.sum((tax.base for tax in totals.taxes), "USD") == totals.net


@given(st.lists(st.tuples(st.integers(0, 10_000_00), rates), min_size=1, max_size=6), amounts)
def test_a_document_discount_is_shared_by_the_bases_to_within_a_unit_for_each_before(
    nets: list[tuple[int, TaxRate]], discount: Money
) -> None:
    lines = [a_line(f"{minor // 100}.{minor % 100:02}", "1", rate) for minor, rate in nets]
    whole = sum(minor for minor, _ in nets)

    totals = priced_or_refused((lines, [Allowance(amount=discount)], []))

    if totals is not None and whole:
        for tax in totals.taxes:
            before = sum(minor for minor, rate in nets if rate == tax.rate)
            fair = before - Fraction(discount.minor * before, whole)
            assert abs(tax.base.minor - fair) <= 1


@given(any_document, st.integers(1, 5))
def test_prices_do_not_depend_on_the_ambient_decimal_context(document: Document, precision: int) -> None:
    expected = priced_or_refused(document)

    with localcontext(Context(prec=precision, rounding=ROUND_UP, Emax=3, Emin=-3, traps=[Inexact, Rounded, Clamped])):
        priced_there = priced_or_refused(document)

    assert priced_there == expected


@given(st.lists(any_line, max_size=6).flatmap(lambda lines: st.tuples(st.just(lines), st.permutations(lines))))
def test_without_document_discounts_the_order_of_lines_changes_no_figure(
    orders: tuple[list[LineItem], list[LineItem]],
) -> None:
    totals, other = (priced_or_refused((lines, [], [])) for lines in orders)

    if totals is None or other is None:
        assert totals is other
    else:
        assert (totals.net, totals.tax, totals.gross) == (other.net, other.tax, other.gross)


# The second road: the same rules in fractions, which never round by themselves.


def _half_up(value: Fraction) -> int:
    rounded = floor(abs(value) + Fraction(1, 2))
    return -rounded if value < 0 else rounded


def _change(change: Allowance | Surcharge, base: int) -> int:
    if change.amount is not None:
        return change.amount.minor
    assert change.percent is not None
    return _half_up(base * Fraction(change.percent) / 100)


def _net_in_fractions(line: LineItem) -> int:
    gross = _half_up(Fraction(line.quantity) * Fraction(line.unit_price) * 100)
    lowered = sum(_change(allowance, gross) for allowance in line.allowances)
    raised = sum(_change(surcharge, gross) for surcharge in line.surcharges)
    return gross - lowered + raised


def _bases_in_fractions(lines: list[LineItem], nets: list[int], change: int) -> dict[TaxRate, int]:
    by_taxes: dict[tuple[TaxRate, ...], int] = {line.taxes: 0 for line in lines}
    for line, net in zip(lines, nets, strict=True):
        by_taxes[line.taxes] += net
    whole = sum(by_taxes.values())
    has_proportion = whole > 0 and min(by_taxes.values()) >= 0
    bases: dict[TaxRate, int] = {}
    before = 0
    for place, (rates, base) in enumerate(by_taxes.items()):
        if has_proportion:
            share = _half_up(Fraction(change * (before + base), whole)) - _half_up(Fraction(change * before, whole))
        else:
            share = change if place == 0 else 0
        for rate in rates:
            bases[rate] = bases.get(rate, 0) + base + share
        before += base
    return bases
