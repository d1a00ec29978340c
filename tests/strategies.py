"""Random valid records, derived from their types: ``a(Invoice)``, ``an_event``.

A record is in one currency throughout and holds whatever its constructors accept; that its figures agree with each
other is not promised. What a type alone cannot say is in ``_CONSTRAINED`` and ``_NAMED``.
"""

import string
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Final, NewType, TypeVar, Union, cast, get_args, get_origin

import attrs
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from billcore.catalog import CatalogItem
from billcore.charges.charge import BillTo, Charge, Claim
from billcore.charges.time import TimeWorked
from billcore.clients import NumberSeries, Terms, TermsKind
from billcore.dates import Period
from billcore.events import Event
from billcore.fees import Fee, FeeLine, FeeRate
from billcore.ids import LineId
from billcore.lines import Allowance, LineItem, Surcharge, TaxRate
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import Consent
from billcore.payments.observation import Settlement
from billcore.policy import LateFeeRule, Policy, RetryPlan, Status, TimeRules, Vocabulary, Word

Record = TypeVar("Record")

# With no decimals, two, three and four.
CURRENCIES: Final = ("JPY", "USD", "EUR", "KWD", "CLF")
_DAYS: Final = (date(2000, 1, 1), date(2099, 12, 31))


def a(kind: type[Record]) -> SearchStrategy[Record]:
    """Any *kind*, in any of `CURRENCIES`."""
    return _currencies.flatmap(lambda currency: a_in(currency, kind))


def a_in(currency: str, kind: type[Record]) -> SearchStrategy[Record]:
    """Any *kind* in that currency."""
    wanted: object = kind
    return cast(SearchStrategy[Record], _of(wanted, currency))


_currencies = st.sampled_from(CURRENCIES)
_days = st.dates(*_DAYS)
_offsets = st.just(UTC) | st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
_instants = st.datetimes(datetime(2000, 1, 2), datetime(2099, 12, 30), timezones=_offsets)  # noqa: DTZ001
_ids = st.text(string.ascii_lowercase + string.digits + "-_", min_size=1, max_size=12)
# Short enough for every code; any character that a database takes, and never blank.
_characters = st.characters(exclude_categories=["Cs"], exclude_characters="\x00")
_texts = st.text(_characters, min_size=1, max_size=3).filter(str.strip)
_emails = st.text(_characters, min_size=1, max_size=3).filter(lambda some: some.isprintable() and " " not in some)


def _decimals(least: Decimal | int, most: Decimal | int, places: int) -> SearchStrategy[Decimal]:
    whole = st.integers(int(least) + 1, int(most)).map(Decimal)
    return whole | st.decimals(least, most, places=places, allow_nan=False)


_NAMED: Final[dict[str, SearchStrategy[str | None]]] = {
    "email": st.none() | _emails,
    "country": st.sampled_from(("US", "DE", "JP")),
    "timezone": st.sampled_from(("UTC", "America/New_York", "Asia/Kathmandu")),
}
"""Texts that their field's name constrains."""


def _change(kind: type[Allowance | Surcharge], most: int, currency: str) -> SearchStrategy[object]:
    percent = st.builds(kind, percent=_decimals(0, most, 6), reason=_texts)
    amount = a_in(currency, Money).map(abs)
    return percent | st.builds(kind, amount=amount, reason=_texts)


def _line(currency: str, **fixed: SearchStrategy[object]) -> SearchStrategy[object]:
    fields = {
        "quantity": _decimals(Decimal("0.000001"), 10**9, 6),
        "unit_price": _decimals(-(10**12), 10**12, 8),
        "original_unit_price": st.none() | _decimals(-(10**12), 10**12, 8),
        "taxes": st.lists(_of(TaxRate, currency), max_size=3, unique=True).map(tuple),
    }
    return _record(LineItem, currency, {**fields, **fixed})


def _charge(currency: str) -> SearchStrategy[object]:
    """Of work, or of logged time, whose hours are the quantity; to the client, or with a claim."""

    def of(time: TimeWorked | None, claim: Claim | None) -> SearchStrategy[object]:
        quantity = {} if time is None else {"quantity": st.just(time.hours)}
        payers = [BillTo.CLIENT] if claim is None else [BillTo.INSURANCE, BillTo.HYBRID]
        fixed = {
            "line": _line(currency, id=st.just(LineId("")), charge_ids=st.just(()), **quantity),
            "time": st.just(time),
            "claim": st.just(claim),
            "bill_to": st.sampled_from(payers),
        }
        return _record(Charge, currency, fixed)

    time, claim = st.none() | a_in(currency, TimeWorked), st.none() | a_in(currency, Claim)
    return st.tuples(time, claim).flatmap(lambda both: of(*both))


