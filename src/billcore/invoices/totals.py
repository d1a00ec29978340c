"""What an invoice adds up to: the printed figures, each already rounded, that sum without remainder.

They are kept as they were worked out, in whole minor units, and told as Money: an invoice has many figures, and whoever
opens it asks for few of them.
"""

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
    """Line nets in line order; ``net`` = their sum less allowances plus surcharges; ``gross`` = net plus taxes.

    Made in minor units of *currency*, a tax of its rate, base and amount, by who checked them: ``price``, or a reader
    of what it made. Every figure is told as Money too, under its own name.
    """

    currency: str
    line_net_minors: tuple[int, ...]
    subtotal_minor: int
    allowances_minor: int
    surcharges_minor: int
    net_minor: int
    tax_minors: tuple[tuple[TaxRate, int, int], ...]
    tax_minor: int
    gross_minor: int

    @property
    def line_nets(self) -> tuple[Money, ...]:
        """Each line less its allowances plus its surcharges, without taxes."""
        return Money.each(self.line_net_minors, self.currency)

    @property
    def subtotal(self) -> Money:
        """The sum of the line nets."""
        return Money(self.subtotal_minor, self.currency)

    @property
    def allowances(self) -> Money:
        """What the document's allowances take off."""
        return Money(self.allowances_minor, self.currency)

    @property
    def surcharges(self) -> Money:
        """What the document's surcharges put on."""
        return Money(self.surcharges_minor, self.currency)

    @property
    def net(self) -> Money:
        """What is asked for before taxes."""
        return Money(self.net_minor, self.currency)

    @property
    def taxes(self) -> tuple[TaxLine, ...]:
        """One for each rate, in the order in which these first appear."""
        return tuple(
            TaxLine(rate, Money(base, self.currency), Money(amount, self.currency))
            for rate, base, amount in self.tax_minors
        )

    @property
    def tax(self) -> Money:
        """The sum of the taxes."""
        return Money(self.tax_minor, self.currency)

    @property
    def gross(self) -> Money:
        """What is asked for."""
        return Money(self.gross_minor, self.currency)
