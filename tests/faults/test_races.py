"""Eight processes at the same invoices and the same numbers: no anomaly, whoever comes first."""

import os
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

import pytest
from tests.faults.conftest import IS_LONG
from tests.faults.firm import AT_ONCE, Firm
from tests.faults.trial import Place
from tests.faults.workers import Workers

from billcore.ids import InvoiceId
from billcore.payments.observation import PaymentStatus, RefundStatus
from billcore.payments.payment import PaymentState, RefundState

ROUNDS = int(os.environ.get("BILLCORE_FAULT_ROUNDS", "250" if IS_LONG else "10"))
SEED = int(os.environ.get("BILLCORE_FAULT_SEED", "20261122"))
INVOICES = 20
TOKENS = ("card_ok", "card_ok", "card_declined", "card_pending", "card_requires_action")
HAPPENED = (
    "charge: completed",
    "charge: failed",
    "charge: pending",
    "record: completed",
    "refund: succeeded",
    "hear: ",
)
"""What must have happened in a race, for its outcome to mean anything."""


@pytest.mark.parametrize("gateway", ["twostep", "onestep", "keyless"] if IS_LONG else ["twostep"])
def test_eight_processes_pay_refund_void_and_hear_for_the_same_invoices(
    gateway: str, place: Place, crew: Workers
) -> None:
    firm = Firm.open(place, gateway, tokens=TOKENS)
    invoices = [firm.invoice().id for _ in range(INVOICES)]

    told = crew.together(firm.job("race", invoices=invoices, rounds=ROUNDS, seed=SEED))

    assert [ended.said for ended in told] == ["done"] * AT_ONCE
    ended = Counter[str]()
    for worker in told:
        assert isinstance(worker.result, dict)
        ended.update(worker.result)
    assert {what for what in HAPPENED if not any(each.startswith(what) for each in ended)} == set(), ended
    _settle_down(firm)
    assert firm.discrepancies() == []
    assert _difference_with_the_bank(firm, invoices) == []
    for invoice_id in invoices:
        invoice = firm.desk.invoices.get(invoice_id)
        assert not invoice.balance.is_negative
        assert not invoice.paid.is_negative
        assert not invoice.in_flight.is_negative


def test_eight_processes_draw_numbers_without_a_gap_or_a_duplicate(place: Place, crew: Workers) -> None:
    firm = Firm.open(place)

    told = crew.together(firm.job("number", rounds=ROUNDS))

    assert [ended.said for ended in told] == ["done"] * AT_ONCE
    numbers = [number for ended in told if isinstance(ended.result, list) for number in ended.result]
    drawn = sorted(int(number.rpartition("-")[2]) for number in numbers)
    assert drawn == list(range(1, AT_ONCE * ROUNDS + 1))
    assert firm.discrepancies() == []


def _settle_down(firm: Firm) -> None:
    """The bank decides all that it can, tells everything, and recovery looks again when leases and rests are over."""
    while any(
        seen.status is PaymentStatus.PENDING or any(refund.status is RefundStatus.PENDING for refund in seen.refunds)
        for seen in firm.gateway.payments_of(firm.id)
    ):
        firm.gateway.ask("decide", firm.id, True)
    billing = firm.place.billing(firm.gateway)
    for body, headers in firm.gateway.hooks(firm.id):
        billing.hear(firm.gateway.name, body.encode(), headers)
    for minutes in (10, 30, 120, 240):
        firm.place.billing(firm.gateway, minutes_later=minutes).recover(min_age=timedelta(0))


def _difference_with_the_bank(firm: Firm, invoices: Sequence[InvoiceId]) -> list[str]:
    """Payment by payment, and refund by refund."""
    desk, found = firm.desk, []
    theirs = {seen.ref: seen for seen in firm.gateway.payments_of(firm.id)}
    ours = {payment.id: payment for each in invoices for payment in desk.payments.of_invoice(each) if payment.gateway}
    for payment in ours.values():
        seen = theirs.pop(payment.ref, None) if payment.ref else None
        is_taken = seen is not None and seen.status is PaymentStatus.SUCCEEDED
        if is_taken is not (payment.state is PaymentState.COMPLETED):
            found.append(f"we say {payment.state}, the bank {seen and seen.status}")
        given = [
            refund.amount.minor
            for refund in desk.refunds.of_payment(payment.id)
            if refund.state is RefundState.SUCCEEDED and not refund.is_external
        ]
        back = (
            [refund.amount.minor for refund in seen.refunds if refund.status is RefundStatus.SUCCEEDED] if seen else []
        )
        if sorted(given) != sorted(back):
            found.append(f"we gave back {given}, the bank {back}")
    # What was prepared and never confirmed moved no money.
    return found + [
        f"unknown to us: {seen.status}" for seen in theirs.values() if seen.status is PaymentStatus.SUCCEEDED
    ]
