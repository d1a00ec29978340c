"""Workers that can be killed at any point, forked by a process that has everything imported and runs no threads.

One line of JSON in is one job; one out says how each of its workers ended. A point is a boundary between two
statements, before a commit and after it, or around a gateway's request and answer. What lies between two points is
done by this process alone, so that a death anywhere there looks the same from outside as one at the point.
"""

import json
import math
import os
import random
import select
import signal
import subprocess
import sys
import time
import traceback
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
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
MOST_POINTS: Final = 300
MOST_AT_THE_GATEWAY: Final = 30
"""In a shift a worker dies at one of so many first points, if it comes so far."""
MOST_WAVES: Final = 10
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

    def race(self, job: Job, must_happen: Collection[str]) -> Counter[str]:
        """Waves of the job, each with other seeds, until all of that has happened; how each deed ended, counted.

        Who comes first is chance, and so is what a wave comes to. A race in which what matters did not happen proves
        nothing, so it goes on; one in which it does not happen at all is reported by the caller.
        """
        happened = Counter[str]()
        for wave in range(MOST_WAVES):
            told = self.together(evolve(job, seed=job.seed + wave))
            assert [ended.said for ended in told] == ["done"] * job.copies
            for ended in told:
                assert isinstance(ended.result, dict)
                happened.update(ended.result)
            if not missing(must_happen, happened):
                break
        return happened


def missing(must_happen: Collection[str], happened: Counter[str]) -> set[str]:
    """What no deed came to; one that ends with a space is the beginning of what it came to."""
    return {
        what
        for what in must_happen
        if what not in happened and not (what.endswith(" ") and any(each.startswith(what) for each in happened))
    }


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
        self.begin(0)

    def begin(self, kill_at: int) -> None:
        self.passed, self.at_the_gateway, self._kill_at = 0, 0, kill_at

    def __call__(self, *_args: object) -> None:
        self.passed += 1
        if self.passed == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def of_the_gateway(self) -> None:
        """One that is counted apart as well."""
        self.at_the_gateway += 1
        if self.at_the_gateway == -self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)
        self()


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
        self.points.begin(job.kill_at)
        bank = counterparty(job.bank, job.gateway, self.points.of_the_gateway)
        billing = Billing(self.store, bank.gateways, clock=Later(job.minutes_later))
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
    if job.kills:
        return Shift(shop, job).work()
    gate, opened = os.pipe()
    running = [_fork(shop, evolve(job, index=index), gate, opened) for index in range(job.copies)]
    os.close(gate)
    os.close(opened)
    if job.kill_after:
        time.sleep(job.kill_after)
        for child, _ in running:
            os.kill(child, signal.SIGKILL)
    return [_ended(child, reader) for child, reader in running]


class Shift:
    """So many workers at the same job, each of which may die at any moment; another takes the place of who died.

    A third of them die around a gateway's request, a third at a boundary between two statements, the others at any
    instruction. Who finished is not replaced, and once enough died the last ones live: so a shift ends with as many
    workers done as began it.
    """

    def __init__(self, shop: Shop, job: Job) -> None:
        self._shop, self._job = shop, job
        self._chance = random.Random(job.seed)
        self._dies_at: dict[int, float] = {}
        self._children: dict[int, int] = {}
        self._ended: list[Ended] = []
        self._killed = 0

    def work(self) -> Sequence[Ended]:
        """How each of them ended, in order."""
        for _ in range(self._job.copies):
            self._hire()
        while self._children:
            wait = min(self._dies_at.values()) - time.monotonic()
            readable, _, _ = select.select(list(self._children), [], [], max(0, min(wait, 60)))
            for reader in readable:
                self._part(reader)
            for reader, dies_at in self._dies_at.items():
                if dies_at <= time.monotonic():
                    os.kill(self._children[reader], signal.SIGKILL)
                    self._dies_at[reader] = math.inf
        return self._ended

    def _hire(self) -> None:
        job, dies_at = evolve(self._job, kill_after=0), math.inf
        if self._killed < self._job.kills:
            match self._chance.randrange(3):
                case 0:
                    job = evolve(job, kill_at=-self._chance.randint(1, MOST_AT_THE_GATEWAY))
                case 1:
                    job = evolve(job, kill_at=self._chance.randint(1, MOST_POINTS))
                case _:
                    dies_at = time.monotonic() + self._chance.uniform(0, self._job.kill_after)
        gate, opened = os.pipe()
        child, reader = _fork(self._shop, evolve(job, index=len(self._ended)), gate, opened)
        os.close(gate)
        os.close(opened)
        self._children[reader], self._dies_at[reader] = child, dies_at

    def _part(self, reader: int) -> None:
        del self._dies_at[reader]
        ended = _ended(self._children.pop(reader), reader)
        self._ended.append(ended)
        if ended.said == "killed":
            self._killed += 1
            self._hire()


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
