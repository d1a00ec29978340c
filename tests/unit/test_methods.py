"""Saved methods: when one is expired, and which one is charged where none is named."""

from datetime import date, timedelta
from random import Random

from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st

from billcore.ids import MethodId
from billcore.methods import SavedMethod, default_of
from billcore.testing import builders
from billcore.testing.clock import START

CARD = builders.a_saved_method(builders.a_client(builders.a_firm()))


def a_method(name: str, *, attached: int, chosen: int | None = None, detached: bool = False) -> SavedMethod:
    return evolve(
        CARD,
        id=MethodId(name),
        attached_at=START + timedelta(days=attached),
        chosen_at=None if chosen is None else START + timedelta(days=chosen),
        detached_at=START if detached else None,
    )


def test_a_card_is_good_to_its_last_day() -> None:
    card = evolve(CARD, expires_on=date(2026, 6, 30))

    assert [card.is_expired(day) for day in (date(2026, 6, 30), date(2026, 7, 1))] == [False, True]
    assert not evolve(CARD, expires_on=None).is_expired(date.max)


def test_the_one_that_was_chosen_last_is_the_default() -> None:
    methods = [a_method("a", attached=1, chosen=5), a_method("b", attached=2, chosen=7), a_method("c", attached=3)]

    assert default_of(methods) == methods[1]


def test_without_a_choice_the_oldest_is_the_default() -> None:
    methods = [a_method("a", attached=9), a_method("b", attached=2)]

    assert default_of(methods) == methods[1]
    assert default_of([]) is None


@given(
    methods=st.lists(
        st.builds(
            a_method,
            st.sampled_from("abcdef"),
            attached=st.integers(0, 3),
            chosen=st.none() | st.integers(0, 3),
            detached=st.booleans(),
        ),
        unique_by=lambda method: method.id,
    ),
    order=st.randoms(use_true_random=False),
)
def test_a_client_with_an_active_method_has_one_default_whatever_the_order(
    methods: list[SavedMethod], order: Random
) -> None:
    default = default_of(methods)
    order.shuffle(methods)

    assert default_of(methods) == default
    assert (default is None) == (not any(method.is_active for method in methods))
    assert default is None or default.is_active
