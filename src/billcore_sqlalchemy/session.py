"""What the repositories of one unit of work share: its firm, its connection, and whether it may still change things."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from itertools import chain, islice
from operator import attrgetter
from typing import Any, Final

from sqlalchemy import (
    BindParameter,
    Column,
    Executable,
    Insert,
    Integer,
    Select,
    Table,
    Text,
    bindparam,
    cast,
    func,
    select,
)
from sqlalchemy.dialects.postgresql import REGCLASS
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import StatementError
from sqlalchemy.sql.dml import ReturningInsert

from billcore import texts
from billcore.errors import BillcoreError, HouseRule, UnitOfWorkMisuse
from billcore.ids import FirmId
from billcore_sqlalchemy.batches import can_copy, carry_out_many, copy_in
from billcore_sqlalchemy.failures import in_our_words, is_taken
from billcore_sqlalchemy.ready import Ready, Values, carry_out_on, statements_for
from billcore_sqlalchemy.rows import Row, Rows
from billcore_sqlalchemy.statements import THE_FIRM, array_of, record_statements, update_of_each
from billcore_sqlalchemy.transactions import OpenTransaction
from billcore_sqlalchemy.types import KEY_LENGTH

_A_FEW: Final = 8
_AT_ONCE: Final = 500
_NOTHING: Final[Values] = {}


class Session:
    """One open transaction of one firm."""

    def __init__(self, transaction: OpenTransaction, firm_id: FirmId, *, is_writing: bool) -> None:
        connection = transaction.connection
        self.firm_id: Final = firm_id
        self.is_writing: Final = is_writing
        self.dialect: Final = connection.dialect.name
        self.can_return_what_it_updates: Final = connection.dialect.update_returning
        self._transaction = transaction
        self._connection = connection
        self._statements = statements_for(connection)
        self._is_over = False
        self._is_copying = False
        self._one_cursor: DBAPICursor | None = None

    def query(self, statement: Executable, values: Values | None = None) -> Rows:
        """Ask the database."""
        self.require_open()
        return self._rows(statement, values or _NOTHING)

    def change_and_tell(self, statement: Executable, values: Values) -> Rows:
        """Change what the database holds, and hear of the rows what the statement returns."""
        self.require_writing()
        return self._rows(statement, values)

    def change(self, statement: Executable, values: Values | Sequence[Values]) -> int:
        """Change what the database holds; how many rows were found."""
        self.require_writing()
        try:
            return self._changed(statement, values)
        except StatementError as error:
            raise self._refused(error) from None

    def insert(self, statement: Executable, values: Values) -> bool:
        """Insert one row, or answer False when its key is taken; the transaction can go on either way."""
        self.require_writing()
        try:
            return self._changed(statement, values) == 1
        except StatementError as error:
            if is_taken(error):
                return False
            raise self._refused(error) from None

    def insert_all(self, table: Table, rows: Iterable[Values]) -> None:
        """Insert rows that are alike, as they are made; AlreadyExists when one's key is taken."""
        rows = iter(rows)
        first = [*islice(rows, _A_FEW + 1)]
        if len(first) <= _A_FEW or not self._can_copy(table):
            if first:
                self.change(_into(table), [*first, *rows])
            return
        self.require_writing()
        self._is_copying = True
        try:
            copy_in(self._connection, table, chain(first, rows))
        except StatementError as error:
            raise self._refused(error) from None
        finally:
            self._is_copying = False

    def update_all(self, table: Table, rows: Sequence[Values]) -> int:
        """Write what is new in records of the firm, the same columns of each; how many were still as they were read."""
        firm = {THE_FIRM.key: self.firm_id}
        if self.dialect == "postgresql":
            arrays = {array_of(name): [row[name] for row in rows] for name in rows[0]}
            return self.change(update_of_each(table, tuple(rows[0])), {**firm, **arrays})
        return self.change(record_statements(table, self.dialect).update, [{**firm, **row} for row in rows])

    def _can_copy(self, table: Table) -> bool:
        """Whether COPY is an insert like any other here: a host that listens would not hear of it."""
        if self._statements is None or not can_copy(self._connection):
            return False
        # Where rows are kept from some roles, PostgreSQL refuses to copy.
        name = self._connection.dialect.identifier_preparer.format_table(table)
        is_kept: bool = self.query(_IS_KEPT_FROM_SOME, {"the_table": name}).scalar_one()
        return not is_kept

    def number(self, table: Table, count: int, rows: Iterable[dict[str, object]]) -> Sequence[int]:
        """Insert so many rows that the database numbers; the numbers, in the order of *rows*."""
        (number,) = table.primary_key
        if count > _A_FEW and (numbers := self._numbers(table, number, count)):
            self.insert_all(table, _numbered(rows, number.name, numbers))
            return numbers
        if self.dialect == "sqlite" or not self._connection.dialect.insert_returning:
            return [self._inserted(_into(table), row) for row in rows]
        if count > 1 and self._connection.dialect.insert_executemany_returning_sort_by_parameter_order:
            # One statement spares the way to a server.
            return self._inserted_at_once(_telling(table, number, in_order=True), [*rows])
        telling = _telling(table, number, in_order=False)
        return [self.change_and_tell(telling, row).scalar_one() for row in rows]

    def _numbers(self, table: Table, number: Column[Any], count: int) -> Sequence[int]:
        """So many numbers that nobody else can be given, rising; none where the rows themselves must draw them."""
        if self.dialect == "sqlite":
            # Whoever writes has the whole database.
            last: int = self.query(_highest(number)).scalar_one()
            return range(last + 1, last + 1 + count)
        return self._drawn(table, number, count) if self._can_copy(table) else ()

    def _drawn(self, table: Table, number: Column[Any], count: int) -> Sequence[int]:
        """So many numbers of the sequence behind that column of PostgreSQL's, rising; none where it has no such."""
        name = self._connection.dialect.identifier_preparer.format_table(table)
        numbers = self.query(_DRAW, {"the_table": name, "the_column": number.name, "the_count": count}).scalars()
        return numbers if None not in numbers else ()

    def _rows(self, statement: Executable, values: Values) -> Rows:
        ready = self._ready(statement, values)
        try:
            if ready is None:
                return Rows(self._connection.execute(statement, values).all(), _itself)
            return carry_out_on(self._cursor(), self._connection, ready, values, ready.rows)
        except StatementError as error:
            raise self._refused(error) from None

    def _changed(self, statement: Executable, values: Values | Sequence[Values]) -> int:
        if isinstance(values, Mapping):
            ready = self._ready(statement, values)
            if ready is None:
                return self._connection.execute(statement, values).rowcount
            return carry_out_on(self._cursor(), self._connection, ready, values, _found)
        ready = self._ready(statement, values[0])
        if ready is None:
            return self._connection.execute(statement, values).rowcount
        return carry_out_many(self._connection, ready, values)

    def _inserted(self, statement: Insert, row: Values) -> int:
        """The number that the database gave to the row."""
        self.require_writing()
        ready = self._ready(statement, row)
        try:
            if ready is None:
                key: Sequence[int] = self._connection.execute(statement, row).inserted_primary_key or ()
                return key[0]
            return carry_out_on(self._cursor(), self._connection, ready, row, _given)
        except StatementError as error:
            raise self._refused(error) from None

    def _inserted_at_once(self, statement: Executable, rows: Sequence[Values]) -> Sequence[int]:
        self.require_writing()
        numbers: list[int] = []
        try:
            # More rows than SQLAlchemy puts into one statement have come back as the numbers of the last statement.
            for first in range(0, len(rows), _AT_ONCE):
                numbers += self._connection.execute(statement, rows[first : first + _AT_ONCE]).scalars()
            return numbers
        except StatementError as error:
            raise self._refused(error) from None

    def _cursor(self) -> DBAPICursor:
        """The driver's, one for all statements: each has given all its rows before the next."""
        if self._one_cursor is None:
            self._one_cursor = self._connection.connection.cursor()
        return self._one_cursor

    def _ready(self, statement: Executable, values: Values) -> Ready | None:
        if self._is_copying:
            # The driver would wait for the end of the copy, and the copy for its next rows.
            raise HouseRule("a row that is made while others are copied asked the database; ask before the first")
        return None if self._statements is None else self._statements.find(statement, values)

    def _refused(self, error: StatementError) -> Exception:
        """What to raise for a statement that failed, after which the unit of work is over.

        After it PostgreSQL undoes everything and answers a commit as if it had been one, and after a deadlock MariaDB
        goes on in a transaction without what came before: whoever caught the error would commit a half, or nothing.
        """
        refused = in_our_words(error)
        if refused is not error.orig:
            # Else the value itself was refused, and the database never asked.
            self.end()
        return refused

    def require_open(self) -> None:
        """UnitOfWorkMisuse once the unit of work is over."""
        if self._is_over:
            raise UnitOfWorkMisuse("this unit of work is over; begin another: with store.begin(firm_id) as work")
        if not self._transaction.is_active:
            raise UnitOfWorkMisuse("the host ended its transaction inside this unit of work; end it after the block")

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

    @contextmanager
    def all_or_nothing(self) -> Iterator[None]:
        """Many rows: where some were not written the unit of work is over, so that the others are not committed."""
        try:
            yield
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """From now on every use is refused."""
        self._is_over = True
        cursor, self._one_cursor = self._one_cursor, None
        if cursor is not None:
            # Of a connection that broke, or that the host closed, it is closed already.
            with suppress(self._connection.dialect.loaded_dbapi.Error):
                cursor.close()


