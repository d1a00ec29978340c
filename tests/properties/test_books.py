"""Whatever a firm does, in whatever order: after every step its books agree with themselves, on every store.

A random firm drafts, sends, takes money, gives it back, voids, writes off, and is told late truths by its gateway.
Afterwards the run asks how often each outcome was met, so that a test in which nothing happens cannot pass for one in
which nothing breaks.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import ClassVar

import pytest
from attrs import evolve
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.databases import Databases

from billcore import PRACTICE, PRO_FIRM, STANDARD, BillcoreError, Billing, LineItem, MemoryStore, Method, Staff, TaxRate
from billcore.ids import ClientId, InvoiceId, MethodId, PaymentId
from billcore.lines import Allowance
from billcore.policy import Policy, VoidWithPayments
from billcore.ports.store import Store
from billcore.reasons import Initiator
from billcore.reports.queues import queues as queues_asked
from billcore.testing import CountingIds, FakeGateway, ManualClock, Silence, Succeed
from billcore_sqlalchemy import SqlStore

FIRM = "acme"
JANE = Staff("jane", "Jane Chen")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
STEPS = 60 if LONG else 32

OVERPAYING = evolve(
    STANDARD, name="overpaying", allow_overpayment=True, void_with_payments=VoidWithPayments.UNAPPLY_TO_CREDIT
)
CLOSING = evolve(PRACTICE, name="closing", void_reason_required=False, refund_requires_paid_invoice=False)
VAT = TaxRate(name="VAT", percent="19")
TOKENS = ("card_ok", "card_pending", "card_declined", "ach_ok", "ach_fails", "ach_returns", "card_requires_action")
OPENINGS = ("quiet", "credit", "doubt", "dispute")
cents = st.integers(1, 30_000)


class Firm(RuleBasedStateMachine):
    """One firm, its clients, and a gateway that tells the truth in its own time."""

    outcomes: ClassVar[Counter[str]] = Counter()
    fresh: ClassVar[Callable[[], Store]] = MemoryStore
    must_happen: ClassVar[tuple[str, ...]] = (
        "sent",
        "paid",
        "charged",
        "charged in doubt",
        "refunded",
        "voided",
        "recovered",
        "disputed",
        "applied",
    )

    @initialize(policy=st.sampled_from([STANDARD, PRO_FIRM, CLOSING, OVERPAYING]), opening=st.sampled_from(OPENINGS))
    def open(self, policy: Policy, opening: str) -> None:
        self.clock = ManualClock()
        self.gateway = FakeGateway(self.clock)
        self.store = type(self).fresh()
        self.billing = Billing(self.store, [self.gateway], clock=self.clock, ids=CountingIds())
        self.billing.firms.open(FIRM, "Acme", by=JANE, policy=policy)
        self.desk = self.billing.at(FIRM, by=JANE)
        self.clients: list[ClientId] = [self.desk.clients.add(name).id for name in ("Patel", "Kim")]
        self.methods: list[MethodId] = [
            self.desk.methods.attach(client, gateway="fake", token=token).id
            for client in self.clients
            for token in TOKENS
        ]
        self.invoices: list[InvoiceId] = []
        self.payments: list[PaymentId] = []
        for number in range(4):
            self.bill(who=number % 2, amount=100_00 + number, taxed=number > 1, off=0, send=True)
        self.charge(which=0, amount=None, method=0, is_lost=False)
        self.charge(which=1, amount=None, method=len(TOKENS) + 3, is_lost=False)
        self.begin(opening)

    def begin(self, opening: str) -> None:
        """What is rarely met by chance: credit that fits an open invoice of the same client, silence, a dispute."""
        match opening:
            case "credit":
                self.take_a_deposit(who=0, amount=50_00)
                self.move_credit(which=len(self.payments) - 1, other=2, is_off=False)
            case "doubt":
                self.charge(which=2, amount=None, method=0, is_lost=True)
                self.time_passes(hours=1, is_heard=False)
            case "dispute":
                self.time_passes(hours=1, is_heard=True)
                if self.payments:
                    self.trouble(which=0, what="dispute")
            case _:
                pass

    def attempt(self, outcome: str, command: Callable[[], object]) -> object:
        """Run a command; when it is refused, what it refused is an outcome too."""
        try:
            result = command()
        except BillcoreError as error:
            self.outcomes[f"{outcome}: {error.code}"] += 1
            return None
        self.outcomes[outcome] += 1
        return result

    # ── Invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────

    @rule(who=st.integers(0, 1), amount=cents, taxed=st.booleans(), off=st.integers(0, 50), send=st.booleans())
    def bill(self, who: int, amount: int, taxed: bool, off: int, send: bool) -> None:
        price = f"{amount // 100}.{amount % 100:02}"
        line = LineItem(description="Advice", unit_price=price, taxes=(VAT,) if taxed else ())
        allowances = (Allowance(percent=str(off)),) if off else ()
        client = self.clients[who]
        charge = self.desk.charges.add(client, "Call", quantity="0.3", unit_price=price)
        draft = self.desk.invoices.draft(client, lines=[line], charges=[charge.id], allowances=allowances)
        self.invoices.append(draft.id)
        if send:
            self.attempt("sent", lambda: self.desk.invoices.send(draft.id))

    @precondition(lambda self: self.invoices)
    @rule(which=st.integers(0), verb=st.sampled_from(["send", "delete", "void", "edit", "hold", "release"]))
    def live(self, which: int, verb: str) -> None:
        invoice = self.pick(which)
        match verb:
            case "send":
                self.attempt("sent", lambda: self.desk.invoices.send(invoice))
            case "delete":
                self.attempt("deleted", lambda: self.desk.invoices.delete(invoice))
            case "void":
                self.attempt("voided", lambda: self.desk.invoices.void(invoice, reason="in error"))
            case "edit":
                self.attempt("edited", lambda: self.desk.invoices.edit(invoice, notes="seen"))
            case "hold":
                self.attempt("held", lambda: self.desk.adjustments.hold(invoice, reason="they called"))
            case _:
                self.attempt("released", lambda: self.desk.adjustments.release_hold(invoice))

    @precondition(lambda self: self.invoices)
    @rule(which=st.integers(0), amount=st.none() | cents, verb=st.sampled_from(["write off", "credit", "reverse"]))
    def adjust(self, which: int, amount: int | None, verb: str) -> None:
        invoice, wanted = self.pick(which), money(amount)
        match verb:
            case "write off":
                self.attempt("written off", lambda: self.desk.adjustments.write_off(invoice, wanted, reason="bad"))
            case "credit":
                self.attempt("credited", lambda: self.desk.adjustments.credit(invoice, wanted, reason="late"))
            case _:
                self.attempt("write-off reversed", lambda: self.desk.adjustments.reverse_write_off(invoice, wanted))

    # ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.invoices)
    @rule(which=st.integers(0), amount=st.none() | cents)
    def take_a_cheque(self, which: int, amount: int | None) -> None:
        invoice = self.pick(which)
        self.keep(self.attempt("paid", lambda: self.desk.payments.record(invoice, money(amount), method=Method.CHECK)))

    @rule(who=st.integers(0, 1), amount=cents)
    def take_a_deposit(self, who: int, amount: int) -> None:
        client = self.clients[who]
        received = self.attempt(
            "deposited",
            lambda: self.desk.payments.receive(client, money(amount) or "1.00", onto={}, method=Method.CASH),
        )
        self.keep(received)

    @precondition(lambda self: self.invoices)
    @rule(which=st.integers(0), amount=st.none() | cents, method=st.integers(0), is_lost=st.booleans())
    def charge(self, which: int, amount: int | None, method: int, is_lost: bool) -> None:
        invoice, with_ = self.pick(which), self.methods[method % len(self.methods)]
        if is_lost:
            self.gateway.script(charge=[Silence(then=Succeed())])
        charged = self.attempt(
            "charged in doubt" if is_lost else "charged",
            lambda: self.desk.payments.charge(invoice, money(amount), method=with_, initiator=Initiator.CLIENT),
        )
        self.gateway.script(charge=[])
        self.keep(charged)

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0), amount=st.none() | cents, through=st.booleans())
    def refund(self, which: int, amount: int | None, through: bool) -> None:
        payment = self.payments[which % len(self.payments)]
        self.attempt("refunded", lambda: self.desk.refunds.issue(payment, money(amount), through_gateway=through))

    @precondition(lambda self: self.payments and self.invoices)
    @rule(which=st.integers(0), other=st.integers(0), is_off=st.booleans())
    def move_credit(self, which: int, other: int, is_off: bool) -> None:
        payment, invoice = self.payments[which % len(self.payments)], self.pick(other)
        if is_off:
            self.attempt("unapplied", lambda: self.desk.payments.unapply(payment, invoice))
        else:
            self.attempt("applied", lambda: self.desk.payments.apply(payment, invoice))

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0))
    def cancel(self, which: int) -> None:
        payment = self.payments[which % len(self.payments)]
        self.attempt("canceled", lambda: self.desk.payments.cancel(payment, reason="changed their mind"))

    # ── The gateway and time ─────────────────────────────────────────────────────────────────────────────────────────

    @precondition(lambda self: self.payments)
    @rule(which=st.integers(0), what=st.sampled_from(["dispute", "win", "lose", "dashboard refund"]))
    def trouble(self, which: int, what: str) -> None:
        payment = self.desk.payments.get(self.payments[which % len(self.payments)])
        ref = payment.ref
        if ref is None:
            return
        match what:
            case "dispute":
                self.attempt("disputed", lambda: self.gateway.open_dispute(ref))
            case "dashboard refund":
                self.attempt("refunded in the dashboard", lambda: self.gateway.refund_in_dashboard(ref))
            case _ if payment.disputes:
                dispute = payment.disputes[-1].ref
                decide = self.gateway.win_dispute if what == "win" else self.gateway.lose_dispute
                self.attempt(f"dispute: {what}", lambda: decide(dispute))
            case _:
                pass

    @rule(hours=st.sampled_from([1, 24, 24 * 5, 24 * 40]), is_heard=st.booleans())
    def time_passes(self, hours: int, is_heard: bool) -> None:
        self.clock.advance(timedelta(hours=hours))
        if is_heard:
            self.attempt("heard", lambda: self.gateway.deliver_webhooks(self.billing.hear))
        recovered = self.billing.recover(min_age=timedelta(0))
        self.outcomes["recovered"] += recovered.resolved

    # ── What is always true ──────────────────────────────────────────────────────────────────────────────────────────

    @invariant()
    def the_books_agree(self) -> None:
        if hasattr(self, "billing"):
            assert self.billing.verify(FIRM) == ()

    @invariant()
    def the_four_queues_are_what_the_predicate_says(self) -> None:
        if not hasattr(self, "billing"):
            return
        today = self.clock.now().date()
        with self.store.read(self.desk.invoices.firm_id) as work:
            asked = queues_asked(work.invoices.all(), today)
        assert self.desk.reports.queues() == asked

    def pick(self, which: int) -> InvoiceId:
        return self.invoices[which % len(self.invoices)]

    def keep(self, payment: object) -> None:
        identity = getattr(payment, "id", None)
        if identity is not None:
            self.payments.append(identity)


def money(amount: int | None) -> str | None:
    return None if amount is None else f"{amount // 100}.{amount % 100:02}"


EXAMPLES = {"memory": 100, "sqlite": 40, "postgresql": 8, "mariadb": 8}
"""How many firms on each store. They are the first of the same stories: the machine is one, and so is its chance."""
ENOUGH = 40
"""With fewer firms, what must happen need not."""


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_books_agree_after_every_step_of_a_random_firm(name: str, databases: Databases) -> None:
    Firm.outcomes = Counter()
    Firm.fresh = fresh_store(name, databases)

    run_state_machine_as_test(
        Firm,
        settings=settings(
            max_examples=EXAMPLES[name] * (6 if LONG else 1),
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=not LONG,
            suppress_health_check=list(HealthCheck),
        ),
    )

    if EXAMPLES[name] < ENOUGH:
        return
    assert not [outcome for outcome in Firm.must_happen if Firm.outcomes[outcome] == 0], Firm.outcomes


def fresh_store(name: str, databases: Databases) -> Callable[[], Store]:
    """What makes a store with nothing in it, as often as it is asked."""
    if name == "memory":
        return MemoryStore
    if name == "sqlite":
        return lambda: SqlStore.open("sqlite://")
    database = databases.get(name)

    def emptied() -> Store:
        database.empty()
        return SqlStore(database.engine)

    return emptied
