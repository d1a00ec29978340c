"""Statements made ready once per engine: SQLAlchemy writes the SQL, and the driver itself carries it out.

To execute a Core statement costs SQLAlchemy several times what SQLite needs to carry it out, and nearly all of that is
the same each time: finding the SQL again, sorting the parameters, describing the rows. Here it is done once.
"""

import logging
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Final, TypeVar, cast

from attrs import frozen
from sqlalchemy import Connection, Dialect, Engine, Executable
from sqlalchemy.engine.interfaces import DBAPICursor
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.dml import UpdateBase
from sqlalchemy.sql.selectable import ReturnsRows

from billcore_sqlalchemy.rows import Row, Rows, row_maker

Values = Mapping[str, object]
Convert = Callable[[Any], Any]
Answer = TypeVar("Answer")


@frozen(eq=False)
class Ready:
    """The SQL of one statement, and how values go into it and come out of it."""

    sql: str
    binds: tuple[tuple[str, Convert | None], ...]
    """For each parameter its name, and how the driver wants it."""
    constants: Values
    """The parameters that stand in the statement itself."""
    is_by_place: bool
    row: Callable[[Iterable[object]], Row]
    """What makes a row of its columns."""
    reads: tuple[tuple[int, Convert], ...]
    """Which columns of a row are to be converted."""

    @classmethod
    def of_text(cls, sql: str) -> "Ready":
        """A statement without values, and without rows."""
        return cls(sql, (), {}, True, row_maker(()), ())

    def parameters(self, values: Values) -> Sequence[Any] | Mapping[str, Any]:
        """The values as the driver takes them; one that is missing is a KeyError, and never NULL."""
        if self.constants:
            values = {**self.constants, **values}
        if self.is_by_place:
            return [values[name] if convert is None else convert(values[name]) for name, convert in self.binds]
        return {name: values[name] if convert is None else convert(values[name]) for name, convert in self.binds}

    def rows(self, cursor: DBAPICursor) -> Rows:
        """All rows of the driver's."""
        return Rows(cursor.fetchall(), self._converted if self.reads else self.row)

    def _converted(self, found: Sequence[Any]) -> Row:
        values = list(found)
        for place, convert in self.reads:
            values[place] = convert(values[place])
        return self.row(values)


class ReadyStatements:
    """Those of one engine."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._ready: dict[tuple[Executable, tuple[str, ...]], Ready | None] = {}

    def find(self, statement: Executable, values: Values) -> Ready | None:
        """The statement for these values; None for one whose SQL differs from call to call, as IN of a list does."""
        # What a select needs stands in it; what is inserted or updated are the columns that are given.
        key = statement, tuple(values) if isinstance(statement, UpdateBase) else ()
        try:
            return self._ready[key]
        except KeyError:
            ready = self._ready[key] = _made_ready(statement, key[1], self._dialect)
            return ready


_OF_ENGINES: Final[weakref.WeakKeyDictionary[Engine, ReadyStatements]] = weakref.WeakKeyDictionary()


def statements_for(connection: Connection) -> ReadyStatements | None:
    """The ready statements of the connection's engine.

    None where somebody must see or change each statement on its way: the host listens to them, logs them, or has its
    tables in another schema. SQLAlchemy then executes them as any other.
    """
    engine = connection.engine
    # Those of the engine are among the connection's, which SQLAlchemy joins when it is asked for them.
    heard = connection.dispatch if connection._has_events else engine.dispatch
    is_watched = bool(
        heard.before_execute or heard.after_execute or heard.before_cursor_execute or heard.after_cursor_execute
    )
    is_translated = "schema_translate_map" in connection.get_execution_options()
    if is_watched or is_translated or engine.logger.isEnabledFor(logging.INFO):
        return None
    known = _OF_ENGINES.get(engine)
    if known is None:
        known = _OF_ENGINES[engine] = ReadyStatements(engine.dialect)
    return known


def carry_out(connection: Connection, ready: Ready, values: Values, take: Callable[[DBAPICursor], Answer]) -> Answer:
    """Execute it once; what is taken from the driver's cursor."""
    cursor = connection.connection.cursor()
    try:
        return carry_out_on(cursor, connection, ready, values, take)
    finally:
        cursor.close()


def carry_out_on(
    cursor: DBAPICursor, connection: Connection, ready: Ready, values: Values, take: Callable[[DBAPICursor], Answer]
) -> Answer:
    """The same on a cursor that is there already, and stays open."""
    try:
        # Lists or dicts, as the dialect knows; its type does not.
        cursor.execute(ready.sql, cast(Any, ready.parameters(values)))
        return take(cursor)
    except connection.dialect.loaded_dbapi.Error as error:
        raise wrapped(connection, ready.sql, error, cursor) from None


def wrapped(connection: Connection, sql: str, error: Exception, cursor: DBAPICursor) -> DBAPIError:
    """The driver's error as SQLAlchemy wraps it, without its values; a connection that broke is not used again."""
    dialect = connection.dialect
    is_broken = dialect.is_disconnect(cast(Any, error), connection.connection, cursor)
    if is_broken:
        connection.invalidate(error)
    wrapped = DBAPIError.instance(
        sql,
        None,
        error,
        dialect.loaded_dbapi.Error,
        hide_parameters=True,
        connection_invalidated=is_broken,
        dialect=dialect,
    )
    return cast(DBAPIError, wrapped)


def _made_ready(statement: Executable, given: tuple[str, ...], dialect: Dialect) -> Ready | None:
    compiled = cast(SQLCompiler, cast(Any, statement).compile(dialect=dialect, column_keys=list(given) or None))
    if compiled.post_compile_params or compiled.literal_execute_params:
        return None
    names = list(compiled.positiontup or ()) if compiled.positional else list(compiled.binds)
    converters = [compiled.binds[name].type.dialect_impl(dialect).bind_processor(dialect) for name in names]
    columns = statement.exported_columns if isinstance(statement, ReturnsRows) else None
    readers = [each.type.dialect_impl(dialect).result_processor(dialect, None) for each in columns or ()]
    return Ready(
        sql=compiled.string,
        binds=tuple(zip(names, converters, strict=True)),
        constants={name: bind.effective_value for name, bind in compiled.binds.items() if not bind.required},
        is_by_place=compiled.positional,
        row=row_maker(columns.keys() if columns is not None else ()),
        reads=tuple((place, convert) for place, convert in enumerate(readers) if convert is not None),
    )
