"""The tables: every one carries the firm, what is asked for is a column, and the rest of a record is one JSON document.

What an index needs of a row's own answers (what is owed, the balance) is a column too, and a CHECK holds it to the
facts: no write can make the two disagree. (SQLite reads no index alone for a generated column.)
"""

from typing import Final

from attrs import frozen
from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Integer,
    MetaData,
    Table,
    false,
    true,
)

from billcore_sqlalchemy.columns import CURRENCY, Builder, a_currency, a_firm, a_key, a_minor, a_moment, a_ref, a_word
from billcore_sqlalchemy.types import KEY_LENGTH, Day, Key, document, position

DIGEST: Final = 64

_OWED: Final = (
    "CASE WHEN issued_on IS NULL THEN 0 "
    "WHEN voided_at IS NOT NULL THEN -paid "
    "ELSE gross + late_fees - credited - written_off - paid END"
)


@frozen(kw_only=True)
class Tables:
    """All tables of one metadata, by name."""

    firms: Table
    policies: Table
    catalog: Table
    clients: Table
    charges: Table
    invoices: Table
    credit_notes: Table
    payments: Table
    applications: Table
    refunds: Table
    methods: Table
    operations: Table
    schedules: Table
    occurrences: Table
    requests: Table
    counters: Table
    events: Table
    event_invoices: Table
    deliveries: Table
    postings: Table
    inbox: Table


def build_tables(metadata: MetaData, *, prefix: str = "billcore_", schema: str | None = None) -> Tables:
    """Declare billcore's tables in the host's *metadata*, so that the host's own migrations and backups hold them."""
    build = Builder(metadata, prefix, schema)
    return Tables(
        firms=build.records("firms", is_firm=True),
        policies=build.table(
            "policies",
            a_firm(),
            Column("digest", Key(DIGEST), primary_key=True),
            Column("document", document(), nullable=False),
        ),
        catalog=build.records("catalog"),
        clients=_clients(build),
        charges=_charges(build),
        invoices=_invoices(build),
        credit_notes=_credit_notes(build),
        payments=_payments(build),
        applications=_applications(build),
        refunds=_refunds(build),
        methods=_methods(build),
        operations=_operations(build),
        schedules=_schedules(build),
        occurrences=_occurrences(build),
        requests=build.table(
            "requests",
            a_firm(),
            Column("request_id", Key(KEY_LENGTH), primary_key=True),
            Column("fingerprint", Key(KEY_LENGTH), nullable=False),
            Column("result_id", Key(KEY_LENGTH), nullable=False),
        ),
        counters=build.table(
            "counters",
            a_firm(),
            Column("series", Key(KEY_LENGTH), primary_key=True),
            Column("last", BigInteger, nullable=False),
        ),
        events=_events(build),
        event_invoices=_event_invoices(build),
        deliveries=_deliveries(build),
        postings=_postings(build),
        inbox=_inbox(build),
    )


def _clients(build: Builder) -> Table:
    # Folding makes some letters three: a name of 200 characters needs room.
    return build.records("clients", Column("folded_name", Key(600), nullable=False))


def _charges(build: Builder) -> Table:
    table = build.records(
        "charges",
        a_key("client_id"),
        Column("is_open", Boolean, nullable=False),
        a_moment("added_at"),
    )
    c = table.c
    build.index("charges_open", c.firm_id, c.client_id, c.added_at, c.id, where=c.is_open == true())
    return table


