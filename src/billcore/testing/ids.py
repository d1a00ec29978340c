"""Identifiers that count, so that a test can name them beforehand."""

from collections import Counter
from threading import Lock


class CountingIds:
    """Counts each prefix from one.

    >>> ids = CountingIds()
    >>> ids.new("inv"), ids.new("inv"), ids.new("pay")
    ('inv_000001', 'inv_000002', 'pay_000001')
    """

    def __init__(self) -> None:
        self._given: Counter[str] = Counter()
        self._lock = Lock()

    def new(self, prefix: str) -> str:
        with self._lock:
            self._given[prefix] += 1
            return f"{prefix}_{self._given[prefix]:06}"
