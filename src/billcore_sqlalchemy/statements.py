"""Statements that are built once: building one costs as much as running it."""

from datetime import date
from functools import cache
from typing import Any, Final

from attrs import frozen
from sqlalchemy import BindParameter, Delete, Insert, Select, Table, Update, bindparam, func, select
from sqlalchemy.dialects import postgresql
from sqlalchemy.dialects.postgresql import ARRAY

from billcore_sqlalchemy.types import Day

THE_FIRM: Final[BindParameter[str]] = bindparam("the_firm")
THE_ID: Final[BindParameter[Any]] = bindparam("the_id")
THE_VERSION: Final[BindParameter[int]] = bindparam("the_version")
THE_LIMIT: Final[BindParameter[int]] = bindparam("the_limit")
THE_DAY: Final[BindParameter[date]] = bindparam("the_day", type_=Day)


@cache
def insert_new(table: Table, dialect: str) -> Insert:
    """Insert a row whose key is free; for ``Session.insert``, which tells whether it was."""
    # PostgreSQL gives up the whole transaction when a key is taken; the others only the statement.
    insert = postgresql.insert(table).on_conflict_do_nothing() if dialect == "postgresql" else table.insert()
    return insert.execution_options(preserve_rowcount=True)


@frozen(kw_only=True)
class RecordStatements:
    """What every repository does with its table; the named values are THE_FIRM, THE_ID and THE_VERSION."""

    version: Select[Any]
    insert: Insert
    update: Update
    delete: Delete


@cache
def record_statements(table: Table, dialect: str) -> RecordStatements:
    """Those of that table."""
    c = table.c
    key = (c.firm_id == THE_FIRM, c.id == THE_ID)
    return RecordStatements(
        version=select(c.version).where(*key),
        insert=insert_new(table, dialect),
        update=table.update().where(*key, c.version == THE_VERSION).execution_options(preserve_rowcount=True),
        delete=table.delete().where(*key, c.version == THE_VERSION),
    )


@cache
def one(table: Table, reads: tuple[str, ...], *, is_locked: bool) -> Select[Any]:
    """The record THE_ID of the firm; *reads* are the columns that it is read back from, as in all that follow."""
    c = table.c
    found = _selected(table, reads).where(c.firm_id == THE_FIRM, c.id == THE_ID)
    return found.with_for_update() if is_locked else found


@cache
def following(table: Table, reads: tuple[str, ...]) -> Select[Any]:
    """The next THE_LIMIT of the firm's records after THE_ID."""
    c = table.c
    return _selected(table, reads).where(c.firm_id == THE_FIRM, c.id > THE_ID).order_by(c.id).limit(THE_LIMIT)


@cache
def update_of_each(table: Table, given: tuple[str, ...]) -> Update:
    """The same update of many rows in one statement, for PostgreSQL, which takes arrays apart: one of each value."""
    c = table.c
    key = {THE_ID.key: c.id, THE_VERSION.key: c.version}
    columns = {name: key[name] if name in key else c[name] for name in given}
    arrays = [bindparam(array_of(name), type_=ARRAY(column.type)) for name, column in columns.items()]
    each = func.unnest(*arrays).table_valued(*given, name="each").render_derived().c
    is_as_read = (c.firm_id == THE_FIRM, c.id == each[THE_ID.key], c.version == each[THE_VERSION.key])
    return table.update().where(*is_as_read).values({name: each[name] for name in given if name not in key})


def array_of(name: str) -> str:
    """What the values of that name, one for each row, are called together."""
    return f"each_{name}"


@cache
def waiting(table: Table, reads: tuple[str, ...], column: str, *, is_writing: bool) -> Select[Any]:
    """The firm's rows whose date in *column* is THE_DAY or before, at most THE_LIMIT, oldest first.

    To write, those that another transaction has locked are left out.
    """
    c = table.c
    is_due = (c.firm_id == THE_FIRM, c[column] <= THE_DAY)
    statement = _selected(table, reads).where(*is_due).order_by(c[column], c.id).limit(THE_LIMIT)
    return statement.with_for_update(skip_locked=True) if is_writing else statement


@cache
def related(table: Table, reads: tuple[str, ...], column: str, by: str) -> Select[Any]:
    """The firm's rows that have THE_ID in *column*, in order of the column *by* and then of id."""
    c = table.c
    return _selected(table, reads).where(c.firm_id == THE_FIRM, c[column] == THE_ID).order_by(c[by], c.id)


def _selected(table: Table, reads: tuple[str, ...]) -> Select[Any]:
    return select(*[table.c[name] for name in reads])
