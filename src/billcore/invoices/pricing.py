"""From lines to totals, in the order of EN 16931: each line is rounded once, each tax once per rate on its summed base.

Money stands at the edges only; in between are whole minor units, so that nothing is rounded twice and nothing is slow.
"""

from collections.abc import Sequence
from decimal import Decimal

from billcore.currencies import exponent
from billcore.decimals import EXACT, Rounding, round_minor
from billcore.errors import BadLine, CurrencyMismatch, NegativeTotal
from billcore.invoices.totals import TaxLine, Totals
from billcore.lines import Allowance, LineItem, Surcharge, TaxRate
from billcore.money import Money, cumulative_share


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
    digits = exponent(currency)
    nets = [_net(line, digits, currency) for line in lines]
    subtotal = sum(nets)
    allowance = sum(_amount(allowance, subtotal, currency) for allowance in allowances)
    surcharge = sum(_amount(surcharge, subtotal, currency) for surcharge in surcharges)
    net = subtotal - allowance + surcharge
    taxes = [
        (rate, base, _percent_of(base, rate.percent))
        for rate, base in _bases(lines, nets, surcharge - allowance).items()
    ]
    tax = sum(amount for _, _, amount in taxes)
    if net < 0 or net + tax < 0:
        raise NegativeTotal(
            f"the document comes to {Money(net, currency)} before taxes and {Money(net + tax, currency)} with them; "
            "neither may be below zero, give the client money back with a credit note"
        )
    return Totals(
        line_nets=tuple(Money(minor, currency) for minor in nets),
        subtotal=Money(subtotal, currency),
        allowances=Money(allowance, currency),
        surcharges=Money(surcharge, currency),
        net=Money(net, currency),
        taxes=tuple(TaxLine(rate, Money(base, currency), Money(amount, currency)) for rate, base, amount in taxes),
        tax=Money(tax, currency),
        gross=Money(net + tax, currency),
    )


def line_net(line: LineItem, currency: str) -> int:
    """One line's price in minor units: less its allowances, plus its surcharges, without taxes."""
    return _net(line, exponent(currency), currency)


def _net(line: LineItem, digits: int, currency: str) -> int:
    gross = round_minor(EXACT.multiply(line.quantity, line.unit_price), digits, Rounding.HALF_UP)
    if not line.allowances and not line.surcharges:
        return gross
    # Both stand on the line's gross, as they are printed; they do not compound.
    lowered = sum(_amount(allowance, gross, currency) for allowance in line.allowances)
    raised = sum(_amount(surcharge, gross, currency) for surcharge in line.surcharges)
    return gross - lowered + raised


def _amount(change: Allowance | Surcharge, base: int, currency: str) -> int:
    if change.percent is not None:
        return _percent_of(base, change.percent)
    if change.amount is None:
        raise BadLine("an allowance or surcharge needs either a percent or an amount")
    if change.amount.currency != currency:
        raise CurrencyMismatch(f"the document is in {currency}, an allowance or surcharge is {change.amount}")
    return change.amount.minor


def _percent_of(base: int, percent: Decimal) -> int:
    return round_minor(EXACT.multiply(Decimal(base), EXACT.scaleb(percent, -2)), 0, Rounding.HALF_UP)


def _bases(lines: Sequence[LineItem], nets: Sequence[int], change: int) -> dict[TaxRate, int]:
    """The base of each tax rate, after the document's *change* is spread over the lines by their taxes."""
    groups: dict[tuple[TaxRate, ...], int] = {}
    for line, net in zip(lines, nets, strict=True):
        groups[line.taxes] = groups.get(line.taxes, 0) + net
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
    if whole <= 0 or min(groups.values()) < 0:
        groups[next(iter(groups))] += change
        return
    before = 0
    for rates, base in list(groups.items()):
        groups[rates] += cumulative_share(change, before, base, of=whole)
        before += base
