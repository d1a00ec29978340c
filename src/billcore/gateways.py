"""Find a gateway by name: those handed to ``Billing``, and the classes that installed packages offer. Lazy and loud."""

from collections.abc import Iterable, Mapping
from typing import Protocol, TypeVar, runtime_checkable

from billcore.errors import UnknownGateway, UnsupportedByGateway
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
    if not isinstance(gateway, kind):
        raise UnsupportedByGateway(f"gateway {gateway.name!r} is no {kind.__name__}")
    return gateway


def installed() -> Mapping[str, str]:
    """The gateway classes that installed packages offer, by name, as ``module:class``; nothing is imported."""
    # It brings the library's mail, sockets and archives along, a tenth of what all of billcore costs to import.
    from importlib.metadata import entry_points

    return {entry.name: entry.value for entry in entry_points(group=ENTRY_POINTS)}
