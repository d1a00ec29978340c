"""Two programs for the same work, in turn: the ratio of their medians, and the spread of the rounds' ratios."""

import gc
import statistics
import time
from collections.abc import Callable

from attrs import frozen


@frozen(kw_only=True)
class Row:
    """One workload against its floor, in seconds per piece of work."""

    workload: str
    ours: float
    floor: float
    ratios: tuple[float, ...]
    reach: float

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def verdict(self) -> str:
        return "reached" if self.ratio <= self.reach else "MISSED"

    def __str__(self) -> str:
        spread = f"{min(self.ratios):.2f}–{max(self.ratios):.2f}"
        return (
            f"| {self.workload} | {_seconds(self.floor)} | {_seconds(self.ours)} | {self.ratio:.2f} × | {spread} "
            f"| ≤ {self.reach:g} × | {self.verdict} |"
        )


HEAD = "| workload | floor | billcore | ratio | spread | reach | |\n|---|---|---|---|---|---|---|"


def compare(
    workload: str,
    *,
    ours: Callable[[], object],
    floor: Callable[[], object],
    reach: float,
    rounds: int = 9,
    pieces: int = 1,
) -> Row:
    """Run both in turn, *rounds* times after one warm-up; each call does *pieces* pieces of work."""
    ours()
    floor()
    our_times, floor_times = [], []
    for _ in range(rounds):
        floor_times.append(_timed(floor) / pieces)
        our_times.append(_timed(ours) / pieces)
    return Row(
        workload=workload,
        ours=statistics.median(our_times),
        floor=statistics.median(floor_times),
        ratios=tuple(one / other for one, other in zip(our_times, floor_times, strict=True)),
        reach=reach,
    )


def _timed(work: Callable[[], object]) -> float:
    gc.collect()
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _seconds(value: float) -> str:
    return f"{value * 1000:.2f} ms" if value >= 0.001 else f"{value * 1_000_000:.1f} µs"
