"""What the repositories of one unit of work share: its firm, its connection, and whether it may still change things."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Connection, CursorResult, Executable, Insert, func, select
from sqlalchemy.exc import StatementError

from billcore.errors import BillcoreError, UnitOfWorkMisuse
from billcore.ids import FirmId
from billcore.texts import text
from billcore_sqlalchemy.failures import in_our_words, is_taken
from billcore_sqlalchemy.types import KEY_LENGTH

Values = Mapping[str, object]

_A_FEW: Final = 8


class Session:
    """One open transaction of one firm."""

    def __init__(self, connection: Connection, firm_id: FirmId, *, is_writing: bool) -> None:
        self.firm_id: Final = firm_id
        self.is_writing: Final = is_writing
        self.dialect: Final = connection.dialect.name
        self.can_return_what_it_updates: Final = connection.dialect.update_returning
        self._connection = connection
        self._is_over = False

    def query(self, statement: Executable, values: Values | None = None) -> CursorResult[Any]:
        """Ask the database."""
        self.require_open()
        try:
            return self._connection.execute(statement, values)
        except StatementError as error:
            raise in_our_words(error) from None

    def change(self, statement: Executable, values: Values | Sequence[Values]) -> CursorResult[Any]:
        """Change what the database holds."""
        self.require_writing()
        try:
            return self._connection.execute(statement, values)
        except StatementError as error:
            raise in_our_words(error) from None

    def insert(self, statement: Executable, values: Values) -> bool:
        """Insert one row, or answer False when its key is taken; the transaction can go on either way."""
        self.require_writing()
        try:
            return self._connection.execute(statement, values).rowcount == 1
        except StatementError as error:
            if is_taken(error):
                return False
            raise in_our_words(error) from None

    def number(self, statement: Insert, rows: Sequence[Values]) -> Sequence[int]:
        """Insert rows that the database numbers; the numbers, in the order of *rows*."""
        (number,) = statement.table.primary_key
        if self.dialect == "sqlite" and len(rows) > _A_FEW:
            # Whoever writes has the whole database, so nobody else can be given these numbers.
            last: int = self.query(select(func.coalesce(func.max(number), 0))).scalar_one()
            numbers = range(last + 1, last + 1 + len(rows))
            self.change(statement, [{**row, number.name: each} for row, each in zip(rows, numbers, strict=True)])
            return numbers
        # One statement spares the way to a server; SQLite has no such way.
        can_at_once = self._connection.dialect.insert_executemany_returning_sort_by_parameter_order
        if len(rows) > 1 and can_at_once and self.dialect != "sqlite":
            numbered = self.change(statement.returning(number, sort_by_parameter_order=True), rows)
            return numbered.scalars().all()
        return [_its_number(self.change(statement, row)) for row in rows]

    def require_open(self) -> None:
        """UnitOfWorkMisuse once the unit of work is over."""
        if self._is_over:
            raise UnitOfWorkMisuse("this unit of work is over; begin another: with store.begin(firm_id) as work")

    def require_writing(self) -> None:
        """UnitOfWorkMisuse in a reading unit of work, and once it is over."""
        self.require_open()
        if not self.is_writing:
            raise UnitOfWorkMisuse("a reading unit of work changes nothing; begin a writing one: store.begin(firm_id)")

    def require_own(self, firm_id: FirmId, what: str) -> None:
        """Refuse to add what is meant for another firm."""
        self.require_writing()
        if firm_id != self.firm_id:
            raise UnitOfWorkMisuse(
                f"asked to add {what} of firm {firm_id!r} in a unit of work of firm {self.firm_id!r}; "
                f"begin one for its firm"
            )

    def end(self) -> None:
        """From now on every use is refused."""
        self._is_over = True


def _its_number(inserted: CursorResult[Any]) -> int:
    key: Sequence[int] = inserted.inserted_primary_key or ()
    return key[0]


def require_key(value: str, what: str) -> str:
    """Return an id that fits its column unchanged on every database, or raise BadText."""
    return text(value, what, longest=KEY_LENGTH, required=True)


def is_storable(value: str) -> bool:
    """Whether a database can be asked for this id at all; if not, it certainly holds no such record."""
    try:
        require_key(value, "id")
    except BillcoreError:
        return False
    return True
