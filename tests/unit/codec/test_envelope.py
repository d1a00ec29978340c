"""A stored document says its kind and version, so that an old one is brought up and a newer one is refused by name."""

import json
from functools import partial
from typing import Any, get_args, get_type_hints

import pytest
from attrs import evolve, frozen
from tests.stripe import commands
from tests.unit.codec.everything import CANCEL, VIEWED, an_invoice

from billcore.codec import JsonValue, envelope, from_json
from billcore.codec.envelope import Data, Envelope
from billcore.errors import BadDocument
from billcore.ids import GatewayRef
from billcore.methods import Method
from billcore.payments.instruction import AttachCommand, ChargeCommand, CheckoutCommand, Command, RefundCommand
from billcore.payments.observation import MethodSnapshot
from billcore.payments.operation import Operation
from billcore.ports.store import UnitOfWork
from billcore.testing import builders

KINDS = [each for each in vars(envelope).values() if isinstance(each, Envelope)]


@frozen
class Note:
    """The present version of a record that has changed twice."""

    title: str
    pages: int


def titled(data: Data) -> Data:
    """To version 2: ``name`` became ``title``."""
    data["title"] = data.pop("name")
    return data


def paged(data: Data) -> Data:
    """To version 3: ``pages`` was added."""
    return {**data, "pages": 1}


NOTE = Envelope("note", partial(from_json, Note), (titled, paged))


def problems(kind: Envelope[Note], document: object) -> tuple[str, ...]:
    with pytest.raises(BadDocument) as refused:
        kind.unwrap(document)
    return refused.value.problems


def test_a_document_says_its_kind_and_version() -> None:
    assert NOTE.wrap(Note("Tax", 2)) == {"kind": "note", "v": 3, "data": {"title": "Tax", "pages": 2}}


def test_what_is_wrapped_is_unwrapped() -> None:
    invoice = json.loads(json.dumps(envelope.INVOICE.wrap(an_invoice())))
    event = json.loads(json.dumps(envelope.EVENT.wrap(VIEWED)))

    assert envelope.INVOICE.unwrap(invoice) == an_invoice()
    assert envelope.EVENT.unwrap(event) == VIEWED


def test_every_record_that_a_store_keeps_has_an_envelope() -> None:
    repositories = [
        base
        for name, room in vars(UnitOfWork).items()
        if isinstance(room, property) and name not in ("firm_id", "events", "requests", "answers")
        for base in get_type_hints(room.fget)["return"].__orig_bases__
        if get_args(base)
    ]
    kept = {get_args(base)[-1] for base in repositories}

    wrapped = {each.read.args[0] for each in KINDS if isinstance(each.read, partial)}

    assert len(kept) >= 8
    assert kept - wrapped == set()


def test_no_two_kinds_have_one_name() -> None:
    assert len({each.kind for each in KINDS}) == len(KINDS)


@pytest.mark.parametrize(
    ("version", "data"),
    [(1, {"name": "Tax"}), (2, {"title": "Tax"}), (3, {"title": "Tax", "pages": 1})],
)
def test_a_document_of_any_earlier_version_is_brought_up(version: int, data: JsonValue) -> None:
    document = {"kind": "note", "v": version, "data": data}
    before = json.dumps(document)

    note = NOTE.unwrap(document)

    assert note == Note("Tax", 1)
    assert json.dumps(document) == before


def test_a_newer_document_is_refused_with_both_versions() -> None:
    (problem,) = problems(NOTE, {"kind": "note", "v": 4, "data": {"title": "Tax", "pages": 2, "colour": "red"}})

    assert problem == "$.v: 4 is of a newer billcore, this one reads up to 3: upgrade it"


