"""What is wrong in a document: all of it at once, each with its path, and nothing repeated of what stands there."""

import re
from collections.abc import Iterable, Iterator
from typing import Final

from cattrs.errors import (
    AttributeValidationNote,
    BaseValidationError,
    ClassValidationError,
    IterableValidationError,
    IterableValidationNote,
)

from billcore.codec.values import Wrong
from billcore.errors import BadDocument, BillcoreError

_SHOWN: Final = 5
_FIELD_NAME: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")


def of_field(error: Exception, name: str) -> Exception:
    """The error, marked as that field's."""
    error.add_note(AttributeValidationNote("", name, object))
    return error


def is_of_field(error: Exception) -> bool:
    return bool(_step(error))


def of_item(error: Exception, index: int) -> Exception:
    """The error, marked as that item's."""
    error.add_note(IterableValidationNote("", index, object))
    return error


def in_record(errors: Iterable[Exception]) -> Exception:
    return ClassValidationError("", [*errors], object)


def in_list(errors: Iterable[Exception]) -> Exception:
    return IterableValidationError("", [*errors], object)


def wrong_fields(present: Iterable[object], allowed: frozenset[str]) -> Iterator[Exception]:
    """One error for each field that is missing, and for each that does not belong."""
    names = set(present)
    for name in sorted(allowed - names):
        yield of_field(Wrong("missing"), name)
    for number, name in enumerate(sorted(map(str, names - allowed)), start=1):
        shown = name if _FIELD_NAME.fullmatch(name) else f"<field {number}>"
        yield of_field(Wrong("no such field"), shown)


def refusal(error: Exception, name: str) -> BadDocument:
    """The whole error as BadDocument; *name* is the record that the document should have been."""
    return bad_document(name, tuple(_problems(error, "$")))


def bad_document(name: str, problems: tuple[str, ...]) -> BadDocument:
    """Some of the problems in the message, all of them in ``problems``."""
    more = f"; and {len(problems) - _SHOWN} more, see problems" if len(problems) > _SHOWN else ""
    return BadDocument(f"this document cannot be read as {name}: {'; '.join(problems[:_SHOWN])}{more}", problems)


def _problems(error: Exception, path: str) -> Iterator[str]:
    if isinstance(error, BaseValidationError):
        for inner in error.exceptions:
            yield from _problems(inner, path + _step(inner))
    else:
        yield f"{path}: {_sentence(error)}"


def _step(error: Exception) -> str:
    match getattr(error, "__notes__", [])[-1:]:
        case [AttributeValidationNote(name=name)]:
            return f".{name}"
        case [IterableValidationNote(index=index)]:
            return f"[{index}]"
        case _:
            return ""


def _sentence(error: Exception) -> str:
    # Our own messages carry no client's data; those of Python and of libraries do.
    return str(error) if isinstance(error, Wrong | BillcoreError) else f"cannot be read ({type(error).__name__})"
