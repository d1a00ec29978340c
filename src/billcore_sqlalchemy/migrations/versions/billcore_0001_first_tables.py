"""The first tables."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.schema import SchemaItem

from billcore_sqlalchemy.types import Instant, Key, Minor, document, position

revision = "billcore_0001"
down_revision = None
branch_labels = ("billcore",)
depends_on = None

OWED = (
    "CASE WHEN issued_on IS NULL THEN 0 "
    "WHEN voided_at IS NOT NULL THEN -paid "
    "ELSE gross + late_fees - credited - written_off - paid END"
)


def table(name: str, *columns: SchemaItem, key: str) -> None:
    op.create_table(
        f"billcore_{name}",
        *columns,
        sa.PrimaryKeyConstraint(*key.split()),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mariadb_engine="InnoDB",
        mariadb_charset="utf8mb4",
    )


def index(
    name: str, *, on: str, columns: str, unique: bool = False, where: sa.ColumnElement[bool] | None = None
) -> None:
    """An index; only of the rows *where* holds, on databases that can."""
    op.create_index(
        f"ix_billcore_{name}",
        f"billcore_{on}",
        columns.split(),
        unique=unique,
        sqlite_where=where,
        postgresql_where=where,
    )


def upgrade() -> None:
    table(
        "applications",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("payment_id", Key(191), nullable=False),
        sa.Column("invoice_id", Key(191), nullable=False),
        sa.Column("intended", Minor, nullable=False),
        sa.Column("applied", Minor, nullable=False),
        key="firm_id payment_id invoice_id",
    )
    index("applications_invoice", on="applications", columns="firm_id invoice_id")
    table(
        "catalog",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    table(
        "charges",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("client_id", Key(191), nullable=False),
        sa.Column("is_open", sa.Boolean, nullable=False),
        sa.Column("added_at", Instant, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index(
        "charges_open", on="charges", columns="firm_id client_id added_at id", where=sa.column("is_open") == sa.true()
    )
    table(
        "clients",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("folded_name", Key(600), nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    table(
        "counters",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("series", Key(191), nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False),
        key="firm_id series",
    )
    table(
        "credit_notes",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("invoice_id", Key(191), nullable=False),
        sa.Column("number", Key(191), nullable=False),
        sa.Column("issued_at", Instant, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index("credit_notes_invoice", on="credit_notes", columns="firm_id invoice_id")
    index("credit_notes_number", on="credit_notes", columns="firm_id number", unique=True)
    table(
        "event_invoices",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("invoice_id", Key(191), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        key="firm_id invoice_id position",
    )
    table(
        "events",
        sa.Column("position", position(), nullable=False),
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("stream", Key(191), nullable=False),
        sa.Column("invoice_id", Key(191)),
        sa.Column("kind", Key(50), nullable=False),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("is_delivered", sa.Boolean, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="position",
    )
    index("events_firm", on="events", columns="firm_id position")
    index(
        "events_invoice", on="events", columns="firm_id invoice_id position", where=sa.column("invoice_id").is_not(None)
    )
    index(
        "events_undelivered",
        on="events",
        columns="is_delivered position",
        where=sa.column("is_delivered") == sa.false(),
    )
    table(
        "firms",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id",
    )
    table(
        "inbox",
        sa.Column("gateway", Key(191), nullable=False),
        sa.Column("account", Key(191), nullable=False),
        sa.Column("event_id", Key(255), nullable=False),
        sa.Column("firm_id", Key(191)),
        sa.Column("is_heard", sa.Boolean, nullable=False),
        sa.Column("parked_at", Instant),
        sa.Column("tries", sa.Integer, nullable=False),
        sa.Column("document", document()),
        key="gateway account event_id",
    )
    index("inbox_parked", on="inbox", columns="is_heard tries parked_at", where=sa.column("is_heard") == sa.false())
    table(
        "invoices",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("client_id", Key(191), nullable=False),
        sa.Column("currency", Key(3), nullable=False),
        sa.Column("policy", Key(64), nullable=False),
        sa.Column("drafted_at", Instant, nullable=False),
        sa.Column("number", Key(191)),
        sa.Column("folded_number", Key(191)),
        sa.Column("issued_on", sa.Date),
        sa.Column("due_on", sa.Date),
        sa.Column("overdue_from", sa.Date),
        sa.Column("gross", Minor, nullable=False),
        sa.Column("paid", Minor, nullable=False),
        sa.Column("in_flight", Minor, nullable=False),
        sa.Column("refunded", Minor, nullable=False),
        sa.Column("credited", Minor, nullable=False),
        sa.Column("credited_tax", Minor, nullable=False),
        sa.Column("credited_for_refunds", Minor, nullable=False),
        sa.Column("written_off", Minor, nullable=False),
        sa.Column("late_fees", Minor, nullable=False),
        sa.Column("owed", Minor, nullable=False),
        sa.Column("balance", Minor, nullable=False),
        sa.Column("collect_from", sa.Date),
        sa.Column("owing_since", sa.Date),
        sa.Column("delivered_at", Instant),
        sa.Column("first_viewed_at", Instant),
        sa.Column("voided_at", Instant),
        sa.Column("void_reason", document()),
        sa.Column("held_at", Instant),
        sa.Column("hold_reason", document()),
        sa.Column("hold_refund_id", Key(191)),
        sa.Column("autopay_on", sa.Date),
        sa.Column("autopay_failed_at", Instant),
        sa.Column("overdue_noted_on", sa.Date),
        sa.Column("note_from", sa.Date),
        sa.Column("document", document(), nullable=False),
        sa.CheckConstraint("(collect_from IS NULL) = (balance <= 0)", name="ck_billcore_invoices_collect"),
        sa.CheckConstraint(f"owed = {OWED} AND balance = owed - in_flight", name="ck_billcore_invoices_owed"),
        sa.CheckConstraint("(owing_since IS NULL) = (owed = 0)", name="ck_billcore_invoices_owing"),
        key="firm_id id",
    )
    index(
        "invoices_autopay", on="invoices", columns="firm_id autopay_on id", where=sa.column("autopay_on").is_not(None)
    )
    index("invoices_client", on="invoices", columns="firm_id client_id drafted_at id")
    index(
        "invoices_collect",
        on="invoices",
        columns="firm_id collect_from currency balance",
        where=sa.column("collect_from").is_not(None),
    )
    index(
        "invoices_drafts",
        on="invoices",
        columns="firm_id issued_on drafted_at id",
        where=sa.column("issued_on").is_(None),
    )
    index(
        "invoices_failed",
        on="invoices",
        columns="firm_id autopay_failed_at",
        where=sa.column("autopay_failed_at").is_not(None),
    )
    index("invoices_newest", on="invoices", columns="firm_id drafted_at id")
    index("invoices_number", on="invoices", columns="firm_id number", unique=True)
    index(
        "invoices_owing",
        on="invoices",
        columns="firm_id owing_since client_id currency issued_on owed",
        where=sa.column("owing_since").is_not(None),
    )
    index("invoices_search", on="invoices", columns="firm_id folded_number")
    index("invoices_to_note", on="invoices", columns="firm_id note_from id", where=sa.column("note_from").is_not(None))
    index("invoices_voided", on="invoices", columns="firm_id voided_at", where=sa.column("voided_at").is_not(None))
    index("invoices_written_off", on="invoices", columns="firm_id written_off", where=sa.column("written_off") > 0)
    table(
        "methods",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("client_id", Key(191), nullable=False),
        sa.Column("is_active", sa.Boolean, nullable=False),
        sa.Column("attached_at", Instant, nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index("methods_client", on="methods", columns="firm_id client_id")
    table(
        "occurrences",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("schedule_id", Key(191), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("nominal", sa.Date, nullable=False),
        sa.Column("starts_on", sa.Date, nullable=False),
        sa.Column("ends_on", sa.Date, nullable=False),
        sa.Column("invoice_id", Key(191)),
        sa.Column("reason", document()),
        sa.Column("failure_code", Key(191)),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("is_late", sa.Boolean, nullable=False),
        sa.Column("settled_at", Instant, nullable=False),
        key="firm_id id",
    )
    index(
        "occurrences_invoice",
        on="occurrences",
        columns="firm_id invoice_id",
        where=sa.column("invoice_id").is_not(None),
    )
    index("occurrences_schedule", on="occurrences", columns="firm_id schedule_id number", unique=True)
    table(
        "operations",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("state", Key(20), nullable=False),
        sa.Column("is_done", sa.Boolean, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("leased_until", Instant),
        sa.Column("ref_gateway", Key(191)),
        sa.Column("ref_account", Key(191)),
        sa.Column("ref_id", Key(255)),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index(
        "operations_in_doubt",
        on="operations",
        columns="is_done created_at id",
        where=sa.column("is_done") == sa.false(),
    )
    index("operations_ref", on="operations", columns="ref_gateway ref_account ref_id")
    table(
        "payments",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("client_id", Key(191), nullable=False),
        sa.Column("state", Key(20), nullable=False),
        sa.Column("method", Key(20), nullable=False),
        sa.Column("currency", Key(3), nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("refunded", Minor, nullable=False),
        sa.Column("received_on", sa.Date, nullable=False),
        sa.Column("created_at", Instant, nullable=False),
        sa.Column("completed_at", Instant),
        sa.Column("ref_gateway", Key(191)),
        sa.Column("ref_account", Key(191)),
        sa.Column("ref_id", Key(255)),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index("payments_client", on="payments", columns="firm_id client_id created_at")
    index("payments_received", on="payments", columns="firm_id received_on")
    index("payments_ref", on="payments", columns="ref_gateway ref_account ref_id", unique=True)
    table(
        "policies",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("digest", Key(64), nullable=False),
        sa.Column("document", document(), nullable=False),
        key="firm_id digest",
    )
    table(
        "postings",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("account", Key(20), nullable=False),
        sa.Column("currency", Key(3), nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("happened_on", sa.Date, nullable=False),
        sa.Column("amount", Minor, nullable=False),
        key="firm_id account currency position",
    )
    table(
        "refunds",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("payment_id", Key(191), nullable=False),
        sa.Column("state", Key(20), nullable=False),
        sa.Column("currency", Key(3), nullable=False),
        sa.Column("amount", Minor, nullable=False),
        sa.Column("requested_at", Instant, nullable=False),
        sa.Column("succeeded_at", Instant),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index("refunds_payment", on="refunds", columns="firm_id payment_id")
    table(
        "requests",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("request_id", Key(191), nullable=False),
        sa.Column("fingerprint", Key(191), nullable=False),
        sa.Column("result_id", Key(191), nullable=False),
        key="firm_id request_id",
    )
    table(
        "schedules",
        sa.Column("firm_id", Key(191), nullable=False),
        sa.Column("id", Key(191), nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("client_id", Key(191), nullable=False),
        sa.Column("started_at", Instant, nullable=False),
        sa.Column("next_index", sa.Integer, nullable=False),
        sa.Column("look_on", sa.Date),
        sa.Column("failed", document()),
        sa.Column("failures", sa.Integer, nullable=False),
        sa.Column("retry_on", sa.Date),
        sa.Column("suspended_at", Instant),
        sa.Column("suspended_for", Key(191)),
        sa.Column("completed_at", Instant),
        sa.Column("document", document(), nullable=False),
        key="firm_id id",
    )
    index("schedules_client", on="schedules", columns="firm_id client_id started_at")
    index("schedules_due", on="schedules", columns="firm_id look_on id", where=sa.column("look_on").is_not(None))


def downgrade() -> None:
    op.drop_table("billcore_schedules")
    op.drop_table("billcore_requests")
    op.drop_table("billcore_refunds")
    op.drop_table("billcore_postings")
    op.drop_table("billcore_policies")
    op.drop_table("billcore_payments")
    op.drop_table("billcore_operations")
    op.drop_table("billcore_occurrences")
    op.drop_table("billcore_methods")
    op.drop_table("billcore_invoices")
    op.drop_table("billcore_inbox")
    op.drop_table("billcore_firms")
    op.drop_table("billcore_events")
    op.drop_table("billcore_event_invoices")
    op.drop_table("billcore_credit_notes")
    op.drop_table("billcore_counters")
    op.drop_table("billcore_clients")
    op.drop_table("billcore_charges")
    op.drop_table("billcore_catalog")
    op.drop_table("billcore_applications")
