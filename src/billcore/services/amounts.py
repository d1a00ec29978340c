"""Amounts as callers give them: Money, a Decimal or a plain string in the currency at hand, or none for the default."""

from decimal import Decimal

from billcore.errors import BadMoney, CurrencyMismatch
from billcore.money import Money

Amount = Money | Decimal | str


def amount_in(currency: str, amount: Amount) -> Money:
    """The amount as Money; an int is refused, for 200 could mean dollars or cents."""
    if isinstance(amount, Money):
        if amount.currency != currency:
            raise CurrencyMismatch(f"asked for {amount}, the currency here is {currency}")
        return amount
    if not isinstance(amount, (str, Decimal)) or isinstance(amount, bool):
        raise BadMoney(f"an amount is Money, a Decimal or a string such as '200.00', not {type(amount).__name__}")
    return Money.of(amount, currency)


def written(amount: Amount | None) -> str | None:
    """The amount as it takes part in a request's fingerprint."""
    if amount is None:
        return None
    return str(amount.amount if isinstance(amount, Money) else amount)
