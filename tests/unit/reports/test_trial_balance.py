"""The trial balance: both sides of the books on a day."""

from datetime import date

from attrs import evolve
from tests.unit.reports.happened import completed, fee_assessed, fee_of, issued, recorded, recorded_by_hand, usd

from billcore.journal import Account
from billcore.money import Money
from billcore.reports.trial_balance import TrialBalance, trial_balance

MAY, JUNE = date(2026, 5, 31), date(2026, 6, 1)


def sides(report: TrialBalance) -> list[tuple[Account, Money, Money]]:
    return [(row.account, row.debit, row.credit) for row in report.rows]


def test_every_account_stands_on_one_side_and_the_sides_are_equal() -> None:
    happened = recorded(issued(usd(100_00), usd(20_00)), completed(usd(150_00)), fee_assessed(fee_of(usd(4_65))))

    report = trial_balance(happened, JUNE)

    assert sides(report) == [
        (Account.CLEARING, usd(145_35), usd(0)),
        (Account.RECEIVABLE, usd(0), usd(30_00)),
        (Account.TAX_PAYABLE, usd(0), usd(20_00)),
        (Account.REVENUE, usd(0), usd(100_00)),
        (Account.FEES, usd(4_65), usd(0)),
    ]
    assert report.debits == report.credits == (usd(150_00),)
    assert report.is_balanced


def test_each_currency_balances_on_its_own() -> None:
    report = trial_balance(recorded(issued(usd(100_00)), issued(Money(70_00, "EUR"))), JUNE)

    assert report.debits == report.credits == (Money(70_00, "EUR"), usd(100_00))


def test_only_what_happened_by_the_end_of_the_day_counts_whenever_it_was_recorded() -> None:
    back_dated = evolve(recorded_by_hand(usd(40_00), on=JUNE), on=MAY)
    happened = recorded(issued(usd(100_00), on=MAY), recorded_by_hand(usd(9_00), on=JUNE), back_dated)

    report = trial_balance(happened, MAY)

    assert sides(report) == [
        (Account.CASH, usd(40_00), usd(0)),
        (Account.RECEIVABLE, usd(60_00), usd(0)),
        (Account.REVENUE, usd(0), usd(100_00)),
    ]


def test_books_with_an_event_that_contradicts_itself_do_not_balance() -> None:
    broken = evolve(issued(usd(100_00)), gross=usd(99_00))

    assert not trial_balance(recorded(broken), JUNE).is_balanced


def test_empty_books_balance() -> None:
    assert trial_balance([], JUNE) == TrialBalance(on=JUNE, rows=(), debits=(), credits=())
    assert trial_balance([], JUNE).is_balanced
