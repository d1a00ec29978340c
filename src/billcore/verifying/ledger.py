"""The journal against the records: balanced, and each account what invoices and payments add up to."""

from collections import defaultdict
from collections.abc import Iterator

from billcore.fees import FeeLine
from billcore.journal import Account, postings
from billcore.money import Money
from billcore.payments.observation import DisputeStatus
from billcore.payments.payment import Payment, RefundState
from billcore.verifying.books import Books, Discrepancy, differ

Balances = dict[tuple[Account, str], int]


def check_journal(books: Books) -> Iterator[Discrepancy]:
    """Debits equal credits in every event, and the accounts agree with the records behind them."""
    journal: Balances = defaultdict(int)
    for recorded in books.recorded:
        sums: dict[str, int] = defaultdict(int)
        for posting in postings(recorded.event):
            sums[posting.amount.currency] += posting.amount.minor
            journal[posting.account, posting.amount.currency] += posting.amount.minor
        for currency, minor in sums.items():
            subject = f"event {recorded.position}"
            yield from differ("balanced", subject, "debits less credits", Money(minor, currency), Money.zero(currency))
    derived = _derived(books)
    for account in (
        Account.RECEIVABLE,
        Account.CLIENT_CREDIT,
        Account.CASH,
        Account.CLEARING,
        Account.DISPUTED,
        Account.FEES,
        Account.LATE_FEES,
    ):
        currencies = {currency for known, currency in (*journal, *derived) if known is account}
        for currency in sorted(currencies):
            stored = Money(journal[account, currency], currency)
            records = Money(derived[account, currency], currency)
            yield from differ("journal", account.value, f"{account.value} in {currency}", stored, records)


def _derived(books: Books) -> Balances:
    """What the accounts must hold by the records alone."""
    derived: Balances = defaultdict(int)
    for invoice in books.invoices:
        derived[Account.RECEIVABLE, invoice.currency] += invoice.owed.minor
        if not invoice.is_void:
            derived[Account.LATE_FEES, invoice.currency] -= invoice.sums.late_fees.minor
    for payment in books.payments:
        _add_payment(books, payment, derived)
    return derived


def _add_payment(books: Books, payment: Payment, derived: Balances) -> None:
    if payment.completed_at is None:
        return
    currency = payment.amount.currency
    home = Account.CASH if payment.is_manual else Account.CLEARING
    derived[Account.CLIENT_CREDIT, currency] -= payment.unapplied.minor
    derived[home, currency] += payment.amount.minor - payment.taken_back.minor
    for refund in books.refunds_by_payment[payment.id]:
        if refund.state is RefundState.SUCCEEDED:
            paid_from = Account.CASH if refund.is_external else home
            derived[paid_from, currency] -= refund.amount.minor
    for dispute in payment.disputes:
        if dispute.status is DisputeStatus.OPEN:
            derived[Account.DISPUTED, currency] += dispute.amount.minor
            derived[Account.CLEARING, currency] -= dispute.amount.minor
    for line in _fee_lines(payment):
        derived[Account.FEES, line.amount.currency] += line.amount.minor
        derived[Account.CLEARING, line.amount.currency] -= line.amount.minor


def _fee_lines(payment: Payment) -> tuple[FeeLine, ...]:
    processing = () if payment.fee is None else payment.fee.lines
    return (*processing, *(extra.line for extra in payment.extra_fees))
