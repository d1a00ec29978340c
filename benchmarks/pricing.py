"""Ten lines, a discount and two taxes: billcore's totals against bare decimals."""

from decimal import ROUND_HALF_UP, Decimal

from benchmarks.timing import Row, compare

from billcore import LineItem, TaxRate
from billcore.invoices.pricing import price
from billcore.lines import Allowance

TIMES = 2000
QUANTITIES = [Decimal(f"{number}.25") for number in range(1, 11)]
PRICES = [Decimal(f"{number * 17}.35") for number in range(1, 11)]
CENT = Decimal("0.01")


def bare() -> Decimal:
    """What anybody would write, with the same figures at the end."""
    subtotal = Decimal(0)
    for quantity, unit_price in zip(QUANTITIES, PRICES, strict=True):
        subtotal += (quantity * unit_price).quantize(CENT, ROUND_HALF_UP)
    discount = (subtotal * Decimal("0.10")).quantize(CENT, ROUND_HALF_UP)
    net = subtotal - discount
    state = (net * Decimal("0.07")).quantize(CENT, ROUND_HALF_UP)
    city = (net * Decimal("0.025")).quantize(CENT, ROUND_HALF_UP)
    return net + state + city


def in_memory() -> Row:
    """The same totals, on both roads."""
    taxes = (TaxRate(name="State", percent="7"), TaxRate(name="City", percent="2.5"))
    lines = [
        LineItem(description="Advice", quantity=quantity, unit_price=unit_price, taxes=taxes)
        for quantity, unit_price in zip(QUANTITIES, PRICES, strict=True)
    ]
    discounts = [Allowance(percent="10")]
    assert price(lines, discounts, (), "USD").gross.amount == bare(), "the two roads must agree"

    def ours() -> None:
        for _ in range(TIMES):
            price(lines, discounts, (), "USD")

    def floor() -> None:
        for _ in range(TIMES):
            bare()

    return compare("price 10 lines, a discount, two taxes", ours=ours, floor=floor, reach=3, pieces=TIMES)
