"""The pure halves: what is sent for a command, and what an answer is taken to mean."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as some
from tests.stripe import commands

from billcore.currencies import EXPONENTS
from billcore.errors import AmountNotRepresentable, GatewayRequestInvalid
from billcore.fees import FeeKind
from billcore.ids import GatewayRef, OperationId
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import DisputeStatus, MethodSnapshot, PaymentStatus, RefundStatus
from billcore.ports.gateway import (
    ChargeResult,
    Declined,
    NeedsAction,
    Pending,
    RefundRejected,
    RejectedBecause,
    Succeeded,
)
from billcore.reasons import Initiator, Retry
from billcore_stripe import charges, checkout, disputes, refunds, settlements, vault
from billcore_stripe.amounts import GRANULARITY, SMALLEST, STRIPE_EXPONENTS, check_charge, from_stripe, to_stripe
from billcore_stripe.binding import NOT_UNDERSTOOD
from billcore_stripe.client import Answer
from billcore_stripe.payments import payment_of
from billcore_stripe.reasons import failure_of
from billcore_stripe.records import Record, UnreadableAnswer
from billcore_stripe.text import descriptor_suffix, metadata_value, plain_text

CREATED = 1_777_896_000
METHOD = MethodSnapshot(
    ref=GatewayRef("stripe", None, "pm_1"), customer=GatewayRef("stripe", None, "cus_1"), kind=Method.CARD
)
_NAMES = [
    "id", "status", "amount", "amount_received", "currency", "created", "latest_charge", "last_payment_error",
    "next_action", "metadata", "type", "card", "payment_method", "payment_method_types", "payment_method_details",
    "balance_transaction", "balance_transactions", "fee", "fee_details", "net", "available_on", "exchange_rate",
    "reporting_category", "source", "payment_intent", "customer", "exp_year", "exp_month", "expires_at",
]  # fmt: skip
_READERS: list[Callable[[Record], object]] = [
    lambda record: payment_of(record, None, [record], [record]),
    lambda record: refunds.refund_of(record, None),
    lambda record: disputes.dispute_of(record, None),
    lambda record: settlements.settlement_line(record, None, None),
    lambda record: vault.method_of(record, None),
    lambda record: vault.setup_of(record, None),
    lambda record: checkout.checkout_of(record, None),
]


def intent(status: str, **fields: object) -> dict[str, object]:
    return {
        "id": "pi_1", "status": status, "amount": 100_00, "currency": "usd", "created": CREATED,
        "payment_method_types": ["card"], "metadata": {"billcore_operation": "op_1"}, **fields,
    }  # fmt: skip


def concluded(status: int, body: dict[str, object]) -> ChargeResult:
    return charges.interpret_charge(Answer(status=status, body=Record(body)), None)


# ── Amounts ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("amount", "integer"),
    [
        (Money(100_00, "USD"), 10_000),
        (Money(1_000, "JPY"), 1_000),
        (Money(500, "ISK"), 50_000),
        (Money(5_000, "UGX"), 500_000),
        (Money(12_340, "KWD"), 12_340),
        (Money(150_00, "MGA"), 150),
    ],
)
def test_an_amount_is_sent_in_stripes_own_exponent(amount: Money, integer: int) -> None:
    assert to_stripe(amount) == integer
    assert from_stripe(integer, amount.currency.lower()) == amount


@pytest.mark.parametrize(
    "amount",
    [
        Money(0, "USD"), Money(-1, "USD"), Money(49, "USD"), Money(100_000_000, "USD"), Money(12_341, "KWD"),
        Money(150_01, "MGA"), Money(100_00, "KPW"), Money(29, "GBP"), Money(174_99, "HUF"), Money(1_000_000, "ISK"),
    ],
    ids=str,
)  # fmt: skip
def test_what_stripe_would_refuse_is_refused_before_any_call(amount: Money) -> None:
    with pytest.raises(AmountNotRepresentable):
        check_charge(amount)


@given(some.sampled_from(sorted(STRIPE_EXPONENTS)), some.integers(1, 10**7))
def test_every_charge_that_is_accepted_comes_back_unchanged(currency: str, minor: int) -> None:
    amount = Money(minor, currency)
    try:
        check_charge(amount)
    except AmountNotRepresentable:
        return

    integer = to_stripe(amount)

    assert from_stripe(integer, currency) == amount
    assert integer % GRANULARITY.get(currency, 1) == 0
    assert integer >= SMALLEST.get(currency, 1)


def test_the_tables_speak_of_known_currencies_only() -> None:
    assert set(STRIPE_EXPONENTS) <= set(EXPONENTS)
    assert set(GRANULARITY) | set(SMALLEST) <= set(STRIPE_EXPONENTS)


@pytest.mark.parametrize(("integer", "currency"), [(150, "isk"), (100, "xyz"), (10**20, "usd")])
def test_an_amount_that_cannot_be_written_down_is_unreadable(integer: int, currency: str) -> None:
    with pytest.raises(UnreadableAnswer):
        from_stripe(integer, currency)


# ── Requests ─────────────────────────────────────────────────────────────────────────────────────────────────────────


def test_a_charge_carries_our_ids_and_what_the_bank_must_know() -> None:
    request = charges.build_charge(commands.charge(METHOD, initiator=Initiator.AUTOPAY), None, "https://example.com")

    assert request.params == {
        "amount": 100_00,
        "currency": "usd",
        "customer": "cus_1",
        "payment_method": "pm_1",
        "confirm": True,
        "off_session": True,
        "allowed_payment_method_types": ["card"],
        "payment_method_options": {"card": {"stored_credential_usage": "recurring"}},
        "description": "Invoice INV-1001",
        "statement_descriptor_suffix": "INV-1001",
        "metadata": {"billcore_firm": "acme-law", "billcore_operation": "op_charge", "billcore_payment": "pay_1"},
        "expand": ["latest_charge.balance_transaction"],
    }


@pytest.mark.parametrize("initiator", Initiator)
def test_only_a_client_who_is_present_can_be_sent_to_a_challenge(initiator: Initiator) -> None:
    params = charges.build_charge(commands.charge(METHOD, initiator=initiator), None, "https://example.com").params

    assert params["off_session"] is (initiator is not Initiator.CLIENT)
    assert ("return_url" in params) is (initiator is Initiator.CLIENT)


def test_a_key_names_step_operation_account_and_attempt_and_nothing_else() -> None:
    command = commands.charge(METHOD)
    other = evolve(command, operation_id=OperationId("op_other"))
    requests = [
        charges.build_charge(command, None, None),
        charges.build_charge(other, None, None),
        charges.build_charge(command, "acct_1", None),
        charges.build_prepare(command, None, 1),
        charges.build_prepare(command, None, 2),
        charges.build_confirm(command, "pi_1", None, None),
        refunds.build_refund(commands.refund(METHOD.ref), None),
    ]

    keys = [str(request.key) for request in requests]

    assert len(set(keys)) == len(keys)
    assert all(key.startswith("bc:") and len(key) <= 255 for key in keys)
    assert charges.build_charge(command, None, None).key == keys[0]


def test_a_request_is_the_same_bytes_every_time() -> None:
    command = commands.charge(METHOD)

    assert charges.build_charge(command, None, None) == charges.build_charge(command, None, None)


def test_a_look_up_asks_for_one_customer_and_allows_for_clocks_that_differ() -> None:
    since = datetime.fromtimestamp(CREATED, UTC)

    assert charges.build_find(METHOD.customer, since).params == {
        "created": {"gte": CREATED - 3600},
        "customer": "cus_1",
    }
    assert charges.build_find(None, since).params == {"created": {"gte": CREATED - 3600}}


def test_of_two_customers_of_one_client_the_first_is_kept() -> None:
    later, first = Record({"id": "cus_a", "created": 2}), Record({"id": "cus_b", "created": 1})

    assert vault.oldest((later, first)) == vault.oldest((first, later)) == first


@pytest.mark.parametrize("method", [Method.CASH, Method.CHECK, Method.WIRE, Method.OTHER])
def test_only_card_and_ach_are_charged(method: Method) -> None:
    with pytest.raises(GatewayRequestInvalid, match="card and ach"):
        charges.check_command(evolve(commands.charge(METHOD), method_kind=method), None)


def test_a_bank_debit_takes_dollars_only() -> None:
    command = evolve(commands.charge(METHOD, Money(100_00, "EUR")), method_kind=Method.ACH)

    with pytest.raises(AmountNotRepresentable, match="USD only"):
        charges.check_command(command, None)


@pytest.mark.parametrize(
    ("fee", "account"),
    [
        (Money(1_00, "USD"), None),
        (Money(1_00, "EUR"), "acct_1"),
        (Money(100_01, "USD"), "acct_1"),
        (Money(0, "USD"), "acct_1"),
    ],
)
def test_a_platform_fee_is_a_part_of_a_connected_accounts_charge(fee: Money, account: str | None) -> None:
    with pytest.raises(GatewayRequestInvalid, match="platform fee"):
        charges.check_command(evolve(commands.charge(METHOD), platform_fee=fee), account)


def test_a_page_offers_bank_debits_in_dollars_only() -> None:
    dollars, euros = commands.checkout(), commands.checkout(Money(100_00, "EUR"))

    assert checkout.build_checkout(dollars, None, None).params["allowed_payment_method_types"] == [
        "card",
        "us_bank_account",
    ]
    assert checkout.build_checkout(euros, None, None).params["allowed_payment_method_types"] == ["card"]
    with pytest.raises(GatewayRequestInvalid, match="none of the methods"):
        checkout.check_command(evolve(euros, methods=(Method.ACH,)), None)


# ── Answers ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("status", "expected", "result"),
    [
        ("requires_payment_method", PaymentStatus.OPEN, Declined),
        ("requires_confirmation", PaymentStatus.OPEN, Declined),
        ("requires_action", PaymentStatus.REQUIRES_ACTION, NeedsAction),
        ("processing", PaymentStatus.PENDING, Pending),
        ("requires_capture", PaymentStatus.PENDING, Pending),
        ("succeeded", PaymentStatus.SUCCEEDED, Succeeded),
        ("canceled", PaymentStatus.CANCELED, Declined),
    ],
)
def test_every_documented_status_has_a_result(status: str, expected: PaymentStatus, result: type) -> None:
    told = concluded(200, intent(status))

    assert isinstance(told, result)
    assert payment_of(Record(intent(status)), None).status is expected


def test_a_status_that_is_new_at_stripe_is_pending_with_an_alert(caplog: pytest.LogCaptureFixture) -> None:
    told = concluded(200, intent("teleporting"))

    assert isinstance(told, Pending)
    assert "unknown status 'teleporting'" in caplog.text


def test_a_card_error_is_a_decline() -> None:
    error = {"type": "card_error", "code": "card_declined", "decline_code": "insufficient_funds", "message": "No."}

    told = concluded(402, {"error": {**error, "payment_intent": intent("requires_payment_method")}})

    assert isinstance(told, Declined)
    assert (told.failure.code, told.failure.message, told.failure.retry) == ("insufficient_funds", "No.", Retry.LATER)
    assert told.snapshot is not None
    assert told.snapshot.status is PaymentStatus.OPEN


def test_another_error_with_the_status_of_a_decline_is_none() -> None:
    with pytest.raises(GatewayRequestInvalid):
        concluded(402, {"error": {"type": "invalid_request_error", "message": "raw card numbers"}})


def test_an_answer_without_what_it_must_have_is_unreadable() -> None:
    for missing in ("id", "amount", "currency", "created"):
        with pytest.raises(UnreadableAnswer):
            concluded(200, intent("succeeded", **{missing: None}))


def test_the_networks_advice_goes_before_the_code() -> None:
    error = Record({"decline_code": "insufficient_funds", "advice_code": "do_not_try_again"})

    assert failure_of(error).retry is Retry.NEVER


def test_an_unknown_decline_is_a_plain_one_in_stripes_own_words() -> None:
    failure = failure_of(Record({"code": "card_declined", "decline_code": "mercury_in_retrograde"}))

    assert (failure.code, failure.provider_code) == ("declined", "mercury_in_retrograde")


@pytest.mark.parametrize(
    ("error", "because"),
    [
        ({"param": "amount"}, RejectedBecause.OVER_REFUND),
        ({"code": "charge_already_refunded", "param": "charge"}, RejectedBecause.ALREADY_REFUNDED),
        ({"code": "charge_disputed"}, RejectedBecause.DISPUTED),
        ({"code": "refund_disputed_payment"}, RejectedBecause.DISPUTED),
        ({"param": "payment_intent"}, RejectedBecause.NOT_SETTLED),
        ({"code": "charge_not_refundable"}, RejectedBecause.UNSUPPORTED),
        ({"code": "balance_insufficient"}, RejectedBecause.INSUFFICIENT_BALANCE),
        ({"code": "something_new"}, RejectedBecause.OTHER),
    ],
)
def test_a_refused_refund_says_why(error: dict[str, object], because: RejectedBecause) -> None:
    told = refunds.interpret_refund(Answer(status=400, body=Record({"error": error})), None)

    assert isinstance(told, RefundRejected)
    assert told.because is because


def test_a_refund_of_what_does_not_exist_is_a_malformed_request() -> None:
    error = {"code": "resource_missing", "param": "payment_intent"}

    with pytest.raises(GatewayRequestInvalid):
        refunds.interpret_refund(Answer(status=404, body=Record({"error": error})), None)


@pytest.mark.parametrize("word", ["pending", "requires_action", "succeeded", "failed", "canceled", "new_at_stripe"])
def test_every_refund_status_has_a_meaning(word: str) -> None:
    refund = {"id": "re_1", "amount": 1, "currency": "usd", "created": CREATED, "status": word}

    assert refunds.refund_of(Record(refund), None).status in RefundStatus


@pytest.mark.parametrize(
    ("word", "status"),
    [
        ("needs_response", DisputeStatus.OPEN),
        ("under_review", DisputeStatus.OPEN),
        ("won", DisputeStatus.WON),
        ("lost", DisputeStatus.LOST),
        ("appeal_under_review", DisputeStatus.OPEN),
        ("new_at_stripe", DisputeStatus.OPEN),
        ("warning_needs_response", DisputeStatus.INQUIRY),
        ("warning_under_review", DisputeStatus.INQUIRY),
        ("warning_closed", DisputeStatus.CLOSED),
        ("prevented", DisputeStatus.CLOSED),
    ],
)
def test_every_dispute_status_has_a_meaning(word: str, status: DisputeStatus) -> None:
    dispute = {"id": "du_1", "amount": 1, "currency": "usd", "created": CREATED, "status": word}

    told = disputes.dispute_of(Record(dispute), None)

    assert (told.status, told.fee) == (status, None)


def test_fees_are_named_and_always_add_up() -> None:
    transaction = {
        "id": "txn_1", "amount": 110_00, "fee": 500, "net": 105_00, "currency": "usd", "exchange_rate": Decimal("1.1"),
        "fee_details": [
            {"type": "stripe_fee", "amount": 320},
            {"type": "application_fee", "amount": 100},
            {"type": "tax", "amount": 50},
            {"type": "new_at_stripe", "amount": 20},
        ],
    }  # fmt: skip

    told = settlements.settlement_of(Record({"balance_transaction": transaction}))

    assert told is not None
    assert [(line.kind, line.amount.minor) for line in told.fees] == [
        (FeeKind.PROCESSING, 320),
        (FeeKind.PLATFORM, 100),
        (FeeKind.TAX, 50),
        (FeeKind.OTHER, 20),
        (FeeKind.OTHER, 10),
    ]
    assert told.exchange_rate == Decimal("1.1")


def test_a_known_fee_of_nothing_is_a_line_of_zero_and_an_unknown_one_none() -> None:
    free = {"id": "txn_1", "amount": 1, "fee": 0, "net": 1, "currency": "usd", "fee_details": []}

    known = settlements.settlement_of(Record({"balance_transaction": free}))

    assert known is not None
    assert [line.amount for line in known.fees] == [Money(0, "USD")]
    assert settlements.settlement_of(Record({"balance_transaction": None})) is None
    assert settlements.settlement_of(Record({"balance_transaction": "txn_1"})) is None


def test_a_settlement_that_does_not_add_up_is_unknown_and_the_payment_is_not() -> None:
    transaction = {"id": "txn_1", "amount": 100_00, "fee": 320, "net": 1, "currency": "usd", "fee_details": []}

    told = payment_of(Record(intent("succeeded", latest_charge={"balance_transaction": transaction})), None)

    assert (told.status, told.settlement) == (PaymentStatus.SUCCEEDED, None)


def test_fractions_are_read_as_exact_decimals() -> None:
    assert Record.parse('{"exchange_rate": 1.1}').decimal("exchange_rate") == Decimal("1.1")


_json = some.recursive(
    some.none()
    | some.booleans()
    | some.integers(-(10**17), 10**17)
    | some.sampled_from(["usd", "isk", "succeeded", "x"]),
    lambda inner: some.lists(inner, max_size=2) | some.dictionaries(some.sampled_from(_NAMES), inner, max_size=4),
    max_leaves=12,
)


@given(some.dictionaries(some.sampled_from(_NAMES), _json), some.sampled_from(_READERS))
def test_no_answer_however_strange_raises_anything_but_unreadable(
    strange: dict[str, object], reader: Callable[[Record], object]
) -> None:
    with suppress(*NOT_UNDERSTOOD):
        reader(Record({**intent("succeeded"), "type": "card", "expires_at": CREATED, **strange}))


# ── Text ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "suffix"),
    [
        (None, None),
        ("", None),
        ("1001", None),
        ("INV-1001", "INV-1001"),
        ("Zoë's *Law* <Firm>", "Zoes Law Firm"),
        ("請求書 A-1", "A-1"),
        ("請求書", None),
        ("a" * 40, "a" * 22),
    ],
)
def test_a_descriptor_is_what_a_statement_can_print(text: str | None, suffix: str | None) -> None:
    assert descriptor_suffix(text) == suffix


@given(some.text(alphabet=some.characters()))
def test_any_text_becomes_one_that_can_be_sent(text: str) -> None:
    for cleaned in (plain_text(text), metadata_value(text), descriptor_suffix(text) or ""):
        cleaned.encode()
        assert "\x00" not in cleaned
        assert "\n" not in cleaned


def test_a_time_is_an_instant_in_utc() -> None:
    assert payment_of(Record(intent("succeeded")), None).created_at == datetime.fromtimestamp(CREATED, UTC)


@pytest.mark.parametrize("id_", ["", "..", "../refunds", "pi_1/confirm", "pi_1?x", "pi_\ud800", "pi_☃", "p" * 256])
def test_an_id_that_stripe_never_gave_is_refused_before_any_call(id_: str) -> None:
    with pytest.raises(GatewayRequestInvalid, match="never gave"):
        charges.build_get(id_)
