"""Refunds: the command as a request, Stripe's refund as a snapshot, its refusal as a typed rejection."""

import logging
from typing import TYPE_CHECKING, Final

from billcore.errors import GatewayRequestInvalid
from billcore.ids import GatewayRef, RefundId
from billcore.payments.instruction import RefundCommand
from billcore.payments.observation import RefundSnapshot, RefundStatus
from billcore.ports.gateway import RefundAccepted, RefundRejected, RefundResult, RejectedBecause
from billcore_stripe.amounts import from_stripe, to_stripe
from billcore_stripe.client import Answer, Request, accepted
from billcore_stripe.keys import idempotency_key
from billcore_stripe.reasons import rejected_because, stripe_reason
from billcore_stripe.records import Record, UnreadableAnswer
from billcore_stripe.settlements import total_fee
from billcore_stripe.text import metadata_value, segment

if TYPE_CHECKING:
    from stripe.params import RefundCreateParams

log: Final = logging.getLogger("billcore_stripe")

_STATUSES: Final = {
    "pending": RefundStatus.PENDING,
    "requires_action": RefundStatus.PENDING,
    "succeeded": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
    "canceled": RefundStatus.CANCELED,
}


def check_command(command: RefundCommand, account: str | None) -> None:
    """Refuse before any call what Stripe cannot do: AmountNotRepresentable or GatewayRequestInvalid."""
    to_stripe(command.amount)
    if command.return_platform_fee and account is None:
        raise GatewayRequestInvalid(
            "a platform fee is given back on a connected account only: use for_account('acct_…')",
            field="return_platform_fee",
        )


def build_refund(command: RefundCommand, account: str | None) -> Request:
    """The one call that gives money back, keyed by our refund's id: one refund is made once, whoever asks again."""
    params: RefundCreateParams = {
        "payment_intent": command.payment.id,
        "amount": to_stripe(command.amount),
        "reason": stripe_reason(command.reason),
        "metadata": {
            "billcore_firm": metadata_value(command.firm_id),
            "billcore_operation": metadata_value(command.operation_id),
            "billcore_refund": metadata_value(command.refund_id),
            "billcore_reason": command.reason.value,
        },
        "expand": ["balance_transaction"],
    }
    if command.return_platform_fee:
        params["refund_application_fee"] = True
    key = idempotency_key("refund", account, command.refund_id)
    return Request(method="post", path="/v1/refunds", params=params, key=key, only_key_protects=True)


def build_get_refund(refund_id: str) -> Request:
    path = f"/v1/refunds/{segment(refund_id)}"
    return Request(method="get", path=path, params={"expand": ["balance_transaction"]})


def build_refunds_of(payment_id: str) -> Request:
    """Every refund of a payment, ours or not; the list is complete at once, unlike Stripe's search."""
    params = {"payment_intent": payment_id, "expand": ["data.balance_transaction"]}
    return Request(method="get", path="/v1/refunds", params=params)


def belongs_to(refund: Record, refund_id: RefundId) -> bool:
    return refund.metadata("billcore_refund") == metadata_value(refund_id)


def interpret_refund(answer: Answer, account: str | None) -> RefundResult:
    """What Stripe said to a refund; GatewayRequestInvalid where it is about the request, not about the payment."""
    if answer.is_success:
        return RefundAccepted(refund_of(answer.body, account))
    because = rejected_because(answer.error)
    if because is None:
        accepted(answer)
        raise UnreadableAnswer("a refused refund")
    return RefundRejected(
        because=because,
        provider_code=answer.error.text("code"),
        can_void=because is RejectedBecause.NOT_SETTLED,
    )


def refund_of(refund: Record, account: str | None) -> RefundSnapshot:
    """One refund as it is now. A status that is new at Stripe counts as pending until somebody has looked."""
    transaction = refund.record("balance_transaction")
    fee = total_fee((transaction,)) if transaction is not None else None
    ours = refund.metadata("billcore_refund")
    return RefundSnapshot(
        ref=GatewayRef("stripe", account, refund.need_text("id")),
        refund_id=RefundId(ours) if ours is not None else None,
        amount=from_stripe(refund.need_whole("amount"), refund.need_text("currency")),
        status=_status_of(refund),
        failure_code=refund.text("failure_reason"),
        fee_returned=-fee if fee is not None else None,
        created_at=refund.need_moment("created"),
    )


def _status_of(refund: Record) -> RefundStatus:
    word = refund.text("status") or ""
    if word not in _STATUSES:
        log.warning("refund %s has the unknown status %r; it counts as pending", refund.text("id"), word)
    return _STATUSES.get(word, RefundStatus.PENDING)
