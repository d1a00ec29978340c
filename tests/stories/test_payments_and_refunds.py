"""Product A, payments and refunds of an accounting firm (S1): how money comes in, fails, goes back, and is told."""

from datetime import UTC, date, datetime, timedelta

import attrs
import pytest
from attrs import evolve
from attrs.exceptions import FrozenInstanceError
from tests.office import AUTOPAY, JANE, PRIYA, Office

from billcore import events
from billcore.codec import to_json
from billcore.dates import Period
from billcore.errors import MethodNotAllowed, NotPayable, NotPermitted, OverRefund
from billcore.fees import FeeBasis, FeeRate, FeeSchedule
from billcore.ids import GatewayRef
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue, can_pay_now
from billcore.methods import Method, SavedMethod
from billcore.money import Money
from billcore.payments.payment import Payment, PaymentState, RefundState
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRO_FIRM
from billcore.reasons import Initiator, RefundReason
from billcore.reports.payment_history import HistoryRow, RowStatus

CARD_FEE = FeeRate("2.9", Money(30, "USD"))


@pytest.fixture
def office() -> Office:
    return Office.open(PRO_FIRM, gateway_name="stripe")


@pytest.fixture
def invoice(office: Office) -> Invoice:
    """Of 100.00, sent to the client."""
    return office.sent(office.client())


def usd(minor: int) -> Money:
    return Money(minor, "USD")


def by_check(office: Office, invoice: Invoice, amount: str | None = None) -> Payment:
    return office.desk.payments.record(invoice.id, amount, method=Method.CHECK, reference="4521")


def rows(office: Office, invoice: Invoice) -> tuple[HistoryRow, ...]:
    return office.desk.payments.history(invoice.id)


def net(office: Office) -> Money:
    """What is left of all that ever came in."""
    period = Period(date(2026, 1, 1), date(2027, 1, 1))
    [currency] = office.desk.reports.takings(period).currencies
    return currency.net


# ── What a payment is, and where it comes from ───────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.1", "S1.2", "S1.6")
def test_cash_checks_transfers_cards_and_refunds_stand_in_one_history(office: Office) -> None:
    invoice = office.sent(office.client(), "500.00")
    for method in (Method.CASH, Method.CHECK, Method.WIRE):
        office.clock.advance(timedelta(minutes=1))
        office.desk.payments.record(invoice.id, "100.00", method=method)
    office.clock.advance(timedelta(minutes=1))
    card = office.charged(invoice, "100.00")
    office.clock.advance(timedelta(minutes=1))
    office.desk.refunds.issue(card.id, "40.00")

    history = rows(office, invoice)

    assert [(row.method, str(row.amount.amount)) for row in history] == [
        (Method.CASH, "100.00"),
        (Method.CHECK, "100.00"),
        (Method.WIRE, "100.00"),
        (Method.CARD, "100.00"),
        (Method.CARD, "-40.00"),
    ]
    assert Money.sum((row.here for row in history if row.refund_id is None), "USD") == usd(360_00)
    assert office.invoice(invoice).paid == usd(360_00)


@pytest.mark.rule("S1.3", "S1.13", "S1.16")
def test_a_payment_that_is_recorded_by_hand_is_saved_at_once_with_the_name_of_who_did_it(
    office: Office, invoice: Invoice
) -> None:
    payment = by_check(office, invoice, "40.00")

    assert payment.state is PaymentState.COMPLETED
    assert (office.balance(invoice), office.badge(invoice)) == ("60.00", "Partially paid")
    assert office.told(invoice)[-1] == ("Jane Chen", "Payment of 40.00 USD by check (4521) recorded")
    assert rows(office, invoice)[0].by == "Jane Chen"


