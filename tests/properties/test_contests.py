"""However often a payment is contested, refunded or returned, our account with the gateway is what it owes us.

The gateway tells whole snapshots, which may be lost, late or repeated: what was heard is any part of what happened, in
any order, and the last word. Its own settlement lines are the judge.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from typing import Final

import pytest
from attrs import define, field
from hypothesis import given
from hypothesis import strategies as st
from tests.office import FIRM, Office

from billcore.actors import Processor
from billcore.dates import Period
from billcore.errors import BillcoreError
from billcore.gateways import Gateways
from billcore.ids import FirmId, GatewayRef
from billcore.journal import Account
from billcore.money import Money
from billcore.payments.observation import DisputeStatus, PaymentSnapshot, RefundStatus
from billcore.payments.payment import Payment, PaymentState
from billcore.permissions import AllowAll
from billcore.services.house import House
from billcore.services.observing import Observing
from billcore.testing import CountingIds

DISPUTE_FEE: Final = Money(15_00, "USD")
RETURN_FEE: Final = Money(4_00, "USD")


def usd(minor: int) -> Money:
    return Money(minor, "USD")


@define
class Contested:
    """A payment of 100.00 whose gateway has troubles with it; ``moments`` is all that it could have told."""

    office: Office
    payment: Payment
    moments: list[PaymentSnapshot] = field(factory=list)

    @classmethod
    def open(cls) -> "Contested":
        office = Office.open()
        return cls(office=office, payment=office.charged(office.sent(office.client())))

    @property
    def ref(self) -> GatewayRef:
        assert self.payment.ref is not None
        return self.payment.ref

    @property
    def seen(self) -> PaymentSnapshot:
        return self.office.gateway.get_payment(self.ref)

    def happens(self, what: str, minor: int) -> None:
        """One trouble, where it is possible now; the gateway could tell of it."""
        try:
            TROUBLES[what](self, usd(minor))
        except BillcoreError:
            return
        self.moments.append(self.seen)

    def hear(self, *moments: PaymentSnapshot) -> Payment:
        """What the gateway told at those moments."""
        house = House(
            store=self.office.store,
            gateways=Gateways([self.office.gateway]),
            clock=self.office.clock,
            ids=CountingIds(),
            authorizer=AllowAll(),
        )
        for seen in moments:
            Observing(house).payment(FirmId(FIRM), self.payment.id, seen, by=Processor("fake"))
        return self.office.desk.payments.get(self.payment.id)

    def agree(self) -> None:
        """The gateway's books and ours: gross, given back, taken back, fees, and what all of it comes to."""
        theirs, seen = self.office.gateway.books(), self.seen
        lost = (each.amount for each in seen.disputes if each.status is DisputeStatus.LOST)
        held = (each.amount for each in seen.disputes if each.status is DisputeStatus.OPEN)
        returned = usd(0) if seen.returned is None else seen.amount
        [ours] = self.office.desk.reports.takings(Period(date(2020, 1, 1), date(2100, 1, 1))).currencies
        balance = {row.account: row.debit - row.credit for row in self.office.desk.reports.trial_balance().rows}
        assert ours.gross == theirs.taken("USD")
        assert ours.refunded == theirs.refunded("USD")
        assert ours.taken_back == Money.sum(lost, "USD") + returned
        assert ours.fees == theirs.fees("USD")
        assert balance.get(Account.DISPUTED, usd(0)) == Money.sum(held, "USD")
        assert balance[Account.CLEARING] == theirs.net("USD")
        assert self.office.billing.verify(FIRM) == ()


Trouble = Callable[[Contested, Money], object]


def _with(status: DisputeStatus, decide: Callable[[Contested, GatewayRef], object]) -> Trouble:
    """For the first or the last of the payment's disputes that stand there."""

    def happens(contested: Contested, amount: Money) -> None:
        standing = [dispute.ref for dispute in contested.seen.disputes if dispute.status is status]
        for ref in standing[-1:] if amount.minor > 50_00 else standing[:1]:
            decide(contested, ref)

    return happens


def _bounces(contested: Contested, _: Money) -> None:
    for refund in contested.seen.refunds:
        if refund.status is RefundStatus.SUCCEEDED:
            contested.office.gateway.fail(refund.ref)
            return