def _invoices(build: Builder) -> Table:
    sums = (
        *("gross", "paid", "in_flight", "refunded"),
        *("credited", "credited_tax", "credited_for_refunds", "written_off", "late_fees"),
    )
    table = build.records(
        "invoices",
        a_key("client_id"),
        a_currency(),
        Column("policy", Key(DIGEST), nullable=False),
        a_moment("drafted_at"),
        a_key("number", nullable=True),
        a_key("folded_number", nullable=True),
        Column("issued_on", Day),
        Column("due_on", Day),
        # The first day on which it is overdue if it is not paid: past the due date and its grace days.
        Column("overdue_from", Day),
        *map(a_minor, (*sums, "owed", "balance")),
        # Set for some invoices only, so that an index finds just those: where something can be paid, of which awaiting
        # and overdue are the two halves, and where something is owed.
        Column("collect_from", Day),
        Column("owing_since", Day),
        a_moment("delivered_at", nullable=True),
        a_moment("first_viewed_at", nullable=True),
        a_moment("voided_at", nullable=True),
        Column("void_reason", document()),
        a_moment("held_at", nullable=True),
        Column("hold_reason", document()),
        a_key("hold_refund_id", nullable=True),
        Column("autopay_on", Day),
        a_moment("autopay_failed_at", nullable=True),
        Column("overdue_noted_on", Day),
        # The day from which it would be noted as overdue, while something is owed and it was not noted.
        Column("note_from", Day),
        # The day from which the next late fee is due, where there will be one.
        Column("fee_from", Day),
    )
    build.check(table, "owed", f"owed = {_OWED} AND balance = owed - in_flight")
    build.check(table, "collect", "(collect_from IS NULL) = (balance <= 0)")
    build.check(table, "owing", "(owing_since IS NULL) = (owed = 0)")
    c = table.c
    build.index("invoices_number", c.firm_id, c.number, unique=True)
    build.index("invoices_search", c.firm_id, c.folded_number)
    build.index("invoices_newest", c.firm_id, c.drafted_at, c.id)
    build.index("invoices_client", c.firm_id, c.client_id, c.drafted_at, c.id)
    build.index("invoices_drafts", c.firm_id, c.issued_on, c.drafted_at, c.id, where=c.issued_on.is_(None))
    build.index("invoices_voided", c.firm_id, c.voided_at, where=c.voided_at.is_not(None))
    build.index("invoices_written_off", c.firm_id, c.written_off, where=c.written_off > 0)
    build.index("invoices_failed", c.firm_id, c.autopay_failed_at, where=c.autopay_failed_at.is_not(None))
    build.index("invoices_autopay", c.firm_id, c.autopay_on, c.id, where=c.autopay_on.is_not(None))
    build.index("invoices_to_note", c.firm_id, c.note_from, c.id, where=c.note_from.is_not(None))
    build.index("invoices_to_assess", c.firm_id, c.fee_from, c.id, where=c.fee_from.is_not(None))
    collect = (c.firm_id, c.collect_from, c.currency, c.balance)
    build.index("invoices_collect", *collect, where=c.collect_from.is_not(None))
    owing = (c.firm_id, c.owing_since, c.client_id, c.currency, c.issued_on, c.owed)
    build.index("invoices_owing", *owing, where=c.owing_since.is_not(None))
    return table


def _credit_notes(build: Builder) -> Table:
    table = build.records("credit_notes", a_key("invoice_id"), a_key("number"), a_moment("issued_at"))
    build.index("credit_notes_number", table.c.firm_id, table.c.number, unique=True)
    build.index("credit_notes_invoice", table.c.firm_id, table.c.invoice_id)
    return table


def _payments(build: Builder) -> Table:
    table = build.records(
        "payments",
        a_key("client_id"),
        a_word("state"),
        a_word("method"),
        a_currency(),
        a_minor("amount"),
        a_minor("refunded"),
        Column("received_on", Day, nullable=False),
        a_moment("created_at"),
        a_moment("completed_at", nullable=True),
        *a_ref(),
    )
    c = table.c
    # A gateway's payment is in the books once, in whichever firm.
    build.index("payments_ref", c.ref_gateway, c.ref_account, c.ref_id, unique=True)
    build.index("payments_client", c.firm_id, c.client_id, c.created_at)
    build.index("payments_received", c.firm_id, c.received_on)
    return table


def _applications(build: Builder) -> Table:
    """Which invoices a payment was meant for or is on, an amount each."""
    table = build.table(
        "applications",
        a_firm(),
        Column("payment_id", Key(KEY_LENGTH), primary_key=True),
        Column("invoice_id", Key(KEY_LENGTH), primary_key=True),
        a_minor("intended"),
        a_minor("applied"),
    )
    build.index("applications_invoice", table.c.firm_id, table.c.invoice_id)
    return table


def _refunds(build: Builder) -> Table:
    table = build.records(
        "refunds",
        a_key("payment_id"),
        a_word("state"),
        a_currency(),
        a_minor("amount"),
        a_moment("requested_at"),
        a_moment("succeeded_at", nullable=True),
    )
    build.index("refunds_payment", table.c.firm_id, table.c.payment_id)
    return table


def _methods(build: Builder) -> Table:
    table = build.records(
        "methods", a_key("client_id"), Column("is_active", Boolean, nullable=False), a_moment("attached_at")
    )
    build.index("methods_client", table.c.firm_id, table.c.client_id)
    return table


def _operations(build: Builder) -> Table:
    table = build.records(
        "operations",
        a_word("state"),
        Column("is_done", Boolean, nullable=False),
        a_moment("created_at"),
        a_moment("leased_until", nullable=True),
        # When recovery hands it out next, and how often it did: no part of the record.
        a_moment("turn_at"),
        Column("tries", Integer, nullable=False),
        *a_ref(),
    )
    c = table.c
    build.index("operations_in_doubt", c.is_done, c.created_at, c.id, where=c.is_done == false())
    build.index("operations_turn", c.is_done, c.turn_at, c.id, where=c.is_done == false())
    build.index("operations_ref", c.ref_gateway, c.ref_account, c.ref_id)
    return table


