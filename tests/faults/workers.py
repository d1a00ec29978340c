"""Workers that can be killed at any point, forked by a process that has everything imported and runs no threads.

One line of JSON in is one job; one out says how each of its workers ended. A point is a boundary between two
statements, before a commit and after it, or around a gateway's request and answer. What lies between two points is
done by this process alone, so that a death anywhere there looks the same from outside as one at the point.
"""

import json
import os
import signal
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import asdict, evolve, frozen
from sqlalchemy import Engine, event, make_url
from tests.faults.bank import Later
from tests.faults.counterparty import counterparty
from tests.faults.deeds import Job, perform

from billcore import Billing
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import engine_for

ROOT: Final = Path(__file__).parents[2]
BOUNDARIES: Final = ("begin", "before_cursor_execute", "commit", "rollback")


@frozen(kw_only=True)
class Ended:
    """How a worker ended: after so many points it was ``done``, ``killed``, or stopped by an error."""

    points: int
    said: str
    result: object = None


# ── The test's side ──────────────────────────────────────────────────────────────────────────────────────────────────


class Workers:
    """Runs jobs, each in worker processes of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process
        self.warm: set[tuple[str, str]] = set()

    def run(self, job: Job) -> Ended:
        """One worker, until it is done or dead."""
        [ended] = self.together(job)
        return ended

    def together(self, job: Job) -> Sequence[Ended]:
        """All copies of the job, begun at the same moment."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asdict(job)) + "\n")
        self._process.stdin.flush()
        return [Ended(**told) for told in json.loads(self._process.stdout.readline())]


@contextmanager
def workers() -> Iterator[Workers]:
    """A process that forks workers on request."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.workers"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
    )
    try:
        yield Workers(process)
    finally:
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            assert pipe is not None
            pipe.close()


def without_fsync(url: str) -> Engine:
    """An engine that does not wait for the disk: what a killed process committed, the operating system still has."""
    address = make_url(url)
    if address.get_backend_name() == "postgresql":
        address = address.update_query_dict({"options": "-c synchronous_commit=off"})
    engine = engine_for(address)
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA synchronous = OFF"))
    return engine


# ── The workers' side ────────────────────────────────────────────────────────────────────────────────────────────────


class Points:
    """Counts the points that are passed, and dies at the one that was asked for."""

    def __init__(self) -> None:
        self.passed = 0
        self.kill_at = 0

    def __call__(self, *_args: object) -> None:
        self.passed += 1
        if self.passed == self.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


class Shop:
    """One database, opened once: the workers inherit everything but its connections."""

    def __init__(self, url: str) -> None:
        self.points = Points()
        self.engine = without_fsync(url)
        for boundary in BOUNDARIES:
            event.listen(self.engine, boundary, self.points)
        self.store = SqlStore(self.engine)
        self.engine.dispose()

    def work(self, job: Job) -> Ended:
        self.points.passed, self.points.kill_at = 0, job.kill_at
        bank = counterparty(job.bank, job.gateway, self.points)
        billing = Billing(self.store, [bank.gateway], clock=Later(job.minutes_later))
        said, result = "done", None
        try:
            result = perform(billing, bank, job)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            if os.environ.get("BILLCORE_FAULT_TRACE"):
                traceback.print_exc()
        return Ended(points=self.points.passed, said=said, result=result)


def _run(shop: Shop, job: Job) -> Sequence[Ended]:
    """Fork the workers, let them begin together, and collect how they ended."""
    gate, opened = os.pipe()
    running = [_fork(shop, evolve(job, index=index), gate, opened) for index in range(job.copies)]
    os.close(gate)
    os.close(opened)
    if job.kill_after:
        time.sleep(job.kill_after)
        for child, _ in running:
            os.kill(child, signal.SIGKILL)
    return [_ended(child, reader) for child, reader in running]


def _fork(shop: Shop, job: Job, gate: int, opened: int) -> tuple[int, int]:
    reader, writer = os.pipe()
    child = os.fork()
    if child:
        os.close(writer)
        return child, reader
    os.close(opened)
    os.read(gate, 1)
    told = json.dumps(asdict(shop.work(job))).encode()
    with os.fdopen(writer, "wb") as answer:
        answer.write(told)
    os._exit(0)


def _ended(child: int, reader: int) -> Ended:
    with os.fdopen(reader) as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return Ended(points=0, said="killed")
    return Ended(**json.loads(told))


def main() -> None:
    shops: dict[str, Shop] = {}
    for line in sys.stdin:
        job = Job(**json.loads(line))
        if job.url not in shops:
            shops[job.url] = Shop(job.url)
        shop = shops[job.url]
        ended = _run(shop, job) if job.copies else [shop.work(job)]
        if not job.copies:
            # No connection may be shared with the workers to come.
            shop.engine.dispose()
        sys.stdout.write(json.dumps([asdict(one) for one in ended]) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
