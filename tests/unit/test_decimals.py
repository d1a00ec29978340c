"""Numbers enter exactly as written or not at all, and are rounded only by name."""

import decimal
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from billcore.decimals import EXACT, Rounding, decimals_of, exact, plain, round_minor
from billcore.errors import BadMoney, BadNumber

CENT = Fraction(1, 100)
numbers = st.decimals(-(10**12), 10**12, places=6)
any_numbers = st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20)


# ── What is read ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "read"),
    [
        ("0", "0"),
        ("2.5", "2.5"),
        ("-0.10", "-0.10"),
        ("1000000000000", "1000000000000"),
        (Decimal("1.500"), "1.500"),
        (Decimal("1E+2"), "100"),
        (Decimal("-0.0"), "0.0"),
        ("-0", "0"),
        (7, "7"),
        (-(10**12), "-1000000000000"),
    ],
)
def test_a_plain_number_is_read_as_written(value: Decimal | int | str, read: str) -> None:
    assert str(exact(value, "quantity", places=3)) == read


@given(numbers)
def test_a_number_survives_being_written_and_read(number: Decimal) -> None:
    read = exact(f"{number:f}", "quantity", places=6)

    assert read == number
    assert decimals_of(read) == 6


@given(st.text(max_size=12) | st.from_regex(r"[-+ ]?[0-9_,.]{1,8}([eE][-+]?[0-9]{1,2})?\n?", fullmatch=True))
def test_a_text_is_read_only_when_it_is_the_plain_spelling_of_its_value(text: str) -> None:
    try:
        read = exact(text, "quantity", places=12)
    except BadNumber:
        return

    assert f"{read:f}" == text or (read == 0 and f"-{read:f}" == text)


# ── What is refused ─────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        (True, "quantity must be a number, not a bool"),
        (0.1, "quantity must not be a float, which cannot hold 0.1 exactly: write '0.1'"),
        (None, "quantity must be a Decimal or a string such as '2.5', not a value of type NoneType"),
        (b"2.5", "quantity must be a Decimal or a string such as '2.5', not a value of type bytes"),
        (Decimal("NaN"), "quantity is NaN, which is not a number"),
        (Decimal("sNaN"), "quantity is NaN, which is not a number"),
        ("NaN", "quantity is NaN, which is not a number"),
        (Decimal("-Infinity"), "quantity is infinite"),
        ("inf", "quantity is infinite"),
        ("-Infinity", "quantity is infinite"),
        ("", "quantity is empty"),
        (" 5", "quantity has spaces around it: strip them first"),
        ("5\n", "quantity has spaces around it: strip them first"),
        ("+5", "quantity '+5' has a plus sign: leave it out"),
        ("1_000", "quantity '1_000' has an underscore: write the digits without separators"),
        ("1,000", "quantity '1,000' has a comma or thousands separator: write 1234.50"),
        ("12,50", "quantity '12,50' has a comma or thousands separator: write 1234.50"),
        ("1'000", 'quantity "1\'000" has a comma or thousands separator: write 1234.50'),
        ("1 000", "quantity has a comma or thousands separator: write 1234.50"),
        ("1e5", "quantity '1e5' is in exponent notation: write the digits out"),
        ("-2.5E+3", "quantity '-2.5E+3' is in exponent notation: write the digits out"),
        ("007", "quantity '007' has a leading zero: write 5, not 05"),
        ("-00.5", "quantity '-00.5' has a leading zero: write 5, not 05"),
        (".5", "quantity '.5' lacks a digit beside the point: write 0.5 or 5"),
        ("5.", "quantity '5.' lacks a digit beside the point: write 0.5 or 5"),
        ("٣", "quantity has characters other than the digits 0 to 9, '-' and '.'"),
        ("1٣", "quantity has characters other than the digits 0 to 9, '-' and '.'"),
        ("1.٣", "quantity has characters other than the digits 0 to 9, '-' and '.'"),
        ("−5", "quantity has characters other than the digits 0 to 9, '-' and '.'"),
        ("1\u00a0000", "quantity has characters other than the digits 0 to 9, '-' and '.'"),
        ("five", "quantity is not a plain decimal number such as 1234.50"),
        ("1.2.3", "quantity '1.2.3' is not a plain decimal number such as 1234.50"),
        ("0x10", "quantity is not a plain decimal number such as 1234.50"),
        ("1" * 61, "quantity has 61 characters, at most 60 are read"),
        ("2.5001", "quantity may have at most 3 decimals, this one has 4: round it first"),
        ("2.5000", "quantity may have at most 3 decimals, this one has 4: round it first"),
        (Decimal("1E-9999"), "quantity may have at most 3 decimals, this one has 9999: round it first"),
        ("1000000000000.001", "quantity is too large: it must lie between -1000000000000 and 1000000000000"),
        (-(10**12) - 1, "quantity is too large: it must lie between -1000000000000 and 1000000000000"),
        (Decimal("1E+99999"), "quantity is too large: it must lie between -1000000000000 and 1000000000000"),
    ],
)
def test_everything_else_is_refused_with_its_own_sentence(value: str, sentence: str) -> None:
    with pytest.raises(BadNumber) as refused:
        exact(value, "quantity", places=3)

    assert str(refused.value) == sentence
    assert refused.value.code == "bad_number"


