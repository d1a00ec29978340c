"""From which day an invoice bears its next late fee."""

from collections.abc import Iterator
from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from billcore.evolving import evolve
from billcore.invoices.invoice import Invoice, Sums
from billcore.invoices.late_fees import due_from
from billcore.money import Money
from billcore_sqlalchemy.invoices import as_issued
from billcore_sqlalchemy.types import Minor

revision = "billcore_0004"
down_revision = "billcore_0003"
branch_labels = None
depends_on = None

BATCH: Final = 1_000
SUMS: Final = ("paid", "in_flight", "credited", "written_off", "late_fees")
POLICIES: Final = sa.table("billcore_policies", *map(sa.column, ("firm_id", "digest", "document")))
INVOICES: Final = sa.table(
    "billcore_invoices",
    *map(sa.column, ("firm_id", "id", "policy", "document", "collect_from", "held_at")),
    sa.column("fee_from", sa.Date),
    *(sa.column(name, Minor) for name in SUMS),
)


def upgrade() -> None:
    op.add_column("billcore_invoices", sa.Column("fee_from", sa.Date))
    connection = op.get_bind()
    c = INVOICES.c
    bears = INVOICES.update().where(c.firm_id == sa.bindparam("its_firm"), c.id == sa.bindparam("its_id"))
    for batch in _each(connection):
        days = [
            {"its_firm": row.firm_id, "its_id": row.id, "fee_from": day}
            for row in batch
            if (day := due_from(_invoice(row))) is not None
        ]
        if days:
            connection.execute(bears, days)
    is_to_assess = sa.column("fee_from").is_not(None)
    op.create_index(
        "ix_billcore_invoices_to_assess",
        "billcore_invoices",
        ["firm_id", "fee_from", "id"],
        sqlite_where=is_to_assess,
        postgresql_where=is_to_assess,
    )


def downgrade() -> None:
    op.drop_index("ix_billcore_invoices_to_assess", "billcore_invoices")
    op.drop_column("billcore_invoices", "fee_from")


def _invoice(row: sa.Row[Any]) -> Invoice:
    """The invoice, as far as its late fees ask; it is not on hold."""
    issued = as_issued(row.document, row.policy_document)
    sums = {name: Money(getattr(row, name), issued.currency) for name in SUMS}
    return evolve(issued, sums=evolve(Sums.nothing(issued.currency), **sums))


def _each(connection: sa.Connection) -> Iterator[list[sa.Row[Any]]]:
    """Those that could bear a fee, for something can be paid and collection is not on hold: a batch at a time."""
    c, p = INVOICES.c, POLICIES.c
    its_policy = sa.and_(p.firm_id == c.firm_id, p.digest == c.policy)
    could_bear = sa.select(INVOICES, p.document.label("policy_document")).join(POLICIES, its_policy)
    could_bear = could_bear.where(c.collect_from.is_not(None), c.held_at.is_(None)).order_by(c.firm_id, c.id)
    firm_id = last_id = ""
    while True:
        is_next = sa.or_(c.firm_id > firm_id, sa.and_(c.firm_id == firm_id, c.id > last_id))
        batch = list(connection.execute(could_bear.where(is_next).limit(BATCH)))
        if not batch:
            return
        yield batch
        firm_id, last_id = batch[-1].firm_id, batch[-1].id
