"""What one database would take, cut or choke on is refused before any of them is asked, on each in the same words."""

from tests.databases import Database
from tests.unit.services.arguments import ARGUMENTS, UNSTORABLE, World
from tests.unit.services.test_hostile_arguments import asked

from billcore.errors import BillcoreError
from billcore_sqlalchemy import SqlStore

HUGE = [2**31, 2**63 - 1, 2**63, 10**40, -(2**63)]


def hostile(world: World, verb: str, name: str) -> list[object]:
    """NUL, half a surrogate pair, text longer than any column, whole numbers beyond one, and others' ids."""
    known = ARGUMENTS[verb][name].hostile(world)
    texts = [each for each in known if isinstance(each, str)]
    is_number = any(isinstance(each, int) and type(each) is not bool and each >= 10**6 for each in known)
    return [*texts, *UNSTORABLE, *(HUGE if is_number else ())]


def test_hostile_text_and_numbers_are_refused_alike_on_every_store(database: Database) -> None:
    world, reference = World.open(SqlStore(database.engine)), World.open()
    before = world.office.books(), world.office.books("other")

    for verb, arguments in ARGUMENTS.items():
        for name in arguments:
            for value, same in zip(hostile(world, verb, name), hostile(reference, verb, name), strict=True):
                told = asked(world, verb, name, value), asked(reference, verb, name, same)
                assert isinstance(told[0], BillcoreError), f"{verb}({name}={value!r:.40}): {told[0]!r:.200}"
                assert _shown(told[0]) == _shown(told[1]), f"{verb}({name}={value!r:.40})"

    assert (world.office.books(), world.office.books("other")) == before


def _shown(answer: object) -> tuple[type, str]:
    return type(answer), str(answer)
