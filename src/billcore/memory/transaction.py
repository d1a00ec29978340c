"""What may be seen and changed in one unit of work: a private copy of the books, handed over whole at commit."""

from collections.abc import Callable

from billcore.errors import UnitOfWorkMisuse
from billcore.ids import FirmId
from billcore.memory.books import Books, Shelf


class Transaction:
    """One firm's shelf and the books around it, until commit or the end of the block. Without *publish*: to look at."""

    def __init__(self, firm_id: FirmId, books: Books, *, publish: Callable[[Books], None] | None) -> None:
        self.firm_id = firm_id
        self._books = books
        self._publish = publish
        self._is_over = False

    def books(self) -> Books:
        """All books, to look across firms for what must be unique."""
        if self._is_over:
            raise UnitOfWorkMisuse("this unit of work is over; begin another: with store.begin(firm_id) as work")
        return self._books

    def shelf(self) -> Shelf:
        """The firm's shelf, to look at."""
        return self.books().shelf(self.firm_id)

    def changing_books(self) -> Books:
        """All books, to change what does not stand on a shelf."""
        books = self.books()
        self._require_writing()
        return books

    def changing_shelf(self) -> Shelf:
        """The firm's shelf, to change."""
        return self.changing_books().shelf(self.firm_id)

    def require_own(self, firm_id: FirmId, what: str) -> None:
        """Refuse to add what is meant for another firm."""
        if firm_id != self.firm_id:
            raise UnitOfWorkMisuse(
                f"asked to add {what} of firm {firm_id!r} in a unit of work of firm {self.firm_id!r}; "
                f"begin one for the firm it is of"
            )

    def commit(self) -> None:
        books, publish = self.books(), self._require_writing()
        self._is_over = True
        publish(books)

    def end(self) -> None:
        """The block is left: what was not committed is forgotten."""
        self._is_over = True

    def _require_writing(self) -> Callable[[Books], None]:
        if self._publish is None:
            raise UnitOfWorkMisuse("a reading unit of work changes nothing; begin a writing one: store.begin(firm_id)")
        return self._publish