@pytest.mark.rule("S1.4", "S1.20")
def test_the_client_pays_online_and_the_gateway_confirms_that_it_cleared(office: Office, invoice: Invoice) -> None:
    waiting = office.by(PRIYA).payments.checkout(
        invoice.id, gateway="stripe", success_url="https://a.example/ok", cancel_url="https://a.example/no"
    )
    office.gateway.client_pays(_page_of(office, waiting))

    office.hear()

    assert waiting.action_url is not None
    assert waiting.initiator is Initiator.CLIENT
    assert office.badge(invoice) == "Paid"
    assert office.told(invoice)[-2] == ("Stripe", "Payment of 100.00 USD by card completed")


def _page_of(office: Office, payment: Payment) -> GatewayRef:
    assert payment.operation_id is not None
    with office.store.read(payment.firm_id) as work:
        page = work.operations.get(payment.operation_id).ref
    assert page is not None
    return page


@pytest.mark.rule("S1.7")
def test_money_received_by_hand_and_online_can_both_be_refunded(office: Office) -> None:
    client = office.client()
    by_hand, online = office.sent(client), office.sent(client)
    payments = by_check(office, by_hand), office.charged(online)

    refunds = [office.desk.refunds.issue(payment.id) for payment in payments]

    assert [refund.state for refund in refunds] == [RefundState.SUCCEEDED] * 2
    assert [office.balance(invoice) for invoice in (by_hand, online)] == ["100.00", "100.00"]


# ── The record-payment dialog ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.8")
def test_the_amount_is_the_remaining_balance_unless_less_is_given(office: Office, invoice: Invoice) -> None:
    part = by_check(office, invoice, "30.00")
    rest = by_check(office, invoice)

    assert (part.amount, rest.amount) == (usd(30_00), usd(70_00))


@pytest.mark.rule("S1.9", "S1.17")
@pytest.mark.parametrize("method", Method)
def test_cash_checks_wires_and_others_are_recorded_cards_and_ach_go_through_the_gateway(
    office: Office, invoice: Invoice, method: Method
) -> None:
    if method in (Method.CARD, Method.ACH):
        with pytest.raises(MethodNotAllowed, match="cannot be recorded by hand"):
            office.desk.payments.record(invoice.id, method=method)
        with pytest.raises(MethodNotAllowed, match="not staff"):
            office.desk.payments.charge(invoice.id, method=_saved(office, invoice, method).id)
        assert office.balance(invoice) == "100.00"
    else:
        assert office.desk.payments.record(invoice.id, method=method).method is method


def _saved(office: Office, invoice: Invoice, kind: Method) -> SavedMethod:
    client = office.desk.clients.get(invoice.client_id)
    return office.desk.methods.get(office.card(client, "card_ok" if kind is Method.CARD else "ach_ok"))


@pytest.mark.rule("S1.10")
def test_the_date_is_today_and_may_lie_in_the_past(office: Office, invoice: Invoice) -> None:
    today = by_check(office, invoice, "10.00")
    before = office.desk.payments.record(invoice.id, "10.00", method=Method.CASH, received_on=date(2026, 4, 30))

    assert (today.received_on, before.received_on) == (date(2026, 5, 4), date(2026, 4, 30))
    april = office.desk.reports.takings(Period(date(2026, 4, 1), date(2026, 5, 1)))
    assert [currency.gross for currency in april.currencies] == [usd(10_00)]


@pytest.mark.rule("S1.10")
def test_today_is_the_day_in_the_firms_own_timezone() -> None:
    office = Office.open(PRO_FIRM, timezone="America/New_York")
    invoice = office.sent(office.client())
    office.clock.set(datetime(2026, 5, 5, 3, 59, tzinfo=UTC))

    assert by_check(office, invoice).received_on == date(2026, 5, 4)


@pytest.mark.rule("S1.11")
def test_the_reference_is_optional(office: Office, invoice: Invoice) -> None:
    with_one = by_check(office, invoice, "10.00")
    without = office.desk.payments.record(invoice.id, "10.00", method=Method.CHECK)

    assert (with_one.reference, without.reference) == ("4521", None)


