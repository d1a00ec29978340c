"""Money is exact or refused, rounds only by name, and never loses a minor unit."""

import decimal
import pickle
from collections.abc import Callable
from copy import deepcopy
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.currencies import EXPONENTS
from billcore.decimals import Rounding
from billcore.errors import (
    AmountTooLarge,
    BadMoney,
    BadNumber,
    BadSplit,
    BillcoreError,
    CurrencyMismatch,
    TooManyDecimals,
    UnknownCurrency,
)
from billcore.money import LARGEST_MINOR, Money, cumulative_share

currencies = st.sampled_from(sorted(EXPONENTS))
minors = st.integers(-LARGEST_MINOR, LARGEST_MINOR)
amounts = st.builds(Money, minors, currencies)
roundings = st.sampled_from(Rounding)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)
HALF_UP = Rounding.HALF_UP


# ── Making money ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("amount", "currency", "minor"),
    [
        ("150.00", "USD", 150_00),
        ("150", "USD", 150_00),
        ("-0.5", "USD", -50),
        ("-0.00", "USD", 0),
        ("1500", "JPY", 1500),
        ("1.234", "KWD", 1234),
        ("0.0001", "CLF", 1),
        (Decimal("1E+2"), "USD", 100_00),
        (Decimal("19.99"), "EUR", 19_99),
        ("10000000000000.00", "USD", LARGEST_MINOR),
        ("-10000000000000.00", "USD", -LARGEST_MINOR),
        ("1000000000000000", "JPY", LARGEST_MINOR),
    ],
)
def test_major_units_become_minor_units_by_the_currencys_decimals(
    amount: Decimal | str, currency: str, minor: int
) -> None:
    assert Money.of(amount, currency) == Money(minor, currency)


@given(minors, currencies)
def test_of_reads_back_the_amount_of_every_currency(minor: int, currency: str) -> None:
    money = Money(minor, currency)

    assert Money.of(money.amount, currency) == money
    assert Money.of(f"{money.amount:f}", currency) == money


@given(amounts)
def test_parse_reads_back_what_str_writes(money: Money) -> None:
    assert Money.parse(str(money)) == money


@pytest.mark.parametrize(
    ("money", "text"),
    [
        (Money(150_00, "USD"), "150.00 USD"),
        (Money(-5, "USD"), "-0.05 USD"),
        (Money(0, "USD"), "0.00 USD"),
        (Money(1500, "JPY"), "1500 JPY"),
        (Money(1, "KWD"), "0.001 KWD"),
        (Money(0, "CLF"), "0.0000 CLF"),
        (Money(-LARGEST_MINOR, "USD"), "-10000000000000.00 USD"),
    ],
)
def test_money_is_written_with_exactly_the_currencys_decimals(money: Money, text: str) -> None:
    assert str(money) == text
    assert str(money.amount) == text.split()[0]


def test_the_repr_is_the_call_that_makes_it() -> None:
    assert repr(Money(-15000, "USD")) == "Money(-15000, 'USD')"


def test_zero_has_a_currency() -> None:
    assert Money.zero("EUR") == Money(0, "EUR")


def test_a_decimal_is_rounded_by_name_only() -> None:
    assert Money.rounded(Decimal("1.005"), "USD", Rounding.HALF_UP) == Money(1_01, "USD")
    assert Money.rounded(Decimal("1.005"), "USD", Rounding.HALF_EVEN) == Money(1_00, "USD")
    assert Money.rounded(Decimal("1.5"), "JPY", Rounding.DOWN) == Money(1, "JPY")


@given(st.decimals(-(10**10), 10**10, places=8), currencies, roundings)
def test_rounding_never_moves_an_amount_by_one_minor_unit_or_more(
    amount: Decimal, currency: str, rounding: Rounding
) -> None:
    rounded = Money.rounded(amount, currency, rounding)

    assert abs(rounded.minor - Fraction(amount) * 10 ** EXPONENTS[currency]) < 1


# ── What is not money ───────────────────────────────────────────────────────────────────────────────────────

_BEYOND_USD = "the amount is beyond 10000000000000.00 USD either way, the largest that billcore stores"
_BEYOND_JPY = "the amount is beyond 1000000000000000 JPY either way, the largest that billcore stores"


