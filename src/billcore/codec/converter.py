"""The one converter: for every type its reader from JSON and its writer, both strict, both built once.

cattrs compiles the record classes and gathers all that is wrong in them. Its own conversions are never asked: they read
5 and None as text, "5" and 5.9 as whole numbers, a text as a list of letters, drop the tag of ``Actor | None``, and a
hook for ``str`` or ``date`` catches every enum of texts and every datetime. Here a type is looked up by what it is, not
by what it inherits from, and one for which nothing is written is HouseRule as soon as it is met.
"""

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from itertools import repeat
from types import MappingProxyType, NoneType, UnionType
from typing import Final, NewType, Union, get_args, get_origin

import attrs
from cattrs import Converter
from cattrs.errors import ClassValidationError
from cattrs.gen import make_dict_structure_fn, make_dict_unstructure_fn, override

from billcore.clients import Terms
from billcore.codec import values
from billcore.codec.printed import PrintedTotals, totals_codec
from billcore.codec.problems import in_list, in_record, is_of_field, of_field, of_item, wrong_fields
from billcore.codec.tags import ACTORS, TAG, TAG_OF
from billcore.codec.values import Codec, Texter, Writer, Wrong, enum_codec, mistyped, quoted, remembered
from billcore.errors import HouseRule
from billcore.invoices.invoice import Content, Sums
from billcore.invoices.totals import Totals
from billcore.lines import Codes
from billcore.money import Money
from billcore.parties import Address, Party
from billcore.policy import Policy

_SINGLE: Final[Mapping[object, Codec]] = MappingProxyType(
    {
        str: Codec(values.read_text, values.write_text, values.text_of_text),
        int: Codec(values.read_int, values.write_int, values.text_of_int),
        bool: Codec(values.read_bool, values.write_bool, values.text_of_bool),
        Decimal: Codec(values.read_decimal, values.write_decimal, quoted(values.write_decimal)),
        Money: Codec(values.read_money, values.write_money, quoted(values.write_money)),
        date: Codec(values.read_day, values.write_day, quoted(values.write_day)),
        datetime: Codec(values.read_instant, values.write_instant, remembered(quoted(values.write_instant))),
    }
)
_CATTRS: Final = Converter()

# What many documents hold that are written soon after each other, each time the same object.
_OFTEN_THE_SAME: Final = frozenset({Address, *ACTORS.values(), Codes, Content, Party, Policy, Sums, Terms})


