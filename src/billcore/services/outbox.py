"""Hand events to the host's subscriber: at least once, and in order for each record."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from attrs import frozen

from billcore.errors import BadNumber, InvalidInput
from billcore.ids import FirmId
from billcore.kinds import of_kind
from billcore.ports.store import Undelivered
from billcore.recorded import RecordedEvent
from billcore.services.house import House

CHUNK: Final = 50
"""How many streams are claimed at once."""
LEASE: Final = timedelta(minutes=3)
"""How long a stream is a worker's alone: longer than a subscriber takes for some events."""
SHORTEST_REST: Final = timedelta(seconds=1)
LONGEST_REST: Final = timedelta(hours=1)

Handler = Callable[[FirmId, RecordedEvent], None]


@frozen(kw_only=True)
class Delivered:
    """``failed`` are the errors of the handler, by stream.

    Their events, and later ones of the same record, come again after a second, then twice as long, to an hour.
    """

    delivered: int = 0
    failed: tuple[tuple[str, Exception], ...] = ()


class Outbox:
    """Delivers what was committed; a consumer tells duplicates by the event's position."""

    def __init__(self, house: House) -> None:
        self._house = house

    def deliver(self, handler: Handler, *, limit: int = 500) -> Delivered:
        """Call *handler* for each event not delivered yet.

        One that raises keeps back its own record's events, nobody else's.
        """
        if not callable(handler):
            raise InvalidInput(f"handler must be a function of a firm's id and an event, not {type(handler).__name__}")
        if of_kind(limit, int, "limit", BadNumber) < 1:
            raise BadNumber(f"limit must be at least 1, asked for {limit}")
        self._house.require_no_unit_of_work()
        delivered = 0
        failed: dict[str, Exception] = {}
        while delivered < limit and (streams := self._claim(min(CHUNK, limit - delivered))):
            for (firm_id, stream), events in streams.items():
                error = None
                for waiting in events:
                    error = self._hand_over(handler, waiting)
                    if error is not None:
                        failed[f"{firm_id}/{stream}"] = error
                        break
                    delivered += 1
                rest = None if error is None else self._house.clock.now() + _rest(events[0].tries)
                self._house.store.put_off_stream(firm_id, stream, until=rest)
        return Delivered(delivered=delivered, failed=tuple(failed.items()))

    def _claim(self, limit: int) -> dict[tuple[FirmId, str], list[Undelivered]]:
        """Some streams for this worker alone, with their events in order."""
        now = self._house.clock.now()
        streams: dict[tuple[FirmId, str], list[Undelivered]] = {}
        for waiting in self._house.store.claim_undelivered(at=now, until=now + LEASE, limit=limit):
            streams.setdefault((waiting.firm_id, waiting.stream), []).append(waiting)
        return streams

    def _hand_over(self, handler: Handler, waiting: Undelivered) -> Exception | None:
        try:
            handler(waiting.firm_id, waiting.recorded)
        except Exception as error:
            return error
        self._house.store.delivered([waiting.recorded.position])
        return None


def _rest(tries: int) -> timedelta:
    """How long a stream is left alone that could not be delivered: each time twice as long."""
    return min(SHORTEST_REST * (1 << min(tries, 20)), LONGEST_REST)
