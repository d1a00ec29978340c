"""Each invoice against its lines, its events, the payments on it, its credit notes and its charges."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from attrs import asdict, evolve

from billcore.charges.charge import ChargeState
from billcore.errors import BillcoreError
from billcore.invoices.invoice import Invoice, Sums
from billcore.invoices.pricing import price
from billcore.invoices.settling import settle
from billcore.money import Money
from billcore.verifying.books import Books, Discrepancy, differ


def check_invoices(books: Books) -> Iterator[Discrepancy]:
    """All that can be said of one invoice at a time, and of the numbers of all."""
    for invoice in books.invoices:
        yield from _totals(invoice)
        yield from _fold(books, invoice)
        yield from _applications(books, invoice)
        yield from _credits(books, invoice)
        yield from _range(invoice)
    yield from _numbers(books)
    yield from _charges(books)


def _totals(invoice: Invoice) -> Iterator[Discrepancy]:
    content = invoice.content
    try:
        derived = price(content.lines, content.allowances, content.surcharges, invoice.currency)
    except BillcoreError as error:
        yield Discrepancy(check="totals", subject=invoice.id, message=f"the lines cannot be priced: {error.code}")
        return
    yield from differ("totals", invoice.id, "gross", invoice.totals.gross, derived.gross)
    yield from differ("totals", invoice.id, "line nets and taxes", invoice.totals, derived)


def _fold(books: Books, invoice: Invoice) -> Iterator[Discrepancy]:
    """The sums are a fold of events: settle them all again on an invoice with none."""
    folded = evolve(invoice, sums=Sums.nothing(invoice.currency), hold=None, autopay_failed_at=None, late_fees=())
    for recorded in books.events_by_invoice[invoice.id]:
        folded = settle(folded, recorded.event)
    derived = asdict(folded.sums, recurse=False)
    for name, stored in asdict(invoice.sums, recurse=False).items():
        yield from differ("settlement", invoice.id, name, stored, derived[name])
    yield from differ("settlement", invoice.id, "late fees by step", invoice.late_fees, folded.late_fees)


def _applications(books: Books, invoice: Invoice) -> Iterator[Discrepancy]:
    """The sums are what the payments say: reserved while they wait, paid once they came."""
    paid = in_flight = 0
    for payment, part in books.parts_by_invoice[invoice.id]:
        if payment.is_waiting:
            in_flight += part.amount.minor
        else:
            paid += part.amount.minor
    yield from differ("applications", invoice.id, "paid", invoice.paid, Money(paid, invoice.currency))
    yield from differ("reservations", invoice.id, "in flight", invoice.in_flight, Money(in_flight, invoice.currency))


def _credits(books: Books, invoice: Invoice) -> Iterator[Discrepancy]:
    notes = [note for note in books.notes_by_invoice[invoice.id] if note.canceled_at is None]
    credited = Money.sum((note.amount for note in notes), invoice.currency)
    tax = Money.sum((note.tax for note in notes), invoice.currency)
    yield from differ("credit_notes", invoice.id, "credited", invoice.sums.credited, credited)
    yield from differ("credit_notes", invoice.id, "credited tax", invoice.sums.credited_tax, tax)


def _range(invoice: Invoice) -> Iterator[Discrepancy]:
    for name, amount in asdict(invoice.sums, recurse=False).items():
        if name != "credited_tax" and amount.is_negative:
            yield Discrepancy(check="range", subject=invoice.id, message=f"{name} is {amount}, below zero")
    if invoice.balance.is_negative:
        yield Discrepancy(check="range", subject=invoice.id, message=f"the balance is {invoice.balance}, below zero")
    if invoice.is_draft and invoice.sums != Sums.nothing(invoice.currency):
        yield Discrepancy(check="range", subject=invoice.id, message="money is on a draft")


def _numbers(books: Books) -> Iterator[Discrepancy]:
    """Numbers are unique and gapless per series; a void invoice keeps its own."""
    invoice_numbers = [(invoice.number, invoice.id) for invoice in books.invoices if invoice.number is not None]
    # Both may draw from one series.
    yield from _series(invoice_numbers + [(note.number, note.id) for note in books.credit_notes])


def _series(numbered: Sequence[tuple[str, str]]) -> Iterator[Discrepancy]:
    series: dict[str, Counter[int]] = defaultdict(Counter)
    for number, record_id in numbered:
        prefix = number.rstrip("0123456789")
        if prefix == number:
            yield Discrepancy(check="numbers", subject=record_id, message="the number has no count in it")
            continue
        series[prefix][int(number[len(prefix) :])] += 1
    for prefix, counts in series.items():
        for count in range(1, max(counts) + 1):
            if counts[count] == 0:
                yield Discrepancy(check="numbers", subject=f"{prefix}{count}", message="the number is missing")
            elif counts[count] > 1:
                yield Discrepancy(check="numbers", subject=f"{prefix}{count}", message="the number is used twice")


def _charges(books: Books) -> Iterator[Discrepancy]:
    """A charge is on at most one live invoice, and both say so."""
    claims: Counter[str] = Counter()
    for invoice in books.invoices:
        if not invoice.is_void:
            claims.update(invoice.content.charge_ids)
    for charge in books.charges:
        if claims[charge.id] > 1:
            yield Discrepancy(check="charges", subject=charge.id, message="the charge is on two live invoices")
        on = None if charge.invoice_id is None else books.invoice_by_id.get(charge.invoice_id)
        if charge.invoice_id is not None and (on is None or charge.id not in on.content.charge_ids):
            yield Discrepancy(check="charges", subject=charge.id, message="its invoice does not bill it")
        if charge.invoice_id is None and claims[charge.id]:
            yield Discrepancy(check="charges", subject=charge.id, message="an invoice bills it, and it is open")
        is_billed = charge.state is ChargeState.BILLED
        if on is not None and is_billed is on.is_draft:
            yield Discrepancy(check="charges", subject=charge.id, message="billed or not, its invoice says otherwise")
