"""Bad input to every public entry point: a documented error with a code, and nothing has changed."""

import inspect
from collections.abc import Callable, Iterator, Mapping
from datetime import date

import attrs
import pytest
from tests.office import JANE, PRIYA
from tests.unit.services.arguments import ARGUMENTS, World

from billcore.actors import Actor
from billcore.billing import Billing, FrontDesk
from billcore.errors import BadMoney, BadNumber, BillcoreError, NotFound
from billcore.services.firms import FirmsDesk

ROOMS: dict[str, type] = {
    **{field.name: field.type for field in attrs.fields(attrs.resolve_types(FrontDesk)) if field.type is not None},
    "firms": FirmsDesk,
    "billing": Billing,
}
CASES = [(verb, name) for verb, arguments in ARGUMENTS.items() for name in arguments]


@pytest.mark.parametrize(("verb", "name"), CASES)
def test_a_hostile_argument_is_refused_with_a_code_and_nothing_has_changed(verb: str, name: str) -> None:
    world = World.open()
    before = world.office.books()

    for value in ARGUMENTS[verb][name].hostile(world):
        refusal = _refusal(world, verb, name, value)

        assert refusal is not None, f"{verb} took {_shown(value)} for {name}"
        assert isinstance(refusal, BillcoreError), f"{verb}({name}={_shown(value)}): {refusal!r}"
        assert refusal.code != BillcoreError.code
        assert len(str(refusal)) <= 500
        assert world.office.books() == before, f"{verb}({name}={_shown(value)}) was refused, and changed the books"


@pytest.mark.parametrize("verb", ARGUMENTS)
def test_right_arguments_are_taken(verb: str) -> None:
    """Or the refusals above would prove nothing."""
    refusal = _refusal(World.open(), verb)

    assert refusal is None or verb in REFUSED_AS_THINGS_ARE, refusal


REFUSED_AS_THINGS_ARE = {
    "adjustments.reverse_write_off": "nothing is written off",
    "adjustments.release_hold": "nothing is on hold",
    "adjustments.waive_late_fee": "there is no late fee",
    "payments.cancel": "the money is on its way",
    "payments.resolve": "the payment is in no doubt",
    "refunds.resolve": "the refund is in no doubt",
    "billing.hear": "the body is not signed",
}


def test_every_argument_of_every_desk_is_tried() -> None:
    public = {f"{room}.{verb}": set(names) for room, desk in ROOMS.items() for verb, names in _methods(desk)}

    assert {verb: set(arguments) for verb, arguments in ARGUMENTS.items()} == public


def _methods(desk: type) -> Iterator[tuple[str, list[str]]]:
    inherited = {"begin", "read", "listed", "require", "require_paying"}
    for name, method in inspect.getmembers(desk, inspect.isfunction):
        if not name.startswith("_") and name not in inherited:
            yield name, [argument for argument in inspect.signature(method).parameters if argument != "self"]


def _refusal(world: World, verb: str, name: str | None = None, value: object = None) -> Exception | None:
    """What the verb raises when *name* is *value* and all else is right."""
    answer = asked(world, verb, name, value)
    return answer if isinstance(answer, Exception) else None


def asked(world: World, verb: str, name: str | None = None, value: object = None) -> object:
    """What the verb answers, or raises, when *name* is *value* and all else is right."""
    arguments = {
        each: argument.right(world)
        for each, argument in ARGUMENTS[verb].items()
        if argument.right is not None and each != name
    }
    if name is not None:
        arguments[name] = value
    return _answer(_method(world, verb), arguments)


def _answer(method: Callable[..., object], arguments: Mapping[str, object]) -> object:
    try:
        return method(**arguments)
    except Exception as refusal:
        return refusal


def _method(world: World, verb: str) -> Callable[..., object]:
    room, _, method = verb.partition(".")
    if room == "billing":
        door: object = world.office.billing
    elif room == "firms":
        door = world.office.billing.firms
    else:
        door = getattr(world.office.by(_actor(verb)), room)
    found: Callable[..., object] = getattr(door, method)
    return found


def _actor(verb: str) -> Actor:
    return PRIYA if verb == "invoices.view" else JANE


def _shown(value: object) -> str:
    return repr(value)[:80]


@pytest.mark.parametrize("verb", [verb for verb in ARGUMENTS if not verb.startswith(("firms.", "billing."))])
@pytest.mark.parametrize("day", [{}, {"on": date(2026, 5, 4)}], ids=["of today", "of a day"])
def test_a_firm_that_is_not_open_is_not_found_by_any_desk(verb: str, day: dict[str, date]) -> None:
    """A mistyped one has no lists that are empty, and no reports that are zero."""
    world = World.open()
    arguments = {name: each.right(world) for name, each in ARGUMENTS[verb].items() if each.right is not None}
    room, _, method = verb.partition(".")
    desk = getattr(world.office.billing.at("acmee", by=_actor(verb)), room)

    answer = _answer(getattr(desk, method), {**arguments, **(day if "on" in ARGUMENTS[verb] else {})})

    assert isinstance(answer, NotFound) or _each_is_not_found(answer), answer
    assert "acmee" not in world.office.store.firms()


def _each_is_not_found(answer: object) -> bool:
    """As the bulk desk answers, for each invoice."""
    results = answer if isinstance(answer, tuple) else ()
    return bool(results) and all(isinstance(each.refused, NotFound) for each in results)


@pytest.mark.parametrize(
    ("verb", "name", "value", "error"),
    [
        ("payments.receive", "onto", 1.5, BadMoney),
        ("payments.record", "amount", 1.5, BadMoney),
        ("invoices.page", "limit", 6.0, BadNumber),
        ("billing.deliver_events", "limit", 6.0, BadNumber),
        ("schedules.preview", "count", 6.0, BadNumber),
    ],
)
def test_an_amount_of_the_wrong_kind_is_bad_money_and_a_number_a_bad_number_wherever_it_is_given(
    verb: str, name: str, value: object, error: type[BillcoreError]
) -> None:
    world = World.open()

    refusal = _refusal(world, verb, name, {world.sent: value} if name == "onto" else value)

    assert type(refusal) is error
