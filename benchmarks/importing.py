"""Importing billcore against importing attrs, decimal and datetime: whole processes, in seconds of the processor.

Every process finds compiled bytecode, its own and the floor's, as it would after an installation.
"""

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from tempfile import TemporaryDirectory
from typing import Final

from benchmarks.timing import Row, compare

FLOOR: Final = "import attrs, decimal, datetime, enum"
PROGRAMS: Final = (
    ("import billcore", "import billcore", 2),
    ("from billcore import Money, LineItem", "from billcore import Money, LineItem", None),
    (
        "from billcore import Billing, and one made",
        "from billcore import Billing, MemoryStore; Billing(MemoryStore())",
        None,
    ),
)
_SHOWN: Final = 12


def in_new_processes() -> Iterator[Row]:
    """Each time in an interpreter of its own."""
    with TemporaryDirectory() as bytecode:
        environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment["PYTHONPYCACHEPREFIX"] = bytecode

        def run(program: str, *options: str) -> str:
            command = [sys.executable, *options, "-c", program]
            return subprocess.run(command, check=True, env=environment, capture_output=True, text=True).stderr

        def explained(program: str) -> str:
            lines = run(program, "-X", "importtime").splitlines()[1:]
            lines.sort(key=lambda line: -int(line.removeprefix("import time:").split("|")[0]))
            return "\n".join(lines[:_SHOWN])

        for workload, program, reach in PROGRAMS:
            yield compare(
                workload,
                ours=partial(run, program),
                floor=partial(run, FLOOR),
                reach=reach,
                rounds=15,
                clock=_of_children,
                explain=partial(explained, program),
            )


def _of_children() -> float:
    """Seconds of the processor that finished child processes took."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
