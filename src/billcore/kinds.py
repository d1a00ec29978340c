"""Strict kinds: an argument is the record, the choice or the list that it is meant to be; nothing is coerced."""

from collections.abc import Iterable
from types import UnionType
from typing import TypeVar

from billcore.errors import InvalidInput

Value = TypeVar("Value")


def of_kind(value: Value, kind: type | UnionType, what: str, error: type[InvalidInput] = InvalidInput) -> Value:
    """Return *value* unchanged, or raise *error* when it is of no such kind; a bool is no int."""
    if isinstance(value, kind) and not (isinstance(value, bool) and kind is int):
        return value
    raise error(f"{what} must be {_named(kind)}, not {type(value).__name__}")


def each_of_kind(
    values: Iterable[Value], kind: type | UnionType, what: str, error: type[InvalidInput] = InvalidInput
) -> tuple[Value, ...]:
    """The values of a list or tuple, each checked; text is no list of anything, and a set has no order."""
    if not isinstance(values, list | tuple):
        raise error(f"{what} must be a list or tuple of {_named(kind)}, not {type(values).__name__}")
    if not values:
        return ()
    return tuple([of_kind(value, kind, f"each of {what}", error) for value in values])


def _named(kind: type | UnionType) -> str:
    return " or ".join(each.__name__ for each in (kind.__args__ if isinstance(kind, UnionType) else (kind,)))
