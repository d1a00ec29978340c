"""Every verb in every state, printed and compared with what is intended.

``tests/lifecycle.txt`` is the intention: each cell of it was thought through. After a change that is meant, write it
and ``docs/lifecycle.md`` anew, and read the difference cell by cell::

    REWRITE_LIFECYCLE=1 python -m pytest tests/test_lifecycle.py
"""

import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
from tests.lifecycle import invoices, payments
from tests.lifecycle.tables import Table, as_markdown, as_text

from billcore.errors import BillcoreError
from billcore.payments.payment import LEGAL_MOVES, LEGAL_REFUND_MOVES, PaymentState, RefundState
from billcore.policy import PRACTICE, PRO_FIRM, STANDARD, Policy

ROOT = Path(__file__).parents[1]
GOLDEN = ROOT / "tests" / "lifecycle.txt"
PAGE = ROOT / "docs" / "lifecycle.md"
REWRITE = "REWRITE_LIFECYCLE"

GROUPS = {"its content": invoices.DOCUMENT, "its money": invoices.MONEY, "decisions about it": invoices.DECISIONS}

PREFACE = """# Lifecycle

What every verb does in every state. A cell shows `ok` with the badge or state afterwards, or the code of the refusal,
after which nothing has changed. This page is generated and checked by `tests/test_lifecycle.py`.

| code | the refusal says |
| --- | --- |
"""


def test_every_verb_does_in_every_state_what_is_intended() -> None:
    _compare(GOLDEN, "\n".join(as_text(table) for table in every_table()))


def test_the_documentation_shows_the_same_tables() -> None:
    codes = "".join(f"| `{code}` | {meaning} |\n" for code, meaning in _refusals())
    _compare(PAGE, PREFACE + codes + "\n" + "\n".join(as_markdown(table) for table in every_table()))


@pytest.mark.parametrize("state", PaymentState)
def test_a_payment_reaches_exactly_the_states_that_are_legal(state: PaymentState) -> None:
    cells = [payments.verb_cell(state.value, verb) for verb in payments.MOVES]

    reached = {cell.removeprefix("ok, ") for cell in cells if cell.startswith("ok, ")}

    assert reached - {state.value} == {to.value for to in LEGAL_MOVES[state]}


@pytest.mark.parametrize("state", RefundState)
def test_a_refund_reaches_exactly_the_states_that_are_legal(state: RefundState) -> None:
    cells = [payments.refund_verb_cell(state.value, verb) for verb in payments.REFUND_MOVES]

    assert {cell.removeprefix("ok, ") for cell in cells if cell.startswith("ok, ")} == {
        to.value for to in LEGAL_REFUND_MOVES[state]
    }


# ── The tables ───────────────────────────────────────────────────────────────────────────────────────────────────────


@cache
def every_table() -> tuple[Table, ...]:
    return (*_of_invoices(STANDARD), _differing(PRO_FIRM), _differing(PRACTICE), *_of_payments())


def _of_invoices(policy: Policy) -> Iterator[Table]:
    for name, verbs in GROUPS.items():
        yield Table.of(
            f"An invoice: {name}",
            f"100.00 under the policy `{policy.name}`; the client has a saved card, and 500.00 of credit.",
            corner="state",
            rows=list(invoices.STATES),
            columns=list(verbs),
            cell=lambda state, verb: invoices.cell(policy, state, verb),
        )


def _differing(policy: Policy) -> Table:
    """Only the verbs and states in which the policy changes an answer; a label alone is no other answer."""
    cells = {(state, verb): invoices.cell(policy, state, verb) for state in invoices.STATES for verb in invoices.VERBS}
    standard = {place: invoices.cell(STANDARD, *place) for place in cells}
    changed = {place for place in cells if _answer(cells[place]) != _answer(standard[place])}
    return Table.of(
        f"Where {policy.name} answers otherwise",
        f"Under the policy `{policy.name}`; a dot where it answers as `standard` does, in its own words.",
        corner="state",
        rows=[state for state in invoices.STATES if any((state, verb) in changed for verb in invoices.VERBS)],
        columns=[verb for verb in invoices.VERBS if any((state, verb) in changed for state in invoices.STATES)],
        cell=lambda state, verb: cells[state, verb] if (state, verb) in changed else "·",
    )


def _answer(cell: str) -> str:
    return "ok" if cell.startswith("ok") else cell


def _of_payments() -> Iterator[Table]:
    for title, about, rows, columns, cell in (
        (
            "A payment through a gateway: how it moves",
            "What billcore itself does with a payment of 100.00 by card; people come in by the desks.",
            payments.STATES,
            payments.MOVES,
            payments.verb_cell,
        ),
        (
            "A payment through a gateway: what is done with it",
            "The money is all on one invoice, so there is no credit to apply.",
            payments.STATES,
            payments.USES,
            payments.verb_cell,
        ),
        (
            "A payment through a gateway: what the gateway says",
            "The state after everything that a snapshot tells; an older word never undoes a newer one.",
            payments.STATES,
            payments.WORDS,
            payments.word_cell,
        ),
        (
            "A refund: how it moves",
            "A refund that succeeded can still come back.",
            payments.REFUND_STATES,
            payments.REFUND_MOVES,
            payments.refund_verb_cell,
        ),
        (
            "A refund: what the gateway says",
            "The state after everything that a snapshot tells.",
            payments.REFUND_STATES,
            payments.REFUND_WORDS,
            payments.refund_word_cell,
        ),
    ):
        yield Table.of(title, about, corner="state", rows=rows, columns=list(columns), cell=cell)


def _refusals() -> Iterator[tuple[str, str]]:
    """The codes that occur in the tables, with the first sentence of their class."""
    shown = {cell for table in every_table() for cell in table.cells.values()}
    for error in _family(BillcoreError):
        if error.code in shown:
            yield error.code, (error.__doc__ or "").partition("\n")[0]


def _family(error: type[BillcoreError]) -> Iterator[type[BillcoreError]]:
    yield error
    for kind in error.__subclasses__():
        yield from _family(kind)


def _compare(path: Path, written: str) -> None:
    if os.environ.get(REWRITE):
        path.parent.mkdir(exist_ok=True)
        path.write_text(written, encoding="utf-8")
    intended = path.read_text(encoding="utf-8") if path.exists() else ""
    assert written.splitlines() == intended.splitlines(), f"{path.name} differs; {REWRITE}=1 writes it anew"
