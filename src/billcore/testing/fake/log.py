"""What the fake gateway writes down of everything it does: events, settlement lines, and what is still to come."""

from collections.abc import Callable
from datetime import datetime, timedelta
from heapq import heappop, heappush
from typing import Final

from billcore.errors import GatewayRequestInvalid
from billcore.fees import FeeKind, FeeLine
from billcore.ids import FirmId, GatewayRef, OperationId
from billcore.money import Money
from billcore.ports.gateway import EventKind, GatewayEvent, SettlementLine
from billcore.ports.ids import Ids

PAYOUT_AFTER: Final = timedelta(days=2)

Step = Callable[[datetime], object]


def fee_lines(kind: FeeKind, amount: Money | None) -> tuple[FeeLine, ...]:
    """The line of a fee that is known, or none."""
    return () if amount is None else (FeeLine(kind, amount),)


class FakeLog:
    """Events and settlement lines, in the order in which they happened, and the steps that wait for their moment."""

    def __init__(self, *, gateway: str, account: str | None, ids: Ids) -> None:
        self.gateway = gateway
        self.account = account
        self.events: list[GatewayEvent] = []
        self.unsent: list[GatewayEvent] = []
        self.lines: list[SettlementLine] = []
        self._ids = ids
        self._due: list[tuple[datetime, int, Step]] = []
        self._planned = 0

    def catch_up(self, now: datetime) -> None:
        """Let everything happen that was due by now, in order, each at its own moment."""
        while self._due and self._due[0][0] <= now:
            at, _, step = heappop(self._due)
            step(at)

    def later(self, at: datetime, step: Step) -> None:
        """Let this happen at that moment."""
        self._planned += 1
        heappush(self._due, (at, self._planned, step))

    def new_ref(self, prefix: str) -> GatewayRef:
        """A new object's reference."""
        return GatewayRef(self.gateway, self.account, self._ids.new(prefix))

    def own(self, ref: GatewayRef, what: str) -> str:
        """The id of a reference to this gateway and account, or ``GatewayRequestInvalid``."""
        if (ref.gateway, ref.account) != (self.gateway, self.account):
            raise GatewayRequestInvalid(
                f"asked {self.gateway} (account {self.account}) for a {what} of {ref.gateway} (account {ref.account})",
                field=what,
            )
        return ref.id

    def missing(self, what: str) -> GatewayRequestInvalid:
        """The answer to a reference that leads nowhere."""
        return GatewayRequestInvalid(f"no such {what} at {self.gateway}", field=what, provider_code="not_found")

    def tell(
        self,
        kind: EventKind,
        subject: GatewayRef,
        at: datetime,
        *,
        firm_id: FirmId | None = None,
        operation_id: OperationId | None = None,
    ) -> None:
        """Write an event, and queue it for the webhooks."""
        event = GatewayEvent(
            id=self._ids.new("gevt"),
            kind=kind,
            gateway=self.gateway,
            account=self.account,
            subject=subject,
            occurred_at=at,
            is_live=False,
            firm_id=firm_id,
            operation_id=operation_id,
        )
        self.events.append(event)
        self.unsent.append(event)

    def book(self, kind: str, payment: GatewayRef, gross: Money, fees: tuple[FeeLine, ...], at: datetime) -> None:
        """Write a settlement line; all lines of one day are paid out together."""
        payout = f"gpo_{(at + PAYOUT_AFTER):%Y%m%d}_{gross.currency}"
        self.lines.append(
            SettlementLine(
                ref=self.new_ref("gline"),
                kind=kind,
                payment=payment,
                gross=gross,
                fees=fees,
                net=gross - Money.sum((fee.amount for fee in fees), gross.currency),
                payout=GatewayRef(self.gateway, self.account, payout),
                occurred_at=at,
            )
        )
