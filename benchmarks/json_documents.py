"""An invoice to JSON text and back, by the codec and by hand; in seconds of the processor.

Both sides write the same text and read the same record, with the standard library's json. By hand every field is named,
and only constructors check; the codec reads strictly and says of everything wrong where it stands.
"""

import json
import time
from collections.abc import Iterator
from typing import Final

from benchmarks import by_hand
from benchmarks.big_firm import FIRM, JANE, TODAY, clock_on
from benchmarks.timing import Row, compare

from billcore import Billing, Invoice, LineItem, MemoryStore, TaxRate
from billcore.codec import from_json, to_json

TIMES: Final = 500


def both_ways() -> Iterator[Row]:
    """A sent invoice of three lines with two taxes."""
    invoice = _sent()
    text = json.dumps(to_json(invoice))
    assert json.dumps(by_hand.invoice_out(invoice)) == text, "the two roads must agree"
    assert from_json(Invoice, json.loads(text)) == by_hand.invoice_in(json.loads(text)) == invoice

    def out() -> None:
        for _ in range(TIMES):
            json.dumps(to_json(invoice))

    def out_by_hand() -> None:
        for _ in range(TIMES):
            json.dumps(by_hand.invoice_out(invoice))

    def back() -> None:
        for _ in range(TIMES):
            from_json(Invoice, json.loads(text))

    def back_by_hand() -> None:
        for _ in range(TIMES):
            by_hand.invoice_in(json.loads(text))

    clock = time.process_time
    yield compare("invoice to JSON", ours=out, floor=out_by_hand, reach=2, pieces=TIMES, clock=clock)
    yield compare("JSON to invoice", ours=back, floor=back_by_hand, reach=4, pieces=TIMES, clock=clock)


def _sent() -> Invoice:
    billing = Billing(MemoryStore(), clock=clock_on(TODAY))
    billing.firms.open(FIRM, "Acme Law", by=JANE)
    desk = billing.at(FIRM, by=JANE)
    client = desk.clients.add("Patel Family", email="patel@example.com").id
    taxes = (TaxRate(name="State", percent="7"), TaxRate(name="City", percent="2.5"))
    line = LineItem(description="Advice", quantity="2.5", unit_price="80.00", taxes=taxes)
    return desk.invoices.send(desk.invoices.draft(client, lines=[line] * 3).id)
