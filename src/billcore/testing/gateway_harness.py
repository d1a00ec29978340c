"""What a contract cannot do by itself at a gateway: know its test tokens, lose an answer, sign a webhook."""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from typing import Final

from attrs import field, frozen

from billcore.ids import GatewayRef
from billcore.methods import Method
from billcore.money import Money

# Amounts that a float, or an exponent taken from the wrong table, gets wrong.
TREACHEROUS_AMOUNTS: Final = (Money(19_99, "USD"), Money(1_15, "USD"), Money(8_20, "USD"), Money(64_10, "USD"))


def _present() -> datetime:
    return datetime.now(UTC)


@frozen(kw_only=True)
class GatewayHarness:
    """The hooks of one gateway's tests. Each is optional: a check that needs a missing one is skipped by its name."""

    now: Callable[[], datetime] = _present
    """The gateway's time, where a test sets it."""
    method_kind: Method = Method.CARD
    """What the tokens stand for, where the gateway does not keep methods itself."""
    amount: Money = Money(100_00, "USD")
    """What a test pays: an even number of minor units, large enough to be refunded in parts."""
    amounts: tuple[Money, ...] = TREACHEROUS_AMOUNTS
    """Further amounts that must come back to the last minor unit; add one of each exponent the gateway takes."""
    refused_amount: Money | None = None
    """One that the gateway cannot take: a currency, a size."""

    good_token: str | None = None
    """A method that is charged at once; every harness should know one."""
    declined_token: str | None = None
    """A method that is kept, and declined when charged."""
    unattachable_token: str | None = None
    """A method that is refused when it is attached."""
    pending_token: str | None = None
    """A method whose charge is pending at first."""
    action_token: str | None = None
    """A method whose charge asks for the client."""

    settle: Callable[[GatewayRef], object] | None = None
    """Let a pending payment succeed."""
    fail: Callable[[GatewayRef], object] | None = None
    """Let a pending payment fail."""
    delay_fee: Callable[[], object] | None = None
    """Let the fee of the next payment be unknown at first."""
    lose_charge_answer: Callable[[], object] | None = None
    """Let the next charge or confirmation arrive, and its answer be lost."""
    lose_refund_answer: Callable[[], object] | None = None
    """Let the next refund arrive, and its answer be lost."""
    unreachable: Callable[[], AbstractContextManager[object]] | None = None
    """Refuse every connection for as long as the block lasts."""
    count_payments: Callable[[], int] | None = None
    """How many payments took money, by the gateway's own books: a second road beside the answers."""

    client_pays: Callable[[GatewayRef], object] | None = None
    """Pay on a hosted page as the client would."""
    webhook: Callable[[GatewayRef], tuple[bytes, Mapping[str, str]]] | None = None
    """A genuine request about this payment: body and headers as they come over the wire."""
    unknown_webhook: Callable[[], tuple[bytes, Mapping[str, str]]] | None = None
    """A genuine request whose event is of a kind that the gateway package does not know."""
    sign: Callable[[bytes, datetime], Mapping[str, str]] | None = None
    """The headers that the provider would send with this body, signed at that moment."""
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Keys and secrets the gateway was given; they must not show."""
