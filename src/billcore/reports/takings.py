"""What came in during a period and what is left of it: gross by method, refunds, fees, and the fees lost on refunds."""

from collections.abc import Iterable, Mapping
from datetime import date
from enum import Enum, auto

from attrs import frozen

from billcore import events
from billcore.dates import Period
from billcore.events import Event
from billcore.evolving import evolve
from billcore.fees import Fee, FeeKind
from billcore.ids import PaymentId
from billcore.methods import Method
from billcore.money import Money, cumulative_share
from billcore.recorded import RecordedEvent


@frozen(kw_only=True)
class MethodTakings:
    """Completed payments of one method in one currency, before refunds and fees."""

    method: Method
    count: int
    gross: Money


@frozen(kw_only=True)
class CurrencyTakings:
    """One currency's takings: ``gross`` less ``refunded``, less ``taken_back`` by banks, less ``fees``, is ``net``.

    ``fees_lost_on_refunds`` explains and is not deducted again: what the processor kept for money that was given back,
    as far as it was given back in the period. Of a payment's fee that is the part in proportion to the refunded part of
    the payment, in running totals that add up to the whole fee (S1.43); what the processor asks for a refund is lost as
    well, and what it gives back for one is not.
    """

    gross: Money
    refunded: Money
    taken_back: Money
    fees: Money
    fees_lost_on_refunds: Money

    @property
    def net(self) -> Money:
        return self.gross - self.refunded - self.taken_back - self.fees


@frozen(kw_only=True)
class Takings:
    """The takings of a period.

    ``unknown_fees`` counts the payments received or refunded in it whose fee was not known at its end: what they cost
    is missing from ``fees``, which is not to say that it is zero.
    """

    period: Period
    methods: tuple[MethodTakings, ...]
    currencies: tuple[CurrencyTakings, ...]
    unknown_fees: int


def takings(recorded: Iterable[RecordedEvent], period: Period) -> Takings:
    """The takings of *period*, from all recorded events of a firm: earlier payments explain the period's refunds.

    Events count on their business date: the report of a past period changes only by what is dated back into it. A fee
    counts on the day it became known, in the currency it is settled in. Money received by hand costs no fee; the fee of
    a gateway's payment is unknown until it is assessed.
    """
    payments: dict[PaymentId, _Payment] = {}
    touched: set[PaymentId] = set()
    received: dict[tuple[Method, str], Received] = {}
    moved: dict[tuple[Figure, str], int] = {}
    for record in recorded:
        event = record.event
        # What an event moves follows from the events recorded before it, so it is the same for every period.
        moves = _moves(event, payments)
        if not period.start <= event.on < period.end:
            continue
        for figure, amount in moves:
            moved[figure, amount.currency] = moved.get((figure, amount.currency), 0) + amount.minor
        match event:
            case events.PaymentRecorded() | events.PaymentCompleted():
                key = event.method, event.amount.currency
                received[key] = received.get(key, Received()).and_one_of(event.amount.minor)
                touched.add(event.payment_id)
            case events.RefundSucceeded():
                touched.add(event.payment_id)
    return compose(
        period,
        received=received,
        moved=moved,
        unknown_fees=sum(payments[payment_id].lacks_fee(period.end) for payment_id in touched),
    )


@frozen
class Received:
    """Payments of one method in one currency: how many, and how much in all."""

    count: int = 0
    minor: int = 0

    def and_one_of(self, minor: int) -> "Received":
        return Received(self.count + 1, self.minor + minor)


class Figure(Enum):
    """What is added up, per currency."""

    GROSS = auto()
    REFUNDED = auto()
    TAKEN_BACK = auto()
    FEES = auto()
    FEES_LOST = auto()


def compose(
    period: Period,
    *,
    received: Mapping[tuple[Method, str], Received],
    moved: Mapping[tuple[Figure, str], int],
    unknown_fees: int,
) -> Takings:
    """The takings of what was added up, by ``Method`` and currency; a currency in which all is zero is left out."""
    currencies = sorted({currency for (_, currency), minor in moved.items() if minor})
    places = {method: place for place, method in enumerate(Method)}
    return Takings(
        period=period,
        methods=tuple(
            MethodTakings(method=method, count=each.count, gross=Money(each.minor, currency))
            for (method, currency), each in sorted(received.items(), key=lambda item: (places[item[0][0]], item[0][1]))
        ),
        currencies=tuple(_of_currency(currency, moved) for currency in currencies),
        unknown_fees=unknown_fees,
    )


