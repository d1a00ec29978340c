"""What all tables share: their names and options, and the columns that many of them have."""

from typing import Any, Final

from sqlalchemy import CheckConstraint, Column, Index, Integer, MetaData, Table
from sqlalchemy.sql import ColumnElement

from billcore_sqlalchemy.types import KEY_LENGTH, Instant, Key, Minor, document

CURRENCY: Final = 3


class Builder:
    """Names and options that all tables share."""

    def __init__(self, metadata: MetaData, prefix: str, schema: str | None) -> None:
        self._metadata, self._prefix, self._schema = metadata, prefix, schema

    def table(self, name: str, *columns: Column[Any], is_kept_by_key: bool = False) -> Table:
        """A table; *is_kept_by_key* where its rows are few numbers, and read in ranges of the key."""
        return Table(
            f"{self._prefix}{name}",
            self._metadata,
            *columns,
            schema=self._schema,
            sqlite_with_rowid=not is_kept_by_key,
            mysql_engine="InnoDB",
            mysql_charset="utf8mb4",
            mariadb_engine="InnoDB",
            mariadb_charset="utf8mb4",
        )

    def records(self, name: str, *columns: Column[Any], is_firm: bool = False) -> Table:
        """A table of records: its key, its version, its own columns, and the document."""
        key = [a_firm()] if is_firm else [a_firm(), Column("id", Key(KEY_LENGTH), primary_key=True)]
        version = Column("version", Integer, nullable=False)
        return self.table(name, *key, version, *columns, Column("document", document(), nullable=False))

    def index(
        self,
        name: str,
        *columns: Column[Any],
        unique: bool = False,
        where: ColumnElement[bool] | None = None,
    ) -> None:
        """An index of these columns; only of the rows *where* holds, on databases that can."""
        Index(f"ix_{self._prefix}{name}", *columns, unique=unique, sqlite_where=where, postgresql_where=where)

    def check(self, table: Table, name: str, condition: str) -> None:
        """What must hold of every row."""
        table.append_constraint(CheckConstraint(condition, name=f"ck_{table.name}_{name}"))


def a_firm() -> Column[str]:
    return Column("firm_id", Key(KEY_LENGTH), primary_key=True)


def a_key(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Key(KEY_LENGTH), nullable=nullable)


def a_minor(name: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, Minor, nullable=nullable)


def a_currency(*, nullable: bool = False) -> Column[str]:
    return Column("currency", Key(CURRENCY), nullable=nullable)


def a_moment(name: str, *, nullable: bool = False) -> Column[Any]:
    return Column(name, Instant, nullable=nullable)


def a_word(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Key(20), nullable=nullable)


def a_ref() -> tuple[Column[str], Column[str], Column[str]]:
    """A gateway's object: all three NULL without one, the account '' for the gateway's own default account."""
    return (
        a_key("ref_gateway", nullable=True),
        a_key("ref_account", nullable=True),
        Column("ref_id", Key(255), nullable=True),
    )
