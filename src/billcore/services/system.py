"""The machine's own clock and identifiers, for a program that is not a test."""

import secrets
from datetime import UTC, datetime
from typing import Final

# Crockford's digits in lower case: a database that ignores case still tells two ids apart.
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RANDOM_BITS: Final = 80
_LENGTH: Final = 26
_PAIRS: Final = tuple(first + second for first in _DIGITS for second in _DIGITS)
_SHIFTS: Final = tuple(range(5 * _LENGTH - 10, -1, -10))


class SystemClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Ids of 26 digits: the millisecond, then 80 random bits. They sort by the millisecond and cannot be guessed."""

    def new(self, prefix: str) -> str:
        since_epoch = datetime.now(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        milliseconds = (since_epoch.days * 86_400 + since_epoch.seconds) * 1_000 + since_epoch.microseconds // 1_000
        number = milliseconds << _RANDOM_BITS | secrets.randbits(_RANDOM_BITS)
        return f"{prefix}_{''.join([_PAIRS[number >> shift & 1023] for shift in _SHIFTS])}"
