"""When due work is handed out next: to operations in doubt, parked events, and the streams of the outbox."""

import sqlalchemy as sa
from alembic import op

from billcore_sqlalchemy.types import Instant, Key

revision = "billcore_0003"
down_revision = "billcore_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    operations = sa.table("billcore_operations", sa.column("turn_at", Instant), sa.column("created_at", Instant))
    inbox = sa.table("billcore_inbox", sa.column("turn_at", Instant), sa.column("parked_at", Instant))
    with op.batch_alter_table("billcore_operations") as batch:
        batch.add_column(sa.Column("turn_at", Instant))
        batch.add_column(sa.Column("tries", sa.Integer, nullable=False, server_default="0"))
    op.execute(operations.update().values(turn_at=operations.c.created_at))
    with op.batch_alter_table("billcore_operations") as batch:
        batch.alter_column("turn_at", existing_type=Instant(), nullable=False)
        batch.alter_column("tries", existing_type=sa.Integer(), existing_nullable=False, server_default=None)
    op.add_column("billcore_inbox", sa.Column("turn_at", Instant))
    op.execute(inbox.update().values(turn_at=inbox.c.parked_at))
    is_in_doubt, is_parked = sa.column("is_done") == sa.false(), sa.column("is_heard") == sa.false()
    _index("operations_turn", "billcore_operations", ["is_done", "turn_at", "id"], is_in_doubt)
    _index("inbox_turn", "billcore_inbox", ["is_heard", "turn_at"], is_parked)
    op.create_table(
        "billcore_deliveries",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("stream", Key(191), nullable=False),
        sa.Column("turn_at", Instant, nullable=False),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("firm_id", "stream"),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
    )


def _index(name: str, table: str, columns: list[str], where: sa.ColumnElement[bool]) -> None:
    op.create_index(f"ix_billcore_{name}", table, columns, sqlite_where=where, postgresql_where=where)


def downgrade() -> None:
    op.drop_table("billcore_deliveries")
    op.drop_index("ix_billcore_inbox_turn", "billcore_inbox")
    op.drop_column("billcore_inbox", "turn_at")
    op.drop_index("ix_billcore_operations_turn", "billcore_operations")
    op.drop_column("billcore_operations", "tries")
    op.drop_column("billcore_operations", "turn_at")
