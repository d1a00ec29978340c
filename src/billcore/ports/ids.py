"""New identifiers, as something that is handed in: a test can count them, a program draws them."""

from typing import Protocol


class Ids(Protocol):
    """Makes identifiers."""

    def new(self, prefix: str) -> str:
        """A new id such as ``inv_…``, never given out before; ids sort by when they were made, to the millisecond."""
