"""The life of a charge: added, changed while open, claimed by a draft, billed at issue, released, or discarded."""

from datetime import datetime

from attrs import evolve

from billcore.actors import Actor
from billcore.charges.charge import Charge, ChargeState
from billcore.dates import instant
from billcore.errors import ChargeNotOpen
from billcore.events import ChargeAdded, ChargeChanged, ChargeDiscarded
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId
from billcore.lines import LineItem
from billcore.texts import text


def add(
    charge_id: ChargeId, *, firm_id: FirmId, client_id: ClientId, line: LineItem, at: datetime, by: Actor
) -> tuple[Charge, ChargeAdded]:
    """A new open charge."""
    charge = Charge(id=charge_id, firm_id=firm_id, client_id=client_id, line=line, added_at=instant(at, "at"))
    return charge, ChargeAdded(firm_id=firm_id, charge_id=charge_id, client_id=client_id, at=at, by=by)


def change(charge: Charge, line: LineItem, *, at: datetime, by: Actor) -> tuple[Charge, ChargeChanged]:
    """Correct an open charge; once on a draft it is corrected there, once billed not at all (S2.7)."""
    _require_open(charge, "change")
    changed = evolve(charge, line=line)
    return changed, ChargeChanged(firm_id=charge.firm_id, charge_id=charge.id, at=instant(at, "at"), by=by)


def discard(charge: Charge, *, reason: str, at: datetime, by: Actor) -> tuple[Charge, ChargeDiscarded]:
    """Decide that an open charge will never be billed; it is kept, with the reason."""
    _require_open(charge, "discard")
    reason = text(reason, "reason", longest=1000)
    discarded = evolve(charge, discarded_at=instant(at, "at"), discard_reason=reason)
    return discarded, ChargeDiscarded(firm_id=charge.firm_id, charge_id=charge.id, reason=reason, at=at, by=by)


def as_line(charge: Charge) -> LineItem:
    """The invoice line that bills this charge."""
    return evolve(charge.line, charge_ids=(charge.id,))


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


def _require_open(charge: Charge, verb: str) -> None:
    if charge.state is not ChargeState.OPEN:
        raise ChargeNotOpen(
            f"cannot {verb} charge {charge.id!r}: it is {charge.state.value}, only an open charge allows that"
        )
