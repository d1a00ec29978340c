"""Saved methods: customers, forms for new methods, cards and bank accounts as references."""

import json
from calendar import monthrange
from datetime import date
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from billcore.ids import ClientId, FirmId, GatewayRef
from billcore.methods import Method
from billcore.payments.instruction import AttachCommand, Consent, DetachCommand
from billcore.payments.observation import MethodSnapshot
from billcore.ports.gateway import SetupSession
from billcore.reasons import Failure, Retry
from billcore_stripe.client import Answer, Request, accepted
from billcore_stripe.keys import idempotency_key
from billcore_stripe.payments import METHODS
from billcore_stripe.reasons import failure_of
from billcore_stripe.records import Record
from billcore_stripe.text import metadata_value, plain_text, segment

if TYPE_CHECKING:
    from stripe.params import (
        CustomerCreateParams,
        CustomerUpdateParams,
        PaymentMethodAttachParams,
        SetupIntentCreateParams,
        SetupIntentCreateParamsMandateDataCustomerAcceptance,
        SetupIntentCreateParamsMandateDataCustomerAcceptanceOnline,
    )

_NAME_LONGEST: Final = 256
_EMAIL_LONGEST: Final = 512


# ── Customers ────────────────────────────────────────────────────────────────────────────────────────────────────────


def build_find_customer(firm_id: FirmId, client_id: ClientId) -> Request:
    """Look for the client's customer. The search lags by a minute; the key of ``build_customer`` covers a day."""
    params = {"query": f"metadata['billcore_customer']:'{_fingerprint(firm_id, client_id)}'"}
    return Request(method="get", path="/v1/customers/search", params=params)


def build_customer(firm_id: FirmId, client_id: ClientId, account: str | None) -> Request:
    """Make the client's customer, with nothing in it that changes: a changed name under the same key is refused."""
    params: CustomerCreateParams = {
        "metadata": {
            "billcore_firm": metadata_value(firm_id),
            "billcore_client": metadata_value(client_id),
            "billcore_customer": _fingerprint(firm_id, client_id),
        }
    }
    key = idempotency_key("customer", account, firm_id, client_id)
    return Request(method="post", path="/v1/customers", params=params, key=key)


def build_customer_details(command: AttachCommand, customer: Record) -> Request | None:
    """Bring name and e-mail up to date, for whoever reads Stripe's dashboard; None where they are."""
    params: CustomerUpdateParams = {}
    name = plain_text(command.client_name, _NAME_LONGEST)
    email = plain_text(command.client_email or "", _EMAIL_LONGEST)
    if name and name != customer.text("name"):
        params["name"] = name
    if email and email != customer.text("email"):
        params["email"] = email
    path = f"/v1/customers/{segment(customer.need_text('id'))}"
    return Request(method="post", path=path, params=params) if params else None


def oldest(customers: tuple[Record, ...]) -> Record | None:
    """Of several customers of one client, the first: every later look picks the same one."""
    return min(customers, key=lambda one: (one.whole("created") or 0, one.text("id") or ""), default=None)


def _fingerprint(firm_id: FirmId, client_id: ClientId) -> str:
    """Firm and client in letters that need no quoting in a search."""
    return sha256(json.dumps([firm_id, client_id]).encode()).hexdigest()


# ── Methods ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def build_attach(command: AttachCommand, customer_id: str, account: str | None) -> Request:
    """Bind a card to the customer."""
    params: PaymentMethodAttachParams = {"customer": customer_id}
    path = f"/v1/payment_methods/{segment(command.token)}/attach"
    key = idempotency_key("attach", account, command.operation_id)
    return Request(method="post", path=path, params=params, key=key)


def build_mandate(command: AttachCommand, customer_id: str, account: str | None) -> Request:
    """Bind a bank account to the customer: debits need a mandate, which only a SetupIntent makes.

    The host has shown the client the mandate's text; Stripe is told what the host knows of their consent.
    """
    params: SetupIntentCreateParams = {
        "customer": customer_id,
        "payment_method": command.token,
        "allowed_payment_method_types": ["us_bank_account"],
        "confirm": True,
        "mandate_data": {"customer_acceptance": _acceptance(command.consent)},
        "metadata": _ours(command),
        "expand": ["payment_method"],
    }
    key = idempotency_key("mandate", account, command.operation_id)
    return Request(method="post", path="/v1/setup_intents", params=params, key=key)


def build_setup(command: AttachCommand, customer_id: str, account: str | None) -> Request:
    """Open a form for a new method, to be charged later without the client: Stripe's default ``usage``, off_session.

    ``usage`` itself cannot be sent: the SDK's raw_request takes a parameter of that name for itself.
    """
    params: SetupIntentCreateParams = {
        "customer": customer_id,
        "allowed_payment_method_types": ["card", "us_bank_account"],
        "metadata": _ours(command),
    }
    key = idempotency_key("setup", account, command.operation_id)
    return Request(method="post", path="/v1/setup_intents", params=params, key=key)