@pytest.mark.rule("S1.12", "S1.33")
def test_notes_are_internal_and_reach_no_event_and_no_timeline(office: Office, invoice: Invoice) -> None:
    payment = office.desk.payments.record(invoice.id, method=Method.CASH, notes="seemed upset")
    refund = office.desk.refunds.issue(payment.id, note="threatened to leave")

    assert (payment.notes, refund.note) == ("seemed upset", "threatened to leave")
    written = "".join(str(to_json(event)) for event in office.happened())
    period = Period(date(2026, 5, 1), date(2026, 6, 1))
    shown = f"{office.told(invoice)} {office.desk.reports.statement(invoice.client_id, period)} {payment} {refund}"
    for secret in ("upset", "threatened"):
        assert secret not in written
        assert secret not in shown


@pytest.mark.rule("S1.14")
@pytest.mark.parametrize("state", ["Sent", "Viewed", "Overdue"])
@pytest.mark.parametrize(("amount", "badge"), [("100.00", "Paid"), ("99.99", "Partially paid")])
def test_full_payment_makes_paid_and_less_makes_partially_paid(
    office: Office, invoice: Invoice, state: str, amount: str, badge: str
) -> None:
    if state == "Viewed":
        office.by(PRIYA).invoices.view(invoice.id)
    if state == "Overdue":
        office.days_later(31)
    assert office.badge(invoice) == state

    by_check(office, invoice, amount)

    assert office.badge(invoice) == badge


@pytest.mark.rule("S1.15")
def test_a_partially_paid_invoice_stays_so_until_it_is_paid_in_full(office: Office, invoice: Invoice) -> None:
    badges = []
    for amount in ("10.00", "10.00", "80.00"):
        by_check(office, invoice, amount)
        badges.append(office.badge(invoice))

    assert badges == ["Partially paid", "Partially paid", "Paid"]


@pytest.mark.rule("S1.18")
def test_other_is_for_what_came_by_no_usual_way(office: Office, invoice: Invoice) -> None:
    payment = office.desk.payments.mark_paid(invoice.id, reference="credit of last year")

    assert payment.method is Method.OTHER
    assert office.badge(invoice) == "Paid"


@pytest.mark.rule("S1.19")
def test_what_will_never_come_is_cancelled_and_not_paid(office: Office, invoice: Invoice) -> None:
    office.desk.adjustments.write_off(invoice.id, reason="bankrupt")

    assert office.badge(invoice) == "Cancelled"
    assert office.piles(invoice) == frozenset()
    assert office.desk.payments.of_invoice(invoice.id) == ()
    with pytest.raises(NotPayable):
        by_check(office, invoice)


# ── Online payments ──────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.21")
def test_our_books_hold_what_a_card_is_recognised_by_and_never_its_number(office: Office) -> None:
    client = office.client()

    method = office.desk.methods.get(office.card(client))

    kept = {field.name for field in attrs.fields(SavedMethod)}
    assert not kept & {"number", "pan", "cvc", "cvv", "track", "account_number"}
    assert "4242" not in repr(method)
    assert (method.brand, method.last4) == ("visa", "4242")


@pytest.mark.rule("S1.22", "S1.23")
def test_a_bank_transfer_lowers_the_balance_right_away_and_pays_when_it_clears(
    office: Office, invoice: Invoice
) -> None:
    payment = office.charged(invoice, token="ach_ok")
    pending = office.balance(invoice), office.badge(invoice), office.piles(invoice)

    office.days_later(3)
    office.hear()

    assert payment.state is PaymentState.PENDING
    assert pending == ("0.00", "Sent", frozenset())
    assert (office.balance(invoice), office.badge(invoice)) == ("0.00", "Paid")


@pytest.mark.rule("S1.23")
def test_a_card_pays_at_once(office: Office, invoice: Invoice) -> None:
    assert office.charged(invoice).state is PaymentState.COMPLETED
    assert office.badge(invoice) == "Paid"


