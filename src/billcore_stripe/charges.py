"""Charges: the command as requests (at once, or create and confirm), Stripe's answers as results."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final, assert_never

from billcore.errors import AmountNotRepresentable, GatewayRequestInvalid
from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import ChargeCommand
from billcore.payments.observation import PaymentSnapshot, PaymentStatus
from billcore.ports.gateway import ChargeResult, Declined, NeedsAction, Pending, Succeeded
from billcore.reasons import Failure, Initiator, Retry
from billcore_stripe.amounts import check_charge, to_stripe
from billcore_stripe.client import Answer, Request, accepted
from billcore_stripe.keys import idempotency_key
from billcore_stripe.payments import payment_of
from billcore_stripe.reasons import failure_of
from billcore_stripe.records import Record, UnreadableAnswer
from billcore_stripe.text import descriptor_suffix, metadata_value, plain_text, segment

if TYPE_CHECKING:
    from stripe.params import PaymentIntentConfirmParams, PaymentIntentCreateParams

TYPES: Final = {Method.CARD: "card", Method.ACH: "us_bank_account"}
"""The methods that can be charged, in Stripe's words."""

_EXPAND: Final = "latest_charge.balance_transaction"
_CLOCKS_DIFFER_BY: Final = timedelta(hours=1)


def check_command(command: ChargeCommand, account: str | None) -> None:
    """Refuse before any call what Stripe cannot do: AmountNotRepresentable or GatewayRequestInvalid."""
    check_charge(command.amount)
    if command.method_kind not in TYPES:
        raise GatewayRequestInvalid(
            f"asked to charge by {command.method_kind.value}; Stripe charges card and ach", field="method_kind"
        )
    if command.method_kind is Method.ACH and command.amount.currency != "USD":
        raise AmountNotRepresentable(f"asked for {command.amount} by bank debit, which takes USD only")
    check_platform_fee(command.platform_fee, command.amount, account)


def check_platform_fee(fee: Money | None, amount: Money, account: str | None) -> None:
    """Refuse before any call a platform fee that is no part of the amount, or on no connected account."""
    if fee is None:
        return
    if account is None:
        raise GatewayRequestInvalid(
            "a platform fee is taken from a connected account only: use for_account('acct_…')", field="platform_fee"
        )
    if fee.currency != amount.currency or not 0 < fee.minor <= amount.minor:
        raise GatewayRequestInvalid(
            f"asked for a platform fee of {fee} on {amount}; it is a part of the amount", field="platform_fee"
        )


def build_charge(command: ChargeCommand, account: str | None, return_url: str | None) -> Request:
    """Create and confirm in one call."""
    params: PaymentIntentCreateParams = {
        **_created(command),
        "confirm": True,
        "off_session": command.initiator.is_off_session,
        "expand": [_EXPAND],
    }
    if (back := command.return_url or return_url) is not None and not command.initiator.is_off_session:
        params["return_url"] = back
    if (usage := _stored_credential_usage(command)) is not None:
        params["payment_method_options"] = {"card": {"stored_credential_usage": usage}}
    key = idempotency_key("charge", account, command.operation_id)
    return Request(method="post", path="/v1/payment_intents", params=params, key=key, only_key_protects=True)


def build_prepare(command: ChargeCommand, account: str | None, attempt: int) -> Request:
    """Create without confirming: it moves no money, so that a new attempt may have a key of its own."""
    params: PaymentIntentCreateParams = {**_created(command), "expand": [_EXPAND]}
    key = idempotency_key("prepare", account, command.operation_id, str(attempt))
    return Request(method="post", path="/v1/payment_intents", params=params, key=key)


def build_confirm(command: ChargeCommand, payment_id: str, account: str | None, return_url: str | None) -> Request:
    """Move the money of a payment that was created."""
    params: PaymentIntentConfirmParams = {
        "payment_method": command.method.id,
        "off_session": command.initiator.is_off_session,
        "expand": [_EXPAND],
    }
    if (back := command.return_url or return_url) is not None and not command.initiator.is_off_session:
        params["return_url"] = back
    if (usage := _stored_credential_usage(command)) is not None:
        params["payment_method_options"] = {"card": {"stored_credential_usage": usage}}
    key = idempotency_key("confirm", account, command.operation_id)
    return Request(method="post", path=f"{_path(payment_id)}/confirm", params=params, key=key)


