"""Any event at all, for what must hold of every one."""

from collections.abc import Iterable
from datetime import UTC
from typing import get_args

from attrs import evolve, fields
from hypothesis import strategies as st
from tests.unit.reports.happened import JANE

from billcore import events
from billcore.actors import Actor
from billcore.fees import Fee, FeeBasis, FeeKind, FeeLine
from billcore.ids import InvoiceId
from billcore.money import Money

EVERY_EVENT: tuple[type[events.Event], ...] = get_args(events.Event)

amounts = st.builds(Money, st.integers(0, 10**9), st.just("USD"))
parts = st.lists(st.builds(events.Part, st.sampled_from([InvoiceId("I1"), InvoiceId("I2")]), amounts), max_size=3)
fees = st.builds(
    Fee,
    lines=st.sampled_from(["USD", "EUR", "JPY"]).flatmap(
        lambda currency: st.lists(
            st.builds(FeeLine, st.sampled_from(FeeKind), st.builds(Money, st.integers(-9999, 9999), st.just(currency))),
            min_size=1,
            max_size=3,
        ).map(tuple)
    ),
    basis=st.sampled_from(FeeBasis),
)
BY_TYPE: dict[object, st.SearchStrategy[object]] = {
    str: st.text(max_size=3),
    Actor: st.just(JANE),
    Money: amounts,
    Fee: fees,
    Fee | None: st.none() | fees,
    FeeLine: st.builds(FeeLine, st.sampled_from(FeeKind), amounts),
    tuple[events.Part, ...]: parts.map(tuple),
}


def any_of(kind: type[events.Event]) -> st.SearchStrategy[events.Event]:
    """An event of that kind as a verb could have made it: its amounts agree."""
    at = st.datetimes(timezones=st.just(UTC))
    others = {
        field.name: BY_TYPE[field.type] if field.type in BY_TYPE else st.from_type(field.type)
        for field in fields(kind)
        if field.name not in ("at", "on")
    }
    made: st.SearchStrategy[events.Event] = st.builds(kind, at=at, **others)
    return made.map(consistent)


def total(these: Iterable[events.Part]) -> Money:
    return Money.sum((part.amount for part in these), "USD")


def consistent(event: events.Event) -> events.Event:
    """The event with the one amount that follows from its others, as every verb makes it."""
    match event:
        case events.InvoiceIssued(net=net, tax=tax):
            return evolve(event, gross=net + tax)
        case events.InvoiceVoided(owed=owed, written_off=written_off, tax=tax):
            return evolve(event, net=owed + written_off - tax)
        case events.InvoiceCredited(net=net, tax=tax) | events.CreditReversed(net=net, tax=tax):
            return evolve(event, amount=net + tax)
        case (
            events.PaymentReturned(parts=parts, unapplied=unapplied)
            | events.DisputeLost(parts=parts, unapplied=unapplied)
            | events.RefundSucceeded(parts=parts, unapplied=unapplied)
            | events.RefundFailed(parts=parts, unapplied=unapplied)
        ):
            return evolve(event, amount=total(parts) + unapplied)
        case _:
            return event
