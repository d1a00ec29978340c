"""The time, as something that is handed in: below the desks nobody asks for it."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the present moment."""

    def now(self) -> datetime:
        """The present, aware and in UTC."""
