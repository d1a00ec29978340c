"""Stripe's balance transactions as fees, settlements and lines for reconciliation."""

import logging
from datetime import datetime
from math import ceil
from typing import Final

from billcore.errors import CurrencyMismatch
from billcore.fees import FeeKind, FeeLine
from billcore.ids import GatewayRef
from billcore.money import Money
from billcore.payments.observation import Settlement
from billcore.ports.gateway import SettlementLine
from billcore_stripe.amounts import from_stripe
from billcore_stripe.client import Request
from billcore_stripe.records import Record, UnreadableAnswer

log: Final = logging.getLogger("billcore_stripe")

_FEE_KINDS: Final = {
    "stripe_fee": FeeKind.PROCESSING,
    "payment_method_passthrough_fee": FeeKind.PROCESSING,
    "application_fee": FeeKind.PLATFORM,
    "tax": FeeKind.TAX,
    "withheld_tax": FeeKind.TAX,
}
_CATEGORY_KINDS: Final = {"dispute": FeeKind.DISPUTE, "dispute_reversal": FeeKind.DISPUTE, "refund": FeeKind.REFUND}


def build_transactions(since: datetime, until: datetime) -> Request:
    """The account's balance transactions of a span of time, with what caused each."""
    # Stripe counts whole seconds: those of which a part lies in the span belong to it.
    created = {"gte": int(since.timestamp()), "lt": ceil(until.timestamp())}
    params = {"created": created, "expand": ["data.source"]}
    return Request(method="get", path="/v1/balance_transactions", params=params)


def build_payouts(since: datetime) -> Request:
    """Every payout since: what was earned at an instant is paid out after it."""
    return Request(method="get", path="/v1/payouts", params={"created": {"gte": int(since.timestamp())}})


def build_transactions_of(payout_id: str) -> Request:
    return Request(method="get", path="/v1/balance_transactions", params={"payout": payout_id})


def fee_lines(transaction: Record) -> tuple[FeeLine, ...]:
    """What Stripe kept (positive) or gave back (negative), in its settlement currency; no fee is one line of zero."""
    currency = transaction.need_text("currency")
    in_category = _CATEGORY_KINDS.get(transaction.text("reporting_category") or "")
    lines = []
    unexplained = transaction.need_whole("fee")
    for detail in transaction.records("fee_details"):
        integer = detail.need_whole("amount")
        kind = _FEE_KINDS.get(detail.text("type") or "", FeeKind.OTHER)
        if kind is FeeKind.PROCESSING and in_category is not None:
            kind = in_category
        lines.append(FeeLine(kind, from_stripe(integer, currency)))
        unexplained -= integer
    if unexplained:
        lines.append(FeeLine(FeeKind.OTHER, from_stripe(unexplained, currency)))
    return tuple(lines) or (FeeLine(in_category or FeeKind.PROCESSING, from_stripe(0, currency)),)


def total_fee(transactions: tuple[Record, ...]) -> Money | None:
    """The fees of several balance transactions together; None while there are none."""
    lines = [line for transaction in transactions for line in fee_lines(transaction)]
    return Money.sum((line.amount for line in lines), lines[0].amount.currency) if lines else None


def settlement_of(charge: Record | None) -> Settlement | None:
    """What the payment brought; None until Stripe has booked it, which for cards is up to an hour after the payment."""
    transaction = charge.record("balance_transaction") if charge is not None else None
    if transaction is None:
        return None
    available = transaction.moment("available_on")
    try:
        return Settlement(
            gross=from_stripe(transaction.need_whole("amount"), transaction.need_text("currency")),
            fees=fee_lines(transaction),
            net=from_stripe(transaction.need_whole("net"), transaction.need_text("currency")),
            exchange_rate=transaction.decimal("exchange_rate"),
            available_on=available.date() if available is not None else None,
        )
    except (UnreadableAnswer, CurrencyMismatch) as problem:
        # The payment itself must not be in doubt because its fee cannot be written down: unknown stays unknown.
        log.error("the settlement of %s cannot be read: %s", transaction.text("id"), problem)
        return None


def settlement_line(transaction: Record, payout_id: str | None, account: str | None) -> SettlementLine:
    """One balance transaction, of whatever kind, as a line of reconciliation."""

    def ref(id_: str | None) -> GatewayRef | None:
        return GatewayRef("stripe", account, id_) if id_ is not None else None

    source = transaction.record("source")
    currency = transaction.need_text("currency")
    return SettlementLine(
        ref=GatewayRef("stripe", account, transaction.need_text("id")),
        kind=transaction.text("reporting_category") or transaction.text("type") or "unknown",
        payment=ref(source.reference("payment_intent")) if source is not None else None,
        gross=from_stripe(transaction.need_whole("amount"), currency),
        fees=fee_lines(transaction),
        net=from_stripe(transaction.need_whole("net"), currency),
        payout=ref(payout_id),
        occurred_at=transaction.need_moment("created"),
    )
