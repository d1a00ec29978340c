"""Who may look at an invoice."""

import pytest
from tests.office import PRIYA, Office

from billcore.errors import NotPermitted
from billcore.permissions import AllowListed, Permission


def test_a_contact_without_the_right_to_look_does_not_view_an_invoice_either() -> None:
    office = Office.open(authorizer=AllowListed({"jane": frozenset(Permission)}))
    invoice = office.sent(office.client())

    with pytest.raises(NotPermitted):
        office.by(PRIYA).invoices.view(invoice.id)

    assert office.invoice(invoice).first_viewed_at is None
