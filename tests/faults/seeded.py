"""Faults that were put into billcore on purpose: a harness that never failed proves nothing.

Each is a small edit in a copy of the library; some test of this folder must then fail. ``python -m
tests.faults.seeded`` tries them all and prints the table of docs/faults.md; with a few words, those that name them.
"""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from shutil import copy, copytree, ignore_patterns
from tempfile import TemporaryDirectory
from typing import Final

from attrs import frozen
from tests.stripe.peers import TWIN_FOLDER

ROOT: Final = Path(__file__).parents[2]
_COPIED: Final = ("src", "tests", "conftest.py", "pyproject.toml")


@frozen
class Fault:
    """What is broken, where, by which edits, and the tests that are to notice: a file, and which of them."""

    what: str
    path: str
    edits: Sequence[tuple[str, str]]
    tests: str
    only: str = ""
    more: Sequence[tuple[str, str, str]] = ()
    """Edits of other files: where one net is under another, both must be cut."""
    kills: int = 12

    def put_into(self, root: Path) -> None:
        """Edit the project in that folder; each text that is replaced must be there once."""
        for path, before, after in [*((self.path, *edit) for edit in self.edits), *self.more]:
            source = (root / path).read_text()
            if source.count(before) != 1:
                raise LookupError(f"{self.what}: {source.count(before)} times in {path}: {before}")
            (root / path).write_text(source.replace(before, after))


