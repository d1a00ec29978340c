"""Cadences to and from RFC 5545 recurrence rules, for calendars and for moving to or from another system.

>>> from datetime import date
>>> month_end = Recurrence(cadence=Cadence.monthly(day=31), anchor=date(2025, 1, 31), count=6)
>>> write_rrule(month_end)
'FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=6'
>>> read_rrule('FREQ=MONTHLY;BYMONTHDAY=28,29,30,31;BYSETPOS=-1;COUNT=6', date(2025, 1, 31)) == month_end
True

Only what a cadence can say is read: rules that skip short months, never fire, or fire for ever at one moment are
refused. Bills are computed by the cadence, never by the rule; python-dateutil witnesses, both ways, that the two
name the same dates.
"""

import re
from calendar import monthrange
from collections.abc import Mapping
from datetime import date, datetime, time
from itertools import islice
from typing import Final

from attrs import frozen

from billcore.dates import day
from billcore.errors import BadCadence
from billcore.recurring.cadence import LONGEST_WEEKS, Cadence, Unit
from billcore.recurring.day_rules import LAST, LeapDay, Weekday

WITNESSED: Final = 48
"""How many dates python-dateutil must confirm: four years of months hold every length of February."""

_CODES: Final = frozenset(weekday.value for weekday in Weekday)
_PART: Final = re.compile(r"([A-Z]+)=([A-Z0-9,+-]+)")
_NUMBER: Final = re.compile(r"[+-]?[0-9]{1,4}")
_NTH: Final = re.compile(r"([+-]?[0-9])?(MO|TU|WE|TH|FR|SA|SU)")
_ANY: Final = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST"})
_ALLOWED: Final = {
    "WEEKLY": _ANY | {"BYDAY"},
    "MONTHLY": _ANY | {"BYDAY", "BYMONTHDAY", "BYMONTH", "BYSETPOS"},
    "YEARLY": _ANY | {"BYMONTHDAY", "BYMONTH", "BYSETPOS", "BYYEARDAY"},
}
# The 60th day of the year is 29 February or, in a common year, 1 March.
_LEAP_FORWARD: Final = 60


@frozen(kw_only=True)
class Recurrence:
    """A cadence from its anchor (the DTSTART), up to *count* dates, or *until* a date inclusive, or for ever.

    BadCadence: both ends, a count below 1, or an end before the first date.
    """

    cadence: Cadence
    anchor: date
    count: int | None = None
    until: date | None = None

    def __attrs_post_init__(self) -> None:
        if self.count is not None and self.until is not None:
            raise BadCadence("count and until contradict each other: give one of them")
        if self.count is not None and (type(self.count) is not int or self.count < 1):
            raise BadCadence(f"count {self.count!r} is not a whole number from 1 on")
        first = self.cadence.nominal(self.anchor, 0)
        if self.until is not None and day(self.until, "until") < first:
            raise BadCadence(f"until {self.until} is before the first date, {first}: nothing would recur")


def write_rrule(recurrence: Recurrence) -> str:
    """The RRULE value; give the anchor as DTSTART beside it. A day left to the anchor is written out."""
    parts = _written(recurrence.cadence, recurrence.anchor)
    _witness(parts, recurrence)
    if recurrence.count is not None:
        parts["COUNT"] = str(recurrence.count)
    if recurrence.until is not None:
        parts["UNTIL"] = f"{recurrence.until:%Y%m%d}"
    return _text(parts)


def read_rrule(text: str, anchor: date) -> Recurrence:
    """The cadence that the RRULE value means from its DTSTART, the anchor.

    BadCadence for every rule that is not exactly a cadence of whole days: the message says which part.
    """
    day(anchor, "anchor")
    parts = _parts(text)
    recurrence = Recurrence(
        cadence=_read(parts, anchor),
        anchor=anchor,
        count=_number(parts, "COUNT", 1, 9_999),
        until=_until(parts),
    )
    _witness(parts, recurrence)
    return recurrence


# ── Writing ─────────────────────────────────────────────────────────────────────────────────────────────────


