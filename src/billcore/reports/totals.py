"""Amounts added up, each currency on its own: money of two currencies has no sum."""

from collections.abc import Iterable

from billcore.money import Money


def per_currency(amounts: Iterable[Money]) -> tuple[Money, ...]:
    """The sum in each currency that occurs, in order of its code; of nothing, nothing.

    >>> per_currency([Money(1_00, "USD"), Money(2_00, "EUR"), Money(3_00, "USD")])
    (Money(200, 'EUR'), Money(400, 'USD'))
    """
    minor: dict[str, int] = {}
    for amount in amounts:
        minor[amount.currency] = minor.get(amount.currency, 0) + amount.minor
    return tuple(Money(minor[currency], currency) for currency in sorted(minor))
