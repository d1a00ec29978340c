"""What the reports read: postings by date and by invoice, and the money of the events that takings count."""

from collections.abc import Iterator
from typing import Final

import sqlalchemy as sa
from alembic import op

from billcore import journal
from billcore.codec.envelope import EVENT
from billcore.events import Event
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.ledger import posting_rows, takings_columns
from billcore_sqlalchemy.types import Key, Minor

revision = "billcore_0002"
down_revision = "billcore_0001"
branch_labels = None
depends_on = None

BATCH: Final = 1_000
EVENTS: Final = sa.table(
    "billcore_events",
    sa.column("position", sa.BigInteger),
    sa.column("document", sa.Text),
    sa.column("method", Key(20)),
    sa.column("currency", Key(3)),
    sa.column("amount", Minor),
)


def upgrade() -> None:
    op.add_column("billcore_events", sa.Column("method", Key(20)))
    op.add_column("billcore_events", sa.Column("currency", Key(3)))
    op.add_column("billcore_events", sa.Column("amount", Minor))
    # The postings follow from the events, so they are written anew.
    op.drop_table("billcore_postings")
    postings = _postings(
        "firm_id account happened_on position currency invoice_id", sa.Column("invoice_id", Key(191), nullable=False)
    )
    connection = op.get_bind()
    for events in _each(connection):
        _insert(
            connection, postings, [dict(row) for position, event in events for row in posting_rows(event, position)]
        )
        money = [
            {"its_position": position, **columns}
            for position, event in events
            if (columns := takings_columns(event))["amount"] is not None
        ]
        if money:
            is_it = EVENTS.c.position == sa.bindparam("its_position")
            connection.execute(EVENTS.update().where(is_it), money)
    op.create_index("ix_billcore_events_stream", "billcore_events", ["firm_id", "stream", "kind", "happened_on"])
    is_money = sa.column("amount").is_not(None)
    op.create_index(
        "ix_billcore_events_takings",
        "billcore_events",
        ["firm_id", "happened_on", "kind", "currency", "method", "amount", "stream"],
        sqlite_where=is_money,
        postgresql_where=is_money,
    )


def downgrade() -> None:
    op.drop_index("ix_billcore_events_takings", "billcore_events")
    op.drop_index("ix_billcore_events_stream", "billcore_events")
    for column in ("amount", "currency", "method"):
        op.drop_column("billcore_events", column)
    op.drop_table("billcore_postings")
    postings = _postings("firm_id account currency position", is_kept_by_key=False)
    connection = op.get_bind()
    for events in _each(connection):
        _insert(
            connection,
            postings,
            [
                {
                    "firm_id": event.firm_id,
                    "account": posting.account.value,
                    "currency": posting.amount.currency,
                    "position": position,
                    "happened_on": event.on,
                    "amount": posting.amount.minor,
                }
                for position, event in events
                for posting in journal.postings(event)
            ],
        )


def _postings(key: str, *columns: sa.Column[str], is_kept_by_key: bool = True) -> sa.Table:
    return op.create_table(
        "billcore_postings",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("account", Key(20), nullable=False),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("position", sa.BigInteger, autoincrement=False, nullable=False),
        sa.Column("currency", Key(3), nullable=False),
        *columns,
        sa.Column("amount", Minor, nullable=False),
        sa.PrimaryKeyConstraint(*key.split()),
        sqlite_with_rowid=not is_kept_by_key,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
    )


def _insert(connection: sa.Connection, table: sa.Table, rows: list[dict[str, object]]) -> None:
    if rows:
        connection.execute(table.insert(), rows)


def _each(connection: sa.Connection) -> Iterator[list[tuple[int, Event]]]:
    """All events, a batch at a time."""
    after = 0
    columns = EVENTS.c.position, EVENTS.c.document
    while True:
        next_ones = sa.select(*columns).where(EVENTS.c.position > after).order_by(EVENTS.c.position).limit(BATCH)
        batch = [(row.position, documents.read(EVENT, row.document)) for row in connection.execute(next_ones)]
        if not batch:
            return
        yield batch
        after = batch[-1][0]