_OPERATIONS: Final = "src/billcore/services/operations"
_RECORDS: Final = "src/billcore_sqlalchemy/records.py"
_UNLOCKED: Final = (
    ("self._find(record_id, is_locked=self._session.is_writing)", "self._find(record_id, is_locked=False)"),
    ('as_read = {**key, "the_version": record.version}', 'as_read = {**key, "the_version": self._now(key)}'),
    (
        '"the_id": record.id, "the_version": record.version',
        '"the_id": record.id, "the_version": self._now({"the_firm": record.firm_id, "the_id": record.id})',
    ),
    (
        "    def _remembered(",
        "    def _now(self, key: Values) -> object:\n"
        "        return self._session.query(self._statements.version, key).scalar_one_or_none()\n\n"
        "    def _remembered(",
    ),
)
FAULTS: Final = (
    Fault(
        "another worker's lease is ignored",
        f"{_OPERATIONS}/claiming.py",
        [("is_taken = operation.leased_until is not None and operation.leased_until > now", "is_taken = False")],
        "test_doubt.py",
    ),
    Fault(
        "a charge is sent before it is noted as sent",
        f"{_OPERATIONS}/claiming.py",
        [
            (
                "operation = submit(operation, at=now, until=now + LEASE)\n            else",
                "operation = evolve(operation, leased_until=now + LEASE)\n            else",
            )
        ],
        "test_crash.py",
        "random and sqlite",
    ),
    Fault(
        "silence is taken for a failure, and the reservation is lifted",
        f"{_OPERATIONS}/charges.py",
        [
            (
                "self._claiming.release(operation, OperationState.UNKNOWN, error=reason)",
                "self._fail(operation, command, NOT_PROCESSED)",
            )
        ],
        "test_twice.py",
        "double_click and sqlite",
    ),
    Fault(
        "a charge in doubt is decided without looking",
        f"{_OPERATIONS}/charges.py",
        [("seen = self._seen(operation, command, gateway)", "seen = None")],
        "test_crash.py",
        "random and sqlite",
    ),
    Fault(
        "a refund in doubt is decided without looking",
        f"{_OPERATIONS}/refunds.py",
        [("seen = self._seen(operation, command, gateway)", "seen = None")],
        "test_doubt.py",
    ),
    Fault(
        "what is not found is believed at once",
        f"{_OPERATIONS}/claiming.py",
        [("GRACE = timedelta(minutes=10)", "GRACE = timedelta(0)")],
        "test_doubt.py",
    ),
    Fault(
        "a gateway that finds nothing is asked to find",
        f"{_OPERATIONS}/charges.py",
        [
            (
                "        if gateway.capabilities.lookup is not Lookup.STRONG:\n            return None\n",
                "",
            )
        ],
        "test_doubt.py",
    ),
    Fault(
        "both clocks are believed to agree",
        f"{_OPERATIONS}/charges.py",
        [("since = command.created_at - CLOCKS_DIFFER_BY", "since = command.created_at")],
        "test_doubt.py",
    ),
    Fault(
        "a webhook is marked as heard before it is applied",
        "src/billcore/services/observing.py",
        [
            (
                "            if heard is not None and not work.hear(heard):\n"
                "                return work.payments.peek(payment_id)\n"
                "            books",
                "            if heard is not None and not work.hear(heard):\n"
                "                return work.payments.peek(payment_id)\n"
                "            work.commit()\n"
                "        with self._house.store.begin(firm_id) as work:\n"
                "            books",
            )
        ],
        "test_crash.py",
        "boundary and hear and sqlite",
    ),
    Fault(
        "the request id is not kept",
        "src/billcore/services/reserving.py",
        [("        ask.remember(work, payment.id)\n", "")],
        "test_twice.py",
        "one_request_id and sqlite",
    ),
    Fault(
        "the request id is looked for before the lock",
        "src/billcore/services/refunds.py",
        [
            (
                "            books = PaymentBooks(self.house, work, payment_id, by=self.by)\n"
                "            # Asked before the payment is locked, two at the same moment would both find it new.\n"
                "            known = ask.result_in(work)\n",
                "            known = ask.result_in(work)\n"
                "            books = PaymentBooks(self.house, work, payment_id, by=self.by)\n",
            )
        ],
        "test_twice.py",
        "one_request_id and postgresql and refund and 100",
    ),
    Fault(
        "a refund's amount is not reserved",
        "src/billcore/payments/refunding.py",
        [("refund_reserved=payment.refund_reserved + amount", "refund_reserved=payment.refund_reserved")],
        "test_twice.py",
        "refunded_in_full and sqlite",
    ),
    Fault(
        "records are neither locked nor compared by version",
        _RECORDS,
        _UNLOCKED,
        "test_races.py",
        "invoices and postgresql",
    ),
    Fault(
        "a number is read before it is counted",
        "src/billcore_sqlalchemy/unit_of_work.py",
        [
            (
                "        if self._session.can_return_what_it_updates:\n",
                '        its = {"the_firm": self.firm_id, "the_id": prefix}\n'
                "        before = self._session.query(_counted(counters), its).scalar_one_or_none()\n"
                "        if before is not None:\n"
                "            self._session.change(_count(counters), key)\n"
                "            return int(before) + count\n"
                "        if self._session.can_return_what_it_updates:\n",
            )
        ],
        "test_races.py",
        "numbers and postgresql",
    ),
    Fault(
        "SQLite's transactions begin without its lock",
        "src/billcore_sqlalchemy/sqlite.py",
        [("_BEGIN if is_reading else _BEGIN_IMMEDIATE", "_BEGIN")],
        "test_races.py",
        "sqlite",
    ),
    Fault(
        "events are not written with the records",
        "src/billcore/services/booking.py",
        [("        self._work.events.append(self._events)\n", "")],
        "test_crash.py",
        "boundary and charge and sqlite",
    ),
    Fault(
        "a bank takes only what was not refunded before",
        "src/billcore/payments/disputing.py",
        [("amount = payment.amount\n", "amount = payment.amount - payment.refunded\n")],
        "test_order.py",
    ),
    Fault(
        "a dispute is no news once a bank took all",
        "src/billcore/payments/observing.py",
        [
            (
                "    for dispute in seen.disputes:\n",
                "    for dispute in seen.disputes if payment.taken_back < payment.amount else ():\n",
            )
        ],
        "test_order.py",
    ),
    Fault(
        "a refund that bounces pays invoices first",
        "src/billcore/payments/refunding.py",
        [("fitting(at_most(free, refund.parts), invoices)", "fitting(refund.parts, invoices)")],
        "test_order.py",
    ),
    Fault(
        "an occurrence has no record of its own, and its schedule is neither locked nor compared",
        _RECORDS,
        _UNLOCKED,
        "test_recurring_firm.py",
        "postgresql",
        [
            (
                "src/billcore/recurring/occurrence.py",
                'OccurrenceId(f"{schedule_id}:{index}")',
                "OccurrenceId(f\"{schedule_id}:{index}:{__import__('secrets').token_hex(4)}\")",
            ),
            (
                "src/billcore_sqlalchemy/recurring.py",
                '"look_on", is_writing=self._session.is_writing',
                '"look_on", is_writing=False',
            ),
        ],
    ),
    Fault(
        "a try of auto-pay has no request id, and its invoice is neither locked nor compared",
        _RECORDS,
        _UNLOCKED,
        "test_recurring_firm.py",
        "postgresql",
        [
            (
                "src/billcore/services/autopay.py",
                'request_id=f"autopay:{invoice_id}:{decision.number}"',
                "request_id=None",
            )
        ],
    ),
    Fault(
        "auto-pay sends a charge before it is noted as sent",
        f"{_OPERATIONS}/claiming.py",
        [
            (
                "operation = submit(operation, at=now, until=now + LEASE)\n            else",
                "operation = evolve(operation, leased_until=now + LEASE)\n            else",
            )
        ],
        "test_recurring_firm.py",
        "sqlite",
        kills=100,
    ),
    Fault(
        "what auto-pay is to charge is crossed off before it is charged",
        "src/billcore/services/autopay.py",
        [
            (
                "                case Charge() if may_charge:\n                    return decision\n",
                "                case Charge() if may_charge:\n"
                "                    page.replace(evolve(invoice, autopay_on=None))\n"
                "                    page.close()\n"
                "                    work.commit()\n"
                "                    return decision\n",
            )
        ],
        "test_recurring_firm.py",
        "sqlite",
    ),
    Fault(
        "a gateway may be asked for inside a unit of work",
        "src/billcore/services/house.py",
        [("if self.store.is_in_unit_of_work:", "if False:")],
        "test_nesting.py",
        "host and memory",
    ),
    Fault(
        "the handle of a card is shown with its operation",
        "src/billcore/payments/instruction.py",
        [("    token: str = field(repr=False)\n", "    token: str\n")],
        "test_secrets.py",
        "memory",
    ),
    Fault(
        "Stripe is given a new idempotency key for every call",
        "src/billcore_stripe/client.py",
        [
            (
                "from importlib.util import find_spec\n",
                "from importlib.util import find_spec\nfrom uuid import uuid4\n",
            ),
            ('"idempotency_key": request.key,', '"idempotency_key": request.key and str(uuid4()),'),
        ],
        "test_stripe.py",
        "reset_after",
    ),
    Fault(
        "a server error of Stripe's is taken for a refusal",
        "src/billcore_stripe/client.py",
        [
            (
                'return Silence(reason=f"Stripe answered {status}", retry_after=retry_after)',
                'return GatewayUnavailable(f"Stripe answered {status}", retry_after=retry_after)',
            )
        ],
        "test_stripe.py",
        "error_after",
    ),
    Fault(
        "no signature of Stripe's is compared",
        "src/billcore_stripe/webhooks.py",
        [
            (
                "if not sum(hmac.compare_digest(one, other.encode()) for one in expected for other in signatures):",
                "if False:",
            )
        ],
        "test_stripe.py",
        "race",
    ),
    Fault(
        "the fee of a dispute at Stripe is forgotten",
        "src/billcore_stripe/disputes.py",
        [("fee=total_fee(transactions),", "fee=None,")],
        "test_stripe.py",
        "afterwards",
    ),
)


