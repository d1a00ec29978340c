"""What happens to the firm, its catalog, its clients, their saved methods, and work not yet invoiced."""

from attrs import field, frozen

from billcore.events.happened import Happened, Part
from billcore.ids import CatalogItemId, ChargeId, ClientId, MethodId
from billcore.methods import Method
from billcore.money import Money


@frozen(kw_only=True)
class FirmOpened(Happened):
    currency: str
    policy_name: str


@frozen(kw_only=True)
class FirmChanged(Happened):
    policy_name: str


@frozen(kw_only=True)
class OfCatalogItem(Happened):
    item_id: CatalogItemId


@frozen(kw_only=True)
class CatalogItemAdded(OfCatalogItem):
    pass


@frozen(kw_only=True)
class CatalogItemChanged(OfCatalogItem):
    pass


@frozen(kw_only=True)
class CatalogItemRetired(OfCatalogItem):
    pass


@frozen(kw_only=True)
class OfClient(Happened):
    client_id: ClientId


@frozen(kw_only=True)
class ClientAdded(OfClient):
    currency: str


@frozen(kw_only=True)
class ClientChanged(OfClient):
    pass


@frozen(kw_only=True)
class MethodAttached(OfClient):
    """``is_first`` tells the host to offer paying open invoices with it (S1.48)."""

    method_id: MethodId
    kind: Method
    is_first: bool


@frozen(kw_only=True)
class MethodDetached(OfClient):
    method_id: MethodId


@frozen(kw_only=True)
class MethodMadeDefault(OfClient):
    """From now on this one is charged where none is named."""

    method_id: MethodId


@frozen(kw_only=True)
class BackfillOffered(OfClient):
    """The client was asked to pay open invoices at once, ``parts`` of them (S1.50)."""

    parts: tuple[Part, ...]


@frozen(kw_only=True)
class BackfillAccepted(OfClient):
    """The client confirmed; what is charged then are payments of their own."""

    method_id: MethodId
    parts: tuple[Part, ...]


@frozen(kw_only=True)
class BackfillDeclined(OfClient):
    pass


@frozen(kw_only=True)
class OfCharge(Happened):
    charge_id: ChargeId


@frozen(kw_only=True)
class ChargeAdded(OfCharge):
    client_id: ClientId


@frozen(kw_only=True)
class ChargeChanged(OfCharge):
    pass


@frozen(kw_only=True)
class ChargeDiscarded(OfCharge):
    reason: str = field(repr=False)


@frozen(kw_only=True)
class ChargeWrittenOff(OfCharge):
    """Billable work that will not be billed: no money moves, for none was asked for."""

    reason: str = field(repr=False)


@frozen(kw_only=True)
class ClaimPosted(OfCharge):
    """The payer decided; ``client_part`` is left to the client, and the rest is no business of these books."""

    client_part: Money
