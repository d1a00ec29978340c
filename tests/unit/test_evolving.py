"""The compiled ``evolve`` does what that of attrs does."""

from functools import cached_property

import attrs
import pytest
from attrs import field, frozen

from billcore.evolving import evolve


@frozen
class Half:
    """A record with a default, a check, a converter and a hash that is kept."""

    name: str
    amount: int = field(default=0, converter=int)

    def __attrs_post_init__(self) -> None:
        if self.amount < 0:
            raise ValueError(self.amount)


@frozen(kw_only=True, cache_hash=True)
class Whole:
    half: Half
    note: str = ""


@frozen(kw_only=True, slots=False)
class Version:
    """A record that lives on in versions: its fields are in a dict."""

    name: str
    version: int = 0

    def __attrs_post_init__(self) -> None:
        if self.version < 0:
            raise ValueError(self.version)

    @cached_property
    def title(self) -> str:
        return f"{self.name} {self.version}"


@frozen(slots=False)
class Rounded:
    """One whose fields are in a dict, and not as they are given."""

    amount: int = field(converter=int)


def test_a_record_with_a_dict_is_copied_and_checked_and_the_old_one_stays() -> None:
    before = Version(name="a")

    after = evolve(before, version=1)

    assert after == attrs.evolve(before, version=1) == Version(name="a", version=1)
    assert before == Version(name="a")
    with pytest.raises(ValueError, match="-1"):
        evolve(before, version=-1)
    with pytest.raises(TypeError, match="Version has no field 'colour'"):
        evolve(before, colour="red")  # type: ignore[call-arg]


def test_what_a_record_worked_out_of_its_old_values_is_worked_out_again() -> None:
    before = Version(name="a")
    assert before.title == "a 0"

    assert evolve(before, version=1).title == "a 1"


def test_what_a_field_converts_it_converts_in_a_record_with_a_dict_too() -> None:
    assert evolve(Rounded(1), amount="2").amount == 2


def test_other_values_stand_in_the_fields_that_are_named_and_all_else_stays() -> None:
    before = Half("a", 3)

    assert evolve(before, amount=4) == attrs.evolve(before, amount=4) == Half("a", 4)
    assert evolve(before) == before
    assert before == Half("a", 3)


def test_what_is_changed_is_checked_and_converted_again() -> None:
    before = Half("a", 3)

    with pytest.raises(ValueError, match="-1"):
        evolve(before, amount=-1)


def test_the_hash_is_that_of_the_new_values() -> None:
    before = Whole(half=Half("a"))
    hash(before)

    after = evolve(before, note="b")

    assert hash(after) == hash(Whole(half=Half("a"), note="b")) != hash(before)


def test_a_field_that_there_is_not_is_refused() -> None:
    before = Half("a")

    with pytest.raises(TypeError, match="Half has no field 'colour'"):
        evolve(before, colour="red")  # type: ignore[call-arg]
