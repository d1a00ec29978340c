"""A gateway's ids: what no database can keep, and find again, is refused when it is told."""

from collections.abc import Callable

import pytest
from attrs import evolve

from billcore.errors import BadText
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.testing import builders

EVENT = builders.a_gateway_event()
TOLD: dict[str, Callable[[str], object]] = {
    "a gateway": lambda told: GatewayRef(told, None, "pi_1"),
    "an account": lambda told: GatewayRef("stripe", told, "pi_1"),
    "an object": lambda told: GatewayRef("stripe", None, told),
    "an event": lambda told: evolve(EVENT, id=told),
    "an event's firm": lambda told: evolve(EVENT, firm_id=FirmId(told)),
    "an event's operation": lambda told: evolve(EVENT, operation_id=OperationId(told)),
}


@pytest.mark.parametrize("told", TOLD.values(), ids=TOLD)
@pytest.mark.parametrize("hostile", ["nul\x00", "half \ud800", "x" * 256, 5, b"pi_1"])
def test_an_id_that_cannot_be_kept_is_refused(told: Callable[[str], object], hostile: str) -> None:
    with pytest.raises(BadText):
        told(hostile)


@pytest.mark.parametrize("name", ["a gateway", "an object", "an event"])
def test_an_empty_id_names_nothing(name: str) -> None:
    with pytest.raises(BadText):
        TOLD[name]("")


def test_the_longest_ids_that_a_column_holds_are_taken() -> None:
    ref = GatewayRef("g" * 100, "a" * 191, "i" * 255)

    assert (ref.gateway, ref.account, ref.id) == ("g" * 100, "a" * 191, "i" * 255)
    assert evolve(EVENT, id="e" * 191).id == "e" * 191
