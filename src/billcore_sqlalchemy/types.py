"""Column types on which three databases agree: exact integers, moments in UTC, keys compared byte by byte."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import BigInteger, Date, DateTime, Dialect, Integer, String, Text
from sqlalchemy.dialects import mysql
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import TypeCompiler
from sqlalchemy.types import TypeDecorator, TypeEngine

from billcore.dates import day, instant
from billcore.errors import AmountTooLarge, BadMoney

_MYSQL: Final = ("mysql", "mariadb")
_LARGEST: Final = 2**63 - 1

KEY_LENGTH: Final = 191
"""The longest id: three of them, at four bytes a character, still fit one MariaDB index."""


class Instant(TypeDecorator[datetime]):
    """A moment to the microsecond, kept and returned in UTC; a naive one is refused with BadDate."""

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[datetime]:
        if dialect.name in _MYSQL:
            return dialect.type_descriptor(mysql.DATETIME(fsp=6))
        return dialect.type_descriptor(DateTime(timezone=dialect.name == "postgresql"))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        moment = instant(value, "a stored moment").astimezone(UTC)
        return moment if dialect.name == "postgresql" else moment.replace(tzinfo=None)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # On SQLite these are texts, and so are days: written here at once they take a fifth of the time.
        return _text_of_instant if dialect.name == "sqlite" else super().bind_processor(dialect)


def _text_of_instant(value: datetime | None) -> str | None:
    """As SQLAlchemy writes it for SQLite."""
    if value is None:
        return None
    moment = instant(value, "a stored moment").astimezone(UTC).replace(tzinfo=None)
    return moment.isoformat(" ", "microseconds")


class Day(TypeDecorator[date]):
    """A calendar day; a moment in its place is refused with BadDate."""

    impl = Date
    cache_ok = True

    def process_bind_param(self, value: date | None, dialect: Dialect) -> date | None:
        return None if value is None else day(value, "a stored day")

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _text_of_day if dialect.name == "sqlite" else super().bind_processor(dialect)


def _text_of_day(value: date | None) -> str | None:
    """As SQLAlchemy writes it for SQLite."""
    return None if value is None else day(value, "a stored day").isoformat()


class Minor(TypeDecorator[int]):
    """Minor units of money. Databases round 10.7 and some read '12abc' as 12, so the check is here."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return _whole(value)

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        # An int goes as it is to the drivers that we know.
        is_plain = self.impl_instance.bind_processor(dialect) is None
        return _whole if is_plain else super().bind_processor(dialect)


def _whole(value: int | None) -> int | None:
    if value is None:
        return None
    if type(value) is not int:
        raise BadMoney(f"minor units are stored as an int, not as {type(value).__name__}")
    if abs(value) > _LARGEST:
        raise AmountTooLarge(f"the sum is beyond {_LARGEST} minor units, the largest that a database column holds")
    return value


class Key(String):
    """An id or a code: two that differ in case, in an accent or in a trailing space are two."""


# The servers' default collations compare as people read, so that evt_1Abc would be taken for evt_1aBC.
@compiles(Key)
def _plain_key(key: Key, compiler: TypeCompiler, **options: object) -> str:
    return f"VARCHAR({key.length})"


@compiles(Key, "postgresql")
def _postgresql_key(key: Key, compiler: TypeCompiler, **options: object) -> str:
    return f'VARCHAR({key.length}) COLLATE "C"'


@compiles(Key, "mysql", "mariadb")
def _mysql_key(key: Key, compiler: TypeCompiler, **options: object) -> str:
    is_mariadb: bool = getattr(compiler.dialect, "is_mariadb", False)
    collation = "utf8mb4_nopad_bin" if is_mariadb else "utf8mb4_0900_bin"
    return f"VARCHAR({key.length}) CHARACTER SET utf8mb4 COLLATE {collation}"


def document() -> TypeEngine[str]:
    """One record as JSON text, of any length; only the codec reads it."""
    return Text().with_variant(mysql.LONGTEXT(charset="utf8mb4"), *_MYSQL)


def position() -> TypeEngine[int]:
    """A number that the database counts up."""
    # SQLite counts only columns whose type is spelt INTEGER.
    return BigInteger().with_variant(Integer(), "sqlite")
