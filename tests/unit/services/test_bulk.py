"""Several invoices at once: each stands for itself, in the order asked for, and nothing of one is lost by another."""

import pytest
from attrs import evolve
from tests.office import JANE, Office

from billcore.errors import InvalidInput, NotPermitted
from billcore.ids import InvoiceId
from billcore.methods import Method
from billcore.permissions import AllowListed, Permission
from billcore.policy import PRACTICE

NOBODY = InvoiceId("inv_nobody")


@pytest.fixture
def office() -> Office:
    return Office.open()


def test_results_come_in_the_order_asked_for_and_each_invoice_once(office: Office) -> None:
    client = office.client()
    first, second = office.draft(client), office.draft(client)

    results = office.desk.bulk.send([second.id, NOBODY, first.id, second.id])

    assert [result.invoice_id for result in results] == [second.id, NOBODY, first.id]
    assert [result.is_done for result in results] == [True, False, True]
    assert [result.invoice.number if result.invoice else None for result in results] == ["INV-0001", None, "INV-0002"]


def test_what_is_refused_says_why_and_is_as_it_was(office: Office) -> None:
    client = office.client()
    empty = office.desk.invoices.draft(client.id)
    before = office.books()

    [result] = office.desk.bulk.send([empty.id])

    assert result.refused is not None
    assert result.refused.code == "empty_invoice"
    assert result.invoice is None
    assert office.books() == before


def test_a_number_is_used_only_by_what_was_sent(office: Office) -> None:
    client = office.client()
    drafts = [office.draft(client), office.desk.invoices.draft(client.id), office.draft(client)]

    results = office.desk.bulk.send([draft.id for draft in drafts])

    assert [result.invoice.number for result in results if result.invoice] == ["INV-0001", "INV-0002"]


def test_each_is_voided_by_the_rules_of_its_policy() -> None:
    office = Office.open(PRACTICE)
    invoice = office.sent(office.client())

    without, with_one = (office.desk.bulk.void([invoice.id], reason=reason)[0] for reason in ("", "duplicate"))

    assert without.refused is not None
    assert without.refused.code == "reason_required"
    assert with_one.is_done


def test_what_is_paid_already_is_not_marked_again(office: Office) -> None:
    client = office.client()
    paid, unpaid = office.sent(client), office.sent(client)
    office.desk.payments.mark_paid(paid.id)

    results = office.desk.bulk.mark_paid([paid.id, unpaid.id], method=Method.CASH)

    assert [result.is_done for result in results] == [False, True]
    assert len(office.desk.payments.of_invoice(paid.id)) == 1


def test_a_thousand_and_one_are_too_many_and_none_too_few(office: Office) -> None:
    for ids in ([], [InvoiceId(f"inv_{number}") for number in range(1001)]):
        with pytest.raises(InvalidInput, match="name 1 to 1000 invoices"):
            office.desk.bulk.send(ids)


def test_who_may_not_do_it_to_one_may_not_do_it_to_several() -> None:
    granted = {JANE.id: frozenset(Permission), "sam": frozenset({Permission.VIEW})}
    office = Office.open(authorizer=AllowListed(granted))
    client = office.client()
    draft, sent = office.draft(client), office.sent(client)
    sam = office.by(evolve(JANE, id="sam")).bulk
    before = office.books()

    with pytest.raises(NotPermitted):
        sam.send([draft.id])
    with pytest.raises(NotPermitted):
        sam.mark_paid([sent.id])
    with pytest.raises(NotPermitted):
        sam.void([sent.id])

    assert office.books() == before
    assert sam.export([sent.id]).startswith(b"Number,")
