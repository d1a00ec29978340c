"""Canaries: secrets and clients' data go through every call that fails, and come out nowhere."""

import logging
import traceback
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
from attrs import evolve, frozen
from tests.databases import Databases
from tests.office import FIRM, JANE

from billcore import Billing, LineItem, Method
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.errors import BillcoreError
from billcore.ids import ClientId, FirmId, InvoiceId, MethodId, PaymentId
from billcore.memory import MemoryStore
from billcore.parties import Address, Party
from billcore.policy import STANDARD
from billcore.ports.gateway import RejectedBecause
from billcore.ports.store import Store
from billcore.reasons import RefundReason
from billcore.testing import CountingIds, Decline, Down, FakeGateway, ManualClock, Reject, Silence
from billcore_sqlalchemy import SqlStore

NAME = "Canary-Patel Family"
EMAIL = "canary.patel@example.com"
STREET = "17 Canary Row"
TAX_ID = "CANARY-987-65-4321"
NOTES = "canary note: disputes every bill"
REASON = "canary reason: her son died"
WORK = "canary work: therapy for panic attacks"
CHECK = "canary check 4521"
TOKEN = "tok_canary_4000056655665556"
SECRET = "whsec_canary_secret"
CARD = "4000056655665556"
CANARIES = (NAME, EMAIL, STREET, TAX_ID, NOTES, REASON, WORK, CHECK, TOKEN, SECRET, CARD, "canary", "CANARY", "Canary")


@frozen(kw_only=True)
class Scene:
    """A firm whose every text is a canary, an invoice that is sent and half paid, and one in draft."""

    billing: Billing
    gateway: FakeGateway
    clock: ManualClock
    store: Store
    client: Client
    invoice_id: InvoiceId
    draft_id: InvoiceId
    method_id: MethodId
    payment_id: PaymentId

    @classmethod
    def set(cls, store: Store) -> "Scene":
        clock = ManualClock()
        gateway = FakeGateway(clock, webhook_secret=SECRET)
        billing = Billing(store, [gateway], clock=clock, ids=CountingIds())
        billing.firms.open(FIRM, Party(name="Acme", email=EMAIL, tax_id=TAX_ID), by=JANE)
        desk = billing.at(FIRM, by=JANE)
        address = Address(lines=(STREET,), city=STREET, postal_code=CARD)
        party = Party(name=NAME, address=address, email=EMAIL, vat_id=TAX_ID, tax_id=TAX_ID)
        client = desk.clients.add(party, notes=NOTES)
        desk.charges.add(client.id, WORK, unit_price="20.00")
        lines = [LineItem(description=WORK, unit_price="100.00")]
        sent = desk.invoices.send(desk.invoices.draft(client.id, lines=lines, notes=NOTES).id)
        draft = desk.invoices.draft(client.id, lines=lines, notes=NOTES)
        method = desk.methods.attach(client.id, gateway="fake", token="card_ok")
        payment = desk.payments.charge(sent.id, "30.00", method=method.id)
        desk.payments.record(sent.id, "20.00", method=Method.CHECK, reference=CHECK, notes=NOTES)
        desk.refunds.issue(payment.id, "5.00", reason=RefundReason.OTHER, note=NOTES)
        return cls(
            billing=billing,
            gateway=gateway,
            clock=clock,
            store=store,
            client=client,
            invoice_id=sent.id,
            draft_id=draft.id,
            method_id=method.id,
            payment_id=payment.id,
        )

    @property
    def desk(self) -> FrontDesk:
        return self.billing.at(FIRM, by=JANE)


def _line(scene: Scene, price: str) -> object:
    return LineItem(description=WORK, unit_price=price)


def _scripted(call: Callable[[Scene], object], **outcomes: object) -> Callable[[Scene], object]:
    def scripted(scene: Scene) -> object:
        scene.gateway.script(**{verb: [outcome] for verb, outcome in outcomes.items()})  # type: ignore[arg-type]
        return call(scene)

    return scripted


def _down(call: Callable[[Scene], object]) -> Callable[[Scene], object]:
    def while_down(scene: Scene) -> object:
        with scene.gateway.down():
            return call(scene)

    return while_down


def _charge(scene: Scene) -> object:
    return scene.desk.payments.charge(scene.invoice_id, method=scene.method_id, request_id=NOTES)


