"""A clock and ids that hold still, and the real ones they stand for."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from billcore.errors import BadDate
from billcore.ports.clock import Clock
from billcore.ports.ids import Ids
from billcore.services.system import RandomIds, SystemClock
from billcore.testing import CountingIds, ManualClock


def test_a_manual_clock_stands_still_until_it_is_moved() -> None:
    clock: Clock = ManualClock(datetime(2026, 6, 1, 10, tzinfo=timezone(timedelta(hours=2))))

    assert clock.now() == clock.now() == datetime(2026, 6, 1, 8, tzinfo=UTC)
    assert clock.now().tzinfo is UTC


def test_a_manual_clock_goes_forward_only() -> None:
    clock = ManualClock()
    before = clock.now()

    with pytest.raises(BadDate, match="goes forward"):
        clock.advance(timedelta(seconds=-1))
    with pytest.raises(BadDate, match="goes forward"):
        clock.set(before - timedelta(days=1))

    assert clock.now() == before


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(BadDate, match="timezone"):
        ManualClock(datetime(2026, 6, 1))  # noqa: DTZ001 it is the point


def test_counted_ids_are_known_beforehand_and_sort() -> None:
    ids: Ids = CountingIds()

    drawn = [ids.new("inv") for _ in range(12)]

    assert drawn[0] == "inv_000001"
    assert drawn == sorted(drawn)
    assert ids.new("pay") == "pay_000001"


def test_the_system_s_clock_is_aware_and_in_utc() -> None:
    clock: Clock = SystemClock()

    assert clock.now().tzinfo is UTC
    assert clock.now() <= clock.now()


def test_random_ids_differ_sort_by_time_and_survive_a_database_that_ignores_case() -> None:
    ids: Ids = RandomIds()

    drawn = [ids.new("inv") for _ in range(2_000)]

    assert len({each.lower() for each in drawn}) == 2_000
    assert {len(each) for each in drawn} == {len("inv_") + 26}
    assert all(each == each.lower() and each.isascii() for each in drawn)
    # The first ten digits are the millisecond.
    assert [each[:14] for each in drawn] == sorted(each[:14] for each in drawn)
