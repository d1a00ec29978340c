"""Every argument of every desk method: what is right for it, and what no desk may take."""

from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from attrs import evolve, frozen
from tests.office import FIRM, JANE, Office, a_line

from billcore.charges.charge import BillTo
from billcore.clients import Client, Firm
from billcore.dates import Period
from billcore.ids import CatalogItemId, ChargeId, FirmId, InvoiceId, MethodId, PaymentId, RefundId, ScheduleId
from billcore.invoices.invoice import Content
from billcore.lines import Allowance
from billcore.methods import Method
from billcore.money import Money
from billcore.policy import STANDARD, BackfillScope
from billcore.ports.store import Store
from billcore.recurring.cadence import Cadence

LONG = "x" * 10_001


@frozen(kw_only=True)
class World:
    """An office with one of everything, and another firm beside it."""

    office: Office
    client: Client
    item: CatalogItemId
    charge: ChargeId
    anothers_charge: ChargeId
    logged: ChargeId
    claimed: ChargeId
    draft: InvoiceId
    sent: InvoiceId
    anothers_invoice: InvoiceId
    paid: InvoiceId
    payment: PaymentId
    credit: PaymentId
    pending: PaymentId
    refund: RefundId
    card: MethodId
    anothers_card: MethodId
    schedule: ScheduleId
    resting: ScheduleId
    elsewhere: "Mapping[str, str]"
    """The ids of another firm's records, by kind."""

    @classmethod
    def open(cls, store: Store | None = None) -> "World":
        office = Office.open(evolve(STANDARD, backfill_scope=BackfillScope.ALL), store=store)
        desk = office.desk
        patel, smith = office.client(), office.client("Smith")
        sent, waiting = office.sent(patel), office.sent(patel)
        paid = office.sent(patel, "50.00")
        payment = desk.payments.record(paid.id, method=Method.CHECK)
        refund = desk.refunds.issue(payment.id, "10.00")
        return cls(
            office=office,
            client=patel,
            item=desk.catalog.add("Tax return", a_line()).id,
            charge=desk.charges.add(patel.id, "Advice", unit_price="80.00").id,
            logged=desk.charges.log_time(patel.id, "Advice", minutes=30, rate="80.00").id,
            claimed=desk.charges.add(patel.id, "Session", unit_price="80.00", bill_to=BillTo.HYBRID).id,
            anothers_charge=desk.charges.add(smith.id, "Advice", unit_price="80.00").id,
            draft=office.draft(patel).id,
            sent=sent.id,
            anothers_invoice=office.sent(smith).id,
            paid=paid.id,
            payment=payment.id,
            credit=desk.payments.receive(patel.id, "30.00", onto={}, method=Method.CASH).id,
            pending=office.charged(waiting, token="card_pending").id,
            refund=refund.id,
            card=office.card(patel),
            anothers_card=office.card(smith),
            schedule=_schedule(office, patel),
            resting=desk.schedules.pause(_schedule(office, patel)).id,
            elsewhere=_elsewhere(office),
        )


def _elsewhere(office: Office) -> Mapping[str, str]:
    """The same kinds of records in another firm of the same store, with ids of their own."""
    office.billing.firms.open("other", "Other", by=JANE)
    desk = office.billing.at("other", by=JANE)
    client = desk.clients.add("Jones")
    invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[a_line()]).id)
    payment = desk.payments.record(invoice.id, method=Method.CHECK)
    return {
        "client": client.id,
        "item": desk.catalog.add("Tax return", a_line()).id,
        "charge": desk.charges.add(client.id, "Advice", unit_price="1.00").id,
        "invoice": invoice.id,
        "payment": payment.id,
        "refund": desk.refunds.issue(payment.id).id,
        "schedule": desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()]).id,
        "method": desk.methods.attach(client.id, gateway="fake", token="card_ok").id,
    }


def _schedule(office: Office, client: Client) -> ScheduleId:
    """Monthly; the second occurrence is to be skipped."""
    desk = office.desk.schedules
    started = desk.start(client.id, Cadence.monthly(), lines=[a_line()])
    return desk.skip(started.id, 2, reason="a gift").id


