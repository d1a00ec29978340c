"""Disputes, and the late returns of bank debits, which Stripe reports as disputes that are lost from the start."""

import logging
from typing import Final

from billcore.ids import GatewayRef
from billcore.payments.observation import DisputeSnapshot, DisputeStatus
from billcore_stripe.amounts import from_stripe
from billcore_stripe.client import Request
from billcore_stripe.records import Record
from billcore_stripe.settlements import total_fee

log: Final = logging.getLogger("billcore_stripe")

_STATUSES: Final = {
    "needs_response": DisputeStatus.OPEN,
    "under_review": DisputeStatus.OPEN,
    "won": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
    "appeal_won": DisputeStatus.WON,
    "appeal_lost": DisputeStatus.LOST,
}
_BEFORE_ANY_MONEY: Final = {
    "warning_needs_response": DisputeStatus.INQUIRY,
    "warning_under_review": DisputeStatus.INQUIRY,
    "warning_closed": DisputeStatus.CLOSED,
    "prevented": DisputeStatus.CLOSED,
}
"""The stages of an inquiry, which takes no money until it becomes a dispute."""


def build_disputes_of(payment_id: str) -> Request:
    return Request(method="get", path="/v1/disputes", params={"payment_intent": payment_id})


def dispute_of(dispute: Record, account: str | None) -> DisputeSnapshot:
    """One dispute as it is now. Whether money moved is told by its balance transactions, not by its name."""
    word = dispute.text("status") or ""
    transactions = dispute.records("balance_transactions")
    statuses = _STATUSES if transactions else {**_STATUSES, **_BEFORE_ANY_MONEY}
    if word not in {**_STATUSES, **_BEFORE_ANY_MONEY} and not word.startswith("appeal_"):
        log.warning("dispute %s has the unknown status %r; it counts as open", dispute.text("id"), word)
    return DisputeSnapshot(
        ref=GatewayRef("stripe", account, dispute.need_text("id")),
        amount=from_stripe(dispute.need_whole("amount"), dispute.need_text("currency")),
        status=statuses.get(word, DisputeStatus.OPEN),
        reason=dispute.text("reason") or "",
        fee=total_fee(transactions),
        opened_at=dispute.need_moment("created"),
    )
