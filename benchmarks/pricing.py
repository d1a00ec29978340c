"""Ten lines, a discount and two taxes: billcore's totals against bare decimals, in seconds of the processor.

The floor knows the gross and nothing else: no net of a line, no base and amount of a tax, no currency, no bounds. Its
lines are there already, as billcore's are; what it costs to make and check lines of text is told beside it.
"""

import time
from collections.abc import Iterator
from decimal import ROUND_HALF_UP, Decimal

from benchmarks.timing import Row, compare

from billcore import LineItem, TaxRate
from billcore.invoices.pricing import price
from billcore.lines import Allowance

TIMES = 200
ROUNDS = 99
"""Short and many: the machine's pace changes within a second, and must be the same for both."""
QUANTITIES = [Decimal(f"{number}.25") for number in range(1, 11)]
PRICES = [Decimal(f"{number * 17}.35") for number in range(1, 11)]
CENT = Decimal("0.01")


def bare(quantities: list[Decimal], prices: list[Decimal]) -> Decimal:
    """What anybody would write, with the same figures at the end."""
    subtotal = Decimal(0)
    for quantity, unit_price in zip(quantities, prices, strict=True):
        subtotal += (quantity * unit_price).quantize(CENT, ROUND_HALF_UP)
    discount = (subtotal * Decimal("0.10")).quantize(CENT, ROUND_HALF_UP)
    net = subtotal - discount
    state = (net * Decimal("0.07")).quantize(CENT, ROUND_HALF_UP)
    city = (net * Decimal("0.025")).quantize(CENT, ROUND_HALF_UP)
    return net + state + city


def in_memory() -> Iterator[Row]:
    """The same totals, on both roads."""
    taxes = (TaxRate(name="State", percent="7"), TaxRate(name="City", percent="2.5"))
    discounts = [Allowance(percent="10")]
    texts = [(str(quantity), str(unit_price)) for quantity, unit_price in zip(QUANTITIES, PRICES, strict=True)]

    def read() -> list[LineItem]:
        return [
            LineItem(description="Advice", quantity=quantity, unit_price=unit_price, taxes=taxes)
            for quantity, unit_price in texts
        ]

    lines = read()
    assert price(lines, discounts, (), "USD").gross.amount == bare(QUANTITIES, PRICES), "the two roads must agree"

    def ours() -> None:
        for _ in range(TIMES):
            _ = price(lines, discounts, (), "USD").gross

    def floor() -> None:
        for _ in range(TIMES):
            bare(QUANTITIES, PRICES)

    def ours_read() -> None:
        for _ in range(TIMES):
            _ = price(read(), discounts, (), "USD").gross

    def floor_read() -> None:
        for _ in range(TIMES):
            bare([Decimal(quantity) for quantity, _ in texts], [Decimal(unit_price) for _, unit_price in texts])

    clock = time.process_time
    workload = "price 10 lines, a discount, two taxes"
    yield compare(workload, ours=ours, floor=floor, reach=3, rounds=ROUNDS, pieces=TIMES, clock=clock)
    workload = "the same, the lines made of text first"
    yield compare(workload, ours=ours_read, floor=floor_read, reach=None, rounds=ROUNDS, pieces=TIMES, clock=clock)
