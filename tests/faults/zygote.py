"""Workers that can be killed at any point: a process without threads that has everything imported and forks on request.

One JSON line in is one job; one JSON line out says how the worker ended and how many points it passed. A point is a
boundary between two statements, around a commit, or around a gateway's request and answer.
"""

import json
import os
import signal
import sys
from datetime import UTC, datetime, timedelta
from typing import TypedDict

from sqlalchemy import event

from billcore import Billing, Staff
from billcore.ids import InvoiceId, MethodId, PaymentId
from billcore_sqlalchemy import SqlStore
from billcore_sqlalchemy.engines import engine_for
from tests.faults.bank import RemoteGateway


class Job(TypedDict):
    """``kill_at`` is the number of the point at which the worker dies; 0 lets it live."""

    do: str
    url: str
    bank: str
    gateway: str
    firm: str
    subject: str
    method: str
    request_id: str
    hooks: list[tuple[str, dict[str, str]]]
    kill_at: int
    minutes_later: int


class Later:
    """The machine's clock, so much ahead."""

    def __init__(self, minutes: int) -> None:
        self._ahead = timedelta(minutes=minutes)

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead


class Points:
    """Counts the points that are passed, and dies at the one that was asked for."""

    def __init__(self, kill_at: int) -> None:
        self.passed = 0
        self._kill_at = kill_at

    def __call__(self, *_args: object) -> None:
        self.passed += 1
        if self.passed == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)


def work(job: Job, points: Points) -> None:
    """Do the job as a host's program would."""
    engine = engine_for(job["url"])
    store = SqlStore(engine)
    for boundary in ("before_cursor_execute", "after_cursor_execute", "commit", "begin"):
        event.listen(engine, boundary, points)
    gateway = RemoteGateway(job["bank"], job["gateway"], points)
    billing = Billing(store, [gateway], clock=Later(job["minutes_later"]))
    desk = billing.at(job["firm"], by=Staff("jane", "Jane Chen"))
    match job["do"]:
        case "charge":
            desk.payments.charge(
                InvoiceId(job["subject"]), method=MethodId(job["method"]), request_id=job["request_id"]
            )
        case "refund":
            desk.refunds.issue(PaymentId(job["subject"]), "40.00", request_id=job["request_id"])
        case "hear":
            for body, headers in job["hooks"]:
                billing.hear(job["gateway"], body.encode(), headers)
        case "recover":
            billing.recover(min_age=timedelta(0))
        case unknown:
            raise AssertionError(f"no job is called {unknown}")


def _in_a_child(job: Job) -> dict[str, object]:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        points = Points(job["kill_at"])
        said = "done"
        try:
            work(job, points)
        except BaseException as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writer, json.dumps({"points": points.passed, "said": said}).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as answer:
        told = answer.read()
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"points": 0, "said": "killed"}
    ended: dict[str, object] = json.loads(told)
    return ended


def main() -> None:
    for line in sys.stdin:
        print(json.dumps(_in_a_child(json.loads(line))), flush=True)


if __name__ == "__main__":
    main()
