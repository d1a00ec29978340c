"""Money: a whole number of minor units in one currency, exact or refused.

Money enters in minor units (`Money`), in strict major units (`Money.of`), or rounded by name
(`Money.rounded`). It is divided only in ways that lose nothing: `Money.split` for parts that are known
together, `cumulative_share` for parts that are taken one after the other.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from typing import Final, Never, final

from attrs import frozen

from billcore.currencies import EXPONENTS, exponent
from billcore.decimals import EXACT, Rounding, decimals_of, exact, plain, round_minor
from billcore.errors import AmountTooLarge, BadMoney, BadSplit, CurrencyMismatch, TooManyDecimals

LARGEST_MINOR: Final = 10**15
"""The largest amount, in minor units: a 64-bit column holds it, and the sum of thousands of them."""

# The largest amount times the largest factor, with these decimals, still fits the 60 digits of EXACT.
_FACTOR_PLACES: Final = 30

_new: Final = object.__new__


@final
@frozen(repr=False)
class Money:
    """An exact amount: *minor* units (cents, fils, yen) of an ISO 4217 *currency*.

    >>> price = Money(150_00, "USD")
    >>> price
    Money(15000, 'USD')
    >>> str(price)
    '150.00 USD'
    >>> price + Money.of("0.50", "USD")
    Money(15050, 'USD')
    >>> price.percent(Decimal("2.9"), Rounding.HALF_UP)
    Money(435, 'USD')
    >>> Money(100_00, "USD").split([1, 1, 1])
    (Money(3334, 'USD'), Money(3333, 'USD'), Money(3333, 'USD'))
    >>> Money.of("1.500", "KWD").minor
    1500

    Amounts of one currency add, subtract and compare; two currencies raise `CurrencyMismatch`, except that
    ``==`` is false. There is no ``*`` and no ``/``: `times`, `percent` and `split` say what happens to the
    odd unit. Every amount is truthy, zero too: ask `is_zero`.

    *minor* must be an int, or `BadMoney` is raised; an unlisted currency raises `UnknownCurrency`, and more
    than 10**15 minor units either way raise `AmountTooLarge`.
    """

    minor: int
    currency: str

    # Written by hand, for nothing is made as often: that of attrs sets each slot by name, and checks in a second call.
    def __init__(self, minor: int, currency: str) -> None:
        if type(minor) is not int or type(currency) is not str or currency not in EXPONENTS:
            exponent(currency)
            raise BadMoney(_why_not_minor(minor, currency))
        if not -LARGEST_MINOR <= minor <= LARGEST_MINOR:
            raise AmountTooLarge(_too_large(currency, exponent(currency)))
        _set_minor(self, minor)
        _set_currency(self, currency)

    @classmethod
    def of(cls, amount: Decimal | str, currency: str) -> "Money":
        """*amount* in major units, exactly: ``Money.of("150.00", "USD")`` is 150 dollars.

        Never rounds: more decimals than the currency has raise `TooManyDecimals`, and trailing zeros count,
        because "100.000" is a hundred thousand to half of the world. Ints (major or minor?), floats, NaN,
        infinities and every spelling but plain digits raise `BadMoney`.
        """
        decimals = exponent(currency)
        number = _major(amount, currency)
        if (given := decimals_of(number)) > decimals:
            raise TooManyDecimals(
                f"{currency} has {decimals} decimals, the amount has {given}: "
                f"to round it on purpose, write Money.rounded(amount, '{currency}', Rounding.HALF_UP)"
            )
        return cls(int(EXACT.scaleb(number, decimals)), currency)

    @classmethod
    def rounded(cls, amount: Decimal | str, currency: str, rounding: Rounding) -> "Money":
        """*amount* in major units, rounded once in the way that *rounding* names; else as strict as `of`."""
        decimals = exponent(currency)
        return cls(round_minor(_major(amount, currency), decimals, rounding), currency)

    @classmethod
    def zero(cls, currency: str) -> "Money":
        """Nothing, but in *currency*."""
        return cls(0, currency)

    @classmethod
    def each(cls, minors: Sequence[int], currency: str) -> "tuple[Money, ...]":
        """An amount for each of *minors*, what they share checked once: for sums that are made of many."""
        exponent(currency)
        lowest, highest = -LARGEST_MINOR, LARGEST_MINOR
        amounts = []
        for minor in minors:
            if type(minor) is not int or not lowest <= minor <= highest:
                return tuple([cls(each, currency) for each in minors])  # One of them says what is wrong with it.
            amount = _new(cls)
            _set_minor(amount, minor)
            _set_currency(amount, currency)
            amounts.append(amount)
        return tuple(amounts)

    @classmethod
    def parse(cls, text: str) -> "Money":
        """The reverse of ``str``: an amount, one space and a currency, each as strict as in `of`."""
        if type(text) is not str:
            raise BadMoney(f"money is read from text such as '150.00 USD', not from {type(text).__name__}")
        amount, space, currency = text.partition(" ")
        if not space:
            raise BadMoney("money is written as an amount, one space and a currency, such as '150.00 USD'")
        return cls.of(amount, currency)

    @classmethod
    def sum(cls, items: "Iterable[Money]", currency: str) -> "Money":
        """The total of *items*, all of which must be in *currency*; no items make zero."""
        exponent(currency)
        minor = 0
        for position, item in enumerate(items, start=1):
            if type(item) is not Money:
                raise BadMoney(f"only Money can be summed: item {position} is of type {type(item).__name__}")
            if item.currency != currency:
                raise CurrencyMismatch(f"cannot sum into {currency}: item {position} is in {item.currency}")
            minor += item.minor
        return cls(minor, currency)

    @property
    def amount(self) -> Decimal:
        """Major units, with exactly the decimals of the currency: ``Decimal("150.00")``."""
        return EXACT.scaleb(Decimal(self.minor), -exponent(self.currency))

    @property
    def is_zero(self) -> bool:
        """Neither more nor less than zero."""
        return self.minor == 0

    @property
    def is_positive(self) -> bool:
        """More than zero."""
        return self.minor > 0

    @property
    def is_negative(self) -> bool:
        """Less than zero."""
        return self.minor < 0

    def times(self, factor: Decimal | int | str, rounding: Rounding) -> "Money":
        """*factor* times this amount, rounded once; a factor of more than 30 decimals raises `BadNumber`."""
        number = exact(factor, "factor", places=_FACTOR_PLACES)
        return Money(round_minor(EXACT.multiply(Decimal(self.minor), number), 0, rounding), self.currency)

    def percent(self, percent: Decimal | int | str, rounding: Rounding) -> "Money":
        """*percent* hundredths of this amount, rounded once: 2.9 means 2.9 %."""
        number = EXACT.scaleb(exact(percent, "percent", places=_FACTOR_PLACES), -2)
        return Money(round_minor(EXACT.multiply(Decimal(self.minor), number), 0, rounding), self.currency)

    def split(self, weights: Sequence[int]) -> "tuple[Money, ...]":
        """Parts in proportion to *weights* that always add up to the whole, by largest remainder.

        Every part is within one minor unit of its exact share; the odd units go to the largest remainders,
        and of equal ones to the earlier. A weight of 0 gets nothing. Weights that are not ints, that are
        negative, or that add up to 0 raise `BadSplit`.
        """
        parts = _checked_weights(weights)
        sign = -1 if self.minor < 0 else 1
        whole, total = abs(self.minor), sum(parts)
        shares = [whole * weight // total for weight in parts]
        remainders = [whole * weight % total for weight in parts]
        by_remainder = sorted(range(len(parts)), key=lambda place: -remainders[place])
        for place in by_remainder[: whole - sum(shares)]:
            shares[place] += 1
        return tuple(Money(sign * share, self.currency) for share in shares)

    def __add__(self, other: "Money") -> "Money":
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "add")
        return Money(self.minor + other.minor, self.currency)

    # Reached by sum(items), which starts from a bare 0.
    def __radd__(self, other: Never) -> Never:
        raise TypeError("a bare number has no currency: instead of sum(items), write Money.sum(items, 'USD')")

    def __sub__(self, other: "Money") -> "Money":
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "subtract")
        return Money(self.minor - other.minor, self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.minor, self.currency)

    def __abs__(self) -> "Money":
        return Money(abs(self.minor), self.currency)

    def __lt__(self, other: "Money") -> bool:
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "compare")
        return self.minor < other.minor

    def __le__(self, other: "Money") -> bool:
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "compare")
        return self.minor <= other.minor

    def __gt__(self, other: "Money") -> bool:
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "compare")
        return self.minor > other.minor

    def __ge__(self, other: "Money") -> bool:
        if type(other) is not Money:
            return NotImplemented
        self._require_same_currency(other, "compare")
        return self.minor >= other.minor

    def __str__(self) -> str:
        sign = "-" if self.minor < 0 else ""
        if not (decimals := exponent(self.currency)):
            return f"{sign}{abs(self.minor)} {self.currency}"
        major, minor = divmod(abs(self.minor), 10**decimals)
        return f"{sign}{major}.{minor:0{decimals}} {self.currency}"

    def __repr__(self) -> str:
        return f"Money({self.minor}, {self.currency!r})"

    def _require_same_currency(self, other: "Money", verb: str) -> None:
        if self.currency != other.currency:
            raise CurrencyMismatch(f"cannot {verb} {self.currency} and {other.currency}: convert one first")


# What a frozen class sets its slots by; object.__setattr__ would look them up each time.
_set_minor: Final[Callable[[Money, int], None]] = vars(Money)["minor"].__set__
_set_currency: Final[Callable[[Money, str], None]] = vars(Money)["currency"].__set__


def cumulative_share(whole: int, taken_before: int, taken: int, of: int) -> int:
    """Of *whole* minor units that belong to *of* units, the share of the next *taken* after *taken_before*.

    Each share is the difference of two rounded running totals, so successive shares add up to *whole*
    exactly, however it was taken: three refunds of a third each give back 1.00 of tax as 0.33, 0.34 and
    0.33.

    >>> [cumulative_share(100, before, 1, of=3) for before in (0, 1, 2)]
    [33, 34, 33]

    Halves round away from zero, so a negative whole mirrors a positive one. Anything but ints, *of* below 1,
    negative takings, and taking more than *of* in all raise `BadSplit`.
    """
    for name, value in (("whole", whole), ("taken_before", taken_before), ("taken", taken), ("of", of)):
        if type(value) is not int:
            raise BadSplit(f"{name} must be an int, not a value of type {type(value).__name__}")
    if of < 1:
        raise BadSplit(f"nothing can be shared among {of} units: `of` must be at least 1")
    if taken_before < 0 or taken < 0:
        raise BadSplit(f"asked to take {taken} after {taken_before}: neither may be below 0")
    if taken_before + taken > of:
        raise BadSplit(f"asked to take {taken} after {taken_before}, only {of} units are there in all")
    return _share_up_to(taken_before + taken, whole, of) - _share_up_to(taken_before, whole, of)


def _share_up_to(taken: int, whole: int, of: int) -> int:
    rounded = (2 * abs(whole) * taken + of) // (2 * of)
    return -rounded if whole < 0 else rounded


def _major(amount: Decimal | int | str, currency: str) -> Decimal:
    if isinstance(amount, int) and not isinstance(amount, bool):
        hundred = _hundred(currency)
        raise BadMoney(f"an int could mean major or minor units: write '{hundred.amount}' or {hundred!r}")
    number = plain(amount, "amount", BadMoney)
    if number.copy_abs() > LARGEST_MINOR:
        raise AmountTooLarge(_too_large(currency, exponent(currency)))
    return number


def _checked_weights(weights: Sequence[int]) -> tuple[int, ...]:
    if not isinstance(weights, Sequence) or isinstance(weights, str | bytes):
        raise BadSplit(f"weights must be a sequence of ints, not a value of type {type(weights).__name__}")
    parts = tuple(weights)
    for position, weight in enumerate(parts, start=1):
        if type(weight) is not int:
            raise BadSplit(f"weights must be ints: weight {position} is of type {type(weight).__name__}")
        if weight < 0:
            raise BadSplit(f"weights must not be negative: weight {position} is {weight}")
    if sum(parts) == 0:
        raise BadSplit("weights must add up to more than 0, or there is no part to give the money to")
    return parts


def _why_not_minor(minor: object, currency: str) -> str:
    match minor:
        case bool():
            return "minor units must be an int, not a bool"
        case float():
            return f"minor units must be an int, never a float: a hundred is {_hundred(currency)!r}"
        case Decimal() | str():
            example = f"Money.of('{_hundred(currency).amount}', '{currency}')"
            return f"minor units must be an int: for major units write {example}"
        case _:
            return f"minor units must be an int, not a value of type {type(minor).__name__}"


def _hundred(currency: str) -> Money:
    return Money(100 * 10 ** exponent(currency), currency)


def _too_large(currency: str, decimals: int) -> str:
    largest = EXACT.scaleb(Decimal(LARGEST_MINOR), -decimals)
    return f"the amount is beyond {largest} {currency} either way, the largest that billcore stores"
