"""Members of a union are told apart by stored words, of which every member has one."""

from typing import get_args

import pytest
from tests.unit.codec.everything import VIEWED, Way, problems, put, spelled, without

from billcore.actors import Actor
from billcore.codec import event_from_json, tags, to_json
from billcore.errors import BadDocument
from billcore.events import Event, InvoiceViewed
from billcore.payments.instruction import Command


@pytest.mark.parametrize(
    ("table", "union"),
    [(tags.EVENTS, Event), (tags.ACTORS, Actor), (tags.COMMANDS, Command)],
    ids=["events", "actors", "commands"],
)
def test_every_member_of_a_union_has_one_tag(table: dict[str, type], union: object) -> None:
    assert sorted(member.__name__ for member in table.values()) == sorted(member.__name__ for member in get_args(union))


def test_no_tag_is_used_twice_in_any_union() -> None:
    assert len(set(tags.TAG_OF.values())) == len(tags.TAG_OF)


def test_a_tag_is_a_word_in_snake_case() -> None:
    assert [tag for tag in tags.TAG_OF.values() if not tag.isidentifier() or tag != tag.lower()] == []


def test_no_tagged_record_has_a_field_where_its_tag_stands() -> None:
    assert [member for member in tags.TAG_OF if tags.TAG in member.__annotations__] == []


def test_another_members_tag_is_refused_where_one_member_is_asked_for() -> None:
    renamed = to_json(VIEWED) | {"type": "hold_released"}

    assert problems(InvoiceViewed, renamed) == ("$.type: expected 'invoice_viewed', got another text",)


@pytest.mark.parametrize(
    ("tag", "got"),
    [
        ("intern", "got another text"),
        (["staff"], "got list"),
        (None, "got null"),
    ],
)
def test_an_unknown_tag_is_told_with_the_known_ones(tag: object, got: str) -> None:
    document = put(to_json(VIEWED), ("by", "type"), tag)

    known = "'contact' or 'importer' or 'processor' or 'staff' or 'system'"
    assert problems(InvoiceViewed, document) == (f"$.by.type: expected {known}, {got}",)


def test_a_document_without_its_tag_is_refused() -> None:
    ways: tuple[Way, ...] = (("type",), ("by", "type"))
    for way in ways:
        assert problems(InvoiceViewed, without(to_json(VIEWED), way)) == (f"{spelled(way)}: missing",)
    with pytest.raises(BadDocument):
        event_from_json(without(to_json(VIEWED), ("type",)))