Hostile = Callable[[World], list[object]]


@frozen(kw_only=True)
class Argument:
    """``right`` is given when another argument is the hostile one; an argument without it is optional."""

    right: Callable[[World], object] | None = None
    hostile: Hostile


NO_TEXT: list[object] = [5, True, 1.5, b"x", ["x"], {"x": 1}, object()]
UNSTORABLE: list[object] = [LONG, "nul\x00", "half \ud800"]


def an_id(kind: str, right: Callable[[World], str]) -> Argument:
    return Argument(
        right=right,
        hostile=lambda world: [None, *NO_TEXT, *UNSTORABLE, "", "unknown", world.elsewhere[kind]],
    )


def another(kind: str) -> Argument:
    """An id that may be left out."""
    return Argument(hostile=lambda world: [*NO_TEXT, *UNSTORABLE, "", "unknown", world.elsewhere[kind]])


ZERO = Money(0, "USD")
NO_MONEY: list[object] = [
    5,
    5.0,
    float("nan"),
    True,
    b"5.00",
    ["5.00"],
    object(),
    "",
    "five",
    "5,00",
    "1,000.00",
    "1_000",
    "1e2",
    " 5.00",
    "+5.00",
    "5.",
    "NaN",
    "Infinity",
    "5.001",
    "٥.00",
    "0.00",
    "-5.00",
    "9" * 40,
    LONG,
    Decimal("NaN"),
    Decimal("-Infinity"),
    Decimal("5.001"),
    Decimal("-1"),
    Money(5_00, "EUR"),
    ZERO,
    Money(-5_00, "USD"),
]


def an_amount(right: str | None = None) -> Argument:
    if right is None:
        return Argument(hostile=lambda _: [*NO_MONEY, "1000000.00", Money(10**15, "USD")])
    return Argument(right=lambda _: right, hostile=lambda _: [None, *NO_MONEY])


def words(*more: object, right: str | None = None) -> Argument:
    """Free text; what is too long for any text is too long for every one."""
    hostile: list[object] = [*NO_TEXT, *UNSTORABLE, *more]
    return Argument(right=None if right is None else lambda _: right, hostile=lambda _: hostile)


def one_of(right: object | None = None, *, name: str = "a value") -> Argument:
    """A choice, a date, or a record of our own: nothing that only looks like it."""
    hostile: list[object] = [5, True, 1.5, b"x", name, name.upper(), ["x"], {"x": 1}, object()]
    if right is None:
        return Argument(hostile=lambda _: hostile)
    return Argument(right=lambda _: right, hostile=lambda _: [None, *hostile])


def a_day() -> Argument:
    moment = datetime(2026, 5, 4, 9, tzinfo=UTC)
    return Argument(hostile=lambda _: [0, 20260504, 1.5, True, "", "2026-05-04", moment, moment.time(), object()])


def yes_or_no() -> Argument:
    return Argument(hostile=lambda _: [None, 0, 1, "", "yes", "no", object()])


def a_number(right: str | None = None) -> Argument:
    """A quantity or a price: a Decimal or plain text."""
    hostile: list[object] = [
        True,
        1.5,
        float("inf"),
        "",
        "1e3",
        "1,5",
        "abc",
        "NaN",
        Decimal("NaN"),
        b"1",
        [1],
        object(),
    ]
    hostile += ["1.123456789", "9" * 30, LONG]
    return Argument(right=None if right is None else lambda _: right, hostile=lambda _: hostile)


def many(*more: object) -> Argument:
    """A list of records of our own."""
    return Argument(hostile=lambda _: [5, True, "abc", b"abc", {"a": 1}, object(), [5], ["x"], [None], *more])


def several(right: Callable[[World], str], *more: object) -> Argument:
    """A list of ids; of one that is unknown the answer speaks, the others are done."""
    return Argument(
        right=lambda world: [right(world)],
        hostile=lambda _: [
            None,
            5,
            True,
            "abc",
            {"a": 1},
            object(),
            [],
            [5],
            [None],
            [["x"]],
            ["x"] * 2 + [b"x"],
            *more,
        ],
    )


