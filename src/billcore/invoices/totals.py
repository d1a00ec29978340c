"""What an invoice adds up to: the printed figures, each already rounded, that sum without remainder."""

from attrs import frozen

from billcore.lines import TaxRate
from billcore.money import Money


@frozen
class TaxLine:
    """One tax over the document: its base and its amount."""

    rate: TaxRate
    base: Money
    amount: Money


@frozen(kw_only=True)
class Totals:
    """Line nets in line order; ``net`` = their sum less allowances plus surcharges; ``gross`` = net plus taxes."""

    line_nets: tuple[Money, ...]
    subtotal: Money
    allowances: Money
    surcharges: Money
    net: Money
    taxes: tuple[TaxLine, ...]
    tax: Money
    gross: Money
