"""Strict dates and instants: a date is not a moment, and a moment always knows its offset."""

from datetime import date, datetime

from attrs import frozen

from billcore.errors import BadDate


def day(value: date, what: str) -> date:
    """Return *value*, or raise BadDate when it is not a date, or is a moment in disguise."""
    if not isinstance(value, date) or isinstance(value, datetime):
        raise BadDate(f"{what} must be a date like date(2026, 6, 30), not {type(value).__name__}")
    return value


def instant(value: datetime, what: str) -> datetime:
    """Return *value*, or raise BadDate when it is not an aware moment."""
    if not isinstance(value, datetime):
        raise BadDate(f"{what} must be a moment, not {type(value).__name__}")
    if value.tzinfo is None or value.utcoffset() is None:
        raise BadDate(f"{what} must know its timezone; a naive moment means a different instant on every machine")
    return value


@frozen
class Period:
    """Half-open days: ``start`` belongs to it, ``end`` does not."""

    start: date
    end: date

    def __attrs_post_init__(self) -> None:
        if day(self.start, "period start") >= day(self.end, "period end"):
            raise BadDate(f"a period must end after it starts, asked for {self.start} to {self.end}")
