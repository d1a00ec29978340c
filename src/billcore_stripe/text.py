"""Text as Stripe takes it: cleaned, never refused, because no description is worth a failed payment."""

import re
import unicodedata
from typing import Final

from billcore.errors import GatewayRequestInvalid

_METADATA_LONGEST: Final = 500
_DESCRIPTION_LONGEST: Final = 1000
_DESCRIPTOR_LONGEST: Final = 22
_UNPRINTABLE: Final = ("Cc", "Cs", "Zl", "Zp")
_NOT_IN_DESCRIPTORS: Final = re.compile(r"[<>\\'\"*]|[^\x20-\x7e]")


def plain_text(text: str, longest: int = _DESCRIPTION_LONGEST) -> str:
    """*text* on one line: control characters and half surrogates gone, spaces joined, cut to *longest*."""
    return " ".join(_printable(text).split())[:longest].rstrip()


def metadata_value(text: str) -> str:
    """A metadata value; any id of printable characters comes through unchanged, so that it is found again."""
    return _printable(text)[:_METADATA_LONGEST]


def descriptor_suffix(text: str | None) -> str | None:
    """What a client reads on a card statement after the firm's own prefix, or None where nothing readable is left.

    Stripe takes Latin characters, none of ``< > \\ ' " *``, at least one letter, and cuts at 22 with the prefix.
    """
    latin = unicodedata.normalize("NFKD", text or "")
    kept = " ".join(_NOT_IN_DESCRIPTORS.sub("", latin).split())[:_DESCRIPTOR_LONGEST].rstrip()
    return kept if re.search("[A-Za-z]", kept) else None


def segment(id_: str) -> str:
    """One of Stripe's ids as a part of a path; GatewayRequestInvalid for what is none, before any call.

    An empty id would name the whole list, and dots would climb out of it.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,255}", id_):
        raise GatewayRequestInvalid("asked for an object by an id that Stripe never gave, such as pm_1ABC", field="id")
    return id_


def _printable(text: str) -> str:
    return "".join(" " if unicodedata.category(character) in _UNPRINTABLE else character for character in text)
