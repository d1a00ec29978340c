"""One trial: a firm of its own, a worker that dies at a given point, recovery that dies too, and two books compared."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from attrs import field, frozen

from billcore import Billing, LineItem, Staff
from billcore.ids import InvoiceId, MethodId, PaymentId
from billcore.payments.observation import PaymentSnapshot, PaymentStatus, RefundStatus
from billcore.payments.payment import PaymentState, RefundState
from billcore.testing.fake.books import Books
from billcore_sqlalchemy import SqlStore
from tests.faults.bank import RemoteGateway
from tests.faults.zygote import Job

ROOT: Final = Path(__file__).parents[2]
JANE: Final = Staff("jane", "Jane Chen")


@contextmanager
def zygote() -> Iterator["Zygote"]:
    """A process that forks workers on request."""
    path = os.pathsep.join([str(ROOT), str(ROOT / "src")])
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.faults.zygote"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
    )
    try:
        yield Zygote(process)
    finally:
        process.kill()
        process.wait()


class Zygote:
    """Runs jobs, each in a worker process of its own."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, job: Job) -> "Ended":
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        told = json.loads(self._process.stdout.readline())
        return Ended(points=told["points"], said=told["said"])


@frozen
class Ended:
    """How a worker ended: after so many points it was done, killed, or stopped by an error."""

    points: int
    said: str


@frozen(kw_only=True)
class Trial:
    """A firm with one invoice of 100.00, one saved method, and for some scenarios a payment."""

    billing: Billing
    gateway: RemoteGateway
    url: str
    bank: str
    firm: str
    invoice_id: InvoiceId
    method_id: MethodId
    payment_id: PaymentId | None = None
    hooks: list[tuple[str, dict[str, str]]] = field(factory=list)

    @classmethod
    def prepare(cls, scenario: str, gateway_name: str, store: SqlStore, url: str, bank: str) -> "Trial":
        """Everything that is there before the worker starts; nobody dies yet."""
        gateway = RemoteGateway(bank, gateway_name)
        billing = Billing(store, [gateway])
        firm = f"firm-{secrets.token_hex(6)}"
        billing.firms.open(firm, "Acme Law", by=JANE)
        desk = billing.at(firm, by=JANE)
        client = desk.clients.add("Patel Family")
        line = LineItem(description="Advice", unit_price="100.00")
        invoice = desk.invoices.send(desk.invoices.draft(client.id, lines=[line]).id)
        token = "card_pending" if scenario == "hear" else "card_ok"
        method = desk.methods.attach(client.id, gateway=gateway_name, token=token)
        payment_id, hooks = None, []
        if scenario != "charge":
            payment = desk.payments.charge(invoice.id, method=method.id)
            payment_id = payment.id
            if scenario == "hear":
                gateway.ask("webhooks")
                gateway.ask("settle", payment.ref)
                sent: Sequence[object] = gateway.ask("webhooks")  # type: ignore[assignment]
                hooks = [(hook.body.decode(), dict(hook.headers)) for hook in sent]  # type: ignore[attr-defined]
        return cls(
            billing=billing,
            gateway=gateway,
            url=url,
            bank=bank,
            firm=firm,
            invoice_id=invoice.id,
            method_id=method.id,
            payment_id=payment_id,
            hooks=hooks,
        )

    def job(self, do: str, *, kill_at: int = 0, minutes_later: int = 0) -> Job:
        return Job(
            do=do,
            url=self.url,
            bank=self.bank,
            gateway=self.gateway.name,
            firm=self.firm,
            subject=self.payment_id or self.invoice_id,
            method=self.method_id,
            request_id="the client clicked once",
            hooks=self.hooks,
            kill_at=kill_at,
            minutes_later=minutes_later,
        )

    def discrepancies(self) -> list[str]:
        """Where our books contradict themselves, or the bank's; and what is still in doubt."""
        found = [f"{wrong.check} {wrong.message}" for wrong in self.billing.verify(self.firm)]
        desk = self.billing.at(self.firm, by=JANE)
        books: Books = self.gateway.ask("books")  # type: ignore[assignment]
        ours = desk.payments.of_invoice(self.invoice_id)
        for payment in ours:
            theirs = [seen for seen in books.payments if seen.operation_id == payment.operation_id]
            taken = [seen for seen in theirs if seen.status is PaymentStatus.SUCCEEDED]
            if len(taken) > 1:
                found.append(f"taken {len(taken)} times")
            if payment.is_waiting:
                found.append(f"still {payment.state.value}")
            if (payment.state is PaymentState.COMPLETED) is not bool(taken):
                found.append(f"we say {payment.state.value}, the bank took it {len(taken)} times")
            found += self._refunds(payment.id, taken)
        completed = [payment for payment in ours if payment.completed_at is not None]
        if len(completed) > 1:
            found.append(f"the invoice was paid {len(completed)} times")
        return found

    def _refunds(self, payment_id: PaymentId, taken: Sequence[PaymentSnapshot]) -> list[str]:
        desk = self.billing.at(self.firm, by=JANE)
        found = []
        theirs = [refund for seen in taken for refund in seen.refunds if refund.status is RefundStatus.SUCCEEDED]
        ours = [refund for refund in desk.refunds.of_payment(payment_id) if refund.state is RefundState.SUCCEEDED]
        if sorted(refund.amount.minor for refund in ours) != sorted(refund.amount.minor for refund in theirs):
            found.append(f"we gave back {len(ours)} times, the bank {len(theirs)} times")
        if len(theirs) > 1:
            found.append(f"refunded {len(theirs)} times")
        return found


def survive(trial: Trial, workers: Zygote, scenario: str, *, kill_at: int, kill_recovery_at: int) -> list[str]:
    """Let the worker die, let recovery die, let another finish, let the caller try again; then compare the books."""
    workers.run(trial.job(scenario, kill_at=kill_at))
    workers.run(trial.job("recover", kill_at=kill_recovery_at, minutes_later=5))
    workers.run(trial.job("recover", minutes_later=30))
    workers.run(trial.job("recover", minutes_later=120))
    # The caller was not answered and asks again, as a browser or a gateway that delivers its webhook again.
    again = workers.run(trial.job(scenario, minutes_later=121))
    workers.run(trial.job("recover", minutes_later=150))
    return [*trial.discrepancies(), *([again.said] if again.said != "done" else [])]