@pytest.mark.parametrize("text", ["Jane Patel", "4242424242424242x", "4242 4242 4242 4242", "123-45-6789", "12 x"])
def test_a_refusal_never_repeats_what_may_be_a_clients(text: str) -> None:
    with pytest.raises(BadNumber) as refused:
        exact(text, "quantity", places=3)

    assert text not in str(refused.value)


def test_the_caller_may_name_the_limit() -> None:
    assert exact("100", "percent", places=4, limit=100) == 100

    with pytest.raises(BadNumber, match="percent is too large: it must lie between -100 and 100"):
        exact("100.0001", "percent", places=4, limit=100)


def test_the_caller_may_name_the_error() -> None:
    with pytest.raises(BadMoney, match="amount is empty"):
        plain("", "amount", BadMoney)


@pytest.mark.parametrize(("number", "decimals"), [("1.500", 3), ("12", 0), ("1E+2", 0), ("0.00", 2), ("1E-7", 7)])
def test_decimals_are_counted_as_written(number: str, decimals: int) -> None:
    assert decimals_of(Decimal(number)) == decimals


# ── Exact calculation and rounding by name ──────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("operation", [lambda: EXACT.divide(1, 3), lambda: EXACT.multiply(10**40 + 1, 10**40 + 1)])
def test_an_inexact_operation_raises_in_the_exact_context(operation: object) -> None:
    assert callable(operation)

    with pytest.raises(decimal.Inexact):
        operation()


@pytest.mark.parametrize(
    ("rounding", "minor"),
    [
        (Rounding.HALF_UP, [1, 2, 2, 3, -1, -3]),
        (Rounding.HALF_EVEN, [0, 2, 2, 2, 0, -2]),
        (Rounding.DOWN, [0, 1, 1, 2, 0, -2]),
        (Rounding.UP, [1, 2, 2, 3, -1, -3]),
        (Rounding.FLOOR, [0, 1, 1, 2, -1, -3]),
        (Rounding.CEILING, [1, 2, 2, 3, 0, -2]),
    ],
)
def test_each_rounding_does_what_its_name_says(rounding: Rounding, minor: list[int]) -> None:
    values = [Decimal(value) for value in ("0.005", "0.015", "0.016", "0.025", "-0.005", "-0.025")]

    assert [round_minor(value, 2, rounding) for value in values] == minor


@given(any_numbers, st.sampled_from([0, 2, 3, 4]), st.sampled_from(Rounding))
def test_rounding_never_moves_a_value_by_one_minor_unit_or_more(
    value: Decimal, exponent: int, rounding: Rounding
) -> None:
    moved = round_minor(value, exponent, rounding) - Fraction(value) * 10**exponent

    assert abs(moved) < 1
    if rounding in (Rounding.HALF_UP, Rounding.HALF_EVEN):
        assert abs(moved) <= Fraction(1, 2)


@given(any_numbers, st.sampled_from(Rounding))
def test_a_negative_value_rounds_as_the_mirror_of_the_positive_one(value: Decimal, rounding: Rounding) -> None:
    mirror = {Rounding.FLOOR: Rounding.CEILING, Rounding.CEILING: Rounding.FLOOR}.get(rounding, rounding)

    assert round_minor(value.copy_negate(), 2, rounding) == -round_minor(value, 2, mirror)


def test_a_value_of_any_length_rounds_correctly() -> None:
    just_above_half = Decimal("0.005" + "0" * 200 + "1")

    assert round_minor(just_above_half, 2, Rounding.HALF_EVEN) == 1
    assert round_minor(Decimal("1E-999999"), 2, Rounding.UP) == 1
    assert round_minor(Decimal("0E+999999"), 2, Rounding.UP) == 0
    assert round_minor(Decimal("9E+59"), 0, Rounding.UP) == 9 * 10**59


@pytest.mark.parametrize(
    ("value", "rounding", "sentence"),
    [
        (Decimal(1), "ROUND_UP", "rounding must be named by a member of Rounding, such as Rounding.HALF_UP"),
        (Decimal("1E+60"), Rounding.UP, "the value to round has more than 60 digits before the point"),
        (Decimal("NaN"), Rounding.UP, "the value to round is NaN, which is not a number"),
        (Decimal("Infinity"), Rounding.UP, "the value to round is infinite"),
        (
            0.5,
            Rounding.UP,
            "the value to round must not be a float, which cannot hold 0.1 exactly: write '0.1'",
        ),
    ],
)
def test_what_cannot_be_rounded_is_refused(value: Decimal, rounding: Rounding, sentence: str) -> None:
    with pytest.raises(BadNumber) as refused:
        round_minor(value, 2, rounding)

    assert str(refused.value) == sentence


@given(numbers, st.sampled_from(Rounding))
def test_the_ambient_decimal_context_changes_nothing(number: Decimal, rounding: Rounding) -> None:
    usual = (exact(number, "quantity", places=6), decimals_of(number), round_minor(number, 2, rounding))

    with decimal.localcontext(decimal.Context(prec=3, rounding=decimal.ROUND_UP, Emin=-2, Emax=2, traps=[])):
        ambient = (exact(number, "quantity", places=6), decimals_of(number), round_minor(number, 2, rounding))

    assert ambient == usual