def build_get(payment_id: str) -> Request:
    return Request(method="get", path=_path(payment_id), params={"expand": [_EXPAND]})


def build_cancel(payment_id: str) -> Request:
    """Without a key of ours: cancelling is harmless to repeat, and a refusal kept under a key would be repeated."""
    return Request(method="post", path=f"{_path(payment_id)}/cancel", params={"expand": [_EXPAND]})


def build_find(customer: GatewayRef | None, since: datetime) -> Request:
    """The payments since, of one customer where there is one. The list is complete at once; Stripe's search lags."""
    created = {"gte": int((since - _CLOCKS_DIFFER_BY).timestamp())}
    of_customer = {"customer": customer.id} if customer is not None else {}
    return Request(method="get", path="/v1/payment_intents", params={"created": created, **of_customer})


def belongs_to(intent: Record, operation_id: OperationId) -> bool:
    return intent.metadata("billcore_operation") == metadata_value(operation_id)


def furthest(intents: list[Record]) -> Record | None:
    """Of several payments that one operation created, the one in which money moved, or could still move."""
    order = ["canceled", "requires_payment_method", "requires_confirmation", "requires_action"]
    order += ["requires_capture", "processing", "succeeded"]

    def rank(intent: Record) -> int:
        word = intent.text("status") or ""
        return order.index(word) if word in order else order.index("processing")

    return max(intents, key=rank, default=None)


def interpret_charge(answer: Answer, account: str | None) -> ChargeResult:
    """What Stripe said to a charge. Only a card error (402) is a decline; other refusals mean that nothing was made."""
    error = answer.error
    if answer.is_success:
        return result_of(payment_of(answer.body, account))
    if answer.status == 402 and error.text("type") == "card_error":
        kept = error.record("payment_intent")
        return Declined(failure=failure_of(error), snapshot=payment_of(kept, account) if kept is not None else None)
    accepted(answer)
    raise UnreadableAnswer("a refused charge")


def result_of(snapshot: PaymentSnapshot) -> ChargeResult:
    """The result that a payment's present state amounts to, for whoever wanted it charged."""
    match snapshot.status:
        case PaymentStatus.SUCCEEDED:
            return Succeeded(snapshot)
        case PaymentStatus.PENDING:
            return Pending(snapshot)
        case PaymentStatus.REQUIRES_ACTION:
            return NeedsAction(snapshot)
        case PaymentStatus.OPEN | PaymentStatus.FAILED | PaymentStatus.CANCELED:
            ended = Failure(code=snapshot.status.value, retry=Retry.LATER)
            return Declined(failure=snapshot.failure or ended, snapshot=snapshot)
        case _:
            assert_never(snapshot.status)


def was_concluded_before(answer: Answer) -> bool:
    """Whether the payment must be read again: Stripe repeats an old answer, or says that it was confirmed already."""
    return (answer.is_success and answer.is_replay) or answer.error.text("code") == "payment_intent_unexpected_state"


def _created(command: ChargeCommand) -> "PaymentIntentCreateParams":
    params: PaymentIntentCreateParams = {
        "amount": to_stripe(command.amount),
        "currency": command.amount.currency.lower(),
        "payment_method": command.method.id,
        "allowed_payment_method_types": [TYPES[command.method_kind]],
        "metadata": {
            "billcore_firm": metadata_value(command.firm_id),
            "billcore_operation": metadata_value(command.operation_id),
            "billcore_payment": metadata_value(command.payment_id),
        },
    }
    if command.customer is not None:
        params["customer"] = command.customer.id
    if description := plain_text(command.description):
        params["description"] = description
    suffix = descriptor_suffix(command.statement_hint) if command.method_kind is Method.CARD else None
    if suffix is not None:
        params["statement_descriptor_suffix"] = suffix
    if command.platform_fee is not None:
        params["application_fee_amount"] = to_stripe(command.platform_fee)
    return params


def _stored_credential_usage(command: ChargeCommand) -> str | None:
    """What card networks want to know of a charge without the client: on a schedule, or on the firm's initiative."""
    if command.method_kind is not Method.CARD:
        return None
    match command.initiator:
        case Initiator.CLIENT:
            return None
        case Initiator.AUTOPAY:
            return "recurring"
        case Initiator.STAFF | Initiator.BACKFILL:
            return "unscheduled"
        case _:
            assert_never(command.initiator)


def _path(payment_id: str) -> str:
    return f"/v1/payment_intents/{segment(payment_id)}"
