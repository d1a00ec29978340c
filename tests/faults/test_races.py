"""Eight processes at the same invoices and the same numbers: no anomaly, whoever comes first."""

import os
from collections import Counter

import pytest
from tests.faults.conftest import IS_LONG
from tests.faults.firm import AT_ONCE, Firm
from tests.faults.trial import Place
from tests.faults.workers import Workers, missing

ROUNDS = int(os.environ.get("BILLCORE_FAULT_ROUNDS", "250" if IS_LONG else "12"))
SEED = int(os.environ.get("BILLCORE_FAULT_SEED", "20261122"))
INVOICES = 20
TOKENS = ("ok", "ok", "declined", "pending", "pending", "requires_action")
HAPPENED = (
    "charge: completed",
    "charge: failed",
    "charge: pending",
    "record: completed",
    "refund: succeeded",
    "hear: ",
)
"""What must have happened in a race, for its outcome to mean anything."""
DRAFTED = ("delete", "remove a line", "void", "charge_not_open")
"""The same where charges are billed."""


@pytest.mark.parametrize("gateway", ["twostep", "onestep", "keyless"] if IS_LONG else ["twostep"])
def test_eight_processes_pay_refund_void_and_hear_for_the_same_invoices(
    gateway: str, place: Place, crew: Workers
) -> None:
    firm = Firm.open(place, gateway, tokens=TOKENS)
    invoices = [firm.invoice().id for _ in range(INVOICES)]

    ended = crew.race(firm.job("race", invoices=invoices, rounds=ROUNDS, seed=SEED), HAPPENED)

    assert missing(HAPPENED, ended) == set(), ended
    assert not any("believed" in each for each in ended), ended
    firm.settle_down()
    assert firm.discrepancies() == []
    assert firm.difference_with_the_bank(invoices) == []
    assert firm.negative(invoices) == []


def test_eight_processes_draw_numbers_without_a_gap_or_a_duplicate(place: Place, crew: Workers) -> None:
    firm = Firm.open(place)

    told = crew.together(firm.job("number", rounds=ROUNDS))

    assert [ended.said for ended in told] == ["done"] * AT_ONCE
    numbers = [number for ended in told if isinstance(ended.result, list) for number in ended.result]
    drawn = sorted(int(number.rpartition("-")[2]) for number in numbers)
    assert drawn == list(range(1, AT_ONCE * ROUNDS + 1))
    assert firm.discrepancies() == []


def test_eight_processes_bill_the_same_charges_and_each_is_on_one_live_invoice(place: Place, crew: Workers) -> None:
    firm = Firm.open(place)
    charges = [firm.desk.charges.add(firm.client.id, "A call", unit_price="10.00").id for _ in range(12)]

    ended = crew.race(firm.job("draft", " ".join(charges), rounds=ROUNDS, seed=SEED), DRAFTED)

    assert missing(DRAFTED, ended) == set(), ended
    live = [invoice for invoice in firm.desk.invoices.page(limit=1000).invoices if not invoice.is_void]
    billed = Counter(charge_id for invoice in live for charge_id in invoice.content.charge_ids)
    assert set(billed.values()) <= {1}
    assert {charge.id for charge in firm.desk.charges.unbilled(firm.client.id)} == set(charges) - set(billed)
    assert firm.discrepancies() == []