@pytest.mark.parametrize(
    ("minor", "currency", "error", "sentence"),
    [
        (True, "USD", BadMoney, "minor units must be an int, not a bool"),
        (
            150.0,
            "USD",
            BadMoney,
            "minor units must be an int, never a float: a hundred is Money(10000, 'USD')",
        ),
        (150.0, "JPY", BadMoney, "minor units must be an int, never a float: a hundred is Money(100, 'JPY')"),
        ("5", "USD", BadMoney, "minor units must be an int: for major units write Money.of('100.00', 'USD')"),
        (
            Decimal(5),
            "JPY",
            BadMoney,
            "minor units must be an int: for major units write Money.of('100', 'JPY')",
        ),
        (None, "USD", BadMoney, "minor units must be an int, not a value of type NoneType"),
        (Rounding.UP, "USD", BadMoney, "minor units must be an int, not a value of type Rounding"),
        (LARGEST_MINOR + 1, "USD", AmountTooLarge, _BEYOND_USD),
        (-LARGEST_MINOR - 1, "JPY", AmountTooLarge, _BEYOND_JPY),
        (10**4000, "USD", AmountTooLarge, _BEYOND_USD),
        (
            1,
            "usd",
            UnknownCurrency,
            "a currency is written in capitals and without spaces: did you mean 'USD'?",
        ),
    ],
)
def test_money_is_made_of_an_int_and_a_known_currency_only(
    minor: int, currency: str, error: type[BillcoreError], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        Money(minor, currency)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("amount", "error", "sentence"),
    [
        (100, BadMoney, "an int could mean major or minor units: write '100.00' or Money(10000, 'USD')"),
        (True, BadMoney, "amount must be a number, not a bool"),
        (1.5, BadMoney, "amount must not be a float, which cannot hold 0.1 exactly: write '0.1'"),
        (Decimal("NaN"), BadMoney, "amount is NaN, which is not a number"),
        (Decimal("Infinity"), BadMoney, "amount is infinite"),
        ("NaN", BadMoney, "amount is NaN, which is not a number"),
        ("1e5", BadMoney, "amount '1e5' is in exponent notation: write the digits out"),
        ("1_000", BadMoney, "amount '1_000' has an underscore: write the digits without separators"),
        ("1,000", BadMoney, "amount '1,000' has a comma or thousands separator: write 1234.50"),
        ("$5", BadMoney, "amount is not a plain decimal number such as 1234.50"),
        (None, BadMoney, "amount must be a Decimal or a string such as '2.5', not a value of type NoneType"),
        ("10000000000000.01", AmountTooLarge, _BEYOND_USD),
        ("-10000000000000.01", AmountTooLarge, _BEYOND_USD),
        (Decimal("1E+999999"), AmountTooLarge, _BEYOND_USD),
    ],
)
@pytest.mark.parametrize("make", [Money.of, lambda amount, currency: Money.rounded(amount, currency, HALF_UP)])
def test_major_units_are_strict_with_and_without_rounding(
    make: Callable[[object, str], Money], amount: object, error: type[BillcoreError], sentence: str
) -> None:
    with pytest.raises(error) as refused:
        make(amount, "USD")

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("amount", "currency", "sentence"),
    [
        (
            "1.005",
            "USD",
            "USD has 2 decimals, the amount has 3: "
            "to round it on purpose, write Money.rounded(amount, 'USD', Rounding.HALF_UP)",
        ),
        (
            "100.0",
            "JPY",
            "JPY has 0 decimals, the amount has 1: "
            "to round it on purpose, write Money.rounded(amount, 'JPY', Rounding.HALF_UP)",
        ),
        (
            Decimal("100.000"),
            "EUR",
            "EUR has 2 decimals, the amount has 3: "
            "to round it on purpose, write Money.rounded(amount, 'EUR', Rounding.HALF_UP)",
        ),
    ],
)
def test_more_decimals_than_the_currency_has_are_never_rounded_silently(
    amount: Decimal | str, currency: str, sentence: str
) -> None:
    with pytest.raises(TooManyDecimals) as refused:
        Money.of(amount, currency)

    assert str(refused.value) == sentence


