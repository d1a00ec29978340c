"""Hundreds of rows at once: made ready for the driver a column at a time, and given to PostgreSQL by COPY.

In a batch most columns hold few different values (a date, a zero, the firm), so each value is converted once.
"""

from collections.abc import Iterable, Sequence
from itertools import repeat
from operator import itemgetter
from typing import Any, Final, Protocol, cast

from sqlalchemy import Column, Connection, Table

from billcore_sqlalchemy.ready import Convert, Ready, Values, wrapped

_COPIED_AS_TEXT: Final = ("date", "datetime")


def carry_out_many(connection: Connection, ready: Ready, rows: Sequence[Values]) -> int:
    """Execute it for each of the rows, which are alike; how many rows it found."""
    cursor = connection.connection.cursor()
    try:
        many = _by_place(ready, rows) if ready.is_by_place else [ready.parameters(row) for row in rows]
        connection.dialect.do_executemany(cursor, ready.sql, cast(Any, many))
        return cursor.rowcount
    except connection.dialect.loaded_dbapi.Error as error:
        raise wrapped(connection, ready.sql, error, cursor) from None
    finally:
        cursor.close()


def _by_place(ready: Ready, rows: Sequence[Values]) -> list[tuple[object, ...]]:
    given = [name for name, _ in ready.binds if name not in ready.constants]
    columns: dict[str, Sequence[object]] = dict(zip(given, _columns(given, rows), strict=True))
    columns |= {name: [*repeat(value, len(rows))] for name, value in ready.constants.items()}
    return list(zip(*(_converted(columns[name], convert) for name, convert in ready.binds), strict=True))


def _columns(names: Sequence[str], rows: Sequence[Values]) -> Iterable[Sequence[object]]:
    if len(names) == 1:
        return [[row[names[0]] for row in rows]]
    return zip(*map(itemgetter(*names), rows), strict=True)


def _converted(values: Sequence[object], convert: Convert | None) -> Sequence[object]:
    if convert is None:
        return values
    # With its type, for 1 is equal to True and may be refused where True is not.
    keys = [*zip(map(type, values), values, strict=True)]
    known = {key: convert(key[1]) for key in set(keys)}
    return [known[key] for key in keys]


# ── COPY ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


class _Copy(Protocol):
    def write_row(self, row: Sequence[object]) -> None: ...


def can_copy(connection: Connection) -> bool:
    """Whether the driver is psycopg, which does what the standard of drivers has no word for."""
    dialect = connection.dialect
    return dialect.name == "postgresql" and dialect.driver == "psycopg" and not dialect.is_async


def copy_in(connection: Connection, table: Table, rows: Sequence[Values]) -> None:
    """Insert rows, which are alike; what is refused of an insert is refused of a copy."""
    dialect = connection.dialect
    names = list(rows[0])
    columns = [
        _converted([*values], _as_copied(table.c[name], connection))
        for name, values in zip(names, _columns(names, rows), strict=True)
    ]
    quote = dialect.identifier_preparer
    named = ", ".join(quote.format_column(table.c[name]) for name in names)
    sql = f"COPY {quote.format_table(table)} ({named}) FROM STDIN"
    cursor = connection.connection.cursor()
    try:
        with cast(Any, cursor).copy(sql) as copy:
            _write(copy, zip(*columns, strict=True))
    except dialect.loaded_dbapi.Error as error:
        raise wrapped(connection, sql, error, cursor) from None
    finally:
        cursor.close()


def _write(copy: _Copy, rows: Iterable[Sequence[object]]) -> None:
    for row in rows:
        copy.write_row(row)


def _as_copied(column: Column[Any], connection: Connection) -> Convert | None:
    """As for any statement; what psycopg would turn to text value by value, a day or a moment, once for each."""
    convert = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
    if column.type.python_type.__name__ not in _COPIED_AS_TEXT:
        return convert
    return lambda value: None if value is None else str(value if convert is None else convert(value))
