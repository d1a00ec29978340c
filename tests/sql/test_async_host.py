"""An asynchronous host: there is no second copy of billcore, the host's own connection runs the one there is."""

import asyncio

import pytest
from sqlalchemy import URL, Connection
from tests.databases import Databases

from billcore.testing import builders
from billcore.testing.store_checks.shape import opened
from billcore_sqlalchemy import SqlStore

pytest.importorskip("greenlet", reason="SQLAlchemy's asyncio needs greenlet: pip install 'sqlalchemy[asyncio]'")

FIRM = builders.a_firm()


def add_client(connection: Connection, number: int) -> None:
    """What an ordinary, synchronous part of the host does with billcore."""
    store = SqlStore.within(connection)
    with store.begin(FIRM.id) as work:
        work.clients.add(builders.a_client(FIRM, f"async-{number}"))
        work.commit()


async def add_clients(url: URL, numbers: range) -> None:
    from sqlalchemy.ext.asyncio import create_async_engine

    engine = create_async_engine(url)

    async def one(number: int) -> None:
        async with engine.begin() as connection:
            await connection.run_sync(add_client, number)

    await asyncio.gather(*(one(number) for number in numbers))
    await engine.dispose()


def test_an_async_host_runs_many_transactions_at_once_in_one_thread(databases: Databases) -> None:
    database = databases.get("postgresql")
    database.empty()
    opened(SqlStore(database.engine), FIRM.id)

    asyncio.run(add_clients(database.url, range(20)))

    with SqlStore(database.engine).read(FIRM.id) as work:
        assert len(list(work.clients.all())) == 1 + 20