@pytest.mark.parametrize(
    ("text", "error", "sentence"),
    [
        (150, BadMoney, "money is read from text such as '150.00 USD', not from int"),
        ("150.00", BadMoney, "money is written as an amount, one space and a currency, such as '150.00 USD'"),
        (
            "150.00  USD",
            UnknownCurrency,
            "a currency is written in capitals and without spaces: did you mean 'USD'?",
        ),
        (
            "150.00 USD ",
            UnknownCurrency,
            "a currency is written in capitals and without spaces: did you mean 'USD'?",
        ),
        (
            "USD 150.00",
            UnknownCurrency,
            "a text of 6 characters is not a currency; write an ISO 4217 code such as 'USD'",
        ),
        (" USD", BadMoney, "amount is empty"),
        ("1,50 USD", BadMoney, "amount '1,50' has a comma or thousands separator: write 1234.50"),
    ],
)
def test_only_the_form_that_str_writes_is_parsed(text: str, error: type[BillcoreError], sentence: str) -> None:
    with pytest.raises(error) as refused:
        Money.parse(text)

    assert str(refused.value) == sentence


def test_rounding_needs_a_name() -> None:
    with pytest.raises(BadNumber, match="rounding must be named by a member of Rounding"):
        Money.rounded(Decimal(1), "USD", "ROUND_HALF_UP")  # type: ignore[arg-type]


# ── Calculating ─────────────────────────────────────────────────────────────────────────────────────────────


def test_amounts_of_one_currency_add_subtract_and_change_sign() -> None:
    price, tax = Money(100_00, "USD"), Money(8_25, "USD")

    assert price + tax == Money(108_25, "USD")
    assert tax - price == Money(-91_75, "USD")
    assert -price == Money(-100_00, "USD")
    assert abs(tax - price) == Money(91_75, "USD")
    assert abs(price) == price


@given(minors, minors)
def test_comparisons_agree_with_the_minor_units(one: int, other: int) -> None:
    first, second = Money(one, "USD"), Money(other, "USD")

    assert (first < second, first <= second) == (one < other, one <= other)
    assert (first > second, first >= second) == (one > other, one >= other)
    assert (first == second, first != second) == (one == other, one != other)


@pytest.mark.parametrize(
    ("minor", "answers"), [(-1, (False, False, True)), (0, (True, False, False)), (1, (False, True, False))]
)
def test_money_is_zero_positive_or_negative(minor: int, answers: tuple[bool, bool, bool]) -> None:
    money = Money(minor, "USD")

    assert (money.is_zero, money.is_positive, money.is_negative) == answers


def test_a_result_beyond_the_largest_amount_is_refused() -> None:
    largest = Money(LARGEST_MINOR, "USD")

    calculations: list[Callable[[], Money]] = [
        lambda: largest + Money(1, "USD"),
        lambda: -largest - Money(1, "USD"),
        lambda: largest.times(2, HALF_UP),
        lambda: Money.sum([largest, largest], "USD"),
    ]

    for calculate in calculations:
        with pytest.raises(AmountTooLarge, match="the amount is beyond"):
            calculate()


@pytest.mark.parametrize(
    ("calculate", "sentence"),
    [
        (lambda dollar, euro: dollar + euro, "cannot add USD and EUR: convert one first"),
        (lambda dollar, euro: euro - dollar, "cannot subtract EUR and USD: convert one first"),
        (lambda dollar, euro: dollar < euro, "cannot compare USD and EUR: convert one first"),
        (lambda dollar, euro: dollar <= euro, "cannot compare USD and EUR: convert one first"),
        (lambda dollar, euro: dollar > euro, "cannot compare USD and EUR: convert one first"),
        (lambda dollar, euro: dollar >= euro, "cannot compare USD and EUR: convert one first"),
        (lambda dollar, euro: Money.sum([dollar, euro], "USD"), "cannot sum into USD: item 2 is in EUR"),
    ],
)
def test_two_currencies_never_meet_in_a_calculation(calculate: Callable[[Money, Money], object], sentence: str) -> None:
    with pytest.raises(CurrencyMismatch) as refused:
        calculate(Money(1, "USD"), Money(1, "EUR"))

    assert str(refused.value) == sentence
    assert refused.value.code == "currency_mismatch"


def test_amounts_of_two_currencies_are_simply_not_equal() -> None:
    assert Money(0, "USD") != Money(0, "EUR")


