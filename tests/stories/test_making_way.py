"""A page on which a client may pay makes way for whoever pays otherwise, and nobody is charged twice for it."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from attrs import evolve
from tests.office import FIRM, JANE, PRIYA, Office, a_line

from billcore.actors import System
from billcore.billing import Billing, FrontDesk
from billcore.clients import Terms
from billcore.errors import (
    BillcoreError,
    GatewayUnavailable,
    InvoiceHasPayments,
    NotPayable,
    Overpayment,
    PaymentInFlight,
    ReasonRequired,
)
from billcore.ids import GatewayRef, InvoiceId
from billcore.invoices.invoice import Invoice
from billcore.memory import MemoryStore
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.observation import CheckoutSnapshot, CheckoutStatus
from billcore.payments.payment import Payment, PaymentState
from billcore.policy import PRACTICE, STANDARD, BackfillScope, LateFeeRule, Policy
from billcore.recurring.cadence import Cadence
from billcore.testing import CountingIds, FakeGateway, ManualClock

PAID, BACK = "https://acme.example/paid", "https://acme.example/back"


class Watched(FakeGateway):
    """It tells on whoever calls inside a transaction, and somebody may pull a plug while a page is being closed."""

    store: MemoryStore
    closes = 0
    before_closing: Callable[[GatewayRef], object] = staticmethod(lambda _: None)
    after_closing: Callable[[GatewayRef], object] = staticmethod(lambda _: None)

    def expire_checkout(self, ref: GatewayRef) -> CheckoutSnapshot:
        assert not self.store.is_in_unit_of_work, "a page is closed with a transaction open"
        self.closes += 1
        self.before_closing(ref)
        page = super().expire_checkout(ref)
        self.after_closing(ref)
        return page


def opened(policy: Policy = STANDARD) -> tuple[Office, Watched]:
    clock, store = ManualClock(), MemoryStore()
    gateway = Watched(clock)
    gateway.store = store
    billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
    billing.firms.open(FIRM, "Acme", by=JANE, policy=policy, terms=Terms.net(0))
    return Office(clock=clock, store=store, gateway=gateway, billing=billing), gateway


@pytest.fixture
def at_acme() -> tuple[Office, Watched]:
    return opened()


@pytest.fixture
def office(at_acme: tuple[Office, Watched]) -> Office:
    return at_acme[0]


@pytest.fixture
def gateway(at_acme: tuple[Office, Watched]) -> Watched:
    return at_acme[1]


@pytest.fixture
def invoice(office: Office) -> Invoice:
    """Of 100.00, sent to the client."""
    return office.sent(office.client())


def looked_at(office: Office, invoice: Invoice, amount: str | None = None) -> Payment:
    """The client opens the page to pay on, and leaves it."""
    return opened_as(office, invoice, amount, request_id=None)


def opened_as(office: Office, invoice: Invoice, amount: str | None, *, request_id: str | None) -> Payment:
    portal = office.portal(invoice.client_id)
    return portal.payments.checkout(
        invoice.id, amount, gateway="fake", success_url=PAID, cancel_url=BACK, request_id=request_id
    )


def page_of(office: Office, payment: Payment) -> GatewayRef:
    assert payment.operation_id is not None
    with office.store.read(payment.firm_id) as work:
        ref = work.operations.peek(payment.operation_id).ref
    assert ref is not None
    return ref


def is_open(office: Office, payment: Payment) -> bool:
    """At the gateway, where a client could pay on it; and our books say the same."""
    there = office.gateway.get_checkout(page_of(office, payment)).status is CheckoutStatus.OPEN
    assert office.desk.payments.get(payment.id).is_waiting is there
    return there


def by_check(office: Office, invoice: Invoice, amount: str | None = None, request_id: str | None = None) -> Payment:
    return office.desk.payments.record(invoice.id, amount, method=Method.CHECK, request_id=request_id)


def is_right(office: Office) -> bool:
    return office.billing.verify(FIRM) == ()


# ── The client looked, and somebody pays otherwise ───────────────────────────────────────────────────────────────────

OTHERWISE: dict[str, Callable[[Office, Invoice], object]] = {
    "a cheque comes": by_check,
    "a cheque comes for a part": lambda office, invoice: by_check(office, invoice, "60.00"),
    "one click marks it paid": lambda office, invoice: office.desk.payments.mark_paid(invoice.id),
    "several are marked paid": lambda office, invoice: office.desk.bulk.mark_paid([invoice.id]),
    "a transfer comes for it and more": lambda office, invoice: office.desk.payments.receive(
        invoice.client_id, "150.00", onto={invoice.id: "100.00"}, method=Method.WIRE
    ),
    "staff charge the saved card": lambda office, invoice: office.desk.payments.charge(
        invoice.id, method=office.card(office.desk.clients.get(invoice.client_id))
    ),
    "the client charges the saved card": lambda office, invoice: office.portal(invoice.client_id).payments.charge(
        invoice.id, method=office.card(office.desk.clients.get(invoice.client_id))
    ),
    "credit is applied": lambda office, invoice: office.desk.payments.apply(
        office.desk.payments.receive(invoice.client_id, "100.00", onto={}, method=Method.CHECK).id, invoice.id
    ),
    "it is voided": lambda office, invoice: office.desk.invoices.void(invoice.id, reason="in error"),
    "it is written off": lambda office, invoice: office.desk.adjustments.write_off(invoice.id, reason="lost"),
    "a part is written off": lambda office, invoice: office.desk.adjustments.write_off(invoice.id, "1.00"),
    "a credit note is written": lambda office, invoice: office.desk.adjustments.credit(invoice.id),
}


@pytest.mark.rule("S1.20")
@pytest.mark.parametrize("otherwise", OTHERWISE)
def test_a_page_that_was_left_open_keeps_nobody_from_what_they_do_otherwise(
    otherwise: str, office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice)
    assert office.balance(invoice) == "0.00"

    OTHERWISE[otherwise](office, invoice)

    assert not is_open(office, page)
    assert office.desk.payments.get(page.id).state is PaymentState.CANCELED
    assert office.invoice(invoice).in_flight.is_zero
    assert gateway.closes == 1
    office.hear()
    office.billing.recover(min_age=timedelta(0))
    assert is_right(office)


def test_an_invoice_whose_page_made_way_is_paid_by_the_cheque(office: Office, invoice: Invoice) -> None:
    page = looked_at(office, invoice)

    cheque = by_check(office, invoice)

    assert (cheque.amount, office.badge(invoice)) == (Money(100_00, "USD"), "Paid")
    assert office.desk.payments.get(page.id).action_url is None


def test_all_of_an_invoice_means_also_what_a_page_has_of_it(office: Office, invoice: Invoice) -> None:
    page = looked_at(office, invoice, "40.00")

    office.desk.payments.mark_paid(invoice.id)

    assert (office.badge(invoice), is_open(office, page)) == ("Paid", False)


def test_what_fits_beside_the_page_leaves_the_client_on_it(office: Office, gateway: Watched, invoice: Invoice) -> None:
    page = looked_at(office, invoice, "60.00")

    by_check(office, invoice, "40.00")
    gateway.client_pays(page_of(office, page))
    office.hear()

    assert (gateway.closes, office.badge(invoice)) == (0, "Paid")


@pytest.mark.parametrize(("first", "second"), [(None, None), ("40.00", "40.00"), ("40.00", None), (None, "40.00")])
def test_another_page_of_the_invoice_replaces_the_first(
    first: str | None, second: str | None, office: Office, invoice: Invoice
) -> None:
    old = looked_at(office, invoice, first)
    new = looked_at(office, invoice, second)

    assert (is_open(office, old), is_open(office, new)) == (False, True)
    assert new.amount == Money.of(second or "100.00", "USD")
    assert office.invoice(invoice).in_flight == new.amount


def test_a_page_of_another_invoice_stays_open(office: Office, invoice: Invoice) -> None:
    other = office.sent(office.desk.clients.get(invoice.client_id))
    page = looked_at(office, other)
    looked_at(office, invoice)

    by_check(office, invoice)

    assert is_open(office, page)


def test_more_than_is_owed_is_credit_where_the_policy_takes_it_once_the_page_is_closed() -> None:
    office, _ = opened(evolve(STANDARD, allow_overpayment=True))
    invoice = office.sent(office.client())
    looked_at(office, invoice)

    cheque = by_check(office, invoice, "120.00")

    assert (office.badge(invoice), cheque.unapplied) == ("Paid", Money(20_00, "USD"))


def test_a_late_fee_is_waived_though_a_page_asks_for_it() -> None:
    office, _ = opened(evolve(STANDARD, late_fee=LateFeeRule(percent="10", days_past_due=1, reason="see our terms")))
    invoice = office.sent(office.client())
    office.days_later(1)
    office.desk.adjustments.assess_late_fees()
    page = looked_at(office, invoice)

    [fee] = office.desk.adjustments.waive_late_fee(invoice.id, 1).late_fees

    assert fee.waived_at is not None
    assert (office.balance(invoice), is_open(office, page)) == ("100.00", False)


# ── At the same moment ───────────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("amount", "refusal"), [(None, NotPayable), ("100.00", Overpayment), ("40.00", Overpayment)])
@pytest.mark.parametrize("when", ["a moment before", "while it is being closed"])
def test_a_client_who_pays_at_the_same_moment_has_paid_and_the_cheque_is_refused(
    amount: str | None, refusal: type[BillcoreError], when: str, office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice)
    if when == "a moment before":
        gateway.client_pays(page_of(office, page))
    else:
        gateway.before_closing = gateway.client_pays

    with pytest.raises(refusal):
        by_check(office, invoice, amount)

    assert office.desk.payments.get(page.id).state is PaymentState.COMPLETED
    assert office.badge(invoice) == "Paid"
    office.hear()
    assert [payment.id for payment in office.desk.payments.of_invoice(invoice.id)] == [page.id]
    assert is_right(office)


def test_what_a_page_paid_of_the_invoice_is_taken_and_the_cheque_pays_the_rest(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice, "60.00")
    gateway.client_pays(page_of(office, page))

    cheque = by_check(office, invoice)

    assert (cheque.amount, office.badge(invoice)) == (Money(40_00, "USD"), "Paid")


def test_a_bank_debit_that_was_begun_on_a_page_is_on_its_way_and_does_not_make_way(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice)
    gateway.client_pays(page_of(office, page), "ach_ok")

    for _ in range(2):
        with pytest.raises(PaymentInFlight):
            by_check(office, invoice)

    assert office.desk.payments.get(page.id).state is PaymentState.PENDING
    assert gateway.closes == 1, "once it is known to be paid on, nobody tries to close it"


# ── The gateway does not answer, or the program dies ─────────────────────────────────────────────────────────────────


def test_a_page_that_may_be_open_still_keeps_what_it_reserves(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice)

    with office.gateway.down(), pytest.raises(PaymentInFlight):
        by_check(office, invoice)

    assert is_open(office, page)
    assert (office.balance(invoice), gateway.closes) == ("0.00", 1)
    assert is_right(office)
    by_check(office, invoice)
    assert (office.badge(invoice), is_open(office, page)) == ("Paid", False)


def test_a_closing_whose_answer_was_lost_is_found_out(office: Office, gateway: Watched, invoice: Invoice) -> None:
    page = looked_at(office, invoice)
    gateway.after_closing = _silence

    with pytest.raises(PaymentInFlight):
        by_check(office, invoice)
    still = office.desk.payments.get(page.id)
    gateway.after_closing = lambda _: None
    office.clock.advance(timedelta(minutes=5))
    office.billing.recover()

    assert still.is_waiting, "silence is not success"
    assert not is_open(office, page)
    assert office.balance(invoice) == "100.00"


def test_a_gateway_that_is_gone_closes_no_page_and_says_so_to_an_operator(office: Office, invoice: Invoice) -> None:
    looked_at(office, invoice)
    elsewhere = Billing(office.store, [], clock=office.clock)

    with pytest.raises(PaymentInFlight) as refused:
        elsewhere.at(FIRM, by=JANE).payments.record(invoice.id, method=Method.CHECK)

    assert isinstance(refused.value.__cause__, BillcoreError)
    assert refused.value.__cause__.code == "unknown_gateway"


@pytest.mark.parametrize("moment", ["before_closing", "after_closing"])
def test_a_program_that_dies_while_it_makes_way_leaves_nothing_reserved_and_nothing_doubled(
    moment: str, office: Office, gateway: Watched, invoice: Invoice
) -> None:
    page = looked_at(office, invoice)
    setattr(gateway, moment, _dies)
    with pytest.raises(KeyboardInterrupt):
        by_check(office, invoice, request_id="click")
    setattr(gateway, moment, lambda _: None)

    office.clock.advance(timedelta(minutes=5))
    office.billing.recover()

    assert not is_open(office, page)
    assert office.balance(invoice) == "100.00"
    again = [by_check(office, invoice, request_id="click").id for _ in range(2)]
    assert again[0] == again[1]
    assert [payment.id for payment in office.desk.payments.of_invoice(invoice.id)] == [page.id, again[0]]
    assert is_right(office)


def _silence(_: GatewayRef) -> None:
    raise GatewayUnavailable("no answer")


def _dies(_: GatewayRef) -> None:
    raise KeyboardInterrupt


def test_a_command_that_is_repeated_closes_no_page_of_its_own(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    looked_at(office, invoice, "10.00")

    first, second = (opened_as(office, invoice, None, request_id="click") for _ in range(2))

    assert first == second
    assert (is_open(office, first), gateway.closes) == (True, 1)


# ── What does not make way, and for whom nothing does ────────────────────────────────────────────────────────────────


def test_a_charge_on_its_way_never_makes_way_nor_a_page_that_would_not_free_enough(
    office: Office, gateway: Watched, invoice: Invoice
) -> None:
    charge = office.charged(invoice, "60.00", token="card_pending")
    state = charge.state
    page = looked_at(office, invoice, "30.00")

    with pytest.raises(PaymentInFlight):
        by_check(office, invoice, "50.00")
    with pytest.raises(PaymentInFlight):
        office.desk.invoices.void(invoice.id)
    untouched = is_open(office, page), office.desk.payments.get(charge.id).state

    by_check(office, invoice, "40.00")

    assert untouched == (True, state)
    assert charge.is_waiting
    assert office.desk.payments.get(charge.id).state is state
    assert (is_open(office, page), gateway.closes) == (False, 1)


DOOMED: dict[str, tuple[type[BillcoreError], Callable[[FrontDesk, InvoiceId], object]]] = {
    "pay more than is owed": (
        Overpayment,
        lambda desk, invoice_id: desk.payments.record(invoice_id, "100.01", method=Method.CHECK),
    ),
    "write off for no reason": (
        ReasonRequired,
        lambda desk, invoice_id: desk.adjustments.write_off(invoice_id, "90.00"),
    ),
    "void for no reason": (ReasonRequired, lambda desk, invoice_id: desk.invoices.void(invoice_id)),
    "void what is paid in part": (
        InvoiceHasPayments,
        lambda desk, invoice_id: desk.invoices.void(invoice_id, reason="in error"),
    ),
    "credit less than nothing": (
        PaymentInFlight,
        lambda desk, invoice_id: desk.adjustments.credit(invoice_id, "-1.00"),
    ),
}


@pytest.mark.parametrize("command", DOOMED)
def test_no_client_is_pulled_off_a_page_for_a_command_that_is_refused_anyway(command: str) -> None:
    office, gateway = opened(evolve(STANDARD, void_reason_required=True))
    invoice = office.sent(office.client())
    by_check(office, invoice, "20.00")
    page = looked_at(office, invoice)
    refusal, do = DOOMED[command]

    with pytest.raises(refusal):
        do(office.desk, invoice.id)

    assert (is_open(office, page), gateway.closes) == (True, 0)


@pytest.mark.parametrize("amount", [None, "40.00"])
def test_auto_pay_leaves_a_client_be_who_may_be_paying_and_charges_once_the_page_is_over(
    amount: str | None, office: Office, gateway: Watched
) -> None:
    client = office.client(terms=Terms.net(10))
    office.card(client)
    office.desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], autopay=True)
    office.billing.run()
    [invoice] = office.desk.invoices.page().invoices
    office.days_later(10)
    page = looked_at(office, invoice, amount)

    ran = office.billing.run()
    left_alone = is_open(office, page)
    office.days_later(1)
    office.hear()
    later = office.billing.run()

    assert (left_alone, ran.collected, ran.uncollected, gateway.closes) == (True, 0, (), 0)
    assert (later.collected, office.badge(invoice)) == (1, "Paid")


@pytest.mark.parametrize("amount", [None, "40.00"])
def test_a_job_closes_no_page(amount: str | None, office: Office, gateway: Watched, invoice: Invoice) -> None:
    page = looked_at(office, invoice, amount)

    with pytest.raises(PaymentInFlight):
        office.by(System("importer")).payments.record(invoice.id, method=Method.CHECK)

    assert (is_open(office, page), gateway.closes) == (True, 0)


def test_back_fill_charges_what_was_confirmed_and_never_what_is_on_a_page() -> None:
    office, gateway = opened(evolve(PRACTICE, backfill_scope=BackfillScope.ALL))
    client = office.client()
    invoice, card = office.sent(client), office.card(client)
    page = looked_at(office, invoice, "40.00")
    desk = office.by(PRIYA).backfill
    offer = desk.offer(client.id)

    [result] = desk.accept(client.id, offer.invoice_ids, total=offer.total, method=card)

    assert isinstance(result.refused, PaymentInFlight)
    assert (is_open(office, page), gateway.closes) == (True, 0)
