"""What the invoice of an occurrence says: the template's lines for its period, prorated where only a part is served."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, tzinfo
from functools import lru_cache
from itertools import islice
from typing import Final, assert_never

from attrs import frozen

from billcore.dates import Period
from billcore.errors import BadNumber
from billcore.evolving import evolve
from billcore.invoices.drafting import Worded, word
from billcore.invoices.invoice import Content
from billcore.invoices.pricing import line_net, price
from billcore.lines import Allowance, LineItem, Surcharge
from billcore.money import Money
from billcore.recurring.business_days import SATURDAY_AND_SUNDAY, Calendar
from billcore.recurring.occurrence import PAUSED, SKIPPED, Slot, upcoming
from billcore.recurring.proration import DayCount, length, prorate
from billcore.recurring.schedule import AfterPause, Schedule, Template

LONGEST_PREVIEW: Final = 100


def content(
    schedule: Schedule,
    slots: Sequence[Slot],
    currency: str,
    charged: Iterable[LineItem] = (),
    *,
    timezone: tzinfo = UTC,
) -> Content:
    """One invoice for *slots*, with the lines of the charges that go with it; *timezone* is the firm's.

    Its service period runs from the first slot's start to the last one's end; where there are several slots, or a part
    of one, each line says its own.
    """
    first, last = slots[0], slots[-1]
    lines: list[LineItem] = []
    notes = schedule.template_at(last.index).notes
    for slot in slots:
        of_template = schedule.template_at(slot.index).lines
        if slot.is_prorated:
            lines.extend(_part(line, slot, currency, schedule.plan.day_count, timezone) for line in of_template)
        elif first is not last:
            lines.extend(evolve(line, service_period=slot.period) for line in of_template)
        else:
            lines.extend(of_template)
    return Content(
        lines=(*lines, *charged),
        notes=notes,
        service_period=first.period if first is last else Period(first.period.start, last.period.end),
    )


def worded(
    schedule: Schedule,
    slots: Sequence[Slot],
    currency: str,
    charged: Sequence[LineItem] = (),
    *,
    timezone: tzinfo = UTC,
) -> Worded:
    """The same for a draft, with ids and totals: once for all schedules that share a template, such as a package."""
    if charged or len(slots) > 1 or slots[0].is_prorated:
        return word(content(schedule, slots, currency, charged, timezone=timezone), currency)
    return _worded(Same(schedule.template_at(slots[0].index)), slots[0].period, currency)


@frozen(kw_only=True)
class Forecast:
    """An occurrence to come: when it is billed, for which days, and the total of its template's lines.

    ``skipped`` is the reason why it will not be billed; a contact reads only that it will not. ``sweeps`` tells that
    the client's open charges come on top.
    """

    index: int
    due_on: date
    nominal: date
    period: Period
    total: Money
    sweeps: bool = False
    skipped: str | None = None


def preview(
    schedule: Schedule,
    currency: str,
    count: int,
    calendar: Calendar = SATURDAY_AND_SUNDAY,
    *,
    timezone: tzinfo = UTC,
) -> tuple[Forecast, ...]:
    """The next *count* occurrences, 1 to 100, as the schedule stands now; fewer where it ends."""
    if type(count) is not int or not 1 <= count <= LONGEST_PREVIEW:
        raise BadNumber(f"a preview shows 1 to {LONGEST_PREVIEW} occurrences, asked for {count!r}")
    return tuple(_forecasts(schedule, currency, islice(upcoming(schedule, calendar), count), timezone))


class Same:
    """A template known by itself and not by its value: 1.5 and 1.50 hours are equal, and are printed as they are."""

    __slots__ = ("template",)

    def __init__(self, template: Template) -> None:
        self.template = template

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Same) and other.template is self.template

    def __hash__(self) -> int:
        return id(self.template)


@lru_cache(1_000)
def _worded(same: Same, period: Period, currency: str) -> Worded:
    template = same.template
    return word(Content(lines=template.lines, notes=template.notes, service_period=period), currency)


def _forecasts(schedule: Schedule, currency: str, slots: Iterable[Slot], timezone: tzinfo) -> Iterator[Forecast]:
    if schedule.is_over:
        return
    for slot in slots:
        lines = content(schedule, (slot,), currency, timezone=timezone).lines
        skip = schedule.skip_of(slot.index)
        yield Forecast(
            index=slot.index,
            due_on=slot.due_on,
            nominal=slot.nominal,
            period=slot.period,
            total=price(lines, (), (), currency).gross,
            sweeps=schedule.plan.sweeps,
            skipped=_paused(schedule, slot) if skip is None else skip.reason or SKIPPED,
        )


def _paused(schedule: Schedule, slot: Slot) -> str | None:
    """Inside a pause that skips; one that lasts has no end yet."""
    if schedule.plan.after_pause is not AfterPause.SKIP:
        return None
    inside = any(
        pause.on <= slot.nominal and (pause.until is None or slot.nominal < pause.until) for pause in schedule.pauses
    )
    return PAUSED if inside else None


def _part(line: LineItem, slot: Slot, currency: str, by: DayCount, timezone: tzinfo) -> LineItem:
    """The line for the days served: its full price stays, and the exact rest is taken off it."""
    used, full = slot.period, slot.full
    rest = prorate(line_net(line, currency), used, of=full, by=by, timezone=timezone).credited
    reason = _share(used, full, by)
    part = evolve(line, service_period=used)
    if rest < 0:
        return evolve(part, surcharges=(*line.surcharges, Surcharge(amount=Money(-rest, currency), reason=reason)))
    return evolve(part, allowances=(*line.allowances, Allowance(amount=Money(rest, currency), reason=reason)))


def _share(used: Period, full: Period, by: DayCount) -> str:
    """What the client reads beside what is taken off."""
    counted = DayCount.THIRTY_360 if by is DayCount.THIRTY_360 else DayCount.ACTUAL
    days = f"{length(used, counted)} of {length(full, counted)} days"
    match by:
        case DayCount.ACTUAL:
            return days
        case DayCount.THIRTY_360:
            return f"{days} (30/360)"
        case DayCount.SECONDS:
            return f"{days}, to the second"
        case _:
            assert_never(by)