@pytest.mark.parametrize(
    "calculate",
    [
        lambda money: money + 0,
        lambda money: money - 0,
        lambda money: 0 - money,
        lambda money: money * 2,
        lambda money: money / 2,
        lambda money: money < 1,
        lambda money: money <= 1,
        lambda money: money > 1,
        lambda money: money >= 1,
    ],
)
def test_money_and_a_bare_number_do_not_mix(calculate: Callable[[Money], object]) -> None:
    with pytest.raises(TypeError):
        calculate(Money(1, "USD"))


def test_sum_without_a_currency_is_refused_and_told_the_way() -> None:
    with pytest.raises(TypeError) as refused:
        sum([Money(1, "USD")])  # type: ignore[list-item]

    assert str(refused.value) == "a bare number has no currency: instead of sum(items), write Money.sum(items, 'USD')"


def test_money_is_summed_in_a_named_currency() -> None:
    assert Money.sum((Money(minor, "USD") for minor in (1, 2, -4)), "USD") == Money(-1, "USD")
    assert Money.sum([], "JPY") == Money(0, "JPY")


def test_a_sum_may_pass_the_largest_amount_on_its_way() -> None:
    largest = Money(LARGEST_MINOR, "USD")

    assert Money.sum([largest, largest, -largest], "USD") == largest


@given(st.lists(minors, max_size=5), currencies)
def test_amounts_made_together_are_those_made_one_by_one(several: list[int], currency: str) -> None:
    assert Money.each(several, currency) == tuple(Money(minor, currency) for minor in several)


def test_amounts_made_together_are_as_strict_as_one() -> None:
    with pytest.raises(BadMoney, match="never a float"):
        Money.each([1, 2.0], "USD")  # type: ignore[list-item]
    with pytest.raises(BadMoney, match="not a bool"):
        Money.each([True], "USD")
    for beyond in (LARGEST_MINOR + 1, -LARGEST_MINOR - 1):
        for amounts in ([0, beyond], [beyond]):
            with pytest.raises(AmountTooLarge):
                Money.each(amounts, "USD")
    with pytest.raises(UnknownCurrency):
        Money.each([], "usd")


def test_only_money_is_summed() -> None:
    with pytest.raises(BadMoney, match="only Money can be summed: item 2 is of type int"):
        Money.sum([Money(1, "USD"), 2], "USD")  # type: ignore[list-item]


def test_the_currency_of_a_sum_is_checked_before_its_items() -> None:
    with pytest.raises(UnknownCurrency, match="did you mean 'USD'"):
        Money.sum([Money(1, "USD")], "usd")


@pytest.mark.parametrize(
    ("factor", "minor"),
    [(2, 20_10), (Decimal("0.5"), 5_03), ("0.1", 1_01), (-1, -10_05), (Decimal("-0.5"), -5_03)],
)
def test_times_rounds_once(factor: Decimal | int, minor: int) -> None:
    assert Money(10_05, "USD").times(factor, HALF_UP) == Money(minor, "USD")


@pytest.mark.parametrize(
    ("percent", "minor"),
    [(Decimal("2.9"), 2_90), (100, 100_00), ("0.125", 13), (Decimal("-50"), -50_00), (0, 0)],
)
def test_a_percentage_is_in_hundredths(percent: Decimal | int, minor: int) -> None:
    assert Money(100_00, "USD").percent(percent, HALF_UP) == Money(minor, "USD")


@given(minors, st.decimals(-(10**6), 10**6, places=8), roundings)
def test_times_and_percent_round_the_exact_product(minor: int, factor: Decimal, rounding: Rounding) -> None:
    exactly = minor * Fraction(factor)
    if abs(exactly) > LARGEST_MINOR - 1:
        return

    assert abs(Money(minor, "USD").times(factor, rounding).minor - exactly) < 1
    assert abs(Money(minor, "USD").percent(factor, rounding).minor - exactly / 100) < 1


