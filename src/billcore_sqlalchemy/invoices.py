"""Invoices: the document is the invoice as it was issued; the facts and sums of its life after that are columns.

So a payment on an invoice of a thousand lines writes a few numbers. The policy, the same on thousands of invoices, is
a row of its own.
"""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, timedelta
from functools import cache
from operator import attrgetter, is_not
from typing import Any, Final

from attrs import fields
from sqlalchemy import Select, Table, and_, bindparam, or_, select

from billcore.codec import to_json
from billcore.codec.envelope import INVOICE
from billcore.evolving import evolve
from billcore.ids import InvoiceId, RefundId
from billcore.invoices.invoice import Hold, Invoice, Sums, Voiding
from billcore.invoices.late_fees import due_from
from billcore.invoices.status import is_overdue
from billcore.money import Money
from billcore.ports.pages import InvoiceFilter, InvoicePage
from billcore_sqlalchemy import documents
from billcore_sqlalchemy.listing import page
from billcore_sqlalchemy.policies import Policies
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.records import Records
from billcore_sqlalchemy.remembered import Remembered
from billcore_sqlalchemy.rows import Row
from billcore_sqlalchemy.session import Session
from billcore_sqlalchemy.statements import THE_DAY, THE_FIRM, THE_LIMIT, waiting
from billcore_sqlalchemy.tables import Tables
from billcore_sqlalchemy.types import Day

_POLICY: Final = "policy"
_SUMS: Final = "sums"

# What happens to an invoice after its issue; everything else of it is in the document.
_LIFE: Final = frozenset(
    {
        "sums",
        "delivered_at",
        "first_viewed_at",
        "voiding",
        "hold",
        "autopay_on",
        "autopay_failed_at",
        "overdue_noted_on",
        "policy",
        "version",
    }
)
_documented: Final = attrgetter(*(field.name for field in fields(Invoice) if field.name not in _LIFE))


class Invoices(Records[InvoiceId, Invoice]):
    envelope, what = INVOICE, "invoice"
    reads = (
        "document",
        "policy",
        "currency",
        "paid",
        "in_flight",
        "refunded",
        "credited",
        "credited_tax",
        "credited_for_refunds",
        "written_off",
        "late_fees",
        "delivered_at",
        "first_viewed_at",
        "voided_at",
        "void_reason",
        "held_at",
        "hold_reason",
        "hold_refund_id",
        "autopay_on",
        "autopay_failed_at",
        "overdue_noted_on",
        "version",
    )

    def __init__(self, session: Session, tables: Tables, policies: Policies) -> None:
        super().__init__(session, tables.invoices)
        self._tables = tables
        self._policies = policies

    def add_all(self, records: Sequence[Invoice]) -> None:
        for policy in {id(record.policy): record.policy for record in records}.values():
            self._policies.keep(policy)
        super().add_all(records)

    def _update(self, saved: Invoice) -> Values:
        return {**self._update_of_many(saved), "version": saved.version}

    def _update_of_many(self, record: Invoice) -> Values:
        before = self._known.get(record.id)
        is_edited = before is None or any(map(is_not, _documented(before), _documented(record)))
        content = self._content(record) if is_edited else {}
        return {"version": record.version + 1, **self._changed(before, record), **content}

    def remove(self, invoice: Invoice) -> None:
        self._write(invoice, self._statements.delete, {})
        self._known.pop(invoice.id, None)

    def page(self, wanted: InvoiceFilter) -> InvoicePage:
        return page(self._session, self._tables, self._policies, wanted, self._read)

    def newly_overdue(self, on: date, *, limit: int) -> Sequence[Invoice]:
        found: list[Invoice] = []
        last: tuple[date, str] = (date.min, "")
        while len(found) < limit:
            # Money in flight keeps some from being overdue: these are candidates, the invoice itself decides.
            rows = self._after(last, "note_from", on, limit, is_locking=self._session.is_writing)
            found += [self._remember(invoice) for row in rows if is_overdue(invoice := self._read(row), on)]
            if len(rows) < limit:
                break
            last = (rows[-1].note_from, rows[-1].id)
        return found[:limit]

    def to_collect(self, on: date, *, limit: int) -> Sequence[Invoice]:
        statement = waiting(self._table, self.reads, "autopay_on", is_writing=self._session.is_writing)
        return [self._remember(found) for found in self._select(statement, the_day=on, the_limit=limit)]

    def to_assess(self, on: date, *, limit: int, after: Invoice | None = None) -> Sequence[Invoice]:
        last = (date.min, "") if after is None else (due_from(after) or date.max, after.id)
        return [self._read(row) for row in self._after(last, "fee_from", on, limit, is_locking=False)]

    def all(self) -> Iterable[Invoice]:
        return self._each()

    def _after(self, last: tuple[date, str], column: str, on: date, limit: int, *, is_locking: bool) -> Sequence[Row]:
        """The next rows whose date in *column* is that day or before, after the last row of the page before."""
        page = {"the_day": on, "the_limit": limit, "last_day": last[0], "last_id": last[1]}
        statement = _after_last(self._table, column, is_locking=is_locking)
        return self._session.query(statement, {"the_firm": self._session.firm_id, **page})

    def _content_of_many(self, record: Invoice) -> Values:
        # Of hundreds that are written at once few are read again soon: they are not remembered.
        return {"document": _text(record)}

    def _content(self, record: Invoice) -> Values:
        untouched = _before_its_life(record)
        text = _text(record)
        _AS_ISSUED.keep((text, self._policies.text_of(record.policy)), _in_utc(untouched))
        return {"document": text}

    def _columns(self, record: Invoice) -> Values:
        issue, sums, hold, voiding = record.issue, record.sums, record.hold, record.voiding
        owed, balance = record.owed.minor, record.balance.minor
        overdue_from = None if issue is None else _overdue_from(issue.due_on, record.policy.grace_days)
        return {
            "client_id": record.client_id,
            "currency": record.currency,
            "policy": self._policies.keep(record.policy),
            "drafted_at": record.drafted_at,
            "number": None if issue is None else issue.number,
            "folded_number": None if issue is None else issue.number.casefold(),
            "issued_on": None if issue is None else issue.on,
            "due_on": record.due_on,
            "overdue_from": overdue_from,
            "gross": record.gross.minor,
            "paid": sums.paid.minor,
            "in_flight": sums.in_flight.minor,
            "refunded": sums.refunded.minor,
            "credited": sums.credited.minor,
            "credited_tax": sums.credited_tax.minor,
            "credited_for_refunds": sums.credited_for_refunds.minor,
            "written_off": sums.written_off.minor,
            "late_fees": sums.late_fees.minor,
            "owed": owed,
            "balance": balance,
            "collect_from": overdue_from if balance > 0 else None,
            "owing_since": record.due_on if owed != 0 else None,
            "delivered_at": record.delivered_at,
            "first_viewed_at": record.first_viewed_at,
            "voided_at": None if voiding is None else voiding.at,
            "void_reason": None if voiding is None else voiding.reason,
            "held_at": None if hold is None else hold.at,
            "hold_reason": None if hold is None else hold.reason,
            "hold_refund_id": None if hold is None else hold.refund_id,
            "autopay_on": record.autopay_on,
            "autopay_failed_at": record.autopay_failed_at,
            "overdue_noted_on": record.overdue_noted_on,
            "note_from": overdue_from if owed > 0 and record.overdue_noted_on is None else None,
            "fee_from": due_from(record),
        }

    def _read(self, row: Row) -> Invoice:
        def money(minor: int) -> Money:
            return Money(minor, row.currency)

        return evolve(
            as_issued(row.document, self._policies.text(row.policy)),
            sums=Sums(
                paid=money(row.paid),
                in_flight=money(row.in_flight),
                refunded=money(row.refunded),
                credited=money(row.credited),
                credited_tax=money(row.credited_tax),
                credited_for_refunds=money(row.credited_for_refunds),
                written_off=money(row.written_off),
                late_fees=money(row.late_fees),
            ),
            delivered_at=row.delivered_at,
            first_viewed_at=row.first_viewed_at,
            voiding=None if row.voided_at is None else Voiding(reason=row.void_reason, at=row.voided_at),
            hold=None if row.held_at is None else _hold(row),
            autopay_on=row.autopay_on,
            autopay_failed_at=row.autopay_failed_at,
            overdue_noted_on=row.overdue_noted_on,
            version=row.version,
        )


