"""Eight workers at once: what the naive form loses without an error, ours keeps. At length: ``make isolation``."""

from experiments.isolation import naive, ours
from tests.databases import Database


def test_nothing_is_lost_paid_twice_or_numbered_twice(database: Database) -> None:
    seen = ours(database, rounds=8, invoices=4)

    assert (seen.lost, seen.over_allocated, seen.duplicates, seen.gaps, seen.errors) == (0, 0, 0, 0, 0)


def test_the_naive_form_loses_updates_and_gives_numbers_twice_without_an_error(database: Database) -> None:
    seen = naive(database.url, rounds=12, invoices=4)

    assert seen.lost > 0
    assert seen.duplicates > 0
