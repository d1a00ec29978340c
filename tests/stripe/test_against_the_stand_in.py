"""What only a full stand-in shows: time that passes, banks that change their mind, parameters judged by the schema."""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta

import pytest
from attrs import evolve
from tests.stripe import commands
from tests.stripe.commands import now
from tests.stripe.peers import Twin, control, gateway_to, pay_out

from billcore import Billing, Contact, LineItem, MemoryStore, Staff
from billcore.errors import (
    GatewayConfigurationError,
    GatewayPermissionError,
    GatewayRequestInvalid,
    GatewayUnavailable,
    NotPayable,
)
from billcore.fees import FeeKind
from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import Consent
from billcore.payments.observation import (
    CheckoutSnapshot,
    CheckoutStatus,
    DisputeStatus,
    MethodSnapshot,
    PaymentSnapshot,
    PaymentStatus,
    RefundStatus,
)
from billcore.payments.payment import PaymentState
from billcore.ports.gateway import (
    Declined,
    EventKind,
    NeedsAction,
    Pending,
    RefundAccepted,
    RefundRejected,
    RejectedBecause,
    SetupSession,
    Succeeded,
    Unknown,
)
from billcore.reasons import Initiator, RefundReason, Retry
from billcore_stripe import StripeGateway

DAY = 86_400.0
AMBIGUOUS = [
    "api_error", "unavailable", "html", "reset_before", "timeout_before", "key_in_use",
    "reset_after", "timeout_after", "truncated", "error_after",
]  # fmt: skip
CERTAIN = ["rate_limit", "lock_timeout", "unauthorized", "permission"]


def attached(gateway: StripeGateway, token: str = "pm_card_visa") -> MethodSnapshot:
    command = commands.attach(token, operation=f"op_attach_{token}")
    method = gateway.attach_method(evolve(command, account=gateway.account))
    assert isinstance(method, MethodSnapshot)
    return method


def taken(gateway: StripeGateway, token: str = "pm_card_visa", amount: Money = Money(100_00, "USD")) -> PaymentSnapshot:  # noqa: B008
    result = gateway.charge(commands.charge(attached(gateway, token), amount))
    assert isinstance(result, Succeeded | Pending)
    return result.snapshot


# ── Faults ───────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("times", [1, None])
@pytest.mark.parametrize("kind", [*AMBIGUOUS, *CERTAIN, "delay"])
@pytest.mark.parametrize("retries", [0, 2])
def test_under_every_fault_one_operation_takes_the_money_at_most_once(
    twin: Twin, kind: str, times: int | None, retries: int
) -> None:
    stripe = gateway_to(twin.url, timeout_seconds=0.3, retries=retries)
    command = commands.charge(attached(stripe))
    match = {"method": "POST", "path": "/payment_intents$"}
    twin.faults.add({"kind": kind, "seconds": 0.5}, match=match, times=times)

    try:
        result = stripe.charge(command)
        claim = {Succeeded: 100_00, Unknown: None}[type(result)]
    except (GatewayUnavailable, GatewayConfigurationError):
        claim = 0
    time.sleep(0.6 if "timeout" in kind or kind == "delay" else 0)
    found = stripe.find_payment(command.operation_id, customer=command.customer, since=command.created_at)
    collected = twin.audit()[twin.engine.platform]["collected"]

    assert collected in (0, 100_00), "never twice"
    assert claim in (None, collected), "what is claimed as certain is so"
    assert (found is not None) == (collected == 100_00), "and the look-up knows it at once"


@pytest.mark.parametrize("kind", [*AMBIGUOUS, *CERTAIN])
def test_under_every_fault_one_refund_is_given_at_most_once(twin: Twin, kind: str) -> None:
    stripe = gateway_to(twin.url, timeout_seconds=0.3)
    payment = taken(stripe)
    command = commands.refund(payment.ref, Money(40_00, "USD"))
    twin.faults.add({"kind": kind, "seconds": 0.5}, match={"method": "POST", "path": "/refunds$"}, times=2)

    for _ in range(3):
        with suppress(GatewayUnavailable, GatewayConfigurationError):
            stripe.refund(command)

    time.sleep(0.5 if "timeout" in kind else 0)
    assert twin.audit()[twin.engine.platform]["refunded"] in (0, 40_00)
    assert len(stripe.get_payment(payment.ref).refunds) <= 1