TROUBLES: Final[Mapping[str, Trouble]] = {
    "dispute": lambda it, amount: it.office.gateway.open_dispute(it.ref, amount, fee=DISPUTE_FEE),
    "free dispute": lambda it, amount: it.office.gateway.open_dispute(it.ref, amount),
    "win": _with(DisputeStatus.OPEN, lambda it, ref: it.office.gateway.win_dispute(ref)),
    "lose": _with(DisputeStatus.OPEN, lambda it, ref: it.office.gateway.lose_dispute(ref)),
    "inquiry": lambda it, amount: it.office.gateway.open_inquiry(it.ref, amount),
    "escalate": _with(DisputeStatus.INQUIRY, lambda it, ref: it.office.gateway.escalate_inquiry(ref)),
    "close": _with(DisputeStatus.INQUIRY, lambda it, ref: it.office.gateway.close_inquiry(ref)),
    "refund": lambda it, amount: it.office.desk.refunds.issue(it.payment.id, str(amount.amount)),
    "dashboard refund": lambda it, amount: it.office.gateway.refund_in_dashboard(it.ref, amount),
    "bounce": _bounces,
    "return": lambda it, _: it.office.gateway.bank_return(it.ref, fee=RETURN_FEE),
}
Story = Sequence[tuple[str, int]]
STORIES: Final[Mapping[str, tuple[Story, PaymentState]]] = {
    "the rest after a part was charged back": (
        [("dispute", 60_00), ("lose", 0), ("dispute", 40_00), ("lose", 0)],
        PaymentState.CHARGED_BACK,
    ),
    "another one after the whole was charged back": (
        [("dispute", 100_00), ("lose", 0), ("dispute", 40_00), ("lose", 0)],
        PaymentState.CHARGED_BACK,
    ),
    "another one that is won after the whole was charged back": (
        [("dispute", 100_00), ("lose", 0), ("dispute", 40_00), ("win", 0)],
        PaymentState.CHARGED_BACK,
    ),
    "another one that is open after the whole was charged back": (
        [("dispute", 100_00), ("lose", 0), ("dispute", 40_00)],
        PaymentState.CHARGED_BACK,
    ),
    "more than the payment, as currencies move": ([("dispute", 102_27), ("lose", 0)], PaymentState.CHARGED_BACK),
    "another one after one was won": (
        [("dispute", 100_00), ("win", 0), ("dispute", 100_00), ("lose", 0)],
        PaymentState.CHARGED_BACK,
    ),
    "two at once": ([("dispute", 60_00), ("dispute", 60_00), ("win", 0)], PaymentState.DISPUTED),
    "one beside a refund": ([("refund", 30_00), ("dispute", 100_00), ("lose", 0)], PaymentState.CHARGED_BACK),
    "a dispute of what was returned": ([("return", 0), ("dispute", 100_00), ("win", 0)], PaymentState.RETURNED),
    "a return of what was charged back": (
        [("dispute", 60_00), ("lose", 0), ("return", 0)],
        PaymentState.RETURNED,
    ),
    "a return of what is disputed": ([("dispute", 60_00), ("return", 0), ("lose", 0)], PaymentState.RETURNED),
}


@pytest.mark.parametrize("is_told", ["step by step", "at once"])
@pytest.mark.parametrize("name", STORIES)
def test_each_dispute_that_a_gateway_tells_is_in_the_books_once(name: str, is_told: str) -> None:
    contested = Contested.open()
    story, state = STORIES[name]

    for what, minor in story:
        contested.happens(what, minor)
        if is_told == "step by step":
            contested.hear(contested.seen)
    payment = contested.hear(*contested.moments, *contested.moments)

    contested.agree()
    assert payment.state is state


@given(
    st.lists(
        st.tuples(st.sampled_from(sorted(TROUBLES)), st.sampled_from([20_00, 60_00, 100_00, 102_27])),
        min_size=4,
        max_size=12,
    ),
    st.data(),
)
def test_whatever_happens_to_a_payment_our_account_with_the_gateway_is_what_it_owes_us(
    story: Story, data: st.DataObject
) -> None:
    contested = Contested.open()

    for what, minor in story:
        contested.happens(what, minor)
        told = data.draw(st.lists(st.sampled_from([contested.seen, *contested.moments]), max_size=2))
        contested.hear(*told)
    contested.hear(contested.seen)

    contested.agree()
