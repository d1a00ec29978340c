"""How money changes hands: the kinds of payment, and a client's saved methods as references, never numbers."""

from collections.abc import Iterable
from datetime import date, datetime
from enum import Enum

from attrs import field, frozen

from billcore.ids import ClientId, FirmId, GatewayRef, MethodId


class Method(Enum):
    """The way a payment was made (S1.44, S3.24)."""

    CASH = "cash"
    CHECK = "check"
    WIRE = "wire"
    ACH = "ach"
    CARD = "card"
    OTHER = "other"


@frozen(kw_only=True)
class SavedMethod:
    """A card or bank account kept at a gateway (S0.5, S1.21): what a person recognises it by, and where it lives.

    ``customer`` is the gateway's own record of the client, to which the method is bound. ``expires_on`` is a card's
    last good day, as its gateway told it. ``chosen_at`` is when it was last made the client's default.
    """

    id: MethodId
    firm_id: FirmId
    client_id: ClientId
    kind: Method
    ref: GatewayRef
    customer: GatewayRef | None
    brand: str | None = None
    last4: str | None = field(default=None, repr=False)
    expires_on: date | None = None
    attached_at: datetime
    detached_at: datetime | None = None
    chosen_at: datetime | None = None
    version: int = 0

    @property
    def is_active(self) -> bool:
        """Whether it may still be charged; a card's expiry is the gateway's to judge."""
        return self.detached_at is None

    def is_expired(self, on: date) -> bool:
        """Whether its last good day is past: auto-pay leaves it alone, a person may still try it."""
        return self.expires_on is not None and on > self.expires_on


def default_of(methods: Iterable[SavedMethod]) -> SavedMethod | None:
    """The one that is charged where none is named: the active one chosen last, else the oldest; None without any."""
    active = [method for method in methods if method.is_active]
    chosen = [(method.chosen_at, method.id, method) for method in active if method.chosen_at is not None]
    if chosen:
        return max(chosen, key=lambda each: each[:2])[2]
    return min(active, key=lambda method: (method.attached_at, method.id), default=None)