@cache
def _after_last(invoices: Table, column: str, *, is_locking: bool) -> Select[Any]:
    """Those whose date in *column* is reached, after the last one of the page before."""
    c = invoices.c
    last_day = bindparam("last_day", type_=Day)
    is_next = or_(c[column] > last_day, and_(c[column] == last_day, c.id > bindparam("last_id")))
    is_due = (c.firm_id == THE_FIRM, c[column] <= THE_DAY, is_next)
    statement = select(invoices).where(*is_due).order_by(c[column], c.id).limit(THE_LIMIT)
    return statement.with_for_update(skip_locked=True) if is_locking else statement


def _hold(row: Row) -> Hold:
    refund_id = None if row.hold_refund_id is None else RefundId(row.hold_refund_id)
    return Hold(reason=row.hold_reason, at=row.held_at, refund_id=refund_id)


def _overdue_from(due_on: date, grace_days: int) -> date:
    """The first day on which it is overdue if it is not paid."""
    latest = date.max - timedelta(days=grace_days + 1)
    return min(due_on, latest) + timedelta(days=grace_days + 1)


def _before_its_life(invoice: Invoice) -> Invoice:
    """The invoice as it was issued, before anything happened to it."""
    return evolve(
        invoice,
        sums=Sums.nothing(invoice.currency),
        delivered_at=None,
        first_viewed_at=None,
        voiding=None,
        hold=None,
        autopay_on=None,
        autopay_failed_at=None,
        overdue_noted_on=None,
        version=0,
    )


def _text(invoice: Invoice) -> str:
    """Its document as it was issued, before anything happened to it, without the policy."""
    return INVOICE.text(invoice, left_out=_LIFE, instead=_untouched(invoice.currency))


@cache
def _untouched(currency: str) -> str:
    """The fields of an invoice's life in a document, before anything happened."""
    facts = {each.name: each.default for each in fields(Invoice) if each.name in _LIFE - {_POLICY, _SUMS}}
    return documents.compact({_SUMS: to_json(Sums.nothing(currency)), **facts})[1:-1]


def as_issued(text: str, policy: str) -> Invoice:
    """The invoice of those two documents, as it was before anything happened to it."""
    known = _AS_ISSUED.find((text, policy))
    if known is not None:
        return known
    document = json.loads(text)
    # As it was written, so that an upcaster of invoices finds the policy of its own time.
    document["data"][_POLICY] = json.loads(policy)["data"]
    return _AS_ISSUED.keep((text, policy), INVOICE.unwrap(document))


def _in_utc(invoice: Invoice) -> Invoice:
    """As it is read back."""
    issue = invoice.issue
    return evolve(
        invoice,
        drafted_at=invoice.drafted_at.astimezone(UTC),
        issue=None if issue is None else evolve(issue, at=issue.at.astimezone(UTC)),
    )


_AS_ISSUED: Final[Remembered[tuple[str, str], Invoice]] = Remembered(1_000)
"""Most invoices are read soon after they were written, and then again and again."""
