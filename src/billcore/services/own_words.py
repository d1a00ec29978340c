"""What the firm wrote for its own eyes, and its client does not read: memos, notes, and why its people did something.

A contact's unit of work leaves these words out of what it hands out, and puts them back into what it saves.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, TypeVar

from billcore import events
from billcore.charges.charge import Charge
from billcore.clients import Client
from billcore.evolving import evolve
from billcore.invoices.invoice import Content, Hold, Invoice, Voiding
from billcore.payments.instruction import CancelCommand
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.recurring.occurrence import Occurrence
from billcore.recurring.schedule import Pause, Schedule, Skip

Record = TypeVar("Record")

WORDS: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {
        Client: ("notes",),
        Charge: ("discard_reason", "write_off_reason"),
        Content: ("memo",),
        Voiding: ("reason",),
        Hold: ("reason",),
        Payment: ("notes",),
        Refund: ("note",),
        CancelCommand: ("reason",),
        Pause: ("reason",),
        Skip: ("reason",),
        Occurrence: ("reason",),
        events.ChargeDiscarded: ("reason",),
        events.ChargeWrittenOff: ("reason",),
        events.InvoiceVoided: ("reason",),
        events.InvoiceWrittenOff: ("reason",),
        events.WriteOffReversed: ("reason",),
        events.LateFeeWaived: ("reason",),
        events.HoldPlaced: ("reason",),
        events.PaymentCanceled: ("reason",),
        events.PaymentReviewRequired: ("reason",),
        events.PaymentReviewed: ("evidence",),
        events.RefundCanceled: ("reason",),
        events.SchedulePaused: ("reason",),
        events.ScheduleSkipped: ("reason",),
        events.ScheduleEnded: ("reason",),
        events.OccurrenceSkipped: ("reason",),
    }
)
"""The texts of each record and event that are the firm's own. Why a credit note was written stands on it, for all."""

_WITHIN: Final[Mapping[type, tuple[str, ...]]] = MappingProxyType(
    {Invoice: ("content", "voiding", "hold"), Operation: ("command",), Schedule: ("pauses", "skips")}
)
"""The fields of a record that may have such words within them."""


def left_out(record: Record) -> Record:
    """The record without them; the very same where it has none."""
    kind = type(record)
    found = {name: "" for name in WORDS.get(kind, ()) if getattr(record, name)}
    within = {name: _within(getattr(record, name)) for name in _WITHIN.get(kind, ())}
    return _with(record, {**found, **{name: one for name, one in within.items() if one != getattr(record, name)}})


def put_back(changed: Record, shown: Record, kept: Record) -> Record:
    """The *changed* record with what was left out of *kept* when it was *shown*, where it was not changed since."""
    kind = type(kept)
    untouched = [name for name in WORDS.get(kind, ()) if getattr(changed, name) == getattr(shown, name)]
    words = {name: getattr(kept, name) for name in untouched}
    parts = {
        name: _back(getattr(changed, name), getattr(shown, name), getattr(kept, name)) for name in _WITHIN.get(kind, ())
    }
    return _with(changed, {**words, **parts})


def _back(changed: object, shown: object, kept: object) -> object:
    """The same for what stands within a record: one, or several in a tuple, each known by what it was shown as."""
    if isinstance(changed, tuple) and isinstance(shown, tuple) and isinstance(kept, tuple):
        known = {id(one): whole for one, whole in zip(shown, kept, strict=True)}
        return tuple([known.get(id(one), one) for one in changed])
    if changed is shown:
        return kept
    return put_back(changed, shown, kept) if type(changed) is type(shown) is type(kept) else changed


def _with(record: Record, changes: Mapping[str, object]) -> Record:
    # Of which kind it is, and that it has these fields, is the table's to know.
    return evolve(record, **changes) if changes else record  # type: ignore[misc]


def _within(value: object) -> object:
    return tuple(map(left_out, value)) if isinstance(value, tuple) else left_out(value)
