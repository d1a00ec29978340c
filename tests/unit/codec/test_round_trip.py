"""Whatever is written as JSON is read back exactly."""

import json
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from typing import cast, get_args
from zoneinfo import ZoneInfo

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.strategies import a
from tests.unit.codec.everything import EVERYTHING, NOON, VIEWED, Everything, problems, without

from billcore.catalog import CatalogItem
from billcore.charges.charge import Charge
from billcore.clients import Client, Firm
from billcore.codec import event_from_json, from_json, to_json, to_text
from billcore.errors import BadDate, BadNumber
from billcore.events import Event, InvoiceViewed
from billcore.invoices.invoice import CreditNote, Invoice
from billcore.lines import LineItem
from billcore.methods import Method, SavedMethod
from billcore.payments.observation import CheckoutSnapshot, MethodSnapshot, PaymentSnapshot, RefundSnapshot
from billcore.payments.operation import Operation
from billcore.payments.payment import Payment, Refund
from billcore.policy import Policy
from billcore.ports.gateway import GatewayEvent

RECORDS = (
    Firm, Policy, CatalogItem, Client, SavedMethod, Charge, LineItem, Invoice, CreditNote, Payment, Refund, Operation,
    GatewayEvent, PaymentSnapshot, RefundSnapshot, CheckoutSnapshot, MethodSnapshot,
)  # fmt: skip
EVENTS = get_args(Event)
FEW = settings(max_examples=settings().max_examples // 5)


def through_json(data: object) -> object:
    return json.loads(json.dumps(data, allow_nan=False))


@pytest.mark.parametrize("kind", RECORDS, ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_every_record_survives_json(kind: type, data: st.DataObject) -> None:
    record = data.draw(a(kind))

    assert from_json(kind, through_json(to_json(record))) == record


@pytest.mark.parametrize("kind", EVENTS, ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_every_event_survives_json_by_its_own_type_and_as_any_event(kind: type, data: st.DataObject) -> None:
    event = data.draw(a(kind))

    document = through_json(to_json(event))

    assert from_json(kind, document) == event
    assert event_from_json(document) == event
    assert type(event_from_json(document)) is kind


@FEW
@given(a(Invoice))
def test_what_is_read_is_written_as_it_was(invoice: Invoice) -> None:
    written = to_json(invoice)

    assert to_json(from_json(Invoice, written)) == written


def test_every_shape_of_a_field_survives_json() -> None:
    assert from_json(Everything, through_json(to_json(EVERYTHING))) == EVERYTHING


def test_each_value_has_one_plain_form() -> None:
    assert to_json(EVERYTHING) == {
        "text": "é\u2028\"",
        "note": None,
        "firm_id": "acme",
        "count": 2,
        "flag": True,
        "number": "100",
        "amount": None,
        "day": "2026-05-04",
        "moment": "2026-05-04T12:00:00+00:00",
        "mood": "good",
        "rank": 1,
        "period": {"start": "2026-05-01", "end": "2026-06-01"},
        "by": {"type": "staff", "id": "jane", "name": "Jane"},
        "command": {
            "type": "cancel",
            "operation_id": "op-1",
            "firm_id": "acme",
            "payment_id": "pay-1",
            "payment": {"gateway": "fake", "account": None, "id": "pay_1"},
            "reason": "",
            "by": None,
            "created_at": "2026-05-04T12:00:00+00:00",
        },
        "texts": ["a", "b"],
        "pair": ["card", "150.00 USD"],
        "methods": ["ach", "wire"],
    }  # fmt: skip


def test_equal_sets_are_equal_text() -> None:
    methods = sorted(Method, key=lambda method: method.value)
    there, back = evolve(EVERYTHING, methods=frozenset(methods)), evolve(EVERYTHING, methods=frozenset(methods[::-1]))

    assert json.dumps(to_json(there)) == json.dumps(to_json(back))
    assert to_json(there)["methods"] == [method.value for method in methods]


# ── Dates and instants ───────────────────────────────────────────────────────────────────────────────────────────────


def test_the_business_date_of_an_event_is_stored_and_not_worked_out_again() -> None:
    evening = datetime(2026, 5, 4, 22, tzinfo=timezone(timedelta(hours=-5)))
    by_default, by_hand = (
        evolve(VIEWED, at=evening, on=evening.date()),
        evolve(VIEWED, at=evening, on=date(2026, 4, 30)),
    )

    assert to_json(by_default)["at"] == "2026-05-05T03:00:00+00:00"
    assert cast(InvoiceViewed, event_from_json(to_json(by_default))).on == date(2026, 5, 4)
    assert cast(InvoiceViewed, event_from_json(to_json(by_hand))).on == date(2026, 4, 30)
    assert problems(InvoiceViewed, without(to_json(by_default), ("on",))) == ("$.on: missing",)


@pytest.mark.parametrize("fold", [0, 1])
def test_an_instant_in_the_hour_that_a_clock_repeats_stays_that_instant(fold: int) -> None:
    twice = datetime(2026, 11, 1, 1, 30, 0, 250, tzinfo=ZoneInfo("America/New_York"), fold=fold)

    restored = from_json(InvoiceViewed, to_json(evolve(VIEWED, at=twice)))

    assert restored.at.tzinfo is UTC
    assert restored.at.timestamp() == twice.timestamp()
    assert restored.at.hour == 5 + fold


@pytest.mark.parametrize(
    "spelling", ["2026-05-04T12:00:00Z", "2026-05-04T14:00:00+02:00", "2026-05-04T12:00:00.000000+00:00"]
)
def test_an_instant_is_read_in_any_offset(spelling: str) -> None:
    document = to_json(VIEWED) | {"at": spelling}

    assert from_json(InvoiceViewed, document) == VIEWED


def test_a_naive_datetime_is_not_written() -> None:
    naive = evolve(VIEWED, at=NOON.replace(tzinfo=None))

    with pytest.raises(BadDate, match="must know its timezone"):
        to_json(naive)


def test_an_instant_that_utc_cannot_name_is_neither_written_nor_read() -> None:
    first = evolve(VIEWED, at=datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=14))))
    document = to_json(VIEWED) | {"at": "0001-01-01T00:00:00+14:00"}

    with pytest.raises(BadDate, match="1 to 9999"):
        to_json(first)
    (problem,) = problems(InvoiceViewed, document)
    assert problem.startswith("$.at: expected an instant with its offset")


# ── Decimals ─────────────────────────────────────────────────────────────────────────────────────────────────────────


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20, places=18))
def test_a_decimal_is_its_digits(number: Decimal) -> None:
    restored = from_json(Everything, through_json(to_json(evolve(EVERYTHING, number=number))))

    assert restored.number == number


@pytest.mark.parametrize("number", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+60", "1E-60"])
def test_a_decimal_that_cannot_be_read_back_is_not_written(number: str) -> None:
    with pytest.raises(BadNumber):
        to_json(evolve(EVERYTHING, number=Decimal(number)))


@pytest.mark.parametrize("kind", [*RECORDS, *EVENTS], ids=lambda kind: kind.__name__)
@FEW
@given(data=st.data())
def test_the_short_way_to_text_and_the_long_way_agree_to_the_letter(kind: type, data: st.DataObject) -> None:
    record = data.draw(a(kind))

    assert to_text(record) == json.dumps(to_json(record), ensure_ascii=False, separators=(",", ":"))