def _written(cadence: Cadence, anchor: date) -> dict[str, str]:
    days = cadence.days or (anchor.day,)
    month = cadence.month or anchor.month
    years, rest = divmod(cadence.every, 12)
    if cadence.unit is Unit.WEEK:
        return _every("WEEKLY", cadence.every) | {"BYDAY": (cadence.weekday or Weekday.of(anchor)).value}
    if cadence.nth is not None and cadence.weekday is not None:
        return _every("MONTHLY", cadence.every) | {"BYDAY": f"{cadence.nth}{cadence.weekday.value}"}
    if cadence.leap is LeapDay.FORWARD and (month, days) == (2, (29,)):
        return _every("YEARLY", years) | {"BYYEARDAY": str(_LEAP_FORWARD)}
    if not rest:
        longest = monthrange(2024, month)[1]
        days = tuple(min(each, longest) for each in days)
        return _every("YEARLY", years) | {"BYMONTH": str(month)} | _month_days(days, _shortest(month))
    if cadence.month is not None:
        months = range(month, 13, cadence.every)
        by_month = {"BYMONTH": ",".join(map(str, months))}
        return _every("MONTHLY", 1) | by_month | _month_days(days, min(map(_shortest, months)))
    return _every("MONTHLY", cadence.every) | _month_days(days, _shortest(2))


def _every(frequency: str, interval: int) -> dict[str, str]:
    return {"FREQ": frequency} | ({} if interval == 1 else {"INTERVAL": str(interval)})


def _month_days(days: tuple[int, ...], shortest: int) -> dict[str, str]:
    """A day that a month may lack is the last of 28 up to it; RFC 5545 would skip the month."""
    *before, last = days
    if last <= shortest:
        return {"BYMONTHDAY": ",".join(map(str, days))}
    return {
        "BYMONTHDAY": ",".join(map(str, [*before, *range(28, last + 1)])),
        "BYSETPOS": "1,-1" if before else "-1",
    }


def _shortest(month: int) -> int:
    return monthrange(2025, month)[1]


def _text(parts: Mapping[str, str]) -> str:
    return ";".join(f"{name}={value}" for name, value in parts.items())


# ── Reading ─────────────────────────────────────────────────────────────────────────────────────────────────


def _parts(text: str) -> dict[str, str]:
    if not isinstance(text, str) or not text.isascii() or len(text) > 300:
        raise BadCadence("an RRULE is an ASCII text of at most 300 characters")
    parts: dict[str, str] = {}
    for part in text.upper().removeprefix("RRULE:").split(";"):
        match = _PART.fullmatch(part)
        if match is None:
            raise BadCadence(f"{part!r} is no part of an RRULE: write NAME=VALUE;NAME=VALUE, without DTSTART")
        name, value = match.groups()
        if name in parts:
            raise BadCadence(f"{name} stands twice: give each part once")
        parts[name] = value
    allowed = _ALLOWED.get(parts.get("FREQ", ""))
    if allowed is None:
        raise BadCadence(f"FREQ must be one of {', '.join(_ALLOWED)}, not {parts.get('FREQ')}")
    for name in parts.keys() - allowed:
        raise BadCadence(f"{name} cannot be read with FREQ={parts['FREQ']}: leave it out")
    if parts.get("WKST", "MO") not in _CODES:
        raise BadCadence(f"WKST={parts['WKST']} is not a weekday: write MO")
    return parts


def _read(parts: Mapping[str, str], anchor: date) -> Cadence:
    every = _number(parts, "INTERVAL", 1, LONGEST_WEEKS) or 1
    match parts["FREQ"]:
        case "WEEKLY":
            return Cadence.weekly(_weekday(parts["BYDAY"]) if "BYDAY" in parts else None, every)
        case "MONTHLY" if "BYDAY" in parts:
            return _nth(parts, every)
        case "YEARLY" if "BYYEARDAY" in parts:
            if parts.keys() - _ANY != {"BYYEARDAY"} or parts["BYYEARDAY"] != str(_LEAP_FORWARD):
                raise BadCadence(f"BYYEARDAY must be {_LEAP_FORWARD}, alone: write BYMONTH and BYMONTHDAY")
            return Cadence.annual(2, 29, every, LeapDay.FORWARD)
        case frequency:
            return _on_month_days(parts, every, anchor, yearly=frequency == "YEARLY")


def _weekday(code: str) -> Weekday:
    if code not in _CODES:
        raise BadCadence(f"BYDAY={code} is not one weekday such as FR: a cadence has one")
    return Weekday(code)


def _nth(parts: Mapping[str, str], every: int) -> Cadence:
    code, position = _NTH.fullmatch(parts["BYDAY"]), _number(parts, "BYSETPOS", 1, 4, LAST)
    if code is None or (code[1] is None) == (position is None) or parts.keys() & {"BYMONTH", "BYMONTHDAY"}:
        raise BadCadence(f"BYDAY={parts['BYDAY']} is not one weekday a month: write 3FR, or -1FR for the last")
    return Cadence.monthly_nth(int(code[1]) if position is None else position, Weekday(code[2]), every)