def _schedules(build: Builder) -> Table:
    """The document is the schedule as people decided; what the run did to it since are columns."""
    table = build.records(
        "schedules",
        a_key("client_id"),
        a_moment("started_at"),
        Column("next_index", Integer, nullable=False),
        Column("look_on", Day),
        Column("failed", document()),
        Column("failures", Integer, nullable=False),
        Column("retry_on", Day),
        a_moment("suspended_at", nullable=True),
        Column("suspended_for", Key(KEY_LENGTH)),
        a_moment("completed_at", nullable=True),
    )
    c = table.c
    build.index("schedules_due", c.firm_id, c.look_on, c.id, where=c.look_on.is_not(None))
    build.index("schedules_client", c.firm_id, c.client_id, c.started_at)
    return table


def _occurrences(build: Builder) -> Table:
    """One row for each index of a schedule that is settled or failed, for ever."""
    table = build.table(
        "occurrences",
        a_firm(),
        Column("id", Key(KEY_LENGTH), primary_key=True),
        Column("version", Integer, nullable=False),
        a_key("schedule_id"),
        Column("number", Integer, nullable=False),
        Column("nominal", Day, nullable=False),
        Column("starts_on", Day, nullable=False),
        Column("ends_on", Day, nullable=False),
        a_key("invoice_id", nullable=True),
        Column("reason", document()),
        Column("failure_code", Key(KEY_LENGTH)),
        Column("attempts", Integer, nullable=False),
        Column("is_late", Boolean, nullable=False),
        a_moment("settled_at"),
    )
    c = table.c
    build.index("occurrences_schedule", c.firm_id, c.schedule_id, c.number, unique=True)
    build.index("occurrences_invoice", c.firm_id, c.invoice_id, where=c.invoice_id.is_not(None))
    return table


def _events(build: Builder) -> Table:
    """What happened, in order of position, and the outbox: what no subscriber has taken yet."""
    table = build.table(
        "events",
        Column("position", position(), primary_key=True),
        a_key("firm_id"),
        a_key("stream"),
        a_key("invoice_id", nullable=True),
        Column("kind", Key(50), nullable=False),
        Column("happened_on", Day, nullable=False),
        Column("is_delivered", Boolean, nullable=False),
        # Of events that takings count: how it was paid, and how much.
        a_word("method", nullable=True),
        a_currency(nullable=True),
        a_minor("amount", nullable=True),
        Column("document", document(), nullable=False),
    )
    c = table.c
    build.index("events_stream", c.firm_id, c.stream, c.kind, c.happened_on)
    takings = (c.firm_id, c.happened_on, c.kind, c.currency, c.method, c.amount, c.stream)
    build.index("events_takings", *takings, where=c.amount.is_not(None))
    build.index("events_firm", c.firm_id, c.position)
    build.index("events_invoice", c.firm_id, c.invoice_id, c.position, where=c.invoice_id.is_not(None))
    build.index("events_undelivered", c.is_delivered, c.position, where=c.is_delivered == false())
    return table


def _deliveries(build: Builder) -> Table:
    """The streams that a worker of the outbox has in its hands or could not deliver; nothing of all others."""
    return build.table(
        "deliveries",
        a_firm(),
        Column("stream", Key(KEY_LENGTH), primary_key=True),
        a_moment("turn_at"),
        Column("tries", Integer, nullable=False),
    )


def _event_invoices(build: Builder) -> Table:
    """Which events stand in the timelines of several invoices; what is about one invoice says so itself."""
    return build.table(
        "event_invoices",
        a_firm(),
        Column("invoice_id", Key(KEY_LENGTH), primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
    )


def _postings(build: Builder) -> Table:
    """The journal: what each event did to the accounts, debits above zero; what is receivable is kept by invoice."""
    return build.table(
        "postings",
        a_firm(),
        Column("account", Key(20), primary_key=True),
        Column("happened_on", Day, primary_key=True),
        Column("position", BigInteger, primary_key=True, autoincrement=False),
        Column("currency", Key(CURRENCY), primary_key=True),
        Column("invoice_id", Key(KEY_LENGTH), primary_key=True),
        a_minor("amount"),
        is_kept_by_key=True,
    )


def _inbox(build: Builder) -> Table:
    """Gateways' events: those that were heard, each once, and those that are kept for later."""
    table = build.table(
        "inbox",
        Column("gateway", Key(KEY_LENGTH), primary_key=True),
        Column("account", Key(KEY_LENGTH), primary_key=True),
        Column("event_id", Key(255), primary_key=True),
        a_key("firm_id", nullable=True),
        Column("is_heard", Boolean, nullable=False),
        a_moment("parked_at", nullable=True),
        a_moment("turn_at", nullable=True),
        Column("tries", Integer, nullable=False),
        Column("document", document()),
    )
    c = table.c
    build.index("inbox_turn", c.is_heard, c.turn_at, where=c.is_heard == false())
    build.index("inbox_parked", c.is_heard, c.tries, c.parked_at, where=c.is_heard == false())
    return table


metadata: Final = MetaData()
"""billcore's own, for a host that has none; its tables are named billcore_*."""

TABLES: Final = build_tables(metadata)
