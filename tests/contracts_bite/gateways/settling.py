"""Faults in telling one's own books."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve
from tests.contracts_bite.gateways.broken import BrokenGateway

from billcore.ports.gateway import GatewayEvent, SettlementLine

ONE_TICK = timedelta(microseconds=1)


class ListsTheFirstPageOnly(BrokenGateway):
    bites = "test_a_settled_payment_has_its_line"

    def iter_settlements(self, *, since: datetime, until: datetime) -> Iterator[SettlementLine]:
        return iter(())


class ComputesTheNet(BrokenGateway):
    """From a percentage of its own, a cent beside the provider's."""

    bites = "test_every_line_adds_up"

    def iter_settlements(self, *, since: datetime, until: datetime) -> Iterator[SettlementLine]:
        for line in super().iter_settlements(since=since, until=until):
            yield evolve(line, net=evolve(line.net, minor=line.net.minor + 1))


class TellsNothingOfTheSameSecond(BrokenGateway):
    bites = "test_what_webhooks_tell_can_be_read_later"

    def iter_events(self, *, since: datetime) -> Iterator[GatewayEvent]:
        return super().iter_events(since=since + ONE_TICK)
