"""Amounts as Stripe writes them: its exponents are not ISO 4217's, and each currency has limits of its own.

Source: https://docs.stripe.com/currencies (zero-decimal, special cases, three-decimal, minimum and maximum charge
amounts) as read in November 2026. What differs from ISO: MGA is sent without decimals, ISK and UGX are sent with two
that must be zero, and the last digit of a three-decimal amount must be zero.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billcore.currencies import EXPONENTS
from billcore.errors import AmountNotRepresentable, AmountTooLarge, UnknownCurrency
from billcore.money import Money
from billcore_stripe.records import UnreadableAnswer

_ZERO_DECIMALS: Final = "BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF VND VUV XAF XOF XPF"
_TWO_DECIMALS: Final = """
    AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE CZK
    DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD KES KGS KHR KYD KZT
    LAK LBP LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR
    PLN QAR RON RSD RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD SZL THB TJS TOP TRY TTD TWD TZS UAH UGX USD UYU UZS WST
    XCD YER ZAR ZMW
"""
_THREE_DECIMALS: Final = "BHD JOD KWD OMR TND"

STRIPE_EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {
        currency: decimals
        for decimals, currencies in ((0, _ZERO_DECIMALS), (2, _TWO_DECIMALS), (3, _THREE_DECIMALS))
        for currency in currencies.split()
    }
)
"""The decimals of the integer that Stripe expects, for every currency that it charges."""

GRANULARITY: Final[Mapping[str, int]] = MappingProxyType(
    {"ISK": 100, "UGX": 100} | dict.fromkeys(_THREE_DECIMALS.split(), 10)
)
"""Stripe's integer must be a multiple of this; of 1 where the currency is not listed."""

SMALLEST: Final[Mapping[str, int]] = MappingProxyType(
    {
        "USD": 50, "AED": 200, "AUD": 50, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500, "DKK": 250, "EUR": 50,
        "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000, "MYR": 200, "NOK": 300, "NZD": 50,
        "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
    }
)  # fmt: skip
"""The smallest charge in Stripe's integer; 1 where the currency is not listed."""

_DIGITS: Final[Mapping[str, int]] = MappingProxyType({"IDR": 12, "LBP": 12, "COP": 10, "HUF": 10, "JPY": 10, "INR": 9})
_DIGITS_ELSEWHERE: Final = 8


def check_charge(amount: Money) -> None:
    """Raise AmountNotRepresentable for a charge that Stripe would refuse: its currency, sign, decimals or size."""
    integer = to_stripe(amount)
    smallest = SMALLEST.get(amount.currency, 1)
    largest = 10 ** _DIGITS.get(amount.currency, _DIGITS_ELSEWHERE) - 1
    if not smallest <= integer <= largest:
        raise AmountNotRepresentable(
            f"asked to charge {amount}; Stripe takes {_bound(smallest, amount.currency)} "
            f"to {_bound(largest, amount.currency)}"
        )


def to_stripe(amount: Money) -> int:
    """The integer that Stripe expects; AmountNotRepresentable unless exact, above zero and in a listed currency."""
    currency = amount.currency
    if currency not in STRIPE_EXPONENTS:
        raise AmountNotRepresentable(f"asked for {amount}; Stripe does not charge in {currency}")
    if not amount.is_positive:
        raise AmountNotRepresentable(f"asked for {amount}; only amounts above zero can be moved")
    shift = STRIPE_EXPONENTS[currency] - EXPONENTS[currency]
    integer, lost = _scaled(amount.minor, shift)
    if lost or integer % GRANULARITY.get(currency, 1):
        raise AmountNotRepresentable(f"asked for {amount}; Stripe takes {currency} only {_steps(currency)}")
    return integer


def from_stripe(integer: int, currency: str) -> Money:
    """Stripe's integer as money; UnreadableAnswer where it is not a whole number of the currency's minor units."""
    code = currency.upper()
    if code not in STRIPE_EXPONENTS:
        raise UnreadableAnswer("the answer is in a currency that is not in the table")
    shift = EXPONENTS[code] - STRIPE_EXPONENTS[code]
    minor, lost = _scaled(integer, shift)
    if lost:
        raise UnreadableAnswer(f"{integer} is not a whole number of minor units of {code}")
    try:
        return Money(minor, code)
    except (AmountTooLarge, UnknownCurrency):
        pass
    raise UnreadableAnswer("the answer's amount is larger than billcore stores")


def _scaled(integer: int, shift: int) -> tuple[int, int]:
    """*integer* with *shift* more decimals, and what is lost where there are fewer."""
    factor: int = 10 ** abs(shift)
    return (integer * factor, 0) if shift >= 0 else divmod(integer, factor)


def _bound(integer: int, currency: str) -> Money:
    """A limit as money: the largest one of ISK and UGX is rounded down to a whole krona or shilling."""
    return from_stripe(integer - integer % GRANULARITY.get(currency, 1), currency)


def _steps(currency: str) -> str:
    return "with a last digit of zero" if currency in _THREE_DECIMALS.split() else "in whole units"