@pytest.mark.rule("S1.24")
@pytest.mark.parametrize("token", ["card_declined", "card_expired", "card_stolen", "card_insufficient_funds"])
def test_a_declined_card_is_a_failed_payment_and_the_balance_is_back(
    office: Office, invoice: Invoice, token: str
) -> None:
    payment = office.charged(invoice, token=token)

    assert payment.state is PaymentState.FAILED
    assert payment.failure is not None
    assert (office.balance(invoice), office.badge(invoice)) == ("100.00", "Sent")
    assert [row.status for row in rows(office, invoice)] == [RowStatus.FAILED]


@pytest.mark.rule("S1.24")
def test_a_transfer_that_bounces_is_a_failed_payment_and_the_balance_is_back(office: Office, invoice: Invoice) -> None:
    office.charged(invoice, token="ach_fails")

    office.days_later(3)
    office.hear()

    assert office.balance(invoice) == "100.00"
    assert office.told(invoice)[-1] == ("Stripe", "Payment of 100.00 USD by ACH failed: insufficient funds")


@pytest.mark.rule("S1.25", "S1.46")
def test_the_activity_log_shows_each_step_with_time_words_and_actor(office: Office, invoice: Invoice) -> None:
    office.by(PRIYA).invoices.view(invoice.id)
    payment = office.charged(invoice, token="ach_ok")
    office.days_later(3)
    office.hear()
    office.desk.refunds.issue(payment.id, "25.00", reason=RefundReason.DUPLICATE)
    office.days_later(3)
    office.hear()

    entries = office.desk.invoices.timeline(invoice.id)

    assert [(entry.actor, entry.text) for entry in entries] == [
        ("Jane Chen", "Drafted, 100.00 USD"),
        ("Jane Chen", "Issued as INV-0001, 100.00 USD, due on 2026-06-03"),
        ("Jane Chen", "Sent to the client by email"),
        ("Priya Patel", "Viewed by the client"),
        ("Priya Patel", "Payment of 100.00 USD by ACH started"),
        ("Stripe", "Payment of 100.00 USD by ACH is on its way"),
        ("Stripe", "Payment of 100.00 USD by ACH completed"),
        ("Stripe", "Fee of 0.00 USD kept by the processor"),
        ("Jane Chen", "Refund of 25.00 USD requested: duplicate"),
        ("Stripe", "Refund of 25.00 USD is on its way"),
        ("Stripe", "Refund of 25.00 USD made: duplicate"),
    ]
    assert [entry.at for entry in entries] == sorted(entry.at for entry in entries)
    assert {entry.method for entry in entries[4:]} == {Method.ACH}


# ── Partial payments ─────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.26", "S1.27", "S1.28")
def test_a_partially_paid_invoice_is_awaiting_and_past_its_due_date_overdue(office: Office, invoice: Invoice) -> None:
    by_check(office, invoice, "1.00")
    before = office.badge(invoice), office.piles(invoice)

    office.days_later(31)

    assert before == ("Partially paid", frozenset({Queue.AWAITING}))
    assert (office.badge(invoice), office.piles(invoice)) == ("Partially paid", frozenset({Queue.OVERDUE}))


@pytest.mark.rule("S1.29")
def test_the_client_is_asked_for_what_is_left(office: Office, invoice: Invoice) -> None:
    by_check(office, invoice, "30.00")

    shown = office.by(PRIYA).invoices.get(invoice.id)
    paying = office.charged(invoice)

    assert can_pay_now(shown)
    assert (shown.gross, shown.paid, shown.balance) == (usd(100_00), usd(30_00), usd(70_00))
    assert paying.amount == usd(70_00)


# ── Refunds ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.30", "S1.31")
def test_a_refund_is_of_one_payment_and_by_default_of_all_of_it(office: Office) -> None:
    invoice = office.sent(office.client())
    first, second = by_check(office, invoice, "40.00"), by_check(office, invoice, "60.00")

    part = office.desk.refunds.issue(second.id, "10.00")
    rest = office.desk.refunds.issue(second.id)

    assert (part.amount, rest.amount) == (usd(10_00), usd(50_00))
    assert office.desk.refunds.of_payment(first.id) == ()
    assert office.balance(invoice) == "60.00"
    with pytest.raises(OverRefund):
        office.desk.refunds.issue(second.id)


