"""What a firm's people write for each other, in a memo or about why they did something: its client never reads it."""

import pkgutil
from collections.abc import Iterable
from importlib import import_module
from inspect import isclass
from typing import Final

import attrs
import pytest
from tests.office import PRIYA, Office, a_line

import billcore
from billcore import Cadence, Column, Method, events
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.codec import to_text
from billcore.ids import ChargeId, InvoiceId, ScheduleId
from billcore.invoices.invoice import Content, CreditNote
from billcore.lines import Allowance, Surcharge, _Change
from billcore.memory import MemoryStore
from billcore.payments.observation import DisputeSnapshot
from billcore.payments.payment import Dispute
from billcore.policy import PRO_FIRM, LateFeeRule
from billcore.reasons import Failure
from billcore.recurring.occurrence import Pass
from billcore.recurring.schedule import Schedule, Template
from billcore.services.own_words import WORDS
from billcore_sqlalchemy import SqlStore

OWN: Final = "between ourselves"
SHOWN: Final = {
    (Content, "notes"),
    (Template, "notes"),
    (Allowance, "reason"),
    (Surcharge, "reason"),
    (CreditNote, "reason"),
    (events.InvoiceCredited, "reason"),
    (LateFeeRule, "reason"),
    (events.LateFeeAssessed, "reason"),
    (Dispute, "reason"),
    (DisputeSnapshot, "reason"),
    (events.InquiryOpened, "reason"),
    (events.DisputeOpened, "reason"),
    (Failure, "message"),
}
"""What stands on a document that the client gets, or is the word of its own bank."""
EXPLAINING: Final = ("reason", "note", "notes", "memo", "evidence", "comment", "remark", "message")
NOT_KEPT: Final = ("testing", "services", "reports", "ports", "memory", "verifying")
"""The rooms with nothing that is kept."""


@attrs.frozen
class Affair:
    """A client with everything that can carry the firm's own words."""

    office: Office
    client: Client
    invoices: tuple[InvoiceId, ...]
    charges: tuple[ChargeId, ...]
    schedule: ScheduleId


@pytest.fixture(params=["memory", "sqlite"])
def affair(request: pytest.FixtureRequest) -> Affair:
    store = MemoryStore() if request.param == "memory" else SqlStore.open("sqlite://")
    office = Office.open(PRO_FIRM, store=store)
    desk = office.desk
    client = desk.clients.change(attrs.evolve(desk.clients.add("Patel Family"), notes=OWN))
    assert client.id == PRIYA.client_id
    draft = desk.invoices.draft(client.id, lines=[a_line("100.00")], notes="Thank you", memo=OWN)
    open_one = desk.invoices.send(draft.id)
    cash = desk.payments.record(open_one.id, "20.00", method=Method.CASH, notes=OWN)
    desk.refunds.issue(cash.id, "5.00", note=OWN)
    desk.adjustments.write_off(open_one.id, "1.00", reason=OWN)
    desk.adjustments.reverse_write_off(open_one.id, "1.00", reason=OWN)
    desk.adjustments.release_hold(open_one.id)
    desk.adjustments.hold(open_one.id, reason=OWN)
    void = desk.invoices.void(office.sent(client).id, reason=OWN)
    charges = [desk.charges.add(client.id, "A call", unit_price="10.00").id for _ in range(2)]
    desk.charges.write_off(charges[0], reason=OWN)
    desk.charges.discard(charges[1], reason=OWN)
    schedule = desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], autopay=office.card(client))
    desk.schedules.skip(schedule.id, 1, reason=OWN)
    desk.schedules.pause(schedule.id, reason=OWN)
    return Affair(office, client, (open_one.id, void.id), tuple(charges), schedule.id)


