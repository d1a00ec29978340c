"""The door as one account uses it: every call and every reference names the account it is for."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final, TypeVar

from attrs import frozen

from billcore.errors import GatewayProblem, GatewayRequestInvalid, GatewayUnavailable, InvalidInput
from billcore.ids import GatewayRef
from billcore.ports.gateway import Unknown
from billcore_stripe.client import Answer, Door, Request, Silence
from billcore_stripe.records import Record, UnreadableAnswer

Told = TypeVar("Told")

NOT_UNDERSTOOD: Final = (UnreadableAnswer, InvalidInput)
"""What reading an answer may raise: a field that is not there, or a value that billcore's own records refuse."""


@frozen
class Binding:
    """One account of Stripe's, reached through a door that others use too."""

    account: str | None
    door: Door

    def send(self, request: Request) -> Answer | Silence:
        return self.door.send(request, self.account)

    def read(self, request: Request) -> Record:
        return self.door.read(request, self.account)

    def pages(self, request: Request) -> Iterator[Record]:
        return self.door.pages(request, self.account)

    def tell(self, request: Request, interpret: Callable[[Answer], Told]) -> Told | Unknown:
        """Make a call that changes something; Unknown where its answer did not come or cannot be understood."""
        answer = self.send(request)
        if isinstance(answer, Silence):
            return unknown(answer)
        try:
            return interpret(answer)
        except NOT_UNDERSTOOD as problem:
            return Unknown(reason=str(problem))

    def ref(self, id_: str) -> GatewayRef:
        return GatewayRef("stripe", self.account, id_)

    def check(self, gateway: str, account: str | None) -> None:
        """Raise GatewayRequestInvalid unless that is this account: an id means nothing in another one."""
        if (gateway, account) != ("stripe", self.account):
            raise GatewayRequestInvalid(
                f"asked for an object of {gateway} in account {account}, this gateway is stripe in account "
                f"{self.account}: use for_account('acct_…')",
                field="account",
            )


def read_again(read: Callable[[], Told]) -> Told:
    """The present state of what an answer was about; a failed read leaves the answer's outcome in doubt.

    It must not surface as the read's own error, which would claim that nothing had happened.
    """
    try:
        return read()
    except GatewayProblem as problem:
        reason = str(problem)
    raise UnreadableAnswer(f"answered before, and not readable now: {reason}")


def unknown(silence: Silence) -> Unknown:
    return Unknown(reason=silence.reason, retry_after=silence.retry_after)


@contextmanager
def reading() -> Iterator[None]:
    """Where nothing was to change: an answer that cannot be understood is like no answer, GatewayUnavailable."""
    try:
        yield
        return
    except NOT_UNDERSTOOD as problem:
        reason = str(problem)
    raise GatewayUnavailable(f"Stripe's answer could not be read: {reason}")