@pytest.mark.rule("S1.32")
@pytest.mark.parametrize("reason", RefundReason)
def test_a_refund_has_one_of_five_reasons(office: Office, invoice: Invoice, reason: RefundReason) -> None:
    payment = by_check(office, invoice)

    refund = office.desk.refunds.issue(payment.id, reason=reason)

    assert len(RefundReason) == 5
    assert refund.reason is reason
    assert office.told(invoice)[-1][1].endswith(reason.value.replace("_", " "))


@pytest.mark.rule("S1.34")
def test_a_card_is_refunded_by_the_gateway_and_a_transfer_takes_days(office: Office) -> None:
    client = office.client()
    by_card, by_ach = office.sent(client), office.sent(client)
    card, transfer = office.charged(by_card), office.charged(by_ach, token="ach_ok")
    office.days_later(3)
    office.hear()

    at_once, pending = office.desk.refunds.issue(card.id), office.desk.refunds.issue(transfer.id)
    before = office.badge(by_ach)
    office.days_later(3)
    office.hear()

    assert (at_once.state, at_once.is_external) == (RefundState.SUCCEEDED, False)
    assert (pending.state, before) == (RefundState.PENDING, "Paid")
    assert office.desk.refunds.get(pending.id).state is RefundState.SUCCEEDED
    assert office.badge(by_ach) == "Sent"
    assert {payment.refunds[0].amount for payment in office.gateway.books().payments} == {usd(100_00)}


@pytest.mark.rule("S1.35")
@pytest.mark.parametrize("method", [Method.CASH, Method.CHECK, Method.WIRE, Method.OTHER])
def test_money_by_hand_is_refunded_by_hand_and_only_noted(office: Office, invoice: Invoice, method: Method) -> None:
    payment = office.desk.payments.record(invoice.id, method=method)

    refund = office.desk.refunds.issue(payment.id)

    assert refund.is_external
    assert office.gateway.books().payments == ()
    assert "to be settled by hand" in office.told(invoice)[-1][1]
    assert office.balance(invoice) == "100.00"


@pytest.mark.rule("S1.36", "S1.37")
def test_a_refund_is_an_entry_of_its_own_below_zero_and_raises_the_balance(office: Office, invoice: Invoice) -> None:
    payment = by_check(office, invoice)

    refund = office.desk.refunds.issue(payment.id, "30.00")

    paid, given_back = rows(office, invoice)
    assert (paid.amount, paid.refund_id) == (usd(100_00), None)
    assert (given_back.amount, given_back.refund_id) == (usd(-30_00), refund.id)
    assert office.desk.payments.get(payment.id).amount == usd(100_00)
    assert office.desk.invoices.timeline(invoice.id)[-1].amount == usd(-30_00)
    assert office.balance(invoice) == "30.00"


@pytest.mark.rule("S1.38")
def test_after_a_full_refund_an_invoice_is_sent_or_overdue_by_its_due_date(office: Office, invoice: Invoice) -> None:
    office.by(PRIYA).invoices.view(invoice.id)
    payment = by_check(office, invoice)

    office.desk.refunds.issue(payment.id)
    badge, piles = office.badge(invoice), office.piles(invoice)
    office.days_later(31)

    assert badge == "Sent"
    assert piles == {Queue.AWAITING}
    assert office.badge(invoice) == "Overdue"


@pytest.mark.rule("S1.39")
@pytest.mark.parametrize("reason", [RefundReason.SERVICE_NOT_RENDERED, RefundReason.OTHER])
def test_our_reason_is_kept_in_full_whatever_the_gateway_knows(
    office: Office, invoice: Invoice, reason: RefundReason
) -> None:
    payment = office.charged(invoice)

    refund = office.desk.refunds.issue(payment.id, reason=reason, note="the seminar was called off")

    assert (refund.reason, refund.note) == (reason, "the seminar was called off")
    assert [event.reason for event in office.happened() if isinstance(event, events.RefundSucceeded)] == [reason]


