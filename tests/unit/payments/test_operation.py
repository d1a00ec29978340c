"""The durable instruction: only the listed moves, and done is done."""

from datetime import timedelta

import pytest
from attrs import evolve

from billcore.errors import InvalidTransition
from billcore.payments.operation import LEGAL_MOVES, OperationKind, OperationState, move, submit
from billcore.testing.builders import a_firm, a_ref, an_operation
from billcore.testing.clock import START

RESERVED = an_operation(a_firm())


@pytest.mark.parametrize("to", OperationState)
@pytest.mark.parametrize("state", OperationState)
def test_an_operation_moves_as_the_table_says_and_may_stay_where_it_is(
    state: OperationState, to: OperationState
) -> None:
    operation = evolve(RESERVED, state=state)

    if to is state or to in LEGAL_MOVES[state]:
        assert move(operation, to, at=START).state is to
    else:
        with pytest.raises(InvalidTransition, match=f"from {state.value} to {to.value}"):
            move(operation, to, at=START)


def test_success_is_final_and_a_rejection_gives_way_to_success_alone() -> None:
    assert LEGAL_MOVES[OperationState.SUCCEEDED] == frozenset()
    assert LEGAL_MOVES[OperationState.REJECTED] == {OperationState.SUCCEEDED}
    assert all(OperationState.RESERVED not in LEGAL_MOVES[state] for state in (OperationState.UNKNOWN,))


def test_a_submission_is_counted_leased_and_dated_by_the_last() -> None:
    first = submit(RESERVED, at=START, until=START + timedelta(minutes=3))
    later = START + timedelta(hours=1)

    second = submit(first, at=later, until=later + timedelta(minutes=3), ref=a_ref("gpay-1"))

    assert (first.sends, second.sends) == (1, 2)
    assert (second.submitted_at, second.leased_until) == (later, later + timedelta(minutes=3))
    assert second.ref == a_ref("gpay-1")


@pytest.mark.parametrize("to", [OperationState.SUCCEEDED, OperationState.REJECTED])
def test_what_is_done_is_nobodys_work_any_more(to: OperationState) -> None:
    waiting = evolve(submit(RESERVED, at=START, until=START + timedelta(minutes=3)), needs_review=True)

    done = move(waiting, to, at=START)

    assert done.is_done
    assert (done.resolved_at, done.leased_until, done.needs_review) == (START, None, False)


def test_what_the_gateway_has_told_needs_no_person_and_what_is_in_doubt_still_does() -> None:
    doubted = evolve(RESERVED, state=OperationState.UNKNOWN, needs_review=True)

    assert not move(doubted, OperationState.PENDING, at=START).needs_review
    assert move(doubted, OperationState.UNKNOWN, at=START).needs_review


def test_what_went_wrong_before_says_nothing_of_a_new_try() -> None:
    failed = evolve(RESERVED, last_error="gateway_unavailable")

    assert submit(failed, at=START, until=START + timedelta(minutes=3)).last_error is None


def test_what_is_not_done_gives_up_its_lease_and_keeps_the_rest() -> None:
    submitted = evolve(submit(RESERVED, at=START, until=START + timedelta(minutes=3)), last_error="silence")

    pending = move(submitted, OperationState.PENDING, at=START + timedelta(hours=1), ref=a_ref("gpay-1"))

    assert pending == evolve(submitted, state=OperationState.PENDING, ref=a_ref("gpay-1"), leased_until=None)
    assert move(pending, OperationState.UNKNOWN, at=START).ref == a_ref("gpay-1")


def test_an_operation_is_of_the_kind_of_its_command() -> None:
    assert RESERVED.kind is OperationKind.CHARGE
