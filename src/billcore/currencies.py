"""ISO 4217: which currencies there are, and how many decimals each one has.

billcore keeps its own table. CLDR (babel) and payment processors count some decimals differently, because
they ask how prices are shown or sent; the books ask how money is counted. Codes without a minor unit
(metals, XDR, XXX) are not money that an invoice can be written in. When ISO withdraws a code it stays here:
books outlive currencies.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from billcore.errors import UnknownCurrency

_CODES_BY_DECIMALS: Final = {
    0: "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF",
    2: """
        AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV BRL BSD BTN BWP BYN BZD
        CAD CDF CHE CHF CHW CNY COP COU CRC CUP CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP
        GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD KZT
        LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN
        NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB
        SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS
        UAH USD USN UYU UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG
    """,
    3: "BHD IQD JOD KWD LYD OMR TND",
    4: "CLF UYW",
}

EXPONENTS: Final[Mapping[str, int]] = MappingProxyType(
    {code: decimals for decimals, codes in _CODES_BY_DECIMALS.items() for code in codes.split()}
)
"""Currency code to its number of decimals: ``10 ** EXPONENTS["USD"]`` cents are one dollar."""


def exponent(currency: str) -> int:
    """The number of decimals of *currency*: 2 for USD, 0 for JPY, 3 for KWD, 4 for CLF.

    Anything but a code of the table, spelled in capitals as a plain string, raises `UnknownCurrency`.
    """
    if type(currency) is str and (decimals := EXPONENTS.get(currency)) is not None:
        return decimals
    raise UnknownCurrency(_why_unknown(currency))


def _why_unknown(currency: object) -> str:
    # A text that cannot be a code may be anything, a client's name even: it is described, never repeated.
    if type(currency) is not str:
        return f"a currency is a plain string such as 'USD', not a value of type {type(currency).__name__}"
    if (meant := currency.strip().upper()) in EXPONENTS:
        return f"a currency is written in capitals and without spaces: did you mean '{meant}'?"
    if len(currency) == 3 and currency.isascii() and currency.isalpha():
        return f"'{currency}' is not an ISO 4217 currency with a minor unit; write a code such as 'USD'"
    return f"a text of {len(currency)} characters is not a currency; write an ISO 4217 code such as 'USD'"
