"""Whoever is on the other side of a trial: a gateway, and behind it a bank with books of its own that can be asked."""

from collections.abc import Callable, Sequence
from typing import Protocol

from tests.faults.bank import Hooks, RemoteGateway, nothing
from tests.faults.stripe_bank import StripeBank
from tests.faults.sums import Sums

from billcore.ids import GatewayRef
from billcore.payments.observation import PaymentSnapshot
from billcore.ports.gateway import Gateway


class Counterparty(Protocol):
    """The fake bank or the Stripe stand-in, in a process that outlives the workers."""

    @property
    def name(self) -> str:
        """The gateway's."""

    @property
    def gateway(self) -> Gateway:
        """What billcore is given."""

    @property
    def gateways(self) -> Sequence[Gateway]:
        """It, and the others that the same bank is behind."""

    def restart(self) -> None:
        """Forget the weather and the time; the stand-in forgets everything."""

    def storm(self) -> None:
        """From now on any request may meet anything."""

    def calm(self) -> None:
        """From now on every request is answered."""

    def meet(self, verb: str, weather: object) -> None:
        """What the next ``charge`` or ``refund`` meets."""

    def waits(self, weather: object) -> bool:
        """Whether what met that weather is decided by the bank alone, later."""

    def token(self, word: str) -> str:
        """The handle of a method that is ``ok``, ``pending``, ``declined`` or ``requires_action``."""

    def hooks(self, firm: str, count: int = 0) -> Hooks:
        """Signed requests with *count* events, new ones and some told before, or with all that are untold."""

    def forgeries(self, firm: str) -> Hooks:
        """Requests that nobody signed, signed otherwise, or changed after they were signed."""

    def decide(self, firm: str, succeeds: bool) -> None:
        """The oldest pending payment and refund of that firm are decided."""

    def refund_some(self, ref: GatewayRef) -> str:
        """Somebody refunds 2.00 in the gateway's dashboard, where that is possible."""

    def contest_some(self, ref: GatewayRef, amount: int) -> str:
        """The client contests so many cents of a payment, or an open contest is decided, where that is possible."""

    def pay_a_page(self, firm: str) -> str:
        """A client pays on the hosted page that was opened last, where one is open."""

    def be_later(self, minutes: int) -> None:
        """The bank's clock is so much ahead of the machine's."""

    def payments_of(self, firm: str) -> tuple[PaymentSnapshot, ...]:
        """What the bank's books say of that firm."""

    def audit(self, firm: str) -> tuple[Sums, list[str]]:
        """The bank's sums of that firm, and what is wrong in its own books."""


def counterparty(address: str, name: str, point: Callable[[], None] = nothing) -> Counterparty:
    """The one that is called *name*; ``point`` is called around each request and its answer."""
    if name == StripeBank.name:
        return StripeBank(address, point)
    return RemoteGateway(address, name, point)