@frozen
class Judged:
    """Whether a test failed of the fault, and which was the first."""

    is_caught: bool
    by: str


def judge(fault: Fault) -> Judged:
    """Put the fault into a copy of the project, and run the tests that are to notice."""
    with TemporaryDirectory(prefix="billcore-fault-") as folder:
        there = Path(folder)
        for name in _COPIED:
            if (ROOT / name).is_dir():
                copytree(ROOT / name, there / name, ignore=ignore_patterns("__pycache__"))
            else:
                copy(ROOT / name, there / name)
        fault.put_into(there)
        ran = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-x", "-q", "--no-header", "-p", "no:cacheprovider"),
                *("-k", fault.only, f"tests/faults/{fault.tests}"),
            ],
            cwd=there,
            env={**os.environ, "BILLCORE_STRIPE_TWIN": str(TWIN_FOLDER), "BILLCORE_FAULT_KILLS": str(fault.kills)},
            capture_output=True,
            text=True,
            check=False,
        )
    failed = re.search(r"^FAILED .*::(\w+)", ran.stdout, re.MULTILINE)
    # An error is no verdict: the fault must be noticed by a test that fails.
    return Judged(
        is_caught=ran.returncode == 1 and failed is not None,
        by=failed[1] if failed else (ran.stdout + ran.stderr)[-300:],
    )


def main() -> None:
    lines = ["| fault | caught by |", "|---|---|"]
    wanted = " ".join(sys.argv[1:])
    for fault in (each for each in FAULTS if wanted in each.what):
        judged = judge(fault)
        by = f"`{fault.tests}` {judged.by.removeprefix('test_').replace('_', ' ')}"
        lines.append(f"| {fault.what} | {by if judged.is_caught else '**nothing**'} |")
        sys.stdout.write(lines[-1] + "\n" if judged.is_caught else f"{lines[-1]} {judged.by}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
