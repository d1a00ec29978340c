"""Work that is not on an invoice yet, by client: how many charges, and what they come to (S3.5)."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from billcore.charges.charge import Charge, ChargeState
from billcore.charges.charging import as_line
from billcore.clients import Client
from billcore.ids import ClientId
from billcore.invoices.pricing import line_net
from billcore.money import Money
from billcore.reports.totals import per_currency


@frozen(kw_only=True)
class UnbilledCharge:
    """An open charge and what it would be billed at, before taxes and the document's allowances."""

    charge: Charge
    price: Money


@frozen(kw_only=True)
class UnbilledClient:
    """One client's open charges, oldest first, and their sum."""

    client: Client
    charges: tuple[UnbilledCharge, ...]
    total: Money

    @property
    def count(self) -> int:
        return len(self.charges)


@frozen(kw_only=True)
class Unbilled:
    """All unbilled work, clients by name; ``totals`` has each currency on its own."""

    clients: tuple[UnbilledClient, ...]
    totals: tuple[Money, ...]

    @property
    def count(self) -> int:
        """What the tab shows."""
        return sum(client.count for client in self.clients)


def unbilled(charges: Iterable[Charge], clients: Mapping[ClientId, Client]) -> Unbilled:
    """The open ones of *charges*, grouped; of a charge whose claim posted only the client's part counts (S3.4)."""
    grouped: dict[ClientId, list[Charge]] = {}
    for charge in charges:
        if charge.state is ChargeState.OPEN:
            grouped.setdefault(charge.client_id, []).append(charge)
    rows = [_of_client(clients[client_id], theirs) for client_id, theirs in grouped.items()]
    rows.sort(key=lambda row: (row.client.name.casefold(), row.client.id))
    return Unbilled(clients=tuple(rows), totals=per_currency(row.total for row in rows))


def _of_client(client: Client, charges: Iterable[Charge]) -> UnbilledClient:
    ordered = sorted(charges, key=lambda charge: (charge.added_at, charge.id))
    priced = tuple(UnbilledCharge(charge=charge, price=_price(charge, client.currency)) for charge in ordered)
    return UnbilledClient(
        client=client, charges=priced, total=Money.sum((each.price for each in priced), client.currency)
    )


def _price(charge: Charge, currency: str) -> Money:
    return Money(line_net(as_line(charge), currency), currency)
