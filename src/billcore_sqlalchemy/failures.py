"""A database's refusals in billcore's own words: somebody was first, or it exists; never the values that were sent."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from sqlalchemy.exc import StatementError

from billcore.errors import AlreadyExists, BillcoreError, StaleWrite

# A deadlock, a lock that was waited for too long, or a transaction that cannot be put in any order with another's.
_RACES: Final = frozenset({"40001", "40P01", "55P03", 1020, 1205, 1213, 3572})
_TAKEN: Final = frozenset({"23505", 1062, sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE})
_SQLITE_RACES: Final = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def in_our_words(error: StatementError) -> Exception:
    """What to raise for it: StaleWrite for a race, AlreadyExists for a taken key, else itself.

    No value of the row stays in it: a client's data would go to wherever the host sends its errors.
    """
    _forget_values(error)
    if isinstance(error.orig, BillcoreError):
        return error.orig
    if is_taken(error):
        return AlreadyExists("the record's key is taken; another transaction may have been first")
    if _is_race(error):
        return StaleWrite("another transaction holds or changed these records; read them again and repeat")
    return error


def _forget_values(error: StatementError) -> None:
    error.hide_parameters = True
    # PostgreSQL tells the whole row in the details of its message; psycopg keeps the first line apart.
    first_line = getattr(getattr(error.orig, "diag", None), "message_primary", None)
    if error.orig is not None and first_line is not None:
        kind = type(error.orig)
        error.orig = kind(first_line)
        error.args = (f"({kind.__module__}.{kind.__name__}) {first_line}", *error.args[1:])
        error.__cause__ = error.__context__ = None


@contextmanager
def translated() -> Iterator[None]:
    """Errors of the database in this block are raised in our words."""
    try:
        yield
    except StatementError as error:
        raise in_our_words(error) from None


def is_taken(error: StatementError) -> bool:
    """Whether a unique key is the reason."""
    return _code(error) in _TAKEN


def _is_race(error: StatementError) -> bool:
    code = _code(error)
    if isinstance(error.orig, sqlite3.Error):
        # The low byte is the reason, the rest says where.
        return isinstance(code, int) and code & 0xFF in _SQLITE_RACES
    return code in _RACES


def _code(error: StatementError) -> str | int | None:
    """The driver's own code: SQLite's and MySQL's are numbers, PostgreSQL's are five characters."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", None)
    if cause is not None and cause.args and isinstance(cause.args[0], int):
        return cause.args[0]
    return getattr(cause, "sqlstate", None)
