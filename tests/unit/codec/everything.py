"""Documents to spoil: a record with a field of every shape, an event, an invoice, and the ways into them."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import IntEnum, StrEnum
from typing import cast

import pytest
from attrs import evolve, frozen

from billcore.actors import Actor, Staff, System
from billcore.codec import JsonValue, from_json
from billcore.dates import Period
from billcore.errors import BadDocument
from billcore.events import InvoiceViewed
from billcore.ids import FirmId, GatewayRef, InvoiceId, OperationId, PaymentId
from billcore.invoices.invoice import Invoice
from billcore.lines import Allowance, TaxRate
from billcore.methods import Method
from billcore.money import Money
from billcore.payments.instruction import CancelCommand, Command
from billcore.policy import Policy
from billcore.testing import builders

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
REF = GatewayRef(gateway="fake", account=None, id="pay_1")
CANCEL = CancelCommand(
    operation_id=OperationId("op-1"),
    firm_id=FirmId("acme"),
    payment_id=PaymentId("pay-1"),
    payment=REF,
    reason="",
    by=None,
    created_at=NOON,
)
VIEWED = InvoiceViewed(firm_id=FirmId("acme"), invoice_id=InvoiceId("inv-1"), at=NOON, by=System("recovery"))

Data = dict[str, JsonValue]
Step = str | int
Way = tuple[Step, ...]


class Mood(StrEnum):
    GOOD = "good"


class Rank(IntEnum):
    FIRST = 1


@frozen(kw_only=True)
class Everything:
    """A field of every shape that a record may have."""

    text: str
    note: str | None
    firm_id: FirmId
    count: int
    flag: bool
    number: Decimal
    amount: Money | None
    day: date
    moment: datetime
    mood: Mood
    rank: Rank
    period: Period
    by: Actor | None
    command: Command
    texts: tuple[str, ...]
    pair: tuple[Method, Money]
    methods: frozenset[Method]


EVERYTHING = Everything(
    text="é\u2028\"", note=None, firm_id=FirmId("acme"), count=2, flag=True, number=Decimal("1E+2"), amount=None,
    day=date(2026, 5, 4), moment=NOON, mood=Mood.GOOD, rank=Rank.FIRST,
    period=Period(date(2026, 5, 1), date(2026, 6, 1)), by=Staff("jane", "Jane"), command=CANCEL,
    texts=("a", "b"), pair=(Method.CARD, Money(150_00, "USD")), methods=frozenset({Method.WIRE, Method.ACH}),
)  # fmt: skip


def an_invoice() -> Invoice:
    """Issued, with something in most of its fields."""
    firm = evolve(builders.a_firm(), policy=Policy(reference_required_for=frozenset({Method.CHECK})))
    tax, allowance = TaxRate(name="VAT", percent=Decimal(20)), Allowance(percent=Decimal(10))
    line = evolve(builders.a_line(unit_price="250.00"), taxes=(tax,), allowances=(allowance,))
    return builders.an_issued_invoice(firm, builders.a_client(firm), lines=[line])


def problems(kind: type, data: object) -> tuple[str, ...]:
    with pytest.raises(BadDocument) as refused:
        from_json(kind, data)
    return refused.value.problems


# ── Ways into a document ─────────────────────────────────────────────────────────────────────────────────────────────


def ways(data: JsonValue, *so_far: Step) -> Iterator[Way]:
    """The way to every value that is inside another."""
    if so_far:
        yield so_far
    if isinstance(data, dict):
        for key, value in data.items():
            yield from ways(value, *so_far, key)
    if isinstance(data, list):
        for index, value in enumerate(data):
            yield from ways(value, *so_far, index)


def spelled(way: Way) -> str:
    """As a problem names it: ``$.lines[0].quantity``."""
    return "$" + "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in way)


def put(data: Data, way: Way, value: object) -> Data:
    """A copy with another value there."""
    changed = deepcopy(data)
    _holder(changed, way)[way[-1]] = value
    return changed


def without(data: Data, way: Way) -> Data:
    """A copy that lacks the value there."""
    changed = deepcopy(data)
    del _holder(changed, way)[way[-1]]
    return changed


def _holder(data: Data, way: Way) -> dict[Step, object]:
    holder: object = data
    for step in way[:-1]:
        holder = cast(dict[Step, object], holder)[step]
    return cast(dict[Step, object], holder)