@pytest.mark.parametrize("kind", AMBIGUOUS)
def test_a_prepared_payment_is_confirmed_once_under_every_fault(twin: Twin, kind: str) -> None:
    stripe = gateway_to(twin.url, timeout_seconds=0.3)
    command = commands.charge(attached(stripe))
    prepared = stripe.prepare(command, attempt=1)
    assert isinstance(prepared, PaymentSnapshot)
    twin.faults.add({"kind": kind, "seconds": 0.5}, match={"method": "POST", "path": "/confirm$"}, times=1)

    results = [stripe.confirm(command, prepared.ref) for _ in range(2)]

    assert {type(result) for result in results} <= {Succeeded, Unknown}
    time.sleep(0.5 if "timeout" in kind else 0)
    twin.engine.advance(25 * 3600)
    assert isinstance(stripe.confirm(command, prepared.ref), Succeeded), "a day later too: the payment is the same one"
    assert twin.audit()[twin.engine.platform]["collected"] == 100_00


def test_a_server_error_after_work_whose_key_was_not_kept_is_not_answered_by_a_second_charge(
    stripe: StripeGateway, twin: Twin
) -> None:
    command = commands.charge(attached(stripe))
    twin.faults.add({"kind": "error_after", "save": False}, match={"method": "POST", "path": "/payment_intents$"})
    twin.faults.add({"kind": "error_after", "save": False}, match={"method": "POST", "path": "/refunds$"})

    charged = stripe.charge(command)
    found = stripe.find_payment(command.operation_id, customer=command.customer, since=command.created_at)
    assert found is not None
    refunded = stripe.refund(commands.refund(found.ref, Money(40_00, "USD")))

    assert isinstance(charged, Unknown)
    assert isinstance(refunded, Unknown)
    audit = twin.audit()[twin.engine.platform]
    assert (audit["collected"], audit["refunded"]) == (100_00, 40_00)


def test_nobody_listening_means_certainly_not_done(twin: Twin) -> None:
    stripe = gateway_to(twin.url)
    command = commands.charge(attached(stripe))
    nowhere = gateway_to("http://127.0.0.1:9")

    with pytest.raises(GatewayUnavailable, match="nothing was sent"):
        nowhere.charge(command)


def test_a_timeout_inside_a_handler_of_a_refused_connection_is_still_unknown(twin: Twin) -> None:
    stripe = gateway_to(twin.url, timeout_seconds=0.3, retries=0)
    command = commands.charge(attached(stripe))
    twin.faults.add({"kind": "timeout_after", "seconds": 0.5}, match={"path": "/payment_intents$"}, times=1)

    try:
        raise ConnectionRefusedError
    except ConnectionRefusedError:
        result = stripe.charge(command)

    assert isinstance(result, Unknown)


# ── Declines and challenges ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("token", "code", "retry"),
    [
        ("pm_card_twinInsufficientFundsAfterAttach", "insufficient_funds", Retry.LATER),
        ("pm_card_twinDoNotHonorAfterAttach", "declined", Retry.LATER),
        ("pm_card_twinStolenAfterAttach", "lost_or_stolen", Retry.NEVER),
        ("pm_card_twinExpiredAfterAttach", "expired", Retry.NEW_METHOD),
        ("pm_card_chargeCustomerFail", "declined", Retry.NEW_METHOD),
        ("pm_card_radarBlock", "suspected_fraud", Retry.NEVER),
        ("pm_card_authenticationRequired", "authentication_required", Retry.CLIENT_ACTION),
    ],
)
@pytest.mark.rule("S1.24")
def test_a_decline_says_what_may_be_done(stripe: StripeGateway, token: str, code: str, retry: Retry) -> None:
    command = commands.charge(attached(stripe, token))
    prepared = stripe.prepare(command, attempt=1)
    assert isinstance(prepared, PaymentSnapshot)

    result = stripe.confirm(command, prepared.ref)

    assert isinstance(result, Declined)
    assert (result.failure.code, result.failure.retry) == (code, retry)
    assert result.snapshot is not None
    assert (result.snapshot.ref, result.snapshot.status) == (prepared.ref, PaymentStatus.OPEN)
    assert stripe.get_payment(prepared.ref).failure == result.failure