def read(desk: FrontDesk, affair: Affair) -> str:
    """Everything of the client's that a desk hands out, as a portal would send it on."""
    records: list[object] = [desk.clients.get(affair.client.id), *desk.clients.all()]
    for invoice_id in affair.invoices:
        payments = desk.payments.of_invoice(invoice_id)
        records += [desk.invoices.get(invoice_id), *payments, *desk.adjustments.credit_notes(invoice_id)]
        records += [refund for payment in payments for refund in desk.refunds.of_payment(payment.id)]
    records += desk.invoices.page().invoices
    records += [desk.schedules.get(affair.schedule), *desk.schedules.all(), *desk.charges.unbilled()]
    records += [*desk.schedules.occurrences(affair.schedule), *map(desk.charges.get, affair.charges)]
    told = [str(row) for invoice_id in affair.invoices for row in desk.payments.history(invoice_id)]
    told += [entry.text for invoice_id in affair.invoices for entry in desk.invoices.timeline(invoice_id)]
    told += [str(desk.schedules.preview(affair.schedule, 3))]
    told.append(desk.bulk.export(affair.invoices, columns=[Column.NUMBER, Column.MEMO]).decode())
    return "\n".join([*map(to_text, records), *told])


def test_a_contact_reads_everything_of_its_clients_but_the_firms_own_words(affair: Affair) -> None:
    ours = read(affair.office.desk, affair)
    theirs = read(affair.office.by(PRIYA), affair)

    assert ours.count(OWN) > 12
    assert OWN not in theirs
    assert "Thank you" in theirs
    assert "Voided" in theirs


def test_an_occurrence_that_will_not_be_billed_is_told_to_the_client_too(affair: Affair) -> None:
    skipped = [each.skipped for each in affair.office.by(PRIYA).schedules.preview(affair.schedule, 3)]

    assert skipped[1] == "skipped"


def test_what_a_contact_is_handed_after_doing_something_is_without_them_too_and_the_firm_keeps_them(
    affair: Affair,
) -> None:
    office, priya = affair.office, affair.office.by(PRIYA)
    before, [open_one, _] = read(office.desk, affair), affair.invoices
    plan = office.desk.schedules.get(affair.schedule)
    account = office.card(affair.client, "ach_ok")
    card = office.card(affair.client)

    handed = [
        priya.invoices.view(open_one),
        priya.payments.charge(open_one, method=card),
        priya.schedules.change_method(affair.schedule, account),
        priya.methods.make_default(account),
        priya.methods.detach(account, replacement=card),
    ]

    assert OWN not in "".join(map(to_text, handed))
    assert read(office.desk, affair).count(OWN) == before.count(OWN)
    kept, now = office.desk.invoices.get(open_one), office.desk.schedules.get(affair.schedule)
    assert (kept.content.memo, kept.first_viewed_at is None, kept.balance.is_zero) == (OWN, False, True)
    assert (now.method_id, _reasons(now)) == (card, _reasons(plan))
    assert _reasons(plan) == [OWN, OWN]
    assert office.billing.verify(office.desk.invoices.firm_id) == ()


def _reasons(schedule: Schedule) -> list[str]:
    return [pause.reason for pause in schedule.pauses] + [skip.reason for skip in schedule.skips]


def test_every_text_in_which_somebody_explains_something_is_the_firms_own_or_told_to_the_client() -> None:
    own = {(kind, name) for kind, names in WORDS.items() for name in names}

    assert own & SHOWN == set()
    assert set(_explanations()) == own | SHOWN


def _explanations() -> Iterable[tuple[type, str]]:
    """The fields of texts with such a name, in everything that is kept."""
    for module in pkgutil.walk_packages(billcore.__path__, "billcore."):
        if module.name.split(".")[1] in NOT_KEPT:
            continue
        for kind in vars(import_module(module.name)).values():
            if isclass(kind) and kind.__module__ == module.name and attrs.has(kind) and kind not in (_Change, Pass):
                texts = [each.name for each in attrs.fields(attrs.resolve_types(kind)) if each.type is str]
                yield from ((kind, name) for name in texts if name.endswith(EXPLAINING))
