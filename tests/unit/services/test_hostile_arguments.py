"""Bad input to every public entry point: a documented error with a code, and nothing has changed."""

import inspect
from collections.abc import Callable, Iterator

import attrs
import pytest
from tests.office import JANE, PRIYA
from tests.unit.services.arguments import ARGUMENTS, World

from billcore.billing import Billing, FrontDesk
from billcore.errors import BillcoreError
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
    inherited = {"begin", "read", "require", "require_paying"}
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
    try:
        return _method(world, verb)(**arguments)
    except Exception as refusal:
        return refusal


def _method(world: World, verb: str) -> Callable[..., object]:
    room, _, method = verb.partition(".")
    if room == "billing":
        door: object = world.office.billing
    elif room == "firms":
        door = world.office.billing.firms
    else:
        door = getattr(world.office.by(PRIYA if verb == "invoices.view" else JANE), room)
    found: Callable[..., object] = getattr(door, method)
    return found


def _shown(value: object) -> str:
    return repr(value)[:80]
