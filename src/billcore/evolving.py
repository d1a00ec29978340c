"""``evolve``: the record with other values in some of its fields, checked as one that is made new.

That of attrs walks over all fields of a record each time it is called, which for an invoice takes longer than to make
one. A record that keeps its fields in a dict (``slots=False``: those that live on in many versions) is copied dict by
dict; of every other the call of the constructor is written once for each class and each choice of fields.
"""

from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING, Protocol, TypeVar

import attrs

if TYPE_CHECKING:
    # Its types, for mypy knows of each record which fields there are.
    from attrs import evolve as evolve
else:
    Record = TypeVar("Record")

    def evolve(record: Record, **changes: object) -> Record:
        """As ``attrs.evolve``: TypeError for a field that there is not."""
        kind = type(record)
        fields, check = _copied_as_they_are(kind)
        # What else there is in its dict, as a hash that was kept, is of the old values.
        if fields is None or len(record.__dict__) != len(fields) or not changes.keys() <= fields:
            return _copier(kind, tuple(changes))(record, **changes)
        copy = _new(kind)
        values = copy.__dict__
        values.update(record.__dict__)
        values.update(changes)
        if check is not None:
            check(copy)
        return copy


_new = object.__new__
_Check = Callable[[object], None]


@cache
def _copied_as_they_are(kind: type[attrs.AttrsInstance]) -> tuple[frozenset[str] | None, _Check | None]:
    """The fields of records that keep them in a dict as they are given, or None for all others; and their check."""
    fields = attrs.fields(kind)
    is_plain = all(each.init and each.alias == each.name and not (each.converter or each.validator) for each in fields)
    # attrs adds __attrs_init__ where a class has a constructor of its own, which may check anything.
    is_made_by_attrs = kind.__dictoffset__ and not hasattr(kind, "__attrs_init__")
    names = frozenset(each.name for each in fields) if is_plain and is_made_by_attrs else None
    return names, getattr(kind, "__attrs_post_init__", None)


class _Copier(Protocol):
    def __call__(self, record: object, /, **changes: object) -> object: ...


@cache
def _copier(kind: type[attrs.AttrsInstance], changed: tuple[str, ...]) -> _Copier:
    names = {each.alias or each.name: each.name for each in attrs.fields(kind) if each.init}
    if unknown := set(changed) - names.keys():
        raise TypeError(f"{kind.__name__} has no field {min(unknown)!r}")
    values = (f"{alias}={alias if alias in changed else f'_record.{name}'}" for alias, name in names.items())
    source = f"lambda _record, /, {', '.join(changed)}: _kind({', '.join(values)})"
    # Nothing of it comes from outside: the names are those of a class's own fields.
    copier: _Copier = eval(source, {"_kind": kind})  # noqa: S307
    return copier