_Move = tuple[Figure, Money]


@frozen(kw_only=True)
class _Payment:
    """What later events need to know of a payment."""

    amount: Money
    is_manual: bool
    refunded: int = 0
    fee: Fee | None = None
    fee_known_on: date | None = None

    def lacks_fee(self, before: date) -> bool:
        """Whether its fee was not known before that day."""
        return not self.is_manual and (self.fee_known_on is None or self.fee_known_on >= before)

    @property
    def fee_lost(self) -> Money | None:
        """The part of the fee that was for refunded money."""
        if self.fee is None:
            return None
        total = self.fee.total
        return Money(cumulative_share(total.minor, 0, self.refunded, of=self.amount.minor), total.currency)


def _moves(event: Event, payments: dict[PaymentId, _Payment]) -> list[_Move]:
    """By how much *event* moved which figures; what it says of its payment is kept in *payments*."""
    match event:
        case events.PaymentRecorded(amount=amount):
            payments[event.payment_id] = _Payment(amount=amount, is_manual=True)
            return [(Figure.GROSS, amount)]
        case events.PaymentCompleted(amount=amount):
            payments[event.payment_id] = _Payment(amount=amount, is_manual=False)
            return [(Figure.GROSS, amount)]
        case events.RefundSucceeded(amount=amount):
            return [(Figure.REFUNDED, amount), *_refund(event.payment_id, amount.minor, payments)]
        case events.RefundFailed(amount=amount, had_succeeded=True):
            return [(Figure.REFUNDED, -amount), *_refund(event.payment_id, -amount.minor, payments)]
        case events.PaymentReturned(amount=amount) | events.DisputeLost(amount=amount):
            return [(Figure.TAKEN_BACK, amount)]
        case events.FeeAssessed(fee=fee, replaces=replaces):
            believed = [] if replaces is None else [(Figure.FEES, -replaces.total)]
            return [(Figure.FEES, fee.total), *believed, *_assess(event, payments)]
        case events.ExtraFeeCharged(line=line):
            lost = [(Figure.FEES_LOST, line.amount)] if line.kind is FeeKind.REFUND else []
            return [(Figure.FEES, line.amount), *lost]
        case _:
            return []


def _refund(payment_id: PaymentId, minor: int, payments: dict[PaymentId, _Payment]) -> list[_Move]:
    before = payments[payment_id]
    payments[payment_id] = after = evolve(before, refunded=before.refunded + minor)
    return _lost(before, after)


def _assess(event: events.FeeAssessed, payments: dict[PaymentId, _Payment]) -> list[_Move]:
    before = payments[event.payment_id]
    known_on = event.on if before.fee_known_on is None else min(event.on, before.fee_known_on)
    payments[event.payment_id] = after = evolve(before, fee=event.fee, fee_known_on=known_on)
    return _lost(before, after)


def _lost(before: _Payment, after: _Payment) -> list[_Move]:
    """What is lost now instead of what was lost before, which may be in another currency."""
    undone = [] if before.fee_lost is None else [(Figure.FEES_LOST, -before.fee_lost)]
    return undone if after.fee_lost is None else [*undone, (Figure.FEES_LOST, after.fee_lost)]


def _of_currency(currency: str, moved: Mapping[tuple[Figure, str], int]) -> CurrencyTakings:
    def figure(name: Figure) -> Money:
        return Money(moved.get((name, currency), 0), currency)

    return CurrencyTakings(
        gross=figure(Figure.GROSS),
        refunded=figure(Figure.REFUNDED),
        taken_back=figure(Figure.TAKEN_BACK),
        fees=figure(Figure.FEES),
        fees_lost_on_refunds=figure(Figure.FEES_LOST),
    )
