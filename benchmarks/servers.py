"""A PostgreSQL server to measure on: the one that BILLCORE_TEST_POSTGRES_URL names, else one on the standard port."""

import os
import secrets
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from attrs import field, frozen
from sqlalchemy import URL, create_engine, make_url, text

_STANDARD: Final = "postgresql+psycopg://postgres@127.0.0.1/postgres"


@frozen
class Server:
    """Where databases can be made and copied; those that were made are gone at the end."""

    address: URL
    made: list[str] = field(factory=list)

    def new(self, template: str | None = None) -> URL:
        """A new database: empty, or a copy of that one, to which nobody may be connected."""
        name = f"billcore_bench_{secrets.token_hex(6)}"
        self._say(f"CREATE DATABASE {name}" + (f" TEMPLATE {template}" if template else ""))
        self.made.append(name)
        return self.address.set(database=name)

    def drop_all(self) -> None:
        while self.made:
            self._say(f"DROP DATABASE {self.made.pop()} WITH (FORCE)")

    def _say(self, sql: str) -> None:
        engine = create_engine(self.address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            connection.execute(text(sql))
        engine.dispose()


@contextmanager
def postgres() -> Iterator[Server | None]:
    """The server, or None where there is none; then what is not measured must be said."""
    given = os.environ.get("BILLCORE_TEST_POSTGRES_URL")
    if not given and not _is_listening(5432):
        yield None
        return
    server = Server(make_url(given or _STANDARD).set(drivername="postgresql+psycopg"))
    try:
        yield server
    finally:
        server.drop_all()


def bare_address(address: URL) -> str:
    """As psycopg itself reads it."""
    return address.set(drivername="postgresql").render_as_string(hide_password=False)


def _is_listening(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True
