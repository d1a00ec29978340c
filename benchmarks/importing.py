"""`import billcore` against importing attrs, decimal and datetime: whole processes."""

import subprocess
import sys

from benchmarks.timing import Row, compare


def in_new_processes() -> Row:
    """Each time in an interpreter of its own."""

    def run(program: str) -> None:
        subprocess.run([sys.executable, "-c", program], check=True)

    return compare(
        "import billcore",
        ours=lambda: run("import billcore"),
        floor=lambda: run("import attrs, decimal, datetime, enum"),
        reach=2,
        rounds=15,
    )