def _catalog_item(currency: str) -> SearchStrategy[object]:
    template = _line(currency, id=st.just(LineId("")), charge_ids=st.just(()), original_unit_price=st.none())
    return _record(CatalogItem, currency, {"template": template})


def _time_worked(currency: str) -> SearchStrategy[object]:
    def written_down(time: TimeWorked) -> SearchStrategy[object]:
        steps = st.integers(0, time.rounded // time.rules.increment - 1)
        return steps.map(lambda number: attrs.evolve(time, written_down=number * time.rules.increment))

    new = st.builds(TimeWorked, minutes=st.integers(1, 100_000), rules=_of(TimeRules, currency))
    return new.flatmap(written_down)


def _late_fee_rule(currency: str) -> SearchStrategy[object]:
    days, cap = st.integers(1, 3650), st.none() | _above_zero(currency)
    repeated: dict[str, SearchStrategy[object]] = {"days_past_due": days, "every_days": st.none() | days, "cap": cap}
    named: dict[str, SearchStrategy[object]] = {"name": _texts, "reason": _texts}
    percent = _decimals(0, 100, 6).filter(lambda number: number > 0)
    return st.builds(LateFeeRule, percent=percent, **repeated, **named) | st.builds(
        LateFeeRule, amount=_above_zero(currency), **repeated, **named
    )


def _above_zero(currency: str) -> SearchStrategy[Money]:
    return st.builds(Money, st.integers(1, 10**12), st.just(currency))


def _time_rules(currency: str) -> SearchStrategy[object]:
    def of(increment: int) -> SearchStrategy[object]:
        minimum = st.integers(0, 480 // increment).map(lambda number: number * increment)
        return st.builds(TimeRules, increment=st.just(increment), minimum=minimum)

    return st.sampled_from((6, 15)).flatmap(of)


def _claim(currency: str) -> SearchStrategy[object]:
    def posted(claim: Claim, moment: datetime | None) -> SearchStrategy[object]:
        if moment is None:
            return st.just(claim)
        part = st.integers(0, claim.amount.minor).map(lambda minor: Money(minor, currency))
        return part.map(lambda client_part: attrs.evolve(claim, client_part=client_part, posted_at=moment))

    new = st.builds(Claim, amount=a_in(currency, Money).map(abs), reference=st.none() | _texts)
    return st.tuples(new, st.none() | _instants).flatmap(lambda both: posted(*both))


def _period(currency: str) -> SearchStrategy[object]:
    return st.lists(_days, min_size=2, max_size=2, unique=True).map(sorted).map(lambda days: Period(*days))


def _terms(currency: str) -> SearchStrategy[object]:
    day = st.builds(Terms, st.just(TermsKind.DAY_OF_MONTH), st.integers(1, 31))
    return day | st.builds(Terms, st.sampled_from((TermsKind.NET, TermsKind.END_OF_MONTH)), st.integers(0, 3650))


def _vocabulary(currency: str) -> SearchStrategy[object]:
    always = {Status.DRAFT, Status.VOID, Status.PAID}
    rest = st.sets(st.sampled_from([status for status in Status if status is not Status.SENT]))
    order = rest.flatmap(lambda chosen: st.permutations(sorted(always | chosen, key=lambda status: status.value)))
    words = order.flatmap(lambda statuses: st.tuples(*(st.builds(Word, st.just(each), _texts) for each in statuses)))
    return st.builds(lambda some, label: Vocabulary((*some, Word(Status.SENT, label))), words, _texts)


def _retry_plan(currency: str) -> SearchStrategy[object]:
    return st.builds(RetryPlan, days=st.lists(st.integers(1, 90), max_size=10).map(tuple))


def _policy(currency: str) -> SearchStrategy[object]:
    methods = st.frozensets(st.sampled_from(Method))

    def of(manual: frozenset[Method]) -> SearchStrategy[object]:
        referenced = methods.map(manual.intersection)
        fixed = {"manual_methods": st.just(manual), "reference_required_for": referenced}
        # A late fee falls when the days of grace are over.
        late_fee = st.none() | a_in(currency, LateFeeRule).map(lambda rule: attrs.evolve(rule, days_past_due=366))
        days = {"backfill_days": st.integers(1, 3650)}
        return _record(Policy, currency, {**fixed, "grace_days": st.integers(0, 365), "late_fee": late_fee, **days})

    return methods.flatmap(of)


def _settlement(currency: str) -> SearchStrategy[object]:
    def settled(gross: Money, fees: tuple[FeeLine, ...], rate: Decimal | None, available_on: date | None) -> Settlement:
        net = gross - Money.sum((line.amount for line in fees), currency)
        return Settlement(gross=gross, fees=fees, net=net, exchange_rate=rate, available_on=available_on)

    fees = st.lists(a_in(currency, FeeLine), max_size=3).map(tuple)
    return st.builds(settled, a_in(currency, Money), fees, st.none() | _decimals(0, 1000, 9), st.none() | _days)


def _consent(currency: str) -> SearchStrategy[object]:
    words = {"text": _texts.filter(str.strip), "accepted_at": _instants}
    online = {"ip_address": st.just("203.0.113.7"), "user_agent": _texts.filter(bool)}
    offline = {"ip_address": st.none(), "user_agent": st.none()}
    return st.one_of(*(_record(Consent, currency, {**words, **place}) for place in (online, offline)))


def _fee(currency: str) -> SearchStrategy[object]:
    return _record(Fee, currency, {"lines": st.lists(a_in(currency, FeeLine), min_size=1, max_size=3).map(tuple)})


_CONSTRAINED: Final[dict[object, Callable[[str], SearchStrategy[object]]]] = {
    Money: lambda currency: st.builds(Money, st.integers(-(10**12), 10**12), st.just(currency)),
    Allowance: lambda currency: _change(Allowance, 100, currency),
    Surcharge: lambda currency: _change(Surcharge, 1000, currency),
    TaxRate: lambda currency: _record(TaxRate, currency, {"percent": _decimals(0, 1000, 6)}),
    FeeRate: lambda currency: _record(
        FeeRate, currency, {"percent": _decimals(0, 100, 4), "fixed": a_in(currency, Money).map(abs)}
    ),
    NumberSeries: lambda currency: _record(
        NumberSeries, currency, {"prefix": _texts.map(lambda some: f"{some}-"), "digits": st.integers(1, 12)}
    ),
    LineItem: _line,
    CatalogItem: _catalog_item,
    Charge: _charge,
    LateFeeRule: _late_fee_rule,
    TimeRules: _time_rules,
    TimeWorked: _time_worked,
    Claim: _claim,
    Period: _period,
    Terms: _terms,
    Vocabulary: _vocabulary,
    RetryPlan: _retry_plan,
    Policy: _policy,
    Settlement: _settlement,
    Fee: _fee,
    Consent: _consent,
}
"""Records whose constructors refuse some combinations of their fields."""

_PLAIN: Final[dict[object, SearchStrategy[object]]] = {
    str: _texts,
    int: st.integers(0, 10**6),
    bool: st.booleans(),
    Decimal: _decimals(-1000, 1000, 9),
    date: _days,
    datetime: _instants,
}


@cache
def _of(kind: object, currency: str) -> SearchStrategy[object]:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _CONSTRAINED:
        return _CONSTRAINED[kind](currency)
    if isinstance(kind, NewType):
        return _ids
    if kind is NoneType:
        return st.none()
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return st.one_of(*(_of(member, currency) for member in inner))
    if origin is tuple and inner[1:] == (...,):
        return st.lists(_of(inner[0], currency), max_size=3).map(tuple)
    if origin is tuple:
        return st.tuples(*(_of(item, currency) for item in inner))
    if origin is frozenset:
        return st.frozensets(_of(inner[0], currency), max_size=3)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    if isinstance(kind, type) and attrs.has(kind):
        return _record(kind, currency, {})
    raise TypeError(f"no random {kind}: say in tests.strategies how one is made")


def _record(
    kind: type[attrs.AttrsInstance], currency: str, fixed: dict[str, SearchStrategy[object]]
) -> SearchStrategy[object]:
    named = {**_NAMED, "currency": st.just(currency), **fixed}
    types = {each.name: each.type for each in attrs.fields(attrs.resolve_types(kind)) if each.init}
    return st.builds(kind, **{name: named[name] if name in named else _of(types[name], currency) for name in types})


an_event: Final = cast(SearchStrategy[Event], _currencies.flatmap(lambda currency: _of(Event, currency)))