def _refund(scene: Scene) -> object:
    return scene.desk.refunds.issue(scene.payment_id, "10.00", note=REASON)


def _hear(body: bytes, headers: dict[str, str]) -> Callable[[Scene], object]:
    return lambda scene: scene.billing.hear("fake", body, headers)


def _forged(scene: Scene) -> object:
    webhook = scene.gateway.webhook()
    return scene.billing.hear("fake", webhook.body + NOTES.encode(), webhook.headers)


def _used_twice(scene: Scene) -> object:
    scene.desk.payments.record(scene.invoice_id, "1.00", method=Method.CHECK, reference=CHECK, request_id=NOTES)
    return scene.desk.payments.record(scene.invoice_id, "2.00", method=Method.CHECK, reference=CHECK, request_id=NOTES)


def _stale(scene: Scene) -> object:
    scene.desk.clients.change(evolve(scene.client, notes=NOTES + "!"))
    return scene.desk.clients.change(evolve(scene.client, notes=NOTES + "?"))


REFUSED: dict[str, Callable[[Scene], object]] = {
    "too long a name": lambda scene: scene.desk.clients.add(NAME * 50, email=EMAIL),
    "too long an e-mail": lambda scene: scene.desk.clients.add(NAME, email=EMAIL * 50),
    "bytes that are no text": lambda scene: scene.desk.clients.add(NAME, notes=NOTES.encode()),  # type: ignore[arg-type]
    "a surrogate": lambda scene: scene.desk.clients.add(NAME, notes=NOTES + "\ud800"),
    "too long notes": lambda scene: scene.desk.clients.add(NAME, notes=NOTES * 1000),
    "an unknown currency": lambda scene: scene.desk.clients.add(NAME, email=EMAIL, currency="XQX"),
    "a client changed twice": _stale,
    "too long a line": lambda scene: _line(scene, "1.00") and LineItem(description=WORK * 500, unit_price="1.00"),
    "no price": lambda scene: _line(scene, "one"),
    "a draft of nobody's": lambda scene: scene.desk.invoices.draft(
        ClientId("cli_nobody"), lines=[LineItem(description=WORK, unit_price="1.00")], notes=NOTES
    ),
    "an issued invoice edited": lambda scene: scene.desk.invoices.edit(scene.invoice_id, notes=NOTES),
    "a paid invoice voided": lambda scene: scene.desk.invoices.void(scene.invoice_id, reason=REASON),
    "too long a reason": lambda scene: scene.desk.invoices.void(scene.invoice_id, reason=REASON * 100),
    "too much written off": lambda scene: scene.desk.adjustments.write_off(scene.invoice_id, "900.00", reason=REASON),
    "too much credited": lambda scene: scene.desk.adjustments.credit(scene.invoice_id, "900.00", reason=REASON),
    "a draft on hold": lambda scene: scene.desk.adjustments.hold(scene.draft_id, reason=REASON),
    "too much recorded": lambda scene: scene.desk.payments.record(
        scene.invoice_id, "900.00", method=Method.CHECK, reference=CHECK, notes=NOTES
    ),
    "a draft paid": lambda scene: scene.desk.payments.record(
        scene.draft_id, "1.00", method=Method.CHECK, reference=CHECK, notes=NOTES
    ),
    "too long a reference": lambda scene: scene.desk.payments.record(
        scene.invoice_id, "1.00", method=Method.CHECK, reference=CHECK * 50
    ),
    "a request id used twice": _used_twice,
    "an unknown token": lambda scene: scene.desk.methods.attach(scene.client.id, gateway="fake", token=TOKEN),
    "a card number for a token": lambda scene: scene.desk.methods.attach(scene.client.id, gateway="fake", token=CARD),
    "a token not attachable": lambda scene: scene.desk.methods.attach(
        scene.client.id, gateway="fake", token="card_not_attachable"
    ),
    "attaching in silence": _scripted(
        lambda scene: scene.desk.methods.attach(scene.client.id, gateway="fake", token="card_ok"),
        attach=Silence(then=None),
    ),
    "an unknown gateway": lambda scene: scene.desk.methods.attach(scene.client.id, gateway="paypal", token=TOKEN),
    "too much charged": lambda scene: scene.desk.payments.charge(scene.invoice_id, "900.00", method=scene.method_id),
    "too much refunded": lambda scene: scene.desk.refunds.issue(scene.payment_id, "900.00", note=REASON),
    "too long a note": lambda scene: scene.desk.refunds.issue(scene.payment_id, "1.00", note=REASON * 500),
    "an unsigned webhook": _hear(NOTES.encode(), {}),
    "a webhook with a strange signature": _hear(NOTES.encode(), {"Fake-Signature": f"t=1,v1={SECRET}"}),
    "a webhook that is no text": _hear(b"\xff" + CARD.encode(), {"Fake-Signature": "t=1,v1=\u00ff"}),
    "a forged webhook": _forged,
}
ANSWERED: dict[str, Callable[[Scene], object]] = {
    "a charge declined": _scripted(_charge, charge=Decline()),
    "a charge in silence": _scripted(_charge, charge=Silence(then=None)),
    "a charge refused": _scripted(_charge, charge=Down()),
    "a charge with the gateway down": _down(_charge),
    "a refund rejected": _scripted(_refund, refund=Reject(RejectedBecause.OTHER)),
    "a refund in silence": _scripted(_refund, refund=Silence(then=None)),
    "a refund with the gateway down": _down(_refund),
    "recovery": _scripted(lambda scene: (_charge(scene), scene.billing.recover()), charge=Silence(then=None)),
    "recovery with the gateway down": _scripted(
        lambda scene: (_charge(scene), _down(lambda scene: scene.billing.recover())(scene)), charge=Silence(then=None)
    ),
}
"""Calls whose failure is an answer: it is a record, whose repr somebody will log."""


