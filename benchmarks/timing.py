"""Two programs for the same work, in turn: the ratio of their medians, and the spread of the rounds' ratios."""

import cProfile
import gc
import io
import pstats
import statistics
import time
from collections.abc import Callable
from typing import Final

from attrs import field, frozen

_SHOWN: Final = 12


@frozen(kw_only=True)
class Row:
    """One workload against its floor, in seconds per piece of work.

    ``profile`` says where ours spends its time, for a reader who asks why a row is what it is. Without a ``reach`` the
    row is told for comparison, and is neither reached nor missed.
    """

    workload: str
    ours: float
    floor: float
    ratios: tuple[float, ...]
    reach: float | None
    profile: str = field(default="", repr=False)

    @property
    def ratio(self) -> float:
        return self.ours / self.floor

    @property
    def is_missed(self) -> bool:
        return self.reach is not None and self.ratio > self.reach

    def __str__(self) -> str:
        spread = f"{min(self.ratios):.2f}–{max(self.ratios):.2f}"
        reach, verdict = ("", "") if self.reach is None else (f"≤ {self.reach:g} ×", "reached")
        return (
            f"| {self.workload} | {seconds(self.floor)} | {seconds(self.ours)} | {self.ratio:.2f} × | {spread} "
            f"| {reach} | {'MISSED' if self.is_missed else verdict} |"
        )


HEAD: Final = "| workload | floor | billcore | ratio | spread | reach | |\n|---|---|---|---|---|---|---|"


def compare(
    workload: str,
    *,
    ours: Callable[[], object],
    floor: Callable[[], object],
    reach: float | None,
    rounds: int = 9,
    pieces: int = 1,
    clock: Callable[[], float] = time.perf_counter,
    explain: Callable[[], str] | None = None,
) -> Row:
    """Run both in turn, *rounds* times after one warm-up; each call does *pieces* pieces of work.

    *clock* is wall clock where a disk or a server takes part, else better the processor's, which others on the machine
    disturb less. A row without *explain* is explained by a profile of one more round of ours.
    """
    ours()
    floor()
    our_times, floor_times = [], []
    for _ in range(rounds):
        floor_times.append(_timed(floor, clock) / pieces)
        our_times.append(_timed(ours, clock) / pieces)
    return Row(
        workload=workload,
        ours=statistics.median(our_times),
        floor=statistics.median(floor_times),
        ratios=tuple(one / other for one, other in zip(our_times, floor_times, strict=True)),
        reach=reach,
        profile=_profiled(ours) if explain is None else explain(),
    )


def seconds(value: float) -> str:
    """In the unit that people would use."""
    return f"{value * 1000:.2f} ms" if value >= 0.001 else f"{value * 1_000_000:.1f} µs"


def _timed(work: Callable[[], object], clock: Callable[[], float]) -> float:
    gc.collect()
    begun = clock()
    work()
    return clock() - begun


def _profiled(work: Callable[[], object]) -> str:
    """The functions in which it spends its time, themselves and without those that they call."""
    profile = cProfile.Profile()
    profile.runcall(work)
    text = io.StringIO()
    pstats.Stats(profile, stream=text).strip_dirs().sort_stats("tottime").print_stats(_SHOWN)
    return "\n".join(line for line in text.getvalue().splitlines() if line.strip())
