"""The currency table is ISO 4217's, and an unknown currency is told what is wrong with it."""

import re
from collections import Counter

import pytest

from billcore.currencies import EXPONENTS, exponent
from billcore.errors import UnknownCurrency

NO_DECIMALS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
THREE_DECIMALS = "BHD IQD JOD KWD LYD OMR TND"
FOUR_DECIMALS = "CLF UYW"

# CLDR shows these without decimals, and Stripe takes some of them so; ISO counts two, and so do the books.
SHOWN_OTHERWISE = "AFN ALL IRR KPW LAK LBP MGA MMK MRU RSD SOS SYP YER"


@pytest.mark.parametrize(
    ("codes", "decimals"),
    [
        (NO_DECIMALS, 0),
        (SHOWN_OTHERWISE, 2),
        ("USD EUR UYU", 2),
        (THREE_DECIMALS, 3),
        (FOUR_DECIMALS, 4),
    ],
)
def test_a_currency_has_the_decimals_that_iso_4217_gives_it(codes: str, decimals: int) -> None:
    assert {code: exponent(code) for code in codes.split()} == dict.fromkeys(codes.split(), decimals)


def test_the_table_holds_every_currency_of_iso_4217_as_of_2026() -> None:
    # Counted in list one of 2026-01-01; a currency that joins raises a count, none ever leaves.
    assert Counter(EXPONENTS.values()) == {0: 17, 2: 139, 3: 7, 4: 2}


def test_every_code_is_three_capital_letters() -> None:
    assert [code for code in EXPONENTS if not re.fullmatch("[A-Z]{3}", code)] == []


@pytest.mark.parametrize("code", ["XAU", "XDR", "XTS", "XXX"])
def test_a_code_without_a_minor_unit_is_no_currency(code: str) -> None:
    assert code not in EXPONENTS


def test_the_table_cannot_be_changed() -> None:
    with pytest.raises(TypeError):
        EXPONENTS["USD"] = 3  # type: ignore[index]


@pytest.mark.parametrize(
    ("currency", "sentence"),
    [
        ("usd", "a currency is written in capitals and without spaces: did you mean 'USD'?"),
        (" USD", "a currency is written in capitals and without spaces: did you mean 'USD'?"),
        ("USX", "'USX' is not an ISO 4217 currency with a minor unit; write a code such as 'USD'"),
        ("XAU", "'XAU' is not an ISO 4217 currency with a minor unit; write a code such as 'USD'"),
        ("", "a text of 0 characters is not a currency; write an ISO 4217 code such as 'USD'"),
        ("$", "a text of 1 characters is not a currency; write an ISO 4217 code such as 'USD'"),
        ("Jane Patel", "a text of 10 characters is not a currency; write an ISO 4217 code such as 'USD'"),
        (None, "a currency is a plain string such as 'USD', not a value of type NoneType"),
        (["USD"], "a currency is a plain string such as 'USD', not a value of type list"),
        (840, "a currency is a plain string such as 'USD', not a value of type int"),
    ],
)
def test_an_unknown_currency_is_told_what_is_wrong_with_it(currency: str, sentence: str) -> None:
    with pytest.raises(UnknownCurrency) as refused:
        exponent(currency)

    assert str(refused.value) == sentence
    assert refused.value.code == "unknown_currency"


def test_a_string_of_another_class_is_refused_because_it_would_not_store_as_text() -> None:
    class Code(str):
        __slots__ = ()

    with pytest.raises(UnknownCurrency, match="not a value of type Code"):
        exponent(Code("USD"))