def test_a_document_of_an_old_version_is_read_as_strictly_as_a_new_one() -> None:
    assert problems(NOTE, {"kind": "note", "v": 1, "data": {"name": 5, "colour": "red"}}) == (
        "$.data.colour: no such field",
        "$.data.title: expected text, got int",
    )
    assert problems(NOTE, {"kind": "note", "v": 1, "data": {}}) == ("$.data: cannot be brought from version 1 to 3",)
    assert problems(NOTE, {"kind": "note", "v": 1, "data": None}) == ("$.data: expected an object",)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (None, "$"), ("{}", "$"), ([], "$"), ({}, "$"), ({"kind": "note", "v": 3}, "$"),
        ({"kind": "note", "v": 3, "data": {}, "by": 1}, "$"),
        ({"kind": "invoice", "v": 3, "data": {}}, "$.kind"), ({"kind": None, "v": 3, "data": {}}, "$.kind"),
        ({"kind": "note", "v": "3", "data": {}}, "$.v"), ({"kind": "note", "v": True, "data": {}}, "$.v"),
        ({"kind": "note", "v": 0, "data": {}}, "$.v"), ({"kind": "note", "v": 1.0, "data": {}}, "$.v"),
        ({"kind": "note", "v": 3, "data": []}, "$.data"), ({"kind": "note", "v": 3, "data": None}, "$.data"),
    ],
)  # fmt: skip
def test_what_is_no_envelope_of_the_kind_is_refused(document: object, path: str) -> None:
    (problem,) = problems(NOTE, document)

    assert problem.partition(":")[0] == path


def test_an_error_inside_names_its_path_from_the_envelope_on_and_repeats_nothing() -> None:
    document = envelope.CLIENT.wrap(builders.a_client(builders.a_firm()))
    spoilt = json.loads(json.dumps(document).replace('"USD"', '"Zoe Zebra"'))

    with pytest.raises(BadDocument) as refused:
        envelope.CLIENT.unwrap(spoilt)

    assert refused.value.problems[0].startswith("$.data: a text of 9 characters is not a currency")
    assert "$.data: a text of 9" in str(refused.value)
    assert "Zebra" not in str(refused.value)
    assert refused.value.__context__ is None


PAID = GatewayRef("stripe", None, "pi_1")
CARD = MethodSnapshot(ref=GatewayRef("stripe", None, "pm_1"), customer=None, kind=Method.CARD)
OPERATIONS: dict[str, ChargeCommand | CheckoutCommand | AttachCommand | RefundCommand] = {
    "charge": commands.charge(CARD),
    "checkout": commands.checkout(),
    "attach": commands.attach(),
    "refund": commands.refund(PAID),
}


def written(command: Command, *, version: int) -> tuple[Operation, Any]:
    """An operation with that command, and its document, which says that it is of that version."""
    operation = Operation(
        id=command.operation_id,
        firm_id=command.firm_id,
        command=command,
        gateway="stripe",
        account=None,
        created_at=command.created_at,
    )
    document = json.loads(json.dumps(envelope.OPERATION.wrap(operation)))
    document["v"] = version
    return operation, document


@pytest.mark.parametrize(
    ("tag", "new"), [("charge", "return_url"), ("checkout", "platform_fee"), ("attach", "consent"), ("refund", None)]
)
def test_an_operation_of_version_1_is_read_without_what_it_did_not_know(tag: str, new: str | None) -> None:
    """Where to come back to, a platform's fee on a page, and evidence of consent came with version 2."""
    command = OPERATIONS[tag]
    operation, document = written(command, version=1)
    if new is not None:
        assert document["data"]["command"].pop(new) is None
    assert document["data"].pop("verdict") is None
    assert document["data"].pop("cancel_id") is None

    assert envelope.OPERATION.unwrap(document) == operation


def test_a_cancellation_of_version_2_does_not_say_whose_wish_it_was() -> None:
    """Who asked for it, and why, came with version 3."""
    command = evolve(CANCEL, payment=PAID)
    operation, document = written(command, version=2)
    del document["data"]["cancel_id"], document["data"]["command"]["reason"], document["data"]["command"]["by"]

    assert envelope.OPERATION.unwrap(document) == operation
