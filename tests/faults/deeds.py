"""What a worker is told to do, and how it is done: as a host's program would, through the desks and nothing else."""

import random
from collections import Counter
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Final

from attrs import frozen
from tests.faults.bank import Hooks
from tests.faults.counterparty import Counterparty

from billcore import Billing, Contact, LineItem, Method, Staff, System
from billcore.billing import FrontDesk
from billcore.errors import Conflict, GatewayProblem, Refused, WebhookRejected
from billcore.ids import ChargeId, ClientId, FirmId, InvoiceId, MethodId, PaymentId
from billcore.services.running import Running

JANE: Final = Staff("jane", "Jane Chen")
BY_HAND: Final = (Method.CASH, Method.WIRE)


@frozen(kw_only=True)
class Job:
    """``kill_at`` is the number of the point at which the worker dies, ``kill_after`` the seconds after which it does.

    Zero lets it live; below zero, only the points around the gateway's requests are counted. With ``kills`` it is a
    shift: whoever dies is replaced, until so many died. ``copies`` workers begin at the same moment; ``index`` is which
    of them this is. With no copies the forking process does it itself, so that every worker to come inherits statements
    that are compiled already.
    """

    do: str
    url: str
    bank: str
    gateway: str
    firm: str
    subject: str = ""
    method: str = ""
    client: str = ""
    request_id: str | None = None
    amount: str | None = None
    invoices: tuple[str, ...] = ()
    hooks: Hooks = ()
    rounds: int = 1
    seed: int = 0
    minutes_later: int = 0
    kill_at: int = 0
    kill_after: float = 0
    kills: int = 0
    copies: int = 1
    index: int = 0


def perform(billing: Billing, gateway: Counterparty, job: Job) -> object:
    """Do the job; what it returns can be written as JSON."""
    desk = billing.at(job.firm, by=JANE)
    return DEEDS[job.do](billing, desk, gateway, job)


