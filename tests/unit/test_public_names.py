"""What billcore promises at its front door is there, for Python and for type checkers alike."""

import ast
import inspect
import subprocess
import sys
from collections.abc import Iterator
from typing import get_args, get_type_hints

import attrs
import pytest

import billcore


def test_every_public_name_can_be_imported_and_is_listed() -> None:
    assert [name for name in billcore.__all__ if not hasattr(billcore, name)] == []
    assert set(billcore.__all__) <= set(dir(billcore))


def test_python_finds_every_name_where_type_checkers_are_told_that_it_is() -> None:
    told = {
        name.name: node.module
        for node in ast.walk(ast.parse(inspect.getsource(billcore)))
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("billcore.")
        for name in node.names
    }
    found = {name: module for module, names in billcore._HOMES.items() for name in names}

    assert found == told
    assert sorted(found) == sorted(billcore.__all__)


def test_a_name_that_is_not_ours_is_an_error_that_names_it() -> None:
    with pytest.raises(AttributeError, match="module 'billcore' has no attribute 'Invoices'"):
        getattr(billcore, "Invoices")  # noqa: B009 # A type checker refuses the plain spelling, as it should.


def test_importing_billcore_alone_loads_no_part_of_it_and_asking_for_money_loads_no_desk() -> None:
    program = """
import sys
from typing import get_args, get_type_hints
import billcore
print(sorted(name for name in sys.modules if name.startswith("billcore.")))
billcore.Money(150_00, "USD")
print([name for name in sys.modules if name.startswith(("billcore.services", "billcore.invoices"))])
print(billcore.Money is billcore.money.Money)
"""

    said = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout

    assert said == "[]\n[]\nTrue\n"


def test_a_star_brings_every_public_name() -> None:
    names: dict[str, object] = {}

    exec("from billcore import *", names)

    assert set(billcore.__all__) <= set(names)


def test_whatever_a_desk_takes_or_gives_is_a_public_name() -> None:
    """Or a host must know our rooms to write down what it hands over."""
    known = {getattr(billcore, name) for name in billcore.__all__}
    desks = [each.type for each in attrs.fields(attrs.resolve_types(billcore.FrontDesk)) if each.type is not None]
    taken = {
        kind
        for desk in desks
        for _, verb in inspect.getmembers(desk, inspect.isfunction)
        if not verb.__name__.startswith("_")
        for name, hint in get_type_hints(verb).items()
        if name != "return"
        for kind in _classes(hint)
        if kind.__module__.startswith("billcore.")
    }

    assert sorted(kind.__name__ for kind in taken - known) == []


def _classes(hint: object) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from _classes(part)
