"""How single values stand in JSON, and the strictness that Python lacks for those that need no conversion.

Each codec refuses what is not of its very type, both ways: what cannot be read back is not written.
"""

import json
import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from typing import Final

from attrs import frozen

from billcore.dates import instant
from billcore.decimals import plain
from billcore.errors import BadDate, BadNumber, HouseRule
from billcore.money import Money

Reader = Callable[[object, object], object]
"""From the JSON value; the second argument, the type, is what cattrs tells every reader and none needs."""

Writer = Callable[[object], object]

Texter = Callable[[object], str]
"""To JSON text at once: what ``json.dumps`` makes of what the writer gives."""

_LONGEST_NUMBER: Final = 60
_REMEMBERED: Final = 1_000
_ESCAPED: Final = json.encoder.encode_basestring
_INSTANT: Final = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{6})?(Z|[+-][0-9]{2}:[0-9]{2})"
)


@frozen
class Codec:
    """Both ways of one type, and the short way to text."""

    read: Reader
    write: Writer
    text: Texter


class Wrong(Exception):
    """What is wrong with one value, in words that repeat nothing of it."""


def mistyped(expected: str, value: object) -> Wrong:
    return Wrong(f"expected {expected}, got {'null' if value is None else type(value).__name__}")


def quoted(write: Callable[[object], str]) -> Texter:
    """The text of what is written as a string without anything to escape: digits, dates, codes."""

    def text(value: object) -> str:
        return f'"{write(value)}"'

    return text


def remembered(write: Texter) -> Texter:
    """Remember what was written, by the object and not by its value: 1.5 and 1.50 are equal, and differ in text."""
    known: dict[int, tuple[object, str]] = {}

    def text(value: object) -> str:
        if (found := known.get(id(value))) is not None:
            return found[1]
        written = write(value)
        if len(known) >= _REMEMBERED:
            known.clear()
        # Held with its text, so that no other object comes to have its id.
        known[id(value)] = value, written
        return written

    return text


def text_of_text(value: object) -> str:
    return _ESCAPED(value) if type(value) is str else write_text(value)


def text_of_int(value: object) -> str:
    return str(write_int(value))


def text_of_bool(value: object) -> str:
    return "true" if write_bool(value) else "false"


def read_text(value: object, _: object) -> str:
    if type(value) is not str:
        raise mistyped("text", value)
    return value


def write_text(value: object) -> str:
    if type(value) is not str:
        raise mistyped("a str", value)
    return value


def read_int(value: object, _: object) -> int:
    if type(value) is not int:
        raise mistyped("a whole number", value)
    return value


def write_int(value: object) -> int:
    if type(value) is not int:
        raise mistyped("an int", value)
    return value


def read_bool(value: object, _: object) -> bool:
    if type(value) is not bool:
        raise mistyped("true or false", value)
    return value


def write_bool(value: object) -> bool:
    if type(value) is not bool:
        raise mistyped("a bool", value)
    return value


def read_decimal(value: object, _: object) -> Decimal:
    if type(value) is not str:
        raise mistyped("a decimal string", value)
    return plain(value, "the number")


def write_decimal(value: object) -> str:
    """Digits, never an exponent: ``1E+2`` is written "100"."""
    if type(value) is not Decimal:
        raise mistyped("a Decimal", value)
    if not value.is_finite() or len(digits := f"{value:f}") > _LONGEST_NUMBER:
        raise BadNumber(
            f"a number is stored by its digits, in at most {_LONGEST_NUMBER} characters; this one cannot be"
        )
    return digits


def read_money(value: object, _: object) -> Money:
    if type(value) is not str:
        raise mistyped("money such as '150.00 USD'", value)
    return _money(value)


# Of the amounts in a document most are zero, and the rest stand in it more than once.
_money: Final = lru_cache(_REMEMBERED)(Money.parse)


def write_money(value: object) -> str:
    if type(value) is not Money:
        raise mistyped("Money", value)
    return str(value)


def read_day(value: object, _: object) -> date:
    if type(value) is not str:
        raise mistyped("a date such as '2026-06-30'", value)
    try:
        read = date.fromisoformat(value)
    except ValueError:
        read = None
    # Python also reads "20260630" and "2026-W27-2".
    if read is None or read.isoformat() != value:
        raise Wrong("expected a date such as '2026-06-30', got another text")
    return read


def write_day(value: object) -> str:
    if type(value) is not date:
        raise mistyped("a date", value)
    return value.isoformat()


def read_instant(value: object, _: object) -> datetime:
    if type(value) is not str:
        raise mistyped("an instant such as '2026-06-30T16:00:00+00:00'", value)
    if _INSTANT.fullmatch(value):
        try:
            return datetime.fromisoformat(value).astimezone(UTC)
        except (ValueError, OverflowError):
            pass
    raise Wrong("expected an instant with its offset, such as '2026-06-30T16:00:00+00:00', got another text")


def write_instant(value: object) -> str:
    """The same instant in UTC; a naive datetime is BadDate, for nobody knows which instant it is."""
    if not isinstance(value, datetime):
        raise mistyped("a datetime", value)
    try:
        return instant(value, "an instant").astimezone(UTC).isoformat()
    except OverflowError:
        raise BadDate("an instant must lie within the years 1 to 9999 in UTC too") from None


def enum_codec(kind: type[Enum]) -> Codec:
    """By value. An enum whose values are not all texts, or not all whole numbers, is HouseRule."""
    members = {member.value: member for member in kind}
    spelled, *others = {type(value) for value in members}
    if others or spelled not in (str, int):
        raise HouseRule(f"{kind.__name__} cannot be stored: its values must be all texts or all whole numbers")
    allowed = ", ".join(repr(value) for value in members)

    def read(value: object, _: object) -> Enum:
        # 1 == True, so the type is asked first.
        if type(value) is not spelled:
            raise mistyped(f"one of {allowed}", value)
        if value not in members:
            raise Wrong(f"expected one of {allowed}, got another value")
        return members[value]

    def write(value: object) -> object:
        if type(value) is not kind:
            raise mistyped(f"a {kind.__name__}", value)
        return value._value_  # As .value, without the descriptor, which is slow in Python 3.11.

    texts = {member.name: json.dumps(member.value, ensure_ascii=False) for member in kind}

    def text(value: object) -> str:
        if type(value) is not kind:
            raise mistyped(f"a {kind.__name__}", value)
        return texts[value._name_]

    return Codec(read, write, text)