@pytest.mark.parametrize(
    ("calculate", "sentence"),
    [
        (
            lambda money: money.times(0.5, HALF_UP),
            "factor must not be a float, which cannot hold 0.1 exactly: write '0.1'",
        ),
        (
            lambda money: money.percent(2.9, HALF_UP),
            "percent must not be a float, which cannot hold 0.1 exactly: write '0.1'",
        ),
        (lambda money: money.times(True, HALF_UP), "factor must be a number, not a bool"),
        (lambda money: money.percent(Decimal("NaN"), HALF_UP), "percent is NaN, which is not a number"),
        (
            lambda money: money.times(Decimal("1E-31"), HALF_UP),
            "factor may have at most 30 decimals, this one has 31: round it first",
        ),
        (
            lambda money: money.percent(10**12 + 1, HALF_UP),
            "percent is too large: it must lie between -1000000000000 and 1000000000000",
        ),
    ],
)
def test_a_factor_or_percentage_is_an_exact_number(calculate: Callable[[Money], Money], sentence: str) -> None:
    with pytest.raises(BadNumber) as refused:
        calculate(Money(1, "USD"))

    assert str(refused.value) == sentence


def test_the_largest_product_is_still_exact() -> None:
    factor = Decimal("0." + "9" * 30)

    assert Money(LARGEST_MINOR, "USD").times(factor, Rounding.DOWN) == Money(LARGEST_MINOR - 1, "USD")
    with pytest.raises(AmountTooLarge):
        Money(LARGEST_MINOR, "USD").times(10**12 - 1 + factor, Rounding.DOWN)


# ── Splitting ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("minor", "by", "parts"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (101, [1, 1, 1], [34, 34, 33]),
        (100, [1, 0, 2], [33, 0, 67]),
        (5, [70, 30], [4, 1]),
        (10, [5, 2], [7, 3]),
        (1, [0, 0, 1], [0, 0, 1]),
        (0, [3, 4], [0, 0]),
        (7, [1], [7]),
    ],
)
def test_a_split_gives_the_odd_units_to_the_largest_remainders_then_to_the_earlier(
    minor: int, by: list[int], parts: list[int]
) -> None:
    assert Money(minor, "USD").split(by) == tuple(Money(part, "USD") for part in parts)


@given(amounts, weights)
def test_the_parts_of_a_split_always_add_up_to_the_whole(money: Money, by: list[int]) -> None:
    assert Money.sum(money.split(by), money.currency) == money


@given(amounts, weights)
def test_each_part_is_within_one_unit_of_its_exact_share(money: Money, by: list[int]) -> None:
    for weight, part in zip(by, money.split(by), strict=True):
        assert abs(part.minor - Fraction(money.minor * weight, sum(by))) < 1
        assert weight or part.is_zero


@given(amounts, weights)
def test_a_negative_amount_splits_as_the_mirror_of_the_positive_one(money: Money, by: list[int]) -> None:
    assert (-money).split(by) == tuple(-part for part in money.split(by))


@pytest.mark.parametrize(
    ("by", "sentence"),
    [
        ([], "weights must add up to more than 0, or there is no part to give the money to"),
        ([0, 0], "weights must add up to more than 0, or there is no part to give the money to"),
        ([2, -1], "weights must not be negative: weight 2 is -1"),
        ([1, 1.5], "weights must be ints: weight 2 is of type float"),
        ([True], "weights must be ints: weight 1 is of type bool"),
        ([Decimal(1)], "weights must be ints: weight 1 is of type Decimal"),
        ("12", "weights must be a sequence of ints, not a value of type str"),
        (b"12", "weights must be a sequence of ints, not a value of type bytes"),
        ({1, 2}, "weights must be a sequence of ints, not a value of type set"),
        (3, "weights must be a sequence of ints, not a value of type int"),
    ],
)
def test_weights_that_split_nothing_are_refused(by: list[int], sentence: str) -> None:
    with pytest.raises(BadSplit) as refused:
        Money(100, "USD").split(by)

    assert str(refused.value) == sentence
    assert refused.value.code == "bad_split"


# ── Cumulative shares ───────────────────────────────────────────────────────────────────────────────────────


@given(minors, st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any))
def test_the_shares_of_any_partition_add_up_to_the_whole(whole: int, takings: list[int]) -> None:
    taken_before = 0
    shares = []
    for taken in takings:
        shares.append(cumulative_share(whole, taken_before, taken, sum(takings)))
        taken_before += taken

    assert sum(shares) == whole


