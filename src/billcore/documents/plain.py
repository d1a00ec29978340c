"""Plain text for a terminal or an e-mail: an invoice, the queues, a timeline, takings, aging.

For the firm's own eyes.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from billcore.invoices.invoice import Invoice
from billcore.invoices.status import label
from billcore.lines import LineItem
from billcore.money import Money
from billcore.reports.aging import Aging
from billcore.reports.queues import Tile
from billcore.reports.takings import Takings
from billcore.reports.timeline import TimelineEntry

WIDTH = 78


def invoice_text(invoice: Invoice, on: date) -> str:
    """The invoice with its lines and totals, and how it stands on that day."""
    issue = invoice.issue
    rows = [_row(f"Invoice {invoice.number or '(draft)'}", label(invoice, on))]
    if issue is not None:
        rows += [f"{issue.issuer.name} to {issue.recipient.name}", f"issued {issue.on}, due {issue.due_on}"]
    rows.append("")
    for line, net in zip(invoice.lines, invoice.totals.line_nets, strict=True):
        rows.append(_row(f"  {_line(line)}", str(net)))
    totals = invoice.totals
    changes = [("Discounts", -totals.allowances), ("Surcharges", totals.surcharges)]
    changes += [(f"{tax.rate.name} {tax.rate.percent} %", tax.amount) for tax in totals.taxes]
    rows += [_row(f"  {name}", str(amount)) for name, amount in changes if not amount.is_zero]
    if not invoice.sums.late_fees.is_zero:
        rows.append(_row("  Late fees", str(invoice.sums.late_fees)))
    rows.append(_row("Total", str(invoice.total)))
    rows.append(_row("Paid", str(invoice.paid)))
    if not invoice.in_flight.is_zero:
        rows.append(_row("Processing", str(invoice.in_flight)))
    rows.append(_row("Balance", str(invoice.balance)))
    return "\n".join(rows)


def queues_text(tiles: Iterable[Tile]) -> str:
    """The four queues: how many, and how much is open."""
    return "\n".join(
        _row(f"{tile.queue.value.capitalize():<10} {tile.count:>4}", _amounts(tile.open_balance)) for tile in tiles
    )


def timeline_text(entries: Iterable[TimelineEntry]) -> str:
    """One line per step: when, who, what."""
    return "\n".join(f"{entry.at:%Y-%m-%d %H:%M}  {entry.actor:<12.12}  {entry.text}" for entry in entries)


def takings_text(takings: Takings) -> str:
    """What came in by method, and what is left of it."""
    rows = [
        _row(f"{method.method.value.capitalize()}, {method.count}", str(method.gross)) for method in takings.methods
    ]
    for currency in takings.currencies:
        rows += [
            _row("Gross", str(currency.gross)),
            _row("Refunds", str(-currency.refunded)),
            _row("Taken back by banks", str(-currency.taken_back)),
            _row("Fees", str(-currency.fees)),
            _row("  of which lost on refunds", str(currency.fees_lost_on_refunds)),
            _row("Net", str(currency.net)),
        ]
    if takings.unknown_fees:
        rows.append(f"{takings.unknown_fees} fee(s) not known yet")
    return "\n".join(rows)


def aging_text(aging: Aging) -> str:
    """Receivables by days past due, in total."""
    rows = []
    for total in aging.totals:
        rows += [_row(f"{name} days", str(amount)) for name, amount in zip(aging.labels, total.amounts, strict=True)]
        rows.append(_row("Receivable", str(total.total)))
    return "\n".join(rows) or "nothing is owed"


def titled(title: str, text: str) -> str:
    """The text under a title."""
    return f"\n{title}\n{'─' * len(title)}\n{text}"


def _line(line: LineItem) -> str:
    unit = f" {line.unit}" if line.unit else ""
    return f"{line.description}  {line.quantity.normalize():f}{unit} × {line.unit_price:f}"


def _amounts(amounts: Sequence[Money]) -> str:
    return ", ".join(str(amount) for amount in amounts)


def _row(left: str, right: str) -> str:
    return f"{left}{right:>{max(1, WIDTH - len(left))}}".rstrip()
