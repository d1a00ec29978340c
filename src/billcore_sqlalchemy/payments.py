"""Payments with the invoices they are on, refunds, and the operations behind them."""

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

from sqlalchemy import Delete, Insert, Select, Table, Update, bindparam, select

from billcore.codec.envelope import OPERATION, PAYMENT, REFUND
from billcore.ids import ClientId, InvoiceId, OperationId, PaymentId, RefundId
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore_sqlalchemy.ready import Values
from billcore_sqlalchemy.records import Records, ref_columns
from billcore_sqlalchemy.session import Session, is_storable
from billcore_sqlalchemy.statements import THE_FIRM, THE_ID
from billcore_sqlalchemy.tables import Tables


class Payments(Records[PaymentId, Payment]):
    envelope, what = PAYMENT, "payment"

    def __init__(self, session: Session, tables: Tables) -> None:
        super().__init__(session, tables.payments)
        self._applications = tables.applications

    def add(self, record: Payment) -> Payment:
        added = super().add(record)
        self._apply(added)
        return added

    def save(self, record: Payment) -> Payment:
        before = self._known.get(record.id)
        saved = super().save(record)
        were, are = {} if before is None else _amounts(before), _amounts(saved)
        if were.keys() != are.keys():
            self._session.change(_forget(self._applications), {"the_firm": saved.firm_id, "the_id": saved.id})
            self._apply(saved)
        elif were != are:
            moved = {invoice_id: amounts for invoice_id, amounts in are.items() if amounts != were[invoice_id]}
            self._move(saved, moved)
        return saved

    def of_invoice(self, invoice_id: InvoiceId) -> Sequence[Payment]:
        if not is_storable(invoice_id):
            return []
        return self._select(_of_invoice(self._table, self._applications), the_id=invoice_id)

    def of_client(self, client_id: ClientId) -> Sequence[Payment]:
        return self._related("client_id", client_id, by="created_at")

    def all(self) -> Iterable[Payment]:
        return self._each()

    def _apply(self, payment: Payment) -> None:
        key = {"firm_id": payment.firm_id, "payment_id": payment.id}
        rows = [
            {**key, "invoice_id": invoice_id, "intended": intended, "applied": applied}
            for invoice_id, (intended, applied) in _amounts(payment).items()
        ]
        if rows:
            self._session.change(_apply(self._applications), rows)

    def _move(self, payment: Payment, amounts: dict[InvoiceId, tuple[int, int]]) -> None:
        key = {"the_firm": payment.firm_id, "the_id": payment.id}
        rows = [
            {**key, "the_invoice": invoice_id, "intended": intended, "applied": applied}
            for invoice_id, (intended, applied) in amounts.items()
        ]
        self._session.change(_move(self._applications), rows)

    def _columns(self, record: Payment) -> Values:
        return {
            "client_id": record.client_id,
            "state": record.state.value,
            "method": record.method.value,
            "currency": record.amount.currency,
            "amount": record.amount.minor,
            "refunded": record.refunded.minor,
            "received_on": record.received_on,
            "created_at": record.created_at,
            "completed_at": record.completed_at,
            **ref_columns(record.ref),
        }


def _amounts(payment: Payment) -> dict[InvoiceId, tuple[int, int]]:
    """By invoice: how much was meant for it, and how much is on it."""
    intended: dict[InvoiceId, int] = {}
    applied: dict[InvoiceId, int] = {}
    for parts, sums in ((payment.intended, intended), (payment.applications, applied)):
        for part in parts:
            sums[part.invoice_id] = sums.get(part.invoice_id, 0) + part.amount.minor
    return {invoice_id: (intended.get(invoice_id, 0), applied.get(invoice_id, 0)) for invoice_id in payment.invoice_ids}


@cache
def _of_invoice(payments: Table, applications: Table) -> Select[Any]:
    p, a = payments.c, applications.c
    is_on = (a.firm_id == p.firm_id) & (a.payment_id == p.id)
    on_it = (p.firm_id == THE_FIRM, a.invoice_id == THE_ID)
    return select(p.document).join(applications, is_on).where(*on_it).order_by(p.created_at, p.id)


@cache
def _apply(applications: Table) -> Insert:
    return applications.insert()


@cache
def _move(applications: Table) -> Update:
    c = applications.c
    this = (c.firm_id == THE_FIRM, c.payment_id == THE_ID, c.invoice_id == bindparam("the_invoice"))
    return applications.update().where(*this)


@cache
def _forget(applications: Table) -> Delete:
    return applications.delete().where(applications.c.firm_id == THE_FIRM, applications.c.payment_id == THE_ID)


class Refunds(Records[RefundId, Refund]):
    envelope, what = REFUND, "refund"

    def of_payment(self, payment_id: PaymentId) -> Sequence[Refund]:
        return self._related("payment_id", payment_id, by="requested_at")

    def all(self) -> Iterable[Refund]:
        return self._each()

    def _columns(self, record: Refund) -> Values:
        return {
            "payment_id": record.payment_id,
            "state": record.state.value,
            "currency": record.amount.currency,
            "amount": record.amount.minor,
            "requested_at": record.requested_at,
            "succeeded_at": record.succeeded_at,
        }


class Operations(Records[OperationId, Operation]):
    envelope, what = OPERATION, "operation"

    def _row(self, record: Operation) -> Values:
        # Of the worker's turns the record knows nothing, so no save of it undoes them.
        return {**super()._row(record), "turn_at": record.created_at, "tries": 0}

    def all(self) -> Iterable[Operation]:
        return self._each()

    def _columns(self, record: Operation) -> Values:
        return {
            "state": record.state.value,
            "is_done": record.is_done,
            "created_at": record.created_at,
            "leased_until": record.leased_until,
            **ref_columns(record.ref),
        }
