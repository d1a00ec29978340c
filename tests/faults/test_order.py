"""What a gateway told of one payment leads to the same books, in whatever order and however often it was told.

All orders are tried, not samples: every moment of a payment's story is a snapshot, and from every state that the books
can be in, every snapshot is taken. Whatever came before it, the last word must decide.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from enum import IntEnum
from itertools import product
from typing import Final

import pytest
from attrs import evolve, frozen
from tests.faults.conftest import IS_LONG
from tests.office import FIRM, PRIYA, Office, a_line

from billcore.actors import Processor
from billcore.fees import FeeKind, FeeLine
from billcore.gateways import Gateways
from billcore.ids import FirmId, GatewayRef, RefundId
from billcore.journal import balances, entries
from billcore.memory import MemoryStore
from billcore.memory.books import Books
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import (
    DisputeSnapshot,
    DisputeStatus,
    PaymentSnapshot,
    PaymentStatus,
    RefundSnapshot,
    RefundStatus,
    ReturnSnapshot,
    Settlement,
)
from billcore.permissions import AllowAll
from billcore.policy import PRACTICE, STANDARD, Policy, RefundEffect
from billcore.ports.clock import Clock
from billcore.reasons import Failure
from billcore.services.house import House
from billcore.services.observing import Observing
from billcore.testing import CountingIds, FakeGateway

AT: Final = datetime(2026, 5, 4, 12, tzinfo=UTC)


class Stage(IntEnum):
    """How far the payment itself is; money that comes after a failure is late, and booked."""

    OPEN = 0
    REQUIRES_ACTION = 1
    PENDING = 2
    FAILED = 3
    SUCCEEDED = 4


@frozen(kw_only=True)
class Moment:
    """One moment of the story. ``refund`` and the disputes count their steps: none, the first, the second and so on."""

    stage: Stage
    fee: int = 0
    refund: int = 0
    dispute: int = 0
    another: int = 0
    returned: int = 0

    def before(self) -> Iterator["Moment"]:
        """Every moment that may have been earlier, and this one: what happened to money happens after it came."""
        for stage in range(self.stage + 1):
            if stage < Stage.SUCCEEDED:
                yield Moment(stage=Stage(stage))
                continue
            counted = (self.fee, self.refund, self.dispute, self.another, self.returned)
            for fee, refund, dispute, another, returned in product(*(range(steps + 1) for steps in counted)):
                yield Moment(
                    stage=Stage(stage), fee=fee, refund=refund, dispute=dispute, another=another, returned=returned
                )


@frozen(kw_only=True)
class Story:
    """What the steps of a refund, a dispute and another dispute are, and what the last moment is."""

    name: str
    end: Moment
    refund_steps: Sequence[RefundStatus] = ()
    dispute_steps: Sequence[DisputeStatus] = ()
    another_steps: Sequence[DisputeStatus] = ()
    refunded: int = 40_00
    disputed: int = 100_00
    is_ours: bool = False

    def snapshot(self, moment: Moment, payment: GatewayRef, refund_id: RefundId | None) -> PaymentSnapshot:
        """All that the gateway knows at that moment."""
        usd = "USD"
        is_failed = moment.stage is Stage.FAILED
        seen = PaymentSnapshot(
            ref=payment,
            operation_id=None,
            status=PaymentStatus[moment.stage.name],
            amount=Money(100_00, usd),
            method=Method.CARD,
            failure=Failure(code="insufficient_funds") if is_failed else None,
            action_url="https://bank.example/act" if moment.stage is Stage.REQUIRES_ACTION else None,
            created_at=AT,
        )
        if moment.fee:
            fee = FeeLine(FeeKind.PROCESSING, Money(3_20, usd))
            seen = evolve(seen, settlement=Settlement(gross=seen.amount, fees=(fee,), net=Money(96_80, usd)))
        if moment.refund:
            refund = RefundSnapshot(
                ref=_ref("gref"),
                refund_id=refund_id,
                amount=Money(self.refunded, usd),
                status=self.refund_steps[moment.refund - 1],
                created_at=AT,
            )
            seen = evolve(seen, refunds=(refund,))
        disputes = [
            DisputeSnapshot(
                ref=_ref(id), amount=Money(amount, usd), status=steps[step - 1], fee=Money(15_00, usd), opened_at=AT
            )
            for id, amount, steps, step in (
                ("gdis", self.disputed, self.dispute_steps, moment.dispute),
                ("gdis2", 60_00, self.another_steps, moment.another),
            )
            if step
        ]
        seen = evolve(seen, disputes=tuple(disputes))
        if moment.returned:
            returned = ReturnSnapshot(code="R01", fee=Money(4_00, usd), returned_at=AT)
            seen = evolve(seen, returned=returned)
        return seen


def _ref(id: str) -> GatewayRef:
    return GatewayRef("fake", None, id)


_GIVEN: Final = (RefundStatus.PENDING, RefundStatus.SUCCEEDED)
_BOUNCED: Final = (*_GIVEN, RefundStatus.FAILED)
_WON: Final = (DisputeStatus.OPEN, DisputeStatus.WON)
_LOST: Final = (DisputeStatus.OPEN, DisputeStatus.LOST)
_ASKED: Final = (DisputeStatus.INQUIRY, *_LOST)


def _stories() -> Iterator[Story]:
    paid = Moment(stage=Stage.SUCCEEDED, fee=1)
    yield Story(name="failed", end=Moment(stage=Stage.FAILED))
    yield Story(name="paid", end=paid)
    yield Story(name="returned", end=evolve(paid, returned=1))
    for contest, disputes in (("won", _WON), ("lost", _LOST)):
        story = Story(name=contest, end=evolve(paid, dispute=2), dispute_steps=disputes)
        yield story
        yield evolve(story, name=f"{contest}, returned", end=evolve(story.end, returned=1))
        for then, others in (("another won", _WON), ("another lost", _LOST), ("another lost after an inquiry", _ASKED)):
            for disputed in (40_00, 100_00):
                yield evolve(
                    story,
                    name=f"dispute of {disputed // 100} {contest}, {then}",
                    end=evolve(story.end, another=len(others)),
                    another_steps=others,
                    disputed=disputed,
                )
    for ours, given, is_ours in (("refund", "foreign", False), ("refund", "our", True)):
        for outcome, steps in (("succeeded", _GIVEN), ("failed", _BOUNCED)):
            for amount in (40_00, 100_00):
                name = f"{given} {ours} of {amount // 100} {outcome}"
                refunded = evolve(paid, refund=len(steps))
                story = Story(name=name, end=refunded, refund_steps=steps, refunded=amount, is_ours=is_ours)
                yield story
                yield evolve(story, name=f"{name}, returned", end=evolve(refunded, returned=1))
                for contest, disputes in (("won", _WON), ("lost", _LOST)):
                    for disputed in (60_00, 100_00):
                        yield evolve(
                            story,
                            name=f"{name}, dispute of {disputed // 100} {contest}",
                            end=evolve(refunded, dispute=2),
                            dispute_steps=disputes,
                            disputed=disputed,
                        )


_ALL: Final = tuple(_stories())
STORIES: Final = _ALL if IS_LONG else tuple(story for story in _ALL if story.refunded == 40_00)


class Now(FakeGateway):
    """Whoever reads the payment again, because what they were told denies their books, is told the last word."""

    def __init__(self, clock: Clock, last_word: Callable[[], PaymentSnapshot]) -> None:
        super().__init__(clock)
        self._last_word = last_word

    def get_payment(self, ref: GatewayRef) -> PaymentSnapshot:
        return self._last_word()


class Telling:
    """The books of one payment, in memory: they can be told a moment, described, and put back to what they were."""

    def __init__(self, story: Story, policy: Policy) -> None:
        self._story, self._store = story, MemoryStore()
        office = self._office = Office.open(policy, store=self._store)
        client = office.desk.clients.add("Patel Family")
        draft = office.desk.invoices.draft(client.id, lines=[a_line("100.00")])
        self._invoice_id = office.desk.invoices.send(draft.id).id
        method = office.desk.methods.attach(client.id, gateway="fake", token="card_ok")
        self._refund_id: RefundId | None = None
        house = House(
            store=office.store,
            gateways=Gateways([Now(office.clock, lambda: story.snapshot(story.end, _ref("gpay"), self._refund_id))]),
            clock=office.clock,
            ids=CountingIds(),
            authorizer=AllowAll(),
        )
        self._observing = Observing(house)
        with office.gateway.down():
            self._payment_id = office.by(PRIYA).payments.charge(self._invoice_id, method=method.id).id
            if story.is_ours:
                self.tell(Moment(stage=Stage.SUCCEEDED))
                amount = f"{story.refunded // 100}.00"
                self._refund_id = office.desk.refunds.issue(self._payment_id, amount).id

    @property
    def state(self) -> Books:
        return self._store._books

    @state.setter
    def state(self, books: Books) -> None:
        self._store._books = books

    def tell(self, moment: Moment) -> None:
        """As an answer, a webhook or recovery does."""
        seen = self._story.snapshot(moment, _ref("gpay"), self._refund_id)
        self._observing.payment(FirmId(FIRM), self._payment_id, seen, by=Processor("fake"))

    def describe(self) -> dict[str, object]:
        """What must not depend on the order: all but moments, versions, ids made here, and the order of events."""
        with self._office.store.read(FirmId(FIRM)) as work:
            payment, invoice = work.payments.get(self._payment_id), work.invoices.get(self._invoice_id)
            refunds = work.refunds.of_payment(self._payment_id)
            notes = work.credit_notes.of_invoice(self._invoice_id)
            books = balances(entries(work.events.all()))
            ids = [payment.operation_id, *(refund.operation_id for refund in refunds)]
            operations = [work.operations.peek(each) for each in ids if each]
        return {
            "state": (payment.state, payment.failure, payment.ref, payment.needs_review),
            "money": (payment.applications, payment.refunded, payment.refund_reserved, payment.taken_back),
            "fees": (payment.fee, frozenset((extra.source, extra.line) for extra in payment.extra_fees)),
            "disputes": frozenset(payment.disputes),
            "refunds": [(refund.state, refund.amount, refund.ref) for refund in refunds],
            "refunded from": [(refund.parts, refund.unapplied) for refund in refunds],
            "paid": (invoice.paid, invoice.in_flight),
            "owed": invoice.owed,
            "hold": invoice.hold is None,
            "credit notes": sorted(note.amount.minor for note in notes if note.canceled_at is None),
            "journal": frozenset(balance for balance in books if not balance.amount.is_zero),
            # Of a refund that succeeded and then failed, the instruction was carried out or not: it is done.
            "operations": [operation.is_done for operation in operations],
        }

    def verified(self) -> list[str]:
        return [f"{wrong.check}: {wrong.message}" for wrong in self._office.billing.verify(FIRM)]


@pytest.mark.parametrize("policy", [STANDARD, PRACTICE], ids=lambda policy: policy.name)
@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)
def test_from_every_state_of_the_books_the_last_word_leads_to_the_same_end(story: Story, policy: Policy) -> None:
    books = Telling(story, policy)
    begun = books.state
    books.tell(story.end)
    end = books.describe()
    assert books.verified() == []

    moments, seen = tuple(story.end.before()), set[str]()
    waiting: list[tuple[Books, tuple[Moment, ...]]] = [(begun, ())]
    found: list[str] = []
    depends = _depends_on_what_was_first(story, policy)
    while waiting:
        state, told = waiting.pop()
        books.state = state
        books.tell(story.end)
        described = books.describe()
        found += [f"{what} after {told}" for what in end.keys() - depends if described[what] != end[what]]
        for moment in moments:
            books.state = state
            books.tell(moment)
            if (key := repr(books.describe())) not in seen:
                seen.add(key)
                assert books.verified() == []
                waiting.append((books.state, (*told, moment)))

    assert len(seen) >= len({repr(moment) for moment in moments}) / 4
    assert found == []


def _depends_on_what_was_first(story: Story, policy: Policy) -> set[str]:
    """Where both a refund and a bank give the money back, what each found on the invoice depends on who was first.

    How much was given back, to whom and from what account does not. Where the policy writes a credit note for a refund
    that leaves nothing paid, whether it does is decided when the refund is heard of, and what is owed follows.
    """
    is_given = RefundStatus.FAILED not in story.refund_steps and story.end.refund > 0
    is_taken = story.end.returned > 0 or DisputeStatus.LOST in story.dispute_steps
    if not (is_given and is_taken):
        return set()
    writes = policy.refund_effect is not RefundEffect.REOPEN
    return {"refunded from", "hold", *(("credit notes", "owed", "journal") if writes else ())}