_found: Final[Callable[[DBAPICursor], int]] = attrgetter("rowcount")
_given: Final[Callable[[DBAPICursor], int]] = attrgetter("lastrowid")

# PostgreSQL's own.
_THE_TABLE: Final[BindParameter[str]] = bindparam("the_table", type_=Text)
_THE_COUNT: Final[BindParameter[int]] = bindparam("the_count", type_=Integer)
_IS_KEPT_FROM_SOME: Final = select(func.row_security_active(_THE_TABLE))
# Looked up once by a query of its own, and not for each number.
_SEQUENCE: Final = select(
    cast(func.pg_get_serial_sequence(_THE_TABLE, bindparam("the_column", type_=Text)), REGCLASS)
).scalar_subquery()
_DRAW: Final = select(func.nextval(_SEQUENCE)).select_from(func.generate_series(1, _THE_COUNT))


def _itself(row: Row) -> Row:
    """SQLAlchemy's own rows are rows already."""
    return row


@cache
def _into(table: Table) -> Insert:
    return table.insert()


def _numbered(rows: Iterable[dict[str, object]], name: str, numbers: Iterable[int]) -> Iterator[dict[str, object]]:
    for row, number in zip(rows, numbers, strict=True):
        row[name] = number
        yield row


@cache
def _highest(number: Column[int]) -> Select[tuple[int]]:
    return select(func.coalesce(func.max(number), 0))


@cache
def _telling(table: Table, number: Column[int], *, in_order: bool) -> ReturningInsert[tuple[int]]:
    # Not made of _into(table): what is made of a statement that was carried out is told that it returns nothing.
    return table.insert().returning(number, sort_by_parameter_order=in_order)


def require_key(value: str, what: str) -> str:
    """Return an id that fits its column unchanged on every database, or raise BadText."""
    return texts.text(value, what, longest=KEY_LENGTH, required=True)


def is_storable(value: str) -> bool:
    """Whether a database can be asked for this id at all; if not, it certainly holds no such record."""
    try:
        require_key(value, "id")
    except BillcoreError:
        return False
    return True
