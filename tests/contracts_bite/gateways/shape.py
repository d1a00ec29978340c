"""Faults in what a gateway shows of itself."""

from attrs import evolve
from tests.contracts.fake_harness import SECRET
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.ports.gateway import Capabilities
from billcore.testing.fake_gateway import EVERYTHING


class TakesNoMethod(BrokenGateway):
    bites = "test_it_has_a_name_and_capabilities"

    @property
    def capabilities(self) -> Capabilities:
        return evolve(EVERYTHING, methods=frozenset())


class RefundsByHalf(BrokenGateway):
    bites = "test_a_protocol_is_implemented_whole_or_not_at_all"
    find_refund = None  # type: ignore[assignment]


class PromisesTwoSteps(BrokenGateway):
    bites = "test_what_its_capabilities_promise_is_there"
    offers = evolve(EVERYTHING, two_step=True)
    prepare = None  # type: ignore[assignment]
    confirm = None  # type: ignore[assignment]


class ShowsItsSecret(BrokenGateway):
    bites = "test_its_repr_shows_no_secret"

    def __repr__(self) -> str:
        return f"{super().__repr__()} with {SECRET}"


class ForgetsItsAccount(BrokenGateway):
    bites = "test_every_reference_names_the_gateway_and_its_account"

    @property
    def account(self) -> str:
        return "acct_9"
