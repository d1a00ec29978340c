"""Find a gateway by name, lazy and loud, and refuse up front what its capabilities rule out.

Gateways are those handed to ``Billing``, and the classes that installed packages offer.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from functools import cache
from typing import Protocol, TypeVar, cast, runtime_checkable

from billcore.errors import BadMoney, UnknownGateway, UnsupportedByGateway
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.payment import Payment
from billcore.ports.gateway import Gateway
from billcore.texts import optional_text, text

ENTRY_POINTS = "billcore.gateways"

Kind = TypeVar("Kind", bound=Gateway)


@runtime_checkable
class _ManyAccounts(Protocol):
    def for_account(self, account: str) -> Gateway: ...


class Gateways:
    """The gateways of one program, by name; a connected account is bound on demand."""

    def __init__(self, gateways: Iterable[Gateway]) -> None:
        self._by_name: dict[str, Gateway] = {}
        for gateway in gateways:
            if not isinstance(gateway, Gateway):
                raise UnknownGateway(
                    f"{type(gateway).__name__} is not a gateway: it needs name, account and capabilities"
                )
            if gateway.name in self._by_name:
                raise UnknownGateway(f"two gateways are called {gateway.name!r}; names must differ")
            self._by_name[gateway.name] = gateway

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self._by_name)

    def get(self, name: str, account: str | None = None) -> Gateway:
        """The gateway of that name, bound to *account*; UnknownGateway names those there are."""
        text(name, "gateway", longest=100)
        optional_text(account, "account", longest=200)
        gateway = self._by_name.get(name)
        if gateway is None:
            known = ", ".join(sorted(self._by_name)) or "none"
            raise UnknownGateway(
                f"no gateway is called {name!r}; registered: {known}. Pass it in Billing(gateways=[...])"
            )
        if account == gateway.account:
            return gateway
        if account is None or not isinstance(gateway, _ManyAccounts):
            raise UnknownGateway(f"gateway {name!r} is not bound to that account and cannot be bound to it")
        return gateway.for_account(account)


def offering(gateway: Gateway, kind: type[Kind]) -> Kind:
    """The gateway as one that implements *kind*, or UnsupportedByGateway."""
    if not all(callable(getattr(gateway, name, None)) for name in _methods(kind)):
        raise UnsupportedByGateway(f"gateway {gateway.name!r} is no {kind.__name__}")
    return cast(Kind, gateway)


@cache
def _methods(kind: type[Gateway]) -> tuple[str, ...]:
    """What a gateway of that kind can do: ``isinstance`` gathers it from the Protocol anew each time it is asked."""
    return tuple(name for name in dir(kind) if not name.startswith("_") and callable(getattr(kind, name)))


def require_methods_kept(gateway: Gateway) -> None:
    """Refuse with UnsupportedByGateway to save a method where the gateway keeps none."""
    if not gateway.capabilities.saved_methods:
        raise UnsupportedByGateway(f"gateway {gateway.name!r} keeps no methods; let the client pay on its own page")


def require_hosted_page(gateway: Gateway) -> None:
    """Refuse with UnsupportedByGateway a hosted page where the gateway has none."""
    if not gateway.capabilities.hosted_checkout:
        raise UnsupportedByGateway(f"gateway {gateway.name!r} has no hosted page; charge a saved method instead")


def require_method(gateway: Gateway, method: Method) -> None:
    """Refuse with UnsupportedByGateway a kind of method that the gateway does not charge."""
    if method not in gateway.capabilities.methods:
        allowed = ", ".join(sorted(each.value for each in gateway.capabilities.methods))
        raise UnsupportedByGateway(f"gateway {gateway.name!r} charges {allowed}, not {method.value}")


def require_platform_fee(gateway: Gateway, fee: Money | None, amount: Money) -> None:
    """Refuse a platform fee with UnsupportedByGateway where there are none, with BadMoney where it is no part.

    In another currency than the amount it is CurrencyMismatch.
    """
    if fee is None:
        return
    if not gateway.capabilities.platform_fees:
        raise UnsupportedByGateway(
            f"gateway {gateway.name!r} takes no platform fee here; bind it to the firm's connected account"
        )
    if not fee.is_positive or fee > amount:
        raise BadMoney(f"asked for a platform fee of {fee} on {amount}; it must be a part of the amount")


def require_refund(
    gateway: Gateway, payment: Payment, amount: Money, *, return_platform_fee: bool, at: datetime
) -> None:
    """Refuse with UnsupportedByGateway, before anything is asked, a refund that the gateway's capabilities rule out."""
    can = gateway.capabilities
    by_hand = "; settle it by hand with through_gateway=False"
    if not can.partial_refunds and amount != payment.amount:
        raise UnsupportedByGateway(
            f"gateway {gateway.name!r} refunds whole payments only: {payment.amount}, not {amount}{by_hand}"
        )
    if not can.multiple_refunds and (payment.refunded + payment.refund_reserved).is_positive:
        raise UnsupportedByGateway(f"gateway {gateway.name!r} refunds a payment once, and this one was{by_hand}")
    completed_at = payment.completed_at
    if can.refund_within is not None and completed_at is not None and at > completed_at + can.refund_within:
        raise UnsupportedByGateway(
            f"gateway {gateway.name!r} refunds within {can.refund_within.days} days, and this payment completed "
            f"on {completed_at.date()}{by_hand}"
        )
    if return_platform_fee and not can.platform_fees:
        raise UnsupportedByGateway(f"gateway {gateway.name!r} has no platform fees to give back here")


def installed() -> Mapping[str, str]:
    """The gateway classes that installed packages offer, by name, as ``module:class``; nothing is imported."""
    # It brings the library's mail, sockets and archives along, a tenth of what all of billcore costs to import.
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}