def charges() -> Argument:
    return Argument(
        hostile=lambda world: [
            5,
            True,
            "abc",
            object(),
            [5],
            [None],
            [["x"]],
            ["unknown"],
            ["nul\x00"],
            [world.elsewhere["charge"]],
            [world.anothers_charge],
            [world.charge, world.charge, "unknown"],
        ]
    )


def minutes(right: int | None = None) -> Argument:
    hostile: list[object] = [None, True, 1.5, "6", -6, 10**9, b"6", Decimal(6), object()]
    return Argument(right=None if right is None else lambda _: right, hostile=lambda _: hostile)


def an_index(right: int | None = None) -> Argument:
    hostile: list[object] = [True, 1.5, "1", -1, 10**9, b"1", object()]
    if right is None:
        return Argument(hostile=lambda _: hostile)
    return Argument(right=lambda _: right, hostile=lambda _: [None, *hostile])


def autopay(right: bool | None = None) -> Argument:
    """A saved method of this client, or yes or no."""
    return Argument(
        right=None if right is None else lambda _: right,
        hostile=lambda world: [
            None,
            5,
            1.5,
            b"x",
            object(),
            *UNSTORABLE,
            "",
            "unknown",
            world.elsewhere["method"],
            world.anothers_card,
        ],
    )


ITEM = an_id("item", lambda world: world.item)
CLIENT = an_id("client", lambda world: world.client.id)
SENT = an_id("invoice", lambda world: world.sent)
DRAFT = an_id("invoice", lambda world: world.draft)
SCHEDULE = an_id("schedule", lambda world: world.schedule)
METHOD = one_of(Method.CHECK, name="check")
PERIOD = Argument(
    right=lambda _: Period(date(2026, 5, 1), date(2026, 6, 1)),
    hostile=lambda _: [None, 5, "2026-05", date(2026, 5, 4), object()],
)
REQUEST_ID = words("")
PAYER = {
    "is_billable": yes_or_no(),
    "bill_to": one_of(name="insurance"),
    "claim_reference": words("for the client alone"),
}
RECEIVED = {"received_on": a_day(), "reference": words(), "notes": words(), "request_id": REQUEST_ID}
CHANGES = {"allowances": many([Content()]), "surcharges": many([Allowance(percent="5")])}

