"""The contract bites: each broken store fails the check that names its fault, and no other."""

from inspect import signature

import pytest
from tests.contracts_bite.stores import (
    answers,
    asked,
    claims,
    firms,
    locks,
    numbers,
    once,
    outbox,
    pages,
    records,
    runs,
    units,
)
from tests.contracts_bite.stores.broken import BrokenStore, SnapshotTrap

from billcore.testing import StoreContract

MODULES = (units, records, firms, locks, numbers, once, outbox, asked, pages, runs, answers, claims)
BROKEN = tuple(
    thing
    for module in MODULES
    for thing in vars(module).values()
    if isinstance(thing, type) and issubclass(thing, BrokenStore) and thing not in (BrokenStore, SnapshotTrap)
)
CHECKS = sorted(name for name in dir(StoreContract) if name.startswith("test_"))


class Quickly(StoreContract):
    """Small books are enough for the faults here."""

    size_of_books = 25
    filters_tried = 10
    size_of_life = 25


def failed_checks(broken: type[BrokenStore]) -> set[str]:
    """The checks that fail for a new store of that class each."""
    return {name for name in CHECKS if _fails(name, broken())}


def _fails(name: str, store: BrokenStore) -> bool:
    check = getattr(Quickly(), name)
    handles = {"store": store, "second_store": store.second_handle()}
    try:
        check(**{fixture: handles[fixture] for fixture in signature(check).parameters})
    except pytest.skip.Exception:
        return False
    except (Exception, pytest.fail.Exception):
        return True
    return False


@pytest.mark.parametrize("broken", BROKEN, ids=lambda broken: broken.__name__)
def test_a_broken_store_fails_the_check_that_names_its_fault_and_no_other(broken: type[BrokenStore]) -> None:
    failed = failed_checks(broken)
    tries_left = 9 if broken.is_a_race else 0
    while tries_left and broken.bites not in failed:
        failed, tries_left = failed_checks(broken), tries_left - 1

    assert failed == {broken.bites}


@pytest.mark.parametrize("check", CHECKS)
def test_every_check_is_bitten_by_a_store_that_breaks_it(check: str) -> None:
    assert check in {broken.bites for broken in BROKEN}
