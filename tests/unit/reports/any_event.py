"""Any event at all, for what must hold of every one."""

from collections.abc import Iterable
from typing import get_args

from attrs import evolve
from hypothesis import strategies as st
from tests.strategies import a

from billcore import events
from billcore.events import Event
from billcore.money import Money

EVERY_EVENT: tuple[type[Event], ...] = get_args(Event)


def any_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    """An event of that kind as a verb could have made it: its amounts agree."""
    made: st.SearchStrategy[Event] = a(kind)
    return made.map(_consistent)


def _consistent(event: Event) -> Event:
    match event:
        case events.InvoiceIssued(net=net, tax=tax):
            return evolve(event, gross=net + tax)
        case events.InvoiceVoided(owed=owed, written_off=written_off, tax=tax, late_fees=late_fees):
            return evolve(event, net=owed + written_off - tax - late_fees)
        case events.InvoiceCredited(net=net, tax=tax) | events.CreditReversed(net=net, tax=tax):
            return evolve(event, amount=net + tax)
        case (
            events.PaymentReturned(parts=parts, unapplied=unapplied)
            | events.DisputeLost(parts=parts, unapplied=unapplied)
            | events.RefundSucceeded(parts=parts, unapplied=unapplied)
            | events.RefundFailed(parts=parts, unapplied=unapplied)
        ):
            return evolve(event, amount=_total(parts, unapplied.currency) + unapplied)
        case _:
            return event


def _total(parts: Iterable[events.Part], currency: str) -> Money:
    return Money.sum((part.amount for part in parts), currency)
