"""Hand events to the host's subscriber: at least once, and in order for each record."""

from collections.abc import Callable

from attrs import frozen

from billcore.errors import BadNumber, InvalidInput
from billcore.ids import FirmId
from billcore.kinds import of_kind
from billcore.recorded import RecordedEvent
from billcore.services.house import House

Handler = Callable[[FirmId, RecordedEvent], None]


@frozen(kw_only=True)
class Delivered:
    """``failed`` are the errors of the handler, by stream.

    Their events, and later ones of the same record, come again.
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
        if of_kind(limit, int, "limit") < 1:
            raise BadNumber(f"limit must be at least 1, asked for {limit}")
        delivered = 0
        failed: dict[str, Exception] = {}
        for waiting in self._house.store.undelivered(limit=limit):
            key = f"{waiting.firm_id}/{waiting.stream}"
            if key in failed:
                continue
            try:
                handler(waiting.firm_id, waiting.recorded)
            except Exception as error:
                failed[key] = error
                continue
            self._house.store.delivered([waiting.recorded.position])
            delivered += 1
        return Delivered(delivered=delivered, failed=tuple(failed.items()))
