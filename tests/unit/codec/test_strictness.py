"""Nothing is coerced, either way: the traps of lenient conversion, each by its name."""

from datetime import date
from enum import Enum
from typing import cast

import pytest
from attrs import evolve, frozen
from tests.unit.codec.everything import CANCEL, EVERYTHING, NOON, VIEWED, Data, Everything, Mood, Rank, problems

from billcore.actors import Actor, Contact, Processor, Staff, System
from billcore.codec import from_json, tags, to_json
from billcore.errors import BadDocument, HouseRule
from billcore.events import InvoiceViewed
from billcore.ids import ClientId
from billcore.lines import LineItem, TaxRate
from billcore.methods import Method
from billcore.money import Money
from billcore.testing import builders


def test_an_enum_of_texts_is_not_read_as_text() -> None:
    assert problems(Everything, to_json(EVERYTHING) | {"mood": "snet"}) == (
        "$.mood: expected one of 'good', got another value",
    )
    assert type(from_json(Everything, to_json(EVERYTHING)).mood) is Mood


def test_a_datetime_is_not_read_as_a_date_nor_a_date_as_a_datetime() -> None:
    swapped = {**to_json(EVERYTHING), "day": "2026-05-04T12:00:00+00:00", "moment": "2026-05-04"}

    assert [problem.partition(":")[0] for problem in problems(Everything, swapped)] == ["$.day", "$.moment"]
    assert type(from_json(Everything, to_json(EVERYTHING)).day) is date


@pytest.mark.parametrize(
    "by",
    [Staff("jane", "Jane"), Contact("p", "Pat", ClientId("c"), Staff("j", "J")), Processor("stripe"), System(), None],
)
def test_a_member_of_an_optional_union_keeps_its_tag(by: Actor | None) -> None:
    record = evolve(EVERYTHING, by=by)

    written = to_json(record)

    assert by is None or cast(Data, written["by"])["type"] == tags.TAG_OF[type(by)]
    assert from_json(Everything, written) == record


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", None), ("text", 5), ("text", ["a"]), ("note", 5), ("firm_id", 5), ("firm_id", None),
        ("count", "5"), ("count", 5.9), ("count", 5.0), ("count", True), ("count", None),
        ("flag", "false"), ("flag", 0), ("flag", None),
        ("number", 1.5), ("number", 1), ("number", "1e5"), ("number", "NaN"), ("number", " 1"), ("number", "1_000"),
        ("number", "٣"), ("number", "1,5"), ("number", ""), ("number", True),
        ("amount", 150), ("amount", 1.5), ("amount", "150.00"), ("amount", "150.00 usd"), ("amount", "150.001 USD"),
        ("amount", "USD 150.00"), ("amount", "150.00  USD"), ("amount", {"minor": 150, "currency": "USD"}),
        ("day", "20260504"), ("day", "2026-W19-1"), ("day", "2026-5-4"), ("day", "2026-02-30"), ("day", "2026-05-04 "),
        ("day", "２０２６-05-04"), ("day", 1777852800), ("day", None),
        ("moment", "2026-05-04T12:00:00"), ("moment", "2026-05-04 12:00:00+00:00"), ("moment", "20260504T120000Z"),
        ("moment", "2026-W19-1T12:00:00Z"), ("moment", "2026-05-04T12:00Z"), ("moment", "2026-05-04T25:00:00Z"),
        ("moment", "2026-05-04T12:00:00.5Z"), ("moment", "2026-05-04T12:00:00+00:00\n"),
        ("moment", "2026-05-04T12:00:00+00:00:30"), ("moment", 1777852800), ("moment", None),
        ("mood", "GOOD"), ("mood", None), ("mood", 1), ("rank", True), ("rank", "1"), ("rank", 2), ("rank", 1.0),
        ("by", "staff"), ("by", []), ("command", None), ("command", "cancel"),
        ("texts", "ab"), ("texts", {"a": 1}), ("texts", None), ("texts", 5),
        ("pair", ["card"]), ("pair", ["card", "1.00 USD", "x"]), ("pair", "ab"), ("pair", {"card": 1, "cash": 2}),
        ("methods", "card"), ("methods", {"card": 1}), ("methods", ["card", "card"]), ("methods", None),
    ],
)  # fmt: skip
def test_nothing_is_coerced(field: str, value: object) -> None:
    found = problems(Everything, {**to_json(EVERYTHING), field: value})

    assert [problem.partition(":")[0] for problem in found] == [f"$.{field}"]


def test_a_type_that_is_not_stored_is_refused_both_ways() -> None:
    @frozen
    class Imprecise:
        rate: float

    @frozen
    class Untold:
        what: LineItem | TaxRate

    class Mixed(Enum):
        ONE = 1
        TWO = "two"

    @frozen
    class Confused:
        which: Mixed

    with pytest.raises(HouseRule):
        from_json(cast(type[LineItem], "LineItem"), {})
    for record in (Imprecise(0.1), Untold(builders.a_line()), Confused(Mixed.ONE)):
        with pytest.raises(HouseRule):
            to_json(record)
        with pytest.raises(HouseRule):
            from_json(type(record), {})


@frozen
class Unchecked:
    """Looks like a period, and is none."""

    start: date
    end: date


# ── Writing ──────────────────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("what", [None, 5, "text", [VIEWED], {"a": 1}, Money(1, "USD"), InvoiceViewed, Method.CARD])
def test_only_a_record_is_written(what: object) -> None:
    with pytest.raises(HouseRule, match="only records and events"):
        to_json(what)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("text", Mood.GOOD), ("text", b"a"), ("text", None), ("count", True), ("count", 1.0), ("count", Rank.FIRST),
        ("flag", 1), ("number", 1.5), ("number", 1), ("amount", "1.00 USD"), ("amount", 1),
        ("day", NOON), ("day", "2026-05-04"),
        ("moment", date(2026, 5, 4)), ("moment", None), ("mood", "good"), ("mood", Rank.FIRST), ("rank", 1),
        ("period", Unchecked(date(2026, 6, 1), date(2026, 5, 1))), ("period", None),
        ("by", "jane"), ("by", CANCEL), ("command", System()), ("command", None), ("texts", ["a"]), ("texts", "ab"),
        ("pair", (Method.CARD,)), ("pair", [Method.CARD, Money(1, "USD")]), ("methods", {Method.CARD}), ("methods", ()),
    ],
)  # fmt: skip
def test_what_could_not_be_read_back_is_not_written(field: str, value: object) -> None:
    wrong = evolve(EVERYTHING, **{field: value})  # type: ignore[arg-type]

    with pytest.raises(BadDocument, match="a field of this Everything has a value of the wrong type"):
        to_json(wrong)