@given(minors, st.integers(1, 10**6), st.data())
def test_a_share_depends_only_on_where_its_taking_begins_and_ends(whole: int, of: int, data: st.DataObject) -> None:
    start, middle, end = sorted(data.draw(st.tuples(*[st.integers(0, of)] * 3)))

    together = cumulative_share(whole, start, end - start, of)
    apart = [cumulative_share(whole, before, after - before, of) for before, after in pairwise((start, middle, end))]

    assert together == sum(apart)
    assert abs(together - Fraction(whole * (end - start), of)) <= 1
    assert cumulative_share(-whole, start, end - start, of) == -together


@pytest.mark.parametrize(
    ("whole", "taken_before", "taken", "of", "share"),
    [
        (100, 0, 1, 3, 33),
        (100, 1, 1, 3, 34),
        (100, 2, 1, 3, 33),
        (1, 0, 1, 2, 1),
        (1, 1, 1, 2, 0),
        (-1, 0, 1, 2, -1),
        (100, 0, 0, 3, 0),
        (100, 0, 3, 3, 100),
        (0, 1, 1, 3, 0),
    ],
)
def test_a_share_is_the_difference_of_running_totals_rounded_half_up(
    whole: int, taken_before: int, taken: int, of: int, share: int
) -> None:
    assert cumulative_share(whole, taken_before, taken, of) == share


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((100, 0, 1, 0), "nothing can be shared among 0 units: `of` must be at least 1"),
        ((100, 0, 1, -3), "nothing can be shared among -3 units: `of` must be at least 1"),
        ((100, -1, 1, 3), "asked to take 1 after -1: neither may be below 0"),
        ((100, 1, -1, 3), "asked to take -1 after 1: neither may be below 0"),
        ((100, 2, 2, 3), "asked to take 2 after 2, only 3 units are there in all"),
        ((1.0, 0, 1, 3), "whole must be an int, not a value of type float"),
        ((100, True, 1, 3), "taken_before must be an int, not a value of type bool"),
        ((100, 0, Decimal(1), 3), "taken must be an int, not a value of type Decimal"),
        ((100, 0, 1, "3"), "of must be an int, not a value of type str"),
    ],
)
def test_a_taking_that_cannot_be_is_refused(arguments: tuple[int, int, int, int], sentence: str) -> None:
    with pytest.raises(BadSplit) as refused:
        cumulative_share(*arguments)

    assert str(refused.value) == sentence


# ── A value among values ────────────────────────────────────────────────────────────────────────────────────


def test_money_cannot_be_changed() -> None:
    money = Money(1, "USD")

    with pytest.raises(attrs.exceptions.FrozenInstanceError):
        money.minor = 2  # type: ignore[misc]
    with pytest.raises(AttributeError):
        money.note = "mine"  # type: ignore[attr-defined]


def test_a_changed_copy_is_checked_like_any_money() -> None:
    with pytest.raises(BadMoney, match="never a float"):
        attrs.evolve(Money(1, "USD"), minor=1.5)  # type: ignore[arg-type]


@given(amounts)
def test_equal_money_is_one_key_and_survives_pickle_and_copy(money: Money) -> None:
    assert pickle.loads(pickle.dumps(money)) == money
    assert deepcopy(money) == money
    assert {money: "here"}[Money(money.minor, money.currency)] == "here"


def test_money_is_never_equal_to_a_number() -> None:
    numbers: list[object] = [0, Decimal(0), Decimal("0.00")]

    assert Money(0, "USD") not in numbers


@given(st.integers(-(10**9), 10**9), currencies, st.decimals(-1000, 1000, places=4), roundings, weights)
def test_the_ambient_decimal_context_changes_nothing(
    minor: int, currency: str, factor: Decimal, rounding: Rounding, by: list[int]
) -> None:
    def everything() -> list[object]:
        money = Money(minor, currency)
        return [
            str(money),
            money.amount.as_tuple(),
            Money.of(money.amount, currency),
            Money.parse(str(money)),
            Money.rounded(factor, currency, rounding),
            money.times(factor, rounding),
            money.percent(factor, rounding),
            money.split(by),
            money + money,
        ]

    usual = everything()
    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP, Emin=-2, Emax=2, traps=[])):
        ambient = everything()
    with decimal.localcontext(prec=3):
        shorter = everything()

    assert ambient == usual
    assert shorter == usual
