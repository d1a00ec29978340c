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
from billcore import Cadence, Method, events
from billcore.billing import FrontDesk
from billcore.clients import Client
from billcore.codec import to_text
from billcore.ids import InvoiceId, ScheduleId
from billcore.invoices.invoice import Content, CreditNote
from billcore.lines import Allowance, Surcharge
from billcore.memory import MemoryStore
from billcore.policy import PRO_FIRM
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
}
"""What stands on a document that the client gets."""


@attrs.frozen
class Affair:
    """A client with everything that can carry the firm's own words."""

    office: Office
    client: Client
    invoices: tuple[InvoiceId, ...]
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
    charge = desk.charges.add(client.id, "A call", unit_price="10.00")
    desk.charges.write_off(charge.id, reason=OWN)
    schedule = desk.schedules.start(client.id, Cadence.monthly(), lines=[a_line()], autopay=office.card(client))
    desk.schedules.skip(schedule.id, 1, reason=OWN)
    desk.schedules.pause(schedule.id, reason=OWN)
    return Affair(office, client, (open_one.id, void.id), schedule.id)


def read(desk: FrontDesk, affair: Affair) -> str:
    """Everything of the client's that a desk hands out, as a portal would send it on."""
    records: list[object] = [desk.clients.get(affair.client.id), *desk.clients.all()]
    for invoice_id in affair.invoices:
        payments = desk.payments.of_invoice(invoice_id)
        records += [desk.invoices.get(invoice_id), *payments, *desk.adjustments.credit_notes(invoice_id)]
        records += [refund for payment in payments for refund in desk.refunds.of_payment(payment.id)]
    records += desk.invoices.page().invoices
    records += [desk.schedules.get(affair.schedule), *desk.schedules.all(), *desk.charges.unbilled()]
    records += desk.schedules.occurrences(affair.schedule)
    told = [str(row) for invoice_id in affair.invoices for row in desk.payments.history(invoice_id)]
    told += [entry.text for invoice_id in affair.invoices for entry in desk.invoices.timeline(invoice_id)]
    return "\n".join([*map(to_text, records), *told])


def test_a_contact_reads_everything_of_its_clients_but_the_firms_own_words(affair: Affair) -> None:
    ours = read(affair.office.desk, affair)
    theirs = read(affair.office.by(PRIYA), affair)

    assert ours.count(OWN) > 12
    assert OWN not in theirs
    assert "Thank you" in theirs
    assert "Voided" in theirs


def test_what_a_contact_is_handed_after_doing_something_is_without_them_too_and_the_firm_keeps_them(
    affair: Affair,
) -> None:
    office, priya = affair.office, affair.office.by(PRIYA)
    before, [open_one, _] = read(office.desk, affair), affair.invoices
    plan = office.desk.schedules.get(affair.schedule)

    viewed = priya.invoices.view(open_one)
    paid = priya.payments.charge(open_one, method=office.card(affair.client))
    changed = priya.schedules.change_method(affair.schedule, office.card(affair.client, "ach_ok"))

    assert OWN not in to_text(viewed) + to_text(paid) + to_text(changed)
    assert read(office.desk, affair).count(OWN) == before.count(OWN)
    kept = office.desk.invoices.get(open_one)
    assert (kept.content.memo, kept.first_viewed_at is None, kept.balance.is_zero) == (OWN, False, True)
    assert _reasons(office.desk.schedules.get(affair.schedule)) == _reasons(plan) == [OWN, OWN]
    assert office.billing.verify(office.desk.invoices.firm_id) == ()


def _reasons(schedule: Schedule) -> list[str]:
    return [pause.reason for pause in schedule.pauses] + [skip.reason for skip in schedule.skips]


def test_every_text_in_which_people_explain_themselves_is_either_the_firms_own_or_on_a_document() -> None:
    texts = {(kind, name) for kind, names in WORDS.items() for name in names if not _is_machine_made(kind)}

    assert set(_explanations()) == texts | SHOWN


def _is_machine_made(kind: type) -> bool:
    """Its reason is billcore's, not a person's; it is for the firm's people all the same."""
    return kind is events.PaymentReviewRequired


def _explanations() -> Iterable[tuple[type, str]]:
    names = ("reason", "note", "notes", "memo", "evidence", "discard_reason", "write_off_reason")
    for module in pkgutil.walk_packages(billcore.__path__, "billcore."):
        if module.name.startswith(("billcore.testing", "billcore.services", "billcore.reports")):
            continue
        for kind in vars(import_module(module.name)).values():
            if isclass(kind) and kind.__module__ == module.name and attrs.has(kind) and kind.__name__[0] != "_":
                yield from ((kind, each.name) for each in attrs.fields(kind) if each.name in names and not each.repr)