# ── Fees ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.40")
def test_a_firms_own_schedule_says_what_a_fee_will_be_until_the_gateway_does() -> None:
    free_transfers = FeeSchedule.of({Method.CARD: CARD_FEE, Method.ACH: FeeRate("0", Money(0, "USD"))})
    office = Office.open(PRO_FIRM, fee_schedule=free_transfers)
    office.gateway.delay_fees(after=None)
    client = office.client()
    card = office.charged(office.sent(client))
    transfer = office.charged(office.sent(client), token="ach_ok")
    office.days_later(3)
    office.hear()

    fees = [office.desk.payments.get(payment.id).fee for payment in (card, transfer)]

    assert [fee.total for fee in fees if fee is not None] == [usd(3_20), usd(0)]
    assert {fee.basis for fee in fees if fee is not None} == {FeeBasis.ESTIMATED}


@pytest.mark.rule("S1.40")
def test_without_a_schedule_a_fee_is_unknown_until_the_gateway_tells_it_and_never_zero(
    office: Office, invoice: Invoice
) -> None:
    office.gateway.delay_fees(after=None)
    payment = office.charged(invoice)
    assert payment.ref is not None

    office.gateway.tell_fee(payment.ref)
    office.hear()

    assert payment.fee is None
    fee = office.desk.payments.get(payment.id).fee
    assert fee is not None
    assert (fee.total, fee.basis) == (usd(3_20), FeeBasis.ACTUAL)


@pytest.mark.rule("S1.41")
def test_the_fee_shows_on_the_payment_and_in_the_activity_log(office: Office, invoice: Invoice) -> None:
    office.charged(invoice)

    [row] = rows(office, invoice)
    entry = office.desk.invoices.timeline(invoice.id)[-1]

    assert row.fee is not None
    assert row.fee.total == usd(3_20)
    assert (entry.text, entry.amount) == ("Fee of 3.20 USD kept by the processor", usd(-3_20))


@pytest.mark.rule("S1.42")
def test_the_fee_comes_out_of_the_payout_and_not_out_of_the_invoice(office: Office, invoice: Invoice) -> None:
    office.charged(invoice)

    assert office.invoice(invoice).paid == usd(100_00)
    assert office.badge(invoice) == "Paid"
    assert net(office) == usd(96_80)


@pytest.mark.rule("S1.43")
def test_a_hundred_by_card_refunded_in_full_nets_minus_three_twenty(office: Office, invoice: Invoice) -> None:
    payment = office.charged(invoice)

    office.desk.refunds.issue(payment.id)

    assert net(office) == usd(-3_20)
    balances = {row.account.value: row.debit - row.credit for row in office.desk.reports.trial_balance().rows}
    assert (balances["clearing"], balances["fees"]) == (usd(-3_20), usd(3_20))


# ── What is shown ────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.rule("S1.44")
def test_a_row_shows_signed_amount_method_status_who_and_when(office: Office) -> None:
    invoice = office.sent(office.client(), "400.00")
    office.charged(invoice, "100.00", token="ach_ok")
    office.clock.advance(timedelta(minutes=1))
    office.charged(invoice, "90.00", token="card_declined")
    office.clock.advance(timedelta(minutes=1))
    by_check(office, invoice, "80.00")
    office.clock.advance(timedelta(minutes=1))
    cash = office.desk.payments.record(invoice.id, "70.00", method=Method.CASH)
    office.clock.advance(timedelta(minutes=1))
    client = office.desk.clients.get(invoice.client_id)
    office.by(AUTOPAY).payments.charge(invoice.id, "60.00", method=office.card(client))
    office.desk.refunds.issue(cash.id)

    history = [row for row in rows(office, invoice) if row.refund_id is None]

    assert [(str(row.amount.amount), row.method.value, row.status.value, row.by) for row in history] == [
        ("100.00", "ach", "pending", "Priya Patel"),
        ("90.00", "card", "failed", "Priya Patel"),
        ("80.00", "check", "completed", "Jane Chen"),
        ("70.00", "cash", "refunded", "Jane Chen"),
        ("60.00", "card", "completed", "Auto-Pay or System"),
    ]
    assert [row.completed_at is not None for row in history] == [False, False, True, True, True]
    assert [row.created_at for row in history] == sorted(row.created_at for row in history)


