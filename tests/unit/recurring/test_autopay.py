"""What auto-pay does next: the plan counts the tries that came to the client's bank, and no others."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo

import pytest
from attrs import evolve

from billcore.errors import GatewayConfigurationError, GatewayPermissionError, GatewayRequestInvalid
from billcore.ids import MethodId
from billcore.invoices.invoice import Invoice
from billcore.invoices.settling import settle
from billcore.payments import paying
from billcore.payments.payment import Payment
from billcore.policy import STANDARD, RetryPlan
from billcore.reasons import NOT_PROCESSED, Failure, Initiator, Retry
from billcore.recurring import autopay
from billcore.recurring.autopay import DECLINED, Charge, Decision, Rest, Stop
from billcore.testing import builders
from billcore.testing.builders import BY
from billcore.testing.clock import START

DUE = START.date()
FIRM = builders.a_firm(policy=evolve(STANDARD, retry_plan=RetryPlan(days=(3, 5))))
CLIENT = builders.a_client(FIRM)
CARD = builders.a_saved_method(CLIENT)
SCHEDULE = evolve(builders.a_schedule(CLIENT), autopay=True)
POOR = Failure(code="insufficient_funds", retry=Retry.LATER)
LOST = Failure(code=NOT_PROCESSED, retry=Retry.LATER)

Try = tuple[int, Failure] | tuple[int, Failure, int]
"""The day after the due date on which it was made, what it failed of, and after how many days that was known."""


def tried(tries: Iterable[Try]) -> tuple[Invoice, list[Payment]]:
    """An invoice with those tries behind it."""
    invoice = builders.an_issued_invoice(FIRM, CLIENT, due_on=DUE)
    payments = []
    for number, (began, failure, *took) in enumerate(tries, start=1):
        at = START + timedelta(days=began)
        payment, invoice = builders.an_initiated_payment(
            FIRM, CLIENT, invoice, invoice.balance, f"payment-{number}", initiator=Initiator.AUTOPAY, at=at
        )
        failed, event = paying.fail(payment, failure, at=at + timedelta(days=sum(took)), by=BY)
        invoice = settle(invoice, event)
        payments.append(failed)
    return invoice, payments


def decided(*tries: Try, on: int, in_zone: tzinfo = UTC) -> Decision:
    invoice, payments = tried(tries)
    return autopay.decide(invoice, SCHEDULE, [CARD], payments, on=day(on), timezone=in_zone)


def day(number: int) -> date:
    return DUE + timedelta(days=number)


def charge(number: int) -> Charge:
    return Charge(MethodId("method-1"), number)


def test_a_soft_decline_is_tried_again_by_the_plan_and_then_no_more() -> None:
    assert decided(on=0) == charge(1)
    assert decided((0, POOR), on=0) == Rest(day(3))
    assert decided((0, POOR), on=3) == charge(2)
    assert decided((0, POOR), (3, POOR), on=7) == Rest(day(8))
    assert decided((0, POOR), (3, POOR), (8, POOR), on=8) == Stop(DECLINED)


def test_the_days_count_from_when_it_was_known_that_it_failed() -> None:
    assert decided((0, POOR, 4), on=6) == Rest(day(7))


def test_a_try_that_never_reached_the_gateway_is_made_again_the_next_day_and_uses_up_no_step() -> None:
    assert decided((0, LOST), on=0) == Rest(day(1))
    assert decided((0, LOST), on=1) == charge(2)
    assert decided((0, LOST, 2), on=2) == Rest(day(3))
    # The decline before it has used up one step, and so has the one after it.
    assert decided((0, POOR), (3, LOST), on=3) == Rest(day(4))
    assert decided((0, POOR), (3, LOST), (4, POOR), on=8) == Rest(day(9))
    assert decided((0, POOR), (3, LOST), (4, LOST), (5, POOR), (10, POOR), on=10) == Stop(DECLINED)


def test_a_try_is_a_number_of_its_own_also_where_it_uses_up_no_step() -> None:
    """Its number is in the request id: the same one again would be the same payment."""
    assert decided((0, LOST), (1, LOST), (2, POOR), on=5) == charge(4)


@pytest.mark.parametrize("error", [GatewayConfigurationError, GatewayPermissionError])
def test_a_wrong_key_says_nothing_about_the_clients_card(error: type[GatewayConfigurationError]) -> None:
    refused = Failure(code=error.code, retry=Retry.NEVER)

    assert decided((0, refused), on=0) == Rest(day(1))
    assert decided(*((each, refused) for each in range(9)), on=9) == charge(10)


@pytest.mark.parametrize("code", ["card_declined", GatewayRequestInvalid.code])
def test_a_hard_decline_stops_it_whatever_came_before(code: str) -> None:
    hard = Failure(code=code, retry=Retry.NEVER)

    assert decided((0, LOST), (1, hard), on=1) == Stop(DECLINED)


def test_a_day_is_the_firms_own() -> None:
    evening = timezone(timedelta(hours=-11))
    assert START.astimezone(evening).date() < DUE

    assert decided((0, LOST), on=0, in_zone=evening) == charge(2)
    assert datetime.combine(DUE, START.timetz()) == START


def test_what_a_person_canceled_is_not_tried_again() -> None:
    invoice, _ = tried([])
    payment, invoice = builders.an_initiated_payment(
        FIRM, CLIENT, invoice, invoice.balance, initiator=Initiator.AUTOPAY
    )
    canceled, event = paying.cancel(payment, reason="an error", at=START, by=BY)

    decision = autopay.decide(settle(invoice, event), SCHEDULE, [CARD], [canceled], on=day(9), timezone=UTC)

    assert decision == Stop(DECLINED)
