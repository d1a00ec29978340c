"""Hundreds of rows at once: made ready for the driver a column at a time, and given to PostgreSQL by COPY.

In a batch most columns hold few different values (a date, a zero, the firm), so each value is converted once.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import partial
from itertools import islice, repeat
from operator import is_, itemgetter
from typing import Any, Final, cast

from sqlalchemy import Column, Connection, Table

from billcore_sqlalchemy.ready import Answer, Ready, Values, wrapped

_A_FEW: Final = 8
_SENT_AT_ONCE: Final = 50


def carry_out_many(connection: Connection, ready: Ready, rows: Sequence[Values]) -> int:
    """Execute it for each of the rows, which are alike; how many rows it found."""
    cursor = connection.connection.cursor()
    try:
        is_worth_it = ready.is_by_place and len(rows) > _A_FEW
        many = _by_place(ready, rows) if is_worth_it else [ready.parameters(row) for row in rows]
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


def _converted(values: Sequence[Any], convert: Callable[[Any], Answer] | None) -> Sequence[Answer]:
    if convert is None:
        return values
    if _is_one(values):
        return [convert(values[0])] * len(values)
    # With its type, for 1 is equal to True and may be refused where True is not.
    keys = [*zip(map(type, values), values, strict=True)]
    known = {key: convert(key[1]) for key in set(keys)}
    return [known[key] for key in keys]


def _is_one(values: Sequence[object]) -> bool:
    return all(map(is_, values, repeat(values[0])))


# ── COPY ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


def can_copy(connection: Connection) -> bool:
    """Whether the driver is psycopg, which does what the standard of drivers has no word for."""
    dialect = connection.dialect
    return dialect.name == "postgresql" and dialect.driver == "psycopg" and not dialect.is_async


def copy_in(connection: Connection, table: Table, rows: Iterable[Values]) -> None:
    """Insert rows, which are alike and at least one; what is refused of an insert is refused of a copy.

    A few are sent while the next are made, so that the server is at work meanwhile. Whoever makes them cannot ask the
    database for anything.
    """
    dialect = connection.dialect
    rows = iter(rows)
    some = [*islice(rows, _SENT_AT_ONCE)]
    names = list(some[0])
    texts = [_texts(table.c[name], connection) for name in names]
    quote = dialect.identifier_preparer
    named = ", ".join(quote.format_column(table.c[name]) for name in names)
    sql = f"COPY {quote.format_table(table)} ({named}) FROM STDIN"
    cursor = connection.connection.cursor()
    try:
        with cast(Any, cursor).copy(sql) as copy:
            while some:
                columns = zip(texts, _columns(names, some), strict=True)
                lines = zip(*(of_column(values) for of_column, values in columns), strict=True)
                copy.write("".join(["\t".join(line) + "\n" for line in lines]))
                some = [*islice(rows, _SENT_AT_ONCE)]
    except dialect.loaded_dbapi.Error as error:
        raise wrapped(connection, sql, error, cursor) from None
    finally:
        cursor.close()


def _texts(column: Column[Any], connection: Connection) -> Callable[[Sequence[object]], Sequence[str]]:
    """As for any statement, and then as PostgreSQL reads it in a line of a copy."""
    convert = column.type.dialect_impl(connection.dialect).bind_processor(connection.dialect)

    def text(value: object) -> str:
        converted = value if convert is None else convert(value)
        return r"\N" if converted is None else _escaped(str(converted))

    # Ids and documents are nearly all different: to know those that are not would cost more than it saves.
    is_text = convert is None and column.type.python_type is str
    return _escaped_each if is_text else partial(_converted, convert=text)


def _escaped_each(texts: Sequence[Any]) -> Sequence[str]:
    some = texts[:1] if _is_one(texts) else texts
    return [r"\N" if text is None else _escaped(text) for text in some] * (len(texts) // len(some))


def _escaped(text: str) -> str:
    return text.replace("\\", r"\\").replace("\n", r"\n").replace("\r", r"\r").replace("\t", r"\t")