def _on_month_days(parts: Mapping[str, str], every: int, anchor: date, *, yearly: bool) -> Cadence:
    months = sorted(_numbers(parts, "BYMONTH", 1, 12))
    if "BYMONTHDAY" not in parts:
        if months or "BYSETPOS" in parts:
            raise BadCadence("BYMONTH and BYSETPOS need BYMONTHDAY: write it out")
        _refuse_skips([anchor.day], [anchor.month] if yearly else [2])
        return Cadence.annual(every=every) if yearly else Cadence.monthly(every=every)
    days = _days(parts, months)
    if yearly:
        if len(months) != 1 or len(days) != 1:
            raise BadCadence("FREQ=YEARLY takes one BYMONTH and one BYMONTHDAY: write FREQ=MONTHLY for more")
        return Cadence.annual(months[0], days[0], every)
    if not months:
        return Cadence(unit=Unit.MONTH, every=every, days=days)
    step = 12 // len(months)
    if every != 1 or months != list(range(months[0], 13, step)):
        raise BadCadence(f"BYMONTH={parts['BYMONTH']}: take months equally far apart, and no INTERVAL")
    return Cadence(unit=Unit.MONTH, every=step, days=days, month=months[0] if step > 1 else None)


def _days(parts: Mapping[str, str], months: list[int]) -> tuple[int, ...]:
    """One or two days of a month; with BYSETPOS, 28 up to a day stand for that day or the month's last."""
    given = sorted(_numbers(parts, "BYMONTHDAY", 1, 31, LAST), key=lambda each: (each == LAST, each))
    match parts.get("BYSETPOS"):
        case None:
            _refuse_skips(given, months or [2])
            return tuple(given)
        case "-1" if given == list(range(28, given[-1] + 1)):
            return (given[-1],)
        case "1,-1" if given[1:] == list(range(28, given[-1] + 1)):
            return (given[0], given[-1])
        case _:
            raise BadCadence("BYSETPOS picks the last of 28 up to a day: write BYMONTHDAY=28,29,30;BYSETPOS=-1")


def _refuse_skips(days: list[int], months: list[int]) -> None:
    for each in days:
        if any(each > _shortest(month) for month in months):
            instead = ",".join(map(str, range(28, each + 1)))
            raise BadCadence(f"day {each} skips short months: write BYMONTHDAY={instead};BYSETPOS=-1")


def _numbers(parts: Mapping[str, str], name: str, least: int, most: int, also: int | None = None) -> list[int]:
    if name not in parts:
        return []
    texts = parts[name].split(",")
    numbers = [int(text) for text in texts if _NUMBER.fullmatch(text)]
    good = {each for each in numbers if least <= each <= most or each == also}
    if len(good) != len(texts):
        raise BadCadence(f"{name}={parts[name]}: write whole numbers from {least} to {most}, each once")
    return numbers


def _number(parts: Mapping[str, str], name: str, least: int, most: int, also: int | None = None) -> int | None:
    numbers = _numbers(parts, name, least, most, also)
    if len(numbers) > 1:
        raise BadCadence(f"{name}={parts[name]} must be one whole number")
    return numbers[0] if numbers else None


def _until(parts: Mapping[str, str]) -> date | None:
    if "UNTIL" not in parts:
        return None
    if not re.fullmatch(r"[0-9]{8}", parts["UNTIL"]):
        raise BadCadence(f"UNTIL={parts['UNTIL']} is not a local date: write UNTIL=20261231")
    try:
        return date.fromisoformat(parts["UNTIL"])
    except ValueError:
        raise BadCadence(f"UNTIL={parts['UNTIL']} is no date of the calendar: write UNTIL=20261231") from None


# ── The witness ─────────────────────────────────────────────────────────────────────────────────────────────


def _witness(parts: Mapping[str, str], recurrence: Recurrence) -> None:
    """Refuse a rule whose dates dateutil sees elsewhere. Its traps are out of reach of what was read or written."""
    from dateutil.rrule import rrulestr  # Here, because only importing and exporting need it.

    endless = _text({name: value for name, value in parts.items() if name not in ("COUNT", "UNTIL")})
    rule = rrulestr(endless, dtstart=datetime.combine(recurrence.anchor, time.min))
    theirs = [moment.date() for moment in islice(rule, WITNESSED)]
    ours = [recurrence.cadence.nominal(recurrence.anchor, k) for k in range(len(theirs))]
    if not theirs or ours != theirs:
        raise BadCadence(f"{endless} does not name the dates of a cadence from {recurrence.anchor}: change it")
