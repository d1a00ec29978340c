"""Engines for a program that has none of its own: a URL is enough."""

from typing import Final

from sqlalchemy import URL, Connection, Engine, create_engine, make_url, text

from billcore_sqlalchemy import migrations
from billcore_sqlalchemy.sqlite import sqlite_engine

_DRIVERS: Final = {
    "postgresql": "postgresql+psycopg",
    "postgres": "postgresql+psycopg",
    "mysql": "mysql+pymysql",
    "mariadb": "mariadb+pymysql",
}
_LOCK: Final = 7_305_410_827


def engine_for(url: str | URL) -> Engine:
    """An engine that neither loses updates nor shows values in its errors; the drivers are psycopg and PyMySQL."""
    address = make_url(url)
    if address.get_backend_name() == "sqlite":
        return sqlite_engine(address)
    driver = _DRIVERS.get(address.drivername, address.drivername)
    return create_engine(
        address.set(drivername=driver), isolation_level="READ COMMITTED", hide_parameters=True, pool_recycle=1800
    )


def bring_up_to_date(engine: Engine) -> None:
    """Create billcore's tables, or migrate those of an older release; programs that start together take turns."""
    with engine.begin() as connection:
        _take_turns(connection)
        try:
            migrations.upgrade(connection)
        finally:
            if connection.dialect.name in ("mysql", "mariadb"):
                connection.execute(text("SELECT RELEASE_LOCK(:lock)"), {"lock": str(_LOCK)})


def _take_turns(connection: Connection) -> None:
    match connection.dialect.name:
        case "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        case "mysql" | "mariadb":
            connection.execute(text("SELECT GET_LOCK(:lock, 60)"), {"lock": str(_LOCK)})
        case _:
            # On SQLite the transaction has begun IMMEDIATE: its turn has come.
            pass
