"""Records to plain JSON types and back: exactly what was written is read, or BadDocument lists every reason why not.

Money is "150.00 USD", a Decimal its digits, a date YYYY-MM-DD, an instant ISO 8601 in UTC, an enum its value, a tuple a
list, a frozenset a sorted list; events, actors and commands say their ``type``. Nothing is coerced or filled in.
"""

from functools import cache
from typing import TypeAlias, TypeVar, cast

import attrs

from billcore.codec.converter import codec, text_of
from billcore.codec.problems import refusal
from billcore.codec.values import Texter, Wrong
from billcore.errors import BadDocument, HouseRule
from billcore.events import Event
from billcore.money import Money

__all__ = ["JsonValue", "event_from_json", "from_json", "to_json", "to_text"]

JsonValue: TypeAlias = "bool | int | str | list[JsonValue] | dict[str, JsonValue] | None"
"""What ``json.dumps`` takes and every reader of JSON understands alike: there are no floats."""

Record = TypeVar("Record")


def to_json(record: object) -> dict[str, JsonValue]:
    """The record or event in plain JSON types.

    A naive datetime is BadDate, a Decimal that is not finite BadNumber, and a value of another type than its field's
    BadDocument. HouseRule for what is not a record, or has a field of a type that is never stored.
    """
    kind = _storable(type(record))
    try:
        return cast(dict[str, JsonValue], codec(kind).write(record))
    except Wrong as wrong:
        raise _unwritable(kind, wrong) from None


def to_text(record: object, *, left_out: frozenset[str] = frozenset()) -> str:
    """The JSON text of the record in one pass: what ``json.dumps`` makes of ``to_json``, without spaces.

    *left_out* are fields of the record that are kept elsewhere. Refuses what ``to_json`` refuses.
    """
    kind: type = type(record)
    try:
        return _texter(kind, left_out)(record)
    except Wrong as wrong:
        raise _unwritable(type(record), wrong) from None


@cache
def _texter(kind: type, left_out: frozenset[str]) -> Texter:
    return text_of(_storable(kind), left_out)


def _storable(kind: type) -> type[attrs.AttrsInstance]:
    if not attrs.has(kind) or kind is Money:
        raise HouseRule(f"only records and events are written as documents, not {kind.__name__}")
    return kind


def _unwritable(kind: type, wrong: Wrong) -> BadDocument:
    return BadDocument(f"a field of this {kind.__name__} has a value of the wrong type: {wrong}")


def from_json(kind: type[Record], data: object) -> Record:
    """The record, its instants in UTC, checked as one made by hand; BadDocument lists all that is wrong with *data*."""
    return cast(Record, _read(kind, getattr(kind, "__name__", str(kind)), data))


def event_from_json(data: object) -> Event:
    """The event that the document's ``type`` names."""
    return cast(Event, _read(Event, "Event", data))


def _read(kind: object, name: str, data: object) -> object:
    read = codec(kind).read
    try:
        return read(data, kind)
    except Exception as error:
        refused = refusal(error, name)
    # Raised out here, for an error keeps what it was raised from, and that may hold what stands in the document.
    raise refused
