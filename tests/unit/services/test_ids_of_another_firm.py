"""The ids of another firm, of every kind, at every argument that takes ids: not found, and nothing has changed.

Which arguments those are is read from the types of the desks' methods, so that a new one is tried as well.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NewType, get_args, get_origin, get_type_hints

import pytest
from tests.office import FIRM
from tests.unit.services.arguments import ARGUMENTS, World
from tests.unit.services.test_hostile_arguments import ROOMS, asked

from billcore import ids
from billcore.errors import BillcoreError, NotFound
from billcore.services.bulk import BulkResult

IDS = [kind for kind in vars(ids).values() if isinstance(kind, NewType) and kind not in (ids.FirmId, ids.LineId)]
ANSWERED_AS_NOBODYS = {
    ("invoices.page", "client_id"): "a filter: of nobody's invoices the list is empty",
    ("backfill.accept", "invoice_ids"): "NotPayable, as all that is not offered",
}
"""Arguments whose unknown ids are not NotFound: another firm's get the very same answer."""


def _takes_ids() -> Iterator[tuple[str, str, Any]]:
    """Each such argument as verb, name and type."""
    for verb, arguments in ARGUMENTS.items():
        room, _, method = verb.partition(".")
        hints = get_type_hints(getattr(ROOMS[room], method))
        yield from ((verb, name, hints[name]) for name in arguments if _kinds(hints[name]))


def _kinds(hint: Any) -> set[NewType]:
    """The kinds of ids of which a type is made."""
    return {hint} if hint in IDS else {kind for part in get_args(hint) for kind in _kinds(part)}


CASES = list(_takes_ids())


@pytest.fixture(scope="module")
def world() -> World:
    """One for all of them: what is not found changes nothing."""
    return World.open()


@pytest.mark.parametrize(("verb", "name", "hint"), CASES, ids=[f"{verb}({name})" for verb, name, _ in CASES])
def test_an_id_of_another_firm_is_not_found_whatever_it_is_of_and_nothing_has_changed(
    world: World, verb: str, name: str, hint: Any
) -> None:
    before = [world.office.books(firm) for firm in (FIRM, "other")]

    unknown = _said(asked(world, verb, name, _in_its_place("unknown", hint)))
    assert (unknown == NotFound.code) is ((verb, name) not in ANSWERED_AS_NOBODYS)
    for kind, theirs in world.elsewhere.items():
        assert _said(asked(world, verb, name, _in_its_place(theirs, hint))) == unknown, f"{verb}({name}: a {kind})"
    assert [world.office.books(firm) for firm in (FIRM, "other")] == before


def test_there_are_such_arguments_of_every_kind_of_record() -> None:
    """Or nothing would be tried above."""
    named = {kind for *_, hint in CASES for kind in _kinds(hint)}

    assert set(IDS) - named == {ids.CreditNoteId, ids.OperationId, ids.OccurrenceId}
    assert len(CASES) > 80


def _in_its_place(theirs: str, hint: Any) -> object:
    if get_origin(hint) is Sequence:
        return [theirs]
    return {theirs: "1.00"} if get_origin(hint) is Mapping else theirs


def _said(answer: object) -> object:
    """What can be told from an answer: the code of a refusal, or else the answer itself."""
    match answer:
        case BillcoreError() as refused:
            return refused.code
        case (BulkResult(refused=BillcoreError() as refused),):
            return refused.code
        case _:
            return answer
