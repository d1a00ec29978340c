"""No method of a repository is left out where firms are kept apart: a new one without a check fails here."""

from typing import ClassVar

import pytest

from billcore.memory import MemoryStore
from billcore.memory.transaction import Transaction
from billcore.memory.unit import MemoryUnitOfWork
from billcore.ports.store import UnitOfWork
from billcore.testing.store_checks.firms import FirmChecks


class _Watched:
    """A repository that notes which of its methods were asked for."""

    def __init__(self, name: str, repository: object, asked: set[str]) -> None:
        self._name, self._repository, self._asked = name, repository, asked

    def __getattr__(self, method: str) -> object:
        self._asked.add(f"{self._name}.{method}")
        return getattr(self._repository, method)


class _WatchedStore(MemoryStore):
    asked: ClassVar[set[str]] = set()

    def _unit_of_work(self, transaction: Transaction) -> MemoryUnitOfWork:
        unit = super()._unit_of_work(transaction)
        for name in REPOSITORIES:
            setattr(unit, name, _Watched(name, getattr(unit, name), self.asked))
        return unit


REPOSITORIES = {
    name: attribute.fget.__annotations__["return"]
    for name, attribute in vars(UnitOfWork).items()
    if isinstance(attribute, property) and attribute.fget is not None and name != "firm_id"
}
METHODS = sorted(
    f"{name}.{method}" for name, port in REPOSITORIES.items() for method in dir(port) if not method.startswith("_")
)


@pytest.fixture(scope="module")
def asked() -> set[str]:
    """What the checks of two firms ask a store for."""
    for name in dir(FirmChecks):
        if name.startswith("test_"):
            getattr(FirmChecks(), name)(store=_WatchedStore())
    return _WatchedStore.asked


@pytest.mark.parametrize("method", METHODS)
def test_every_method_of_a_repository_is_asked_with_the_ids_of_another_firm(method: str, asked: set[str]) -> None:
    assert method in asked
