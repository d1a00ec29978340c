"""What a processor keeps: estimated, then actual, unknown until known, and not given back on a refund (S1.40-S1.43)."""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum

from attrs import field, frozen

from billcore.decimals import Rounding, exact
from billcore.errors import BadMoney, CurrencyMismatch, InvalidInput
from billcore.kinds import each_of_kind, of_kind
from billcore.methods import Method
from billcore.money import Money


class FeeKind(Enum):
    """What a processor's deduction is for."""

    PROCESSING = "processing"
    PLATFORM = "platform"
    TAX = "tax"
    REFUND = "refund"
    DISPUTE = "dispute"
    RETURN = "return"
    OTHER = "other"


class FeeBasis(Enum):
    """Whether the figure is the firm's own estimate or the processor's word."""

    ESTIMATED = "estimated"
    ACTUAL = "actual"


@frozen
class FeeLine:
    """One deduction; positive is kept by the processor, negative is given back."""

    kind: FeeKind
    amount: Money

    def __attrs_post_init__(self) -> None:
        of_kind(self.kind, FeeKind, "fee kind")
        of_kind(self.amount, Money, "fee", BadMoney)


@frozen(kw_only=True)
class Fee:
    """What a processor keeps of one payment, in the currency it settles in.

    A payment whose fee is not known yet has ``fee=None``: unknown is never written as zero.
    """

    lines: tuple[FeeLine, ...]
    basis: FeeBasis

    def __attrs_post_init__(self) -> None:
        each_of_kind(of_kind(self.lines, tuple, "fee lines"), FeeLine, "fee lines")
        of_kind(self.basis, FeeBasis, "fee basis")
        if not self.lines:
            raise BadMoney(
                "a fee has at least one line; a known fee of nothing is one line of zero, an unknown fee is None"
            )
        if len({line.amount.currency for line in self.lines}) > 1:
            raise CurrencyMismatch("the lines of one fee must be in one settlement currency")

    @property
    def total(self) -> Money:
        return Money.sum((line.amount for line in self.lines), self.lines[0].amount.currency)


def _percent(value: Decimal | str) -> Decimal:
    return exact(value, "fee percent", places=4, limit=100)


@frozen
class FeeRate:
    """A percentage of the gross plus a fixed amount: 2.9 % + 0.30 is ``FeeRate("2.9", Money(30, "USD"))``.

    Refuses with BadNumber or BadMoney what is no such rate, or below zero.
    """

    percent: Decimal = field(converter=_percent)
    fixed: Money

    def __attrs_post_init__(self) -> None:
        of_kind(self.fixed, Money, "fixed fee", BadMoney)
        if self.percent < 0 or self.fixed.is_negative:
            raise BadMoney(f"a fee is at or above zero, asked for {self.percent} % and {self.fixed}")

    def of(self, gross: Money) -> Fee:
        """The estimated fee of a payment, rounded half up to the minor unit, as processors do."""
        amount = gross.percent(self.percent, Rounding.HALF_UP) + self.fixed
        return Fee(lines=(FeeLine(FeeKind.PROCESSING, amount),), basis=FeeBasis.ESTIMATED)


@frozen
class FeeSchedule:
    """A firm's own estimates by method (S1.40); a method that is not listed has an unknown fee, not a free one."""

    rates: tuple[tuple[Method, FeeRate], ...] = ()

    def __attrs_post_init__(self) -> None:
        for pair in each_of_kind(of_kind(self.rates, tuple, "rates"), tuple, "rates"):
            if len(pair) != 2:
                raise InvalidInput("each of rates must be a method and its rate")
            of_kind(pair[0], Method, "method")
            of_kind(pair[1], FeeRate, "rate")

    @classmethod
    def of(cls, rates: Mapping[Method, FeeRate]) -> "FeeSchedule":
        return cls(tuple(of_kind(rates, Mapping, "rates").items()))

    def estimate(self, method: Method, gross: Money) -> Fee | None:
        """The expected fee, or None where the schedule does not say or speaks another currency."""
        for listed, rate in self.rates:
            if listed is method and rate.fixed.currency == gross.currency:
                return rate.of(gross)
        return None
