"""Due work handed out: which is next, and until when it is kept from everybody else."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeVar

from billcore.evolving import evolve
from billcore.ids import FirmId
from billcore.memory.books import Books, EventKey, Turn
from billcore.ports.store import DueOperation, ParkedEvent, Undelivered

Key = TypeVar("Key")


def operations(
    books: Books, *, created_before: datetime, at: datetime, until: datetime, limit: int
) -> Sequence[DueOperation]:
    """Those in doubt whose turn has come."""
    due = {
        (operation.firm_id, operation.id): books.operation_turns.get(
            (operation.firm_id, operation.id), Turn(at=operation.created_at)
        )
        for shelf in books.shelves.values()
        for operation in shelf.operations.values()
        if not operation.is_done
        and operation.created_at < created_before
        and (operation.leased_until is None or operation.leased_until <= at)
    }
    return [
        DueOperation(firm_id=place[0], operation_id=place[1], tries=tries)
        for place, tries in _hand_out(due, books.operation_turns, at=at, until=until, limit=limit)
    ]


def parked(books: Books, *, at: datetime, until: datetime, limit: int) -> Sequence[ParkedEvent]:
    """The parked events whose turn has come."""
    due = {key: books.event_turns.get(key, Turn(at=kept.heard_at)) for key, kept in books.parked.items()}
    claimed = []
    for key, tries in _hand_out(due, books.event_turns, at=at, until=until, limit=limit):
        claimed.append(evolve(books.parked[key], tries=tries))
        books.parked[key] = evolve(books.parked[key], tries=tries + 1)
    return claimed


def undelivered(books: Books, *, at: datetime, until: datetime, limit: int) -> Sequence[Undelivered]:
    """All events of the streams whose turn has come."""
    waiting = sorted(books.undelivered.values(), key=lambda each: each.recorded.position)
    claimed: dict[tuple[FirmId, str], int] = {}
    for each in waiting:
        stream = each.firm_id, each.stream
        turn = books.stream_turns.get(stream, Turn(at=at))
        if stream not in claimed and turn.at <= at and len(claimed) < limit:
            claimed[stream] = turn.tries
            books.stream_turns[stream] = Turn(at=until, tries=turn.tries + 1)
    return [
        evolve(each, tries=claimed[each.firm_id, each.stream])
        for each in waiting
        if (each.firm_id, each.stream) in claimed
    ]


def put_off(turns: dict[Key, Turn], key: Key, *, until: datetime) -> None:
    """Its turn comes then."""
    turns[key] = Turn(at=until, tries=turns[key].tries if key in turns else 0)


def let_go(books: Books, key: EventKey) -> None:
    """Forget the parked event and its turn."""
    books.parked.pop(key, None)
    books.event_turns.pop(key, None)


def _hand_out(
    due: dict[Key, Turn], turns: dict[Key, Turn], *, at: datetime, until: datetime, limit: int
) -> list[tuple[Key, int]]:
    """The longest waiting, with how often each was handed out before; from now on they are out until *until*."""
    chosen = sorted((key for key, turn in due.items() if turn.at <= at), key=lambda key: (due[key].at, str(key)))[
        :limit
    ]
    for key in chosen:
        turns[key] = Turn(at=until, tries=due[key].tries + 1)
    return [(key, due[key].tries) for key in chosen]
