"""The reports against each other: whatever a firm does, two roads to one sum lead to the same sum."""

from collections.abc import Callable, Iterable
from contextlib import suppress
from datetime import date, timedelta
from typing import Self

from attrs import define
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.reports.happened import JANE

from billcore.billing import Billing, FrontDesk
from billcore.dates import Period
from billcore.errors import Refused
from billcore.fees import FeeRate, FeeSchedule
from billcore.ids import ClientId, MethodId, PaymentId
from billcore.invoices.invoice import Invoice
from billcore.invoices.status import Queue
from billcore.journal import Account
from billcore.lines import LineItem, TaxRate
from billcore.memory import MemoryStore
from billcore.methods import Method
from billcore.money import Money
from billcore.testing import FakeGateway, ManualClock
from billcore.testing.clock import START

VAT = TaxRate(name="VAT", percent="20")
ALL_TIME = Period(date(2000, 1, 1), date(2100, 1, 1))
ON = date(2099, 1, 1)


@define
class Firm:
    """A firm with one client whose card is saved; each command acts on the newest invoice or payment, or is refused."""

    clock: ManualClock
    desk: FrontDesk
    client_id: ClientId
    card: MethodId
    payments: list[PaymentId]

    @classmethod
    def open(cls) -> Self:
        clock = ManualClock()
        billing = Billing(store=MemoryStore(), gateways=[FakeGateway(clock)], clock=clock)
        fees = FeeSchedule.of({Method.CARD: FeeRate("2.9", Money(30, "USD"))})
        billing.firms.open("acme", "Acme Law", fee_schedule=fees, by=JANE)
        desk = billing.at("acme", by=JANE)
        client = desk.clients.add("Patel Family")
        return cls(clock, desk, client.id, desk.methods.attach(client.id, gateway="fake", token="card_ok").id, [])

    def bill(self, amount: Money) -> None:
        line = LineItem(description="Advice", unit_price=amount.amount, taxes=(VAT,))
        self.desk.invoices.send(self.desk.invoices.draft(self.client_id, lines=[line]).id)

    def pay_by_check(self, amount: Money) -> None:
        self.payments.append(self.desk.payments.record(self.invoice.id, amount, method=Method.CHECK).id)

    def pay_by_card(self, amount: Money) -> None:
        self.payments.append(self.desk.payments.charge(self.invoice.id, amount, method=self.card).id)

    def prepay(self, amount: Money) -> None:
        self.payments.append(self.desk.payments.receive(self.client_id, amount, onto={}, method=Method.CASH).id)

    def apply(self, amount: Money) -> None:
        self.desk.payments.apply(self.payments[-1], self.invoice.id, amount)

    def refund(self, amount: Money) -> None:
        self.desk.refunds.issue(self.payments[-1], amount)

    def credit(self, amount: Money) -> None:
        self.desk.adjustments.credit(self.invoice.id, amount)

    def write_off(self, amount: Money) -> None:
        self.desk.adjustments.write_off(self.invoice.id, amount)

    def void(self, amount: Money) -> None:
        self.desk.invoices.void(self.invoice.id, reason=f"in error, not {amount}")

    @property
    def invoices(self) -> tuple[Invoice, ...]:
        return self.desk.invoices.page(limit=50).invoices

    @property
    def invoice(self) -> Invoice:
        """The newest."""
        return self.invoices[0]


Command = tuple[Callable[[Firm, Money], None], int]

commands: st.SearchStrategy[Command] = st.tuples(
    st.sampled_from(
        [
            Firm.bill,
            Firm.bill,
            Firm.pay_by_check,
            Firm.pay_by_card,
            Firm.prepay,
            Firm.apply,
            Firm.refund,
            Firm.credit,
            Firm.write_off,
            Firm.void,
        ]
    ),
    st.sampled_from([1, 20_00, 33_33, 50_00, 120_00]),
)


