"""Strict decimals: the one door by which quantities, rates and percentages enter.

Nothing here depends on the ambient decimal context, and nothing is rounded unless a `Rounding` is named.
"""

import re
from decimal import (
    MAX_EMAX,
    MAX_PREC,
    MIN_EMIN,
    ROUND_CEILING,
    ROUND_DOWN,
    ROUND_FLOOR,
    ROUND_HALF_EVEN,
    ROUND_HALF_UP,
    ROUND_UP,
    Context,
    Decimal,
    DivisionByZero,
    Inexact,
    InvalidOperation,
    Overflow,
)
from enum import Enum
from typing import Final

from billcore.errors import BadNumber, InvalidInput

EXACT: Final = Context(prec=60, rounding=ROUND_HALF_UP, traps=[InvalidOperation, DivisionByZero, Overflow, Inexact])
"""Operations in this context are exact or raise: calculate with ``EXACT.multiply(a, b)``, not ``a * b``."""

_LONGEST_TEXT: Final = 60
_ZERO: Final = Decimal(0)
_UNBOUNDED: Final = Context(prec=MAX_PREC, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[InvalidOperation])
_PLAIN: Final = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")
_SHOWABLE: Final = re.compile(r"[-+]?[0-9.,_']{1,12}([eE][-+]?[0-9]{1,6})?")

# The first pattern that is found names the mistake, so the telling ones come before the general ones.
_MISTAKES: Final = tuple(
    (re.compile(pattern), sentence)
    for pattern, sentence in (
        (r"\A\Z", "is empty"),
        (r"\A\s|\s\Z", "has spaces around it: strip them first"),
        (r"(?i)\A[-+]?s?nan[0-9]*\Z", "is NaN, which is not a number"),
        (r"(?i)\A[-+]?inf(inity)?\Z", "is infinite"),
        (r"[^\x00-\x7f]", "has characters other than the digits 0 to 9, '-' and '.'"),
        (r"\A\+", "has a plus sign: leave it out"),
        (r"_", "has an underscore: write the digits without separators"),
        (r",|[0-9][ '][0-9]", "has a comma or thousands separator: write 1234.50"),
        (r"(?i)\A-?[0-9.]+e[-+]?[0-9]+\Z", "is in exponent notation: write the digits out"),
        (r"\A-?0[0-9]", "has a leading zero: write 5, not 05"),
        (r"\A-?\.[0-9]|[0-9]\.\Z", "lacks a digit beside the point: write 0.5 or 5"),
    )
)


class Rounding(Enum):
    """How a decimal becomes a whole number of minor units; half up means away from zero, as in commerce."""

    HALF_UP = ROUND_HALF_UP
    HALF_EVEN = ROUND_HALF_EVEN
    DOWN = ROUND_DOWN
    UP = ROUND_UP
    FLOOR = ROUND_FLOOR
    CEILING = ROUND_CEILING


def exact(value: Decimal | int | str, what: str, *, places: int, limit: int = 10**12) -> Decimal:
    """*value* as a Decimal of at most *places* decimals, within ±*limit*, never in exponent form.

    *what* names the thing in the message ("quantity"). Trailing zeros are kept and count as decimals.
    Floats, bools, NaN, infinities and any spelling but plain digits raise `BadNumber`; so do too many
    decimals and too large a value.
    """
    # Most come from records that were checked before.
    number = value if type(value) is Decimal and value.is_finite() else plain(value, what)
    if number.copy_abs() > limit:
        raise BadNumber(f"{what} is too large: it must lie between {-limit} and {limit}")
    if (given := decimals_of(number)) > places:
        raise BadNumber(f"{what} may have at most {places} decimals, this one has {given}: round it first")
    return EXACT.add(number, _ZERO)  # 1E+2 becomes 100, and -0 becomes 0.


def plain(value: Decimal | int | str, what: str, error: type[InvalidInput] = BadNumber) -> Decimal:
    """*value* as a finite Decimal, exactly as written; what is not plain digits raises *error*."""
    match value:
        case str():
            return Decimal(_plain_text(value, what, error))
        case Decimal():
            if value.is_nan():
                raise error(f"{what} is NaN, which is not a number")
            if value.is_infinite():
                raise error(f"{what} is infinite")
            return value
        case bool():
            raise error(f"{what} must be a number, not a bool")
        case float():
            raise error(f"{what} must not be a float, which cannot hold 0.1 exactly: write '0.1'")
        case int():
            return Decimal(value)
        case _:
            kind = type(value).__name__
            raise error(f"{what} must be a Decimal or a string such as '2.5', not a value of type {kind}")


def decimals_of(number: Decimal) -> int:
    """How many decimals *number* is written with: 3 for 1.500, 0 for 1E+2."""
    written = number.as_tuple().exponent
    return max(0, -written) if isinstance(written, int) else 0


def round_minor(value: Decimal, exponent: int, rounding: Rounding) -> int:
    """*value* in major units, rounded once to a whole number of minor units: 1.005 and 2, half up, give 101.

    NaN, infinities, more than 60 digits before the point, and a rounding that is no `Rounding` raise
    `BadNumber`.
    """
    if type(rounding) is not Rounding:
        raise BadNumber("rounding must be named by a member of Rounding, such as Rounding.HALF_UP")
    number = plain(value, "the value to round")
    if number and number.adjusted() >= EXACT.prec:
        raise BadNumber(f"the value to round has more than {EXACT.prec} digits before the point")
    return int(number.scaleb(exponent, _UNBOUNDED).to_integral_value(rounding.value, _UNBOUNDED))


def _plain_text(text: str, what: str, error: type[InvalidInput]) -> str:
    if len(text) > _LONGEST_TEXT:
        raise error(f"{what} has {len(text)} characters, at most {_LONGEST_TEXT} are read")
    if _PLAIN.fullmatch(text):
        return text
    # Only what can be nothing but a number is repeated: other text, or a card number, may be a client's.
    shown = f"{what} {text!r}" if _SHOWABLE.fullmatch(text) else what
    for mistake, sentence in _MISTAKES:
        if mistake.search(text):
            raise error(f"{shown} {sentence}")
    raise error(f"{shown} is not a plain decimal number such as 1234.50")