@pytest.mark.rule("S1.45")
def test_a_recorded_payment_is_not_edited_but_refunded_and_recorded_anew(office: Office, invoice: Invoice) -> None:
    wrong = by_check(office, invoice, "10.00")

    office.desk.refunds.issue(wrong.id)
    right = by_check(office, invoice, "100.00")

    assert office.badge(invoice) == "Paid"
    assert office.desk.payments.get(wrong.id).amount == usd(10_00)
    assert right.amount == usd(100_00)
    assert not [verb for verb in dir(office.desk.payments) if verb.startswith(("edit", "change", "update", "delete"))]
    with pytest.raises(FrozenInstanceError):
        wrong.amount = usd(100_00)  # type: ignore[misc]


@pytest.mark.rule("S1.47")
def test_the_actor_is_a_name_the_gateway_or_auto_pay(office: Office, invoice: Invoice) -> None:
    client = office.desk.clients.get(invoice.client_id)
    office.by(AUTOPAY).payments.charge(invoice.id, "10.00", method=office.card(client))
    as_priya = evolve(PRIYA, impersonated_by=JANE)
    office.by(as_priya).payments.charge(invoice.id, "10.00", method=office.card(client))

    actors = {actor for actor, _ in office.told(invoice)}

    assert actors == {"Jane Chen", "Auto-Pay or System", "Stripe", "Jane Chen for Priya Patel"}


def test_auto_pay_charges_the_saved_method_and_is_labelled_so(office: Office, invoice: Invoice) -> None:
    client = office.desk.clients.get(invoice.client_id)

    payment = office.by(AUTOPAY).payments.charge(invoice.id, method=office.card(client))

    assert payment.initiator is Initiator.AUTOPAY
    assert office.badge(invoice) == "Paid"
    assert {entry.label for entry in office.desk.invoices.timeline(invoice.id)[3:]} == {"Auto-pay"}


def test_a_back_fill_is_an_online_payment_with_a_label_of_its_own(office: Office, invoice: Invoice) -> None:
    client = office.desk.clients.get(invoice.client_id)

    payment = office.by(PRIYA).payments.charge(invoice.id, method=office.card(client), initiator=Initiator.BACKFILL)

    assert payment.state is PaymentState.COMPLETED
    assert {entry.label for entry in office.desk.invoices.timeline(invoice.id)[3:]} == {"Back-fill"}


def test_the_first_method_of_a_client_is_told_as_the_first(office: Office) -> None:
    client = office.client()
    office.card(client)
    office.card(client, "ach_ok")

    assert [event.is_first for event in office.happened() if isinstance(event, events.MethodAttached)] == [True, False]


@pytest.mark.rule("S1.51")
def test_recording_and_refunding_are_editing_and_looking_is_not() -> None:
    granted = {JANE.id: frozenset(Permission), "sam": frozenset({Permission.VIEW}), "kim": frozenset({Permission.EDIT})}
    office = Office.open(PRO_FIRM, authorizer=AllowListed(granted))
    invoice = office.sent(office.client())
    sam, kim = office.by(attrs.evolve(JANE, id="sam")), office.by(attrs.evolve(JANE, id="kim"))

    payment = kim.payments.record(invoice.id, method=Method.CHECK)

    assert sam.payments.of_invoice(invoice.id) == (payment,)
    assert len(sam.payments.history(invoice.id)) == 1
    with pytest.raises(NotPermitted):
        sam.payments.record(invoice.id, method=Method.CHECK)
    with pytest.raises(NotPermitted):
        sam.refunds.issue(payment.id)
    assert kim.refunds.issue(payment.id).state is RefundState.SUCCEEDED