@pytest.fixture(params=["memory", "sqlite", "postgresql"])
def scene(request: pytest.FixtureRequest) -> Scene:
    if request.param == "memory":
        return Scene.set(MemoryStore())
    databases: Databases = request.getfixturevalue("databases")
    database = databases.get(request.param)
    database.empty()
    return Scene.set(SqlStore(database.engine))


@pytest.fixture(autouse=True)
def logged(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever anybody logs is read at the end, the database's statements too."""
    caplog.set_level(logging.INFO)
    with caplog.at_level(logging.INFO, logger="sqlalchemy.engine"):
        yield
    for record in caplog.records:
        assert leaks_of(record.getMessage()) == [], record.name


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_refused_is_not_repeated_in_the_refusal(what: str, scene: Scene) -> None:
    with pytest.raises(BillcoreError) as refusal:
        REFUSED[what](scene)

    error: BaseException | None = refusal.value
    assert leaks_of("".join(traceback.format_exception(refusal.value, limit=0))) == []
    while error is not None:
        assert leaks_of(f"{error} {error!r} {error.args} {vars(error)}") == []
        error = error.__cause__ or error.__context__


@pytest.mark.parametrize("what", ANSWERED)
def test_what_failed_shows_nothing_that_a_log_must_not_hold(what: str, scene: Scene) -> None:
    answer = ANSWERED[what](scene)

    assert leaks_of(repr(answer)) == []
    scene.clock.advance(timedelta(hours=1))
    assert leaks_of(repr(scene.billing.recover())) == []


def test_nothing_that_is_kept_shows_a_clients_data_when_it_is_printed(scene: Scene) -> None:
    desk = scene.desk
    with pytest.raises(BillcoreError):
        desk.methods.attach(scene.client.id, gateway="fake", token=TOKEN)
    desk.adjustments.credit(scene.invoice_id, "5.00", reason=REASON)
    desk.adjustments.write_off(scene.invoice_id, "5.00", reason=REASON)

    with scene.store.read(FirmId(FIRM)) as work:
        kept = [
            work.firm(),
            *work.clients.all(),
            *work.charges.all(),
            *work.invoices.all(),
            *work.credit_notes.of_invoice(scene.invoice_id),
            *work.payments.all(),
            *work.refunds.all(),
            *work.methods.of_client(scene.client.id),
            *work.operations.all(),
            *work.events.all(),
        ]

    assert {type(record).__name__: leaks for record in kept if (leaks := leaks_of(repr(record)))} == {}
    assert leaks_of(repr(scene.gateway)) == []
    assert leaks_of(repr(scene.billing)) == []
    assert leaks_of(repr(scene.store)) == []
    assert leaks_of(repr(STANDARD)) == []


def leaks_of(text: str) -> list[str]:
    """The canaries that sing in it."""
    return [canary for canary in CANARIES if canary in text]
