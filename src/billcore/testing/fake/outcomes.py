"""What can happen to a request at the fake gateway, and which token of a method makes what happen.

An outcome is what the bank, the client or the network does: ``Succeed``, ``Decline``, ``Wait``, ``AskClient``,
``Reject``; around one, ``Silence`` loses the answer, and ``Down`` refuses the connection.
"""

from collections.abc import Mapping
from datetime import timedelta
from types import MappingProxyType
from typing import Final

from attrs import field, frozen

from billcore.methods import Method
from billcore.ports.gateway import RejectedBecause
from billcore.reasons import Retry

CLEARING: Final = timedelta(days=3)
"""How long a bank transfer takes when a token or a script does not say otherwise."""


@frozen(kw_only=True)
class Succeed:
    """It works. ``undone_after``: a bank takes it back later, as the return of a payment or the failure of a refund."""

    undone_after: timedelta | None = None


@frozen
class Decline:
    """It is refused.

    A declined payment stays at the gateway, where the client could still complete it, unless it ``is_final``; one
    that is refused after it was pending is always final. A declined refund was accepted and then failed at the bank.
    """

    code: str = "card_declined"
    provider_code: str | None = None
    retry: Retry = Retry.NEW_METHOD
    is_final: bool = False


@frozen(kw_only=True)
class Wait:
    """It is on its way for so long, then ``then``; with ``after=None`` until ``settle`` or ``fail`` is called."""

    then: Succeed | Decline = field(factory=Succeed)
    after: timedelta | None = CLEARING


@frozen(kw_only=True)
class AskClient:
    """The client must act first: ``client_acts`` then plays ``then``."""

    then: Succeed | Decline | Wait = field(factory=Succeed)


@frozen
class Reject:
    """A refund is not accepted at all."""

    because: RejectedBecause = RejectedBecause.OTHER


@frozen(kw_only=True)
class Silence:
    """No answer is heard. Behind it ``then`` happened, or with None the request never arrived."""

    then: "ChargeAct | RefundAct | None"


@frozen(kw_only=True)
class Down:
    """The connection is refused: certainly nothing happened."""

    retry_after: int | None = None


ChargeAct = Succeed | Decline | Wait | AskClient
RefundAct = Succeed | Decline | Wait | Reject
Act = Succeed | Decline | Wait | AskClient | Reject
ChargeOutcome = ChargeAct | Silence | Down
RefundOutcome = RefundAct | Silence | Down
CallOutcome = Succeed | Silence | Down
"""Of a call that moves no money: attach, detach, checkout, setup, prepare."""


@frozen(kw_only=True)
class Instrument:
    """What a token stands for: the method a person would recognise, and what happens when it is charged."""

    kind: Method
    brand: str
    last4: str
    outcome: ChargeAct
    is_attachable: bool = True


def _card(last4: str, outcome: ChargeAct, *, brand: str = "visa", is_attachable: bool = True) -> Instrument:
    return Instrument(kind=Method.CARD, brand=brand, last4=last4, outcome=outcome, is_attachable=is_attachable)


def _bank(last4: str, outcome: ChargeAct) -> Instrument:
    return Instrument(kind=Method.ACH, brand="test bank", last4=last4, outcome=outcome)


TOKENS: Final[Mapping[str, Instrument]] = MappingProxyType(
    {
        "card_ok": _card("4242", Succeed()),
        "card_mastercard": _card("4444", Succeed(), brand="mastercard"),
        "card_declined": _card("0002", Decline("card_declined")),
        "card_insufficient_funds": _card("9995", Decline("insufficient_funds", retry=Retry.LATER)),
        "card_expired": _card("0069", Decline("expired_card")),
        "card_stolen": _card("9979", Decline("stolen_card", retry=Retry.NEVER)),
        "card_requires_action": _card("3155", AskClient()),
        "card_pending": _card("0077", Wait(after=None)),
        "card_not_attachable": _card("0341", Decline("card_declined"), is_attachable=False),
        "ach_ok": _bank("6789", Wait(then=Succeed())),
        "ach_fails": _bank("1116", Wait(then=Decline("insufficient_funds", provider_code="R01"))),
        "ach_returns": _bank("2227", Wait(then=Succeed(undone_after=CLEARING))),
    }
)
"""Every token the fake knows, like the test cards of a real gateway."""