def after(happening: Iterable[Command]) -> Firm:
    """A firm with a bill and a prepayment, in which all of these were then tried, one day apart."""
    firm = Firm.open()
    firm.bill(Money(100_00, "USD"))
    firm.prepay(Money(60_00, "USD"))
    for command, minor in happening:
        firm.clock.advance(timedelta(days=1))
        with suppress(Refused):
            command(firm, Money(minor, "USD"))
    return firm


def standing(firm: Firm, *accounts: Account, on: date = ON) -> Money:
    """What the trial balance says of these accounts, together."""
    rows = [row for row in firm.desk.reports.trial_balance(on=on).rows if row.account in accounts]
    return Money.sum((row.debit - row.credit for row in rows), "USD")


lives = st.lists(commands, min_size=3, max_size=12)


@settings(max_examples=40)
@given(lives)
def test_what_clients_owe_is_the_same_in_aging_in_the_journal_and_on_the_invoices(happening: list[Command]) -> None:
    firm = after(happening)

    aged = firm.desk.reports.aging(on=ON)

    owed = Money.sum((invoice.owed for invoice in firm.invoices), "USD")
    assert Money.sum((row.total for row in aged.totals), "USD") == owed
    assert standing(firm, Account.RECEIVABLE) == owed
    assert firm.desk.reports.trial_balance(on=ON).is_balanced


@settings(max_examples=40)
@given(lives, st.integers(-1, 13))
def test_what_was_receivable_on_a_day_long_past_is_in_the_aging_of_that_day(
    happening: list[Command], days: int
) -> None:
    firm = after(happening)
    on = START.date() + timedelta(days=days)

    aged = firm.desk.reports.aging(on=on)

    total = Money.sum((row.total for row in aged.totals), "USD")
    assert total == standing(firm, Account.RECEIVABLE, on=on)


@settings(max_examples=40)
@given(lives, st.integers(0, 13))
def test_a_statement_of_a_period_long_past_closes_at_what_was_open_then(happening: list[Command], days: int) -> None:
    firm = after(happening)
    end = START.date() + timedelta(days=days)

    (account,) = firm.desk.reports.statement(firm.client_id, Period(date(2000, 1, 1), end)).currencies or (None,)

    on = end - timedelta(days=1)
    open_items = Money.sum((item.owed for item in account.open_items) if account else (), "USD")
    assert open_items == standing(firm, Account.RECEIVABLE, on=on)
    closing = account.closing if account else Money(0, "USD")
    assert closing == open_items + standing(firm, Account.CLIENT_CREDIT, on=on)


@settings(max_examples=40)
@given(lives)
def test_a_statement_closes_at_its_open_items_less_the_client_s_credit(happening: list[Command]) -> None:
    firm = after(happening)

    (account,) = firm.desk.reports.statement(firm.client_id, ALL_TIME).currencies

    open_items = Money.sum((item.owed for item in account.open_items), "USD")
    credit = Money.sum((firm.desk.payments.get(payment_id).unapplied for payment_id in firm.payments), "USD")
    assert account.closing == open_items - credit
    assert account.closing == standing(firm, Account.RECEIVABLE, Account.CLIENT_CREDIT)


@settings(max_examples=40)
@given(lives)
def test_the_net_takings_of_all_time_are_the_money_that_the_firm_has(happening: list[Command]) -> None:
    firm = after(happening)

    takings = firm.desk.reports.takings(ALL_TIME)

    net = Money.sum((row.net for row in takings.currencies), "USD")
    assert net == standing(firm, Account.CASH, Account.CLEARING, Account.DISPUTED)
    assert sum(row.count for row in takings.methods) == len(firm.payments)
    assert takings.unknown_fees == 0


@settings(max_examples=40)
@given(lives)
def test_the_dashboard_s_open_balance_is_what_can_still_be_paid_on_all_invoices(happening: list[Command]) -> None:
    firm = after(happening)

    seen = firm.desk.reports.dashboard(on=ON)

    balance = Money.sum((invoice.balance for invoice in firm.invoices), "USD")
    assert Money.sum(seen.open_balance, "USD") == balance
    assert seen.tile(Queue.AWAITING).count == 0, "everything is past due by then"
