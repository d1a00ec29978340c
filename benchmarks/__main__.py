"""Print the table: every workload against its floor, measured now, in turn, on this machine."""

import platform
import sys
from collections.abc import Callable

from benchmarks import importing, life, pricing, recurring_run
from benchmarks.timing import HEAD, Row

WORKLOADS: dict[str, Callable[[], Row]] = {
    "life-sqlite": life.on_sqlite,
    "recurring-sqlite": recurring_run.on_sqlite,
    "pricing": pricing.in_memory,
    "import": importing.in_new_processes,
}


def main(wanted: list[str]) -> None:
    print(f"Python {platform.python_version()}, {platform.machine()}; medians of interleaved runs\n")
    print(HEAD)
    for name, measure in WORKLOADS.items():
        if not wanted or name in wanted:
            print(measure(), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
