"""The line to the fake gateway: what the next request meets, and what the gateway remembers of the ones before."""

from collections import deque
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Generic, TypeVar, assert_never

from attrs import frozen

from billcore.errors import GatewayRequestInvalid, GatewayUnavailable
from billcore.ports.gateway import Unknown
from billcore.testing.fake.outcomes import Act, AskClient, Decline, Down, Reject, Silence, Succeed, Wait

Outcome = Act | Silence | Down
Answer = TypeVar("Answer")


@frozen(kw_only=True)
class Reach:
    """How far a request comes: whether it arrives, what is scripted to happen then, and whether the answer is heard."""

    arrives: bool = True
    act: Act | None = None
    is_heard: bool = True


class FakeLine:
    """Scripted outcomes, one queue for each verb; a request that nothing is scripted for arrives and is heard."""

    def __init__(self) -> None:
        self.is_down = False
        self._scripts: dict[str, deque[Outcome]] = {}

    def script(self, verb: str, outcomes: Sequence[Outcome]) -> None:
        """Add to what the next requests of this verb meet."""
        self._scripts.setdefault(verb, deque()).extend(outcomes)

    def reach(self, verb: str) -> Reach:
        """What this request meets; ``GatewayUnavailable`` when the connection is refused."""
        queue = self._scripts.get(verb)
        if not queue:
            return Reach()
        match queue.popleft():
            case Down(retry_after=retry_after):
                raise GatewayUnavailable("the fake gateway refuses the connection", retry_after=retry_after)
            case Silence(then=None):
                return Reach(arrives=False, is_heard=False)
            case Silence(then=act):
                return Reach(act=act, is_heard=False)
            case (Succeed() | Decline() | Wait() | AskClient() | Reject()) as act:
                return Reach(act=act)
            case outcome:
                assert_never(outcome)


def silence() -> Unknown:
    """What the caller is left with when no answer is heard."""
    return Unknown(reason="no answer from the fake gateway")


class Answers(Generic[Answer]):
    """What was answered to which request, for as long as the gateway remembers it."""

    def __init__(self, window: timedelta | None) -> None:
        self._window = window
        self._given: dict[str, tuple[object, datetime, Answer]] = {}

    def recall(self, key: str, request: object, now: datetime) -> Answer | None:
        """The first answer to this key, or None; the key with another request is ``GatewayRequestInvalid``."""
        if self._window is None or key not in self._given:
            return None
        first, at, answer = self._given[key]
        if now > at + self._window:
            return None
        if first != request:
            raise GatewayRequestInvalid(
                "this operation id was used for a request with other parameters",
                field="operation_id",
                provider_code="idempotency_mismatch",
            )
        return answer

    def keep(self, key: str, request: object, now: datetime, answer: Answer) -> Answer:
        """Remember and return the answer."""
        self._given[key] = (request, now, answer)
        return answer
