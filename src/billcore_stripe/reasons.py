"""Why a payment was declined and why a refund is made or refused: Stripe's many words, our few.

Sources: https://docs.stripe.com/declines/codes, https://docs.stripe.com/error-codes and the failure codes of
https://docs.stripe.com/payments/ach-direct-debit, as read in November 2026. What is not listed is a plain decline.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, Literal, assert_never

from billcore.ports.gateway import RejectedBecause
from billcore.reasons import Failure, RefundReason, Retry
from billcore_stripe.records import Record

_BY_MEANING: Final = {
    ("insufficient_funds", Retry.LATER): "insufficient_funds",
    ("limit_exceeded", Retry.LATER): """
        card_velocity_exceeded withdrawal_count_limit_exceeded debit_authorization_limit_exceeded
        charge_exceeds_transaction_limit charge_exceeds_weekly_limit
    """,
    ("processing_error", Retry.LATER): """
        processing_error issuer_not_available try_again_later reenter_transaction approve_with_id
    """,
    ("expired", Retry.NEW_METHOD): "expired_card expired_payment_method invalid_expiry_month invalid_expiry_year",
    ("incorrect_details", Retry.NEW_METHOD): """
        incorrect_number invalid_number incorrect_cvc invalid_cvc incorrect_zip incorrect_address
        incorrect_pin invalid_pin invalid_account testmode_decline live_mode_test_card
    """,
    ("not_supported", Retry.NEW_METHOD): """
        card_not_supported currency_not_supported not_permitted service_not_allowed transaction_not_allowed
        restricted_card invalid_amount invalid_currency
    """,
    ("account_closed", Retry.NEW_METHOD): "account_closed no_account bank_account_unusable",
    ("not_authorized", Retry.NEW_METHOD): """
        debit_not_authorized payment_method_customer_decline revocation_of_authorization
        revocation_of_all_authorizations stop_payment_order payment_intent_mandate_invalid
    """,
    ("blocked", Retry.NEVER): "payment_method_bank_account_blocked bank_account_restricted",
    ("lost_or_stolen", Retry.NEVER): "lost_card stolen_card pickup_card",
    ("suspected_fraud", Retry.NEVER): "fraudulent merchant_blacklist security_violation",
    ("authentication_required", Retry.CLIENT_ACTION): """
        authentication_required authentication_not_handled offline_pin_required online_or_offline_pin_required
    """,
    ("authentication_failed", Retry.CLIENT_ACTION): """
        authentication_failure payment_intent_authentication_failure setup_intent_authentication_failure
    """,
}

DECLINES: Final[Mapping[str, tuple[str, Retry]]] = MappingProxyType(
    {code: meaning_and_retry for meaning_and_retry, codes in _BY_MEANING.items() for code in codes.split()}
)
"""Stripe's decline, error and failure codes: what they mean to us, and what may be done about them."""

_PLAIN_DECLINE: Final = ("declined", Retry.NEW_METHOD)

ADVICE: Final[Mapping[str, Retry]] = MappingProxyType(
    {
        "do_not_try_again": Retry.NEVER,
        "try_again_later": Retry.LATER,
        "confirm_card_data": Retry.NEW_METHOD,
    }
)
"""The card network's own advice, which goes before what the decline code suggests."""

REJECTIONS: Final[Mapping[str, RejectedBecause]] = MappingProxyType(
    {
        "charge_already_refunded": RejectedBecause.ALREADY_REFUNDED,
        "charge_disputed": RejectedBecause.DISPUTED,
        "refund_disputed_payment": RejectedBecause.DISPUTED,
        "charge_not_refundable": RejectedBecause.UNSUPPORTED,
        "balance_insufficient": RejectedBecause.INSUFFICIENT_BALANCE,
        "insufficient_funds": RejectedBecause.INSUFFICIENT_BALANCE,
    }
)


def failure_of(error: Record) -> Failure:
    """The meaning of one of Stripe's errors about a payment or a method."""
    provider_code = error.text("decline_code") or error.text("code")
    code, retry = DECLINES.get(provider_code or "", _PLAIN_DECLINE)
    return Failure(
        code=code,
        provider_code=provider_code,
        message=error.text("message") or "",
        retry=ADVICE.get(error.text("advice_code") or "", retry),
    )


def rejected_because(error: Record) -> RejectedBecause | None:
    """Why Stripe will not refund; None where it calls the request itself malformed.

    Two refusals have no code of their own and are told by the parameter that Stripe blames.
    """
    code, param = error.text("code"), error.text("param")
    if code is not None:
        if code == "resource_missing" or code.startswith("parameter"):
            return None
        return REJECTIONS.get(code, RejectedBecause.OTHER)
    match param:
        case "amount":
            return RejectedBecause.OVER_REFUND
        case "payment_intent" | "charge":
            return RejectedBecause.NOT_SETTLED
        case None:
            return RejectedBecause.OTHER
        case _:
            return None


def stripe_reason(reason: RefundReason) -> Literal["duplicate", "fraudulent", "requested_by_customer"]:
    """The nearest of Stripe's three reasons; ours is kept in the refund's metadata (S1.39).

    ``fraudulent`` also puts the client's card and e-mail on the account's block lists.
    """
    match reason:
        case RefundReason.DUPLICATE:
            return "duplicate"
        case RefundReason.FRAUDULENT:
            return "fraudulent"
        case RefundReason.REQUESTED_BY_CUSTOMER | RefundReason.SERVICE_NOT_RENDERED | RefundReason.OTHER:
            return "requested_by_customer"
        case _:
            assert_never(reason)