def build_get_setup(setup_id: str) -> Request:
    path = f"/v1/setup_intents/{segment(setup_id)}"
    return Request(method="get", path=path, params={"expand": ["payment_method"]})


def build_get_method(method_id: str) -> Request:
    return Request(method="get", path=f"/v1/payment_methods/{segment(method_id)}")


def build_methods_of(customer_id: str) -> Request:
    return Request(method="get", path=f"/v1/customers/{segment(customer_id)}/payment_methods")


def build_detach(command: DetachCommand) -> Request:
    """Without a key of ours: forgetting is harmless to repeat."""
    return Request(method="post", path=f"/v1/payment_methods/{segment(command.method.id)}/detach")


def method_of(method: Record, account: str | None) -> MethodSnapshot:
    """A saved method by what a person recognises it by."""
    kind = method.need_text("type")
    details = method.record(kind) or Record({})
    customer = method.reference("customer")
    return MethodSnapshot(
        ref=GatewayRef("stripe", account, method.need_text("id")),
        customer=GatewayRef("stripe", account, customer) if customer is not None else None,
        kind=METHODS.get(kind, Method.OTHER),
        brand=details.text("brand") or details.text("bank_name"),
        last4=details.text("last4"),
        expires_on=_last_day(details.whole("exp_year"), details.whole("exp_month")),
        is_attached=customer is not None,
    )


def interpret_attach(answer: Answer, account: str | None) -> MethodSnapshot | Failure:
    """The attached card, or why its bank does not want it kept."""
    return _declined(answer) or method_of(accepted(answer), account)


def interpret_mandate(answer: Answer, customer_id: str, account: str | None) -> MethodSnapshot | Failure:
    """The attached bank account, or why it is not saved yet."""
    return _declined(answer) or interpret_setup(accepted(answer), customer_id, account)


def interpret_setup(setup: Record, customer_id: str, account: str | None) -> MethodSnapshot | Failure:
    """The method of a SetupIntent, or why it is not saved yet; another customer's is as good as none."""
    method = setup.record("payment_method")
    if setup.reference("customer") != customer_id:
        return Failure(code="wrong_customer", retry=Retry.NEW_METHOD)
    if setup.text("status") == "succeeded" and method is not None:
        return method_of(method, account)
    error = setup.record("last_setup_error")
    if error is not None:
        return failure_of(error)
    return Failure(code="verification_required", provider_code=setup.text("status"), retry=Retry.CLIENT_ACTION)


def setup_of(setup: Record, account: str | None) -> SetupSession:
    """The form as it is now; ``method`` is there once the client has finished it."""
    customer, method = setup.reference("customer"), setup.reference("payment_method")
    is_complete = setup.text("status") == "succeeded"
    action = (setup.record("next_action") or Record({})).record("verify_with_microdeposits")
    return SetupSession(
        ref=GatewayRef("stripe", account, setup.need_text("id")),
        customer=GatewayRef("stripe", account, customer or setup.need_text("customer")),
        client_secret=setup.text("client_secret"),
        url=action.text("hosted_verification_url") if action is not None else None,
        method=GatewayRef("stripe", account, method) if is_complete and method is not None else None,
        is_complete=is_complete,
    )


def _acceptance(consent: Consent | None) -> "SetupIntentCreateParamsMandateDataCustomerAcceptance":
    if consent is None:
        return {"type": "offline", "offline": {}}
    accepted_at = int(consent.accepted_at.timestamp())
    if consent.ip_address is None or consent.user_agent is None:
        return {"type": "offline", "offline": {}, "accepted_at": accepted_at}
    online: SetupIntentCreateParamsMandateDataCustomerAcceptanceOnline = {
        "ip_address": consent.ip_address,
        "user_agent": plain_text(consent.user_agent),
    }
    return {"type": "online", "online": online, "accepted_at": accepted_at}


def _declined(answer: Answer) -> Failure | None:
    is_card_error = answer.status == 402 and answer.error.text("type") == "card_error"
    return failure_of(answer.error) if is_card_error else None


def _ours(command: AttachCommand) -> dict[str, str]:
    return {
        "billcore_firm": metadata_value(command.firm_id),
        "billcore_operation": metadata_value(command.operation_id),
        "billcore_client": metadata_value(command.client_id),
    }


def _last_day(year: int | None, month: int | None) -> date | None:
    if year is None or month is None or not (1 <= month <= 12 and 1 <= year <= 9999):
        return None
    return date(year, month, monthrange(year, month)[1])
