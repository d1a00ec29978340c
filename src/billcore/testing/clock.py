"""A clock that stands still until it is told to move."""

from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Final

from billcore.dates import instant
from billcore.errors import BadDate

START: Final = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)


class ManualClock:
    """Tells the moment it was set to.

    >>> clock = ManualClock()
    >>> clock.advance(timedelta(days=4))
    >>> clock.now().isoformat()
    '2026-05-08T09:00:00+00:00'

    A naive moment and a step back raise ``BadDate``: time in the books only goes forward.
    """

    def __init__(self, at: datetime = START) -> None:
        self._now = instant(at, "the clock's moment").astimezone(UTC)
        self._lock = Lock()

    def now(self) -> datetime:
        return self._now

    def advance(self, by: timedelta) -> None:
        """Move forward by *by*."""
        with self._lock:
            self._move(self._now + by)

    def set(self, at: datetime) -> None:
        """Move forward to *at*."""
        with self._lock:
            self._move(instant(at, "the clock's moment").astimezone(UTC))

    def _move(self, at: datetime) -> None:
        if at < self._now:
            raise BadDate(f"the clock goes forward: it is {self._now.isoformat()}, asked for {at.isoformat()}")
        self._now = at
