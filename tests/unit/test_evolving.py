"""The compiled ``evolve`` does what that of attrs does."""

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
