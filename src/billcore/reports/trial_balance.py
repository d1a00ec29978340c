"""Do the books balance: every account on a day, debits on one side and credits on the other, per currency."""

from collections.abc import Iterable
from datetime import date

from attrs import frozen

from billcore.journal import Account, balances, entries
from billcore.money import Money
from billcore.recorded import RecordedEvent
from billcore.reports.totals import per_currency


@frozen(kw_only=True)
class TrialBalanceRow:
    """One account in one currency; the balance stands on one side, the other is zero."""

    account: Account
    debit: Money
    credit: Money


@frozen(kw_only=True)
class TrialBalance:
    """All accounts at the end of ``on``, and the sums of both sides per currency."""

    on: date
    rows: tuple[TrialBalanceRow, ...]
    debits: tuple[Money, ...]
    credits: tuple[Money, ...]

    @property
    def is_balanced(self) -> bool:
        """True of sound books, always."""
        return self.debits == self.credits


def trial_balance(recorded: Iterable[RecordedEvent], on: date) -> TrialBalance:
    """The trial balance of a firm at the end of *on*, from all its recorded events.

    Events count on their business date: a payment recorded later for an earlier day changes that day's balances.
    """
    rows = tuple(
        TrialBalanceRow(account=balance.account, debit=_above_zero(balance.amount), credit=_above_zero(-balance.amount))
        for balance in balances(entry for entry in entries(recorded) if entry.on <= on)
    )
    return TrialBalance(
        on=on,
        rows=rows,
        debits=per_currency(row.debit for row in rows),
        credits=per_currency(row.credit for row in rows),
    )


def _above_zero(amount: Money) -> Money:
    return max(amount, Money.zero(amount.currency))
