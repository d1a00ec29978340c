"""From lines to totals, in the order of EN 16931: each line is rounded once, each tax once per rate on its summed base.

Money stands at the edges only. In between are whole numbers, of minor units or of exact parts of them, so that nothing
is rounded twice and nothing is slow.
"""

from collections.abc import Sequence
from decimal import Decimal
from functools import lru_cache
from typing import Final

from billcore.currencies import exponent
from billcore.decimals import EXACT
from billcore.errors import BadLine, CurrencyMismatch, NegativeTotal
from billcore.invoices.totals import Totals
from billcore.lines import GROSS_PLACES, PERCENT_PLACES, Allowance, LineItem, Surcharge, TaxRate
from billcore.money import LARGEST_MINOR, Money, cumulative_share

_HUNDRED_PERCENT: Final = 100 * 10**PERCENT_PLACES


def price(
    lines: Sequence[LineItem],
    allowances: Sequence[Allowance],
    surcharges: Sequence[Surcharge],
    currency: str,
) -> Totals:
    """The totals of a document in *currency*.

    Document allowances and surcharges are percentages of the sum of lines, and lower or raise each tax base in
    proportion to its share. Refuses a total below zero with NegativeTotal, and a fixed amount in another currency
    with CurrencyMismatch.
    """
    nets = _nets(lines, currency)
    subtotal = sum(nets)
    allowance = _sum(allowances, subtotal, currency)
    surcharge = _sum(surcharges, subtotal, currency)
    net = subtotal - allowance + surcharge
    bases = _bases(_by_taxes(lines, nets), surcharge - allowance)
    taxes = [_percent_of(base, rate.percent) for rate, base in bases.items()]
    tax = sum(taxes)
    gross = net + tax
    if net < 0 or gross < 0:
        raise NegativeTotal(
            f"the document comes to {Money(net, currency)} before taxes and {Money(gross, currency)} with them; "
            "neither may be below zero, give the client money back with a credit note"
        )
    figures = (*nets, subtotal, allowance, surcharge, net, tax, gross, *bases.values(), *taxes)
    if max(figures) > LARGEST_MINOR or min(figures) < -LARGEST_MINOR:
        Money.each(figures, currency)  # Raises: one of them says that it is too large.
    return Totals(
        currency=currency,
        line_net_minors=tuple(nets),
        subtotal_minor=subtotal,
        allowances_minor=allowance,
        surcharges_minor=surcharge,
        net_minor=net,
        tax_minors=tuple(zip(bases, bases.values(), taxes, strict=True)),
        tax_minor=tax,
        gross_minor=gross,
    )


def line_net(line: LineItem, currency: str) -> int:
    """One line's price in minor units: less its allowances, plus its surcharges, without taxes."""
    return _nets([line], currency)[0]


def _nets(lines: Sequence[LineItem], currency: str) -> list[int]:
    parts = 10 ** (GROSS_PLACES - exponent(currency))
    nets = []
    for line in lines:
        net = gross = _rounded(line.exact_gross, parts)
        if line.allowances or line.surcharges:
            # Both stand on the line's gross, as they are printed; they do not compound.
            net -= _sum(line.allowances, gross, currency)
            net += _sum(line.surcharges, gross, currency)
        nets.append(net)
    return nets


def _sum(changes: Sequence[Allowance | Surcharge], base: int, currency: str) -> int:
    return sum([_amount(change, base, currency) for change in changes]) if changes else 0


def _amount(change: Allowance | Surcharge, base: int, currency: str) -> int:
    if change.percent is not None:
        return _percent_of(base, change.percent)
    if change.amount is None:
        raise BadLine("an allowance or surcharge needs either a percent or an amount")
    if change.amount.currency != currency:
        raise CurrencyMismatch(f"the document is in {currency}, an allowance or surcharge is {change.amount}")
    return change.amount.minor


def _percent_of(base: int, percent: Decimal) -> int:
    return _rounded(base * _millionths(percent), _HUNDRED_PERCENT)


# A firm has few discounts and taxes, and they are on every invoice.
@lru_cache(1_000)
def _millionths(percent: Decimal) -> int:
    return int(EXACT.scaleb(percent, PERCENT_PLACES))


def _rounded(number: int, parts: int) -> int:
    """How many units *number* parts are, of which an even number make one: half a unit away from zero."""
    half = parts // 2
    return (number + half) // parts if number >= 0 else -((half - number) // parts)


def _by_taxes(lines: Sequence[LineItem], nets: Sequence[int]) -> dict[tuple[TaxRate, ...], int]:
    """The sum of the lines that have the same taxes, in the order in which these first appear."""
    groups: dict[tuple[TaxRate, ...], int] = {}
    # Neighbors mostly have the same taxes, and to compare them is cheaper than to look them up.
    taxes, run = (lines[0].taxes, 0) if lines else ((), 0)
    for line, net in zip(lines, nets, strict=True):
        if line.taxes is not taxes and line.taxes != taxes:
            groups[taxes] = groups.get(taxes, 0) + run
            taxes, run = line.taxes, 0
        run += net
    if lines:
        groups[taxes] = groups.get(taxes, 0) + run
    return groups


def _bases(groups: dict[tuple[TaxRate, ...], int], change: int) -> dict[TaxRate, int]:
    """The base of each tax rate, after the document's *change* is spread over the lines by their taxes."""
    if change and groups:
        _spread(groups, change)
    bases: dict[TaxRate, int] = {}
    for rates, base in groups.items():
        for rate in rates:
            bases[rate] = bases.get(rate, 0) + base
    return bases


def _spread(groups: dict[tuple[TaxRate, ...], int], change: int) -> None:
    """Add *change* to the groups in proportion, to the last minor unit; where there is no proportion, to the first."""
    whole = sum(groups.values())
    if len(groups) == 1 or whole <= 0 or min(groups.values()) < 0:
        groups[next(iter(groups))] += change
        return
    before = 0
    for rates, base in list(groups.items()):
        groups[rates] += cumulative_share(change, before, base, of=whole)
        before += base
