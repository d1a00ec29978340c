"""The life of a charge: open, drafted, billed, released again, or discarded; on at most one live invoice."""

import pytest
from attrs import evolve

from billcore.charges import charging
from billcore.charges.charge import Charge, ChargeState
from billcore.errors import BadLine, BadText, ChargeNotOpen
from billcore.ids import ChargeId, ClientId, InvoiceId, LineId
from billcore.testing.builders import BY, a_charge, a_client, a_firm, a_line
from billcore.testing.clock import START

CLIENT = a_client(a_firm())
INVOICE = InvoiceId("invoice-1")


def open_charge() -> Charge:
    return a_charge(CLIENT)


def drafted() -> Charge:
    return charging.claim(open_charge(), INVOICE, CLIENT.id)


def billed() -> Charge:
    return charging.bill(drafted(), at=START)


def discarded() -> Charge:
    charge, _ = charging.discard(open_charge(), reason="goodwill", at=START, by=BY)
    return charge


CLOSED = [drafted(), billed(), discarded()]


def test_a_charge_is_open_until_a_draft_claims_it_and_billed_when_that_is_issued() -> None:
    assert [charge.state for charge in (open_charge(), *CLOSED)] == [
        ChargeState.OPEN,
        ChargeState.DRAFTED,
        ChargeState.BILLED,
        ChargeState.DISCARDED,
    ]


def test_a_released_charge_is_as_it_was() -> None:
    assert charging.release(drafted()) == charging.release(billed()) == open_charge()


def test_a_line_bills_its_charge() -> None:
    charge = open_charge()

    assert charging.as_line(charge) == evolve(charge.line, charge_ids=(charge.id,))


def test_an_open_charge_is_corrected() -> None:
    corrected, event = charging.change(open_charge(), a_line(unit_price="80.00"), at=START, by=BY)

    assert corrected.line.unit_price == 80
    assert event.charge_id == corrected.id


@pytest.mark.rule("S2.7")
@pytest.mark.parametrize("charge", CLOSED, ids=lambda charge: charge.state.value)
def test_a_charge_that_is_not_open_is_neither_changed_nor_claimed_nor_discarded(charge: Charge) -> None:
    with pytest.raises(ChargeNotOpen, match=f"it is {charge.state.value}"):
        charging.change(charge, a_line(), at=START, by=BY)
    with pytest.raises(ChargeNotOpen):
        charging.claim(charge, InvoiceId("invoice-2"), CLIENT.id)
    with pytest.raises(ChargeNotOpen):
        charging.discard(charge, reason="", at=START, by=BY)


def test_an_invoice_bills_one_client() -> None:
    with pytest.raises(ChargeNotOpen, match="another client"):
        charging.claim(open_charge(), INVOICE, ClientId("client-2"))


def test_a_charges_line_is_new() -> None:
    for line in (evolve(a_line(), id=LineId("L1")), evolve(a_line(), charge_ids=(ChargeId("charge-2"),))):
        with pytest.raises(BadLine, match="no id and bills no other charge"):
            a_charge(CLIENT, line=line)


def test_a_discarded_charge_keeps_the_reason() -> None:
    assert discarded().discard_reason == "goodwill"
    with pytest.raises(BadText):
        charging.discard(open_charge(), reason="x" * 1001, at=START, by=BY)
