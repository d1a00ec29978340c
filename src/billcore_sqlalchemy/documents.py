"""Records as the text of versioned JSON documents, remembered by that text: most are read again as they were."""

import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, TypeVar, cast

from billcore.codec import JsonValue
from billcore.codec.envelope import Envelope

Record = TypeVar("Record")

_REMEMBERED: Final = 1_000
_ENCODER: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), check_circular=False)


def write(envelope: Envelope[Record], record: Record) -> str:
    """The record as a document of its kind."""
    return envelope.text(record)


def read(envelope: Envelope[Record], text: str) -> Record:
    """The record of that text."""
    return cast(Record, _read(envelope, text))


def compact(document: Mapping[str, JsonValue]) -> str:
    """As short as JSON can be."""
    return _ENCODER.encode(document)


@lru_cache(_REMEMBERED)
def _read(envelope: Envelope[object], text: str) -> object:
    return envelope.unwrap(json.loads(text))
