"""The life of a charge: open, drafted, billed, released again, or discarded; on at most one live invoice."""

from decimal import Decimal

import pytest
from attrs import evolve

from billcore.charges import charging
from billcore.charges.charge import BillTo, Charge, ChargeState, Claim
from billcore.charges.time import TimeWorked
from billcore.errors import BadLine, BadMoney, BadText, ChargeNotOpen
from billcore.ids import ChargeId, ClientId, InvoiceId, LineId
from billcore.money import Money
from billcore.testing.builders import BY, a_charge, a_client, a_firm, a_line
from billcore.testing.clock import START

CLIENT = a_client(a_firm())
INVOICE = InvoiceId("invoice-1")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


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


# ── Logged time ──────────────────────────────────────────────────────────────────────────────────────────────────────


def logged(minutes: int = 90) -> Charge:
    time = TimeWorked(minutes=minutes)
    line = evolve(a_line(unit_price="200.00"), quantity=time.hours)
    charge, _ = charging.add(
        ChargeId("charge-1"), firm_id=CLIENT.firm_id, client_id=CLIENT.id, line=line, time=time, at=START, by=BY
    )
    return charge


def test_time_is_written_down_and_up_again_and_the_hours_follow() -> None:
    down, event = charging.write_down(logged(), 30, at=START, by=BY)
    up, _ = charging.write_down(down, 0, at=START, by=BY)

    assert (down.line.quantity, event.charge_id) == (Decimal(1), down.id)
    assert up == logged()


def test_the_hours_of_logged_time_are_those_of_its_minutes() -> None:
    with pytest.raises(BadLine, match=r"1\.5 hours, asked for 2"):
        charging.change(logged(), evolve(logged().line, quantity="2"), at=START, by=BY)


def test_only_open_logged_time_is_written_down() -> None:
    for charge in (open_charge(), charging.claim(logged(), INVOICE, CLIENT.id)):
        with pytest.raises(ChargeNotOpen):
            charging.write_down(charge, 6, at=START, by=BY)


# ── What is not billed ───────────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_not_billable_is_kept_and_can_be_made_billable() -> None:
    charge, _ = charging.change(open_charge(), a_line(), is_billable=False, at=START, by=BY)

    assert charge.state is ChargeState.NON_BILLABLE
    with pytest.raises(ChargeNotOpen):
        charging.claim(charge, INVOICE, CLIENT.id)
    assert charging.change(charge, a_line(), is_billable=True, at=START, by=BY)[0].state is ChargeState.OPEN


def test_written_off_work_keeps_the_reason_and_is_final() -> None:
    charge, event = charging.write_off(open_charge(), reason="goodwill", at=START, by=BY)

    assert (charge.state, charge.write_off_reason, event.reason) == (ChargeState.WRITTEN_OFF, "goodwill", "goodwill")
    for verb in (charging.write_off, charging.discard):
        with pytest.raises(ChargeNotOpen):
            verb(charge, reason="", at=START, by=BY)
    with pytest.raises(ChargeNotOpen):
        charging.claim(charge, INVOICE, CLIENT.id)


# ── Claims ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def claimed(bill_to: BillTo = BillTo.HYBRID) -> Charge:
    """Two sessions of 75.00."""
    charge, _ = charging.add(
        ChargeId("charge-1"),
        firm_id=CLIENT.firm_id,
        client_id=CLIENT.id,
        line=evolve(a_line(quantity="2", unit_price="75.00"), unit="session"),
        bill_to=bill_to,
        claim=Claim(amount=usd(150_00), reference="clm_7"),
        at=START,
        by=BY,
    )
    return charge


@pytest.mark.rule("S3.1", "S3.2")
@pytest.mark.parametrize("bill_to", [BillTo.INSURANCE, BillTo.HYBRID])
def test_a_claimed_charge_waits_for_its_payer_and_is_on_no_invoice(bill_to: BillTo) -> None:
    charge = claimed(bill_to)

    assert charge.state is ChargeState.PENDING_PAYER
    with pytest.raises(ChargeNotOpen, match="pending_payer"):
        charging.claim(charge, INVOICE, CLIENT.id)
    with pytest.raises(ChargeNotOpen):
        charging.change(charge, a_line(), at=START, by=BY)


@pytest.mark.rule("S3.4")
def test_once_the_claim_posts_the_clients_part_is_billed_with_the_whole_price_beside_it() -> None:
    posted, event = charging.post_claim(claimed(), usd(30_00), at=START, by=BY)

    line = charging.as_line(posted)

    assert posted.state is ChargeState.OPEN
    assert posted.claim is not None
    assert (event.client_part, posted.claim.payer_part) == (usd(30_00), usd(120_00))
    assert (line.quantity, line.unit_price, line.original_unit_price) == (
        Decimal(1),
        Decimal("30.00"),
        Decimal("150.00"),
    )
    assert (posted.line, line.charge_ids) == (claimed().line, (posted.id,))


def test_a_charge_that_the_payer_covers_is_closed() -> None:
    covered, _ = charging.post_claim(claimed(), usd(0), at=START, by=BY)

    assert covered.state is ChargeState.COVERED
    with pytest.raises(ChargeNotOpen):
        charging.claim(covered, INVOICE, CLIENT.id)
    with pytest.raises(ChargeNotOpen):
        charging.discard(covered, reason="", at=START, by=BY)


def test_a_claim_posts_once() -> None:
    posted, _ = charging.post_claim(claimed(), usd(30_00), reference="clm_8", at=START, by=BY)

    assert posted.claim is not None
    assert posted.claim.reference == "clm_8"
    for charge in (posted, open_charge()):
        with pytest.raises(ChargeNotOpen):
            charging.post_claim(charge, usd(30_00), at=START, by=BY)


@pytest.mark.parametrize("part", [usd(-1), usd(150_01)])
def test_the_clients_part_is_within_what_was_claimed(part: Money) -> None:
    with pytest.raises(BadMoney):
        charging.post_claim(claimed(), part, at=START, by=BY)


def test_what_the_payer_decided_is_not_corrected_afterwards() -> None:
    posted, _ = charging.post_claim(claimed(), usd(30_00), at=START, by=BY)

    with pytest.raises(ChargeNotOpen, match="claim has been made"):
        charging.change(posted, a_line(), at=START, by=BY)


@pytest.mark.parametrize("bill_to", BillTo)
def test_a_claim_goes_with_an_insurer(bill_to: BillTo) -> None:
    claim = Claim(amount=usd(1_00)) if bill_to is BillTo.CLIENT else None

    with pytest.raises(BadLine):
        evolve(open_charge(), bill_to=bill_to, claim=claim)


def test_a_claim_is_for_nothing_less_than_nothing_and_posts_whole() -> None:
    with pytest.raises(BadMoney):
        Claim(amount=usd(-1))
    with pytest.raises(BadMoney):
        Claim(amount=usd(1_00), client_part=usd(1))
    with pytest.raises(BadMoney):
        Claim(amount=usd(1_00), posted_at=START)
