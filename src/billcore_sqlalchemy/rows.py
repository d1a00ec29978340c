"""What the database answered: every row, its columns by name and in order.

SQLAlchemy's own rows find a name by failing to find it elsewhere first, which costs more than to read the row.
"""

from collections import namedtuple
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any, Protocol, cast, overload


class Row(Protocol):
    """One row; a named tuple, or SQLAlchemy's."""

    def __getattr__(self, column: str, /) -> Any: ...
    def __getitem__(self, place: int, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...


class Rows(Sequence[Row]):
    """All rows of one answer as the driver *found* them; each is made when it is asked for."""

    def __init__(self, found: Sequence[Any], make: Callable[[Any], Row]) -> None:
        self._found = found
        self._make = make

    def __len__(self) -> int:
        return len(self._found)

    def __iter__(self) -> Iterator[Row]:
        return map(self._make, self._found)

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return Rows(self._found[place], self._make)
        return self._make(self._found[place])

    def first(self) -> Row | None:
        """The first of them, or None."""
        return self._make(self._found[0]) if self._found else None

    def scalars(self) -> Sequence[Any]:
        """The first column of each."""
        return [row[0] for row in self]

    def scalar_one(self) -> Any:
        """The first column of the only row."""
        (row,) = self
        return row[0]

    def scalar_one_or_none(self) -> Any:
        """The same, or None where there is no row."""
        return self.scalar_one() if self._found else None


def row_maker(columns: Iterable[str]) -> Callable[[Iterable[object]], Row]:
    """What makes a row of those columns; one whose name is no word in Python is known by its place."""
    # Of the columns, which are a statement's, mypy knows nothing.
    kind = namedtuple("Row", list(columns), rename=True)  # type: ignore[misc]
    return cast(Callable[[Iterable[object]], Row], kind._make)
