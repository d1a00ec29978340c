"""The machine's own clock and identifiers, for a program that is not a test."""

import secrets
import time
from datetime import UTC, datetime
from typing import Final

# Crockford's digits in lower case: a database that ignores case still tells two ids apart.
_DIGITS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_PAIRS: Final = tuple(first + second for first in _DIGITS for second in _DIGITS)
_SHIFTS: Final = (40, 30, 20, 10, 0)
_RANDOM_DIGITS: Final = 16
# For each byte the digit of its last five bits.
_DIGIT_OF_BYTE: Final = _DIGITS.encode() * 8


class SystemClock:
    """The machine's time, in UTC."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class RandomIds:
    """Ids of 26 digits: the millisecond, then 80 random bits. They sort by the millisecond and cannot be guessed."""

    def new(self, prefix: str) -> str:
        milliseconds = time.time_ns() // 1_000_000
        moment = "".join([_PAIRS[milliseconds >> shift & 1023] for shift in _SHIFTS])
        return f"{prefix}_{moment}{secrets.token_bytes(_RANDOM_DIGITS).translate(_DIGIT_OF_BYTE).decode()}"
