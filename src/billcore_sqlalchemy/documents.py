"""Records as JSON text. What was read is remembered by its text: most records are read again as they were."""

import json
from collections.abc import Hashable
from functools import lru_cache
from typing import Final, TypeVar, cast

from billcore import codec
from billcore.events import Event

Record = TypeVar("Record")

_REMEMBERED: Final = 2_000


def write(record: object, *, without: frozenset[str] = frozenset()) -> str:
    """The record as JSON text; *without* the fields that are columns."""
    content = codec.to_json(record)
    kept = {name: value for name, value in content.items() if name not in without}
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def read(kind: type[Record], text: str, **columns: int) -> Record:
    """The record of that text, with these fields that are columns."""
    return cast(Record, _read(cast(Hashable, kind), text, tuple(columns.items())))


@lru_cache(_REMEMBERED)
def _read(kind: Hashable, text: str, columns: tuple[tuple[str, int], ...]) -> object:
    return codec.from_json(cast(type[object], kind), {**json.loads(text), **dict(columns)})


def read_event(text: str) -> Event:
    """The event of that text."""
    return codec.event_from_json(json.loads(text))