@cache
def codec(kind: object) -> Codec:
    """Both ways of *kind*: a record, an enum, a single value, or a tuple, frozenset or union of those."""
    if kind in _SINGLE:
        return _SINGLE[kind]
    if isinstance(kind, NewType):
        return codec(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return enum_codec(kind)
    if kind is Totals:
        return totals_codec(codec(PrintedTotals))
    if isinstance(kind, type) and attrs.has(kind):
        return _record(kind)
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return _optional(inner) if NoneType in inner else _tagged(inner)
    if origin is tuple:
        return _tuple(inner[0]) if inner[1:] == (...,) else _row(inner)
    if origin is frozenset:
        return _set(inner[0])
    raise HouseRule(f"{kind} cannot be stored as JSON: say in billcore.codec how it is read and written")


# ── Records ──────────────────────────────────────────────────────────────────────────────────────────────────────────


def _record(kind: type[attrs.AttrsInstance]) -> Codec:
    # What a record works out of its own fields is not stored.
    fields = {each.name: codec(each.type) for each in attrs.fields(attrs.resolve_types(kind)) if each.init}
    hooks = {name: override(struct_hook=of.read, unstruct_hook=of.write) for name, of in fields.items()}
    # No record has a field whose name is an option of cattrs, which is all that mypy fears here.
    build = make_dict_structure_fn(kind, _CATTRS, _cattrs_detailed_validation=True, **hooks)  # type: ignore[arg-type]
    take = make_dict_unstructure_fn(kind, _CATTRS, **hooks)  # type: ignore[arg-type]
    tag = TAG_OF.get(kind)
    names = frozenset(fields) if tag is None else frozenset({TAG, *fields})

    def read(value: object, _: object) -> object:
        if type(value) is not dict:
            raise mistyped("an object", value)
        # A field with a default is required like any other: what is missing was lost, and is not made up for.
        if value.keys() == names and (tag is None or value[TAG] == tag):
            return build(value, kind)
        errors = [*wrong_fields(value, names)]
        if tag is not None and value.get(TAG, tag) != tag:
            errors.append(of_field(_mistagged(value[TAG], [tag]), TAG))
        is_whole = names <= value.keys()
        try:
            build(value, kind)
        except ClassValidationError as error:
            # What is missing is told already, and a constructor that was given defaults instead is no witness.
            errors += [
                each for each in error.exceptions if is_whole or (is_of_field(each) and not isinstance(each, KeyError))
            ]
        raise in_record(errors)

    def write(value: object) -> object:
        if type(value) is not kind:
            raise mistyped(f"a {kind.__name__}", value)
        return take(value) if tag is None else {TAG: tag, **take(value)}

    return Codec(read, write, text_of(kind))


def text_of(kind: type[attrs.AttrsInstance], left_out: frozenset[str] = frozenset()) -> Texter:
    """The writer to text of a record, without those of its fields: the text, written out, and the fields put in."""
    fields = [each for each in attrs.fields(attrs.resolve_types(kind)) if each.init and each.name not in left_out]
    tag = TAG_OF.get(kind)
    heads = [] if tag is None else [f'"{TAG}":"{tag}"']
    # Most fields that may be missing are.
    values = [
        f'"null" if _record.{each.name} is None else _of_{each.name}(_record.{each.name})'
        if NoneType in get_args(each.type)
        else f"_of_{each.name}(_record.{each.name})"
        for each in fields
    ]
    parts = [f'"{each.name}":{{{value}}}' for each, value in zip(fields, values, strict=True)]
    names = {"_kind": kind, "_refuse": _refuse, **{f"_of_{each.name}": codec(each.type).text for each in fields}}
    source = f"f'{{{{{','.join([*heads, *parts])}}}}}' if type(_record) is _kind else _refuse(_record, _kind)"
    # Nothing of it comes from outside: the names are those of a class's own fields.
    text: Texter = eval(f"lambda _record: {source}", names)  # noqa: S307
    return remembered(text) if kind in _OFTEN_THE_SAME else text


def _refuse(value: object, kind: type) -> str:
    raise mistyped(f"a {kind.__name__}", value)


# ── Unions ───────────────────────────────────────────────────────────────────────────────────────────────────────────


def _optional(members: tuple[object, ...]) -> Codec:
    present = tuple(member for member in members if member is not NoneType)
    one = codec(present[0]) if len(present) == 1 else _tagged(present)

    def read(value: object, kind: object) -> object:
        return None if value is None else one.read(value, kind)

    def write(value: object) -> object:
        return None if value is None else one.write(value)

    def text(value: object) -> str:
        return "null" if value is None else one.text(value)

    return Codec(read, write, text)


def _tagged(members: tuple[object, ...]) -> Codec:
    """Records that their tags tell apart."""
    by_tag, by_class = {}, {}
    for member in members:
        if not isinstance(member, type) or (tag := TAG_OF.get(member)) is None:
            raise HouseRule(f"{member} stands in a union: it needs a tag in billcore.codec.tags")
        by_tag[tag] = by_class[member] = codec(member)

    def read(value: object, kind: object) -> object:
        if type(value) is not dict:
            raise mistyped("an object", value)
        tag = value.get(TAG)
        if type(tag) is str and tag in by_tag:
            return by_tag[tag].read(value, kind)
        raise in_record([of_field(_mistagged(tag, by_tag) if TAG in value else Wrong("missing"), TAG)])

    def write(value: object) -> object:
        if type(value) not in by_class:
            raise mistyped(f"a record tagged {_either(by_tag)}", value)
        return by_class[type(value)].write(value)

    def text(value: object) -> str:
        if type(value) not in by_class:
            raise mistyped(f"a record tagged {_either(by_tag)}", value)
        return by_class[type(value)].text(value)

    return Codec(read, write, text)


def _mistagged(tag: object, allowed: Iterable[str]) -> Wrong:
    expected = _either(allowed)
    return Wrong(f"expected {expected}, got another text") if type(tag) is str else mistyped(expected, tag)


def _either(tags: Iterable[str]) -> str:
    return " or ".join(f"'{tag}'" for tag in sorted(tags))


# ── Tuples and sets: lists in JSON ───────────────────────────────────────────────────────────────────────────────────


def _tuple(kind: object) -> Codec:
    """Any number of items of one type."""
    item = codec(kind)

    def read(value: object, _: object) -> tuple[object, ...]:
        return tuple(_read_each(repeat(item), value))

    def write(value: object) -> list[object]:
        if type(value) is not tuple:
            raise mistyped("a tuple", value)
        return [item.write(each) for each in value]

    def text(value: object) -> str:
        if type(value) is not tuple:
            raise mistyped("a tuple", value)
        return f"[{','.join([item.text(each) for each in value])}]" if value else "[]"

    return Codec(read, write, text)


def _row(kinds: tuple[object, ...]) -> Codec:
    """As many items as there are types, each of its own."""
    columns = [codec(kind) for kind in kinds]

    def read(value: object, _: object) -> tuple[object, ...]:
        if type(value) is list and len(value) != len(columns):
            raise Wrong(f"expected a list of {len(columns)}, got one of {len(value)}")
        return tuple(_read_each(columns, value))

    def write(value: object) -> list[object]:
        if type(value) is not tuple or len(value) != len(columns):
            raise mistyped(f"a tuple of {len(columns)}", value)
        return [column.write(each) for column, each in zip(columns, value, strict=True)]

    return Codec(read, write, _dumped(write))


def _set(kind: object) -> Codec:
    """Sorted, so that equal sets are equal text; whole numbers sort as text too."""
    item = codec(kind)

    def read(value: object, _: object) -> frozenset[object]:
        members = _read_each(repeat(item), value)
        if len(distinct := frozenset(members)) < len(members):
            raise Wrong("the same value stands twice")
        return distinct

    def write(value: object) -> list[object]:
        if type(value) is not frozenset:
            raise mistyped("a frozenset", value)
        return sorted((item.write(each) for each in value), key=str)

    return Codec(read, write, _dumped(write))


def _dumped(write: Writer) -> Texter:
    """The long way, for what is rare."""

    def text(value: object) -> str:
        return json.dumps(write(value), ensure_ascii=False, separators=(",", ":"))

    return text


def _read_each(codecs: Iterable[Codec], value: object) -> list[object]:
    if type(value) is not list:
        raise mistyped("a list", value)
    items: list[object] = []
    errors: list[Exception] = []
    for index, (item, each) in enumerate(zip(codecs, value, strict=False)):
        try:
            items.append(item.read(each, None))
        except Exception as error:
            errors.append(of_item(error, index))
    if errors:
        raise in_list(errors)
    return items
