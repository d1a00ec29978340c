"""The life of a charge: added, changed while open, claimed by a draft, billed at issue, released, or closed."""

from datetime import datetime
from decimal import Decimal

from billcore.actors import Actor
from billcore.charges.charge import BillTo, Charge, ChargeState, Claim
from billcore.charges.time import TimeWorked
from billcore.dates import instant
from billcore.errors import ChargeNotOpen
from billcore.events import ChargeAdded, ChargeChanged, ChargeDiscarded, ChargeWrittenOff, ClaimPosted
from billcore.evolving import evolve
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId
from billcore.lines import LineItem
from billcore.money import Money
from billcore.texts import text

_NOT_BILLED_YET = frozenset({ChargeState.OPEN, ChargeState.NON_BILLABLE, ChargeState.PENDING_PAYER})


def add(
    charge_id: ChargeId,
    *,
    firm_id: FirmId,
    client_id: ClientId,
    line: LineItem,
    time: TimeWorked | None = None,
    is_billable: bool = True,
    bill_to: BillTo = BillTo.CLIENT,
    claim: Claim | None = None,
    at: datetime,
    by: Actor,
) -> tuple[Charge, ChargeAdded]:
    """A new charge: open, or waiting for the payer of its *claim*, or kept and never billed (S3.2-S3.4)."""
    charge = Charge(
        id=charge_id,
        firm_id=firm_id,
        client_id=client_id,
        line=line,
        time=time,
        is_billable=is_billable,
        bill_to=bill_to,
        claim=claim,
        added_at=instant(at, "at"),
    )
    return charge, ChargeAdded(firm_id=firm_id, charge_id=charge_id, client_id=client_id, at=at, by=by)


def change(
    charge: Charge, line: LineItem, *, is_billable: bool | None = None, at: datetime, by: Actor
) -> tuple[Charge, ChargeChanged]:
    """Correct a charge that is open or not billable; on a draft it is corrected there, once billed not at all (S2.7).

    Whose claim has posted is not corrected either: the payer decided about what it was. The quantity of logged time
    follows from its minutes, and any other is BadLine.
    """
    _require(charge, frozenset({ChargeState.OPEN, ChargeState.NON_BILLABLE}), "change")
    if charge.claim is not None:
        raise ChargeNotOpen(f"cannot change charge {charge.id!r}: its claim has been made; discard it and add another")
    changed = evolve(charge, line=line, is_billable=charge.is_billable if is_billable is None else is_billable)
    return changed, _changed(charge, at, by)


def write_down(charge: Charge, minutes: int, *, at: datetime, by: Actor) -> tuple[Charge, ChargeChanged]:
    """Bill *minutes* less of open logged time than was worked, in whole increments; 0 takes a write-down back."""
    _require_open(charge, "write down")
    if charge.time is None:
        raise ChargeNotOpen(f"charge {charge.id!r} is not logged time; change its price or quantity instead")
    if charge.claim is not None:
        raise ChargeNotOpen(f"cannot write down charge {charge.id!r}: its claim has been made")
    time = evolve(charge.time, written_down=minutes)
    written_down = evolve(charge, time=time, line=evolve(charge.line, quantity=time.hours))
    return written_down, _changed(charge, at, by)


def discard(charge: Charge, *, reason: str, at: datetime, by: Actor) -> tuple[Charge, ChargeDiscarded]:
    """Take back a charge noted in error, on no invoice yet; it is kept, with the reason."""
    _require(charge, _NOT_BILLED_YET, "discard")
    reason = text(reason, "reason", longest=1000)
    discarded = evolve(charge, discarded_at=instant(at, "at"), discard_reason=reason)
    return discarded, ChargeDiscarded(firm_id=charge.firm_id, charge_id=charge.id, reason=reason, at=at, by=by)


def write_off(charge: Charge, *, reason: str, at: datetime, by: Actor) -> tuple[Charge, ChargeWrittenOff]:
    """Decide that open work, rightly noted, will not be billed; it is kept, with the reason."""
    _require_open(charge, "write off")
    reason = text(reason, "reason", longest=1000)
    written_off = evolve(charge, written_off_at=instant(at, "at"), write_off_reason=reason)
    return written_off, ChargeWrittenOff(firm_id=charge.firm_id, charge_id=charge.id, reason=reason, at=at, by=by)


def post_claim(
    charge: Charge, client_part: Money, *, reference: str | None = None, at: datetime, by: Actor
) -> tuple[Charge, ClaimPosted]:
    """The payer decided: *client_part* of the price is open to the client, nothing of it covers the charge (S3.4).

    Refuses a part below zero or above what was claimed with BadMoney, and a second posting with ChargeNotOpen.
    """
    claim = waiting_claim(charge)
    known = claim.reference if reference is None else reference
    claim = evolve(claim, client_part=client_part, reference=known, posted_at=instant(at, "at"))
    posted = ClaimPosted(firm_id=charge.firm_id, charge_id=charge.id, client_part=client_part, at=at, by=by)
    return evolve(charge, claim=claim), posted


def waiting_claim(charge: Charge) -> Claim:
    """The claim that has not posted yet; ChargeNotOpen where there is none."""
    if charge.claim is None:
        raise ChargeNotOpen(f"charge {charge.id!r} is for the client alone and has no claim")
    _require(charge, frozenset({ChargeState.PENDING_PAYER}), "post the claim of")
    return charge.claim


def as_line(charge: Charge) -> LineItem:
    """The invoice line that bills this charge: all of it, or the client's part with the whole price as the original."""
    line = charge.line
    if charge.claim is not None and charge.claim.client_part is not None:
        line = evolve(
            line,
            quantity=Decimal(1),
            unit=None,
            unit_code=None,
            unit_price=charge.claim.client_part.amount,
            original_unit_price=charge.claim.amount.amount,
            allowances=(),
            surcharges=(),
        )
    return evolve(line, charge_ids=(charge.id,))


# The three moves below are consequences of the invoice's events (drafted, issued, deleted, voided) and have none of
# their own.


def claim(charge: Charge, invoice_id: InvoiceId, client_id: ClientId) -> Charge:
    """Put an open charge of that client on a draft; a second invoice is refused with ChargeNotOpen."""
    _require_open(charge, "draft")
    if charge.client_id != client_id:
        raise ChargeNotOpen(f"charge {charge.id!r} is of another client; an invoice bills one client")
    return evolve(charge, invoice_id=invoice_id)


def bill(charge: Charge, *, at: datetime) -> Charge:
    """Its invoice is issued."""
    return evolve(charge, billed_at=instant(at, "at"))


def release(charge: Charge) -> Charge:
    """Its line, draft or invoice is gone: open again (S2.6, S3.16, S3.32)."""
    return evolve(charge, invoice_id=None, billed_at=None)


def _changed(charge: Charge, at: datetime, by: Actor) -> ChargeChanged:
    return ChargeChanged(firm_id=charge.firm_id, charge_id=charge.id, at=instant(at, "at"), by=by)


def _require_open(charge: Charge, verb: str) -> None:
    _require(charge, frozenset({ChargeState.OPEN}), verb)


def _require(charge: Charge, states: frozenset[ChargeState], verb: str) -> None:
    if charge.state not in states:
        allowed = " or ".join(state.value for state in ChargeState if state in states)
        raise ChargeNotOpen(
            f"cannot {verb} charge {charge.id!r}: it is {charge.state.value}, which only {allowed} allows"
        )
