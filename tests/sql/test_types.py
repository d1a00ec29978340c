"""Columns: what a database would bend into shape is refused, and SQLite's texts are those that SQLAlchemy writes."""

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from sqlalchemy import BigInteger, Date, DateTime, Dialect
from sqlalchemy.dialects import registry
from sqlalchemy.types import TypeEngine

from billcore.errors import AmountTooLarge, BadDate, BadMoney
from billcore_sqlalchemy.types import Day, Instant, Minor

DIALECTS: tuple[Dialect, ...] = tuple(
    registry.load(name)() for name in ("sqlite.pysqlite", "postgresql.psycopg", "mysql.pymysql")
)
NOON = datetime(2026, 6, 30, 12, tzinfo=UTC)


def written(kind: TypeEngine[Any], value: object, dialect: Dialect) -> object:
    """What the driver is given."""
    process = kind.dialect_impl(dialect).bind_processor(dialect)
    return value if process is None else process(value)


@pytest.fixture(params=DIALECTS, ids=lambda dialect: str(dialect.name))
def dialect(request: pytest.FixtureRequest) -> Dialect:
    which: Dialect = request.param
    return which


@pytest.mark.parametrize(
    ("kind", "value", "error"),
    [
        (Day(), NOON, BadDate),
        (Day(), "2026-06-30", BadDate),
        (Instant(), NOON.replace(tzinfo=None), BadDate),
        (Instant(), NOON.date(), BadDate),
        (Instant(), "2026-06-30 12:00", BadDate),
        (Minor(), True, BadMoney),
        (Minor(), 10.0, BadMoney),
        (Minor(), "10", BadMoney),
        (Minor(), 2**63, AmountTooLarge),
        (Minor(), -(2**63), AmountTooLarge),
    ],
)
def test_a_value_of_another_kind_is_refused_on_each_database(
    kind: TypeEngine[Any], value: object, error: type[Exception], dialect: Dialect
) -> None:
    with pytest.raises(error):
        written(kind, value, dialect)


@pytest.mark.parametrize("kind", [Day(), Instant(), Minor()], ids=lambda kind: type(kind).__name__)
def test_what_is_not_there_is_null(kind: TypeEngine[Any], dialect: Dialect) -> None:
    assert written(kind, None, dialect) is None


@pytest.mark.parametrize("day", [date.min, date(987, 1, 2), date(2026, 6, 30), date.max])
def test_a_day_is_the_text_that_sqlalchemy_writes_for_sqlite(day: date) -> None:
    sqlite = DIALECTS[0]

    assert written(Day(), day, sqlite) == written(Date(), day, sqlite)


@pytest.mark.parametrize(
    "moment",
    [NOON, NOON + timedelta(microseconds=1), datetime(1, 1, 1, tzinfo=UTC), datetime.max.replace(tzinfo=UTC)],
)
def test_a_moment_is_the_text_that_sqlalchemy_writes_for_sqlite(moment: datetime) -> None:
    sqlite = DIALECTS[0]

    assert written(Instant(), moment, sqlite) == written(DateTime(), moment.replace(tzinfo=None), sqlite)


def test_a_moment_is_kept_in_utc_wherever_it_was_read_off_a_clock(dialect: Dialect) -> None:
    in_kolkata = NOON.astimezone(timezone(timedelta(hours=5, minutes=30)))

    assert written(Instant(), in_kolkata, dialect) == written(Instant(), NOON, dialect)


def test_an_amount_goes_to_the_driver_as_the_int_that_it_is(dialect: Dialect) -> None:
    assert BigInteger().dialect_impl(dialect).bind_processor(dialect) is None
    assert written(Minor(), -(2**63) + 1, dialect) == -(2**63) + 1