def test_a_client_who_passes_the_challenge_has_paid(stripe: StripeGateway, twin: Twin) -> None:
    method = attached(stripe, "pm_card_authenticationRequired")
    result = stripe.charge(commands.charge(method, initiator=Initiator.CLIENT))
    assert isinstance(result, NeedsAction)

    control(twin, f"payment_intents/{result.snapshot.ref.id}/authenticate")

    assert stripe.get_payment(result.snapshot.ref).status is PaymentStatus.SUCCEEDED


def test_a_client_who_fails_the_challenge_has_not(stripe: StripeGateway, twin: Twin) -> None:
    method = attached(stripe, "pm_card_authenticationRequired")
    result = stripe.charge(commands.charge(method, initiator=Initiator.CLIENT))
    assert isinstance(result, NeedsAction)

    control(twin, f"payment_intents/{result.snapshot.ref.id}/authenticate", success=False)
    seen = stripe.get_payment(result.snapshot.ref)

    assert seen.status is PaymentStatus.OPEN
    assert seen.failure is not None
    assert seen.failure.code == "authentication_failed"


# ── Bank debits ──────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.23")
def test_a_bank_debit_clears_in_days(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_usBankAccount_success")
    assert stripe.get_payment(payment.ref).status is PaymentStatus.PENDING

    twin.engine.advance(8 * DAY)
    seen = stripe.get_payment(payment.ref)

    assert (seen.status, seen.method) == (PaymentStatus.SUCCEEDED, Method.ACH)
    assert seen.settlement is not None
    assert seen.settlement.net == Money(99_20, "USD")


@pytest.mark.parametrize(
    ("token", "code", "retry"),
    [
        ("pm_usBankAccount_insufficientFunds", "insufficient_funds", Retry.LATER),
        ("pm_usBankAccount_accountClosed", "account_closed", Retry.NEW_METHOD),
        ("pm_usBankAccount_debitNotAuthorized", "not_authorized", Retry.NEW_METHOD),
    ],
)
def test_a_bank_debit_that_fails_can_be_cancelled(
    stripe: StripeGateway, twin: Twin, token: str, code: str, retry: Retry
) -> None:
    payment = taken(stripe, token)

    twin.engine.advance(8 * DAY)
    seen = stripe.get_payment(payment.ref)

    assert seen.status is PaymentStatus.OPEN
    assert seen.settlement is None
    assert seen.failure is not None
    assert (seen.failure.code, seen.failure.retry) == (code, retry)
    assert stripe.cancel_payment(payment.ref).status is PaymentStatus.CANCELED


def test_a_refund_of_a_debit_that_then_fails_is_still_told(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_usBankAccount_accountClosed")
    stripe.refund(commands.refund(payment.ref))

    twin.engine.advance(8 * DAY)

    assert [each.status for each in stripe.get_payment(payment.ref).refunds] == [RefundStatus.FAILED]


def test_a_late_return_is_a_dispute_lost_from_the_start(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_usBankAccount_dispute")

    twin.engine.advance(9 * DAY)
    seen = stripe.get_payment(payment.ref)

    assert seen.status is PaymentStatus.SUCCEEDED, "a status never goes back: the return is a fact beside it"
    assert [dispute.status for dispute in seen.disputes] == [DisputeStatus.LOST]
    assert seen.disputes[0].amount == Money(100_00, "USD")
    assert seen.disputes[0].fee == Money(15_00, "USD")


def test_a_bank_account_that_is_not_verified_is_not_saved_yet(stripe: StripeGateway, twin: Twin) -> None:
    twin.engine.config["ach_tokens_verified"] = False

    result = stripe.attach_method(commands.attach("pm_usBankAccount_success"))

    assert not isinstance(result, MethodSnapshot | Unknown)
    assert (result.code, result.retry) == ("verification_required", Retry.CLIENT_ACTION)


# ── Fees, refunds, disputes ──────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.41")
def test_a_fee_is_unknown_then_exact_with_its_tax_and_currency(stripe: StripeGateway, twin: Twin) -> None:
    twin.engine.config["fee_tax_percent"] = "10"
    payment = taken(stripe, amount=Money(100_00, "EUR"))
    assert payment.settlement is None

    twin.engine.advance(3600)
    settlement = stripe.get_payment(payment.ref).settlement

    assert settlement is not None
    assert settlement.gross == Money(110_00, "USD")
    assert [(line.kind, line.amount) for line in settlement.fees] == [
        (FeeKind.PROCESSING, Money(3_49, "USD")),
        (FeeKind.TAX, Money(35, "USD")),
    ]
    assert str(settlement.exchange_rate) == "1.1"


def test_a_refund_can_be_pending_and_then_succeed(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_card_pendingRefund")

    result = stripe.refund(commands.refund(payment.ref))
    assert isinstance(result, RefundAccepted)
    twin.engine.advance(3600)

    assert result.snapshot.status is RefundStatus.PENDING
    assert stripe.get_refund(result.snapshot.ref).status is RefundStatus.SUCCEEDED


def test_a_refund_can_fail_after_it_succeeded(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_card_refundFail")

    result = stripe.refund(commands.refund(payment.ref))
    assert isinstance(result, RefundAccepted)
    twin.engine.advance(3600)
    seen = stripe.get_payment(payment.ref).refunds

    assert result.snapshot.status is RefundStatus.SUCCEEDED
    assert [(each.status, each.failure_code) for each in seen] == [(RefundStatus.FAILED, "expired_or_canceled_card")]


@pytest.mark.rule("S1.39")
@pytest.mark.parametrize("reason", RefundReason)
def test_our_reason_is_kept_where_stripe_knows_fewer(stripe: StripeGateway, twin: Twin, reason: RefundReason) -> None:
    payment = taken(stripe)

    stripe.refund(commands.refund(payment.ref, reason=reason))

    assert f"metadata[billcore_reason]={reason.value}" in str(twin.requests[-1]["raw_body"])


def test_a_disputed_payment_is_not_refunded(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_card_createDispute")
    twin.engine.advance(3600)

    result = stripe.refund(commands.refund(payment.ref))
    seen = stripe.get_payment(payment.ref)

    assert isinstance(result, RefundRejected)
    assert result.because is RejectedBecause.DISPUTED
    assert [(each.status, each.fee) for each in seen.disputes] == [(DisputeStatus.OPEN, Money(15_00, "USD"))]
    control(twin, f"disputes/{seen.disputes[0].ref.id}/resolve", outcome="won")
    assert [each.status for each in stripe.get_payment(payment.ref).disputes] == [DisputeStatus.WON]


def test_an_inquiry_moves_no_money_and_is_closed_by_a_refund(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_card_createDisputeInquiry")
    twin.engine.advance(3600)

    [inquiry] = stripe.get_payment(payment.ref).disputes
    assert isinstance(stripe.refund(commands.refund(payment.ref)), RefundAccepted)
    [closed] = stripe.get_payment(payment.ref).disputes

    assert (inquiry.status, inquiry.fee) == (DisputeStatus.INQUIRY, None)
    assert closed.status is DisputeStatus.CLOSED


def test_an_inquiry_may_become_a_dispute_which_takes_the_money(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe, "pm_card_createDisputeInquiry")
    twin.engine.advance(3600)
    [inquiry] = stripe.get_payment(payment.ref).disputes

    control(twin, f"disputes/{inquiry.ref.id}/resolve", outcome="needs_response")

    [dispute] = stripe.get_payment(payment.ref).disputes
    assert (dispute.ref, dispute.status, dispute.fee) == (inquiry.ref, DisputeStatus.OPEN, Money(15_00, "USD"))


def test_a_payment_that_took_no_money_is_not_settled_but_can_be_voided(stripe: StripeGateway) -> None:
    prepared = stripe.prepare(commands.charge(attached(stripe)), attempt=1)
    assert isinstance(prepared, PaymentSnapshot)

    result = stripe.refund(commands.refund(prepared.ref))

    assert isinstance(result, RefundRejected)
    assert (result.because, result.can_void) == (RejectedBecause.NOT_SETTLED, True)


# ── Currencies and text ──────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "amount",
    [
        Money(1_000, "JPY"), Money(500, "ISK"), Money(5_000, "UGX"), Money(12_340, "KWD"), Money(15_000_00, "MGA"),
        Money(99_999_999, "USD"), Money(50, "USD"), Money(175_00, "HUF"), Money(1_000, "CLP"),
    ],
    ids=str,
)  # fmt: skip
def test_an_amount_comes_back_as_it_was_sent(stripe: StripeGateway, amount: Money) -> None:
    payment = taken(stripe, amount=amount)

    result = stripe.refund(commands.refund(payment.ref, amount))

    assert payment.amount == amount
    assert isinstance(result, RefundAccepted)
    assert result.snapshot.amount == amount


HOSTILE = [
    "",
    "*",
    "\x00\r\n",
    "Zoë <script>'\"\\ * 💥",
    "\ud800half",
    "x" * 5000,
    "東京 請求書",
    "a&metadata[x]=1",
    "../..",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_no_text_is_worth_a_failed_payment(stripe: StripeGateway, text: str) -> None:
    attach = evolve(commands.attach(), client_name=text, client_email=text)
    method = stripe.attach_method(attach)
    assert isinstance(method, MethodSnapshot)
    charge = evolve(commands.charge(method), description=text, statement_hint=text)
    checkout = evolve(commands.checkout(), description=text)

    assert isinstance(stripe.charge(charge), Succeeded)
    assert isinstance(stripe.begin_checkout(checkout), CheckoutSnapshot)


@pytest.mark.parametrize("id_", ["op'\"[]&=#", "op  two  spaces", "операция-№1", "x" * 400], ids=range(4))
def test_any_operation_id_is_found_again(stripe: StripeGateway, id_: str) -> None:
    command = evolve(commands.charge(attached(stripe)), operation_id=OperationId(id_))
    stripe.charge(command)

    found = stripe.find_payment(command.operation_id, customer=command.customer, since=command.created_at)

    assert found is not None
    assert found.operation_id == id_


# ── Connected accounts ───────────────────────────────────────────────────────────────────────────────────────────────


def test_a_page_on_a_connected_account_pays_the_platform_fee(stripe: StripeGateway, twin: Twin) -> None:
    firm = stripe.for_account(str(control(twin, "accounts", id="acct_1PageFirm")["id"]))
    command = evolve(commands.checkout(), platform_fee=Money(2_00, "USD"))

    page = firm.begin_checkout(command)
    assert isinstance(page, CheckoutSnapshot)
    control(twin, f"checkout_sessions/{page.ref.id}/pay", payment_method="pm_card_visa")
    twin.engine.advance(3600)
    paid = firm.get_checkout(page.ref).payment
    assert paid is not None
    settlement = firm.get_payment(paid).settlement

    assert settlement is not None
    assert {line.kind: line.amount for line in settlement.fees}[FeeKind.PLATFORM] == Money(2_00, "USD")
    with pytest.raises(GatewayRequestInvalid, match="connected account"):
        stripe.begin_checkout(command)


@pytest.mark.parametrize("browser", [None, "Mozilla/5.0 (X11; Linux x86_64)"])
def test_the_evidence_of_consent_becomes_the_mandate_of_a_bank_debit(
    stripe: StripeGateway, twin: Twin, browser: str | None
) -> None:
    consent = Consent(
        text="I authorize Acme to debit my account.",
        accepted_at=now(),
        ip_address=browser and "203.0.113.7",
        user_agent=browser,
    )

    method = stripe.attach_method(evolve(commands.attach("pm_usBankAccount_success"), consent=consent))

    assert isinstance(method, MethodSnapshot)
    [asked] = [each for each in twin.requests if each.get("path") == "/v1/setup_intents"]
    sent = str(asked["raw_body"])
    assert ("203.0.113.7" in sent) is (browser is not None)
    assert f"accepted_at]={int(consent.accepted_at.timestamp())}" in sent.replace("%5D", "]").replace("%5B", "[")


def test_a_client_who_is_challenged_comes_back_to_where_the_charge_says(stripe: StripeGateway, twin: Twin) -> None:
    method = attached(stripe, "pm_card_authenticationRequired")
    command = commands.charge(method, initiator=Initiator.CLIENT)

    result = stripe.charge(evolve(command, return_url="https://acme.example/invoices/7"))

    assert isinstance(result, NeedsAction)
    [asked] = [each for each in twin.requests if each.get("path") == "/v1/payment_intents"]
    assert "acme.example%2Finvoices%2F7" in str(asked["raw_body"])


def test_a_connected_account_is_part_of_every_reference_and_pays_the_platform_fee(
    stripe: StripeGateway, twin: Twin
) -> None:
    account = str(control(twin, "accounts", id="acct_1ConnectedFirm")["id"])
    firm = stripe.for_account(account)
    method = attached(firm)
    command = evolve(commands.charge(method), platform_fee=Money(2_00, "USD"))

    result = firm.charge(command)
    twin.engine.advance(3600)
    assert isinstance(result, Succeeded)
    settlement = firm.get_payment(result.snapshot.ref).settlement
    returned = firm.refund(evolve(commands.refund(result.snapshot.ref), return_platform_fee=True))

    assert {ref.account for ref in (method.ref, method.customer, result.snapshot.ref) if ref is not None} == {account}
    assert settlement is not None
    assert {line.kind: line.amount for line in settlement.fees} == {
        FeeKind.PROCESSING: Money(3_20, "USD"),
        FeeKind.PLATFORM: Money(2_00, "USD"),
    }
    assert isinstance(returned, RefundAccepted)
    assert returned.snapshot.fee_returned == Money(2_00, "USD")
    with pytest.raises(GatewayRequestInvalid, match="for_account"):
        stripe.get_payment(result.snapshot.ref)


def test_a_disconnected_account_is_told_apart(stripe: StripeGateway) -> None:
    gone = stripe.for_account("acct_gone")

    with pytest.raises(GatewayConfigurationError, match="must connect it again"):
        gone.get_payment(GatewayRef("stripe", "acct_gone", "pi_1"))


def test_a_restricted_key_without_refunds_says_permission(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe)
    twin.engine.config["restricted_keys"] = {stripe.api_key: ["payment_intents"]}

    with pytest.raises(GatewayPermissionError, match="permission: this API key may not POST /refunds"):
        stripe.refund(commands.refund(payment.ref))


# ── Hosted page, setup, events ───────────────────────────────────────────────────────────────────────────────────────


def test_a_page_that_was_paid_names_its_payment_under_our_operation(stripe: StripeGateway, twin: Twin) -> None:
    opened = stripe.begin_checkout(commands.checkout())
    assert isinstance(opened, CheckoutSnapshot)

    control(twin, f"checkout_sessions/{opened.ref.id}/pay", payment_method="pm_card_visa")
    seen = stripe.expire_checkout(opened.ref)

    assert seen.status is CheckoutStatus.COMPLETE, "closing a page that was paid tells so"
    assert seen.payment is not None
    payment = stripe.get_payment(seen.payment)
    assert (payment.status, payment.operation_id) == (PaymentStatus.SUCCEEDED, opened.operation_id)


@pytest.mark.parametrize("comes_first", ["cheque", "client"])
def test_a_page_that_the_client_left_is_expired_when_a_cheque_comes(
    stripe: StripeGateway, twin: Twin, comes_first: str
) -> None:
    billing, jane = Billing(MemoryStore(), [stripe]), Staff("jane", "Jane Chen")
    billing.firms.open("acme", "Acme", by=jane)
    desk = billing.at("acme", by=jane)
    lines = [LineItem(description="Tax return", unit_price="100.00")]
    invoice = desk.invoices.send(desk.invoices.draft(desk.clients.add("Patel Family").id, lines=lines).id)
    waiting = desk.payments.checkout(
        invoice.id, gateway="stripe", success_url="https://acme.example", cancel_url="https://acme.example"
    )
    page = str(waiting.action_url).rpartition("/")[2].partition("#")[0]

    if comes_first == "cheque":
        desk.payments.record(invoice.id, method=Method.CHECK)
        expected = CheckoutStatus.EXPIRED, PaymentState.CANCELED, 0
    else:
        control(twin, f"checkout_sessions/{page}/pay", payment_method="pm_card_visa")
        with pytest.raises(NotPayable):
            desk.payments.record(invoice.id, method=Method.CHECK)
        expected = CheckoutStatus.COMPLETE, PaymentState.COMPLETED, 100_00

    there = stripe.get_checkout(GatewayRef("stripe", None, page)).status
    state = desk.payments.get(waiting.id).state
    assert (there, state, twin.audit()[twin.engine.platform]["collected"]) == expected
    assert (desk.invoices.get(invoice.id).owed, billing.verify("acme")) == (Money(0, "USD"), ())


@pytest.mark.parametrize(
    ("happens", "state"),
    [
        ("the client leaves", PaymentState.CANCELED),
        ("the client fails", PaymentState.FAILED),
        ("the client confirms at last", PaymentState.COMPLETED),
    ],
)
def test_a_client_who_left_the_challenge_pays_with_another_card_and_only_once(
    stripe: StripeGateway, twin: Twin, happens: str, state: PaymentState
) -> None:
    billing, jane = Billing(MemoryStore(), [stripe]), Staff("jane", "Jane Chen")
    billing.firms.open("acme", "Acme", by=jane)
    desk = billing.at("acme", by=jane)
    client = desk.clients.add("Patel Family").id
    lines = [LineItem(description="Tax return", unit_price="100.00")]
    invoice = desk.invoices.send(desk.invoices.draft(client, lines=lines).id)
    challenged, plain = (
        desk.methods.attach(client, gateway="stripe", token=token).id
        for token in ("pm_card_authenticationRequired", "pm_card_visa")
    )
    portal = billing.at("acme", by=Contact("priya", "Priya Patel", client))
    waiting = portal.payments.charge(invoice.id, method=challenged)
    assert (waiting.state, waiting.ref is not None) == (PaymentState.REQUIRES_ACTION, True)
    assert waiting.ref is not None
    if happens != "the client leaves":
        success = happens == "the client confirms at last"
        control(twin, f"payment_intents/{waiting.ref.id}/authenticate", success=success)

    if state is PaymentState.COMPLETED:
        with pytest.raises(NotPayable):
            portal.payments.charge(invoice.id, method=plain)
    else:
        assert portal.payments.charge(invoice.id, method=plain).state is PaymentState.COMPLETED

    assert desk.payments.get(waiting.id).state is state
    assert twin.audit()[twin.engine.platform]["collected"] == 100_00
    assert (desk.invoices.get(invoice.id).owed, billing.verify("acme")) == (Money(0, "USD"), ())


def test_a_method_saved_on_a_page_belongs_to_the_client(stripe: StripeGateway, twin: Twin) -> None:
    opened = stripe.begin_checkout(evolve(commands.checkout(), save_method=True))
    assert isinstance(opened, CheckoutSnapshot)

    control(twin, f"checkout_sessions/{opened.ref.id}/pay", payment_method="pm_card_visa")
    other = attached(stripe, "pm_card_mastercard")

    assert other.customer is not None
    assert {method.brand for method in stripe.list_methods(other.customer)} == {"visa", "mastercard"}


@pytest.mark.parametrize("hours", [0, 100])
def test_a_page_stays_open_as_long_as_stripe_allows(stripe: StripeGateway, hours: int) -> None:
    command = commands.checkout(hours=hours)

    opened = stripe.begin_checkout(command)

    assert isinstance(opened, CheckoutSnapshot)
    assert timedelta(minutes=30) <= opened.expires_at - command.created_at <= timedelta(hours=24)


def test_a_finished_form_is_a_saved_method(stripe: StripeGateway, twin: Twin) -> None:
    session = stripe.begin_setup(commands.attach(""))
    assert isinstance(session, SetupSession)
    in_the_browser(twin, f"/v1/setup_intents/{session.ref.id}/confirm", payment_method="pm_card_visa")

    finished = stripe.get_setup(session.ref)
    attached = stripe.attach_method(commands.attach(session.ref.id))
    of_other = stripe.attach_method(commands.attach(session.ref.id, client="cl_other", operation="op_other"))

    assert finished.is_complete
    assert isinstance(attached, MethodSnapshot)
    assert attached.ref == finished.method
    assert not isinstance(of_other, MethodSnapshot), "one client's form is not another's"


def test_a_client_keeps_the_customer_of_long_ago(stripe: StripeGateway, twin: Twin) -> None:
    first = attached(stripe)

    twin.engine.advance(40 * DAY)
    renamed = evolve(commands.attach("pm_card_mastercard", operation="op_later"), client_name="Patel & Sons")
    second = stripe.attach_method(renamed)

    assert isinstance(second, MethodSnapshot)
    assert second.customer == first.customer


def test_events_can_be_caught_up_in_their_order(stripe: StripeGateway, twin: Twin) -> None:
    payment = taken(stripe)
    twin.engine.advance(3600)
    stripe.refund(commands.refund(payment.ref))

    events = [event for event in stripe.iter_events(since=now() - timedelta(minutes=1)) if event.subject == payment.ref]

    assert [event.kind for event in events[:3]] == [
        EventKind.PAYMENT_SUCCEEDED,
        EventKind.FEE_KNOWN,
        EventKind.REFUND_CHANGED,
    ]
    assert events[0].operation_id == payment.operation_id
    assert {event.firm_id for event in events} == {commands.FIRM}


def test_a_payout_with_refunds_and_disputes_adds_up_to_the_cent(stripe: StripeGateway, twin: Twin) -> None:
    method = attached(stripe)
    for number in range(4):
        result = stripe.charge(commands.charge(method, operation=f"op_{number}"))
        assert isinstance(result, Succeeded)
        if number == 0:
            stripe.refund(commands.refund(result.snapshot.ref, Money(30_00, "USD")))
    stripe.charge(commands.charge(attached(stripe, "pm_card_createDispute"), operation="op_disputed"))
    payout = GatewayRef("stripe", None, pay_out(twin))

    lines = [*stripe.iter_settlements(since=now() - timedelta(days=1), until=now() + timedelta(days=30))]
    paid_out = [line for line in lines if line.payout == payout]

    assert all(line.gross - Money.sum((fee.amount for fee in line.fees), "USD") == line.net for line in lines)
    assert Money.sum((line.net for line in paid_out), "USD") == Money(0, "USD")
    assert {line.kind for line in paid_out} == {"charge", "refund", "dispute", "payout"}
    dispute = next(line for line in paid_out if line.kind == "dispute")
    assert [fee.kind for fee in dispute.fees] == [FeeKind.DISPUTE]


# ── Threads ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_threads_share_one_gateway(stripe: StripeGateway, twin: Twin) -> None:
    method = attached(stripe)
    amounts = [Money(100_00 + number, "USD") for number in range(40)]

    def pay(amount: Money) -> Money:
        result = stripe.charge(commands.charge(method, amount, operation=f"op_{amount.minor}"))
        assert isinstance(result, Succeeded)
        return result.snapshot.amount

    with ThreadPoolExecutor(8) as pool:
        assert [*pool.map(pay, amounts)] == amounts


def test_threads_with_the_same_command_take_the_money_once(stripe: StripeGateway, twin: Twin) -> None:
    command = commands.charge(attached(stripe))

    with ThreadPoolExecutor(8) as pool:
        results = [*pool.map(lambda _: stripe.charge(command), range(8))]

    assert {type(result) for result in results} <= {Succeeded, Unknown}
    assert twin.audit()[twin.engine.platform]["collected"] == 100_00


def in_the_browser(twin: Twin, path: str, **params: str) -> None:
    """What Stripe's form does, with the session's client secret."""
    import stripe as sdk

    client = sdk.StripeClient("sk_test_browser1", base_addresses={"api": twin.url})
    client.raw_request("post", path, use_stripe_sdk=True, **params)