ARGUMENTS: dict[str, dict[str, Argument]] = {
    # ── Clients and charges ──────────────────────────────────────────────────────────────────────────────────────────
    "clients.add": {
        "name": words("", "  ", None, right="Patel"),
        "email": words(),
        "address": one_of(name="Main Street 1"),
        "vat_id": words(),
        "terms": one_of(name="net 30"),
        "currency": words("", "usd", "XXX", "US", "US$"),
        "reference": words(),
        "notes": words(None),
    },
    "clients.get": {"client_id": CLIENT},
    "clients.change": {
        "client": Argument(
            right=lambda world: world.client,
            hostile=lambda world: [None, *NO_TEXT, "cli_1", _of_another_firm(world.client), _stale(world.client)],
        )
    },
    "clients.all": {},
    "catalog.add": {"name": words("", "  ", None, right="Tax return"), "template": one_of(a_line(), name="Tax return")},
    "catalog.change": {"item_id": ITEM, "name": words("", "  "), "template": one_of(name="Tax return")},
    "catalog.retire": {"item_id": ITEM},
    "catalog.get": {"item_id": ITEM},
    "catalog.all": {"retired": yes_or_no()},
    "catalog.line": {
        "item_id": ITEM,
        "quantity": Argument(hostile=lambda world: [*a_number().hostile(world), "0", "-1"]),
        "served_on": a_day(),
    },
    "charges.add": {
        "client_id": CLIENT,
        "description": words("", "  ", None, right="Advice"),
        "unit_price": a_number("80.00"),
        "quantity": Argument(hostile=lambda world: [*a_number().hostile(world), "0", "-1", None]),
        "unit": words(),
        "unit_code": words("HOUR"),
        "served_on": a_day(),
        "service_period": one_of(name="2026-05"),
        "taxes": many([20], ("20 %",)),
        "codes": one_of(name="90837"),
        "timekeeper": one_of(name="jane"),
        "matter": words(),
        **PAYER,
    },
    "charges.log_time": {
        "client_id": CLIENT,
        "description": words("", "  ", None, right="Advice"),
        "minutes": minutes(37),
        "rate": a_number("80.00"),
        "timekeeper": one_of(name="jane"),
        "worked_on": a_day(),
        "rules": one_of(name="6 minutes"),
        "written_down": minutes(),
        "taxes": many([20], ("20 %",)),
        "codes": one_of(name="90837"),
        "matter": words(),
        **PAYER,
    },
    "charges.change": {
        "charge_id": an_id("charge", lambda world: world.charge),
        "unit_price": a_number(),
        "quantity": a_number(),
        "is_billable": Argument(hostile=lambda _: [0, 1, "", "yes", object()]),
    },
    "charges.write_down": {"charge_id": an_id("charge", lambda world: world.logged), "minutes": minutes(6)},
    "charges.write_off": {"charge_id": an_id("charge", lambda world: world.charge), "reason": words(None)},
    "charges.post_claim": {
        "charge_id": an_id("charge", lambda world: world.claimed),
        "client_part": Argument(
            right=lambda _: "20.00",
            hostile=lambda _: [None, *(each for each in NO_MONEY if each not in (ZERO, "0.00"))],
        ),
        "reference": words(),
    },
    "charges.discard": {"charge_id": an_id("charge", lambda world: world.charge), "reason": words(None)},
    "charges.get": {"charge_id": an_id("charge", lambda world: world.charge)},
    "charges.unbilled": {"client_id": another("client")},
    # ── Invoices ─────────────────────────────────────────────────────────────────────────────────────────────────────
    "invoices.draft": {
        "client_id": CLIENT,
        "lines": many([a_line(), 5]),
        "charges": charges(),
        **CHANGES,
        "notes": words(None),
        "memo": words(None),
        "reference": words(),
        "matter": words(),
        "service_period": one_of(name="2026-05"),
        "due_on": a_day(),
        "origin": one_of(name="typed"),
        "replaces": another("invoice"),
    },
    "invoices.draft_unbilled": {"client_id": CLIENT},
    "invoices.edit": {
        "invoice_id": DRAFT,
        "lines": many([a_line(), 5]),
        "charges": charges(),
        **CHANGES,
        "notes": words(),
        "memo": words(),
        "due_on": a_day(),
        "version": Argument(hostile=lambda _: [0, 7, True, "1", 1.0, object()]),
    },
    "invoices.delete": {"invoice_id": DRAFT},
    "invoices.issue": {"invoice_id": DRAFT, "on": a_day()},
    "invoices.deliver": {"invoice_id": SENT, "channel": words("", " ", None)},
    "invoices.send": {"invoice_id": DRAFT, "channel": words("", " ", None), "on": a_day()},
    "invoices.view": {"invoice_id": SENT},
    "invoices.void": {"invoice_id": SENT, "reason": words(None), "lines": one_of(name="keep_billed")},
    "invoices.get": {"invoice_id": SENT},
    "invoices.page": {
        "on": a_day(),
        "statuses": many(["paid"], "paid", [None]),
        "queue": one_of(name="overdue"),
        "client_id": Argument(hostile=lambda _: NO_TEXT),
        "search": words(None),
        "after": words("", "next", "2026-05-04 inv_1"),
        "limit": Argument(hostile=lambda _: [None, 0, -1, 1001, True, "5", 5.0, object()]),
    },
    "invoices.timeline": {"invoice_id": SENT},
    "lines.add": {"invoice_id": DRAFT, "line": one_of(a_line(), name="Tax return")},
    "lines.remove": {"invoice_id": DRAFT, "line_id": words("", "L9", None, right="L1")},
    "lines.override_rate": {
        "invoice_id": DRAFT,
        "line_id": words("", "L9", None, right="L1"),
        "unit_price": a_number("80.00"),
    },
    # ── Schedules ────────────────────────────────────────────────────────────────────────────────────────────────────
    "schedules.start": {
        "client_id": CLIENT,
        "cadence": one_of(Cadence.monthly(), name="monthly"),
        "title": words("", "  ", None),
        "lines": Argument(right=lambda _: [a_line()], hostile=many([a_line(), 5], []).hostile),
        "notes": words(None),
        "anchor": Argument(hostile=lambda world: [*a_day().hostile(world), date.min]),
        "plan": one_of(name="arrears"),
        "autopay": autopay(),
        "until": Argument(hostile=lambda world: [*a_day().hostile(world), date(2026, 5, 3)]),
        "count": Argument(hostile=lambda _: [0, -1, True, "3", 1.0, 10**6, object()]),
    },
    "schedules.amend": {
        "schedule_id": SCHEDULE,
        "lines": many([a_line(), 5], []),
        "notes": words(),
        "cadence": one_of(name="monthly"),
        "from_index": an_index(),
    },
    "schedules.pause": {"schedule_id": SCHEDULE, "on": a_day(), "reason": words(None)},
    "schedules.resume": {"schedule_id": an_id("schedule", lambda world: world.resting), "on": a_day()},
    "schedules.skip": {
        "schedule_id": SCHEDULE,
        "index": an_index(1),
        "reason": words("", " ", None, right="August"),
    },
    "schedules.unskip": {"schedule_id": SCHEDULE, "index": an_index(2)},
    "schedules.end": {
        "schedule_id": SCHEDULE,
        "until": a_day(),
        "count": Argument(hostile=lambda _: [0, -1, True, "3", 1.0, 10**6, object()]),
        "reason": words(None),
    },
    "schedules.change_method": {"schedule_id": SCHEDULE, "autopay": autopay(right=True)},
    "schedules.preview": {
        "schedule_id": SCHEDULE,
        "count": Argument(hostile=lambda _: [None, 0, -1, 101, True, "5", 5.0, object()]),
    },
    "schedules.occurrences": {"schedule_id": SCHEDULE},
    "schedules.get": {"schedule_id": SCHEDULE},
    "schedules.all": {"client_id": another("client")},
    # ── Several invoices at once ─────────────────────────────────────────────────────────────────────────────────────
    "bulk.send": {"invoice_ids": several(lambda world: world.draft), "channel": words("", None)},
    "bulk.mark_paid": {
        "invoice_ids": several(lambda world: world.sent),
        "method": one_of(name="check"),
        "received_on": a_day(),
    },
    "bulk.void": {
        "invoice_ids": several(lambda world: world.sent),
        "reason": words(None),
        "lines": one_of(name="keep_billed"),
    },
    "bulk.export": {
        "invoice_ids": several(lambda world: world.sent, ["unknown"]),
        "on": a_day(),
        "columns": many(["Number"], []),
        "bom": yes_or_no(),
    },
    # ── Adjustments ──────────────────────────────────────────────────────────────────────────────────────────────────
    "adjustments.write_off": {"invoice_id": SENT, "amount": an_amount(), "reason": words(None)},
    "adjustments.reverse_write_off": {"invoice_id": SENT, "amount": an_amount(), "reason": words(None)},
    "adjustments.credit": {"invoice_id": SENT, "amount": an_amount(), "reason": words(None)},
    "adjustments.hold": {"invoice_id": SENT, "reason": words("", " ", None, right="a dispute")},
    "adjustments.release_hold": {"invoice_id": SENT},
    "adjustments.assess_late_fees": {"on": a_day()},
    "adjustments.waive_late_fee": {
        "invoice_id": SENT,
        "step": Argument(right=lambda _: 1, hostile=lambda _: [None, 0, 7, True, "1", 1.0, object()]),
        "reason": words(None),
    },
    "adjustments.credit_notes": {"invoice_id": SENT},
    # ── Money ────────────────────────────────────────────────────────────────────────────────────────────────────────
    "payments.record": {"invoice_id": SENT, "amount": an_amount(), "method": METHOD, **RECEIVED},
    "payments.mark_paid": {"invoice_id": SENT, "method": one_of(name="check"), **RECEIVED},
    "payments.receive": {
        "client_id": CLIENT,
        "amount": an_amount("30.00"),
        "onto": Argument(
            right=lambda world: {world.sent: "20.00"},
            hostile=lambda world: [
                None,
                5,
                "inv_1",
                [world.sent],
                {5: "1.00"},
                {None: "1.00"},
                {"unknown": "1.00"},
                {world.elsewhere["invoice"]: "1.00"},
                {world.anothers_invoice: "1.00"},
                {world.draft: "1.00"},
                {world.sent: "30.01"},
                *({world.sent: amount} for amount in (None, *NO_MONEY)),
            ],
        ),
        "method": METHOD,
        **RECEIVED,
    },
    "payments.charge": {
        "invoice_id": SENT,
        "amount": an_amount(),
        "method": Argument(
            right=lambda world: world.card,
            hostile=lambda world: [
                None,
                *NO_TEXT,
                *UNSTORABLE,
                "",
                "unknown",
                world.elsewhere["method"],
                world.anothers_card,
            ],
        ),
        "initiator": one_of(name="client"),
        "platform_fee": an_amount(),
        "return_url": Argument(hostile=lambda _: [1, *UNSTORABLE, "x" * 2001]),
        "request_id": REQUEST_ID,
    },
    "payments.checkout": {
        "invoice_id": SENT,
        "amount": an_amount(),
        "gateway": words("", "unknown", None, right="fake"),
        "account": words("", "acct_1"),
        "success_url": words("", None, right="https://acme.example/thanks"),
        "cancel_url": words("", None, right="https://acme.example/back"),
        "save_method": yes_or_no(),
        "platform_fee": an_amount(),
        "request_id": REQUEST_ID,
    },
    "payments.cancel": {"payment_id": an_id("payment", lambda world: world.pending), "reason": words(None)},
    "payments.resolve": {
        "payment_id": an_id("payment", lambda world: world.pending),
        "has_arrived": evolve(yes_or_no(), right=lambda _: True),
        "evidence": words("", right="statement of 4 May"),
    },
    "payments.apply": {
        "payment_id": an_id("payment", lambda world: world.credit),
        "invoice_id": SENT,
        "amount": an_amount(),
    },
    "payments.unapply": {
        "payment_id": an_id("payment", lambda world: world.payment),
        "invoice_id": an_id("invoice", lambda world: world.paid),
        "amount": an_amount(),
    },
    "payments.get": {"payment_id": an_id("payment", lambda world: world.payment)},
    "payments.of_invoice": {"invoice_id": SENT},
    "payments.history": {"invoice_id": SENT},
    "refunds.issue": {
        "payment_id": an_id("payment", lambda world: world.payment),
        "amount": an_amount(),
        "reason": Argument(hostile=lambda world: [None, *one_of(name="duplicate").hostile(world)]),
        "note": words(None),
        "through_gateway": yes_or_no(),
        "return_platform_fee": yes_or_no(),
        "request_id": REQUEST_ID,
    },
    "refunds.resolve": {
        "refund_id": an_id("refund", lambda world: world.refund),
        "has_arrived": evolve(yes_or_no(), right=lambda _: True),
        "evidence": words("", right="statement of 4 May"),
    },
    "refunds.get": {"refund_id": an_id("refund", lambda world: world.refund)},
    "refunds.of_payment": {"payment_id": an_id("payment", lambda world: world.payment)},
    "methods.attach": {
        "client_id": CLIENT,
        "gateway": words("", "unknown", None, right="fake"),
        "token": words("", None, right="card_ok"),
        "account": words("", "acct_1"),
        "consent": Argument(hostile=lambda _: ["I agree.", 1, {"text": "I agree."}]),
    },
    "methods.detach": {
        "method_id": an_id("method", lambda world: world.card),
        "replacement": Argument(
            hostile=lambda world: [*another("method").hostile(world), world.card, world.anothers_card]
        ),
    },
    "methods.make_default": {"method_id": an_id("method", lambda world: world.card)},
    "methods.default": {"client_id": CLIENT},
    "methods.get": {"method_id": an_id("method", lambda world: world.card)},
    "methods.of_client": {"client_id": CLIENT},
    "backfill.offer": {"client_id": CLIENT},
    "backfill.accept": {
        "client_id": CLIENT,
        "invoice_ids": Argument(
            right=lambda world: [world.sent],
            hostile=lambda world: [
                *[None, 5, True, "abc", object(), [], [5], [None], ["unknown"], [LONG]],
                *[[world.draft], [world.anothers_invoice], [world.elsewhere["invoice"]], [world.paid]],
            ],
        ),
        "total": an_amount("100.00"),
        "method": Argument(
            right=lambda world: world.card,
            hostile=lambda world: [None, *NO_TEXT, *UNSTORABLE, "", world.elsewhere["method"], world.anothers_card],
        ),
    },
    "backfill.decline": {"client_id": CLIENT},
    # ── Reports ──────────────────────────────────────────────────────────────────────────────────────────────────────
    "reports.queues": {"on": a_day()},
    "reports.aging": {"on": a_day(), "buckets": Argument(hostile=lambda _: [None, 5, (0, 30), "30", object()])},
    "reports.takings": {"period": PERIOD},
    "reports.trial_balance": {"on": a_day()},
    "reports.statement": {"client_id": CLIENT, "period": PERIOD},
    "reports.dashboard": {"client_id": another("client"), "on": a_day()},
    "reports.unbilled": {},
    # ── The front door ───────────────────────────────────────────────────────────────────────────────────────────────
    "firms.open": {
        "firm_id": words("", " ", None, FIRM, right="third"),
        "name": words("", " ", None, right="Third"),
        "by": one_of(JANE, name="jane"),
        "currency": words("", "usd", "XXX", None),
        "timezone": words("", "New York", "../etc/passwd", None),
        "policy": Argument(hostile=lambda _: [None, 5, "pro_firm", object()]),
        "terms": one_of(name="net 30"),
        "fee_schedule": one_of(name="2.9"),
        "invoice_series": one_of(name="INV-"),
    },
    "firms.get": {"firm_id": words("", "unknown", None, right=FIRM)},
    "firms.change": {
        "firm": Argument(
            right=lambda world: world.office.billing.firms.get(FIRM),
            hostile=lambda world: [None, *NO_TEXT, FIRM, _stale(world.office.billing.firms.get(FIRM))],
        ),
        "by": one_of(JANE, name="jane"),
    },
    "firms.all": {},
    "billing.at": {"firm_id": words("", None, right=FIRM), "by": one_of(JANE, name="jane")},
    "billing.hear": {
        "gateway": words("", "unknown", None, right="fake"),
        "body": Argument(
            right=lambda _: b"{}", hostile=lambda _: [None, 5, "{}", b"", b"\xff", b"[]", b"{}", object()]
        ),
        "headers": Argument(right=lambda _: {}, hostile=lambda _: [None, 5, "x", {}, {5: 5}, {"fake-signature": "é"}]),
    },
    "billing.verify": {"firm_id": words("", "unknown", None, right=FIRM)},
    "billing.run": {
        "on": a_day(),
        "firm_id": words("", "unknown"),
        "progress": Argument(hostile=lambda _: [5, True, "print", ["x"], object()]),
    },
    "billing.recover": {"min_age": Argument(hostile=lambda _: [None, 5, True, "60", timedelta(days=-1), object()])},
    "billing.deliver_events": {
        "handler": Argument(right=lambda _: lambda firm, event: None, hostile=lambda _: [None, 5, "x", object()]),
        "limit": Argument(hostile=lambda _: [None, 0, -1, True, "5", 5.0, object()]),
    },
}


def _of_another_firm(client: Client) -> Client:
    return evolve(client, firm_id=FirmId("other"))


def _stale(record: Client | Firm) -> Client | Firm:
    return evolve(record, version=record.version + 7)
