"""Strict text: what enters a record can be stored by every database and shown to every person."""

from billcore.errors import BadText


def text(value: str, what: str, *, longest: int = 500, required: bool = False) -> str:
    """Return *value* unchanged, or raise BadText: not text, too long, empty where required, or not storable."""
    if not isinstance(value, str):
        raise BadText(f"{what} must be text, not {type(value).__name__}")
    if required and not value.strip():
        raise BadText(f"{what} must not be empty")
    if len(value) > longest:
        raise BadText(f"{what} has {len(value)} characters, at most {longest} are allowed")
    if "\x00" in value:
        raise BadText(f"{what} contains a NUL character, which databases cannot store")
    # No database and no JSON reader accepts them. Not found by encoding: that error would carry the text.
    if not value.isascii() and any("\ud800" <= character <= "\udfff" for character in value):
        raise BadText(f"{what} contains half of a surrogate pair, which is not a character")
    return value


def optional_text(value: str | None, what: str, *, longest: int = 500) -> str | None:
    """Like ``text``, and None stays None."""
    return None if value is None else text(value, what, longest=longest)


def shown(identifier: object) -> str:
    """An identifier as a message repeats it: never more than its first 60 characters, and of no text only the type."""
    if not isinstance(identifier, str):
        return f"of type {type(identifier).__name__}"
    return repr(identifier) if len(identifier) <= 60 else f"{identifier[:60]!r}…"
