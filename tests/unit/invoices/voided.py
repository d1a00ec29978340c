"""A void invoice, for the tests of what it still allows."""

from billcore.clients import Client, Firm
from billcore.invoices import voiding
from billcore.invoices.invoice import Invoice
from billcore.testing.builders import BY, an_issued_invoice
from billcore.testing.clock import START


def a_void_invoice(firm: Firm, client: Client) -> Invoice:
    void, _ = voiding.void(an_issued_invoice(firm, client), reason="wrong client", at=START, by=BY)
    return void
