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
_MOVES_NO_MONEY: Final = frozenset({"warning_needs_response", "warning_under_review", "warning_closed", "prevented"})


def build_disputes_of(payment_id: str) -> Request:
    return Request(method="get", path="/v1/disputes", params={"payment_intent": payment_id})


def dispute_of(dispute: Record, account: str | None) -> DisputeSnapshot | None:
    """One dispute as it is now; None for an inquiry, which takes no money until it becomes a dispute."""
    word = dispute.text("status") or ""
    transactions = dispute.records("balance_transactions")
    if word in _MOVES_NO_MONEY and not transactions:
        return None
    if word not in _STATUSES and not word.startswith("appeal_"):
        log.warning("dispute %s has the unknown status %r; it counts as open", dispute.text("id"), word)
    return DisputeSnapshot(
        ref=GatewayRef("stripe", account, dispute.need_text("id")),
        amount=from_stripe(dispute.need_whole("amount"), dispute.need_text("currency")),
        status=_STATUSES.get(word, DisputeStatus.OPEN),
        reason=dispute.text("reason") or "",
        fee=total_fee(transactions),
        opened_at=dispute.need_moment("created"),
    )