def _charge(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    return desk.payments.charge(
        InvoiceId(job.subject), job.amount, method=MethodId(job.method), request_id=job.request_id
    ).id


def _refund(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    return desk.refunds.issue(PaymentId(job.subject), job.amount, request_id=job.request_id).id


def _record(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    return desk.payments.record(InvoiceId(job.subject), job.amount, method=Method.CASH, request_id=job.request_id).id


def _receive(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    onto = {InvoiceId(job.subject): job.amount or "100.00"}
    return desk.payments.receive(
        ClientId(job.client), job.amount or "100.00", onto=onto, method=Method.CASH, request_id=job.request_id
    ).id


def _checkout(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    return desk.payments.checkout(
        InvoiceId(job.subject),
        job.amount,
        gateway=job.gateway,
        success_url="https://acme.example/paid",
        cancel_url="https://acme.example/back",
        request_id=job.request_id,
    ).id


def _hear(billing: Billing, _: FrontDesk, __: Counterparty, job: Job) -> object:
    counts: Counter[str] = Counter()
    for body, headers in job.hooks:
        heard = billing.hear(job.gateway, body.encode(), headers)
        counts += Counter(applied=heard.applied, repeated=heard.repeated, parked=heard.parked)
    return dict(counts)


def _recover(billing: Billing, _: FrontDesk, __: Counterparty, job: Job) -> object:
    return list(billing.recover(min_age=timedelta(0)).failing)


def _run(billing: Billing, _: FrontDesk, __: Counterparty, job: Job) -> object:
    """The run of that firm on the day of ``subject``, or on its own today, so many schedules at a time."""
    running = Running(billing._house, batch=job.rounds)
    on = date.fromisoformat(job.subject) if job.subject else None
    return running.run(on=on, firm_id=FirmId(job.firm)).invoices


def _number(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    """Issue invoices, and give up some of them half way: a number that was drawn goes back with its transaction."""
    numbers = []
    for _round in range(job.rounds):
        invoice = desk.invoices.draft(ClientId(job.client), lines=[LineItem(description="Advice", unit_price="10.00")])
        numbers.append(desk.invoices.issue(invoice.id).number)
    return numbers


def _draft(_: Billing, desk: FrontDesk, __: Counterparty, job: Job) -> object:
    """Bill some of the same charges as all the others, and give some of them back; how each try ended, counted."""
    chance, ended = random.Random(f"{job.seed} {job.index}"), Counter[str]()
    for _round in range(job.rounds):
        wanted = [ChargeId(each) for each in chance.sample(job.subject.split(), 3)]
        move = chance.choices(["keep", "delete", "remove a line", "void"], [1, 10, 10, 10])[0]
        try:
            invoice = desk.invoices.draft(ClientId(job.client), charges=wanted)
            match move:
                case "delete":
                    desk.invoices.delete(invoice.id)
                case "remove a line":
                    desk.lines.remove(invoice.id, invoice.lines[0].id)
                    desk.invoices.delete(invoice.id)
                case "void":
                    desk.invoices.send(invoice.id)
                    desk.invoices.void(invoice.id, reason="in error")
                case _:
                    pass
        except (Refused, Conflict) as refusal:
            ended[refusal.code] += 1
        else:
            ended[move] += 1
    return dict(ended)


def _race(billing: Billing, desk: FrontDesk, gateway: Counterparty, job: Job) -> object:
    """So many random deeds on the same invoices as all the others; how each ended, counted."""
    chance, ended = random.Random(f"{job.seed} {job.index}"), Counter[str]()
    for _round in range(job.rounds):
        move = chance.choices(list(MOVES), [weight for weight, _ in MOVES.values()])[0]
        invoice_id = InvoiceId(chance.choice(job.invoices))
        try:
            came_to = MOVES[move][1](_At(billing, desk, gateway, job, chance), invoice_id)
        except (Refused, Conflict, GatewayProblem) as refusal:
            came_to = refusal.code
        ended[f"{move}: {came_to}"] += 1
    return dict(ended)


@frozen
class _At:
    """Where a racing worker stands."""

    billing: Billing
    desk: FrontDesk
    gateway: Counterparty
    job: Job
    chance: random.Random

    @property
    def portal(self) -> Contact:
        return Contact("portal", "Priya Patel", ClientId(self.job.client))

    def some_payment(self, invoice_id: InvoiceId) -> PaymentId | None:
        payments = self.desk.payments.of_invoice(invoice_id)
        return self.chance.choice(payments).id if payments else None


def _pay(at: _At, invoice_id: InvoiceId) -> str:
    """Staff, the client in the portal and auto-pay, all for the same balance."""
    amount = at.chance.choice([None, "10.00", "25.00"])
    method = MethodId(at.chance.choice(at.job.method.split()))
    desk = at.billing.at(at.job.firm, by=at.chance.choice((JANE, at.portal, System("auto-pay"))))
    return desk.payments.charge(invoice_id, amount, method=method).state.value


def _pay_on_a_page(at: _At, invoice_id: InvoiceId) -> str:
    """The client opens a page, and then pays there, or staff close it, or nobody does anything."""
    desk = at.billing.at(at.job.firm, by=at.portal)
    payment = desk.payments.checkout(
        invoice_id,
        at.chance.choice([None, "10.00"]),
        gateway=at.job.gateway,
        success_url="https://acme.example/paid",
        cancel_url="https://acme.example/back",
    )
    match at.chance.choice(["pay", "pay", "close", "leave"]):
        case "pay":
            return at.gateway.pay_a_page(at.job.firm)
        case "close":
            return at.desk.payments.cancel(payment.id).state.value
        case _:
            return payment.state.value


def _by_hand(at: _At, invoice_id: InvoiceId) -> str:
    amount = at.chance.choice([None, "5.00"])
    return at.desk.payments.record(invoice_id, amount, method=at.chance.choice(BY_HAND)).state.value


def _give_back(at: _At, invoice_id: InvoiceId) -> str:
    payment_id = at.some_payment(invoice_id)
    if payment_id is None:
        return "no payment"
    return at.desk.refunds.issue(payment_id, at.chance.choice([None, "3.00", "10.00"])).state.value


def _void(at: _At, invoice_id: InvoiceId) -> str:
    at.desk.invoices.void(invoice_id, reason="sent in error")
    return "void"


def _cancel(at: _At, invoice_id: InvoiceId) -> str:
    payment_id = at.some_payment(invoice_id)
    return "no payment" if payment_id is None else at.desk.payments.cancel(payment_id).state.value


def _be_told(at: _At, _: InvoiceId) -> str:
    """The bank decides what is pending, and delivers what it has told already once more."""
    at.gateway.decide(at.job.firm, at.chance.random() < 0.7)
    for body, headers in at.gateway.hooks(at.job.firm, at.chance.randint(1, 6)):
        _tell(at, body.encode(), headers)
    for body, headers in at.gateway.forgeries(at.job.firm):
        try:
            at.billing.hear(at.job.gateway, body.encode(), headers)
        except WebhookRejected:
            continue
        return "a forgery was believed"
    return "heard"


def _tell(at: _At, body: bytes, headers: Mapping[str, str]) -> None:
    """A request that lost every race was not answered with success, so the bank sends it again."""
    for _ in range(100):
        try:
            at.billing.hear(at.job.gateway, body, headers)
        except Conflict:
            continue
        return
    raise AssertionError("a webhook lost a hundred times six races")


def _be_refunded(at: _At, invoice_id: InvoiceId) -> str:
    """Somebody refunds in the gateway's own dashboard."""
    for payment in at.desk.payments.of_invoice(invoice_id):
        if payment.ref is not None:
            return at.gateway.refund_some(payment.ref)
    return "no payment"


def _be_contested(at: _At, invoice_id: InvoiceId) -> str:
    """A client's bank contests a payment, or decides what it contested."""
    for payment in at.desk.payments.of_invoice(invoice_id):
        if payment.ref is not None and payment.completed_at is not None:
            return at.gateway.contest_some(payment.ref, at.chance.randint(100, 1500))
    return "no payment"


def _be_recovered(at: _At, _: InvoiceId) -> str:
    at.billing.recover(min_age=timedelta(0))
    return "recovered"


Deed = Callable[[Billing, FrontDesk, Counterparty, Job], object]
DEEDS: Final[Mapping[str, Deed]] = {
    "charge": _charge,
    "charge otherwise": _charge,
    "charge again": _charge,
    "refund": _refund,
    "record": _record,
    "receive": _receive,
    "checkout": _checkout,
    "hear": _hear,
    "recover": _recover,
    "number": _number,
    "draft": _draft,
    "run": _run,
    "race": _race,
}
MOVES: Final[Mapping[str, tuple[int, Callable[[_At, InvoiceId], str]]]] = {
    "charge": (30, _pay),
    "record": (10, _by_hand),
    "refund": (20, _give_back),
    "void": (5, _void),
    "cancel": (5, _cancel),
    "hear": (20, _be_told),
    "page": (5, _pay_on_a_page),
    "dashboard refund": (5, _be_refunded),
    "contest": (3, _be_contested),
    "recover": (5, _be_recovered),
}
"""What racing workers do, and how often beside each other."""
