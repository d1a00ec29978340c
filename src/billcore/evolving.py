"""``evolve``: the record with other values in some of its fields, checked as one that is made new.

That of attrs walks over all fields of a record each time it is called, which for an invoice takes longer than to make
one. Here the call of the constructor is written once for each class and each choice of fields.
"""

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
        return _copier(type(record), tuple(changes))(record, **changes)


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
