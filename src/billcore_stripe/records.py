"""Stripe's JSON, read by type: what is missing or mistyped is a reason to doubt the answer, never a KeyError."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal

from attrs import field, frozen


class UnreadableAnswer(Exception):
    """Stripe answered something that this package cannot read; it never leaves the package."""


@frozen
class Record:
    """One JSON object of Stripe's.

    The optional readers answer None for what is absent, null or of another type, because payloads differ between
    API versions; the ``need_`` readers raise UnreadableAnswer.
    """

    fields: Mapping[str, object] = field(repr=False)

    @classmethod
    def of(cls, value: object) -> "Record":
        if not isinstance(value, dict):
            raise UnreadableAnswer(f"expected an object, got {type(value).__name__}")
        return cls(value)

    @classmethod
    def parse(cls, body: str) -> "Record":
        """Read a whole body, fractions as exact decimals."""
        try:
            return cls.of(json.loads(body, parse_float=Decimal))
        except (ValueError, RecursionError):
            pass
        raise UnreadableAnswer("expected JSON")

    def text(self, name: str) -> str | None:
        value = self.fields.get(name)
        return value if isinstance(value, str) and _can_be_stored(value) else None

    def need_text(self, name: str) -> str:
        if not (value := self.text(name)):
            raise UnreadableAnswer(f"expected text in '{name}'")
        return value

    def whole(self, name: str) -> int | None:
        value = self.fields.get(name)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def need_whole(self, name: str) -> int:
        if (value := self.whole(name)) is None:
            raise UnreadableAnswer(f"expected a whole number in '{name}'")
        return value

    def decimal(self, name: str) -> Decimal | None:
        value = self.fields.get(name)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            return None
        return Decimal(value)

    def flag(self, name: str) -> bool:
        return self.fields.get(name) is True

    def moment(self, name: str) -> datetime | None:
        """Seconds since 1970 as an instant."""
        if (seconds := self.whole(name)) is None:
            return None
        try:
            return datetime.fromtimestamp(seconds, UTC)
        except (ValueError, OverflowError, OSError):
            return None

    def need_moment(self, name: str) -> datetime:
        if (value := self.moment(name)) is None:
            raise UnreadableAnswer(f"expected a time in '{name}'")
        return value

    def record(self, name: str) -> "Record | None":
        value = self.fields.get(name)
        return Record(value) if isinstance(value, dict) else None

    def records(self, name: str) -> "tuple[Record, ...]":
        value = self.fields.get(name)
        return tuple(Record(item) for item in value if isinstance(item, dict)) if isinstance(value, list) else ()

    def reference(self, name: str) -> str | None:
        """The id of another object, whether Stripe sent the id or the whole object."""
        if (whole := self.record(name)) is not None:
            return whole.text("id")
        return self.text(name) or None

    def metadata(self, name: str) -> str | None:
        """One value of the object's metadata."""
        kept = self.record("metadata")
        return kept.text(name) or None if kept is not None else None


def _can_be_stored(text: str) -> bool:
    """JSON may escape NUL and half surrogates, which no database takes."""
    return "\x00" not in text and (text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text))
